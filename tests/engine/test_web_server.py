"""The server in its thread: a real port, people who are slow or know no HTTP, and an end that waits for nobody."""

from __future__ import annotations

import gc
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from syncrules.serving.web import server
from syncrules.serving.web import surface as surfacing
from syncrules.serving.web.server import answering
from syncrules.serving.web.surface import surface

LONGEST = 30.0
"""Seconds in which something must have come to pass, on a machine that has much else to do."""


def app(deliver: Any = lambda *_: 202, known: Any = lambda *_: 202) -> Any:
    return surface({"/health": lambda: (True, {"alive": True})}, deliver=deliver, known=known)


def begin(address: str, text: bytes) -> socket.socket:
    """Say the beginning of something."""
    host, port = address.removeprefix("http://").split(":")
    talk = socket.create_connection((host, int(port)), timeout=LONGEST)
    talk.sendall(text)
    return talk


def answered(talk: socket.socket) -> None:
    """Listen until the answer of `/health` is there: it may come in pieces."""
    told = b""
    while not told.endswith(b'{"alive":true}'):
        more = talk.recv(65536)

        assert more, "the other side hung up"

        told += more


def heard(talk: socket.socket) -> bytes:
    """Listen until the other side hangs up."""
    told = b""
    with closing(talk):
        try:
            while more := talk.recv(65536):
                told += more
        except ConnectionResetError:
            pass
    return told


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the address of one who waits a third of a second for a request, and for somebody who listens."""
    monkeypatch.setattr(server, "ARRIVING", 0.3)
    monkeypatch.setattr(server, "ANSWERING", 0.3)
    with answering(app(), 0) as address:
        yield address


def test_it_answers_on_this_machine_alone_until_it_is_left() -> None:
    with answering(app(), 0) as address:
        answer = httpx.get(f"{address}/health")

    assert address.startswith("http://127.0.0.1:")
    assert (answer.status_code, answer.json()) == (200, {"alive": True})
    assert "server" not in answer.headers
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/health")


def has(host: str) -> bool:
    """Tell whether this machine has such an address."""
    try:
        socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("host", "written"), [("127.0.0.2", "127.0.0.2"), ("::1", "[::1]"), ("localhost", "localhost")]
)
def test_it_answers_at_the_address_that_it_is_told(host: str, written: str) -> None:
    if not has(host):
        pytest.skip(f"this machine has no {host}")
    with answering(app(), 0, host) as address:
        port = int(address.rpartition(":")[2])

        assert address == f"http://{written}:{port}"
        assert httpx.get(f"{address}/health").status_code == 200
        if host != "localhost":
            with pytest.raises(httpx.ConnectError):
                httpx.get(f"http://127.0.0.1:{port}/health")


@pytest.mark.parametrize(("host", "here"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]")])
def test_at_every_address_of_the_machine_it_gives_one_that_can_be_asked(host: str, here: str) -> None:
    if not has(host):
        pytest.skip(f"this machine has no {host}")
    with answering(app(), 0, host) as address:
        assert address.startswith(f"http://{here}:")
        assert httpx.get(f"{address}/health").status_code == 200


def test_an_address_that_this_machine_has_not_is_told_at_once() -> None:
    with pytest.raises(OSError, match="assign"), answering(app(), 0, "192.0.2.1"):
        pass


def test_one_more_than_may_be_connected_takes_the_place_of_whoever_asks_nothing_for_the_longest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "AT_ONCE", 2)
    asks = b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n"
    with answering(app(), 0) as address, closing(begin(address, b"")) as first, closing(begin(address, asks)) as second:
        answered(second)
        with closing(begin(address, asks)) as third:
            answered(third)

            assert heard(first) == b""

            second.sendall(asks)
            answered(second)
            assert httpx.get(f"{address}/health").status_code == 200


def test_who_is_being_answered_keeps_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "AT_ONCE", 1)
    let_go, inside = threading.Event(), threading.Event()

    def take(*_: Any) -> int:
        inside.set()
        let_go.wait(LONGEST)
        return 202

    with answering(app(take), 0) as address:
        talk = begin(address, b"POST /hooks/a/b/c HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")

        assert inside.wait(LONGEST)
        assert heard(begin(address, b"")) == b""

        let_go.set()

        assert talk.recv(65536).startswith(b"HTTP/1.1 202 ")
        talk.close()


UNDER_A_LIMIT = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (200, 400))
from syncrules.memory.store import open_store
from syncrules.serving.web.server import answering
from syncrules.serving.web.surface import surface

def well():
    with open_store(sys.argv[1]) as store:
        return store.connections() == [], {"alive": True}

with answering(surface({"/health": well}), 0) as address:
    print(address, resource.getrlimit(resource.RLIMIT_NOFILE)[0], flush=True)
    sys.stdin.read()
"""


def test_whoever_connects_and_asks_nothing_leaves_files_to_open_for_those_who_work(tmp_path: Path) -> None:
    words = [sys.executable, "-c", UNDER_A_LIMIT, str(tmp_path / "state.db")]
    with (
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child,
        ExitStack() as stack,
    ):
        assert child.stdout is not None
        address, files = child.stdout.readline().split()
        host, port = address.removeprefix("http://").split(":")

        assert files == "400"

        for _ in range(3):
            for _ in range(200):
                stack.enter_context(closing(socket.create_connection((host, int(port)), timeout=LONGEST)))
            answer = httpx.get(f"{address}/health", timeout=LONGEST)

            assert (answer.status_code, answer.json()) == (200, {"alive": True})
        child.communicate("")


def hook(connection: str, *, key: str = "c", length: int = 1) -> bytes:
    """The head of a delivery."""
    return f"POST /hooks/{connection}/b/{key} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n".encode()


def of_our_key(_: str, __: str, key: str) -> int:
    return 202 if key == "c" else 404


def test_strangers_who_send_only_the_head_of_a_delivery_keep_nobody_out() -> None:
    with answering(app(known=of_our_key), 0) as address:
        strangers = [begin(address, hook("a", key="guessed", length=10)) for _ in range(300)]
        answer = httpx.post(f"{address}/hooks/a/b/c", content=b"x", timeout=LONGEST)

        assert answer.status_code == 202
        assert {heard(each)[:12] for each in strangers} == {b"HTTP/1.1 404"}


def test_nobody_takes_up_the_room_of_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surfacing, "IN_HAND", 3)
    with answering(app(), 0) as address, ExitStack() as stack:
        slow = [stack.enter_context(closing(begin(address, hook("a", length=10)))) for _ in range(3)]
        until(lambda: httpx.post(f"{address}/hooks/a/b/c", content=b"x").status_code == 503)

        assert httpx.post(f"{address}/hooks/other/b/c", content=b"x").status_code == 202
        for each in slow:
            each.sendall(b"0123456789")

            assert each.recv(65536).startswith(b"HTTP/1.1 202 ")
        assert httpx.post(f"{address}/hooks/a/b/c", content=b"x").status_code == 202


def test_a_delivery_that_comes_byte_by_byte_gives_up_its_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surfacing, "IN_HAND", 1)
    monkeypatch.setattr(surfacing, "ARRIVING", 0.3)
    with answering(app(), 0) as address:
        slow = begin(address, hook("a", length=1000))
        slow.sendall(b"x")

        assert heard(slow).startswith(b"HTTP/1.1 408 ")
        assert httpx.post(f"{address}/hooks/a/b/c", content=b"x").status_code == 202


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST
    while not true():
        assert time.monotonic() < end, "it never came to that"


def test_a_port_that_is_taken_is_told_at_once() -> None:
    with answering(app(), 0) as address, pytest.raises(OSError, match="in use"), answering(app(), int(address[17:])):
        pass


def test_a_port_is_free_again_afterwards() -> None:
    with answering(app(), 0) as address:
        httpx.get(f"{address}/health")
    with answering(app(), int(address[17:])) as again:
        assert httpx.get(f"{again}/health").status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"GET /health HTT",
        b"GET /health HTTP/1.1\r\nHost: here\r\n",
        b"POST /hooks/acme/crm/key HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nnot all of it",
        b"POST /hooks/acme/crm/key HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
    ],
)
def test_who_does_not_come_to_an_end_is_hung_up_on(impatient: str, text: bytes) -> None:
    began = time.monotonic()

    assert heard(begin(impatient, text)) == b""
    assert time.monotonic() - began < server.STOPPING + LONGEST / 2
    assert httpx.get(f"{impatient}/health").status_code == 200


def test_who_sends_a_little_again_and_again_is_hung_up_on_too(impatient: str) -> None:
    talk = begin(impatient, b"GET /health HTTP/1.1\r\n")
    end = time.monotonic() + LONGEST
    hung_up = False
    with closing(talk):
        while not hung_up and time.monotonic() < end:
            try:
                talk.sendall(b"X-More: yes\r\n")
            except (BrokenPipeError, ConnectionResetError):
                hung_up = True
            time.sleep(0.02)

    assert hung_up


def test_who_says_the_next_thing_later_is_not_taken_for_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "ARRIVING", 0.5)
    asks = b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n"
    with answering(app(), 0) as address, closing(begin(address, asks)) as talk:
        for _ in range(3):
            answered(talk)
            time.sleep(0.3)
            talk.sendall(asks)
        answered(talk)


def test_who_does_not_come_to_an_end_of_the_next_thing_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "ARRIVING", 0.3)
    with answering(app(), 0) as address:
        talk = begin(address, b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n")
        answered(talk)
        talk.sendall(b"GET /health HTTP/1.1\r\nHost: he")
        began = time.monotonic()

        assert heard(talk) == b""
        assert time.monotonic() - began < server.ANSWERING / 2


def test_who_waits_for_a_slow_answer_is_not_taken_for_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "ARRIVING", 0.3)

    def take(*_: Any) -> int:
        time.sleep(0.6)
        return 202

    with answering(app(take), 0) as address:
        assert httpx.post(f"{address}/hooks/a/b/c", content=b"x").status_code == 202


def test_who_does_not_listen_to_the_answer_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "ANSWERING", 0.3)
    long = surface({"/health": lambda: (True, {"alive": "x" * 50_000_000})})
    with answering(long, 0) as address:
        talk = begin(address, b"GET /health HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        time.sleep(1)

        assert len(heard(talk)) < 50_000_000


@pytest.mark.parametrize(
    "text",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /health\r\n\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /h\x00ealth HTTP/1.1\r\nHost: here\r\n\r\n",
        b"POST /hooks/a/b/c HTTP/1.1\r\nHost: here\r\nContent-Length: -1\r\n\r\n",
        b"POST /hooks/a/b/c HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n123456",
        b"POST /hooks/a/b/c HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        b"GET /health HTTP/1.1\r\nHost: here\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_and_says_nothing(text: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with answering(app(), 0) as address:
        told = heard(begin(address, text))

        assert told == b"" or told.startswith(b"HTTP/1.1 400 ")
        assert httpx.get(f"{address}/health").status_code == 200
    assert caplog.messages == []


def test_what_comes_after_an_answer_and_is_no_http_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    with answering(app(), 0) as address:
        talk = begin(address, b"POST /other HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n")
        told = talk.recv(65536)
        talk.sendall(b"nonsense\r\n")
        heard(talk)

    assert told.startswith(b"HTTP/1.1 404 ")
    assert caplog.messages == []


def test_a_header_that_comes_twice_is_handed_over_as_one() -> None:
    taken: list[Any] = []

    def take(*each: Any) -> int:
        taken.append(each)
        return 202

    with answering(app(take), 0) as address:
        heard(
            begin(
                address,
                b"POST /hooks/a/b/c HTTP/1.1\r\nHost: here\r\nConnection: close\r\nX-Signature: one\r\n"
                b"x-signature: two\r\nContent-Length: 0\r\n\r\n",
            )
        )

    assert taken[0][3]["x-signature"] == "one, two"


def test_too_large_a_delivery_is_answered() -> None:
    with answering(app(), 0) as address, httpx.Client() as client:
        assert client.post(f"{address}/hooks/a/b/c", content=b"x" * 3_000_000).status_code == 413
        assert client.post(f"{address}/hooks/a/b/c", content=b"x" * 1_000_000).status_code == 202


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"GET /hea",
        b"POST /hooks/a/b/c HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx",
        b"POST /hooks/a/b/c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    ids=["nothing", "half a line", "half a body", "half a piece", "does not listen"],
)
def test_who_never_comes_to_an_end_keeps_nobody_from_stopping(
    text: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for limit, seconds in (("STOPPING", 0.2), ("ARRIVING", 60.0), ("ANSWERING", 60.0)):
        monkeypatch.setattr(server, limit, seconds)
    taken: list[Any] = []
    answers: Any = {"/health": lambda: (True, {}), "/long": lambda: (True, {"long": "x" * 50_000_000})}

    def take(*each: Any) -> int:
        taken.append(each)
        return 202

    with answering(surface(answers, deliver=take), 0) as address:
        slow = begin(address, text)
        httpx.get(f"{address}/health")
        began = time.monotonic()

    assert time.monotonic() - began < LONGEST / 2
    heard(slow)
    gc.collect()  # a connection that is left over is a warning, and that an error
    assert taken == []
    assert caplog.messages == []


def test_what_is_being_taken_in_when_it_stops_is_answered() -> None:
    def take(*_: Any) -> int:
        time.sleep(0.5)
        return 202

    with answering(app(take), 0) as address:
        talk = begin(address, b"POST /hooks/a/b/c HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
        time.sleep(0.2)

    assert heard(talk).startswith(b"HTTP/1.1 202 ")
