"""Who may look at the pages: whoever opened a link that was printed, which opens once. All workers of a state store know who came in.

A browser asks under the name that it was given; a name that somebody else made lead here (DNS rebinding) is not answered.
An address in digits can be nobody else's name. What a proxy says of itself in headers is not believed: anybody can say it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from syncrules.memory import passes
from syncrules.memory.store import Store


class Entrance:
    """The door to the pages.

    Args:
        host: the address at which this worker answers.
        store: opens the state store.
        outside: the origin under which browsers come through a reverse proxy, such as `https://sync.example`; empty if there is none.
    """

    def __init__(self, host: str, store: Callable[[], Store], *, outside: str = "") -> None:
        self.names = {"localhost", host.lower(), urlsplit(outside).hostname}
        self.outside = outside
        self.address = outside
        """Under which browsers come; without a proxy it is known when somebody answers."""
        self.secure = outside.startswith("https:")
        self._open = store

    @property
    def cookie(self) -> str:
        """The name of the cookie that a browser keeps, the same for all workers behind one address.

        Cookies do not know of ports: who answers at another port of this machine has another name for its own. `__Host-` is what no
        neighbour of that name (such as other.sync.example) can set.
        """
        port = urlsplit(self.address).port
        return f"{'__Host-' if self.secure else ''}syncrules{f'-{port}' if port else ''}"

    def link(self) -> str:
        """Make a link that opens once, and not for long.

        Raises:
            StateError: the state store is away; so of all that follows.
        """
        with self._open() as store:
            return f"{self.address}{passes.invite(store, time.time())}"

    def enter(self, ticket: str) -> str | None:
        """Let somebody in; gives what the browser is known by from now on, or None if this opens nothing."""
        with self._open() as store:
            return passes.enter(store, ticket, time.time())

    def leave(self, pass_: str) -> None:
        """Let somebody out."""
        with self._open() as store:
            passes.leave(store, pass_)

    def admits(self, asked: ASGIConnection[Any, Any, Any, Any]) -> bool:
        """Say whether whoever asks came in."""
        pass_ = asked.cookies.get(self.cookie, "")
        if not pass_:
            return False
        with self._open() as store:
            return passes.known(store, pass_, time.time())

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
