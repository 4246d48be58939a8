"""The demo, sandboxes, a project to begin with, and the check of mappings."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli_world import MAPPING, Shell

from syncrules.cli.project import UNKNOWN
from syncrules.language import spec
from syncrules_providers.sandboxes.demo_tribe_eboekhouden import Demo


@pytest.mark.requirement("X-15")
@pytest.mark.parametrize(
    "name", [".syncrules/state.db", ".syncrules/state.db.key", "acme.db", "acme.db-wal", "books/acme.db.key"]
)
def test_a_new_project_keeps_state_and_key_out_of_git(shell: Shell, name: str) -> None:
    shell.type("init", str(shell.folder / "project"), "--mapping", MAPPING)
    subprocess.run(["git", "init", "-q"], cwd=shell.folder / "project", check=True)
    ignored = subprocess.run(["git", "check-ignore", "-q", name], cwd=shell.folder / "project", check=False)

    assert ignored.returncode == 0


@pytest.mark.requirement("EB-03", "X-01", "WB-02", "WB-03")
@pytest.mark.parametrize(
    ("words", "tells", "system"),
    [
        pytest.param(
            [], "Bakkerij De Korenaar gets another phone number", "eboekhouden-soap", marks=pytest.mark.thorough
        ),  # the README's own command is carried out by the tests of the READMEs
        (["--mapping", "tribe-winbooks"], "Bakkerij De Korenaar gets another website", "winbooks"),
    ],
)
def test_the_demo_comes_out_as_its_story_says(shell: Shell, words: list[str], tells: str, system: str) -> None:
    result = shell.type("demo", *words, "--size", "0", "--keep", str(shell.folder / "kept"))

    assert result.exit_code == 0, result.output
    assert f"In Tribe, {tells}" in result.stdout
    assert "NO " not in result.stdout
    assert f"a run without changes made no write call: tribe saw 0, {system} saw 0" in result.stdout
    assert (shell.folder / "kept" / "state.db").exists()
    assert shell.type("demo", *words, "--size", "0", "--keep", str(shell.folder / "kept")).exit_code == 2


@pytest.mark.requirement("SF-03", "SF-04")
def test_the_demo_of_a_mirror_comes_out_as_its_story_says(shell: Shell) -> None:
    result = shell.type("demo", "--mapping", "winbooks-silverfin", "--size", "0")

    assert result.exit_code == 0, result.output
    assert "NO " not in result.stdout
    assert (
        "Demo BV (DEMO_BV): the balance of each account at the end of each period: all 600 are equal" in result.stdout
    )
    assert "Holding van Demo BV (DEMO_VB): This company code is not a folder" in result.stdout
    assert "a run without changes made no write call: winbooks saw 0, silverfin saw 0" in result.stdout


def test_the_demo_tells_a_program_the_same_and_fails_where_the_story_differs(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Demo, "waits", {"Nobody": "no reason"})
    said = shell.one("demo", "--size", "0", code=1)

    assert said["passed"] is False
    assert said["writes_of_the_last_run"] == {"tribe": 0, "eboekhouden-soap": 0}
    assert {"says": "'Nobody' should wait", "holds": False} in said["checks"]


@pytest.mark.requirement("YU-03")
def test_the_demo_of_yuki_comes_out_as_its_story_says(shell: Shell) -> None:
    result = shell.type("demo", "--mapping", "tribe-yuki", "--size", "0")

    assert result.exit_code == 0, result.output
    assert "In Yuki, somebody ticks Customer for Roeiboot Verhuur" in result.stdout
    assert "NO " not in result.stdout
    assert "a run without changes made no write call: tribe saw 0, yuki saw 0" in result.stdout


@pytest.mark.thorough
@pytest.mark.requirement("EB-06", "EB-16")
def test_the_demo_over_rest_comes_out_as_its_story_says(shell: Shell) -> None:
    result = shell.type("demo", "--mapping", "tribe-eboekhouden-rest", "--size", "0")

    assert result.exit_code == 0, result.output
    assert "In e-Boekhouden, Zaadhandel Kiem is taken out of use" in result.stdout
    assert "yes  whom the books took out of use stays active in Tribe" in result.stdout
    assert "NO " not in result.stdout
    assert "a run without changes made no write call: tribe saw 0, eboekhouden-rest saw 0" in result.stdout


def test_a_demo_that_is_not_there_is_told(shell: Shell) -> None:
    result = shell.type("demo", "--mapping", "tribe-nothing")

    assert result.exit_code == 2
    assert f"There are: {MAPPING}" in result.stderr
    assert "tribe-yuki" in result.stderr


def test_sandboxes_say_how_they_are_connected_to(shell: Shell) -> None:
    file = shell.folder / "answers.yaml"
    result = shell.type("sandbox", "--size", "0", "--seconds", "0", "--write", str(file))
    said = shell.one("sandbox", "tribe", "eboekhouden-soap", "--size", "0", "--seconds", "0")
    answers = yaml.safe_load(file.read_text())

    assert result.exit_code == 0, result.output
    assert f"syncrules connect demo --mapping {MAPPING} --from {file}" in result.stdout
    assert answers["tribe"]["client_id"] == "demo-client"
    assert answers["settings"]["VAT groups"] == {"NL - 0%": "GEEN"}
    assert file.stat().st_mode & 0o077 == 0
    assert said["systems"]["tribe"]["url"].startswith("http://127.0.0.1:")
    assert said["mappings"] == [MAPPING]
    assert f"These answers are for {MAPPING}; with --mapping you get those for" in result.stdout


def test_a_sandbox_for_a_mapping_starts_what_stands_on_its_sides(shell: Shell) -> None:
    file = shell.folder / "answers.yaml"
    result = shell.type(
        "sandbox", "--mapping", f"{MAPPING}-rest", "--size", "0", "--seconds", "0", "--write", str(file)
    )
    own = shell.folder / "own.yaml"
    own.write_text(f"syncrules: 1\ntitle: Ours\nextends: {MAPPING}\n", encoding="utf-8")
    with_more = shell.one("sandbox", "yuki", "--mapping", str(own), "--size", "0", "--seconds", "0")
    answers = yaml.safe_load(file.read_text())

    assert result.exit_code == 0, result.output
    assert f"syncrules connect demo --mapping {MAPPING}-rest --from {file}" in result.stdout
    assert "These answers" not in result.stdout
    assert answers["eboekhouden"]["token"] == "demo-token"
    assert list(with_more["systems"]) == ["tribe", "eboekhouden-soap", "yuki"]
    assert with_more["mappings"] == ["own"]


def test_a_sandbox_that_is_interrupted_says_what_is_left_of_it(tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-m", "syncrules", "sandbox", "tribe", "--size", "0"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as window:
        assert window.stdout is not None
        shown = window.stdout.readline()
        window.send_signal(signal.SIGINT)  # it may still be telling where it listens
        shown += window.stdout.read()

    assert window.returncode == 0
    assert shown.endswith("Stopped. The invented systems are gone, with all that was entered in them.\n")
    assert "remembered" not in shown


def test_one_sandbox_alone_is_no_connection(shell: Shell) -> None:
    alone = shell.type("sandbox", "tribe", "--size", "0", "--seconds", "0")
    wanted = shell.type("sandbox", "tribe", "--size", "0", "--seconds", "0", "--write", str(shell.folder / "a.yaml"))
    unknown = shell.type("sandbox", "trieb")

    assert alone.exit_code == 0
    assert "connect" not in alone.stdout
    assert wanted.exit_code == 2
    assert "Did you mean 'tribe'?" in unknown.stderr


def test_a_project_is_begun_and_its_mapping_is_good(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    project = shell.folder / "project"
    begun = shell.type("init", str(project), "--mapping", MAPPING)
    monkeypatch.chdir(project)
    (checked,) = shell.one("validate")["mappings"]
    again = shell.type("init", str(project), "--mapping", MAPPING)
    answers = yaml.safe_load((project / f"examples/{MAPPING}-answers.yaml").read_text())

    assert begun.exit_code == 0, begun.output
    assert (checked["file"], checked["valid"]) == (f"mappings/{MAPPING}-own.yaml", True)
    assert spec.load(f"mappings/{MAPPING}-own.yaml").title.endswith("our own")
    assert answers["tribe"]["client_secret"] == "env:TRIBE_CLIENT_SECRET"
    assert again.exit_code == 2
    assert "Nothing was changed" in again.stderr


def test_a_project_begins_with_a_mapping_that_is_named(shell: Shell) -> None:
    result = shell.type("init", str(shell.folder / "project"))

    assert result.exit_code == 2
    assert MAPPING in result.stderr


def test_without_a_file_the_installed_mappings_are_checked(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shell.folder)
    said = shell.one("validate")

    assert {Path(each["file"]).name for each in said["mappings"]} == set(spec.names())
    assert all(each["valid"] for each in said["mappings"])


REPOSITORY = "https://git.example/office/syncrules"


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (
            {"url": REPOSITORY, "vcs_info": {"commit_id": "a" * 40}},
            f'pip install "syncrules @ git+{REPOSITORY}@{"a" * 40}"',
        ),
        ({"url": "file:///home/office/syncrules", "dir_info": {"editable": True}}, UNKNOWN),
        ({"url": "https://name:secret@git.example/syncrules", "vcs_info": {"commit_id": "a" * 40}}, UNKNOWN),
        ({"url": f'{REPOSITORY}"; true', "vcs_info": {"commit_id": "a" * 40}}, UNKNOWN),
    ],
)
def test_the_workflow_of_a_new_project_installs_what_is_installed_here_or_says_that_it_cannot_tell(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], line: str
) -> None:
    class Installed:
        def read_text(self, _: str) -> str:
            return json.dumps(told)

    monkeypatch.setattr("syncrules.cli.project.distribution", lambda _: Installed())
    shell.type("init", str(shell.folder / "project"), "--mapping", MAPPING)
    file = shell.folder / "project" / ".github" / "workflows" / "mappings.yml"
    workflow = yaml.safe_load(file.read_text(encoding="utf-8"))
    steps = workflow["jobs"]["validate"]["steps"]

    assert workflow[True] == ["push", "pull_request", "workflow_call"]  # `on` is true to YAML 1.1; others may call it
    assert [each["run"] for each in steps if "run" in each] == [
        line,
        "syncrules validate --format github",
        "syncrules check",
        "syncrules test",
    ]


def test_a_misspelt_field_is_told_which_one_was_meant(shell: Shell) -> None:
    file = shell.folder / "ours.yaml"
    row = "Fone number: {tribe: Organization.PhoneNumber}"
    text = f"syncrules: 1\ntitle: Ours\nextends: {MAPPING}\nentities: {{organisation: {{fields: {{{row}}}}}}}\n"
    file.write_text(text, encoding="utf-8")
    result = shell.type("validate", str(file))

    assert result.exit_code == 2
    assert "Did you mean 'Phone number'?" in result.stderr
