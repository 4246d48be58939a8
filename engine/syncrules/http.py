"""One well-mannered HTTP client: retries, call limits, no secrets in logs. The only place that knows httpx.

A read is repeated while that may help. A write is repeated only if it certainly was not carried out; when its answer is lost,
`OutcomeUnknown` says so and somebody who can look it up decides.
"""

from __future__ import annotations

import logging
import random
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache, partial
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from syncrules.errors import Nonsense, OutcomeUnknown, Unreachable, UsageError

log = logging.getLogger("syncrules.http")
logging.getLogger("httpx").addFilter(lambda _: False)  # it writes whole addresses, and a key may stand in one

ATTEMPTS = 5
LONGEST_WAIT = 60.0
"""Seconds; a server that asks for more than this is called unreachable for now."""


class Clock(Protocol):
    """Time, handed in so that a simulator can turn it."""

    def now(self) -> float:
        """Seconds since 1970, UTC."""

    def sleep(self, seconds: float) -> None: ...


class StillClock:
    """A clock that stands still until somebody waits for it."""

    def __init__(self, moment: float) -> None:
        self.moment = moment

    def now(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += max(0.0, seconds)


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes


class Broken(Exception):
    """The connection broke before an answer came; `sent` tells whether the request may have arrived."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


class Wire(Protocol):
    """What carries one request there and its answer back, once; handed in so that a simulator can cut it."""

    def carry(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Response:
        """Carry a request.

        Raises:
            Broken: no answer came.
        """

    def close(self) -> None: ...


class Network:
    """The real network, by httpx.

    Args:
        timeout: how many seconds nothing may come.
        patience: how many seconds an answer may take as a whole: a byte now and then would else hold a run up for ever.
    """

    def __init__(
        self, transport: httpx.BaseTransport | None = None, timeout: float = 60.0, patience: float = 900.0
    ) -> None:
        self._patience = patience
        # A connection for each request: what is left over from one can never be taken for the answer to the next, and no
        # write is lost because the other end has just let go of a connection that nobody used.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.Client(
            timeout=timeout, transport=transport, verify=_trusted(), follow_redirects=False, limits=limits
        )

    def carry(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Response:
        try:
            with self._client.stream(method, url, headers=dict(headers), content=content) as answer:
                return Response(answer.status_code, dict(answer.headers), self._whole(answer))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Broken(_said(error), sent=False) from error
        except httpx.RequestError as error:
            raise Broken(_said(error), sent=True) from error

    def _whole(self, answer: httpx.Response) -> bytes:
        """Read an answer to its end."""
        began, parts = time.monotonic(), list[bytes]()
        for part in answer.iter_bytes():
            parts.append(part)
            if time.monotonic() - began > self._patience:
                raise Broken(f"it did not come to its end in {self._patience:g} seconds", sent=True)
        return b"".join(parts)

    def close(self) -> None:
        self._client.close()


class Http:
    """Talk to one system.

    Args:
        system: its title, for messages.
        clock: where time comes from.
        call: around every request, with the word for it; waits for, or refuses, a call by the declared limits.
        transport: an httpx transport, for tests.
        wire: what carries the requests; the real network if left out.
        chance: gives numbers from 0 up to 1, so that not everybody comes back at the same moment.
    """

    def __init__(
        self,
        system: str,
        clock: Clock,
        call: Callable[[str], AbstractContextManager[None]] = lambda _: nullcontext(),
        transport: httpx.BaseTransport | None = None,
        wire: Wire | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.system = system
        self._clock = clock
        self._call = call
        self._wire = wire if wire is not None else Network(transport)
        self._chance = chance
        self.watch: Callable[[str, Callable[[], Response]], Response] = lambda _, carry: carry()
        """Carries out each request, by its method; whoever looks on puts itself here."""
        self.skew: float | None = None
        """Seconds that the system's clock is ahead of ours, as its last answer said; None if none has."""

    def send(
        self,
        method: str,
        url: str,
        *,
        what: str,
        writes: bool,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Response:
        """Send one request and return the answer, whatever its status below 500 except 429.

        Args:
            what: the system's own word for this call (an operation, a resource), for limits and messages.
            writes: whether carrying it out twice could do harm.

        Raises:
            Unreachable: no answer, or only 429 and 5xx, after several attempts; nothing was written.
            OutcomeUnknown: a write whose answer was lost.
        """
        refuse_plain_http(self.system, url)
        trouble = ""
        for attempt in range(ATTEMPTS):
            try:
                with self._call(what):
                    answer = self.watch(method, partial(self._wire.carry, method, url, headers or {}, content))
            except httpx.InvalidURL as error:
                raise _not_an_address(self.system, url) from error
            except Broken as error:
                if writes and error.sent:
                    raise OutcomeUnknown(self.system, f"the answer to {what} was lost ({error})") from error
                trouble = (
                    f"no answer to {what} ({error})" if error.sent else f"{_host(url)} cannot be reached ({error})"
                )
                wait = None
            else:
                self.skew = _skew(answer, self._clock.now(), self.skew)
                if answer.status != 429 and answer.status < 500:
                    return answer
                # A SOAP fault travels as 500: it is an answer, and the caller reads it.
                if answer.status == 500 and b"Envelope" in answer.content[:300]:
                    return answer
                # 503 alone may come from something on the way, after the system did it; with a time to come back it refused.
                refused = answer.status == 429 or (answer.status == 503 and "retry-after" in answer.headers)
                if writes and not refused:
                    raise OutcomeUnknown(self.system, f"{what} was answered with status {answer.status}")
                trouble = f"{what} was answered with status {answer.status}"
                wait = _retry_after(answer, self._clock.now())
            if attempt + 1 < ATTEMPTS:
                pause = wait if wait is not None else min(LONGEST_WAIT, 0.2 * 2**attempt) * (0.75 + self._chance() / 2)
                if pause > LONGEST_WAIT:
                    break
                log.info("%s: %s; next attempt in %.1f s", self.system, trouble, pause)
                self._clock.sleep(pause)
        raise Unreachable(
            self.system,
            trouble,
            cure="Nothing was written by this call. Check the network and the address, then run again.",
        )

    def now(self) -> float:
        """Tell the time by the clock that was handed in, for what expires (a token, a session)."""
        return self._clock.now()

    def close(self) -> None:
        self._wire.close()


def refuse_plain_http(system: str, url: str) -> None:
    """Refuse an address that would send credentials in clear text over a network.

    Raises:
        UsageError: the address is not https and not on this machine.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise _not_an_address(system, url) from error
    if parts.scheme == "https" and not parts.hostname:
        raise _not_an_address(system, url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        return
    raise UsageError(
        f"{system}: the address '{parts.scheme}://{_host(url)}' is not safe to send credentials to",
        cure="Use an https address; plain http is accepted for this machine only.",
    )


def _host(url: str) -> str:
    """Tell where an address leads, without the credentials that may stand in it."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _not_an_address(system: str, url: str) -> UsageError:
    shown = url.partition("?")[0].rpartition("@")[2]
    return UsageError(f"{system}: '{shown}' is not an address", cure="Correct the address; it begins with https://.")


def nonsense(system: str, what: str, content: bytes) -> Nonsense:
    """Make the error for an answer that cannot be read; it quotes the beginning of it."""
    quote = content[:80].decode("utf-8", "replace").replace("\n", " ").strip()
    because = f"it begins with '{quote}'" if quote else "it is empty"
    return Nonsense(
        system,
        f"the answer to {what} cannot be read: {because}",
        cure="Nothing was taken from it. If this stays, the system or something on the way to it has changed.",
    )


@cache
def _trusted() -> ssl.SSLContext:
    """Read once per process whom the machine trusts: it takes longer than a call."""
    return httpx.create_ssl_context()


def _retry_after(answer: Response, now: float) -> float | None:
    """Read how long the system wants to be left alone: it says how many seconds, or until when."""
    value = answer.headers.get("retry-after", "")
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)


def _skew(answer: Response, now: float, before: float | None) -> float | None:
    """Tell by how much the clock of whoever answered is ahead of ours, where it says what time it is."""
    try:
        return parsedate_to_datetime(answer.headers["date"]).replace(tzinfo=UTC).timestamp() - now
    except (KeyError, ValueError):
        return before


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
