"""What a system renews by itself is kept at once, sealed, and is there the next time: also a token that works only once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from cli_world import Shell

from syncrules import connection, provider
from syncrules.connection import RealClock
from syncrules.errors import LoginRefused, StateError
from syncrules.http import Http
from syncrules.manifest import Manifest
from syncrules.manifest_reading import load_manifest
from syncrules.memory.kept import ConnectionRow
from syncrules.memory.store import Store, open_store
from syncrules.provider import Account, Installed, Keep, Record
from syncrules.secrets import Keys

GATE = """
manifest: 1
provider: gate
title: The Gate
certainty: assumed
connection:
  asks:
    code: {title: Which code?, secret: true}
  keeps: [pass]
resources:
  things: &things
    title: things
    id: Id
    fields: {Id: {type: string}, Name: {type: string}}
    create: {unknown_outcome: ask}
    update: sent_fields
"""
YARD = """
manifest: 1
provider: yard
title: The Yard
certainty: assumed
connection:
  asks:
    name: {title: Which name?, default: nobody}
resources:
  things:
    title: things
    id: Id
    fields: {Id: {type: string}, Name: {type: string}}
    create: {unknown_outcome: ask}
    update: sent_fields
"""
MAPPING = """
syncrules: 1
title: A gate and a yard
sides: {gate: {provider: gate}, yard: {provider: yard}}
settings:
  word: {ask: Which word?, answer: text, missing: stop}
entities:
  thing:
    about: Anything.
    gate: {resource: things}
    yard: {resource: things}
    to: yard
    first_import: {from: gate}
    link: {id_of: yard}
    match: [{all: [Name]}]
    when: {gate: at_once}
    events: {gate: {created: create, changed: update, deleted: ignore}}
    fields:
      Name: {gate: Name, yard: Name}
"""


@dataclass
class Guard:
    """Lets in who has the pass that was given out last, or a code that nobody has used yet; each works once."""

    codes: list[str] = field(default_factory=lambda: ["code-1", "code-2"])
    given: list[str] = field(default_factory=list)
    used: list[str] = field(default_factory=list)

    def let_in(self, code: str, latest: str) -> str:
        if latest:
            if latest != self.given[-1]:
                raise LoginRefused("The Gate", "this pass was used before")
            self.used.append(latest)
        else:
            if code not in self.codes:
                raise LoginRefused("The Gate", "this code was used before")
            self.codes.remove(code)
            self.used.append(code)
        self.given.append(f"pass-{len(self.given) + 1}")
        return self.given[-1]


class Gate:
    """A system that renews what it was given."""

    manifest: ClassVar[Path]
    guard: ClassVar[Guard]
    books: ClassVar[str] = "gate"

    def __init__(self, manifest: Manifest, settings: Mapping[str, str], http: Http, keep: Keep) -> None:
        self._code, self._pass, self._keep = settings["code"], settings.get("pass", ""), keep

    def account(self) -> Account:
        fresh = self.guard.let_in(self._code, self._pass)
        self._keep("pass", fresh)
        self._pass = fresh
        return Account(self.books, "The books of the gate")

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        self.account()
        yield [{"Id": "1", "Name": "One"}]

    def fetch(self, resource: str, key: str) -> Record | None:
        return None

    def find(self, resource: str, field: str, value: str) -> list[Record]:
        return []

    def create(self, resource: str, record: Record) -> Record:
        return {**record, "Id": "1"}

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        return changes

    def close(self) -> None: ...


class Yard(Gate):
    """A system that keeps nothing, and whose provider does not know that one may."""

    things: ClassVar[list[Record]] = []

    def __init__(self, manifest: Manifest, settings: Mapping[str, str], http: Http) -> None: ...

    def account(self) -> Account:
        return Account("yard", "The yard")

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        yield list(self.things)

    def create(self, resource: str, record: Record) -> Record:
        self.things.append({**record, "Id": "1"})
        return self.things[-1]


@pytest.fixture
def guard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Guard:
    """Install both systems, and the mapping between them."""
    made: dict[str, Any] = {"gate": Gate, "yard": Yard}
    for name, text in (("gate", GATE), ("yard", YARD)):
        (tmp_path / f"{name}.manifest.yaml").write_text(text)
        monkeypatch.setattr(made[name], "manifest", tmp_path / f"{name}.manifest.yaml", raising=False)
    (tmp_path / "pair.yaml").write_text(MAPPING)
    monkeypatch.setattr(provider, "find", lambda name: Installed(name, made[name], load_manifest(made[name].manifest)))
    Gate.guard, Yard.things = Guard(), []
    return Gate.guard


def connect(shell: Shell, *words: str, code: str = "", settings: Mapping[str, str] | None = None) -> Any:
    content: dict[str, Any] = {"settings": {"word": "sesame"} if settings is None else dict(settings)}
    if code:
        content["gate"] = {"code": code}
    mapping = str(shell.folder / "pair.yaml")
    return shell.type("connect", "acme", "--mapping", mapping, "--from", shell.answers(content), "--yes", *words)


def stored(shell: Shell) -> Mapping[str, Any]:
    row = shell.row()
    assert row is not None
    answers: Mapping[str, Any] = row.answers["gate"]
    return answers


def opened(shell: Shell) -> str:
    """Open what is kept, with the key that the shell made."""
    from syncrules.secrets import load_keys

    return load_keys(shell.key)[0].open(stored(shell)["pass"], "acme", "gate.pass")


@pytest.mark.requirement("X-17")
def test_a_pass_that_works_once_carries_a_connection_from_run_to_run(shell: Shell, guard: Guard) -> None:
    results = [connect(shell, code="code-1"), *(shell.type(each, "acme") for each in ("run", "plan", "run"))]

    assert [each.exit_code for each in results] == [0] * 4, [each.output for each in results]
    assert guard.used == ["code-1", *guard.given[:-1]]
    assert opened(shell) == guard.given[-1]


@pytest.mark.requirement("X-15")
def test_what_is_kept_is_sealed_and_never_shown(shell: Shell, guard: Guard) -> None:
    outputs = [connect(shell, "--verbose", code="code-1").output]
    outputs += [shell.type(each, "acme", *more).output for each in ("run", "status") for more in ([], ["--json"])]

    assert stored(shell)["pass"].startswith("sealed:")
    whole = "\n".join(outputs).encode() + shell.state.read_bytes()
    assert not any(each.encode() in whole for each in [*guard.given, "code-1"])


def test_a_new_code_takes_the_place_of_what_was_given_for_the_old_one(shell: Shell, guard: Guard) -> None:
    connect(shell, code="code-1")
    result = connect(shell, code="code-2")

    assert result.exit_code == 0, result.output
    assert "code-2" in guard.used
    assert guard.used.index("code-2") == len(guard.used) - 1
    assert opened(shell) == guard.given[-1]
    assert shell.type("run", "acme").exit_code == 0


def test_connecting_again_without_a_code_goes_on_with_what_was_kept(shell: Shell, guard: Guard) -> None:
    connect(shell, code="code-1")
    result = connect(shell, settings={"word": "open"})

    assert result.exit_code == 0, result.output
    assert guard.codes == ["code-2"]
    assert "the setting 'word'" in result.output
    assert "the answers for" not in result.output
    assert opened(shell) == guard.given[-1]


def test_what_was_renewed_is_kept_although_connecting_again_comes_to_nothing(shell: Shell, guard: Guard) -> None:
    connect(shell, code="code-1")
    before = stored(shell)["pass"]
    result = connect(shell, "--json", settings={"strange": "answer"})

    assert result.exit_code == 2
    assert stored(shell)["pass"] != before
    assert opened(shell) == guard.given[-1]
    assert shell.type("run", "acme").exit_code == 0


def test_a_pass_to_other_books_does_not_take_the_place_of_ours(
    shell: Shell, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(shell, code="code-1")
    kept = stored(shell)
    monkeypatch.setattr(Gate, "books", "somebody else's")
    result = connect(shell, code="code-2")

    assert result.exit_code == 2
    assert "open other books" in result.output
    assert stored(shell) == kept


def test_an_activation_that_comes_to_nothing_leaves_nothing(shell: Shell, guard: Guard) -> None:
    assert connect(shell, code="code-1", settings={}).exit_code == 2
    assert shell.row() is None


def test_without_a_key_nothing_is_kept_in_clear(shell: Shell, guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_CODE", "code-1")
    connect(shell, code="env:GATE_CODE")
    with open_store(shell.state) as store:
        row = store.connection("acme")
        assert row is not None
        row.answers["gate"] = {"code": "env:GATE_CODE"}
        with store.transaction():
            store.save(row)
    shell.key.unlink()
    guard.codes.append("code-1")
    result = shell.type("run", "acme")

    assert result.exit_code == 5
    assert "there is no key to seal it with" in result.output
    assert "pass" not in stored(shell)


# The store ------------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "state.db") as opened_:
        with opened_.transaction():
            opened_.save(ConnectionRow("acme", "m", {}, {}, {"gate": {"code": "c"}, "": {"time zone": "UTC"}}))
            opened_.save(ConnectionRow("other", "m", {}, {}, {"gate": {"code": "d"}}))
        yield opened_


def answers(store: Store, name: str = "acme") -> Mapping[str, Any]:
    with open_store(store.path or "") as again:
        row = again.connection(name)
        assert row is not None
        return row.answers


def test_one_answer_is_written_and_the_others_stay(store: Store) -> None:
    store.keep_answer("acme", "gate", "pass", "1")
    store.keep_answer("acme", "yard", "pass", "2")
    store.keep_answer("acme", "gate", "pass", "3")

    assert answers(store) == {
        "gate": {"code": "c", "pass": "3"},
        "yard": {"pass": "2"},
        "": {"time zone": "UTC"},
    }
    assert answers(store, "other") == {"gate": {"code": "d"}}


def test_two_sides_that_renew_at_once_do_not_lose_each_others_answer(store: Store) -> None:
    def renew(side: str) -> None:
        for each in range(20):
            store.keep_answer("acme", side, "pass", f"{each}")

    threads = [threading.Thread(target=renew, args=(side,)) for side in ("gate", "yard", "shed")]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    finally:
        sys.setswitchinterval(before)

    assert {side: answers(store)[side]["pass"] for side in ("gate", "yard", "shed")} == dict.fromkeys(
        ("gate", "yard", "shed"), "19"
    )


def test_an_answer_that_is_kept_in_the_middle_of_a_transaction_waits_for_nothing(store: Store) -> None:
    with store.transaction():
        store.change("acme", paused=True)
        store.keep_answer("acme", "gate", "pass", "1")

    assert answers(store)["gate"]["pass"] == "1"


def test_a_seal_of_another_key_is_told_and_not_taken_for_nothing(shell: Shell, guard: Guard) -> None:
    manifest = load_manifest(Gate.manifest)
    seal = Keys([b"1" * 32]).seal("pass-1", "acme", "gate.pass")

    with pytest.raises(StateError, match="sealed with another key"):
        connection.answers_for(manifest, {"code": "c", "pass": seal}, Keys([b"2" * 32]), "acme", "gate")


def test_a_provider_that_keeps_nothing_is_handed_nothing_to_keep_with(store: Store, guard: Guard) -> None:
    from syncrules.language import spec

    mapping = spec.load(str(Path(Gate.manifest).parent / "pair.yaml"))
    kept: list[tuple[str, str, str]] = []
    given = {"gate": {"code": "code-1"}, "yard": {"name": "n"}}
    with connection.providers_for(
        mapping, given, RealClock(), store, {"gate": "g", "yard": "y"}, lambda *each: kept.append(each)
    ) as providers:
        for each in providers.values():
            each.account()

    assert kept == [("gate", "pass", "pass-1")]
