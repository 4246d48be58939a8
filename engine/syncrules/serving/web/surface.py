"""Everything that can be asked over HTTP: how a worker is (`/health`, `/ready`), deliveries of webhooks, and pages.

Whatever goes wrong is told by its status alone: nothing that was sent comes back.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from litestar import Litestar, Request, Response, get, post
from litestar.exceptions import HTTPException, ServiceUnavailableException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

if TYPE_CHECKING:
    from litestar.types import Message, Scope

Answer = Callable[[], tuple[bool, Mapping[str, Any]]]
"""Gives whether all is well, and what is told."""
Known = Callable[[str, str, str], int]
"""Says whether anybody calls there: connection, side, key; gives 202, or the HTTP status that whoever calls is told."""
Deliver = Callable[[str, str, str, Mapping[str, str], bytes], int]
"""Takes in what another system sends: connection, side, key, headers in small letters, body as it came; gives the HTTP status."""
Broke = Callable[[str, Exception], None]
"""Is told what should not have happened: what was asked, and the mistake."""

LARGEST = 1_000_000
"""Bytes of a delivery."""
ARRIVING = 5.0
"""Seconds in which its body must have arrived."""
IN_HAND = 100
"""So many deliveries of one system may be in hand; whoever sends one more is told to send it again. Nobody takes up the room of another."""
HANDS = 4
"""So many are taken in at the same time; they wait for each other at the state store anyway."""
HEADERS = {b"cache-control": b"no-store", b"x-content-type-options": b"nosniff"}
"""Stand in every answer that does not say otherwise."""


def surface(
    answers: Mapping[str, Answer],
    *,
    deliver: Deliver | None = None,
    known: Known = lambda *_: 202,
    broke: Broke = lambda *_: None,
    pages: Sequence[HTTPRouteHandler] = (),
) -> Litestar:
    """Make what answers.

    Args:
        answers: what is asked → how it is.
        deliver: is called in a thread of its own; without it there is no place for deliveries.
        known: is asked before anything else, also in a thread of its own; whoever is a stranger to it takes up no room.
        broke: is told of what ends in a 500.
        pages: what answers browsers (`site`).
    """

    def told(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if not isinstance(error, HTTPException):
            broke(f"{request.method} {request.route_handler.name}", error)
        return Response({"error": HTTPStatus(status).phrase}, status_code=status)

    handlers = [asked(path, answer) for path, answer in answers.items()]
    doors = [Door(known, deliver)] if deliver is not None else []
    return Litestar(
        [*handlers, *(each.handler() for each in doors), *pages],
        lifespan=[each.open for each in doors],
        exception_handlers={Exception: told},
        before_send=[_add_headers],
        openapi_config=None,
        logging_config=None,
    )


def asked(path: str, answer: Answer) -> HTTPRouteHandler:
    """Make what tells how a worker is."""

    @get(path, name=path, sync_to_thread=True, raises=[ServiceUnavailableException])
    def ask() -> Response[dict[str, Any]]:
        well, told = answer()
        return Response(dict(told), status_code=200 if well else 503)

    return ask


class Door:
    """Where deliveries come in: as many at a time as can be held, and taken in by hands of their own.

    So whoever asks how the worker is never stands behind a flood, and who calls where nobody does is told so before a byte of what
    they send is read.
    """

    def __init__(self, known: Known, deliver: Deliver) -> None:
        self.known, self.deliver = known, deliver
        self.inside: Counter[tuple[str, str]] = Counter()

    @asynccontextmanager
    async def open(self, _: Litestar) -> AsyncIterator[None]:
        """Let deliveries in while inside."""
        self.hands = ThreadPoolExecutor(HANDS, thread_name_prefix="delivery")
        self.asking = ThreadPoolExecutor(1, thread_name_prefix="door")
        try:
            yield
        finally:
            self.asking.shutdown(wait=False, cancel_futures=True)
            self.hands.shutdown(wait=False, cancel_futures=True)  # whoever is being answered was waited for already

    def handler(self) -> HTTPRouteHandler:
        """Make what is called for each delivery."""

        @post(
            "/hooks/{connection:str}/{side:str}/{key:str}", name="hooks", request_max_body_size=LARGEST, status_code=202
        )
        async def hooks(
            connection: FromPath[str], side: FromPath[str], key: FromPath[str], request: Request[Any, Any, Any]
        ) -> Response[bytes]:
            status = await _by(self.asking, partial(self.known, connection, side, key))
            if status != 202:
                return _refused(status)
            if self.inside[connection, side] >= IN_HAND:
                return _refused(503)
            self.inside[connection, side] += 1
            try:
                async with asyncio.timeout(ARRIVING):
                    body = await request.body()
                take = partial(self.deliver, connection, side, key, _headers(request), body)
                status = await _by(self.hands, take)
            except TimeoutError:
                return _refused(408)
            finally:
                self.inside -= Counter({(connection, side): 1})
            return Response(b"", status_code=status, media_type="text/plain")

        return hooks


async def _by(hands: ThreadPoolExecutor, do: Callable[[], int]) -> int:
    return await asyncio.get_running_loop().run_in_executor(hands, do)


def _refused(status: int) -> Response[bytes]:
    """Answer without having read what was sent; it is hung up, so that nobody has to."""
    return Response(b"", status_code=status, media_type="text/plain", headers={"connection": "close"})


def _headers(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Give the headers, those that came twice as one."""
    return {name: ", ".join(request.headers.getall(name)) for name in request.headers}


async def _add_headers(message: Message, _: Scope) -> None:
    if message["type"] == "http.response.start":
        headers = list(message["headers"])
        there = {name.lower() for name, _ in headers}
        message["headers"] = [*headers, *(each for each in HEADERS.items() if each[0] not in there)]
