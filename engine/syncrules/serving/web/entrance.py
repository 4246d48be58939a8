"""Who may look at the pages: whoever opened a link that was printed. Each link opens once, and then there is another.

A browser asks under the name that it was given; a name that somebody else made lead here (DNS rebinding) is not answered.
An address in digits can be nobody else's name. What a proxy says of itself in headers is not believed: anybody can say it.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler

STAYS = 12 * 3600.0
"""Seconds for which somebody may look who came in."""


class Entrance:
    """The door to the pages of one worker.

    Args:
        host: the address at which it answers.
        outside: the origin under which browsers come through a reverse proxy, such as `https://sync.example`; empty if there is none.
        opened: is called when a link was used, and is worth nothing any more.
    """

    def __init__(self, host: str, opened: Callable[[], object] = lambda: None, *, outside: str = "") -> None:
        self.names = {"localhost", host.lower(), urlsplit(outside).hostname}
        self.outside = outside
        self.opened = opened
        self.secure = outside.startswith("https:")
        # Cookies do not know of ports: another worker on this machine has another name for its own. `__Host-` is what no neighbour
        # of that name (such as other.sync.example) can set.
        self.cookie = f"{'__Host-' if self.secure else ''}syncrules-{secrets.token_hex(4)}"
        self._ticket = secrets.token_urlsafe(32)
        self._inside: dict[str, float] = {}

    @property
    def link(self) -> str:
        """The path that opens once."""
        return f"/enter?ticket={self._ticket}"

    def enter(self, ticket: str) -> str | None:
        """Let somebody in; gives what the browser is known by from now on, or None if this opens nothing."""
        if not secrets.compare_digest(ticket.encode(), self._ticket.encode()):
            return None
        self._ticket = secrets.token_urlsafe(32)
        now = time.monotonic()
        self._inside = {each: until for each, until in self._inside.items() if until > now}
        pass_ = secrets.token_urlsafe(32)
        self._inside[_digest(pass_)] = now + STAYS
        self.opened()
        return pass_

    def leave(self, pass_: str) -> None:
        """Let somebody out: what the browser was known by opens nothing any more, whoever has a copy of it."""
        self._inside.pop(_digest(pass_), None)

    def known(self, pass_: str) -> bool:
        """Say whether somebody came in, and not too long ago."""
        return self._inside.get(_digest(pass_), 0.0) > time.monotonic()

    def is_ours(self, host: str) -> bool:
        """Say whether this is our name, or our address."""
        name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        try:
            ip_address(name)
        except ValueError:
            return name.lower() in self.names
        return True

    def named_rightly(self, asked: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """Let pass what is asked under our name.

        Raises:
            PermissionDeniedException: it was asked under another.
        """
        if not self.is_ours(asked.headers.get("host", "")):
            raise PermissionDeniedException

    def asked_here(self, asked: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """Let pass what one of our pages asks: a browser says whose page it is that lets it ask, and no page can say otherwise.

        What is asked without TLS, or by an older browser, comes without `Sec-Fetch-Site`, but with the origin of that page.

        Raises:
            PermissionDeniedException: another page lets it ask, or it is no browser.
        """
        site, origin = asked.headers.get("sec-fetch-site"), asked.headers.get("origin", "")
        ours = origin == self.outside or origin.partition("://")[2] == asked.headers.get("host", "").lower()
        if site != "same-origin" if site else not (origin and ours):
            raise PermissionDeniedException

    def admits(self, asked: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """Let pass whoever came in.

        Raises:
            NotAuthorizedException: nobody knows who this is.
        """
        if not self.known(asked.cookies.get(self.cookie, "")):
            raise NotAuthorizedException


def _digest(pass_: str) -> str:
    """Nothing that is kept opens anything; and how long a look-up takes says nothing."""
    return hashlib.sha256(pass_.encode()).hexdigest()
