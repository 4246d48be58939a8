"""Two invented systems whose sides are called left and right, and pairs of their records: a run without any call.

`Pair.carry_out` does to two dictionaries, and to what is remembered of them, what the engine does to two systems.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import chdir, contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from syncrules.journey import pair, read
from syncrules.journey.action import Action
from syncrules.journey.decision import Circumstances, Decision
from syncrules.journey.rules import EntityRules, Rules, View, compile_rules
from syncrules.journey.surroundings import Late, Surroundings, Waits
from syncrules.language import spec
from syncrules.language.model import Happening, Spec
from syncrules.manifest import Manifest
from syncrules.manifest_reading import load_manifest
from syncrules.memory.kept import Link
from syncrules.memory.memory import Memory
from syncrules.memory.store import open_store
from syncrules.records import Record, laid_over

SIDES: tuple[str, str] = ("left", "right")

BOX = """
manifest: 1
provider: box
title: The Box
certainty: assumed
types:
  Address:
    concept: address
    parts: {street: Street, number: Number, city: City}
    fields: {Street: {type: string}, Number: {type: string}, City: {type: string}}
  Line:
    fields: {Net: {type: number}, Text: {type: string}, Group: {reference: [groups], by: [Id, Code]}}
resources:
  things:
    title: things
    id: Id
    name: Name
    keys: [Number]
    active: {field: Off, inactive: true, writable: true}
    create: {unknown_outcome: ask}
    update: sent_fields
    delete: by_id
    external_id: {field: Ref}
    fields:
      Id: {type: string, readOnly: true}
      Ref: {type: string}
      Name: {type: string, maxLength: 40, title: Name}
      Note: {type: string, title: Note}
      Number: {type: string, title: Number}
      Kind: {type: string, enum: [A, B], title: Kind}
      Amount: {type: number, title: Amount}
      Flag: {type: boolean, title: Flag}
      Off: {type: boolean, title: Not in use}
      Phone: {type: string, title: Phone}
      Address: {type: object, of: Address, title: Address}
      Group: {reference: [groups], by: [Id, Code], title: Group}
      Owner: {reference: [things], by: [Id], title: Owner}
      Lines: {type: array, of: Line, title: Lines}
  groups:
    title: groups
    id: Id
    fields: {Id: {type: string}, Code: {type: string, title: Code}}
"""

SHELF = """
manifest: 1
provider: shelf
title: The Shelf
certainty: assumed
types:
  Row:
    fields:
      Amount: {type: number}
      Text: {type: string, maxLength: 10}
      Code: {type: string}
      Place: {type: integer}
      Rate: {type: string, reference: [rates], by: [Code]}
resources:
  items:
    title: items
    id: Key
    name: Label
    keys: [Code]
    active: {field: State, inactive: asleep, writable: true}
    create: {unknown_outcome: {look_up: Code}}
    update: whole_object
    delete: by_id
    external_id: {field: Other}
    fields:
      Key: {type: integer, readOnly: true}
      Other: {type: string}
      Label: {type: string, maxLength: 20, title: Label}
      Remark: {type: string, title: Remark}
      Code: {type: string, title: Code}
      Sort: {type: string, enum: [A, B], title: Sort}
      Sum: {type: number, title: Sum}
      Mark: {type: string, title: Mark}
      Marked: {type: boolean, title: Marked}
      State: {type: string, title: State}
      Dial: {type: string, title: Dial}
      Maker: {type: integer, reference: [items], by: [Key], title: Maker}
      Registry: {type: string, format: digits, maxLength: 8, title: Registry number}
      Street: {type: string, title: Street}
      Town: {type: string, title: Town}
      Owner: {type: string, reference: [items], by: [Code], title: Owner}
      Rows: {type: array, of: Row, title: Rows}
  rates:
    title: rates
    id: Code
    fields: {Code: {type: string}, Share: {type: number}, Name: {type: string}}
    rows: [{Code: high, Share: 21, Name: High}, {Code: free, Share: null, Name: Free}]
"""

UNSEEN = (
    SHELF.replace("active: {field: State, inactive: asleep, writable: true}", "read: none\n    active: hidden")
    .replace("create: {unknown_outcome: {look_up: Code}}", "create: {unknown_outcome: repeat_safe}")
    .replace("update: whole_object\n    delete: by_id", "update: whole_object")
)
"""The shelf of which nothing can be read back."""

TEXTS = {"box": BOX, "shelf": SHELF}

NOTE = "Note: {left: Note, right: Remark}"
NUMBER = "Number: {left: Number, right: Code}"


@cache
def manifest(name: str) -> Manifest:
    """Give the manifest of one of the two systems."""
    return manifest_of(TEXTS[name])


def manifest_of(text: str) -> Manifest:
    """Read a manifest from a text."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "some.manifest.yaml"
        path.write_text(text, encoding="utf-8")
        return load_manifest(path)


UPDATES = "{created: create, changed: update, already_inactive: create, deactivated: ignore, deleted: ignore, changed_kind: ask}"


@cache
def mapping(
    *rows: str,
    to: str = "both",
    left_events: str = UPDATES,
    right_events: str = UPDATES,
    more: str = "",
    settings: str = "",
    when: str = "at_once",
) -> Spec:
    """Load a mapping with one entity, `thing`, and these rows; `more` and `settings` are lines of YAML."""
    sources = SIDES if to == "both" else tuple(each for each in SIDES if each != to)
    events = {"left": left_events, "right": right_events}
    lines = ["syncrules: 1", "title: Pairs", "sides: {left: {provider: box}, right: {provider: shelf}}"]
    lines += ["settings:", *(f"  {each}" for each in settings.splitlines())] if settings else []
    lines += ["entities:", "  thing:", "    about: Anything.", f"    to: {to}"]
    extra = more.splitlines()
    for side, resource in (("left", "things"), ("right", "items")):
        if not any(each.startswith(f"{side}:") for each in extra):
            extra.append(f"{side}: {{resource: {resource}}}")
    lines += [f"    {each}" for each in extra]
    lines += [f"    when: {{{', '.join(f'{each}: {when}' for each in sources)}}}", "    events:"]
    lines += [f"      {each}: {events[each]}" for each in sources]
    lines += ["    fields:", *(f"      {line}" for row in rows for line in row.splitlines())]
    return load_text("\n".join(lines))


def load_text(text: str) -> Spec:
    """Load a mapping between the two systems from its text."""
    with TemporaryDirectory() as folder, chdir(folder):
        Path("pairs.yaml").write_text(text, encoding="utf-8")
        return spec.load("pairs.yaml", manifest)


@cache
def compiled(*rows: str, **parts: str) -> Rules:
    """Compile such a mapping, without settings."""
    return compile_rules(mapping(*rows, **parts), {})


def thing(*rows: str, **parts: str) -> EntityRules:
    """Give the rules of its only entity."""
    return compiled(*rows, **parts).entities["thing"]


def papers(shelves: str) -> Rules:
    """Compile rules of records that go to the right and are not matched, for a shelf that a test has changed."""
    manifests = {"box": manifest("box"), "shelf": manifest_of(shelves)}
    text = (
        "syncrules: 1\ntitle: Papers\nsides: {left: {provider: box}, right: {provider: shelf}}\nentities:\n  thing:\n"
        "    about: Papers.\n    to: right\n    left: {resource: things}\n    right: {resource: items}\n"
        "    when: {left: at_once}\n    events:\n"
        "      left: {created: create, changed: update, already_inactive: create, deactivated: ignore, deleted: ignore}\n"
        f"    fields:\n      {NOTE}\n      {NUMBER}\n"
    )
    with TemporaryDirectory() as folder, chdir(folder):
        Path("papers.yaml").write_text(text, encoding="utf-8")
        return compile_rules(spec.load("papers.yaml", manifests.__getitem__), {})


DUES = """
  dues:
    title: dues
    id: Code
    missing: {means: settled, becomes: {Open: {value: 0}}}
    create: none
    update: none
    fields:
      Code: {type: string, readOnly: true}
      Open: {type: number, readOnly: true}
      Moved: {type: string, format: date-time, readOnly: true}
"""
RECEIPTS = """
  receipts:
    title: receipts
    id: Id
    create: {unknown_outcome: ask}
    update: sent_fields
    fields:
      Id: {type: string, readOnly: true}
      Amount: {type: number, title: Amount}
      Thing: {reference: [things], by: [Id], title: Thing}
"""
OWED = f"""
syncrules: 1
title: Dues
sides: {{left: {{provider: box}}, right: {{provider: shelf}}}}
entities:
  thing:
    about: What is owed for.
    to: right
    left: {{resource: things}}
    right: {{resource: items}}
    when: {{left: at_once}}
    events: {{left: {{created: create, changed: update, already_inactive: create, deactivated: ignore, deleted: ignore}}}}
    fields:
      {NUMBER}
  due:
    about: What is still open of it.
    for_each: thing
    left: {{resource: things}}
    right: {{resource: dues, belongs_to: {{Code: Number}}}}
    to: left
    when: {{right: at_once}}
    events: {{right: {{created: create, changed: update, deleted: ignore}}}}
    fields:
      Open: {{left: Amount, right: Open}}
"""


def owed_by(dues: str = DUES, *, receipts: bool = False) -> Rules:
    """Compile rules of things that go to the right, and of what is due for them there.

    Args:
        receipts: it is written on a record of its own; otherwise on the thing itself.
    """
    text = OWED
    if receipts:
        before, _, due = OWED.partition("  due:\n")
        due = due.replace("left: {resource: things}", "left: {resource: receipts}")
        text = f"{before}  due:\n{due}      Thing: {{left: Thing, refers_to: [thing]}}\n"
    manifests = {"box": manifest_of(BOX + RECEIPTS.lstrip("\n")), "shelf": manifest_of(SHELF + dues.lstrip("\n"))}
    with TemporaryDirectory() as folder, chdir(folder):
        Path("dues.yaml").write_text(text, encoding="utf-8")
        return compile_rules(spec.load("dues.yaml", manifests.__getitem__), {})


class Around(Surroundings):
    """Surroundings as a test sets them up: links and look-ups that are simply listed."""

    def __init__(
        self,
        settings: Mapping[str, Any] | None = None,
        links: Mapping[tuple[str, str], Any] | None = None,
        choices: Mapping[Any, Record] | None = None,
    ) -> None:
        self.settings = settings or {}
        self.links = links or {}
        """Side and id → what it is called on the other side."""
        self.choices = choices or {}
        """Value → the record of a look-up that is chosen by it."""

    def choice(self, side: str, resource: str, field: str, value: Any) -> Mapping[str, Any] | None:
        return self.choices.get(value)

    def across(self, entities: Iterable[str], side: str, id: str, field: str) -> Any | Late:
        if (side, id) not in self.links:
            raise Waits(f"'{id}' is not there yet")
        return self.links[side, id]

    def known_by(self, entities: Iterable[str], side: str, field: str, value: Any) -> str | None:
        return str(value) if (side, str(value)) in self.links else None

    def beside(self, side: str, id: str) -> str | None:
        return self.links.get((side, id))


Open = Callable[[str, Happening], bool]


def everything(side: str, happening: Happening) -> bool:
    """Everything is due."""
    return True


def only(*sides: str) -> Open:
    """Only what happens on these sides is due."""
    return lambda side, _: side in sides


def circumstances(
    around: Surroundings | None = None,
    is_open: Open = everything,
    *,
    first: bool = False,
    answer: Mapping[str, Any] | None = None,
) -> Circumstances:
    """Say what a decision depends on besides the records."""
    return Circumstances(
        around or Around(), is_open, first, lambda side, id_: f"{side}<{id_}>", lambda side, id_: answer
    )


class Pair:
    """Two records that belong together, and what is remembered of them."""

    def __init__(
        self,
        rules: EntityRules,
        left: Record,
        right: Record,
        link: Link | None = None,
        around: Surroundings | None = None,
    ) -> None:
        self.rules = rules
        self.left = left
        self.right = right
        self.link = link
        self.around: Surroundings = around or Around()

    def __repr__(self) -> str:
        return f"Pair({self.left!r}, {self.right!r}, {self.link!r})"

    def record(self, side: str) -> Record:
        return self.left if side == "left" else self.right

    def view(self, side: str) -> View:
        return self.rules.view(side, self.record(side), self.around.settings)

    def decide(
        self,
        is_open: Open = everything,
        *,
        seen: Iterable[str] = SIDES,
        answer: Mapping[str, Any] | None = None,
    ) -> Decision:
        """Decide about the pair, of which these sides were seen."""
        views = {side: self.view(side) if side in seen else None for side in SIDES}
        return pair.decide(
            self.rules,
            self.link,
            views,
            circumstances(self.around, is_open, answer=answer),
            self.view("right" if "left" in seen else "left").id,
        )

    def carry_out(self, decision: Decision) -> None:
        """Do what was decided, and remember it."""
        for action in decision.actions:
            if action.verb in ("link", "remember"):
                self._remember(action)
            else:
                self._write(action)

    def _remember(self, action: Action) -> None:
        if self.link is None:
            self.link = link({}, {}, left=self.view("left").id, right=self.view("right").id)
        self.link.learn(action.base)
        self.link.active |= action.active

    def _write(self, action: Action) -> None:
        assert self.link is not None
        changed = laid_over(self.record(action.side), action.changes)
        if action.side == "left":
            self.left = changed
        else:
            self.right = changed
        values = self.view(action.side).values
        self.link.learn(
            {**action.base, action.side: {row: values[row] for row, _, _ in action.fields if row in values}}
        )
        if action.verb != "update":
            self.link.active |= action.active


def link(
    left_base: Mapping[str, Any],
    right_base: Mapping[str, Any],
    *,
    left: str = "L1",
    right: str = "1",
    active: Mapping[str, bool | None] | None = None,
    gone: Mapping[str, bool] | None = None,
) -> Link:
    """Make a link by hand."""
    return Link(
        1,
        "thing",
        {"left": left, "right": right},
        {"left": dict(left_base), "right": dict(right_base)},
        dict(active or {"left": None, "right": None}),
        dict(gone or {}),
    )


def box(**values: Any) -> Record:
    """Make a record of The Box in which nothing is unknown."""
    empty = dict.fromkeys(manifest("box").resources["things"].fields)
    return {**empty, "Id": "L1", "Off": False, **values}


def shelf(**values: Any) -> Record:
    """Make a record of The Shelf in which nothing is unknown."""
    empty = dict.fromkeys(manifest("shelf").resources["items"].fields)
    return {**empty, "Key": 1, "State": "awake", **values}


def writes(decision: Decision) -> list[Action]:
    """The actions of a decision that touch one of the two systems."""
    return [each for each in decision.actions if each.writes]


def notices(decision: Decision) -> list[str]:
    """What a decision tells people besides."""
    return [text for each in decision.actions for text in each.notices]


@contextmanager
def remembering() -> Iterator[Callable[[], Memory]]:
    """Open a store, and give a memory of a connection of its own whenever one is asked for."""
    numbers = count()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        path.write_bytes(_fresh())
        with open_store(path) as store:
            yield lambda: Memory(store, f"c{next(numbers)}", ("left", "right"))


@cache
def _fresh() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        open_store(path).close()
        return path.read_bytes()


def take_in(
    rules: Rules, memory: Memory, side: str, *page: Record, run: int = 1, since: str | None = None, now: float = 100.0
) -> int:
    """Read one page of the things of a side, and give how many of them changed."""
    resource = rules.spec.manifests[side].resources["things" if side == "left" else "items"]
    with memory.store.transaction():
        return read.take_in(rules, memory, read.Reading(side, resource, since), list(page), run, {}, now)
