"""Consent, codes and tokens as Silverfin hands them out: OAuth 2 with a refresh token that works once.

A refresh makes a new pair and leaves the old refresh token alone; it is revoked when the new access token is first used.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from syncrules_providers.sandboxes.server import Answer, Request
from syncrules_providers.sandboxes.silverfin_wire import Readings, Refused, told

SYNC = "financials:transactions:sync"
SCOPES = (
    *("administration:read", "administration:write", "communication:read", "communication:write"),
    *("financials:read", "financials:write", "financials:transactions:read", "financials:transactions:write", SYNC),
    *("links", "permanent_documents:read", "permanent_documents:write", "client_meetings:external_notes:write"),
    *("user:email", "user:firm", "user:profile", "webhooks", "workflows:read", "workflows:write"),
)
"""Everything that an application can ask for."""
COPY = "urn:ietf:wg:oauth:2.0:oob"
"""The redirect that shows the code instead of sending it anywhere."""


class TokenRefused(Exception):
    """The token call says no, in the words of OAuth."""

    def __init__(self, status: int, error: str, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.error = error


@dataclass(slots=True)
class Grant:
    """What somebody allowed an application to do."""

    firm: int
    user: int
    scopes: frozenset[str]
    revoked: bool = False


@dataclass(slots=True)
class Code:
    grant: Grant
    redirect: str
    ends: float | None
    used: bool = False


@dataclass(slots=True)
class Pair:
    access: str
    refresh: str
    grant: Grant
    made: float
    follows: Pair | None = None
    """The pair whose refresh token made this one."""
    old: bool = False
    """Its refresh token is revoked, because a pair that follows was used."""


class Consents:
    """Hand out codes and tokens of one application, and know them again.

    Args:
        clock: seconds since the epoch.
    """

    def __init__(self, client_id: str, client_secret: str, readings: Readings, clock: Callable[[], float]) -> None:
        self._client = (client_id, client_secret)
        self._readings = readings
        self._clock = clock
        self._codes: dict[str, Code] = {}
        self._pairs: list[Pair] = []
        self.grants: list[Grant] = []

    def allow(self, firm: int, user: int, scopes: frozenset[str], redirect: str, *, hurry: bool = True) -> str:
        """Note a consent and return its code.

        Args:
            hurry: whether the code ends soon, as it does on the consent page.
        """
        grant = Grant(firm, user, scopes)
        self.grants.append(grant)
        code = secrets.token_urlsafe(32)
        ends = self._clock() + self._readings["code lives"] if hurry else None
        self._codes[code] = Code(grant, redirect, ends)
        return code

    def is_fresh(self, code: str) -> bool:
        """Say whether a code can still be exchanged."""
        found = self._codes.get(code)
        return found is not None and not found.used and not found.grant.revoked and not self._late(found.ends)

    def revoke(self, firm: int) -> None:
        """Take back every consent for a firm."""
        for each in self.grants:
            each.revoked = each.revoked or each.firm == firm

    # The token call ---------------------------------------------------------------------------------------------

    def answer(self, firm: int, request: Request) -> Answer:
        """Answer a token call; its parameters may stand in the query, in a form or in a JSON object."""
        try:
            asked = self._parameters(request)
            self._check_client(request, asked)
            match asked.get("grant_type"):
                case "authorization_code":
                    pair = self._exchange(firm, asked)
                case "refresh_token":
                    pair = self._refresh(firm, asked)
                case None | "":
                    raise self._unclear("invalid_request", "The call lacks grant_type.")
                case other:
                    raise self._unclear("unsupported_grant_type", f"The grant type '{other}' is not supported.")
        except TokenRefused as no:
            return told(no.status, {"error": no.error, "error_description": str(no)}, {"Cache-Control": "no-store"})
        return told(200, self._shown(pair), {"Cache-Control": "no-store"})

    def _parameters(self, request: Request) -> dict[str, str]:
        """Read what the call says, wherever it says it."""
        asked = dict(parse_qsl(request.path.partition("?")[2], keep_blank_values=True))
        if not request.headers.get("content-type", "").startswith("application/json"):
            return asked | dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        try:
            body = json.loads(request.body or b"{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise self._unclear("invalid_request", "The body is not a JSON object.")
        return asked | {name: str(value) for name, value in body.items()}

    def _check_client(self, request: Request, asked: Mapping[str, str]) -> None:
        given = (asked.get("client_id", ""), asked.get("client_secret", ""))
        word, _, credentials = request.headers.get("authorization", "").partition(" ")
        if word.lower() == "basic":
            # The trap: credentials meant for a gateway in front are read as those of an application.
            given = _basic(credentials)
        if given != self._client:
            why = "Client authentication failed: this application is unknown, or its secret is wrong."
            raise TokenRefused(self._readings["wrong client"], "invalid_client", why)

    def _exchange(self, firm: int, asked: Mapping[str, str]) -> Pair:
        code = self._codes.get(asked.get("code", ""))
        if code is None or not self.is_fresh(asked["code"]):
            raise self._invalid("The code is wrong, was used before, has expired or was revoked.")
        if asked.get("redirect_uri") != code.redirect:
            raise self._invalid("The redirect_uri is not the one that the code was made for.")
        if code.grant.firm != firm:
            raise self._invalid("The code was made for another firm.")
        code.used = True
        return self._new_pair(code.grant, None)

    def _refresh(self, firm: int, asked: Mapping[str, str]) -> Pair:
        pair = next((each for each in self._pairs if each.refresh == asked.get("refresh_token")), None)
        if pair is None or pair.old or pair.grant.revoked:
            raise self._invalid("The refresh token is wrong, was used before or was revoked.")
        if self._late(pair.made + self._readings["refresh token lives"]):
            raise self._invalid("The refresh token has expired.")
        if pair.grant.firm != firm:
            raise self._invalid("The refresh token was made for another firm.")
        return self._new_pair(pair.grant, pair)

    def _new_pair(self, grant: Grant, follows: Pair | None) -> Pair:
        pair = Pair(secrets.token_urlsafe(32), secrets.token_urlsafe(32), grant, self._clock(), follows)
        self._pairs.append(pair)
        return pair

    def _shown(self, pair: Pair) -> dict[str, Any]:
        return {
            "access_token": pair.access,
            "token_type": "Bearer",
            "expires_in": self._readings["access token lives"],
            "refresh_token": pair.refresh,
            "scope": " ".join(each for each in SCOPES if each in pair.grant.scopes),
            "created_at": int(pair.made),
        }

    def _invalid(self, why: str) -> TokenRefused:
        return TokenRefused(
            self._readings["invalid grant"], "invalid_grant", f"The authorization grant is no good. {why}"
        )

    def _unclear(self, error: str, why: str) -> TokenRefused:
        return TokenRefused(self._readings["token request"], error, why)

    # Every other call -------------------------------------------------------------------------------------------

    def bearer(self, token: str) -> Grant:
        """Say what an access token allows; its first use revokes the refresh token that made it.

        Raises:
            Refused: it is missing, unknown, expired or revoked.
        """
        pair = next((each for each in self._pairs if each.access == token), None) if token else None
        if pair is None or pair.grant.revoked:
            raise Refused(self._readings["no bearer"], "The access token is missing, unknown or revoked.")
        if self._late(pair.made + self._readings["access token lives"]):
            raise Refused(self._readings["no bearer"], "The access token has expired.")
        if pair.old and self._readings["old access token"] == "revoked":
            raise Refused(self._readings["no bearer"], "The access token was revoked.")
        if pair.follows is not None:
            pair.follows.old = True
        return pair.grant

    def _late(self, ends: float | None) -> bool:
        return ends is not None and self._clock() >= ends


def _basic(credentials: str) -> tuple[str, str]:
    try:
        name, _, secret = base64.b64decode(credentials).decode("utf-8", "replace").partition(":")
    except ValueError:
        return "", ""
    return name, secret
