"""The language of ExecuteCriteria: conditions, associations, projections, orders and pages, over the rows of a folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from syncrules_providers.sandboxes.winbooks_assumed import Habits, Refused
from syncrules_providers.sandboxes.winbooks_folder import Folder, Row
from syncrules_providers.sandboxes.winbooks_objects import EMPTY, Om, Property
from syncrules_providers.sandboxes.winbooks_operators import AGGREGATES, COMPARISONS, FUNCTIONS, GROUPS, TESTS, Op
from syncrules_providers.sandboxes.winbooks_wire import coerce, collated, say

Scope = Mapping[str, Row]
"""A row for each alias."""
Truth = bool | None
"""None is what SQL calls unknown."""
Check = Callable[[Scope], Truth]
ROOT = "this"


def _refuse(message: str) -> Refused:
    return Refused("validation", f"ExecuteCriteria: {message}")


@dataclass(frozen=True, slots=True)
class Column:
    alias: str
    property: Property

    def of(self, scope: Scope) -> Any:
        return scope[self.alias][self.property.name]


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found: whole rows, or what it wanted to know of them."""

    rows: list[Row]
    values: list[Any] | None = None


class Criteria:
    """One query over the rows of one OM.

    Raises:
        Refused: The query says what the sandbox cannot understand.
    """

    def __init__(self, folder: Folder, habits: Habits, om: Om, body: object) -> None:
        self._folder = folder
        self._habits = habits
        self._said = _names(body)
        self._check_type(om, self._said.get("entitytype"))
        self._root = str(self._said.get("alias") or ROOT)
        self._oms = {self._root: om}
        self._joins = self._read_joins()
        self._check = self._all(self._list("conditions"))
        self._orders = [self._read_order(each) for each in self._list("orders")]
        self._projections = [self._read_projection(each) for each in self._list("projectionslist")]

    def run(self) -> Found:
        scopes: list[Scope] = [{self._root: row} for row in self._folder.rows[self._oms[self._root].name].values()]
        for alias, index, own in self._joins:
            scopes = [
                {**scope, alias: other} for scope in scopes for other in index.get(self._key(own, own.of(scope)), ())
            ]
        scopes = [scope for scope in scopes if self._check(scope)]
        for column, ascending in reversed(self._orders):
            scopes.sort(key=lambda scope: _rank(self._key(column, column.of(scope))), reverse=not ascending)
        if not self._projections:
            return Found(self._page([scope[self._root] for scope in scopes]))
        return Found([], self._page(self._project(scopes)))

    def _page(self, rows: list[Any]) -> list[Any]:
        # MaxResult means nothing without FirstResult.
        first, most = self._said.get("firstresult"), self._said.get("maxresult")
        if first is None:
            return rows
        start = coerce("int", first, "FirstResult")
        return rows[start:] if most is None else rows[start : start + coerce("int", most, "MaxResult")]

    # Names ------------------------------------------------------------------------------------------------------

    def _check_type(self, om: Om, said: object) -> None:
        if said is None:
            raise _refuse("EntityType is missing.")
        if self._folder.model.typed(str(said)) is not om:
            raise _refuse(f"EntityType '{said}' is not {om.name}.")

    def _list(self, name: str) -> list[Any]:
        found = self._said.get(name)
        if found is not None and not isinstance(found, list):
            raise _refuse(f"{name} must be an array.")
        return found or []

    def _column(self, name: object, alias: object = None) -> Column:
        """Find a property, of the alias before the point or of what is asked for."""
        before, point, after = str(name).partition(".")
        where, what = (before, after) if point else (str(alias or self._root), before)
        if where not in self._oms:
            raise _refuse(f"there is no alias '{where}'.")
        found = self._oms[where].column(what)
        if found is None:
            raise _refuse(f"{self._oms[where].name} has no property '{what}'.")
        return Column(where, found)

    def _read_joins(self) -> list[tuple[str, Mapping[Any, Sequence[Row]], Column]]:
        joins: list[tuple[str, Mapping[Any, Sequence[Row]], Column]] = []
        for name, said in _names(self._said.get("association") or {}, as_written=True).items():
            join = _names(said)
            alias = str(join.get("aliasname") or name)
            om = self._folder.model.typed(str(join.get("type")))
            if om is None:
                raise _refuse(f"the type '{join.get('type')}' of '{alias}' is not known.")
            if str(join.get("jointype", 1)) != str(int(Op.EQPROPERTY)):
                raise _refuse(f"JoinType {join.get('jointype')} is not emulated; 1 is.")
            own = self._column(join.get("rightproperty"), join.get("owneralias"))
            self._oms[alias] = om
            theirs = self._column(join.get("leftproperty"), alias)
            index: dict[Any, list[Row]] = {}
            for row in self._folder.rows[om.name].values():
                index.setdefault(self._key(theirs, row[theirs.property.name]), []).append(row)
            index.pop(None, None)
            joins.append((alias, index, own))
        return joins

    # Conditions -------------------------------------------------------------------------------------------------

    def _all(self, conditions: Sequence[object]) -> Check:
        checks = [self._condition(each) for each in conditions]
        return lambda scope: _and(check(scope) for check in checks)

    def _condition(self, said: object) -> Check:
        condition = _names(said)
        operator = _operator(condition.get("operator"))
        values = condition.get("values") or []
        if not isinstance(values, list):
            raise _refuse("Values must be an array.")
        match operator:
            case Op.NOT:
                inside = self._all(values)
                return lambda scope: None if (truth := inside(scope)) is None else not truth
            case Op.AND:
                return self._all(values)
            case Op.OR:
                checks = [self._condition(each) for each in values]
                return lambda scope: _or(check(scope) for check in checks)
        column = self._column(condition.get("propertyname"))
        if operator in TESTS:
            test = TESTS[operator]
            return lambda scope: test(self._value(column, scope))
        if operator in COMPARISONS:
            return self._compared(operator, column, condition.get("otherpropertyname"), values)
        return self._among(operator, column, values)

    def _compared(self, operator: Op, column: Column, other: object, values: Sequence[object]) -> Check:
        compare = COMPARISONS[operator]
        if operator.name.endswith("PROPERTY"):
            second = self._column(other)
            return lambda scope: compare(self._read(column, scope), self._read(second, scope))
        wanted = self._wanted(column, values, 1)[0]
        return lambda scope: compare(self._read(column, scope), wanted)

    def _among(self, operator: Op, column: Column, values: Sequence[object]) -> Check:
        match operator:
            case Op.IN:
                wanted = set(self._wanted(column, values, len(values)))
                return lambda scope: None if (it := self._read(column, scope)) is None else it in wanted
            case Op.BETWEEN:
                low, high = self._wanted(column, values, 2)
                at_least, at_most = COMPARISONS[Op.GE], COMPARISONS[Op.LE]
                return lambda scope: _and(
                    (at_least(self._read(column, scope), low), at_most(self._read(column, scope), high))
                )
            case Op.LIKE:
                parts = str(self._wanted(column, values, 1, as_text=True)[0]).split("%")
                pattern = re.compile(".*".join(map(re.escape, parts)), re.DOTALL)
                return lambda scope: (
                    None if (it := self._read(column, scope)) is None else bool(pattern.fullmatch(str(it)))
                )
        raise _refuse(f"{operator.name} is no condition.")

    def _wanted(self, column: Column, values: Sequence[object], count: int, *, as_text: bool = False) -> list[Any]:
        if len(values) != count:
            raise _refuse(f"{column.property.name}: {count} Values are wanted, not {len(values)}.")
        kind = "text" if as_text else column.property.kind
        found = [None if each is None else coerce(kind, each, column.property.name) for each in values]
        return [collated(each) if isinstance(each, str) else each for each in found]

    def _value(self, column: Column, scope: Scope) -> Any:
        value = column.of(scope)
        return None if value == EMPTY and self._habits.empty_references == "null" else value

    def _read(self, column: Column, scope: Scope) -> Any:
        return self._key(column, self._value(column, scope))

    def _key(self, column: Column, value: Any) -> Any:
        """Make values alike that the database holds for the same."""
        return collated(value) if isinstance(value, str) else value

    # What is told -----------------------------------------------------------------------------------------------

    def _read_order(self, said: object) -> tuple[Column, bool]:
        order = _names(said)
        if order.get("projections"):
            raise _refuse("an order by projections is not emulated.")
        ascending = order.get("ascending")
        return self._column(order.get("propertyname"), order.get("alias")), ascending is None or bool(ascending)

    def _read_projection(self, said: object) -> tuple[Op, Column | None]:
        projection = _names(said)
        operator = _operator(projection.get("operator", int(Op.SELECT)))
        if not any(operator in each for each in (FUNCTIONS, AGGREGATES, GROUPS)):
            raise _refuse(f"{operator.name} is no projection that is emulated.")
        if operator is Op.ROWCOUNT or (operator is Op.COUNT and not projection.get("propertyname")):
            return operator, None
        return operator, self._column(projection.get("propertyname"), projection.get("alias"))

    def _project(self, scopes: list[Scope]) -> list[Any]:
        operators = {operator for operator, _ in self._projections}
        if operators & (AGGREGATES.keys() | {Op.GROUPBY}):
            if operators - AGGREGATES.keys() - GROUPS.keys():
                raise _refuse("beside an aggregate, every property must be an aggregate or in GROUPBY.")
            told = [self._aggregated(group) for group in self._groups(scopes)]
        else:
            told = [tuple(self._told(*each, scope) for each in self._projections) for scope in scopes]
        if Op.DISTINCT in operators:
            told = list(dict.fromkeys(told))
        return [each[0] if len(each) == 1 else list(each) for each in told]

    def _groups(self, scopes: list[Scope]) -> list[list[Scope]]:
        by = [column for operator, column in self._projections if operator in GROUPS and column is not None]
        if not by:
            return [scopes]
        groups: dict[Any, list[Scope]] = {}
        for scope in scopes:
            groups.setdefault(tuple(self._read(column, scope) for column in by), []).append(scope)
        return list(groups.values())

    def _aggregated(self, scopes: list[Scope]) -> tuple[Any, ...]:
        told: list[Any] = []
        for operator, column in self._projections:
            if operator in GROUPS:
                told.append(self._told(operator, column, scopes[0]))
            else:
                values = [each if column is None else self._value(column, each) for each in scopes]
                told.append(say(AGGREGATES[operator]([each for each in values if each is not None])))
        return tuple(told)

    def _told(self, operator: Op, column: Column | None, scope: Scope) -> Any:
        assert column is not None, "only a count is of no property"
        value = column.of(scope)
        if value is not None and operator in FUNCTIONS:
            value = FUNCTIONS[operator](value)
        if column.property.name in self._habits.padded and operator is Op.SELECT and value:
            value = f"{value}{' ' * self._habits.padding}"
        return say(value)


def _names(said: object, *, as_written: bool = False) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise _refuse("an object is wanted.")
    return {str(name) if as_written else str(name).lower(): value for name, value in said.items()}


def _operator(said: object) -> Op:
    try:
        return Op(int(str(said)))
    except ValueError as error:
        raise _refuse(f"there is no operator {said}.") from error


def _rank(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else Decimal(0))


def _and(truths: Any) -> Truth:
    found: Truth = True
    for each in truths:
        if each is False:
            return False
        found = None if each is None else found
    return found


def _or(truths: Any) -> Truth:
    found: Truth = False
    for each in truths:
        if each is True:
            return True
        found = None if each is None else found
    return found
