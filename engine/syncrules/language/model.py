"""What a mapping says, once it has been read, completed and checked: the words that every step shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources.abc import Traversable
from pathlib import Path as FilePath
from typing import Any, Literal

from syncrules.errors import Problem
from syncrules.manifest import Manifest
from syncrules.yaml import Path

Happening = Literal[
    "created", "changed", "already_inactive", "deactivated", "reactivated", "deleted", "changed_kind", "filtered_out"
]
Condition = Mapping[str, Any]
"""Path → test, as the grammar has it."""
Parts = str | Mapping[str, str]
"""A path, or part of a concept → path."""


@dataclass(frozen=True, slots=True)
class SettingTest:
    """A setting and the value it must have."""

    setting: str
    equals: object = True


@dataclass(frozen=True, slots=True)
class Source:
    """Which records of one side take part in an entity."""

    side: str
    resource: str
    is_: Condition = field(default_factory=dict)
    where: Condition = field(default_factory=dict)
    where_any: tuple[Condition, ...] = ()
    also_match: Condition = field(default_factory=dict)
    """Who is found by matching although it may not come in; empty: nobody."""
    set: Mapping[str, Any] = field(default_factory=dict)
    """Path → constant, or {setting: name}."""
    inactive: Condition = field(default_factory=dict)
    belongs_to: Mapping[str, str] = field(default_factory=dict)
    """Field → row of the parent that holds the same value; empty: its id."""
    shared_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the fields table."""

    name: str
    sides: Mapping[str, Parts]
    to: str
    """both, a side, neither or match."""
    operators: tuple[tuple[str, Any], ...] = ()
    """Name and argument (None without one), from the first side to the second."""
    once: bool = False
    leading: str = "ask"
    numbered_by: str = ""
    edited: Literal["keep", "restore"] = "keep"
    values: tuple[Mapping[str, Any], ...] = ()
    """Pairs {side: value, side: value}, or {setting: name} tables one after the other."""
    unknown: Any = "report"
    """`report`, `empty`, or {setting: name} / {value: constant}."""
    empty: Any = None
    """None (emptiness travels), `wait`, or {setting: name} / {value: constant}."""
    too_long: Literal["report", "cut"] = "report"
    unfit: Literal["report", "leave_out"] = "report"
    lossy: str = ""
    refers_to: tuple[str, ...] = ()
    take: Mapping[str, str] | None = None
    look_up: str = ""
    lines: tuple[Template, ...] = ()
    numbered: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """How one or more lines of a document are made."""

    name: str
    for_each: str
    """`document`, or the path of a list of the document."""
    rows: tuple[Row, ...]
    set: Mapping[str, Any] = field(default_factory=dict)
    one_per: str = ""
    unless: Condition = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Need:
    """What must be there before anything is sent to a side; the name is the reason that people read."""

    name: str
    side: str
    """Whose field is looked at."""
    path: str
    to: str
    only_created: bool = False
    of: str = ""
    equals: Any = None
    """None: any value will do."""
    cure: str = ""
    of_each: str = ""
    """The list of whose every element this is asked; empty: it is asked of the record."""
    same_as: str = ""
    """The field beside it that must say the same, where it says anything; empty: it is not compared."""

    @property
    def plain(self) -> bool:
        """Tell whether a value of the record itself is asked for, which is there or not."""
        return not (self.of or self.of_each or self.same_as)


@dataclass(frozen=True, slots=True)
class Check:
    """What must be true of a document before it is sent; `says` is the statement as the grammar has it."""

    name: str
    side: str
    says: Mapping[str, Any]

    @property
    def together(self) -> str:
        """Path of what records have in common that are checked together; empty if each is checked alone."""
        return str(self.says.get("one_per", "")) if "of_each" not in self.says else ""


@dataclass(frozen=True, slots=True)
class Amounts:
    """Where the amounts of one side stand."""

    sum: str
    per: str
    until: str
    resource: str = ""
    """Empty: the records of the entity."""
    year: str = ""
    """Path of the last day of the year."""


@dataclass(frozen=True, slots=True)
class Reconcile:
    """What must add up to the same on both sides."""

    name: str
    sides: Mapping[str, Amounts]
    anew_each_year: tuple[Condition, ...] = ()
    """Of the source: what begins at nothing in each year."""
    carried_to: Any = None
    """To what the sum of it goes when a year ends: a constant, or {setting: name}; None if nowhere."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How soon a change travels."""

    kind: Literal["at_once", "by_hand", "every", "daily"]
    every: timedelta = timedelta(0)
    daily: str = ""
    """HH:MM."""
    on_request: str = ""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What the other side gets when something happens here."""

    then: str
    condition: SettingTest | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """One way in which unlinked records may find each other."""

    kind: Literal["any", "all"]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    """Row, and the parts of it that must agree (none named: the whole)."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    name: str
    after_created_in: str
    done_side: str = ""
    done_path: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of record: which belong together, which fields go where, and what happens when."""

    name: str
    about: str
    sources: Mapping[str, Source]
    """Side → its source, first side first."""
    to: str
    rows: tuple[Row, ...]
    enabled: SettingTest | None = None
    imports_from: str = ""
    """The side that the first import brings records from; empty: what exists at activation stays where it is."""
    link_id_of: str = ""
    link_kept_in: str = ""
    link_is_id_of: str = ""
    tiers: tuple[Tier, ...] = ()
    without_role: Literal["add", "leave"] = "leave"
    needs: tuple[Need, ...] = ()
    rhythms: Mapping[str, Mapping[str, Rhythm]] = field(default_factory=dict)
    """Side → happening → rhythm; the happening `` (empty) is the rhythm of all that have none of their own."""
    events: Mapping[str, Mapping[str, Reaction]] = field(default_factory=dict)
    """Side → happening → reaction. Complete: every happening has one."""
    brakes: Mapping[str, int] = field(default_factory=dict)
    follow_ups: tuple[FollowUp, ...] = ()
    checks: tuple[Check, ...] = ()
    for_each: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    used_by: tuple[str, ...] = ()
    """Entities of which one must point to a record before it comes in; empty: any record may."""
    beside: Mapping[str, Any] = field(default_factory=dict)
    """Path → constant, or {setting: name}: what travels once with a whole list."""
    out_of_step: Literal["", "start_again"] = ""
    reconciles: tuple[Reconcile, ...] = ()
    outside_scope: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """A question asked at activation."""

    name: str
    ask: str
    for_each: tuple[str, str] | None = None
    """Side and resource."""
    choose: tuple[str, str] | None = None
    """Side and resource."""
    where: Condition = field(default_factory=dict)
    answer: str | tuple[str, ...] = ""
    """`yes_or_no`, `text`, `day`, or the list of choices; empty when the answer is a record."""
    suggest: Any = None
    missing: Literal["stop", "report"] = "stop"


@dataclass(frozen=True, slots=True)
class Preflight:
    """A question to the data before the first import."""

    name: str
    resources: Mapping[str, str]
    """Side → resource."""
    where: Condition = field(default_factory=dict)
    repeated: str = ""
    same: Mapping[str, str] = field(default_factory=dict)
    differs: Mapping[str, str] = field(default_factory=dict)
    condition: SettingTest | None = None
    """Asked only if this setting says so; without a resource, the heading itself is the report."""
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Spec:
    """A whole mapping, inherited parts filled in."""

    name: str
    title: str
    summary: str
    sides: tuple[str, str]
    """Left and right."""
    manifests: Mapping[str, Manifest]
    """Side → manifest of its provider."""
    settings: Mapping[str, Setting]
    preflights: tuple[Preflight, ...]
    entities: Mapping[str, Entity]
    """In the order of the file."""
    not_synchronised: tuple[str, ...]
    scope: Mapping[str, Any]
    examples: Mapping[str, Any]
    """Sentence → example, of those that stand in the mapping itself."""
    remarks: tuple[Problem, ...]
    """What a reader should know although the mapping works."""
    digest: str
    """Changes whenever what the mapping says changes; comments and layout do not count."""
    places: Mapping[Path, str]
    """Path of a rule → file:line:column."""
    files: tuple[Traversable | FilePath, ...] = ()
    """The file of the mapping, then those that it extends, one after the other."""

    def other(self, side: str) -> str:
        """Name the side across."""
        left, right = self.sides
        return right if side == left else left

    def place(self, *path: str | int) -> str:
        """Tell where in which file a rule stands, such as `mapping.yaml:12:3`."""
        steps: Path = path
        while steps and steps not in self.places:
            steps = steps[:-1]
        return self.places.get(steps, self.name)
