"""Answer over HTTP in a thread of our own: uvicorn carries it out, and nobody who is slow keeps anybody waiting."""

from __future__ import annotations

import asyncio
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
AT_ONCE = 1000
"""So many may be connected; whoever comes then is told to come again."""


class Impatient(H11Protocol):
    """One connection, which is hung up on when it is too slow: uvicorn itself waits as long as it takes."""

    _limit: asyncio.TimerHandle | None = None
    _between = False
    """Whether one request was answered, and the next one has not begun."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._hang_up_in(ARRIVING)

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
        server_header=False, limit_concurrency=AT_ONCE, timeout_graceful_shutdown=STOPPING,
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


def _here(host: str) -> str:
    """Give an address at which this machine reaches what answers at all of them: nobody can ask for 0.0.0.0."""
    with suppress(ValueError):
        if ip_address(host).is_unspecified:
            return "::1" if ":" in host else HERE
    return host


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host
