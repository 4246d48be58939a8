"""One request on the objects of a folder: which verb on which address does what, and what is answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote

from syncrules_providers.sandboxes.server import Answer, Request
from syncrules_providers.sandboxes.winbooks_assumed import Habits, Refused
from syncrules_providers.sandboxes.winbooks_criteria import Found
from syncrules_providers.sandboxes.winbooks_folder import Folder, Row
from syncrules_providers.sandboxes.winbooks_objects import Om
from syncrules_providers.sandboxes.winbooks_saving import Saver
from syncrules_providers.sandboxes.winbooks_telling import Path, Teller, read_path, say_path
from syncrules_providers.sandboxes.winbooks_wire import answer, coerce, read_json

CRITERIA = "ExecuteCriteria"
Query = Callable[[Folder, Om, bytes], Found]
"""How the body of an ExecuteCriteria is run."""


class Call:
    """One request on the objects of a folder."""

    def __init__(self, folder: Folder, om: Om, habits: Habits, request: Request, *, root: str, query: Query) -> None:
        self._folder = folder
        self._om = om
        self._habits = habits
        self._request = request
        self._root = root
        self._query = query
        self._saver = Saver(folder, habits)
        parameters = _parameters(request)
        self._teller = Teller(
            folder,
            habits,
            level=max(1, coerce("int", parameters.get("maxlevel", 1), "maxLevel")),
            show_ids=coerce("bool", parameters.get("isshowid", True), "isShowId"),
        )

    def carry_out(self, key: str | None, *, many: bool, asks: bool) -> Answer:
        verb = self._request.method
        match verb, many, key, asks:
            case "POST", True, None, True:
                return self._ask()
            case "GET", True, None, False:
                return self._tell_many(list(self._folder.rows[self._om.name].values()))
            case "POST" | "PUT", True, None, False:
                return self._write_many(verb)
            case "GET", False, str(), False:
                return self._tell_one(key)
            case "POST" | "PUT", False, _, False if (key is None) != self._om.has_code:
                return self._write_one(verb, key)
            case "PUT", False, str(), False:
                return self._write_one(verb, key)
            case "DELETE", False, str(), False:
                self._saver.delete(self._om, self._found(key)["Id"])
                return answer(200)
            case _, False, None, _ if self._om.has_code or verb == "GET":
                raise Refused("no such address")
        raise Refused("wrong verb")

    # Reading ----------------------------------------------------------------------------------------------------

    def _ask(self) -> Answer:
        found = self._query(self._folder, self._om, self._request.body)
        if found.values is None:
            return self._tell_many(found.rows)
        return self._told(self._teller.values(found.values, self._start()))

    def _tell_many(self, rows: Sequence[Row]) -> Answer:
        return self._told(self._teller.many(self._om, rows, self._start()))

    def _tell_one(self, key: str) -> Answer:
        row = self._folder.find(self._om, key)
        if row is None:
            return answer(204)
        return self._told(self._teller.one(self._om, row, self._start()))

    def _told(self, content: object) -> Answer:
        cut = self._teller.cut
        return answer(200, content, **({} if cut is None else {"ContinuePath": say_path(cut, self._asked())}))

    def _start(self) -> Path:
        return read_path(self._request.headers.get("continuepath"), self._asked())

    def _asked(self) -> bytes:
        return b"\n".join((self._request.method.encode(), self._request.path.encode(), self._request.body))

    # Writing ----------------------------------------------------------------------------------------------------

    def _write_one(self, verb: str, key: str | None) -> Answer:
        body = read_json(self._request.body)
        if verb == "POST":
            return answer(200, self._href(self._saver.create(self._om, body, key)))
        row = self._named(body) if key is None else self._found(key)
        return answer(200, self._href(self._saver.update(self._om, row["Id"], body, key)))

    def _write_many(self, verb: str) -> Answer:
        bodies = read_json(self._request.body)
        if not isinstance(bodies, list):
            raise Refused("validation", "The body must be an array.")
        if self._habits.bulk_atomic:
            with self._folder.transaction():
                return answer(200, [self._href(self._write_element(verb, each)) for each in bodies])
        return answer(200, [self._href(self._write_element(verb, each)) for each in bodies])

    def _write_element(self, verb: str, body: object) -> Row:
        if verb == "POST":
            return self._saver.create(self._om, body)
        return self._saver.update(self._om, self._named(body)["Id"], body)

    def _named(self, body: object) -> Row:
        """Find the object that a body names by Id or code."""
        if not isinstance(body, dict):
            raise Refused("validation", "An object is wanted here.")
        key = self._saver.key_of(self._om, body)
        if key is None:
            raise Refused("no such object", f"{self._om.name}: there is none with this Code or Id.")
        return self._folder.rows[self._om.name][key]

    def _found(self, key: str) -> Row:
        row = self._folder.find(self._om, key)
        if row is None:
            raise Refused("no such object", f"{self._om.name} '{key}' does not exist.")
        return row

    def _href(self, row: Row) -> dict[str, Any]:
        name = row["Code"] if self._om.has_code else row["Id"]
        return {"Href": f"{self._root}/app/{self._om.name}/{quote(name, safe='')}/Folder/{self._folder.code}"}


def _parameters(request: Request) -> dict[str, str]:
    """Read the query behind the address; capitals in the names do not count."""
    return {name.lower(): value for name, value in parse_qsl(request.path.partition("?")[2])}
