"""What people decide about what waits: which item is meant, which answers it takes, and what then happens with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncrules.cli import waits
from syncrules.cli.data import Data, Part
from syncrules.errors import UsageError
from syncrules.language.model import Spec
from syncrules.memory.kept import Known
from syncrules.memory.memory import Memory

LEFT_OUT = "somebody decided to leave it out"
"""The reason of a record that was ignored; with `retry` it takes part again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said; exactly one of these."""

    link: str = ""
    """The id, reference or name of the record on the other side."""
    create: bool = False
    ignore: bool = False
    unlink: bool = False
    """A linked record that became another kind: it is taken apart from its counterpart."""
    keep: str = ""
    """The side whose value stands."""
    accept: bool = False
    """A brake: it was meant."""
    done: bool = False
    """A thing to be done by hand: it has been done."""

    def __post_init__(self) -> None:
        if (
            sum(
                bool(each)
                for each in (self.link, self.create, self.ignore, self.unlink, self.keep, self.accept, self.done)
            )
            != 1
        ):
            raise UsageError(
                "it is not said what was decided",
                cure="Give one of --link CANDIDATE, --create, --ignore, --unlink, --keep SIDE, --accept or --done.",
            )


def find_among(name: str, parts: Iterable[Part], text: str, *, left_out: bool = False) -> tuple[Spec, Memory, Data]:
    """Find the item that a person means: by the beginning of its reference, by entity:side:id, or by its name.

    Args:
        name: that of the connection.
        parts: the connection and its pairs of books.
        left_out: whether records that somebody left out are looked at too.

    Raises:
        UsageError: there is none, or more than one.
    """
    where = [
        (spec, memory, each)
        for _, spec, memory in parts
        for each in _all(spec, memory, left_out=left_out)
        if _is(each, text)
    ]
    exact = [each for each in where if each[2]["ref"] == text or _long(each[2]) == text]
    where = exact or where
    if len(where) == 1:
        return where[0]
    found = [each for _, _, each in where]
    if found:
        waits.shortened(found)
        names = ", ".join(
            f"{each['ref']} ({each['entity']} of {each.get('system', '')} '{each['name']}')" for each in found[:10]
        )
        raise UsageError(
            f"'{text}' may be any of {len(found)} items: {names}", cure="Use the reference of one of them."
        )
    raise UsageError(f"nothing that waits is called '{text}'", cure=f"See what waits: syncrules waiting {name}.")


def _all(spec: Spec, memory: Memory, *, left_out: bool) -> Iterator[Data]:
    for each in waits.items(spec, memory):
        yield {**each, "kind": "record"}
    for each in waits.brakes(memory):
        yield {**each, "kind": "brake"}
    for each, row in zip(waits.follow_ups(spec, memory), memory.to_dos(), strict=True):
        yield {**each, "kind": "to do", "number": row[0]}
    for entity, known in memory.records(states=("excluded",)) if left_out else ():
        if known.reason == LEFT_OUT:
            yield {
                "kind": "record", "ref": waits.reference(entity, known.side, known.id), "entity": entity, "side": known.side,
                "id": known.id, "name": known.name,
            }  # fmt: skip


def _is(item: Mapping[str, Any], text: str) -> bool:
    by_ref = len(text) >= 4 and item["ref"].startswith(text.lower())
    return by_ref or _long(item) == text or str(item["name"]).casefold() == text.casefold()


def _long(item: Mapping[str, Any]) -> str:
    return f"{item['entity']}:{item.get('side', '')}:{item.get('id', '')}"


def resolve(spec: Spec, memory: Memory, item: Data, answer: Answer, now: float) -> str:
    """Keep what was decided, and let the item be decided about anew; gives a sentence that says what happens next.

    Raises:
        UsageError: the item takes another kind of answer.
    """
    match item["kind"]:
        case "brake":
            _must(answer.accept, item, "--accept")
            memory.decide(item["entity"], "brake", item["name"], {"accept": True}, now)
            return f"What the brake held back ({item['reason']}) is done in the next run."
        case "to do":
            _must(answer.done, item, "--done")
            memory.done(item["number"])
            return f"'{item['text']}' is struck off for {item['entity']} '{item['name']}'."
    known = memory.record(item["entity"], item["side"], item["id"])
    if known is None:
        raise UsageError(f"'{item['name']}' is no longer known", cure="Run again to see what is left.")
    decided, sentence = _decided(spec, memory, item, known, answer)
    memory.decide(item["entity"], known.side, known.id, decided, now)
    memory.judge(item["entity"], known.side, known.id, "pending")
    return f"{sentence} It happens in the next run."


def _must(right: bool, item: Data, word: str) -> None:
    if not right:
        raise UsageError(f"'{item['name']}' takes another answer", cure=f"It is answered with {word}.")


def _decided(spec: Spec, memory: Memory, item: Data, known: Known, answer: Answer) -> tuple[dict[str, Any], str]:
    what, other = f"{item['entity']} '{item['name']}'", spec.other(known.side)
    there = spec.manifests[other].title
    asked = item["decide"]
    if answer.keep:
        _must(asked == "conflict", item, _answers(asked))
        if answer.keep not in spec.sides:
            raise UsageError(f"there is no side '{answer.keep}'", cure=f"The sides are {' and '.join(spec.sides)}.")
        row = known.detail["row"]
        earlier = (memory.decision(item["entity"], known.side, known.id) or {}).get("keep", {})
        stands = f"{row} of {spec.manifests[answer.keep].title} stands for {what}."
        return {"keep": {**earlier, row: answer.keep}}, stands
    if answer.ignore:
        _must(asked == "kind" or known.link is None, item, _answers(asked))
        then = "stays linked as it is" if asked == "kind" else "is left out; 'syncrules retry' takes it in again"
        return {"ignore": True}, f"{what} {then}."
    if answer.unlink:
        _must(asked == "kind", item, _answers(asked))
        return {"unlink": True}, f"{what} is taken apart from its counterpart in {there}; both stay."
    if answer.link or answer.create:
        _must(known.link is None, item, _answers(asked))
    if answer.create and asked == "taken":
        raise UsageError(
            f"{what} cannot be made in {there} beside what is there: {known.reason}",
            cure=known.cure,
        )
    if answer.link:
        candidate = _candidate(spec, memory, item, known, answer.link)
        memory.release_from_gone(item["entity"], other, candidate["id"])
        return {"link": candidate["id"]}, f"{what} is linked with '{candidate['name']}' in {there}."
    if answer.create:
        return {"create": True}, f"{what} is made anew in {there}, if nothing else keeps it."
    raise UsageError(f"'{item['name']}' takes another answer", cure=f"It is answered with {_answers(asked)}.")


def _answers(asked: Any) -> str:
    return {
        "conflict": "--keep SIDE",
        "kind": "--ignore or --unlink",
        "match": "--link CANDIDATE, --create or --ignore",
        "before": "--create or --ignore",
        "taken": "--link CANDIDATE or --ignore, or by doing what its cure says",
    }.get(asked, "--ignore, or by doing what its cure says")


def _candidate(spec: Spec, memory: Memory, item: Data, known: Known, text: str) -> Data:
    """Find the record on the other side that a person names."""
    other, entity = spec.other(known.side), item["entity"]
    among = list(item["candidates"])
    named = [
        each for each in among if text in (each["id"], each["name"]) or (len(text) >= 4 and each["id"].startswith(text))
    ]
    if not named:
        there = memory.record(entity, other, text)
        named = [{"id": there.id, "name": there.name}] if there is not None else []
    if len(named) != 1:
        listed = ", ".join(f"'{each['name']}' ({each['id']})" for each in among) or "none that is known"
        raise UsageError(
            f"there is no single '{text}' in {spec.manifests[other].title} that it could be",
            cure=f"Name one by its id. Candidates: {listed}.",
        )
    if not memory.can_link(entity, other, named[0]["id"]):
        raise UsageError(f"'{named[0]['name']}' belongs to another record already", cure="Choose another.")
    chosen: Data = named[0]
    return chosen


def retry(name: str, parts: Sequence[Part], text: str = "") -> int:
    """Let records that wait or failed be tried again in the next run, one or all; gives how many.

    Raises:
        UsageError: there is no such item.
    """
    if text:
        _, memory, found = find_among(name, parts, text, left_out=True)
        if found["kind"] != "record":
            raise UsageError(f"'{text}' is nothing that can be tried again", cure="A brake is answered with --accept.")
        chosen = [(memory, found)]
    else:
        chosen = [(memory, each) for _, spec, memory in parts for each in waits.items(spec, memory)]
    for memory, each in chosen:
        decided = memory.decision(each["entity"], each["side"], each["id"]) or {}
        if decided.get("ignore"):
            memory.undecide(each["entity"], each["side"], each["id"])
        _try_again(memory, each)
    return len(chosen)


def _try_again(memory: Memory, item: Data) -> None:
    """Let a record be decided about anew; until then its last reason stays to be read, and its question to be answered."""
    entity, side, id_ = item["entity"], item["side"], item["id"]
    known = memory.record(entity, side, id_)
    if known is None:
        return
    detail = known.detail
    if isinstance(detail, dict):
        detail = {word: each for word, each in detail.items() if word not in ("tries", "again", "under", "referred")}
    memory.judge(entity, side, id_, "pending", reason=known.reason, cure=known.cure, detail=detail)
