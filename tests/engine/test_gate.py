"""Who may begin: those that matter most, and nobody waits for ever."""

from __future__ import annotations

import time
from threading import Thread

import pytest

from syncrules.serving.gate import PATIENT, Gate
from syncrules.serving.jobs import Job, Priority


@pytest.mark.parametrize("fetched", [True, False], ids=["waits here", "is on its way here"])
def test_what_takes_a_push_along_is_begun_as_a_push(fetched: bool) -> None:
    gate, begun = Gate(1), list[Job | None]()
    gate.enter(Job("holder"))
    thread = Thread(target=lambda: begun.append(gate.enter(Job("shop"))))
    if not fetched:
        assert gate.takes_along(Job("shop", Priority.PUSH), expected=True)
    thread.start()
    while not gate.counts[0]:
        time.sleep(0.001)
    if fetched:
        assert gate.takes_along(Job("shop", Priority.PUSH))
    gate.leave(Job("holder"))
    thread.join()

    assert begun == [Job("shop", Priority.PUSH)]


@pytest.mark.parametrize("urgent", [Priority.PUSH, Priority.PERIODIC])
def test_those_that_matter_more_go_first_and_hold_up_nobody_for_ever(urgent: Priority) -> None:
    gate, entered = Gate(1), list[str]()
    holder = Job("holder")
    assert gate.enter(holder) == holder

    def enter(job: Job) -> None:
        begun = gate.enter(job, lambda: entered.append(job.connection))
        assert begun == job
        gate.leave(job)

    threads = []
    for place, job in enumerate([Job("import", Priority.BACKFILL), *(Job(f"{each:02}", urgent) for each in range(20))]):
        threads.append(Thread(target=enter, args=(job,)))
        threads[-1].start()
        while gate.counts[0] <= place:
            time.sleep(0.001)
    gate.leave(holder)
    for each in threads:
        each.join()

    assert entered.index("import") == PATIENT - 2  # the holder was the first
    assert [each for each in entered if each != "import"] == [f"{each:02}" for each in range(20)]
