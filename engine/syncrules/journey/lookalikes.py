"""A create whose answer was lost, and of which nothing is found by its number: somebody may have given it another one since.

What appears there under the same name is asked about before either of the two is made a second time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from syncrules.journey.match import Matches, Who
from syncrules.journey.rules import EntityRules, Rules
from syncrules.memory.kept import State
from syncrules.memory.memory import Memory
from syncrules.records import reader


@dataclass(slots=True)
class Lookalikes:
    """What may be the outcome of a create of which nobody knows how it went."""

    asked: set[Who] = field(default_factory=set)
    """Records that are asked about for this reason."""
    held: dict[Who, str] = field(default_factory=dict)
    """Records that wait until it is known how a create went → what was to be made."""


def find(
    rules: Rules,
    memory: Memory,
    undone: Sequence[State],
    unsettled: Collection[tuple[str, str, str | None]],
    decided: Callable[[str, str, str], str],
    matches: Matches,
) -> Lookalikes:
    """Find the records without a counterpart that bear the name of what was sent, adding to what matching asks.

    Args:
        undone: the states of records with which something is still to be done.
        unsettled: records of which it is still to be found out whether they were made on the other side.
        decided: what a person decided for a record, as for matching.
    """

    def is_free(who: Who) -> bool:
        return who not in matches.pairs and who not in matches.asked and not decided(*who)

    found = Lookalikes()
    for (name, side), sent in _sent(rules, memory, undone).items():
        source = rules.spec.other(side)
        open_ = [id_ for id_ in sent if (name, source, id_) in unsettled or is_free((name, source, id_))]
        for _, known in list(memory.records(states=undone, entity=name)) if open_ else ():
            who = (name, side, known.id)
            if known.side != side or known.link is not None or not is_free(who):
                continue
            for id_ in (each for each in open_ if sent[each] == known.name):
                if (name, source, id_) in unsettled:
                    found.held[who] = known.name
                else:
                    matches.asked.setdefault(who, []).append(id_)
                    matches.asked.setdefault((name, source, id_), []).append(known.id)
                    found.asked |= {who, (name, source, id_)}
    return found


def _sent(rules: Rules, memory: Memory, undone: Sequence[State]) -> dict[tuple[str, str], dict[str, str]]:
    """List what was sent and is not known to be there: entity and side → id at the source → the name that it was given."""
    sent: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for name, side, id_, intent in memory.lost_creates():
        each = rules.entities.get(name)
        if each is None or not _may_be_renumbered(each, side):
            continue
        known = memory.record(name, rules.spec.other(side), id_)
        called = reader(each.resource(side).name_path, absent=None)(intent["changes"])
        is_open = known is not None and known.link is None and known.state in undone
        if is_open and isinstance(called, str) and called:
            sent[name, side][id_] = called
    return sent


def _may_be_renumbered(rules: EntityRules, side: str) -> bool:
    """Tell whether a create is looked up by what people can change, among records that come across by themselves."""
    resource = rules.resource(side)
    return bool(rules.entity.tiers) and resource.look_up != resource.external_id
