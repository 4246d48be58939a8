"""What the READMEs show is what there is: printed tables, excerpts, examples, and a real run of every command shown."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from itertools import groupby
from pathlib import Path

import pytest
from language_reference import filled_in
from printed import PRINTED, ROOT, listed

from syncrules.language import spec
from syncrules.memory import tables

README = (ROOT / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
DEMO = next(each for each in CONSOLE if each.startswith("$ syncrules demo\n"))
TRANSCRIPTS = dict(re.findall(r"<!-- run: (\w+) -->\n```console\n(.*?)```", README, re.DOTALL))
INSTALL = [each.strip() for each in CONSOLE if each.startswith("$ python3 -m venv")]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("*/README.md")]


def lies_in(excerpt: str, text: str) -> bool:
    """Tell whether an excerpt stands in a text: `…` leaves lines out, or the end of a line; indentation and width do not count."""
    lines = [" ".join(each.split()) for each in text.splitlines()]
    wanted = [" ".join(each.split()) for each in excerpt.splitlines()]
    start = 0
    for left_out, run in groupby(wanted, key=lambda line: line == "…"):
        if left_out:
            continue
        part = list(run)
        here = [at for at in range(start, len(lines)) if _agree(part, lines[at : at + len(part)])]
        if not here:
            pytest.fail(f"this is not there, or not in this order: {part}")
        start = here[0] + len(part)
    return True


def _agree(wanted: list[str], lines: list[str]) -> bool:
    return len(wanted) == len(lines) and all(
        line.startswith(each.removesuffix("…")) if each.endswith(" …") else line == each
        for each, line in zip(wanted, lines, strict=True)
    )


def syncrules(*words: str, where: Path) -> str:
    told = subprocess.run(
        [sys.executable, "-m", "syncrules", *words],
        cwd=where,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    assert told.returncode in (0, 1) or " SR" in told.stdout, told.stdout + told.stderr
    return told.stdout + told.stderr


@pytest.mark.parametrize("readme", PRINTED, ids=lambda each: str(each.relative_to(ROOT)))
def test_what_is_printed_into_a_readme_is_up_to_date(readme: Path) -> None:
    text = readme.read_text(encoding="utf-8")

    assert text == filled_in(text, PRINTED[readme]), "run: python tests/docs/printed.py"


def test_the_mapping_that_is_shown_is_the_one_that_is_shipped() -> None:
    shown, own = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    shipped = (files("syncrules_mappings") / "tribe-eboekhouden.yaml").read_text(encoding="utf-8")

    assert lies_in(shown, shipped)
    assert "extends: tribe-eboekhouden" in own


def test_the_change_to_it_that_is_shown_is_a_mapping(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)[1], encoding="utf-8")

    changed = spec.load(str(own)).entities["organisation"]

    assert "Website" not in {each.name for each in changed.rows}


@pytest.mark.requirement("G-06")
def test_the_demo_says_what_the_readme_shows(tmp_path: Path) -> None:
    assert lies_in(DEMO.partition("\n")[2], syncrules("demo", where=tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.requirement("G-06")
@pytest.mark.parametrize("transcript", TRANSCRIPTS.values(), ids=TRANSCRIPTS)
def test_the_commands_say_what_the_readme_shows(transcript: str, tmp_path: Path) -> None:
    with sandboxes(tmp_path):
        for each in re.split(r"^\$ ", transcript, flags=re.MULTILINE)[1:]:
            typed, _, shown = each.partition("\n")
            program, *words = shlex.split(typed)
            if program == "syncrules":
                assert lies_in(shown, syncrules(*words, where=tmp_path))
            else:
                subprocess.run(["sh", "-c", typed], cwd=tmp_path, check=True)


@contextmanager
def sandboxes(where: Path) -> Iterator[None]:
    """Keep the invented systems running, as in another window."""
    command = [sys.executable, "-u", "-m", "syncrules", "sandbox", "--write", "answers.yaml"]
    with subprocess.Popen(command, cwd=where, stdout=subprocess.PIPE, text=True) as window:
        assert window.stdout is not None
        try:
            assert any("--from answers.yaml" in line for line in window.stdout)
            yield
        finally:
            window.send_signal(signal.SIGINT)


def test_two_commands_are_all_one_needs() -> None:
    main, tests = INSTALL

    assert main.endswith(" syncrules demo")
    assert tests.removeprefix("$ ") in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert tests.removeprefix("$ ").partition("&& ")[2].rpartition("&& ")[2] in (
        ROOT / "tests" / "README.md"
    ).read_text(encoding="utf-8")


def test_every_command_is_in_the_readme() -> None:
    assert [name for name, _ in listed() if f"`syncrules {name}`" not in README] == []


def test_every_table_of_the_state_store_is_described() -> None:
    described = (ROOT / "engine" / "README.md").read_text(encoding="utf-8").partition("## The state store")[2]

    assert [name for name in tables.metadata.tables if f"`{name}`" not in described] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: str(each.relative_to(ROOT)))
def test_a_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))

    assert [each for each in links if not (document.parent / each).exists()] == []


def test_every_campaign_and_helper_in_the_manual_of_the_tests_is_there() -> None:
    folder = ROOT / "tests"
    manual = (folder / "README.md").read_text(encoding="utf-8")
    campaigns = set(re.findall(r"`python tests/(\S+\.py)", manual))
    helpers = set(re.findall(r"`((?:\w+/)?\w+\.py)`", manual))
    programs = {
        str(each.relative_to(folder))
        for each in folder.glob("*/*.py")
        if each.parent.name != "docs" and "argparse" in each.read_text(encoding="utf-8")
    }

    assert [each for each in campaigns | helpers if not (folder / each).exists()] == []
    assert programs == campaigns
