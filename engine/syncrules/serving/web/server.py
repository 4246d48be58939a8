"""Answer over HTTP in a thread of our own: uvicorn carries it out, and nobody who is slow keeps anybody waiting."""

from __future__ import annotations

import asyncio
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from threading import Thread
from typing import TYPE_CHECKING

import uvicorn
from h11 import IDLE, SEND_BODY
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from litestar import Litestar

HERE = "127.0.0.1"
ARRIVING = 10.0
"""Seconds in which a request must have arrived, its last byte too."""
ANSWERING = 45.0
"""Seconds in which it must have been answered, and the answer been read: whoever waits for a lock of the store does so for 30."""
STOPPING = 3
"""Seconds for which those are waited for that are being answered when it is time to stop."""
BETWEEN = 5
"""Seconds after which whoever was answered, and asks nothing more, is hung up on."""
AT_ONCE = 1000
"""So many may be connected, and fewer where this process may not open twice as many files; who comes then takes the place of whoever
has asked nothing for the longest."""
FILES = 65_536
"""So many files it asks to be allowed to open; whatever is connected counts as one."""
AT_THE_DOOR = 128
"""So many may knock before they are let in, and are let in at once."""


class Impatient(H11Protocol):
    """One connection, which is hung up on when it is too slow: uvicorn itself waits as long as it takes."""

    _limit: asyncio.TimerHandle | None = None
    _since = 0.0
    """When nothing was asked any more."""
    _between = False
    """Whether one request was answered, and the next one has not begun."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._hang_up_in(ARRIVING)
        self._since = self.loop.time()
        assert self.limit_concurrency is not None
        if len(self.connections) >= self.limit_concurrency:
            # This one too, if all others are being answered.
            idle = [each for each in self.connections if isinstance(each, Impatient) and each.idle]
            first = min(idle, key=lambda each: each._since)
            self.connections.discard(first)
            first.transport.abort()

    @property
    def idle(self) -> bool:
        """Whether nothing was asked that is still to be answered."""
        return self.cycle is None or self.cycle.response_complete

    def data_received(self, data: bytes) -> None:
        if self._between:
            self._between = False
            self._hang_up_in(ARRIVING)
        arriving = self._arrives
        super().data_received(data)
        if arriving and not self._arrives:
            self._hang_up_in(ANSWERING)

    @property
    def _arrives(self) -> bool:
        return self.conn.their_state in (IDLE, SEND_BODY)

    def on_response_complete(self) -> None:
        self._between = True
        self._since = self.loop.time()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._hang_up_in(None)
        super().connection_lost(exc)

    def _hang_up_in(self, seconds: float | None) -> None:
        if self._limit is not None:
            self._limit.cancel()
        self._limit = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)


class Server(uvicorn.Server):
    """A server that says nothing, and comes to its end whoever still listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # What somebody sends who knows no HTTP is no news.
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        for each in list(self.server_state.connections):
            each.transport.abort()


@contextmanager
def answering(app: Litestar, port: int, host: str = HERE) -> Iterator[str]:
    """Answer while inside, and give the address.

    Args:
        port: 0 for any that is free.

    Raises:
        OSError: somebody else answers at this port, or this machine has no such address.
    """
    config = uvicorn.Config(
        app, http=Impatient, ws="none", lifespan="on", log_config=None, log_level="critical", access_log=False,
        server_header=False, backlog=AT_THE_DOOR, limit_concurrency=_most() + 1, timeout_keep_alive=BETWEEN,
        timeout_graceful_shutdown=STOPPING,
    )  # fmt: skip
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listening:
        server = Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, name="http")
        thread.start()
        try:
            while thread.is_alive() and not server.started:
                time.sleep(0.01)
            yield f"http://{_written(_here(host))}:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _most() -> int:
    """Let this process open as many files as it may, and give how many may be connected: half are left to state files and calls."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES if hard == resource.RLIM_INFINITY else min(hard, FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(OSError, ValueError):  # a machine may have a limit beyond the one that it tells
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
    may = FILES if soft == resource.RLIM_INFINITY else soft
    return max(1, min(AT_ONCE, (may - AT_THE_DOOR) // 2))


def _here(host: str) -> str:
    """Give an address at which this machine reaches what answers at all of them: nobody can ask for 0.0.0.0."""
    with suppress(ValueError):
        if ip_address(host).is_unspecified:
            return "::1" if ":" in host else HERE
    return host


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host
