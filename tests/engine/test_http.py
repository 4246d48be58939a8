"""One well-mannered client: what is repeated, what is never repeated, how long it waits, and what it never says."""

from __future__ import annotations

import logging
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.utils import formatdate

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncrules.errors import LimitReached, OutcomeUnknown, ProviderError, Unreachable, UsageError
from syncrules.http import ATTEMPTS, LONGEST_WAIT, Http, Network, Response, nonsense, refuse_plain_http

URL = "https://api.example.nl/things?page=1"
SECRET = "hunter2-hunter2"
NOW = 1_780_000_000.0


class Clock:
    """A clock on which waiting takes no time."""

    def __init__(self) -> None:
        self.time = NOW
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Server:
    """Answers one thing after the other, the last of them for ever, and remembers what was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.taken: list[str] = []
        self.clock = Clock()
        self.http = Http("The Box", self.clock, self._call, httpx.MockTransport(self._answer))

    @contextmanager
    def _call(self, what: str) -> Iterator[None]:
        self.taken.append(what)
        yield

    def _answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

    def read(self, url: str = URL) -> Response:
        return self.http.send("GET", url, what="things", writes=False)

    def write(self) -> Response:
        headers = {"Authorization": f"Bearer {SECRET}"}
        return self.http.send("POST", URL, what="things", writes=True, headers=headers, content=b"{}")


@contextmanager
def serving(*answers: Answer) -> Iterator[Server]:
    server = Server(*answers)
    yield server
    server.http.close()


def status(code: int, **headers: str) -> httpx.Response:
    return httpx.Response(
        code, headers={name.replace("_", "-"): value for name, value in headers.items()}, content=b"said"
    )


OK = status(200, x_total="3")
NEVER_SENT = [httpx.ConnectError("refused"), httpx.ConnectTimeout("too slow"), httpx.PoolTimeout("none is free")]
LOST = [
    httpx.ReadTimeout("too slow"),
    httpx.ReadError("cut off"),
    httpx.RemoteProtocolError("half a line"),
    httpx.WriteError("cut off"),
]


def called(trouble: object) -> str:
    """Name a case the same way in every process."""
    return str(getattr(trouble, "__name__", trouble))


def garbled(_: httpx.Request) -> httpx.Response:
    """An answer that says it is compressed, and is not."""
    return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"not gzip"))


# What comes back ------------------------------------------------------------------------------------------------------


def test_an_answer_has_its_status_its_headers_and_its_content() -> None:
    with serving(OK) as server:
        answer = server.read()

    assert (answer.status, answer.content, answer.headers["x-total"]) == (200, b"said", "3")
    assert (server.taken, server.clock.slept) == (["things"], [])


@pytest.mark.parametrize("code", [200, 201, 204, 301, 302, 400, 401, 403, 404, 409, 422])
@pytest.mark.parametrize("writes", [True, False])
def test_what_the_system_decided_is_an_answer(code: int, writes: bool) -> None:
    with serving(status(code)) as server:
        assert (server.write() if writes else server.read()).status == code
        assert len(server.asked) == 1


def test_a_redirect_is_not_followed_with_credentials_in_hand() -> None:
    with serving(status(302, location="https://elsewhere.example.com/")) as server:
        server.write()

    assert [each.url.host for each in server.asked] == ["api.example.nl"]


@pytest.mark.parametrize("writes", [True, False])
def test_a_soap_fault_travels_as_500_and_is_an_answer(writes: bool) -> None:
    fault = httpx.Response(500, content=b'<?xml version="1.0"?><soap:Envelope><soap:Fault/></soap:Envelope>')
    with serving(fault) as server:
        assert (server.write() if writes else server.read()).status == 500
        assert len(server.asked) == 1


# What is repeated -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [*NEVER_SENT, *LOST, garbled, *map(status, (429, 500, 502, 503, 504))], ids=called)
def test_a_read_is_repeated_until_it_is_answered(trouble: Answer) -> None:
    with serving(trouble, trouble, OK) as server:
        assert server.read().status == 200
        assert len(server.asked) == len(server.taken) == 3


@pytest.mark.parametrize("trouble", [*NEVER_SENT, *LOST, garbled, *map(status, (429, 500, 502, 503, 504))], ids=called)
def test_a_read_that_is_never_answered_ends_after_some_attempts(trouble: Answer) -> None:
    with serving(trouble) as server, pytest.raises(Unreachable) as caught:
        server.read()

    assert len(server.asked) == len(server.taken) == ATTEMPTS
    assert len(server.clock.slept) == ATTEMPTS - 1
    assert caught.value.system == "The Box"
    assert "Nothing was written" in caught.value.cure


@pytest.mark.parametrize("trouble", [*NEVER_SENT, status(429), status(503, retry_after="1")], ids=called)
def test_a_write_that_certainly_was_not_carried_out_is_repeated(trouble: Answer) -> None:
    with serving(trouble, trouble, OK) as server:
        assert server.write().status == 200
        assert len(server.asked) == 3


@pytest.mark.parametrize("trouble", [*LOST, garbled, *map(status, (500, 502, 503, 504))], ids=called)
def test_a_write_whose_answer_was_lost_is_never_repeated(trouble: Answer) -> None:
    with serving(trouble, OK) as server, pytest.raises(OutcomeUnknown) as caught:
        server.write()

    assert len(server.asked) == 1
    assert server.clock.slept == []
    assert caught.value.system == "The Box"
    assert "things" in caught.value.says


def test_a_write_that_was_repeated_and_then_lost_is_not_known() -> None:
    with serving(status(429), httpx.ReadTimeout("too slow"), OK) as server, pytest.raises(OutcomeUnknown):
        server.write()

    assert len(server.asked) == 2


def test_every_attempt_is_counted_before_it_is_made() -> None:
    with serving(status(500), OK) as server:

        @contextmanager
        def refuse(what: str) -> Iterator[None]:
            server.taken.append(what)
            if len(server.taken) == 2:
                raise LimitReached("The Box", "no calls are left")
            yield

        server.http._call = refuse
        with pytest.raises(LimitReached):
            server.read()

    assert len(server.asked) == 1


# How long it waits ----------------------------------------------------------------------------------------------------


def test_pauses_grow_and_never_come_in_step() -> None:
    with serving(status(500)) as server, pytest.raises(Unreachable):
        server.read()

    wished = [0.2, 0.4, 0.8, 1.6]
    assert all(0.75 * wish <= pause <= 1.25 * wish for wish, pause in zip(wished, server.clock.slept, strict=True))


@pytest.mark.parametrize("seconds", ["0", "1", "7", "60"])
def test_a_system_that_says_how_long_is_waited_for_as_long(seconds: str) -> None:
    with serving(status(429, retry_after=seconds), OK) as server:
        server.read()

    assert server.clock.slept == [float(seconds)]


def test_a_system_that_says_until_when_is_waited_for_until_then() -> None:
    with serving(status(503, retry_after=formatdate(NOW + 12, usegmt=True)), OK) as server:
        server.read()

    assert server.clock.slept == [12.0]


def test_a_moment_that_has_passed_is_not_waited_for() -> None:
    with serving(status(503, retry_after=formatdate(NOW - 500, usegmt=True)), OK) as server:
        server.read()

    assert server.clock.slept == [0.0]


@pytest.mark.parametrize("asked", [str(int(LONGEST_WAIT) + 1), "86400", formatdate(NOW + 3600, usegmt=True)])
def test_a_system_that_wants_to_be_left_alone_for_long_is_left_alone_for_now(asked: str) -> None:
    with serving(status(429, retry_after=asked), OK) as server, pytest.raises(Unreachable, match="status 429"):
        server.read()

    assert (len(server.asked), server.clock.slept) == (1, [])


@given(st.text(st.characters(codec="latin-1", categories=["L", "N", "P", "S", "Zs"]), max_size=12))
def test_whatever_stands_in_the_header_nothing_breaks(value: str) -> None:
    response = httpx.Response(503, headers=[(b"retry-after", value.encode("latin-1"))])
    with serving(response, OK) as server:
        try:
            server.read()
        except Unreachable:
            assert len(server.asked) == 1


# What it never says ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.nl/",
        "ftp://api.example.nl/",
        "http://127.0.0.1.example.nl/",
        "http://localhost.example.nl/",
        "api.example.nl",
        "",
    ],
)
def test_an_address_that_would_show_credentials_to_the_network_is_refused(url: str) -> None:
    with serving(OK) as server, pytest.raises(UsageError, match="is not safe to send credentials to") as caught:
        server.read(url)

    assert server.asked == []
    assert "https" in caught.value.cure


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.nl/",
        "HTTPS://api.example.nl/",
        "http://127.0.0.1:8080/",
        "http://localhost/",
        "http://[::1]:8080/",
    ],
)
def test_a_safe_address_or_this_machine_is_not_refused(url: str) -> None:
    refuse_plain_http("The Box", url)


@pytest.mark.parametrize("writes", [True, False])
@pytest.mark.parametrize(
    "trouble", [*NEVER_SENT, *LOST, garbled, status(429), status(500), status(502), OK], ids=called
)
def test_no_secret_is_ever_told(trouble: Answer, writes: bool, caplog: pytest.LogCaptureFixture) -> None:
    url = f"https://ada:{SECRET}@api.example.nl/things?key={SECRET}"
    headers = {"Authorization": f"Bearer {SECRET}"}
    said = ""
    with caplog.at_level(logging.INFO), serving(trouble) as server:
        try:
            server.http.send("POST", url, what="things", writes=writes, headers=headers, content=SECRET.encode())
        except ProviderError as error:
            said = f"{error} {error.cure} {error.code}"

    assert SECRET not in said
    assert SECRET not in caplog.text


def test_an_unsafe_address_is_told_without_what_stands_in_it() -> None:
    with pytest.raises(UsageError) as caught:
        refuse_plain_http("The Box", f"http://ada:{SECRET}@api.example.nl:81/things?key={SECRET}")

    assert SECRET not in str(caught.value)
    assert "'http://api.example.nl:81'" in str(caught.value)


@pytest.mark.parametrize("url", ["https://", "https://[", "https://api.example.nl:port/", "https:///things"])
@pytest.mark.parametrize("writes", [True, False])
def test_what_is_no_address_is_told_before_anything_is_sent(url: str, writes: bool) -> None:
    with serving(OK) as server, pytest.raises(UsageError, match="is not an address"):
        server.http.send("POST", f"{url}?key={SECRET}", what="things", writes=writes)

    assert server.asked == []


def test_an_answer_that_cannot_be_read_is_quoted_at_its_beginning() -> None:
    error = nonsense("The Box", "things", b"<html>\nWe are \xff away" + b"." * 500)

    assert str(error).startswith("The Box: the answer to things cannot be read: it begins with '<html> We are")
    assert len(str(error)) < 200


@pytest.mark.parametrize("content", [b"", b" \n"])
def test_an_answer_of_nothing_is_told_as_such(content: bytes) -> None:
    assert nonsense("The Box", "things", content).says == "the answer to things cannot be read: it is empty"


def test_an_answer_that_comes_twice_is_never_taken_for_that_to_the_next_request() -> None:
    said = iter(f"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{number}" for number in range(1, 9))

    class Twice(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while self.request.recv(4096):
                self.request.sendall((next(said) * 2).encode())

    with socketserver.TCPServer(("127.0.0.1", 0), Twice) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        http = Http("The Box", Clock())
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        answers = [http.send("GET", url, what="things", writes=False).content for _ in range(3)]
        http.close()
        server.shutdown()
        serving.join()

    assert answers == [b"1", b"2", b"3"]


@pytest.mark.parametrize(("writes", "expected"), [(False, Unreachable), (True, OutcomeUnknown)])
def test_an_answer_that_comes_byte_by_byte_and_never_ends_is_no_answer(
    writes: bool, expected: type[ProviderError]
) -> None:
    enough = threading.Event()

    class Drips(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(4096)
            self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            with suppress(OSError):
                while not enough.wait(0.01):
                    self.request.sendall(b"x")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Drips) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        http = Http("The Box", Clock(), wire=Network(timeout=5, patience=0.05))
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        try:
            with pytest.raises(expected, match="did not come to its end"):
                http.send("POST" if writes else "GET", url, what="things", writes=writes)
        finally:
            http.close()
            enough.set()
            server.shutdown()
            serving.join()
