"""A state machine over two twins: whatever people, faults and runs follow each other, every promise is kept."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from simulated import schedule, stage

from syncrules.simulator.door import CALLS, MISHAPS
from syncrules.simulator.invariants import violations
from syncrules.simulator.people import DEEDS, Doing
from syncrules.simulator.play import World
from syncrules.simulator.schedule import COMMIT_MISHAPS, DAY, HOUR, Event, Mishap

MAPPINGS = ("tribe-eboekhouden", "tribe-yuki")


class Machine(RuleBasedStateMachine):
    """People, faults and runs, in any order."""

    mapping = MAPPINGS[0]

    @initialize(page=st.integers(1, 4), lag=st.sampled_from((0.0, 4.0)), skew=st.sampled_from((-300.0, 0.0, 300.0)))
    def begin(self, page: int, lag: float, skew: float) -> None:
        self.world = World(stage(self.mapping), schedule(pages=(page, page), lags=(lag, 0.0), skews=(skew, 0.0)))
        self.marks = count(1001)

    @rule(
        what=st.sampled_from(sorted(DEEDS)),
        side=st.sampled_from((0, 1)),
        pick=st.integers(0, 7),
        row=st.integers(0, 40),
        data=st.data(),
    )
    def somebody_does_something(self, what: str, side: int, pick: int, row: int, data: st.DataObject) -> None:
        entity = data.draw(st.sampled_from(sorted(self.world.spec.entities)))
        self.world.people.do(Doing(what, self.world.spec.sides[side], entity, pick, row, next(self.marks)))

    @rule(seconds=st.sampled_from((1, 90, 5 * HOUR, DAY, 8 * DAY)))
    def time_passes(self, seconds: int) -> None:
        self.world.time.sleep(seconds)

    @rule(due=st.booleans())
    def a_run(self, due: bool) -> None:
        self.world.run(Event(due_only=due))

    @rule(point=st.sampled_from(CALLS), nth=st.integers(0, 6), kind=st.sampled_from(sorted(MISHAPS)))
    def a_run_with_a_fault(self, point: str, nth: int, kind: str) -> None:
        self.world.run(Event(mishaps=(Mishap(point, nth, kind),)))

    @rule(nth=st.integers(0, 40), kind=st.sampled_from(COMMIT_MISHAPS))
    def a_run_that_cannot_remember(self, nth: int, kind: str) -> None:
        self.world.run(Event(mishaps=(Mishap("commit", nth, kind),)))

    def teardown(self) -> None:
        if hasattr(self, "world"):
            assert violations(self.world, self.world.settle()) == []


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_whatever_follows_what_every_promise_is_kept(mapping: str) -> None:
    machine = type("Machine", (Machine,), {"mapping": mapping})
    machine.TestCase.settings = settings(  # type: ignore[attr-defined]
        max_examples=25, stateful_step_count=14, suppress_health_check=list(HealthCheck), derandomize=True
    )

    machine.TestCase("runTest").runTest()  # type: ignore[attr-defined]
