"""Two invented systems that keep notes, The Pad and The Shelf, over their JSON interface; for the trial of a fleet alone.

Each call says by whom it is made: the process, the thread and the run, so that whoever serves it knows which runs there were.
"""

import hmac
import json
import os
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, ClassVar
from urllib.parse import urlencode

from syncrules import Account, Http, Manifest, Nonsense, Record, RecordGone, RecordRefused
from syncrules.provider import Hint

SECRET = b"open-sesame"
_mine = threading.local()


def _run(side: str) -> str:
    """Name the run that this thread is at: a new one begins with the second time that it makes the same provider."""
    if side in getattr(_mine, "made", {side}):
        _mine.made, _mine.number = set(), getattr(_mine, "number", 0) + 1
    _mine.made.add(side)
    return f"{os.getpid()}-{threading.get_ident()}-{_mine.number}"


class Notes:
    """Move the notes of one pad, or of one shelf."""

    manifest: ClassVar[Traversable]

    def __init__(self, manifest: Manifest, settings: Mapping[str, str], http: Http) -> None:
        self._manifest, self._http, self._url = manifest, http, settings["url"]
        self._headers = {"Content-Type": "application/json", "X-Run": _run(manifest.provider)}

    def account(self) -> Account:
        said = self._call("GET", "office", {})
        return Account(said["id"], said["title"])

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        after = ""
        while page := self._call("GET", resource, {"after": after, "since": since or ""}):
            yield page
            after = page[-1]["id"]

    def fetch(self, resource: str, key: str) -> Record | None:
        return next(iter(self.find(resource, "id", key)), None)

    def find(self, resource: str, field: str, value: str) -> list[Record]:
        found = self._call("GET", resource, {field: value})
        return [each for each in found if str(each.get(field) or "") == value]

    def create(self, resource: str, record: Record) -> Record:
        return dict(self._call("POST", resource, {}, record))

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        return dict(self._call("PATCH", f"{resource}/{key}", {}, changes))

    def close(self) -> None:
        """Nobody logs out of it."""

    @classmethod
    def hints(
        cls, manifest: Manifest, secrets: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Sequence[Hint] | None:
        signed = hmac.new(secrets["secret"].encode(), body, "sha256").hexdigest()
        return [Hint("notes")] if hmac.compare_digest(signed, headers.get("x-signature", "")) else None

    def register(self, address: str, resources: Collection[str]) -> None:
        """Whoever plays the trial knows where to call."""

    def unregister(self, beginning: str) -> None:
        """Nor does it have to be told that nobody is there any more."""

    def _call(self, method: str, path: str, query: Mapping[str, str], body: Record | None = None) -> Any:
        answer = self._http.send(
            method,
            f"{self._url}/{path}?{urlencode(query)}",
            what=path.split("/", maxsplit=1)[0],
            writes=method != "GET",
            headers=self._headers,
            content=None if body is None else json.dumps(body).encode(),
        )
        system, said = self._http.system, json.loads(answer.content, parse_float=Decimal)
        match answer.status, said:
            case ((200 | 201), (dict() | list())):
                return said
            case 404, _:
                raise RecordGone(system, "the note is not there any more")
            case 422, str():
                raise RecordRefused(system, said, cure="Correct the note.")
        raise Nonsense(system, f"it answered with status {answer.status}")


class Pad(Notes):
    """The Pad."""

    manifest = files("syncrules_pads") / "pad.manifest.yaml"


class Shelf(Notes):
    """The Shelf."""

    manifest = files("syncrules_pads") / "shelf.manifest.yaml"
