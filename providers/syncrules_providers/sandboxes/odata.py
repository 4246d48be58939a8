"""OData queries as the Tribe sandbox understands them: read options, compile filters, shape rows; never write."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from syncrules_providers.sandboxes.tribe_model import (
    EntityType,
    Model,
    Property,
    Refused,
    read_guid,
    read_moment,
    say_moment,
    status,
)
from syncrules_providers.sandboxes.tribe_store import Row, View

PLUS = "\ue000"
"""A `+` that was not escaped: no blank, and no sign either, except inside a text."""

Getter = Callable[[View, Row], Any]
Test = Callable[[View, Row], bool]


class _OffTheMap:
    """What a path gives that ends at an empty navigation."""


_NOWHERE = _OffTheMap()


# Options ------------------------------------------------------------------------------------------------------------


def read_options(query: str) -> dict[str, str]:
    """Split and unescape a query string; only %20 is a blank.

    Raises:
        Refused: an option comes twice, or is one that nobody has seen Tribe understand.
    """
    options: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        name, _, value = (unquote(each.replace("+", PLUS)) for each in part.partition("="))
        if name in options:
            raise bad_query(f"The option '{name}' occurs twice.")
        if name.startswith("$") and name not in _KNOWN_OPTIONS:
            if name in _UNEVIDENCED_OPTIONS:
                raise Refused(status("unevidenced option"), f"{name} is not supported.")
            raise bad_query(f"Unknown query option '{name}'.")
        options[name] = value
    return options


_KNOWN_OPTIONS = ("$select", "$expand", "$filter", "$orderby", "$top", "$skip", "$count", "$format")
_UNEVIDENCED_OPTIONS = ("$search", "$apply", "$compute", "$deltatoken", "$skiptoken", "$levels")


def read_whole_number(options: Mapping[str, str], name: str, default: int) -> int:
    text = options.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise bad_query(f"The value of {name} must be a whole number, not '{_shown(text)}'.")
    return int(text)


def read_flag(options: Mapping[str, str], name: str) -> bool:
    text = options.get(name, "false")
    if text not in ("true", "false"):
        raise bad_query(f"The value of {name} must be true or false, not '{_shown(text)}'.")
    return text == "true"


def bad_query(message: str) -> Refused:
    return Refused(status("bad query"), message.replace(PLUS, "+"))


# Shapes: $select and $expand ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shape:
    """Which properties and navigations of a row an answer shows."""

    properties: tuple[Property, ...]
    expand: tuple[tuple[str, Shape, str | None], ...]
    """Navigation, shape, and the order of its rows as asked."""
    kind: EntityType


def read_shape(model: Model, kind: EntityType, options: Mapping[str, str]) -> Shape:
    """Read $select and $expand, nested ones included.

    Raises:
        Refused: a name is not one of this type.
    """
    properties = list(kind.properties.values())
    if "$select" in options:
        chosen = {"ID"}
        for name in _split(options["$select"], ","):
            if name == "*":
                chosen |= set(kind.properties)
            elif name in kind.properties or name in kind.navigations:
                chosen.add(name)
            else:
                raise _undefined(name, kind)
        properties = [each for each in properties if each.name in chosen]
    expand = tuple(_read_expansion(model, kind, each) for each in _split(options.get("$expand", ""), ","))
    return Shape(tuple(properties), expand, kind)


def _read_expansion(model: Model, kind: EntityType, text: str) -> tuple[str, Shape, str | None]:
    match = re.fullmatch(r"(\w+)(?:\((.*)\))?", text, re.DOTALL)
    if match is None:
        if text == "*" or text.endswith("/$ref"):
            raise Refused(status("unevidenced option"), f"$expand={text} is not supported.")
        raise bad_query(f"$expand cannot be read at '{_shown(text)}'.")
    name, inside = match.groups()
    if name not in kind.navigations:
        raise _undefined(name, kind)
    nested: dict[str, str] = {}
    for part in _split(inside or "", ";"):
        option, _, value = part.partition("=")
        if option not in ("$select", "$expand", "$orderby"):
            raise Refused(status("unevidenced option"), f"'{_shown(option)}' inside $expand is not supported.")
        nested[option] = value
    target = model.types[kind.navigations[name].target]
    if "$orderby" in nested:
        read_order(model, target, nested["$orderby"])
    return name, read_shape(model, target, nested), nested.get("$orderby")


def _split(text: str, separator: str) -> list[str]:
    """Split where the separator stands outside of parentheses and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, letter in enumerate(text):
        if letter == "'":
            quoted = not quoted
        elif not quoted:
            depth += (letter == "(") - (letter == ")")
            if letter == separator and depth == 0:
                parts.append(text[start:at])
                start = at + 1
    if depth or quoted:
        raise bad_query(f"Parentheses or quotes are not closed in '{_shown(text)}'.")
    return [each.strip(" ") for each in (*parts, text[start:])] if text else []


def show(model: Model, view: View, row: Row, shape: Shape) -> dict[str, Any]:
    """Write a row as JSON will have it; what is not expanded is absent."""
    shown: dict[str, Any] = {}
    for each in shape.properties:
        value: Any = view.display(row) if each.display else row[each.name]
        if value is not None:
            if each.kind == "Double":
                value = float(value)
            elif each.kind == "DateTimeOffset":
                value = say_moment(value)
        shown[each.name] = value
    for name, inner, order in shape.expand:
        nav = shape.kind.navigations[name]
        if nav.by is None:
            other = view.row(row.get(name))
            shown[name] = show(model, view, other, inner) if other is not None else None
        else:
            rows = view.many(row["ID"], nav)
            rows = [each for each in rows if each["_Type"] in {kind.name for kind in model.concrete(nav.target)}]
            if order is not None:
                rows = sort(view, rows, read_order(model, model.types[nav.target], order))
            shown[name] = [show(model, view, each, inner) for each in rows]
    return shown


# Order --------------------------------------------------------------------------------------------------------------


def read_order(model: Model, kind: EntityType, text: str) -> list[tuple[Getter, bool]]:
    """Read $orderby: how to get each value, and whether it falls."""
    order = []
    for part in _split(text, ","):
        path, _, direction = part.partition(" ")
        if direction not in ("", "asc", "desc"):
            raise bad_query(f"$orderby cannot be read at '{_shown(part)}'.")
        order.append((_path(model, kind, path)[1], direction == "desc"))
    return order


def sort(view: View, rows: list[Row], order: list[tuple[Getter, bool]]) -> list[Row]:
    """Sort rows; an empty value is less than any other."""
    for get, falling in reversed(order):

        def rank(row: Row, get: Getter = get) -> tuple[bool, Any]:
            value = get(view, row)
            return (False, 0) if value is None or value is _NOWHERE else (True, value)

        rows = sorted(rows, key=rank, reverse=falling)
    return rows


# Filters ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Operand:
    kind: str
    """An Edm kind without `Edm.`, or `null`."""
    get: Getter


def read_filter(model: Model, kind: EntityType, text: str) -> Test:
    """Compile a $filter into a test of one row.

    Raises:
        Refused: it is not one that Tribe understands.
    """
    return _Filter(model, kind, text).read()


_TOKEN = re.compile(
    r"(?P<blank> +)"
    r"|(?P<String>'(?:[^']|'')*')"
    r"|(?P<Guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?![\w-])"
    r"|(?P<DateTimeOffset>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d))(?!\w)"
    r"|(?P<Double>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w-])"
    r"|(?P<name>[A-Za-z_]\w*(?:/[A-Za-z_]\w*)*)"
    r"|(?P<mark>[(),])"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


class _Filter:
    """Read a filter by recursive descent: or, and, not, a comparison, an operand."""

    def __init__(self, model: Model, kind: EntityType, text: str) -> None:
        self._model = model
        self._kind = kind
        self._text = text
        self._tokens = list(self._cut(text))
        self._at = 0

    def read(self) -> Test:
        test = self._or()
        if self._at < len(self._tokens):
            raise self._trouble()
        return test

    @staticmethod
    def _cut(text: str) -> Iterator[tuple[str, str]]:
        at = 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise bad_query(f"The filter cannot be read at '{_shown(text[at:])}'.")
            if match.lastgroup != "blank":
                yield str(match.lastgroup), match.group()
            at = match.end()

    def _or(self) -> Test:
        tests = [self._and()]
        while self._take("or"):
            tests.append(self._and())
        return tests[0] if len(tests) == 1 else lambda view, row: any(each(view, row) for each in tests)

    def _and(self) -> Test:
        tests = [self._not()]
        while self._take("and"):
            tests.append(self._not())
        return tests[0] if len(tests) == 1 else lambda view, row: all(each(view, row) for each in tests)

    def _not(self) -> Test:
        if not self._take("not"):
            return self._test()
        start = self._at
        test = self._not()
        if self._at > start + 1 and self._tokens[start][1] not in ("(", "not", *_TEXT_TESTS):
            # In OData `not` binds tighter than a comparison, and a text cannot be negated.
            raise bad_query("'not' must stand before a condition in parentheses or a Boolean.")
        return lambda view, row: not test(view, row)

    def _test(self) -> Test:
        if self._take("("):
            test = self._or()
            if not self._take(")"):
                raise self._trouble()
            return test
        if self._peek() in _TEXT_TESTS and self._tokens[self._at + 1 : self._at + 2] == [("mark", "(")]:
            return self._text_test()
        left = self._operand()
        word = self._peek()
        if word in ("in", "has"):
            raise bad_query(f"The operator '{word}' is not supported.")
        if word not in _COMPARE:
            if left.kind != "Boolean":
                raise self._trouble()
            return lambda view, row: left.get(view, row) is True
        self._at += 1
        return _comparison(word, left, self._operand())

    def _text_test(self) -> Test:
        check = _TEXT_TESTS[self._tokens[self._at][1]]
        self._at += 2
        text = self._operand()
        if not self._take(","):
            raise self._trouble()
        part = self._operand()
        if not self._take(")"):
            raise self._trouble()
        if (text.kind, part.kind) != ("String", "String"):
            raise bad_query("contains, startswith and endswith compare texts.")

        def test(view: View, row: Row) -> bool:
            values = text.get(view, row), part.get(view, row)
            return all(isinstance(each, str) for each in values) and check(values[0].casefold(), values[1].casefold())

        return test

    def _operand(self) -> _Operand:
        if self._at == len(self._tokens):
            raise self._trouble()
        kind, text = self._tokens[self._at]
        self._at += 1
        match kind:
            case "String":
                value: Any = text[1:-1].replace("''", "'").replace(PLUS, "+")
            case "Guid":
                value = read_guid(text)
            case "DateTimeOffset":
                value = read_moment(text)
                if value is None:
                    raise bad_query(f"'{text}' is not a moment.")
            case "Double":
                value = Decimal(text)
            case "name" if text in ("true", "false"):
                kind, value = "Boolean", text == "true"
            case "name" if text == "null":
                kind, value = "null", None
            case "name":
                if text.rpartition("/")[2] in ("any", "all") and self._peek() == "(":
                    raise bad_query("Lambda expressions (any, all) are not supported.")
                declared, get = _path(self._model, self._kind, text)
                return _Operand(declared, get)
            case _:
                self._at -= 1
                raise self._trouble()
        return _Operand(kind, lambda _view, _row: value)

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take(self, word: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] in (("name", word), ("mark", word)):
            self._at += 1
            return True
        return False

    def _trouble(self) -> Refused:
        where = f"at '{self._peek()}'" if self._peek() else "at its end"
        return bad_query(f"The filter '{_shown(self._text)}' cannot be read {where}.")


def _comparison(word: str, left: _Operand, right: _Operand) -> Test:
    kinds = {"Double" if each.kind == "Int64" else each.kind for each in (left, right)} - {"null"}
    if len(kinds) > 1 or (kinds == {"Boolean"} and word not in ("eq", "ne")):
        raise bad_query(f"{left.kind} and {right.kind} cannot be compared with '{word}'.")
    compare, get_left, get_right = _COMPARE[word], left.get, right.get
    with_null = "null" in (left.kind, right.kind)

    def test(view: View, row: Row) -> bool:
        one, other = get_left(view, row), get_right(view, row)
        if one is _NOWHERE or other is _NOWHERE:
            return word == "eq" and with_null
        if one is None or other is None:
            return word in ("eq", "ne") and compare(one, other)
        return compare(one, other)

    return test


def _path(model: Model, kind: EntityType, path: str) -> tuple[str, Getter]:
    """Follow single navigations to a property: its kind, and how to get its value."""
    *steps, last = path.split("/")
    for step in steps:
        nav = kind.navigations.get(step)
        if nav is None:
            raise _undefined(step, kind)
        if nav.by is not None:
            raise bad_query(f"'{step}' is a collection and cannot be part of a path.")
        kind = model.types[nav.target]
    if last not in kind.properties:
        raise _undefined(last, kind)
    declared = kind.properties[last]

    def get(view: View, row: Row) -> Any:
        for step in steps:
            other = view.row(row.get(step))
            if other is None:
                return _NOWHERE
            row = other
        return view.display(row) if declared.display else row[last]

    return declared.kind, get


def _undefined(name: str, kind: EntityType) -> Refused:
    return bad_query(f"The property '{_shown(name)}' is not defined in type '{kind.name}'.")


def _shown(text: str) -> str:
    return text.replace(PLUS, "+")
