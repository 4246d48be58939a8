"""A small HTTP server on 127.0.0.1 for every sandbox: routing is the sandbox's, manners and mishaps are here."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Literal, Self


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    """Path and query as sent, still percent-encoded."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Mishap = Literal["before", "after", "garbage", "bad gateway"] | int | Answer
"""`before`: the connection breaks and nothing was done; `after`: it was done but the answer is lost;
`garbage`: done, and the answer is no answer; `bad gateway`: done, and something on the way says that it failed;
a number or an answer: refused with that HTTP status or that answer, nothing done."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request as the sandbox saw it: `what` is the vendor's own word for it (an operation, an entity set)."""

    method: str
    what: str
    writes: bool
    status: int


class _Server(ThreadingHTTPServer):
    """Sleep until somebody calls, and end at once when asked to."""

    daemon_threads = True
    request_queue_size = 128
    _ended = False

    def serve(self) -> None:
        while not self._ended:
            self.handle_request()

    def end(self) -> None:
        self._ended = True
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.server_port), timeout=1).close()  # wakes it

    def verify_request(self, request: object, client_address: object) -> bool:
        return not self._ended

    def handle_error(self, request: object, client_address: object) -> None:
        pass


class Sandbox:
    """Serve one invented system.

    A sandbox answers in `respond`, says in `describe` what a request is, and keeps one lock around its data, so that a
    test may look at the data and change it "as a person" while the server runs.
    """

    country: ClassVar[str] = ""
    """The one country whose books it keeps, if that matters to whoever stands beside it."""

    def __init__(self, *, port: int = 0, latency: float = 0.0) -> None:
        self.lock = threading.RLock()
        self.calls: list[Call] = []
        self.latency = latency
        """Seconds that every answer takes."""
        self._port = port
        self._mishaps: list[tuple[Mishap, Callable[[Request], bool]]] = []
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    # What a sandbox says for itself -----------------------------------------------------------------------------

    def respond(self, request: Request) -> Answer:
        raise NotImplementedError

    def describe(self, request: Request) -> tuple[str, bool]:
        """Say the vendor's word for this request, and whether it writes."""
        raise NotImplementedError

    @property
    def answers(self) -> dict[str, str]:
        """What a connection to it is asked: credentials and addresses, by the names that its system's connector uses."""
        raise NotImplementedError

    @classmethod
    def seeded(cls, size: int, *, port: int = 0, country: str = "") -> Self:
        """Make one that tells the story, with so many relations in the crowd.

        Args:
            country: that of the books that it stands beside, if they are of one.
        """
        from syncrules_providers.sandboxes.story import tell

        make: Any = cls  # every sandbox of a system takes its story first; this one is of no system
        sandbox: Self = make(tell(size), port=port)
        return sandbox

    # What a test or a person does with it -----------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The address without a slash at the end, such as `http://127.0.0.1:8080`."""
        assert self._server is not None, "the sandbox has not been started"
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def writes(self) -> list[Call]:
        """The requests that wrote something, in order."""
        return [each for each in self.calls if each.writes and each.status < 400]

    def mishap(self, kind: Mishap, *, when: Callable[[Request], bool] = lambda _: True) -> None:
        """Let the next request that fits go wrong, once."""
        with self.lock:
            self._mishaps.append((kind, when))

    def start(self) -> Self:
        sandbox = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body leave together and at once; else each answer waits 40 ms for a delayed acknowledgement.
            disable_nagle_algorithm = True
            wbufsize = -1

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except (ConnectionError, TimeoutError):
                    self.close_connection = True

            def serve(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                request = Request(
                    self.command,
                    self.path,
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(length),
                )
                answer = sandbox._handle(request)
                if answer is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", self._port), Handler)
        self._thread = threading.Thread(target=self._server.serve, name=f"{type(self).__name__} serves", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.end()
            self._thread.join()
            self._server.server_close()
            self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # The road of one request ------------------------------------------------------------------------------------

    def _handle(self, request: Request) -> Answer | None:
        if self.latency:
            time.sleep(self.latency)
        with self.lock:
            mishap = next((each for each in self._mishaps if each[1](request)), None)
            if mishap is not None:
                self._mishaps.remove(mishap)
            kind = mishap[0] if mishap else None
            what, writes = self.describe(request)
            if kind == "before":
                return None
            refusal = Answer(kind) if isinstance(kind, int) else kind if isinstance(kind, Answer) else None
            answer = refusal or self.respond(request)
            self.calls.append(Call(request.method, what, writes, answer.status))
            if kind == "after":
                return None
            if kind == "garbage":
                return Answer(200, b"<html><h1>Even geduld", {"Content-Type": "text/html"})
            if kind == "bad gateway":
                return Answer(502, b"<html><h1>Bad Gateway", {"Content-Type": "text/html"})
            return answer
