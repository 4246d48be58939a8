"""Stand between a process and a sandbox: pass on what comes, let go wrong what a script says, tell of every moment.

What goes wrong here goes wrong on the way: the sandbox answers as ever, and neither side knows of the proxy.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self, get_args

Fault = Literal[
    "slow", "lost request", "lost answer", "half answer", "answer twice", "bad gateway", "bad gateway, done", "unavailable",
    "unavailable, done", "too many", "kill before", "kill during", "kill after",
]  # fmt: skip
"""What happens to one request.

| fault | the request arrives | the answer |
| --- | --- | --- |
| slow | yes | comes a while later |
| lost request | no | none: the connection breaks |
| lost answer | yes | none: the connection breaks |
| half answer | yes | breaks off in the middle |
| answer twice | yes | comes twice, one right behind the other |
| bad gateway | no | 502 |
| bad gateway, done | yes | 502 |
| unavailable | no | 503, with a time to come back |
| unavailable, done | yes | 503, without one |
| too many | no | 429, with a time to come back |
| kill before | no | the process is dead |
| kill during | yes | half of it arrives, then the process is dead |
| kill after | yes | the process is dead before any of it leaves |
"""
FAULTS: tuple[Fault, ...] = get_args(Fault)
DEADLY: tuple[Fault, ...] = ("kill before", "kill during", "kill after")
NOT_PASSED_ON: frozenset[Fault] = frozenset({"lost request", "bad gateway", "unavailable", "too many", "kill before"})
BREAKS_OFF: frozenset[Fault] = frozenset({"half answer", "kill during"})
SAID: Mapping[Fault, tuple[int, Mapping[str, str]]] = {
    "bad gateway": (502, {}),
    "bad gateway, done": (502, {}),
    "unavailable": (503, {"Retry-After": "1"}),
    "unavailable, done": (503, {}),
    "too many": (429, {"Retry-After": "1"}),
}
"""What something on the way answers instead."""
AWHILE = 0.4
"""Seconds by which a slow answer is late."""
_OF_A_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request, on its way from the process to the sandbox."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class FaultProxy:
    """Serve on 127.0.0.1 what another server on this machine serves.

    A script is asked once for every request, in the order in which they come, one at a time.
    """

    target: str
    """The address of the sandbox, such as `http://127.0.0.1:8080`."""
    script: Callable[[Exchange], Fault | None] = lambda _: None
    kill: Callable[[], None] = lambda: None
    """End the process, and come back when it is dead."""
    befell: list[tuple[Fault, Exchange]] = field(default_factory=list)
    """What has gone wrong so far."""

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._change = threading.Condition(self._lock)
        self._seen: set[Any] = set()
        self._open: set[Any] = set()
        self._server = _server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where the process finds the sandbox, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def settle(self) -> None:
        """Wait until all that a dead process had sent has been dealt with."""
        # Connections are taken up in the order in which they came: when this one was, those of the process were.
        with socket.create_connection(self._server.server_address[:2]) as last:  # type: ignore[arg-type]  # it is no Unix socket
            me = last.getsockname()
        with self._change:
            assert self._change.wait_for(lambda: me in self._seen and not self._open, timeout=60), "a request hangs"

    # The road of one request ------------------------------------------------------------------------------------

    def _opened(self, address: Any) -> None:
        with self._change:
            self._seen.add(address)
            self._open.add(address)

    def _closed(self, address: Any) -> None:
        with self._change:
            self._open.discard(address)
            self._change.notify_all()

    def _carry(self, exchange: Exchange, onward: http.client.HTTPConnection) -> tuple[_Answer | None, Fault | None]:
        """Carry one request there; give what comes back, if anything, and what went wrong."""
        with self._lock:
            fault = self.script(exchange)
            if fault is not None:
                self.befell.append((fault, exchange))
        if fault == "kill before":
            self.kill()
        answer = None if fault in NOT_PASSED_ON else _passed_on(exchange, onward)
        if fault == "kill after":
            self.kill()
        if fault == "slow":
            time.sleep(AWHILE)
        if fault is not None and fault in SAID:
            status, headers = SAID[fault]
            answer = _Answer(status, {"Content-Type": "text/html", **headers}, b"<html><h1>Even geduld")
        return None if fault in ("lost answer", "kill after") else answer, fault


def _passed_on(exchange: Exchange, onward: http.client.HTTPConnection) -> _Answer:
    onward.request(exchange.method, exchange.path, exchange.body or None, dict(exchange.headers))
    got = onward.getresponse()
    return _Answer(got.status, dict(got.getheaders()), got.read())


def _server(proxy: FaultProxy) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def setup(self) -> None:
            super().setup()
            self.onward = http.client.HTTPConnection(proxy.target.rpartition("/")[2])

        def finish(self) -> None:
            self.onward.close()
            with suppress(OSError):  # nobody is there any more
                super().finish()

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (OSError, http.client.HTTPException):
                self.close_connection = True

        def serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length)
            if len(body) < length:
                self.close_connection = True  # whoever was sending it is gone
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            exchange = Exchange(
                self.command,
                self.path,
                {name: value for name, value in headers.items() if name not in _OF_A_CONNECTION},
                body,
            )
            answer, fault = proxy._carry(exchange, self.onward)
            if answer is None:
                self.close_connection = True
                return
            self.write(answer, half=fault in BREAKS_OFF)
            if fault == "answer twice":
                self.write(answer)
            if fault == "kill during":
                proxy.kill()

        def write(self, answer: _Answer, *, half: bool = False) -> None:
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in _OF_A_CONNECTION:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body[: len(answer.body) // 2] if half else answer.body)
            if half:
                self.wfile.flush()
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def process_request(self, request: Any, client_address: Any) -> None:
            proxy._opened(client_address)
            super().process_request(request, client_address)

        def process_request_thread(self, request: Any, client_address: Any) -> None:
            try:
                super().process_request_thread(request, client_address)
            finally:
                proxy._closed(client_address)

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    return Server(("127.0.0.1", 0), Handler)
