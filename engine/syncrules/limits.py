"""Keep the call limits that a system declares: wait for a short window, refuse in a long one.

All windows are counted in the state store: a scheduled run is a new process every time, and several processes or machines may spend
the calls of one account at once.

Whoever serves many connections spends in lanes: of an hour, a day or a month a part is kept for each lane, so that a first import
leaves calls for what somebody just changed, and no lane leaves another without any. Whoever is refused is told when there will be
enough to get further: a run reads before it writes, and one that is begun for each call that becomes free spends all of them on that.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Protocol
from uuid import uuid4

from syncrules import windows
from syncrules.errors import LimitReached, StateError
from syncrules.http import Clock
from syncrules.manifest import Limit, Manifest

SHORT = {"second": 1.0, "minute": 60.0}
KEPT = {"push": 0.3, "periodic": 0.15, "backfill": 0.05}
"""Lane → the part of a long window that is kept for it: of what the lane has not spent, in the measure in which the window is still to
come. So a first import may bring a day to 55 of 100 calls at midnight, to 77 at noon, and to all of them before it ends."""
SURE = 0.8
"""Of a new window so much is waited for at most: what others spend of it until then nobody knows."""


def scope(manifest: Manifest, whose: str) -> str:
    """Say whose limits are spent: those of an account with a system."""
    return f"{manifest.provider}/{whose}"


def window(scope: str, limit: Limit, now: float) -> tuple[str, str] | None:
    """Say where the calls of a long window are counted: whose, and when; None for a short one."""
    if limit.per in SHORT:
        return None
    return _place(scope, limit), windows.window(limit.per, now, limit.time_zone).name


def kept(calls: int, rest: float) -> dict[str, int]:
    """Tell how many calls of a window are kept for each lane.

    Args:
        rest: which part of the window is still to come.
    """
    return {lane: int(part * calls * rest) for lane, part in KEPT.items()}


def free(calls: int, lane: str, spent: Mapping[str, int], rest: float) -> int:
    """Tell how many calls a lane may make yet.

    Args:
        lane: empty for whoever may spend all that is left.
        spent: lane → how many it made; under no name those of all.
        rest: which part of the window is still to come.
    """
    others = (max(0, each - spent.get(one, 0)) for one, each in kept(calls, rest).items() if one != lane)
    return calls - spent.get("", 0) - (sum(others) if lane else 0)


def lanes(limit: Limit, spent: Mapping[str, int], now: float) -> dict[str, int]:
    """Tell how many calls of a long window each lane may make now.

    Args:
        spent: lane → how many it made; under no name those of all.
    """
    rest = windows.window(limit.per, now, limit.time_zone).still_to_come(now)
    return {lane: max(0, free(limit.calls, lane, spent, rest)) for lane in KEPT}


def _place(scope: str, limit: Limit) -> str:
    return f"{scope}/{','.join(limit.of) or 'all'}"


class Counts(Protocol):
    """Where calls are counted, together with all others who spend them."""

    def count_call(self, scope: str, window: str) -> int:
        """Count one call in a window and give the number so far, this one included."""
        ...

    def spend_call(self, scope: str, window: str, lane: str, calls: int, kept: Mapping[str, int]) -> int:
        """Count one call of a lane and give the number so far of all; 0, and nothing is counted, if it is kept for the other lanes."""
        ...

    def spent_calls(self, scope: str, window: str, lanes: Iterable[str]) -> Mapping[str, int]:
        """Tell how many calls were counted in a window, by lane; under no name those of all."""
        ...

    def begin_call(self, scope: str, window: str, call: str, calls: int, seconds: float, now: float) -> float:
        """Begin one call in a window that slides, and give 0; or give in how many seconds it may be tried again."""
        ...

    def end_call(self, scope: str, window: str, call: str, now: float) -> None:
        """End a call that was begun."""
        ...

    def refuse_cut_off(self) -> None:
        """Make sure that nobody else may have taken over what we work on."""
        ...


class Limits:
    """The limits of one system under one account.

    Args:
        scope: whose limit it is: the system and the account.
        counts: where the calls are counted: the state store.
        lane: one of `KEPT`; empty for whoever may spend all that is left, such as a person who types a command.
    """

    def __init__(self, manifest: Manifest, scope: str, clock: Clock, counts: Counts, lane: str = "") -> None:
        self._manifest = manifest
        self.scope = scope
        self._clock = clock
        self._counts = counts
        self._lane = lane
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        """Held while something is counted, not while somebody waits: calls end meanwhile."""
        self.taken: Counter[str] = Counter()
        """The system's word for a call → how many were made since this was opened."""
        self._before: Counter[str] | None = None
        """The same, before the first write; None: there was none yet."""

    @contextmanager
    def call(self, what: str) -> Iterator[None]:
        """Make one call inside, after waiting where that helps.

        Raises:
            LimitReached: none are left in this hour, day or month.
            StateError: another may have taken over while we waited, here or for an attempt before this one.
        """
        with ExitStack() as on_its_way:
            for limit in self._manifest.limits:
                if limit.of and what not in limit.of:
                    continue
                if limit.per in SHORT:
                    on_its_way.callback(self._end, limit, self._begin(limit))
                else:
                    self._spend(limit, what)
            with self._counting:
                self._counts.refuse_cut_off()  # last of all, as near to the call as can be
            with self._lock:
                self.taken[what] += 1
            yield

    def writes(self) -> None:
        """Note that what is called from now on is no longer what a run asks before its first write."""
        with self._lock:
            self._before = self._before or self.taken.copy()

    def window(self, limit: Limit) -> tuple[str, str] | None:
        """Say where the calls of a long window are counted: whose, and when; None for a short one."""
        return window(self.scope, limit, self._clock.now())

    def _begin(self, limit: Limit) -> str:
        """Begin a call when there is room for it in a short window; name it."""
        call = uuid4().hex
        with self._lock:
            while True:
                with self._counting:
                    rest = self._counts.begin_call(
                        _place(self.scope, limit), limit.per, call, limit.calls, SHORT[limit.per], self._clock.now()
                    )
                if not rest:
                    return call
                self._clock.sleep(rest)

    def _end(self, limit: Limit, call: str) -> None:
        # Without a store it counts for longer than it must, and what was answered is not lost for that.
        with suppress(StateError), self._counting:
            self._counts.end_call(_place(self.scope, limit), limit.per, call, self._clock.now())

    def _spend(self, limit: Limit, what: str) -> None:
        counted = self.window(limit)
        assert counted is not None
        of = what if limit.of else "all kinds"
        if self._lane:
            now = self._clock.now()
            rest = windows.window(limit.per, now, limit.time_zone).still_to_come(now)
            number = self._counts.spend_call(*counted, self._lane, limit.calls, kept(limit.calls, rest))
        else:
            number = self._counts.count_call(*counted)
        if number == 0:
            raise self._refused(
                limit,
                f"what is left of the {limit.calls} calls of {of} that are allowed in a {limit.per} is kept for what is more urgent",
                f"It goes on by itself: the later in the {limit.per}, the less is kept; nothing was lost.",
            )
        if number > limit.calls:
            raise self._refused(
                limit,
                f"the {limit.calls} calls of {of} that are allowed in a {limit.per} are used up",
                f"It goes on by itself in the next {limit.per}; nothing was lost.",
            )

    def _refused(self, limit: Limit, message: str, cure: str) -> LimitReached:
        error = LimitReached(self._manifest.title, message, cure=cure)
        error.until, error.lane = self._enough(limit), self._lane or "all"
        return error

    def _enough(self, limit: Limit) -> float:
        """Say when there will be calls for what a run asks before its first write, and as many again: so it gets further each time."""
        asked = self.taken if self._before is None else self._before
        wanted = 2 * max(1, sum(count for what, count in asked.items() if not limit.of or what in limit.of))
        now = self._clock.now()
        this = windows.window(limit.per, now, limit.time_zone)
        spent = self._counts.spent_calls(_place(self.scope, limit), this.name, KEPT)
        if free(limit.calls, self._lane, spent, 0.0) >= wanted:
            return self._when(limit, this, spent, wanted, now)
        new = windows.window(limit.per, this.end, limit.time_zone)
        return self._when(limit, new, {}, min(wanted, int(SURE * limit.calls)), new.begin)

    def _when(self, limit: Limit, this: windows.Window, spent: Mapping[str, int], wanted: int, since: float) -> float:
        """Say at which moment of a window a lane may make so many calls for the first time."""
        early, late = since, this.end
        if free(limit.calls, self._lane, spent, this.still_to_come(early)) >= wanted:
            return early
        while late - early > 1.0:
            middle = (early + late) / 2
            enough = free(limit.calls, self._lane, spent, this.still_to_come(middle)) >= wanted
            early, late = (early, middle) if enough else (middle, late)
        return late
