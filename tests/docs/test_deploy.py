"""What is shipped for a service manager and for containers: it is what such programs take, and nothing secret gets into an image."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from printed import ROOT

from syncrules.cli.commands import commands
from syncrules.cli.worker import PATIENCE

DEPLOY = ROOT / "engine" / "deploy"
UNIT = (DEPLOY / "syncrules.service").read_text(encoding="utf-8")
IMAGE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
IGNORED = [
    each for each in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if each and each[0] != "#"
]
STEPS = [
    each.split(None, 1)
    for each in re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", IMAGE, flags=re.MULTILINE)).splitlines()
    if each
]


def test_a_service_manager_understands_the_unit(tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("this machine has no systemd-analyze")
    # Only where the program is, is not so here.
    unit = tmp_path / "syncrules.service"
    unit.write_text(UNIT.replace("/opt/syncrules/bin/syncrules", shutil.which("true") or "/bin/true"), encoding="utf-8")
    told = subprocess.run([verify, "verify", unit], capture_output=True, text=True, check=False)

    assert (told.returncode, told.stderr) == (0, "")


def test_what_the_unit_and_the_image_start_is_a_command_that_there_is() -> None:
    (started,) = re.findall(r"^ExecStart=(.*)$", UNIT, re.MULTILINE)
    (run,) = (shlex.split(words.strip("[]").replace(",", " ")) for step, words in STEPS if step == "CMD")

    for program, *words in (shlex.split(started), run):
        assert Path(program).name == "syncrules"
        commands.commands["serve"].make_context("serve", words[1:]).close()
        assert words[0] == "serve"


def test_who_is_asked_to_stop_is_given_the_time_that_it_takes() -> None:
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)

    assert int(seconds) >= PATIENCE + 20
    assert ["STOPSIGNAL", "SIGTERM"] in STEPS


def copied() -> list[str]:
    """What of a clone is copied into an image."""
    return [
        each
        for step, words in STEPS
        if step == "COPY" and not words.startswith("--from")
        for each in shlex.split(words)[:-1]
    ]


def test_nothing_of_a_clone_gets_into_the_image_but_what_the_program_is_made_of() -> None:
    assert {each for each, *_ in STEPS} & {"ADD"} == set()
    assert set(copied()) == {each[1:] for each in IGNORED if each.startswith("!")}
    assert [each for each in copied() if not (ROOT / each).exists()] == []
    assert not any(re.search(r"^\.|\.git|\.syncrules|\.key|\*", each) for each in copied())
    assert IGNORED[0] == "*"


def test_a_state_or_a_key_within_what_is_copied_stays_out_of_it_too() -> None:
    assert {"**/.syncrules", "**/*.key", "**/*.db"} <= set(IGNORED)


def test_what_is_built_is_what_is_copied() -> None:
    packages = re.findall(
        r'"((?:engine|providers|mappings)/\w+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    )

    assert set(packages) <= set(copied())


def test_nobody_works_as_root_in_the_image() -> None:
    steps = [step for step, _ in STEPS]

    assert ["USER", "syncrules"] in STEPS
    assert steps.index("USER") < steps.index("CMD")
