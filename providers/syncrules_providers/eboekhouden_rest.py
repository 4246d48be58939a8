"""Moves the records of one e-Boekhouden administration over REST.

Which paths, fields and filters there are, and what is only assumed about the service, stands in the manifest beside this
file; here is the road from a resource to requests, and how a list that has no order is read to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import islice
from typing import Any, ClassVar
from uuid import NAMESPACE_URL, uuid5

from syncrules.errors import Nonsense, OutcomeUnknown, ProviderError, RecordGone, RecordRefused
from syncrules.http import Http, Response
from syncrules.manifest import Manifest, Resource
from syncrules.provider import Account, Record
from syncrules_providers import paging, rest
from syncrules_providers.eboekhouden_session import Session, error_of

PATIENCE = 10
"""How often a list is read from its beginning until it is not believed to come to rest."""


class EboekhoudenRest:
    """Read and write over REST; several threads may do so at once, in one session."""

    manifest: ClassVar[Traversable] = files("syncrules_providers") / "eboekhouden_rest.manifest.yaml"

    def __init__(self, manifest: Manifest, settings: Mapping[str, str], http: Http) -> None:
        """Prepare, without a call."""
        answers = {each.name: each.default or "" for each in manifest.asks} | dict(settings)
        root = answers["url"].rstrip("/") + manifest.wire["root"]
        self._manifest = manifest
        self._system = http.system
        self._wanted = answers["administration"]
        self._session = Session(http, root, manifest, token=answers["token"], source=answers["source"])

    def account(self) -> Account:
        """Log in and say whose records these are: those of the one administration that is linked, or that was named.

        Raises:
            ProviderError: it cannot be told which administration the token opens.
        """
        linked = [each for page in self.read("administrations") for each in page]
        wanted = _bare(self._wanted)
        found = [each for each in linked if wanted in ("", _bare(each["guid"]), _bare(each.get("company")))]
        if len(found) != 1:
            names = ", ".join(f"'{_said(each.get('company'))}'" for each in linked) or "none"
            raise ProviderError(
                self._system,
                f"it cannot be told which administration the token opens; linked to it: {names}",
                cure="Give the name of the administration, as it stands there, as an answer of this connection.",
            )
        # Over SOAP the GUID is half of the credentials: what is left behind in other systems only tells the same books from others.
        id_ = uuid5(NAMESPACE_URL, f"{self._manifest.wire['books']}/{_bare(found[0]['guid'])}")
        return Account(str(id_), _said(found[0].get("company")) or self._manifest.title)

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        """Read all records of a resource; where a list says too little of them, each is read by itself."""
        records = self._all(self._manifest.resources[resource])
        while page := list(islice(records, self._manifest.wire["page"])):
            yield page

    def fetch(self, resource: str, key: str) -> Record | None:
        """Read one record by its id, as it is now, or None if it is not there."""
        offer = self._manifest.resources[resource]
        if not offer.wire.get("thin"):
            return next(iter(self.find(resource, offer.id[0], key)), None)
        return next(self._one_by_one(offer, [key]), None) if key.isascii() and key.isdigit() else None

    def find(self, resource: str, field: str, value: str) -> list[Record]:
        """Read the records whose field is exactly this value.

        The service compares texts without regard to case, and takes an empty filter for none: we look again.
        """
        offer = self._manifest.resources[resource]
        if offer.wire.get("thin") and field == offer.id[0]:
            found = self.fetch(resource, value)
            return [] if found is None else [found]
        by = offer.wire.get("by", {}).get(field)
        asked = {by: value} if by and value else {}
        records = self._all(offer, asked, lambda row: field not in row or _said(row[field]) == value)
        return [each for each in records if _said(each.get(field)) == value]

    def create(self, resource: str, record: Record) -> Record:
        """Create a record and return it with the id that it was given."""
        offer = self._manifest.resources[resource]
        self._refuse_unless(offer.creatable, "create", offer)
        answer = self._write("POST", offer, offer.wire["path"], rest.write, record)
        try:
            given = rest.read(offer.fields, self._manifest.types, rest.decode(answer.content))
        except rest.Unreadable as error:
            raise OutcomeUnknown(self._system, f"the answer to a new one of the {offer.title}: {error}") from error
        if not given.get(offer.id[0]):
            raise OutcomeUnknown(self._system, f"a new one of the {offer.title} was accepted without an id")
        return {**record, **given}

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        """Write changes into a record; what the service wants to hear in every update goes along as it was seen."""
        offer = self._manifest.resources[resource]
        self._refuse_unless(offer.update != "none", "update", offer)
        told = {name: seen.get(name) for name in offer.wire.get("always", ())} | changes
        self._write("PATCH", offer, f"{offer.wire['path']}/{key}", rest.write_changes, told)
        return {**seen, **changes}

    def close(self) -> None:
        """Log out."""
        self._session.close()

    # Reading ----------------------------------------------------------------------------------------------------

    def _all(
        self, offer: Resource, asked: Mapping[str, str] | None = None, may_be: Callable[[Record], bool] | None = None
    ) -> Iterator[Record]:
        """Read all records, or those that the service finds.

        Args:
            may_be: tells from the row of a list whether it is worth while to read the record.
        """
        if offer.rows is not None:
            return (dict(each) for each in offer.rows)
        rows = self._listed(offer, asked or {})
        if not offer.wire.get("thin"):
            return rows
        # The list to its end first: it would not stand still while thousands of records are read one by one.
        return self._one_by_one(offer, [offer.key_of(each) for each in rows if may_be is None or may_be(each)])

    def _one_by_one(self, offer: Resource, keys: Iterable[str]) -> Iterator[Record]:
        """Read records each by itself; one that has gone since it was listed is left out."""
        beside: dict[str, dict[str, Record]] = {}
        for key in keys:
            path = f"{offer.wire['path']}/{key}"
            answer = self._session.ask("GET", path)
            if _is_gone(answer):
                continue
            found = self._record(offer, path, self._session.object(path, answer), answer)
            # The row of a list, taken for the record, would empty whatever it does not say.
            if offer.key_of(found) != key or any(found.get(each) is None for each in offer.wire["holds"]):
                raise self._session.unreadable(path, answer)
            yield found | self._joined(offer, found, beside)

    def _joined(self, offer: Resource, record: Record, beside: dict[str, dict[str, Record]]) -> Record:
        """Give the small records that this one points to; the list of each kind is read once, and kept beside."""
        joined: Record = {}
        for name, says in offer.wire.get("joined", {}).items():
            other = self._manifest.resources[says["resource"]]
            if name not in beside:
                beside[name] = {other.key_of(each): each for each in self._all(other)}
            joined[name] = beside[name].get(_said(record.get(says["by"])))
        return joined

    def _listed(self, offer: Resource, asked: Mapping[str, str]) -> Iterator[Record]:
        """Read a list to its end, although nobody says in which order it comes."""
        try:
            yield from paging.at_rest(lambda: self._pages(offer, asked), offer.key_of, PATIENCE)
        except paging.Astray as error:
            cure = "Somebody is changing a great deal there; run again later."
            raise Nonsense(self._system, f"the list of {offer.title} does not come to rest", cure=cure) from error

    def _pages(self, offer: Resource, asked: Mapping[str, str]) -> Iterator[list[Record]]:
        path, limit, offset = offer.wire["path"], self._manifest.wire["limit"], 0
        skip = offer.wire.get("skip", {}).items()
        while True:
            options = {**offer.wire.get("filter", {}), **asked, "limit": limit, "offset": offset}
            answer = self._session.ask("GET", f"{path}?{rest.query(options)}")
            said = self._session.object(path, answer)
            rows, count = said.get("items", ""), said.get("count") or 0
            if not isinstance(rows, list | None) or not isinstance(count, int):
                raise self._session.unreadable(path, answer)
            page = [self._record(offer, path, each, answer) for each in rows or ()]
            offset += len(page)
            # The count is that of this answer; were it that of the whole list, a short page need not be the last.
            if not page and count > offset:
                raise self._session.unreadable(path, answer)
            yield [each for each in page if all(each.get(name) != value for name, value in skip)]
            if not page or (len(page) < limit and count <= offset):
                return

    def _record(self, offer: Resource, path: str, given: object, answer: Response) -> Record:
        try:
            record = rest.read(offer.fields, self._manifest.types, given)
        except rest.Unreadable as error:
            raise self._session.nonsense(f"the answer to {path} cannot be used: {error}") from error
        if any(record.get(each) is None for each in offer.id):
            raise self._session.unreadable(path, answer)
        return record

    # Writing ----------------------------------------------------------------------------------------------------

    def _write(
        self, method: str, offer: Resource, path: str, body: Callable[..., Record], record: Mapping[str, Any]
    ) -> Response:
        try:
            content = rest.encode(body(offer.fields, self._manifest.types, record))
        except rest.Unwritable as error:
            raise RecordRefused(self._system, str(error), cure="Correct the value; nothing was sent.") from error
        if says := self._manifest.unfit(offer.name, record):
            raise RecordRefused(self._system, says, cure="Correct the value; nothing was sent.")
        answer = self._session.ask(method, path, content)
        if method == "PATCH" and _is_gone(answer):
            raise RecordGone(self._system, f"{path} is no longer there", cure="It was deleted in e-Boekhouden.")
        if not 200 <= answer.status < 300:
            self._session.explain(path, answer, writes=True)
        return answer

    def _refuse_unless(self, offered: bool, how: str, offer: Resource) -> None:
        if not offered:
            cure = "Change them in e-Boekhouden itself."
            raise RecordRefused(self._system, f"there is no {how} of {offer.title}", cure=cure)


def _is_gone(answer: Response) -> bool:
    """Tell whether the service itself says that there is no such record; a stranger on the way may say so too."""
    return answer.status == 404 and error_of(answer) is not None


def _said(value: Any) -> str:
    return "" if value is None else str(value)


def _bare(value: Any) -> str:
    """Give a name or a GUID without what makes no difference."""
    return _said(value).strip().strip("{}").casefold()
