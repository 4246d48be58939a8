"""Which of many problems a person should read first, and in which file the mistake was made.

A problem of the whole often only follows from one of its parts, and one in what is taken over from what takes it over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from syncrules.advice.mend import Meant
from syncrules.errors import Place, Problem, SpecError
from syncrules.language.checks import Book
from syncrules.yaml import Document, Path

_MEANING = "SR060"
"""Codes from here on: what is said can be understood, and means something that cannot be."""


def in_order(problems: list[Problem], first: str) -> list[Problem]:
    """Put causes before what may follow from them, and otherwise everything in the order of the files.

    Args:
        first: the file of the mapping itself.
    """
    below = {each.place.line - 1 for each in problems if each.code == "SR007" and each.place}
    problems = [each for each in problems if each.code != "SR023" or each.place is None or each.place.line not in below]

    def order(problem: Problem) -> tuple[bool, bool, str, int, int]:
        place = problem.place or Place("", 0, 0)
        return _follows(problem), place.file != first, place.file, place.line, place.column

    return sorted(problems, key=order)


def _follows(problem: Problem) -> bool:
    """Tell whether this may follow from another problem: not from how something is written or what it names, but from what it means."""
    return problem.code == "SR031" or problem.code >= _MEANING


def caused(found: list[Problem], book: Book) -> list[Problem]:
    """Leave out what only follows from the spelling of an entity."""
    spelt = {
        each.suggestion.new for each in book.problems if each.code == "SR052" and isinstance(each.suggestion, Meant)
    }
    return [each for each in found if each.code != "SR037" or each.message.split("'")[1] not in spelt]


def take_home(
    problems: list[Problem],
    paths: Mapping[tuple[Place | None, str], Path],
    documents: Sequence[Document],
    load: Callable[[], object],
) -> tuple[list[Problem], list[Problem]]:
    """Tell of what was taken over, and is right where it stands, in the file that takes it over; apart from all else.

    Args:
        paths: place and message of a problem → what it is about.
        load: reads what it extends, to see whether it is wrong by itself.
    """
    own, *others = documents
    strange = [each for each in problems if each.serious and each.place is not None and each.place.file != own.file]
    if not strange or not others:
        return problems, []
    try:
        load()
        theirs = set()
    except SpecError as error:
        theirs = {(each.place, each.message) for each in error.problems}
    moved = {each: _home(each, paths.get((each.place, each.message), ()), own) for each in strange}
    home = [each for each in strange if (each.place, each.message) not in theirs]
    return [each for each in problems if each not in home], [moved[each] for each in home]


def _home(problem: Problem, path: Path, own: Document) -> Problem:
    while len(path) > 1 and path not in own.places:
        path = path[:-1]
    place = own.place(path if len(path) > 1 else ("extends",))
    said = f"{problem.message} (taken over from {problem.place})"
    return replace(problem, place=place, message=said, fix=None, suggestion=str(problem.suggestion))
