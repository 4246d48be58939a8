"""What becomes of a job that could not be carried to its end."""

from __future__ import annotations

from pathlib import Path

import pytest
from jobs_in_memory import InMemory

from syncrules.cli.desk import Busy, Desk
from syncrules.cli.screen import Screen
from syncrules.cli.serving import IN_HAND, LOST, Serving, Stopped
from syncrules.errors import StateError
from syncrules.memory.kept import ConnectionRow
from syncrules.memory.store import open_store
from syncrules.serving.jobs import Job, Priority


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize(
    ("trouble", "again"),
    [
        (Stopped(), 1.0),
        (Busy("shop"), IN_HAND),
        (StateError("the state store is away"), LOST),
        (ValueError("a mistake"), None),
    ],
    ids=["asked to stop", "in hand elsewhere", "no state store", "a mistake of the program"],
)
def test_the_rest_of_a_run_that_could_not_go_on_is_wished_anew(
    trouble: BaseException, again: float | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(tmp_path / "state.db")
    with open_store(file) as store, store.transaction():
        store.save(ConnectionRow("shop", "tribe-eboekhouden", {}, {}, {}))
    serving = Serving(Desk(Screen(json=True), file), InMemory(1), every=60.0, slots=1)

    def fails(*_: object) -> None:
        raise trouble

    monkeypatch.setattr(serving, "_run", fails)
    try:
        assert serving._carry_out(Job("shop", Priority.PUSH)) == again
    finally:
        serving.receiver.close()
