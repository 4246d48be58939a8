"""The consent of a firm works a single time at each renewal: however many processes come at once, it is spent once and kept."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import sf
import yaml
from sf import DEMO, SPRING, World
from world import EMPTY, KEYS

from syncrules.errors import LoginRefused
from syncrules_providers.sandboxes.server import Request
from syncrules_providers.sandboxes.silverfin import REFERENCE, SilverfinSandbox


@pytest.fixture
def here() -> Iterator[World]:
    with sf.world() as made:
        yield made


def started(folder: Path, *words: str) -> subprocess.Popen[str]:
    """Type a command in a process of its own."""
    place = ["--state", str(folder / "shop.db"), "--key-file", str(folder / "key")]
    command = [sys.executable, "-m", "syncrules", words[0], *place, *words[1:]]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def at_once(folder: Path, *commands: tuple[str, ...]) -> list[tuple[int, str]]:
    """Type commands at the same time, and tell how each ended and what it said."""
    with ExitStack() as stack:
        running = [stack.enter_context(started(folder, *each)) for each in commands]
        for each in running:
            stack.callback(each.kill)
        said = [each.communicate(timeout=120) for each in running]
        return [(each.returncode, out + err) for each, (out, err) in zip(running, said, strict=True)]


def connected(here: World) -> None:
    """Connect as a person does who has everything in a file."""
    file = here.folder / "answers.yaml"
    file.write_text(yaml.safe_dump({**here.answers(), "settings": sf.SETTINGS}), encoding="utf-8")
    words = ("connect", "shop", "--mapping", sf.MAPPING, "--from", str(file), "--yes")
    ((code, said),) = at_once(here.folder, words)

    assert code == 0, said


def renewals(here: World) -> list[str]:
    """Write down, from now on, every refresh token that is used."""
    used: list[str] = []

    def note(request: Request) -> bool:
        if request.path.endswith("/oauth/token"):
            used.extend(parse_qs(request.body.decode())["refresh_token"])
        return False

    here.office.mishap("before", when=note)
    return used


@pytest.mark.requirement("X-15", "SF-02")
def test_the_consent_is_kept_sealed_and_another_after_each_renewal(here: World) -> None:
    kept = []
    for _ in range(3):
        here.run()
        row = here.store.connection("c")
        assert row is not None
        kept.append(row.answers["silverfin"]["grant"])
        opened = json.loads(KEYS.open(kept[-1], "c", "silverfin.grant"))
        file = b"".join(each.read_bytes() for each in here.folder.glob("state.db*"))

        assert opened.keys() == {"refresh_token", "access_token", "until"}
        assert not any(opened[each].encode() in file for each in ("refresh_token", "access_token"))
        here.office.wait(hours=3)
        here.clock.sleep(3 * 3600)

    assert len(set(kept)) == 3


@pytest.mark.requirement("X-03", "X-17", "SF-02")
@pytest.mark.parametrize(
    "other", ["run", *(pytest.param(each, marks=pytest.mark.thorough) for each in ("plan", "doctor"))]
)
def test_processes_that_find_the_access_ended_at_once_spend_one_token_and_lose_no_consent(
    here: World, other: str
) -> None:
    connected(here)
    here.office.wait(hours=3)
    used = renewals(here)
    here.office.latency = 0.02
    said = at_once(here.folder, ("run", "shop"), (other, "shop"))
    here.office.latency = 0
    ((code, last),) = at_once(here.folder, ("run", "shop"))

    worked = [code for code, text in said if "Another run of 'shop' is under way" not in text]

    assert worked
    assert set(worked) <= {0, 1}, said  # 1: what `doctor` would have somebody look at
    assert len(used) == len(set(used)) == 1
    assert code == 0, last


# While a run is under way -------------------------------------------------------------------------------------------


def booked(here: World) -> None:
    """Let the books have more than travels in one call, and a client file that follows them."""
    for number in range(260):
        here.books.book("misc", [{"GLAccountCode": "550000", "Amount": Decimal(1)}, {"GLAccountCode": "612000", "Amount": Decimal(-1)}], day=SPRING, Comment=f"{number}")  # fmt: skip
    here.run()
    here.office.choose_reference(DEMO, REFERENCE)


def change_answer(here: World, name: str, value: str) -> None:
    """Change one answer of the connection; what its system renewed stays."""
    row = here.store.connection("c")
    assert row is not None
    row.answers["silverfin"][name] = value
    with here.store.transaction():
        here.store.save(row)


def is_equal(here: World) -> bool:
    return len(here.office.transactions(DEMO)) == 520 and here.balances_of_the_file() == here.balances_of_the_books()


@pytest.mark.requirement("X-03", "X-17", "SF-04")
@pytest.mark.parametrize("number", [1, 2, 3])
def test_access_that_ends_in_the_middle_of_a_run_is_renewed_once_and_nothing_is_sent_twice(
    here: World, number: int
) -> None:
    booked(here)
    used, calls = renewals(here), iter(range(1, 100))

    def ends(request: Request) -> bool:
        if request.path.endswith("/transactions") and next(calls) == number:
            here.office.wait(hours=3)
        return False

    here.office.mishap("before", when=ends)
    here.run()
    here.office._mishaps.clear()

    assert len(used) == len(set(used)) == 1
    assert [each.status for each in here.office.calls if each.what == "submit"].count(401) <= 1
    assert is_equal(here)
    assert here.run().writes == 0


@pytest.mark.requirement("X-03", "X-17", "SF-01")
def test_consent_that_is_taken_back_in_the_middle_of_a_run_stops_it_and_with_a_new_one_everything_goes_on(
    here: World,
) -> None:
    booked(here)
    calls = iter(range(1, 100))

    def goes(request: Request) -> bool:
        if request.path.endswith("/transactions") and next(calls) == 3:
            here.office.revoke_consent()
        return False

    here.office.mishap("before", when=goes)
    here.run()
    here.office._mishaps.clear()
    stopped, sent = here.pair(), len(here.office.transactions(DEMO))
    with pytest.raises(LoginRefused) as told:
        here.run()
    change_answer(here, "code", here.office.consent(scopes=sf.SYNC))
    for _ in range(2):
        here.run()

    assert stopped.state == "failed"
    assert "consent" in stopped.reason
    assert 0 < sent < 520
    assert "Let an Admin of the firm give consent again" in told.value.cure
    assert is_equal(here)
    assert here.run().writes == 0


@pytest.mark.requirement("X-17", "SF-01")
def test_another_address_or_another_firm_is_told_and_the_consent_at_the_right_one_lives_on(here: World) -> None:
    booked(here)
    right: dict[str, Any] = here.answers()["silverfin"]
    with SilverfinSandbox(EMPTY) as elsewhere:
        change_answer(here, "url", elsewhere.url)
        here.office.wait(hours=3)
        here.clock.sleep(3 * 3600)
        with pytest.raises(LoginRefused) as there:
            here.run()
    change_answer(here, "url", right["url"])
    change_answer(here, "firm", "1002")
    with pytest.raises(LoginRefused) as other:
        here.run()
    change_answer(here, "firm", right["firm"])
    here.run()

    assert there.value.cure
    assert other.value.cure
    assert is_equal(here)
