"""Who may call: applications that a person lets in, exchange tokens, and the pairs of tokens that they give."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from syncrules_providers.sandboxes.server import Request
from syncrules_providers.sandboxes.winbooks_assumed import Habits, Refused


@dataclass(slots=True)
class Application:
    """An entry under External applications; one opens all folders of the licence, or those that are named."""

    email: str
    exchange_token: str
    ends: float
    folders: tuple[str, ...] | None = None
    description: str = ""
    trusted: bool = False


class Licence:
    """Hold the applications of a licence and the tokens that they were given."""

    def __init__(self, habits: Habits, clock: Callable[[], float]) -> None:
        self.applications: list[Application] = []
        self._habits = habits
        self._clock = clock
        self._access: dict[str, tuple[Application, float]] = {}
        self._refresh: dict[str, Application] = {}

    # What a person does -----------------------------------------------------------------------------------------

    def let_in(
        self,
        email: str,
        *,
        exchange_token: str = "",
        lifetime_s: float | None = None,
        trusted: bool = False,
        folders: tuple[str, ...] | None = None,
        description: str = "",
    ) -> str:
        """Add an application and give its exchange token, which the real system sends by e-mail."""
        usual = self._habits.trusted_lifetime_s if trusted else self._habits.exchange_lifetime_s
        ends = self._clock() + (usual if lifetime_s is None else lifetime_s)
        token = exchange_token or f"XCH-{secrets.token_urlsafe(12)}"
        self.applications.append(Application(email, token, ends, folders, description, trusted))
        return token

    def throw_out(self, exchange_token: str) -> None:
        """Delete an application: nothing that it was given works any more."""
        gone = [each for each in self.applications if each.exchange_token == exchange_token]
        self.applications = [each for each in self.applications if each not in gone]
        self._access = {token: each for token, each in self._access.items() if each[0] not in gone}
        self._refresh = {token: each for token, each in self._refresh.items() if each not in gone}

    def expire_exchange_tokens(self) -> None:
        for each in self.applications:
            each.ends = self._clock()

    def expire_access_tokens(self) -> None:
        self._access.clear()

    def forget_refresh_tokens(self) -> None:
        self._refresh.clear()

    # What a client does -----------------------------------------------------------------------------------------

    def token(self, request: Request) -> dict[str, Any]:
        """Give a pair of tokens for an exchange token or a refresh token.

        Raises:
            Refused: The request is not right, or nobody knows the token.
        """
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            raise Refused("bad token request")
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        email, code = _email(request), form.get("code", "")
        if email is None or not code or "grant_type" not in form:
            raise Refused("bad token request")
        match form["grant_type"]:
            case "exchange_token":
                found = next((each for each in self.applications if each.exchange_token == code), None)
                found = found if found is not None and self._clock() < found.ends else None
            case "refresh_token":
                found = self._refresh.get(code)
            case _:
                raise Refused("other grant")
        if found is None or found.email.casefold() != email.casefold():
            raise Refused("bad grant")
        if form["grant_type"] == "refresh_token" and self._habits.refresh_rotates:
            del self._refresh[code]
        return self._pair(found)

    def _pair(self, application: Application) -> dict[str, Any]:
        access, refresh = f"gAAAA{secrets.token_urlsafe(24)}", f"TGe0!IAAAA{secrets.token_urlsafe(24)}"
        seconds = self._habits.access_lifetime_s
        self._access[access] = (application, self._clock() + seconds)
        self._refresh[refresh] = application
        return {
            "access_token": access,
            "scope": None,
            "token_type": "bearer",
            "expires_in": str(int(seconds)) if self._habits.expires_in == "text" else int(seconds),
            "refresh_token": refresh,
        }

    def caller(self, request: Request) -> Application:
        """Say whose access token a request bears.

        Raises:
            Refused: It bears none that works.
        """
        word, _, token = request.headers.get("authorization", "").partition(" ")
        application, ends = self._access.get(token.strip(), (None, 0.0))
        if word.lower() != "bearer" or application is None or self._clock() >= ends:
            raise Refused("bad access token")
        return application


def _email(request: Request) -> str | None:
    """Read the e-mail address that stands alone in the Basic header: no colon, no password."""
    word, _, told = request.headers.get("authorization", "").partition(" ")
    if word.lower() != "basic":
        return None
    try:
        return base64.b64decode(told.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
