"""The manners of TORM, an object mapper over HTTP: where an object is, how an answer is read to its end, what a refusal means.

Knows no resource. The names of paths, headers and operators are those that a manifest declares; how a question
is spelt is `torm_questions`, how a value is `torm_values`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any, NoReturn
from urllib.parse import quote

import msgspec

from syncrules.errors import (
    LimitReached,
    LoginRefused,
    Nonsense,
    OutcomeUnknown,
    ProviderError,
    RecordGone,
    RecordRefused,
)
from syncrules.http import Http, Response
from syncrules.manifest import Refusal
from syncrules_providers.oauth import Bearer
from syncrules_providers.paging import Astray, overlapping
from syncrules_providers.torm_answers import joined, sentence
from syncrules_providers.torm_questions import Asking, Question
from syncrules_providers.torm_values import Raw, decoded

_encoder = msgspec.json.Encoder(decimal_format="number")
NOT_TAKEN = "Nothing was taken from it. Check the address of the API."
LONGEST = 200
"""Characters of what a refusal says that are passed on."""


class NotReadable(ProviderError):
    """These objects are refused, and not because of who asks."""


class Service:
    """Ask one folder of one system.

    Args:
        url: the address of the API, without a slash at the end.
        folder: the code of the folder.
        wire: what the manifest declares.
        refusals: what the manifest knows of refused calls.
    """

    def __init__(
        self,
        http: Http,
        login: Bearer,
        url: str,
        folder: str,
        asking: Asking,
        wire: Mapping[str, Any],
        refusals: tuple[Refusal, ...],
    ) -> None:
        self._http = http
        self._login = login
        self._url = url
        self._folder = folder
        self._asking = asking
        self._wire = wire
        self._refusals = refusals

    def probe(self, question: Question) -> Raw:
        """Ask for one object that every folder has, to learn whether we may use this one.

        Raises:
            LoginRefused: there is no such folder, or we have no right to it.
        """
        url, content = self._spelt(question, 0, 1)
        answer = self._send("POST", url, question.om, writes=False, content=content)
        if 400 <= answer.status < 500:
            # Nobody says with which status a strange folder is refused; nothing else can be wrong with this call.
            known = self._known(answer) or next(
                each for each in self._refusals if each.code == self._wire["unknown_folder"]
            )
            raise self._refused(known, answer)
        found = self._list(question.om, answer)
        return found[0] if found else {}

    # Reading ----------------------------------------------------------------------------------------------------

    def one(self, om: str, key: str, level: int = 1) -> Raw | None:
        """Read one object by its id or code, or None if there is none."""
        url = self._at("one", om, level, quote(key, safe=""))
        parts = [self._decoded(om, answer) for answer, _ in self._chunks("GET", url, om)]
        whole = reduce(joined, parts)
        if whole is not None and not isinstance(whole, dict):
            raise Nonsense(self._http.system, f"the answer to {om} is not an object", cure=NOT_TAKEN)
        return whole or None

    def all(self, om: str) -> Iterator[list[Raw]]:
        """Read a whole collection, for small tables."""
        yield from self._whole(om, self._chunks("GET", self._at("many", om, 1), om))

    def ask(self, question: Question) -> list[Any]:
        """Read all that answers a question, in one go: for questions whose answer is known to be small."""
        return self._asked(question, None, None)

    def first(self, question: Question) -> Any:
        """Read the first of what answers a question, or None."""
        return next(iter(self._asked(question, 0, 1)), None)

    def among(self, question: Question, name: str, values: Iterable[str]) -> list[Any]:
        """Read what answers a question and has one of these values, in as few calls as its answers are not cut in."""
        found, wanted, size = list[Any](), list(dict.fromkeys(values)), self._wire["page"]
        for start in range(0, len(wanted), size):
            one_of = self._asking.one_of(name, wanted[start : start + size])
            found += self.ask(replace(question, where=(*question.where, one_of)))
        return found

    def pages(self, question: Question) -> Iterator[list[Raw]]:
        """Read all that answers a question, page by page, in an order that the question gives.

        A short page is not taken for the end, in case the server caps pages without saying so.
        """

        def ask(skip: int) -> tuple[list[Raw], bool]:
            rows = self._asked(question, skip, self._wire["page"])
            return rows, len(rows) > 1

        try:
            yield from overlapping(ask, "Id", self._wire["page"])
        except Astray as error:
            says = f"the pages of {question.om} do not follow each other"
            raise Nonsense(self._http.system, says, cure="Run again later.") from error

    def _asked(self, question: Question, skip: int | None, size: int | None) -> list[Any]:
        url, content = self._spelt(question, skip, size)
        parts = self._whole(question.om, self._chunks("POST", url, question.om, content))
        return [each for part in parts for each in part]

    def _spelt(self, question: Question, skip: int | None, size: int | None) -> tuple[str, bytes]:
        content = _encoder.encode(self._asking.spelt(question, skip, size))
        return self._at("question", question.om, question.level), content

    def _chunks(self, method: str, url: str, om: str, content: bytes | None = None) -> Iterator[tuple[Response, bool]]:
        """Repeat a call as long as its answer was cut, and say of each answer whether it goes on."""
        name, at = self._wire["continued"], ""
        while True:
            answer = self._send(method, url, om, writes=False, content=content, more={name: at} if at else {})
            onward = answer.headers.get(name.lower(), "")
            yield answer, bool(onward)
            if not onward:
                return
            if onward == at:
                raise Nonsense(self._http.system, f"the answer to {om} goes on for ever", cure="Run again later.")
            at = onward

    def _whole(self, om: str, chunks: Iterator[tuple[Response, bool]]) -> Iterator[list[Any]]:
        """Give the rows of an answer; the last one of a chunk may go on in the next."""
        held: list[Any] = []
        for answer, goes_on in chunks:
            rows = joined(held, self._list(om, answer))
            held = rows[-1:] if goes_on else []
            if ready := rows[: len(rows) - len(held)]:
                yield ready

    def _list(self, om: str, answer: Response) -> list[Any]:
        rows = self._decoded(om, answer)
        if rows is not None and not isinstance(rows, list):
            raise Nonsense(self._http.system, f"the answer to {om} is not a list", cure=NOT_TAKEN)
        return rows or []

    def _decoded(self, om: str, answer: Response) -> Any:
        if answer.status == self._wire["missing"]:
            return None
        if answer.status != 200:
            self._explain(om, answer)
        try:
            return decoded(answer.content)
        except (ValueError, RecursionError) as error:
            raise self._login.nonsense(om, answer.content) from error

    # Writing ----------------------------------------------------------------------------------------------------

    def write(self, method: str, om: str, body: Raw, key: str) -> str:
        """Create or update an object, and give the address that the answer tells of it, if any.

        Args:
            key: its code or id; an object without a code is told by the `Id` in its body.

        Raises:
            RecordRefused: nothing was written.
            RecordGone: there is no such object any more.
            OutcomeUnknown: it may have been written.
        """
        url = self._at("unnamed" if om in self._wire["unnamed"] else "one", om, 1, quote(key, safe=""))
        answer = self._send(method, url, om, writes=True, content=_encoder.encode(body))
        if 400 <= answer.status < 500:
            self._explain_write(method, om, key, answer)
        if not 200 <= answer.status < 300:
            raise OutcomeUnknown(self._http.system, f"{om} was answered with status {answer.status}")
        try:
            said = decoded(answer.content) if answer.content else None
        except (ValueError, RecursionError):
            return ""  # The status says done; whoever needs to know more than that looks it up.
        return str(said.get(self._wire["address"]) or "") if isinstance(said, dict) else ""

    def _explain_write(self, method: str, om: str, key: str, answer: Response) -> NoReturn:
        system, said = self._http.system, self._said(answer)
        self._open(answer)
        if method != "POST" and answer.status == 404 and self.one(om, key) is None:
            raise RecordGone(system, f"there is no {om} with this id any more", cure="It was deleted there.")
        raise RecordRefused(system, said, code=str(answer.status))

    # Calls and refusals -----------------------------------------------------------------------------------------

    def _at(self, path: str, om: str, level: int, key: str = "") -> str:
        where = self._wire["paths"][path].format(om=om, key=key, folder=quote(self._folder, safe=""))
        return f"{self._url}{where}?{self._wire['level']}={level}"

    def _send(
        self,
        method: str,
        url: str,
        om: str,
        *,
        writes: bool,
        content: bytes | None = None,
        more: Mapping[str, str] | None = None,
    ) -> Response:
        headers = {"Accept": "application/json", **(more or {})}
        if content is not None:
            headers["Content-Type"] = "application/json"

        def send(login: dict[str, str]) -> Response:
            return self._http.send(method, url, what=om, writes=writes, headers=headers | login, content=content)

        answer = self._login.carry(send)
        if answer.status == 401:
            raise self._refused(self._known(answer), answer)
        return answer

    def _open(self, answer: Response) -> None:
        """Make sure that a refusal is about what was asked, and not about who asks or about the whole folder.

        Raises:
            LoginRefused: the folder is closed to us.
        """
        if self._known(answer) is not None:
            self.probe(Question(self._wire["everywhere"]))

    def _known(self, answer: Response) -> Refusal | None:
        """Find what the manifest knows of a refused call: that nobody knows us, or that there are no calls left."""
        code, said = str(answer.status), self._said(answer)
        return next((each for each in self._refusals if each.fits(code, said)), None)

    def _explain(self, om: str, answer: Response) -> NoReturn:
        system = self._http.system
        if 400 <= answer.status < 500:
            self._open(answer)
            raise NotReadable(system, f"{om} cannot be read: {self._said(answer)}", code=str(answer.status))
        raise Nonsense(system, f"{om} was answered with status {answer.status}", cure="Check the address of the API.")

    def _refused(self, known: Refusal | None, answer: Response) -> ProviderError:
        code, said = str(answer.status), self._said(answer)
        because, cure = (known.because, known.cure) if known is not None else (f"the call was refused: {said}", "")
        kind = LimitReached if known is not None and known.means == "limit" else LoginRefused
        return kind(self._http.system, because, cure=cure, code=code)

    def _said(self, answer: Response) -> str:
        """Take the sentence out of a refusal, without our secrets; the status where there is none."""
        said = self._login.masked(sentence(answer.content, self._wire["says"]))
        return said[:LONGEST] or f"refused with status {answer.status}"
