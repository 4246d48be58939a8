"""Deliveries of webhooks: what a system says of itself is verified, kept and answered at once; looking at it comes later.

A delivery is a hint. What is named is read again by a run, and the same said a thousand times before that run is said once. So
there is nothing to be remembered of a delivery: one that comes twice, late or again from somebody who listened leads to one more
look at most, and a look writes only what the system itself shows.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import cast

from syncrules import connection, provider
from syncrules.errors import StateError, SyncRulesError
from syncrules.http import Clock
from syncrules.language.model import Spec
from syncrules.manifest import Manifest
from syncrules.memory.hints import Said, digest_of
from syncrules.memory.kept import ConnectionRow
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store
from syncrules.provider import Hint, Tells
from syncrules.secrets import Keys
from syncrules.serving.jobs import Job, Jobs, Priority

ACCEPTED, FORGED, UNKNOWN, LATER = 202, 401, 404, 503


class Receiver:
    """Takes in what systems say, for all connections of a state store.

    Args:
        store: opens it.
        keys: finds what opens its seals.
        load: gives the mapping of a name.
        refused: is told of a connection and a side when a delivery was not signed as it must be.
    """

    def __init__(
        self,
        store: Callable[[], Store],
        keys: Callable[[Store], Keys],
        load: Callable[[str], Spec],
        jobs: Jobs,
        clock: Clock,
        refused: Callable[[str, str], None] = lambda *_: None,
    ) -> None:
        self._open, self._keys, self._load, self._jobs, self._clock = store, keys, load, jobs, clock
        self._refused = refused
        self._store: Store | None = None
        """Open for a second at most: it may be moved away, or restored."""
        self._counts: Counter[tuple[str, str, bool]] = Counter()
        """Connection, side and whether it was genuine → deliveries that are not counted in the state store yet."""
        self._makers: dict[str, type] = {}
        self._one_by_one = Lock()
        self._wished: set[str] = set()
        """Connections of which a run is about to be wished."""
        self._wishing = ThreadPoolExecutor(1, thread_name_prefix="wishing")

    def known(self, name: str, side: str, key: str) -> int:
        """Say whether a system calls there, before anything of what it sends is read: 202, 404 if nobody does, 503 to come again."""
        return self._answered(lambda store: ACCEPTED if _is_called(store, name, side, key) else UNKNOWN)

    def deliver(self, name: str, side: str, key: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take in one delivery and give the HTTP status: 202, 401 unless it is genuine, 404 if nobody calls there, 503 to come again.

        A connection that rests accepts what is said and does nothing: whoever refuses is called again, and by some systems never
        again afterwards. Its next run looks at it.
        """
        return self._answered(lambda store: self._deliver(store, name, side, key, headers, body))

    def _answered(self, answer: Callable[[Store], int]) -> int:
        with self._one_by_one:
            try:
                self._store = self._store or self._open()
                return answer(self._store)
            except SyncRulesError as error:
                # The state store is away, or the mapping broken: whoever serves says so, and the system sends it again.
                if isinstance(error, StateError):
                    self._let_go()
                return LATER

    def _deliver(self, store: Store, name: str, side: str, key: str, headers: Mapping[str, str], body: bytes) -> int:
        row = store.connection(name)
        if row is None or not _is_called(store, name, side, key):
            return UNKNOWN
        mapping = self._load(row.mapping)
        if side not in mapping.manifests:
            return UNKNOWN
        memory = Memory(store, name, mapping.sides)
        said = self._read(store, row, mapping.manifests[side], side, headers, body)
        self._counts[name, side, said is not None] += 1
        if said is None:
            self._refused(name, side)
            return FORGED
        with store.transaction():
            memory.hint(_kept(mapping.manifests[side], side, said, self._clock.now()))
        if not row.paused and name not in self._wished:
            self._wished.add(name)
            self._wishing.submit(self._wish, name)
        return ACCEPTED

    def _wish(self, name: str) -> None:
        """Wish a run, once for all that came in since the last wish began; where that fails, whoever looks what is due finds it."""
        self._wished.discard(name)
        self._jobs.submit(Job(name, Priority.PUSH))

    def _read(
        self, store: Store, row: ConnectionRow, manifest: Manifest, side: str, headers: Mapping[str, str], body: bytes
    ) -> Sequence[Hint] | None:
        """Give what is said, or None if it is not signed as it must be."""
        if manifest.webhooks is None:
            return None
        if manifest.provider not in self._makers:
            self._makers[manifest.provider] = provider.find(manifest.provider).make
        given, keys = row.answers.get(side, {}), self._keys(store)
        besides = [each.name for each in manifest.asks if each.name not in manifest.webhooks.signed_with]
        secrets = connection.answers_for(manifest, given, keys, row.name, side, besides=besides)
        return cast("type[Tells]", self._makers[manifest.provider]).hints(manifest, secrets, headers, body)

    def settle(self) -> None:
        """Count in the state store what was delivered meanwhile, and let go of it.

        Raises:
            StateError: it is away; what was counted is counted later.
        """
        with self._one_by_one:
            try:
                if self._counts:
                    self._count(self._store or self._open())
            finally:
                self._let_go()

    def close(self) -> None:
        """Wish what is still to be wished, and count what is still to be counted."""
        self._wishing.shutdown()
        with suppress(StateError):
            self.settle()

    def _count(self, store: Store) -> None:
        self._store, now = store, self._clock.now()
        with store.transaction():
            for (name, side, genuine), count in self._counts.items():
                memory = Memory(store, name, (side, ""))
                memory.count_calls_of(side, count if genuine else 0, 0 if genuine else count, now)
        self._counts.clear()

    def _let_go(self) -> None:
        opened, self._store = self._store, None
        if opened is not None:
            with suppress(StateError):
                opened.close()


def _is_called(store: Store, name: str, side: str, key: str) -> bool:
    hooks = Memory(store, name, (side, "")).hooks()
    return any(each.side == side and hmac.compare_digest(each.key, digest_of(key)) for each in hooks)


def _kept(manifest: Manifest, side: str, hints: Sequence[Hint], now: float) -> list[Said]:
    """Say what is kept: where something is said of a record, something is said of its resource, which is to be read."""
    assert manifest.webhooks is not None
    told = [each for each in hints if each.resource in manifest.resources]
    records = [
        Said(side, each.resource, each.id, each.what, now) for each in told if each.id and each.what != "changed"
    ]
    asked = {each.resource for each in told if each.what == "asked"}
    changed = {each.resource for each in told} - asked if told else set(manifest.webhooks.tell_of)
    whole = [Said(side, each.resource, "", "asked", now) for each in told if each.what == "asked" and not each.id]
    return [*records, *whole, *(Said(side, each, "", "changed", now) for each in sorted(changed))]
