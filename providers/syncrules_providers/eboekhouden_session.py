"""One session with the REST service of e-Boekhouden: opened when it is needed, renewed once for all, and what errors mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NoReturn

from syncrules.errors import LimitReached, LoginRefused, Nonsense, RecordRefused
from syncrules.http import Http, Response, nonsense
from syncrules.manifest import Manifest, Refusal
from syncrules.provider import Record
from syncrules_providers import rest, sessions

_UNKNOWN = Refusal("", "", "", "", "")
_NEW_TOKEN = "Make a new token in e-Boekhouden and enter it."  # noqa: S105 — advice, not a token


class Session:
    """Ask the service; several threads may do so at once.

    Args:
        root: the address of the service, with a slash at the end.
        token: the access token, which opens sessions.
        source: how we introduce ourselves.
    """

    def __init__(self, http: Http, root: str, manifest: Manifest, *, token: str, source: str) -> None:
        self._http = http
        self._root = root
        self._manifest = manifest
        self._login = {"accessToken": token, "source": source}
        self._session = sessions.Session(self._log_in, lambda: http.now() >= self._until)
        self._until = 0.0
        self._secrets = {token}
        """What never stands in a message: the access token, and every session that it opened."""

    def ask(self, method: str, path: str, content: bytes | None = None) -> Response:
        """Send a request and give its answer, whatever it is; if the session has ended, send it again in a new one.

        Raises:
            LoginRefused: no session can be had.
        """
        session = self._session.open()
        answer = self._send(method, path, session, content)
        if answer.status == 401:
            # Refused before anything was done: also a write may be sent again.
            answer = self._send(method, path, self._session.open(instead_of=session), content)
        if answer.status == 401:
            cure = f"Run again. If it stays: {_NEW_TOKEN}"
            raise LoginRefused(self._http.system, "a new session is refused as well", cure=cure)
        return answer

    def object(self, path: str, answer: Response) -> Record:
        """Take the object out of the answer to a read.

        Raises:
            Nonsense: there is none.
        """
        if not 200 <= answer.status < 300:
            self.explain(path, answer, writes=False)
        with suppress(rest.Unreadable):
            said = rest.decode(answer.content)
            if isinstance(said, dict):
                return said
        raise self.unreadable(path, answer)

    def close(self) -> None:
        """Log out; the service ends forgotten sessions by itself, so whatever goes wrong here is no trouble."""
        if session := self._session.forget():
            with suppress(Exception):
                self._send("DELETE", "session", session)

    # Opening and sending ----------------------------------------------------------------------------------------

    def _log_in(self) -> str:
        try:
            content = rest.encode(self._login)
        except rest.Unwritable as error:
            raise LoginRefused(self._http.system, "the token cannot be sent", cure="Enter it again.") from error
        # A session too many does no harm, so this call is repeated like a read.
        answer = self._send("POST", "session", "", content, writes=False)
        if not 200 <= answer.status < 300:
            self.explain("session", answer, writes=False, login=True)
        with suppress(rest.Unreadable):
            said = rest.decode(answer.content)
            token, lives = (said.get("token"), said.get("expiresIn")) if isinstance(said, dict) else (None, None)
            if isinstance(token, str) and _may_stand_in_a_header(token) and isinstance(lives, int):
                # A session that ends soon is used for half its life at least, or every call would log in.
                self._secrets.add(token)
                self._until = self._http.now() + lives - min(self._manifest.wire["renew_early"], lives / 2)
                return token
        raise self.nonsense("the answer to the login names no session, or does not say how long it lives")

    def _send(
        self, method: str, path: str, session: str, content: bytes | None = None, *, writes: bool | None = None
    ) -> Response:
        headers = {"Accept": "application/json"}
        if session:
            headers["Authorization"] = session  # as it is: no scheme stands in front of it
        if content is not None:
            headers["Content-Type"] = "application/json"
        return self._http.send(
            method,
            f"{self._root}{path}",
            what=_bare(path),
            writes=method in ("POST", "PATCH") if writes is None else writes,
            headers=headers,
            content=content,
        )

    # What errors mean -------------------------------------------------------------------------------------------

    def explain(self, path: str, answer: Response, *, writes: bool, login: bool = False) -> NoReturn:
        """Raise what an answer means that is not a success.

        Raises:
            Nonsense: the service did not make this answer, or it refuses a read.
        """
        system, error = self._http.system, error_of(answer)
        if error is None and login and answer.status in (401, 403):
            raise LoginRefused(system, "the access token is refused", cure=_NEW_TOKEN, code=str(answer.status))
        if error is None:
            raise self.nonsense(f"{_bare(path)} was answered with status {answer.status}")
        code, says = error[0], self._masked(error[1])
        known = next((each for each in self._manifest.refusals if each.fits(code, says)), _UNKNOWN)
        because = known.because or f"{_bare(path)} was refused"
        told = f"{because} ({code}: {says})" if code else f"{because} ({says})"
        if login or known.means == "login" or answer.status == 403:
            raise LoginRefused(system, told, cure=known.cure or _NEW_TOKEN, code=code)
        if known.means == "limit":
            raise LimitReached(system, told, cure=known.cure, code=code)
        if writes:
            raise RecordRefused(system, told if known.because else says, cure=known.cure, code=code)
        raise self.nonsense(told, known.cure, code)

    def unreadable(self, path: str, answer: Response) -> Nonsense:
        """Make the error for an answer that cannot be read; it quotes the beginning of it."""
        shown = self._masked(answer.content.decode("utf-8", "replace"))
        return nonsense(self._http.system, _bare(path), shown.encode())

    def nonsense(self, message: str, cure: str = "", code: str = "") -> Nonsense:
        """Make the error for an answer that says something, but nothing that can be used."""
        usual = "Nothing was taken from it. If this stays, the service or something on the way to it has changed."
        return Nonsense(self._http.system, message, cure=cure or usual, code=code)

    def _masked(self, text: str) -> str:
        """Take our secrets out of what the service says, should it ever repeat them."""
        for each in sorted(self._secrets - {""}, key=len, reverse=True):
            text = text.replace(each, "***")
        return text


def error_of(answer: Response) -> tuple[str, str] | None:
    """Read code and text of the service's own error; None if it did not make this answer."""
    if not 400 <= answer.status < 500:
        return None
    with suppress(rest.Unreadable):
        said = rest.decode(answer.content)
        if isinstance(said, dict) and ("title" in said or "code" in said):
            named = f"[{said['propertyName']}]" if said.get("propertyName") else ""
            texts = [said.get("message") or said.get("title"), *_texts(said.get("errors")), named]
            code = str(said.get("code") or "")
            return code, " ".join(dict.fromkeys(str(each) for each in texts if each)) or code
    return None


def _texts(errors: Any) -> Iterator[Any]:
    """List the texts of an error, which come as a list or as field → list."""
    for each in errors.values() if isinstance(errors, dict) else errors if isinstance(errors, list) else ():
        yield from _texts(each) if isinstance(each, dict | list) else [each]


def _may_stand_in_a_header(token: str) -> bool:
    return token.isascii() and token.isprintable() and token.strip() == token != ""


def _bare(path: str) -> str:
    return path.partition("?")[0]
