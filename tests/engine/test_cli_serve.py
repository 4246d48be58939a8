"""`syncrules serve` as it is typed: where it answers, and what is said of that; `acceptance/test_serve.py` shows it at work."""

from __future__ import annotations

import base64
import errno
import json
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cli_world import Shell, Systems, objects
from jobs_in_memory import InMemory

from syncrules.activation.calls import base_of
from syncrules.cli import serving
from syncrules.cli import worker as at_post
from syncrules.cli.desk import Desk
from syncrules.cli.screen import Screen
from syncrules.cli.voice import Voice
from syncrules.cli.worker import Worker
from syncrules.errors import StateError, SyncRulesError, UsageError
from syncrules.memory import server
from syncrules.memory import store as store_
from syncrules.memory.store import open_store
from syncrules.serving.jobs import Job


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Give where it is asked to answer; it works no further."""
    asked: list[tuple[Any, ...]] = []

    def until_stopped(_: object, *where: Any) -> int:
        asked.append(where)
        return 0

    monkeypatch.setattr(serving.Serving, "until_stopped", until_stopped)
    return asked


def typed(folder: Path, *words: str) -> Any:
    shell = Shell(folder)
    with open_store(shell.state):
        pass
    return shell.type("serve", *words)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_at_an_address_of_this_machine_alone_it_warns_of_nothing(
    tmp_path: Path, asked: list[tuple[Any, ...]], host: str
) -> None:
    result = typed(tmp_path, "--host", host, "--port", "8123")

    assert (result.exit_code, result.output) == (0, "")
    assert asked == [(host, 8123, "", "")]


def test_at_an_address_that_others_reach_it_warns(tmp_path: Path, asked: list[tuple[Any, ...]]) -> None:
    result = typed(tmp_path, "--host", "0.0.0.0")

    assert asked == [("0.0.0.0", 8750, "", "")]
    assert "Who can reach 0.0.0.0 can read along" in result.stderr


def test_without_an_address_it_answers_on_this_machine_alone(tmp_path: Path, asked: list[tuple[Any, ...]]) -> None:
    typed(tmp_path)

    assert asked == [("127.0.0.1", 8750, "", "")]


@pytest.mark.parametrize("host", ["", " "])
def test_an_empty_address_is_a_usage_error_and_not_every_address_of_the_machine(
    tmp_path: Path, asked: list[tuple[Any, ...]], host: str
) -> None:
    result = typed(tmp_path, "--host", host)

    assert (result.exit_code, asked) == (2, [])
    assert "--host is empty" in result.stderr
    assert "0.0.0.0" in result.stderr


@pytest.mark.parametrize("host", ["nobody.invalid", "a..b", "a" * 70, "192.0.2.1"])
def test_an_address_that_this_machine_does_not_have_is_a_usage_error(tmp_path: Path, host: str) -> None:
    result = typed(tmp_path, "--host", host, "--port", "0")

    assert result.exit_code == 2
    assert f"Nobody can be answered at port 0 of {host}: " in result.stderr
    assert "while attempting" not in result.stderr


# What it finds around it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["nowhere/ready.txt", "."])
def test_a_file_that_cannot_be_written_is_told_before_anything_is_begun(
    tmp_path: Path, asked: list[tuple[Any, ...]], file: str
) -> None:
    result = typed(tmp_path, "--once-ready", str(tmp_path / file))

    assert (result.exit_code, asked) == (2, [])
    assert f"The file of --once-ready, '{tmp_path / file}', cannot be written" in result.stderr
    assert "No run was begun." in result.stderr


def test_what_stands_in_the_file_of_another_stays_until_this_one_is_ready(
    tmp_path: Path, asked: list[tuple[Any, ...]]
) -> None:
    (tmp_path / "old.txt").write_text("another", encoding="utf-8")

    for name in ("old.txt", "new.txt"):
        assert typed(tmp_path, "--once-ready", str(tmp_path / name)).exit_code == 0
    assert (tmp_path / "old.txt").read_text(encoding="utf-8") == "another"
    assert not (tmp_path / "new.txt").exists()


@pytest.mark.parametrize(
    ("what", "says", "cure"),
    [
        ("noise", "file is not a database", "delete that file"),
        ("a folder", "unable to open database file", "the file too"),
    ],
)
def test_jobs_that_cannot_be_used_are_told_with_their_file_and_what_helps(
    tmp_path: Path, what: str, says: str, cure: str
) -> None:
    jobs = tmp_path / "state.db.jobs"
    if what == "noise":
        jobs.write_bytes(bytes(range(256)) * 200)
    else:
        jobs.mkdir()
    result = typed(tmp_path, "--port", "0")

    assert result.exit_code == 5, result.stderr
    assert f"The file of the jobs '{jobs}' cannot be used: " in result.stderr
    assert says in result.stderr
    assert cure in result.stderr


def test_a_key_file_that_cannot_be_read_is_said_of_the_connection_and_not_of_the_state_store(
    shell: Shell, systems: Systems, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.connect(systems.answers)
    shell.key.unlink()
    shell.key.mkdir()
    at_work = worker(shell)
    capsys.readouterr()

    assert at_work.worker.carry_out(Job("acme")) is None
    assert [each["event"] for each in objects(capsys.readouterr().out)] == ["failed"]
    assert f"the key file '{shell.key}' cannot be used" in at_work.voice.wrong["acme"]["message"]
    assert at_work._ready()[0] is True


def test_a_state_store_that_can_be_read_and_not_written_is_lost_once_and_back_when_it_can_be_written(
    shell: Shell, systems: Systems, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.connect(systems.answers)
    at_work = worker(shell)
    times = 0

    def full(*_: object) -> None:
        nonlocal times
        times += 1
        if times < 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        at_work.worker.stop.set()

    monkeypatch.setattr(store_, "make_sure_of_room", full)
    monkeypatch.setattr(at_post, "pause", lambda *_: 0.0)
    at_work.voice.lost(StateError("the disk is full", cure="Make room. Nothing was lost: run again."))
    capsys.readouterr()
    at_work.worker.every = 0.01
    at_work.worker._work()
    at_work.worker.receiver.close()

    assert times == 4
    assert [each["event"] for each in objects(capsys.readouterr().out)] == ["back"]


def test_who_waits_for_a_state_store_says_what_helps(capsys: pytest.CaptureFixture[str]) -> None:
    error = StateError("the disk is full", cure="Make room. Nothing was lost: run again.")
    Voice(Screen(json=True)).lost(error)
    Voice(Screen()).lost(error)
    as_json, said = capsys.readouterr().out.splitlines()

    assert json.loads(as_json)["cure"] == "Make room."
    assert said.endswith(" the disk is full. Make room. It is waited for; nothing is lost.")


# Where it is reached from outside ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://sync.example", "https://sync.example"),
        ("HTTPS://Sync.Example:443/", "https://sync.example"),
        ("https://sync.example:8443", "https://sync.example:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://192.0.2.7", "https://192.0.2.7"),
        ("https://[2001:DB8::7]:8443/", "https://[2001:db8::7]:8443"),
        ("http://localhost:80", "http://localhost"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
    ],
)
def test_the_address_from_outside_is_what_a_browser_says_of_itself_there(
    tmp_path: Path, asked: list[tuple[Any, ...]], given: str, origin: str
) -> None:
    assert typed(tmp_path, "--external-url", given).exit_code == 0
    assert asked == [("127.0.0.1", 8750, origin, "")]


def test_the_link_leads_to_the_address_from_outside_and_whoever_watches_stays_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(tmp_path)
    with open_store(shell.state):
        pass
    at_work = worker(shell)
    monkeypatch.setattr(at_work.worker, "_work", lambda: None)
    at_work.until_stopped("127.0.0.1", 0, "https://sync.example", str(tmp_path / "ready.txt"))
    said = {each["event"]: each for each in objects(capsys.readouterr().out)}

    assert said["page"]["address"] == "https://sync.example"
    assert said["page"]["type"] == "syncrules page-link --external-url https://sync.example"
    assert shell.one(*said["page"]["type"].split()[1:])["link"].startswith("https://sync.example/enter?ticket=")
    assert said["ready"]["address"].startswith("http://127.0.0.1:")
    assert (tmp_path / "ready.txt").read_text() == f"{said['ready']['address']}\n"


@pytest.mark.requirement("X-15")
@pytest.mark.parametrize(("json_", "terminal"), [(True, False), (False, False), (False, True)])
def test_a_link_that_lets_somebody_in_stands_in_no_log(
    tmp_path: Path, json_: bool, terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(tmp_path)
    with open_store(shell.state):
        pass
    at_work = worker(shell)
    at_work.desk.screen.json, at_work.desk.screen.terminal = json_, terminal
    monkeypatch.setattr(at_work.worker, "_work", lambda: None)
    at_work.until_stopped("127.0.0.1", 0, "", str(tmp_path / "ready.txt"))
    out, err = capsys.readouterr()
    address = (tmp_path / "ready.txt").read_text().strip()

    assert ("ticket" in out, "ticket" in err) == (terminal, False)
    assert f"syncrules page-link --external-url {address}" in out


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ([], "http://127.0.0.1:8750"),
        (["--external-url", "https://Sync.example:443/"], "https://sync.example"),
        (["--external-url", "http://192.0.2.7:8750"], "http://192.0.2.7:8750"),
    ],
)
def test_a_link_is_printed_for_whoever_can_open_the_state_store(tmp_path: Path, given: list[str], address: str) -> None:
    shell = Shell(tmp_path)
    with open_store(shell.state):
        pass
    typed, one = shell.type("page-link", *given), shell.one("page-link", *given)

    assert typed.stdout.startswith(f"{address}/enter?ticket=")
    assert one["link"].startswith(f"{address}/enter?ticket=")
    assert 590 < datetime.fromisoformat(one["until"]).timestamp() - time.time() < 610
    assert shell.type("page-link", "--external-url", "sync.example").exit_code == 2


NOWHERE = [
    "sync.example",
    "https://",
    "https://:443",
    "http://sync.example",
    "ftp://sync.example",
    "https://sync.example?a=b",
    "https://sync.example/?",
    "https://sync.example#part",
    "https://anna:geheim@sync.example",
    "https://sync.example:99999",
    "https://sync.example:0",
    "https://sync.example:port",
    "https://sync example",
    "https://sync\n.example",
    "https://sync..example",
    "https://sync_ex*mple",
    "https://[::1",
    "https://[sync.example]",
    f"https://{'a' * 64}.example",
    "https:\\\\sync.example",
    "none",
]


@pytest.mark.parametrize("given", [*NOWHERE, "https://sync.example/books"])
def test_an_address_at_which_no_browser_could_come_is_a_usage_error(
    tmp_path: Path, asked: list[tuple[Any, ...]], given: str
) -> None:
    result = typed(tmp_path, "--external-url", given)

    assert (result.exit_code, asked) == (2, [])
    assert "is no address at which browsers could come" in result.stderr
    assert "such as https://sync.example." in result.stderr


@pytest.mark.parametrize("given", [each for each in NOWHERE if each != "none"])
def test_what_no_browser_could_reach_no_system_could_either(given: str) -> None:
    with pytest.raises(UsageError, match="is no address at which systems could call"):
        base_of(given)


def test_systems_may_call_at_a_part_of_a_site() -> None:
    assert base_of("https://sync.example/books/") == "https://sync.example/books"


# What the pages are told of the runs of this worker -----------------------------------------------------------------


def worker(shell: Shell) -> serving.Serving:
    desk = Desk(Screen(json=True), str(shell.state), str(shell.key))
    return serving.Serving(desk, InMemory(1), every=60, slots=1)


def test_why_a_connection_could_not_be_run_is_known_until_it_could(
    shell: Shell, systems: Systems, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.connect(systems.answers)
    at_work = worker(shell)
    right, systems.books.security_code1 = systems.books.security_code1, "another"
    at_work.worker.carry_out(Job("acme"))
    wrong = dict(at_work.voice.wrong)
    systems.books.security_code1 = right
    shell.type("resume", "acme")  # or it would be left alone for a while
    at_work.worker.carry_out(Job("acme"))

    assert set(wrong) == {"acme"}
    assert "e-Boekhouden" in wrong["acme"]["message"]
    assert wrong["acme"]["cure"]
    assert at_work.voice.wrong == {}
    assert '"event":"failed"' in capsys.readouterr().out


def test_one_whose_secrets_do_not_open_is_said_to_be_wrong_and_not_the_state_store(
    shell: Shell, systems: Systems, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.connect(systems.answers)
    shell.key.write_text(f"{base64.urlsafe_b64encode(b'another key'.ljust(32)).decode()}\n", encoding="utf-8")
    at_work = worker(shell)
    capsys.readouterr()

    assert at_work.worker.carry_out(Job("acme")) is None
    assert [each["event"] for each in objects(capsys.readouterr().out)] == ["failed"]
    assert "was sealed with another key" in at_work.voice.wrong["acme"]["message"]
    assert at_work._ready()[0] is True


def broken_beside(shell: Shell) -> Path:
    """Add a connection whose mapping somebody spoiled."""
    file = shell.folder / "spoiled.yaml"
    file.write_text("syncrules: 1\ntitle: Ours\nextends: tribe-eboekhouden\nnonsense: [\n", encoding="utf-8")
    row = shell.row()
    assert row is not None
    with open_store(shell.state) as store, store.transaction():
        store.save(replace(row, name="abad", mapping=str(file)))
    return file


def test_one_whose_mapping_was_spoiled_is_told_with_its_place_once_and_the_others_run(
    shell: Shell, systems: Systems, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.connect(systems.answers)
    file = broken_beside(shell)
    at_work = worker(shell)
    capsys.readouterr()
    wished, now = at_work.worker.ticking, at_work.desk.clock.now()

    def told(minutes: int) -> list[tuple[str, str]]:
        wished.tick(now + 60 * minutes)
        found = objects(capsys.readouterr().out)
        return [(each["event"], each["connection"]) for each in found]

    assert [told(minutes) for minutes in (1, 2)] == [[("failed", "abad")], []]
    assert [each.job.connection for each in at_work.jobs.kept] == ["acme"]  # type: ignore[attr-defined]  # those in memory
    assert at_work.voice.wrong["abad"]["message"].startswith(f"{file}:4:")
    assert f"See syncrules validate {file}." in at_work.voice.wrong["abad"]["cure"]
    assert at_work._ready()[0] is True

    file.write_text("syncrules: 1\ntitle: Ours\nextends: nobody-knows\n", encoding="utf-8")

    assert told(3) == [("failed", "abad")]
    assert "nobody-knows" in at_work.voice.wrong["abad"]["message"]

    file.write_text("syncrules: 1\ntitle: Ours\nextends: tribe-eboekhouden\n", encoding="utf-8")

    assert told(4) == []
    assert at_work.voice.wrong == {}
    at_work.worker.receiver.close()


def test_a_person_is_told_in_one_line_of_what_was_spoiled(
    shell: Shell, systems: Systems, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.connect(systems.answers)
    file = broken_beside(shell)
    at_work = serving.Serving(Desk(Screen(), str(shell.state), str(shell.key)), InMemory(1), every=60, slots=1)
    at_work.worker.ticking.tick(at_work.desk.clock.now() + 60)
    (line,) = capsys.readouterr().err.splitlines()

    assert f" abad: {file}:4:" in line
    assert line.endswith(f"See syncrules validate {file}.")
    at_work.worker.receiver.close()


def test_a_worker_of_an_older_program_writes_nothing_once_a_newer_one_has_brought_the_state_store_up_to_date(
    shell: Shell, systems: Systems, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.connect(systems.answers)
    at_work = worker(shell)
    with closing(sqlite3.connect(shell.state)) as db, db:
        db.execute("update alembic_version set version_num = '9999'")
    capsys.readouterr()
    systems.books.calls.clear()

    assert at_work.worker.carry_out(Job("acme"))
    (told,) = objects(capsys.readouterr().out)
    assert told["event"] == "lost"
    assert "newer" in told["message"]
    assert systems.books.calls == []
    assert at_work._ready()[0] is False
    at_work.worker.receiver.close()


def test_what_must_not_be_seen_is_not_seen_on_a_page_either(shell: Shell) -> None:
    with open_store(shell.state):
        pass
    at_work, screen = worker(shell), Screen(json=True)
    screen.hide(["geheim"])
    at_work.voice.went_wrong(screen, "acme", SyncRulesError("it said 'geheim'", cure="Not geheim."))

    assert at_work.voice.wrong == {"acme": {"message": "it said '***'", "cure": "Not ***."}}


def test_how_far_a_run_is_is_known_while_it_is_under_way(
    shell: Shell, systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.connect(systems.answers)
    at_work = worker(shell)
    seen: list[Any] = []
    watch = Worker._watch

    def watched(self: Worker, name: str, by: Any, event: Any) -> None:
        watch(self, name, by, event)
        seen.append(dict(self.progress))

    monkeypatch.setattr(Worker, "_watch", watched)
    at_work.worker.carry_out(Job("acme"))

    assert seen
    assert all(set(each) == {"acme"} for each in seen)
    assert at_work.worker.progress == {}


# A database that stays away ------------------------------------------------------------------------------------------

NOBODY_THERE = "postgresql://somebody@127.0.0.1:1/state"


def test_a_database_is_waited_for_so_long_and_no_longer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    times = 0

    def waited(*_: object) -> float:
        nonlocal times
        times += 1
        monkeypatch.setattr(at_post, "GIVE_UP", -1.0 if times > 2 else 900.0)
        return 0.0

    monkeypatch.setattr(at_post, "pause", waited)
    at_work = serving.Serving(Desk(Screen(json=True), NOBODY_THERE), InMemory(1), every=0.01, slots=1)
    try:
        with pytest.raises(StateError, match="it was waited for") as told:
            at_work.worker._work()
    finally:
        at_work.worker.receiver.close()

    assert times == 3
    assert told.value.exit_code == 5
    assert [each["event"] for each in objects(capsys.readouterr().out)] == ["lost"]
    assert at_work._ready()[0] is False


def test_who_is_started_waits_for_a_database_that_is_away_and_for_none_that_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[int] = []
    monkeypatch.setattr(serving, "pause", lambda times, *_: pauses.append(times) or 0.0)  # type: ignore[func-returns-value]  # it gives 0
    monkeypatch.setattr(serving, "GIVE_UP", 0.05)
    with pytest.raises(StateError, match="cannot be used"), serving._waited_for(Desk(Screen(), NOBODY_THERE)):
        pass

    assert pauses[:2] == [1, 2]
    assert server.comes_back('connection to server at "127.0.0.1", port 5432 failed: Connection refused')
    assert server.comes_back("FATAL:  the database system is starting up")
    assert not server.comes_back('FATAL:  password authentication failed for user "somebody"')
    assert not server.comes_back('FATAL:  database "state" does not exist')
    assert not server.comes_back('connection is bad: invalid port number: "0"')
    assert not server.comes_back('invalid connection option "nonsense"')
    assert server.comes_back("failed to resolve host 'nobody.invalid': [Errno -2] Name or service not known")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://u:geheim@127.0.0.1:99999/x", "leads nowhere: there is no port 99999"),
        ("postgresql://u:geheim@127.0.0.1:0/x", "leads nowhere: there is no port 0"),
        ("postgresql://u:geheim@db..example/x", "leads nowhere: no host can be called 'db..example'"),
        ("postgresql://u:geheim@/x?port=0", 'invalid port number: "0"'),
        ("postgresql://u:geheim@127.0.0.1/x?nonsense=1", 'invalid connection option "nonsense"'),
        ("postgresql://u:geheim@127.0.0.1/x?connect_timeout=soon", "bad value for connect_timeout"),
    ],
)
def test_a_url_that_leads_nowhere_is_told_at_once(tmp_path: Path, url: str, says: str) -> None:
    result = typed(tmp_path, "--state", url)

    assert result.exit_code == 5
    assert says in result.stderr
    assert "URL" in result.stderr
    assert "It is waited for" not in result.stderr
    assert "geheim" not in result.stderr


def test_a_host_that_nobody_knows_now_is_waited_for_by_name_and_port(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serving, "pause", lambda *_: 0.0)
    monkeypatch.setattr(serving, "GIVE_UP", 0.05)
    desk = Desk(Screen(), "postgresql://u:geheim@nobody.invalid/x")
    with pytest.raises(StateError, match="nobody knows the address of that host now"), serving._waited_for(desk):
        pass
    said = capsys.readouterr().err

    assert "the database 'x' at nobody.invalid, port 5432" in said
    assert "Check its name in --state" in said
    assert "geheim" not in said
