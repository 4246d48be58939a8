"""OAuth2 client credentials: one token at a time, renewed before it ends, shared by all calls that are under way.

The grant and its errors are those of RFC 6749 (4.4 and 5.2); the client's id and secret travel in the body.
No message made here quotes an answer: what a token server says may hold what it was sent.
"""

from __future__ import annotations

import re
import threading
from typing import NoReturn
from urllib.parse import quote, urlencode

import msgspec

from syncrules.errors import LoginRefused, Nonsense
from syncrules.http import Http, Response

CLIENT_REFUSED = {"invalid_client", "unauthorized_client"}
SCOPE_REFUSED = {"invalid_scope", "invalid_grant"}
"""There is no other grant in this exchange that could be invalid: some servers say so when a scope is not granted."""


class ClientCredentials:
    """Log in as an application.

    Args:
        scope: separated by spaces; empty asks for none.
        renew_early: how many seconds before its end a token is no longer used.
        lifetime: how many seconds a token lives whose answer does not say so.
    """

    def __init__(
        self,
        http: Http,
        url: str,
        client_id: str,
        client_secret: str,
        scope: str,
        *,
        renew_early: int,
        lifetime: int,
    ) -> None:
        self._http = http
        self._url = url
        self._scope = scope
        asked = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        if scope:
            asked["scope"] = scope
        self._form = urlencode(asked, quote_via=quote).encode()
        self._renew_early = renew_early
        self._lifetime = lifetime
        self._lock = threading.Lock()
        self._token = ""
        self._until = 0.0

    def token(self) -> str:
        """Give a token that is valid now, asking for one if there is none.

        Raises:
            LoginRefused: with the cause, as far as the server tells it.
        """
        with self._lock:
            if self._http.now() >= self._until:
                self._renew()
            return self._token

    def refused(self, token: str) -> None:
        """Forget a token that was refused, unless another call has renewed it already."""
        with self._lock:
            if token == self._token:
                self._until = 0.0

    def _renew(self) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        # A token too many does no harm, so this call is repeated like a read.
        answer = self._http.send("POST", self._url, what="token", writes=False, headers=headers, content=self._form)
        said = _said(answer)
        if answer.status != 200:
            self._explain(answer.status, said)
        token = said.get("access_token")
        if not isinstance(token, str) or not token:
            cure = f"Check the address of the token server: {self._url}"
            raise Nonsense(self._http.system, "the answer to the login holds no token", cure=cure)
        seconds = said.get("expires_in")
        lifetime = float(seconds) if isinstance(seconds, int | float) and seconds > 0 else float(self._lifetime)
        self._token = token
        # A short-lived token is used for half its life at least, or every call would log in.
        self._until = self._http.now() + lifetime - min(self._renew_early, lifetime / 2)

    def _explain(self, status: int, said: dict[str, object]) -> NoReturn:
        error = str(said.get("error", ""))
        code = error if re.fullmatch(r"[a-z_]{1,40}", error) else ""
        if code in SCOPE_REFUSED:
            message = f"the scope '{self._scope}' is not granted to this application"
            cure = "Give the application these scopes where it was made, or name only those that it has."
        elif code in CLIENT_REFUSED or status == 401:
            message = "the client id or the client secret is not right"
            cure = "Compare both with the application, and give them again. A secret that was renewed ends the old one."
        else:
            message = f"the login was answered with status {status}{f' ({code})' if code else ''}"
            cure = f"Check the address of the token server: {self._url}"
        raise LoginRefused(self._http.system, message, cure=cure, code=code)


def _said(answer: Response) -> dict[str, object]:
    try:
        said = msgspec.json.decode(answer.content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
