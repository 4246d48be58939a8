"""OAuth2: one token at a time, renewed before it ends, shared by all calls that are under way.

Grants and errors are those of RFC 6749 (4.4, 5.2 and 6); what a system does differently, the caller says.
No message made here quotes an answer: what a token server says may hold what it was sent.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlencode

import msgspec

from syncrules.errors import LoginRefused, Nonsense
from syncrules.http import Http, Response, nonsense
from syncrules.manifest import Refusal

CLIENT_REFUSED = {"invalid_client", "unauthorized_client"}
SCOPE_REFUSED = {"invalid_scope", "invalid_grant"}
"""There is no other grant in this exchange that could be invalid: some servers say so when a scope is not granted."""


class Bearer:
    """A token for the `Authorization` header: asked for when it is needed, used until shortly before its end.

    Args:
        renew_early: how many seconds before its end a token is no longer used.
        lifetime: how many seconds a token lives whose answer does not say so.
    """

    def __init__(self, http: Http, url: str, *, renew_early: int, lifetime: int) -> None:
        self._http = http
        self._url = url
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

    def carry(self, send: Callable[[dict[str, str]], Response]) -> Response:
        """Send a call with a token, and once more with a new one where the first is refused; the answer may still be a refusal.

        A token is refused before anything is done: a write may be sent again, too.

        Args:
            send: sends the call with these headers.
        """
        for _ in range(2):
            token = self.token()
            answer = send({"Authorization": f"Bearer {token}"})
            if answer.status != 401:
                break
            self.refused(token)
        return answer

    def masked(self, text: str) -> str:
        """Take our secrets out of what a server says, should it ever repeat them."""
        for each in self._secrets():
            text = text.replace(each, "***") if len(each) > 3 else text  # what is shorter is no secret
        return text

    def nonsense(self, what: str, content: bytes) -> Nonsense:
        """Make the error for an answer that cannot be read; what it quotes of it holds none of our secrets."""
        return nonsense(self._http.system, what, self.masked(content.decode("utf-8", "replace")).encode())

    def _secrets(self) -> tuple[str, ...]:
        return (self._token,)

    def _renew(self) -> None:
        raise NotImplementedError

    def _ask(self, form: Mapping[str, str], headers: Mapping[str, str] = {}) -> tuple[int, dict[str, object]]:
        """Send a form to the token server, and give the status and what it said."""
        content = urlencode(form, quote_via=quote).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", **headers}
        # A token too many does no harm, so this call is repeated like a read.
        answer = self._http.send("POST", self._url, what="token", writes=False, headers=headers, content=content)
        return answer.status, _said(answer)

    def _take(self, said: Mapping[str, object]) -> None:
        token = said.get("access_token")
        if not isinstance(token, str) or not token:
            cure = f"Check the address of the token server: {self._url}"
            raise Nonsense(self._http.system, "the answer to the login holds no token", cure=cure)
        lifetime = _seconds(said.get("expires_in")) or float(self._lifetime)
        self._token = token
        # A short-lived token is used for half its life at least, or every call would log in.
        self._until = self._http.now() + lifetime - min(self._renew_early, lifetime / 2)

    def _unexpected(self, status: int, code: str) -> LoginRefused:
        message = f"the login was answered with status {status}{f' ({code})' if code else ''}"
        return LoginRefused(
            self._http.system, message, cure=f"Check the address of the token server: {self._url}", code=code
        )


class ClientCredentials(Bearer):
    """Log in as an application; its id and secret travel in the body.

    Args:
        scope: separated by spaces; empty asks for none.
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
        super().__init__(http, url, renew_early=renew_early, lifetime=lifetime)
        self._scope = scope
        self._form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        if scope:
            self._form["scope"] = scope

    def _renew(self) -> None:
        status, said = self._ask(self._form)
        if status != 200:
            raise self._explained(status, _code(said))
        self._take(said)

    def _secrets(self) -> tuple[str, ...]:
        return (self._token, self._form["client_secret"])

    def _explained(self, status: int, code: str) -> LoginRefused:
        if code in SCOPE_REFUSED:
            message = f"the scope '{self._scope}' is not granted to this application"
            cure = "Give the application these scopes where it was made, or name only those that it has."
        elif code in CLIENT_REFUSED or status == 401:
            message = "the client id or the client secret is not right"
            cure = "Compare both with the application, and give them again. A secret that was renewed ends the old one."
        else:
            return self._unexpected(status, code)
        return LoginRefused(self._http.system, message, cure=cure, code=code)


class Renewed(Bearer):
    """Log in once with what a person was given, and from then on with the token that the last answer brought.

    Args:
        headers: what goes along with every login.
        first: the form of the login with what the person was given.
        again: the form of a later one.
        kept: the name under which the token goes along in it, and the one that an earlier run has kept, if any.
        keep: called with every new one, before the login that brought it is used.
        refusal: what it means that nothing we have is accepted.
    """

    def __init__(
        self,
        http: Http,
        url: str,
        *,
        headers: Mapping[str, str],
        first: Mapping[str, str],
        again: Mapping[str, str],
        kept: tuple[str, str],
        keep: Callable[[str], None],
        refusal: Refusal,
        renew_early: int,
        lifetime: int,
    ) -> None:
        super().__init__(http, url, renew_early=renew_early, lifetime=lifetime)
        self._headers = headers
        self._first = first
        self._again = again
        self._parameter, self._kept = kept
        self._keep = keep
        self._refusal = refusal

    def _renew(self) -> None:
        status, said = 0, dict[str, object]()
        # What the person was given may still be good where what was kept is not: it is tried last.
        for form in [{**self._again, self._parameter: self._kept}] * bool(self._kept) + [dict(self._first)]:
            status, said = self._ask(form, self._headers)
            if status == 200:
                self._take(said)
                return
        code = _code(said)
        refusal = self._meant(status, code)
        if 400 <= status < 500 and status != 404:
            raise LoginRefused(self._http.system, refusal.because, cure=refusal.cure, code=code)
        raise self._unexpected(status, code)

    def _meant(self, status: int, code: str) -> Refusal:
        """Say what a refusal of the login means."""
        return self._refusal

    def _take(self, said: Mapping[str, object]) -> None:
        fresh = said.get("refresh_token")
        if isinstance(fresh, str) and fresh and fresh != self._kept:
            self._keep(fresh)
            self._kept = fresh
        super()._take(said)

    def _secrets(self) -> tuple[str, ...]:
        return (self._token, self._kept, self._first.get(self._parameter, ""))


def _said(answer: Response) -> dict[str, object]:
    try:
        said = msgspec.json.decode(answer.content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _code(said: Mapping[str, object]) -> str:
    error = str(said.get("error", ""))
    return error if re.fullmatch(r"[a-z_]{1,40}", error) else ""


def _seconds(said: object) -> float:
    """Read how long a token lives: a number, or a text that is one; 0 if it is neither."""
    if isinstance(said, str) and re.fullmatch(r"[0-9]{1,9}", said):
        return float(said)
    return float(said) if isinstance(said, int | float) and said > 0 else 0.0
