"""Mappings as tests: pytest collects `mappings/*.yaml`, one item for `validate`, for each rule that `check` proves and for each example.

It is loaded whenever pytest starts, so it imports nothing heavy until there is a mapping to test; `-p no:syncrules` leaves it out.
What else a mapping has to show becomes items by another function in `GROUPS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from syncrules.examples.model import Example, Promise, Tried

_MAPPING = re.compile(r"^syncrules:", re.MULTILINE)
"""A file without this word is no mapping, whatever its folder is called."""


class Wrong(Exception):
    """A mapping is not as it should be; the text says it all, and no traceback adds to it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say how hard mappings are tried."""
    group = parser.getgroup("syncrules", "mappings of syncrules")
    group.addoption("--mapping-examples", type=int, default=200, metavar="N", help="Cases of each rule of a mapping.")
    group.addoption("--mapping-seed", type=int, default=1, metavar="S", help="The same seed tries the same cases.")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the mappings of a project."""
    if file_path.suffix not in (".yaml", ".yml") or file_path.parent.name != "mappings":
        return None
    if file_path.stem.endswith(".examples"):
        return None  # they are carried out with their mapping
    if not _MAPPING.search(file_path.read_text(encoding="utf-8", errors="replace")):
        return None
    return MappingFile.from_parent(parent, path=file_path)


class MappingFile(pytest.File):
    """A mapping, and everything that it must show."""

    def collect(self) -> Iterator[pytest.Item]:
        for group in GROUPS:
            yield from group(self)


class MappingItem(pytest.Item):
    """One thing that a mapping must show."""

    def __init__(self, *, prove: Callable[[], None], **more: Any) -> None:
        super().__init__(**more)
        self.prove = prove

    def runtest(self) -> None:
        self.prove()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Tell what is wrong with the mapping; of an error of ours, where it happened."""
        return str(excinfo.value) if isinstance(excinfo.value, Wrong) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name


def validated(of: MappingFile) -> Iterator[pytest.Item]:
    """One item: the mapping can be carried out."""

    def prove() -> None:
        from syncrules.errors import SyncRulesError
        from syncrules.language import spec

        try:
            spec.load(str(of.path))
        except SyncRulesError as error:
            raise Wrong(str(error)) from None

    yield MappingItem.from_parent(of, name="validate", prove=prove)


def checked(of: MappingFile) -> Iterator[pytest.Item]:
    """One item for each rule, the policies and the documents of each entity: they obey their laws."""
    from syncrules.check.checking import jobs
    from syncrules.errors import SyncRulesError
    from syncrules.language import spec

    try:
        found = list(jobs(spec.load(str(of.path))))
    except SyncRulesError:
        return  # `validate` tells why
    for job in found:
        yield MappingItem.from_parent(of, name=f"check[{job.name}]", prove=lambda job=job: _prove(of.config, job))


def _prove(config: pytest.Config, job: Any) -> None:
    from syncrules.check.hunt import Luck
    from syncrules.check.laws import LAWS

    luck = Luck(config.getoption("--mapping-examples"), config.getoption("--mapping-seed"))
    broken = [
        f"{each.place}: {each.rule} breaks the law '{each.law}'\n    {' '.join(each.story)}\n    {LAWS[each.law].why}"
        for each in job.run(luck).findings
    ]
    if broken:
        raise Wrong("\n".join([*broken, f"    (seed {luck.seed}, {luck.examples} cases)"]))


def exemplified(of: MappingFile) -> Iterator[pytest.Item]:
    """One item for each example and each promise: what comes of it is what it says."""
    from syncrules.errors import SyncRulesError
    from syncrules.examples import load, trial
    from syncrules.examples.blame import Blame
    from syncrules.examples.model import Tried
    from syncrules.examples.play import Stage
    from syncrules.examples.promises import Held
    from syncrules.language import spec

    try:
        mapping = spec.load(str(of.path))
        examples = load.load(mapping)
    except SyncRulesError:
        return  # `validate` tells why
    stage, held = Stage(mapping, examples), Held(mapping, examples)
    blame = Blame(stage, trial.attempt)

    def tried(example: Example) -> Tried:
        return blame.pointed(trial.attempt(stage, example))

    def kept(promise: Promise) -> Tried:
        return Tried(promise, [*held.differences(promise)])

    for each in examples.examples:
        yield MappingItem.from_parent(of, name=f"example[{each.says}]", prove=partial(_holds, tried, each))
    for one in examples.promises:
        yield MappingItem.from_parent(of, name=f"promise[{one.says}]", prove=partial(_holds, kept, one))


def _holds(tried: Callable[[Any], Tried], what: object) -> None:
    found = tried(what)
    if not found.passed:
        differs = [
            f"    {each.what}: expected {each.expected}, got {each.got} (rule: {each.rule})"
            for each in found.differences
        ]
        raise Wrong("\n".join([f"{found.example.place}: {found.example.says}", *differs]))


GROUPS: tuple[Callable[[MappingFile], Iterator[pytest.Item]], ...] = (validated, checked, exemplified)
"""What is collected of each mapping, in this order."""
