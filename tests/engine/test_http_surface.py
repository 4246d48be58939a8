"""Everything that can be asked of a real `serve`, as nobody would ask it who means well: it answers as described, and goes on.

The description is `serve_openapi.yaml`; schemathesis makes up what fits it and what does not. What a server does with whoever is
slow, or knows no HTTP, stands in `test_web_server.py`.
"""

from __future__ import annotations

import base64
import hmac
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
import stores
import yaml
from cli_world import Shell
from hypothesis import HealthCheck, given, reject, seed, settings
from schemathesis import GenerationMode

from syncrules.memory import passes
from syncrules.memory.hints import Hook, digest_of
from syncrules.memory.memory import Memory
from syncrules.memory.moving import move
from syncrules.memory.store import open_store

KEY = "a-key-that-nobody-guesses"
SECRET = "a secret of nobody"
LONGEST = 120.0
"""Seconds in which it must be ready, or have stopped, on a machine that has much else to do."""
EXAMPLES = 15
SCHEMA = schemathesis.openapi.from_dict(
    yaml.safe_load(Path(__file__).with_name("serve_openapi.yaml").read_text(encoding="utf-8"))
)
schemathesis.checks.load_all_checks()
CHECKS = schemathesis.checks.CHECKS.get_by_names(
    ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance", "response_schema_conformance"]
)  # fmt: skip


class Served:
    """A `serve` at work in a process of its own, and somebody who came in."""

    def __init__(self, folder: Path, place: str, process: subprocess.Popen[bytes]) -> None:
        self.folder, self.place, self.process = folder, place, process
        self.browser = requests.Session()
        ready = folder / "ready.txt"
        until(lambda: ready.exists() and ready.read_text().endswith("\n"))
        self.address = ready.read_text().strip()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(each) for each in (self.folder / "out.txt").read_text().splitlines(keepends=True) if each.endswith("\n")]  # fmt: skip

    @property
    def runs(self) -> list[dict[str, Any]]:
        return [each["run"] for each in self.events if each["event"] == "run"]

    def inside(self) -> requests.Session:
        """Give a browser that may look, whoever logged out with it before."""
        if self.browser.get(self.address).status_code != 200:
            with open_store(self.place) as store:
                self.browser.get(f"{self.address}{passes.invite(store, time.time())}")
        return self.browser

    @property
    def well(self) -> bool:
        asked = [requests.get(f"{self.address}/{each}", timeout=LONGEST) for each in ("health", "ready")]
        return [each.status_code for each in asked] == [200, 200] and self.process.poll() is None


def until(true: Any) -> None:
    end = time.monotonic() + LONGEST
    while not true():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def served(connected: Shell, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A connection in step at work, in a file or in a database as `--state` has it; its CRM may call."""
    shell = connected.copy(tmp_path_factory.mktemp("served"))
    with open_store(shell.state) as store, store.transaction():
        row = store.connection("acme")
        assert row is not None
        secret = {"webhook_secret": SECRET}
        store.save(replace(row, answers={**row.answers, "tribe": {**row.answers["tribe"], **secret}}))
        memory = Memory(store, "acme", ("tribe", "eboekhouden"))
        memory.keep_hook(Hook("tribe", "https://sync.example/hooks/acme/tribe/", digest_of(KEY), 0.0))
    place = str(shell.state)
    if not stores.in_a_file():
        place = stores.database()
        with open_store(shell.state) as source, open_store(place) as target:
            move(source, target)
    words = ["serve", "--json", "--state", place, "--key-file", str(shell.key), "--port", "0", "--every", "3600"]
    with (shell.folder / "out.txt").open("wb") as out, (shell.folder / "err.txt").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "syncrules", *words, "--once-ready", str(shell.folder / "ready.txt")],
            stdout=out, stderr=err,
        )  # fmt: skip
        try:
            yield Served(shell.folder, place, process)
        finally:
            process.terminate()
            code = process.wait(LONGEST)
            stores.give_back(place)

    assert (code, (shell.folder / "err.txt").read_text()) == (0, "")


OPERATIONS = [(path, method) for path in SCHEMA for method in SCHEMA[path]]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda each: each.value)
def test_whatever_is_asked_it_answers_as_described(
    served: Served, path: str, method: str, mode: GenerationMode
) -> None:
    operation = SCHEMA[path][method]
    if mode.is_negative and not any(operation.iter_parameters()):
        pytest.skip("there is nothing to be said wrongly")
    asked: list[int] = []
    session = served.inside()

    @seed(20261129)
    @settings(max_examples=EXAMPLES, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def holds(case: Any) -> None:
        how = {"base_url": served.address, "allow_redirects": False, "timeout": LONGEST}
        try:
            answer = case.call(session=served.inside() if path == "/leave" else session, **how)
        except ValueError:  # who asks cannot say it, so nobody is asked
            reject()
        case.validate_response(answer, checks=CHECKS)
        asked.append(answer.status_code)

    holds()

    assert asked
    assert served.well
    assert [each for each in served.events if each["event"] == "unanswered"] == []


# What nobody can describe -------------------------------------------------------------------------------------------

PATHS = [
    "/..", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd", "/./health", "//health", "///", "/health/", "/HEALTH",
    "/health%00", "/%00", "/health;x=1", "/connection/", "/connection%2F", "/%ff%fe", "/%c0%af", "/%", "/%zz", "/%u0041", "/a\\..\\b", "\\\\evil",
    "/hooks/%2e%2e/tribe/key", "/hooks/acme/tribe/%00", "/hooks/acme/tribe/%ff", "/hooks/acme/tribe/../key", "/hooks/acme/tribe/" + "k" * 30_000,
    "/connection?name=%ff", "/connection?name=%00", "/connection?name=acme&name=other", "/connection?name[]=acme", "/connection?%", "/connection?name=" + "n" * 30_000,
    "/record?connection=acme&record=%ff%fe", "/record?connection=acme&record=%00", "/record?connection=acme&record=%25%5F", "/record?connection=acme&record=" + "7" * 5_000,
    "/?page=-1", "/?page=%D9%A3", "/?page=%C2%B2", "/?page=1e9", "/?page=" + "9" * 5_000, "/enter?ticket=%ff", "/enter?ticket=" + "t" * 30_000, "/page.css/../page.css",
    "http://evil.example/", "http://evil.example/health", "*", "?", "/#part",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
@pytest.mark.parametrize("verb", ["GET", "POST", "HEAD", "OPTIONS"])
def test_no_path_leads_astray(served: Served, path: str, verb: str) -> None:
    session = served.inside()
    cookie = "; ".join(f"{name}={value}" for name, value in session.cookies.items())
    status, told = say(
        served.address,
        f"{verb} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    )

    assert 200 <= status < 500
    assert "Traceback" not in told
    assert "root:" not in told
    assert "evil" not in told


MESSAGES = {
    "two hosts": "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n",
    "no host that is one": "GET / HTTP/1.1\r\nHost: [::1\r\n",
    "a host with a path": "GET / HTTP/1.1\r\nHost: 127.0.0.1/evil\r\n",
    "bytes beyond ASCII": "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: \xff\xfe\r\n",
    "a cookie that is none": "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ;;=;==;\"\\\r\n",
    "a thousand cookies": "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: " + "a=b; " * 1000 + "\r\n",
    "a range": "GET /page.css HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes=9-1\r\n",
    "another protocol": "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n",
    "HTTP/2 without TLS": "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: \r\n",
    "TRACE": "TRACE / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    "CONNECT": "CONNECT evil.example:443 HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    "both lengths": "POST /leave HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n",
    "a coding that is none": "POST /hooks/acme/tribe/key HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: gzip, chunked\r\n",
    "more than there can be": "POST /leave HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999999999999999\r\n",
    "an old HTTP": "GET / HTTP/1.0\r\n",
    "a new HTTP": "GET / HTTP/3.0\r\nHost: 127.0.0.1\r\n",
    "a header over two lines": "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: a\r\n b\r\n",
    "a header without a name": "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n: a\r\n",
}  # fmt: skip


@pytest.mark.parametrize("text", MESSAGES.values(), ids=MESSAGES)
def test_a_message_of_another_shape_is_answered_or_refused_and_it_goes_on(served: Served, text: str) -> None:
    status, told = say(served.address, f"{text}Connection: close\r\n\r\n")

    assert status < 500
    assert "Traceback" not in told
    assert served.well


BODIES = [b"", b"\x00", b"\xff" * 1000, b"{", b"[" * 100_000, b"1" * 100_000, b'{"a":' * 10_000, b"NaN", b'"\\ud800"', b'{"payload": null}', b"x" * 1_000_001]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize("signed", ["", "x", "%%%", "\xe9", "A" * 88])
def test_a_delivery_that_is_nonsense_is_not_taken_in(served: Served, body: bytes, signed: str) -> None:
    answer = requests.post(
        f"{served.address}/hooks/acme/tribe/{KEY}", data=body, headers={"X-Tribe-Signature": signed.encode("latin-1")}, timeout=LONGEST
    )  # fmt: skip

    assert answer.status_code == (413 if len(body) > 1_000_000 else 401)


IDS = ["1", "\ud800", "\0", "", "7" * 300, "../..", "<script>", 7, None, ["1"], {"a": "b"}]


@pytest.mark.parametrize("kind", ["EntityUpdateMutation", "RelationshipDeletionMutation"])
@pytest.mark.parametrize("id_", IDS, ids=range(len(IDS)))
def test_whatever_is_signed_is_taken_in_and_looked_at_and_writes_nothing(served: Served, kind: str, id_: Any) -> None:
    runs = len(served.runs)
    payload = {"type": kind, "entityType": "Relation.Organization", "entityId": id_, "relationshipId": id_}
    body = json.dumps({"webhookId": "1", "payload": payload}).encode()
    signed = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha512"))
    answer = requests.post(
        f"{served.address}/hooks/acme/tribe/{KEY}", data=body, headers={"X-Tribe-Signature": signed}, timeout=LONGEST
    )

    assert answer.status_code == 202
    until(lambda: len(served.runs) > runs)
    assert {each["writes"] for each in served.runs} == {0}
    assert [each["event"] for each in served.events if each["event"] in ("unanswered", "failed", "lost")] == []
    assert served.well


@pytest.mark.parametrize("path", ["/leave", "/", "/enter", "/health"])
def test_what_is_sent_where_nothing_is_taken_is_not_read(served: Served, path: str) -> None:
    """Three megabytes that somebody begins to send and nobody waits for."""
    verb = "POST" if path == "/leave" else "GET"
    asks = f"{verb} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3000000\r\n\r\n" + "x" * 100_000
    began = time.monotonic()
    status, _ = say(served.address, asks, whole=False)

    assert status == (403 if path == "/leave" else 401 if path in ("/", "/enter") else 200)
    assert time.monotonic() - began < LONGEST / 2


def say(address: str, text: str, *, whole: bool = True) -> tuple[int, str]:
    """Say something, byte by byte as it stands there; give the status of the answer, 0 if it was hung up on, and the answer."""
    host, port = address.removeprefix("http://").split(":")
    told = b""
    with closing(socket.create_connection((host, int(port)), timeout=LONGEST)) as talk:
        try:
            talk.sendall(text.encode("latin-1"))
            while more := talk.recv(65536):
                told += more
                if not whole:
                    break
        except (BrokenPipeError, ConnectionResetError):
            pass
    answer = told.decode("utf-8", "replace")
    return int(answer[9:12] or 0), answer
