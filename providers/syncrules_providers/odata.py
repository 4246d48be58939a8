"""OData over HTTP: how a question is spelt, how a list is read to its end, what an answer and a refusal mean.

Knows no system and no resource. The protocol is that of OASIS OData 4.0, parts 1 and 2, and its JSON format; where
systems differ, the caller says how.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import quote, urljoin, urlsplit

import msgspec

from syncrules.errors import LoginRefused, Nonsense, OutcomeUnknown, ProviderError, RecordGone, RecordRefused
from syncrules.http import Http, Response
from syncrules.provider import Record
from syncrules_providers.oauth import ClientCredentials
from syncrules_providers.paging import Astray, overlapping

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")
_BARE = re.compile(r"[0-9A-Za-z.:+-]+")
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LITERAL = "()$,;=/:'"
"""What stays as it is in a query, beside letters and digits."""


def query(options: Mapping[str, object]) -> str:
    """Spell query options, with `%20` for a space and `%2B` for a plus: not every server reads `+` as a space.

    >>> query({"filter": "Name eq 'A + B'", "top": 2})
    "$filter=Name%20eq%20'A%20%2B%20B'&$top=2"
    """
    return "&".join(f"${name}={quote(str(value), safe=_LITERAL)}" for name, value in options.items() if value != "")


def text(value: str) -> str:
    """Spell a text literal; a quote inside it is doubled."""
    return "'" + value.replace("'", "''") + "'"


def bare(value: str) -> str | None:
    """Spell a literal that takes no quotes (a number, a moment, a GUID), or None if the value cannot be one."""
    return value if _BARE.fullmatch(value) else None


def guid(value: str) -> str | None:
    """Spell the literal of a GUID, or None if the value is none."""
    return value if _GUID.fullmatch(value) else None


def path(dotted: str) -> str:
    """Spell a dotted path as OData walks it."""
    return dotted.replace(".", "/")


def moment(value: str) -> str:
    """Spell a moment; UTC as `Z`, which holds no plus."""
    return value.replace("+00:00", "Z")


class Service:
    """Ask one OData service.

    Args:
        server: the address of the API.
        root: the path of the service there, with a slash at both ends.
        headers: what goes along with every request.
        page: how many records are asked for at once.
        key: the property that identifies every record.
        no_such_set: a part of the message that says that an entity set does not exist.
        cures: entity set → what to do where it does not exist.
    """

    def __init__(
        self,
        http: Http,
        login: ClientCredentials,
        server: str,
        root: str,
        *,
        headers: Mapping[str, str],
        page: int,
        key: str,
        no_such_set: str,
        cures: Mapping[str, str],
    ) -> None:
        self._http = http
        self._login = login
        self._server = server
        self._root = server + root
        self._headers = headers
        self._page = max(2, page)
        self._key = key
        self._no_such_set = no_such_set
        self._cures = cures

    def one(self, name: str, key: str, options: Mapping[str, object]) -> Record | None:
        """Read one record by its key, or None if there is none."""
        answer = self._send("GET", name, _with(f"{self._root}{name}({quote(key, safe='')})", options))
        if answer.status == 404 and not self._lacks_set(answer) and not _is_page(answer):
            return None
        return _record(self._decoded(name, answer))

    def pages(self, name: str, options: Mapping[str, object]) -> Iterator[list[Record]]:
        """Read a list to its end, in an order that the caller gives and no change of a record can alter.

        Where the server links its pages, we follow its links.
        """
        total: object = None
        link: object = None

        def ask(skip: int) -> tuple[list[Record], bool]:
            nonlocal total, link
            asked = {**options, "top": self._page, "skip": skip, "count": "true" if skip == 0 else ""}
            rows, answer = self._list(name, _with(self._root + name, asked))
            total, link = answer.get("@odata.count", total), answer.get("@odata.nextLink")
            # A server may cap a page below what was asked: a short page is the last one only if the count agrees.
            more = isinstance(total, int) and skip + len(rows) < total
            return rows, "@odata.nextLink" not in answer and len(rows) >= (2 if more else self._page)

        try:
            yield from overlapping(ask, self._key, self._page)
        except Astray as error:
            says = f"the pages of {name} do not follow each other"
            raise Nonsense(self._http.system, says, cure="Run again later.") from error
        yield from self._linked(name, link)

    def write(self, method: str, name: str, body: Record, key: str | None = None) -> Record:
        """Write a record, whole or in part, and return what the answer tells of it.

        Raises:
            RecordRefused: nothing was written.
            RecordGone: there is no record with this key.
            OutcomeUnknown: it may have been written.
        """
        url = self._root + name + (f"({quote(key, safe='')})" if key is not None else "")
        answer = self._send(method, name, url, _encoder.encode(body))
        if answer.status == 404 and key is not None and not self._lacks_set(answer) and not _is_page(answer):
            raise RecordGone(self._http.system, f"{name} no longer has {key}", cure="It was deleted or merged there.")
        if not 200 <= answer.status < 300:
            self._explain(name, answer, writes=True)
        if not answer.content:
            return {}
        try:
            return _record(self._decoded(name, answer))
        except Nonsense as error:
            # The status says done, the body says nothing: somebody must look.
            raise OutcomeUnknown(self._http.system, error.says) from error

    def tell(self, method: str, path: str, body: Record | None = None) -> Any:
        """Call an address of the API beside the service, and give what it answers; what is to be deleted may be gone.

        Raises:
            RecordRefused: it does not do what is asked.
            OutcomeUnknown: it may have been done.
        """
        name, content = path.split("/")[2], None if body is None else _encoder.encode(body)
        answer = self._send(method, name, self._server + path, content)
        if method == "DELETE" and answer.status == 404:
            return None
        if not 200 <= answer.status < 300:
            self._explain(name, answer, writes=method != "GET")
        if method != "GET":
            return None
        try:
            return _decoder.decode(answer.content)
        except (ValueError, RecursionError) as error:
            raise self._login.nonsense(name, answer.content) from error

    def _linked(self, name: str, link: object) -> Iterator[list[Record]]:
        url = self._root + name
        while link:
            url = urljoin(url, str(link))
            if urlsplit(url)[:2] != urlsplit(self._root)[:2]:
                # Our token must not follow a link to a stranger.
                raise Nonsense(self._http.system, f"the next page of {name} is said to be on {urlsplit(url).netloc}")
            rows, answer = self._list(name, url)
            if rows:
                yield rows
            link = answer.get("@odata.nextLink")

    def _list(self, name: str, url: str) -> tuple[list[Record], Record]:
        response = self._send("GET", name, url)
        answer = self._decoded(name, response)
        rows = answer.get("value")
        if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
            raise self._login.nonsense(name, response.content)
        return rows, answer

    def _send(self, method: str, name: str, url: str, content: bytes | None = None) -> Response:
        headers = dict(self._headers)
        if content is not None:
            headers["Content-Type"] = "application/json"
        writes = method != "GET"

        def send(login: dict[str, str]) -> Response:
            return self._http.send(method, url, what=name, writes=writes, headers=headers | login, content=content)

        answer = self._login.carry(send)
        if answer.status == 401:
            cure = "Check that the address of the API and that of the token server belong together."
            raise LoginRefused(self._http.system, "a new token is refused as well", cure=cure)
        return answer

    def _decoded(self, name: str, answer: Response) -> Record:
        # The content type is not asked: some answers name a wrong one.
        if not 200 <= answer.status < 300:
            self._explain(name, answer, writes=False)
        try:
            decoded = _decoder.decode(answer.content)
        except (ValueError, RecursionError):
            decoded = None
        if not isinstance(decoded, dict):
            raise self._login.nonsense(name, answer.content)
        return decoded

    def _explain(self, name: str, answer: Response, *, writes: bool) -> NoReturn:
        system = self._http.system
        code, message = _refusal(answer)
        if answer.status == 404 and _is_page(answer):
            raise self._login.nonsense(name, answer.content)
        if self._lacks_set(answer) or (answer.status == 404 and not writes):
            raise ProviderError(system, f"there is no entity set '{name}'", cure=self._cures.get(name, ""), code=code)
        if not 400 <= answer.status < 500:
            cure = "Check the address of the API."
            raise Nonsense(system, f"{name} was answered with status {answer.status}", cure=cure)
        if writes:
            raise RecordRefused(system, message, code=code)
        if answer.status == 403:
            cure = "Give the user of the application the right to read this."
            raise LoginRefused(system, f"we may not read {name}: {message}", cure=cure, code=code)
        raise ProviderError(system, f"{name} cannot be read: {message}", code=code)

    def _lacks_set(self, answer: Response) -> bool:
        return 400 <= answer.status < 500 and self._no_such_set.lower() in _refusal(answer)[1].lower()


def _record(answer: Record) -> Record:
    """Take a single record out of its envelope, so that it is the same as in a list."""
    return {name: value for name, value in answer.items() if name != "@odata.context"}


def _with(url: str, options: Mapping[str, object]) -> str:
    spelt = query(options)
    return f"{url}?{spelt}" if spelt else url


def _is_page(answer: Response) -> bool:
    """Tell whether this is a page for people: something on the way answered, and not the service."""
    return answer.content.lstrip()[:1] == b"<"


def _refusal(answer: Response) -> tuple[str, str]:
    """Tell code and message of a refusal; the status where the body says nothing readable."""
    try:
        error = _decoder.decode(answer.content)["error"]
        return str(error.get("code") or answer.status), str(error["message"])
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return str(answer.status), f"refused with status {answer.status}"
