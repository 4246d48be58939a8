"""Whether another system still has what we left there last time: it remembers what our last call was called.

If it does not, somebody else has been there, or our memory is not of this day: then everything is sent again from the beginning.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from syncrules.errors import OutOfStep
from syncrules.journey.rules import Rules
from syncrules.memory.kept import Mark
from syncrules.memory.memory import Memory
from syncrules.provider import Provider, batching


def look(rules: Rules, memory: Memory, providers: Mapping[str, Provider], run: int, due: Collection[str]) -> set[str]:
    """Name the entities that are to be sent again from the beginning; what we knew of their counterparts is forgotten.

    A system is asked only where one of its entities is due.

    Raises:
        ProviderError: a system cannot be asked.
    """
    again: set[str] = set()
    for side in rules.spec.sides:
        marked = {name for name in rules.entities if _is_marked(rules, name, side)}
        if marked & set(due) and _is_out_of_step(rules, memory, providers[side], side, run, marked):
            again |= marked
    return again


def _is_marked(rules: Rules, name: str, side: str) -> bool:
    batch = rules.entities[name].resource(side).batch
    return rules.entities[name].entity.to == side and batch is not None and bool(batch.mark)


def _is_out_of_step(rules: Rules, memory: Memory, provider: Provider, side: str, run: int, entities: set[str]) -> bool:
    kept = memory.mark(side)
    if kept is not None and kept.again == "ready":
        return True
    try:
        there = batching(provider).mark()
    except OutOfStep:
        # It does not hang together any more, as the system itself says: only emptying it helps.
        there, kept = None, kept or Mark()
        kept.again = "asked"
    if kept is not None and not kept.again and there in (kept.mark, *kept.meant):
        if there != kept.mark:
            with memory.store.transaction():
                memory.keep_mark(side, Mark(there))
        return False
    with memory.store.transaction():
        for name in sorted(entities):
            memory.forget_bases(name)
        memory.keep_mark(side, Mark(there, again="ready"))
        if kept is not None or there is not None:
            title = rules.spec.manifests[side].title
            text = f"what was last sent to {title} was not sent by us; it is emptied, and everything is sent again"
            memory.notice(run, min(entities), title, text)
    return True
