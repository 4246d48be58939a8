"""One line to the SyncAPI of a firm: one call at a time, asked again once when the access has ended, refusals in the manifest's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Any

from syncrules.errors import LoginRefused, Nonsense, OutcomeUnknown, OutOfStep, ProviderError, RecordRefused
from syncrules.http import Http, Response
from syncrules.manifest import Manifest, Resource
from syncrules.provider import Record
from syncrules_providers import paging, rest
from syncrules_providers.oauth import Bearer


class Line:
    """Ask and tell; several threads wait for each other.

    Args:
        api: the address before every path.
    """

    def __init__(self, http: Http, api: str, login: Bearer, manifest: Manifest) -> None:
        self.system = http.system
        self._http = http
        self._api = api
        self._login = login
        self._manifest = manifest
        self._one_at_a_time = Lock()

    def get(self, path: str, options: Mapping[str, object] = {}) -> Any:
        """Ask, and read the answer."""
        asked = f"{path}?{rest.query(options)}" if options else path
        answer = self._send("GET", asked, None, ())
        try:
            return rest.decode(answer.content)
        except rest.Unreadable as error:
            raise self.nonsense(f"GET {path}", answer.content) from error

    def object(self, path: str) -> Mapping[str, Any]:
        """Ask for one object."""
        found = self.get(path)
        if not isinstance(found, Mapping):
            raise self.nonsense(f"GET {path}", rest.encode({"": found}))
        return found

    def pages(self, path: str, size: int) -> Iterator[list[Any]]:
        """Read a list to its end: an empty page, or one that is not full."""
        words = self._manifest.wire["page"]

        def ask(number: int) -> list[Any]:
            page = self.get(path, {words["number"]: number, words["size"]: size})
            if not isinstance(page, list):
                raise self.nonsense(f"GET {path}", rest.encode({"": page}))
            return page

        return paging.numbered(ask, size)

    def tell(self, method: str, path: str, body: Record | None, offer: Resource | None = None) -> None:
        """Write; whoever loses the answer does not know whether it was done.

        Raises:
            RecordRefused: Silverfin does not take it as it is; nothing was written.
            OutOfStep: the client file is not as we left it; nothing was written.
            OutcomeUnknown: the answer was lost.
        """
        try:
            content = None if body is None else rest.encode(body)
        except rest.Unwritable as error:
            raise RecordRefused(self.system, str(error), cure="Correct the text.") from error
        refusals = offer.refusals if offer is not None else ()
        self._send(method, path, content, refusals, writes=True)

    def take_away(self, path: str) -> None:
        """Take away what an address names, as it was listed just now; what has gone since is gone.

        Raises:
            RecordRefused: it is not taken away.
            OutcomeUnknown: the answer was lost.
        """
        answer = self._asked("DELETE", path, None, writes=True)
        if answer.status != 404:
            self._good(answer, "DELETE", path, (), writes=True)

    def nonsense(self, what: str, content: bytes) -> Nonsense:
        """Make the error for an answer that cannot be read."""
        return self._login.nonsense(what, content)

    # A call -----------------------------------------------------------------------------------------------------

    def _send(self, method: str, path: str, content: bytes | None, refusals: Any, *, writes: bool = False) -> Response:
        answer = self._asked(method, path, content, writes=writes)
        return self._good(answer, method, path, refusals, writes=writes)

    def _asked(self, method: str, path: str, content: bytes | None, *, writes: bool) -> Response:
        headers = {"Accept": "application/json"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        url, what = self._api + path, path.partition("?")[0].rpartition("/")[2]

        def send(login: dict[str, str]) -> Response:
            return self._http.send(method, url, what=what, writes=writes, headers=headers | login, content=content)

        with self._one_at_a_time:
            return self._login.carry(send)

    def _good(self, answer: Response, method: str, path: str, refusals: Any, *, writes: bool) -> Response:
        """Give an answer that is none of the bad ones."""
        if 200 <= answer.status < 300:
            return answer
        raise self._refused(answer, [*refusals, *self._manifest.refusals], f"{method} {path.partition('?')[0]}", writes)

    def _refused(self, answer: Response, refusals: list[Any], what: str, writes: bool) -> ProviderError:
        """Say what an answer means that is none of the good ones."""
        code, said = str(answer.status), self._said(answer)
        known = next((each for each in refusals if each.code and each.fits(code, said)), None)
        because = f"{known.because}{f' ({said})' if said else ''}" if known is not None else ""
        if known is not None and known.means == "login":
            return LoginRefused(self.system, because, cure=known.cure, code=code)
        if known is not None and known.means == "waits":
            return OutOfStep(self.system, because, cure=known.cure, code=code)
        if 400 <= answer.status < 500:
            says = because or f"{what} was answered with status {code}{f': {said}' if said else ''}"
            cure = known.cure if known is not None and known.cure else "Correct it, then run again."
            return RecordRefused(self.system, says, cure=cure, code=code)
        message = f"{what} was answered with status {code}"
        return OutcomeUnknown(self.system, message) if writes else ProviderError(self.system, message, code=code)

    def _said(self, answer: Response) -> str:
        """Find the sentence of a refusal, with our secrets taken out."""
        try:
            body = rest.decode(answer.content)
        except rest.Unreadable:
            return ""
        body = body if isinstance(body, Mapping) else {}
        found = next((body[each] for each in self._manifest.wire["says"] if body.get(each)), "")
        text = found if isinstance(found, str) else rest.encode({"": found}).decode()[4:-1] if found else ""
        return self._login.masked(text)[:300]
