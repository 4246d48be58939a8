"""The way in and out of a twin: a provider that speaks over the engine's own HTTP manners, and a wire that fate may cut.

The wire is where a call goes wrong as it does in life: before it arrives, after it was carried out, or with an answer that is none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from syncrules.errors import LoginRefused, Nonsense, RecordGone, RecordRefused
from syncrules.http import Broken, Http, Response, nonsense
from syncrules.manifest import Manifest, Resource
from syncrules.provider import Account, Write
from syncrules.simulator.refusing import Refused
from syncrules.simulator.shape import Record, copied, empty, from_wire, merged, to_wire
from syncrules.simulator.twin import Twin

SLIDING = {"second": 1.0, "minute": 60.0}
"""Windows that move along → seconds; an hour, a day and a month begin on the clock."""

ON_THE_WAY = 0.05
"""Seconds that every call takes."""

POINTS = {
    "submit": "create", "replace": "update", "empty": "update", "delete": "update", "mark": "fetch", "taken_for": "find",
}  # fmt: skip
"""What some systems offer besides → the kind of call whose mishaps it shares."""
CALLS = ("login", "read", "fetch", "find", "create", "update")
"""What can be asked of a twin."""


WRITES = ("create", "update", "delete", "submit", "replace", "empty")
"""The calls that change something."""


class Crash(BaseException):
    """The process is gone: nothing after this point happened."""


class Fate(Protocol):
    """Decides what goes wrong."""

    def befalls(self, point: str) -> str | None:
        """Name the mishap at the next point of this kind, or None; may let people do something first."""


MISHAPS: Mapping[str, str] = {
    "crash before": "the process is killed before the call arrives",
    "crash after": "the process is killed when the call has been carried out",
    "no connection": "the connection cannot be made",
    "lost before": "the connection breaks before the call is carried out, and nobody can tell",
    "lost after": "the call is carried out and its answer is lost",
    "429": "too many calls; come back in two seconds",
    "500": "the system says that something went wrong, and did nothing",
    "502 after": "the call is carried out, and something on the way answers that it failed",
    "503": "the system says that it is busy, and when to come back",
    "503 after": "the call is carried out, and something on the way answers that nobody is there",
    "garbage before": "something on the way answers instead, and nothing was carried out",
    "garbage": "the call is carried out and the answer is no answer",
    "expired": "the system no longer knows the session",
    "refused": "the system refuses the record this once",
    "half a list": "the list ends in the middle, and nobody says so",
    "told twice": "the list tells of each record twice",
    "another order": "the list tells of the last record first",
    "slow": "the answer takes three minutes",
}
"""What can befall a call → what that means."""


class TwinWire:
    """Carry requests to a twin in memory, as far as fate allows.

    Args:
        sleep: lets time pass.
    """

    def __init__(self, twin: Twin, fate: Fate, now: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._twin = twin
        self._fate = fate
        self._now = now
        self._sleep = sleep
        self.broken_limits: list[str] = []
        self.effects: list[tuple[str, str, str, Record]] = []
        """What was carried out: operation, resource, id and what was sent."""
        self.asked: list[tuple[str, str, str, Record]] = []
        """What was asked to be written, whatever came of it: operation, resource, id and what was sent."""
        self.looked: list[tuple[float, str, str, str]] = []
        """When it was asked whom a new record would be taken for: moment, resource, by which fields, and what they say."""
        self.replaced: list[str] = []
        """Resources of which a whole list was taken, changed or not."""
        self.emptied: list[str] = []
        """Resources of which a list ended before it began."""
        self._recent: dict[int, deque[float]] = {}
        self._spent: dict[tuple[int, float], int] = {}
        self._sessions: set[str] = set()
        self._opened = 0

    def carry(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Response:
        """Carry one request there and its answer back."""
        self._sleep(ON_THE_WAY)
        operation = url.rpartition("/")[2]
        asked = from_wire(content or b"{}")
        mishap = self._fate.befalls(POINTS.get(operation, operation))
        self._count(operation, asked)
        if operation in ("create", "update"):
            self.asked.append((operation, asked["resource"], asked.get("key", ""), asked["record"]))
        match mishap:
            case "crash before":
                raise Crash
            case "no connection":
                raise Broken("connection refused", sent=False)
            case "lost before":
                raise Broken("connection reset", sent=True)
            case "429":
                return Response(429, {"retry-after": "2"}, b"")
            case "500":
                return Response(500, {}, b"")
            case "503":
                return Response(503, {"retry-after": "30"}, b"")
            case "garbage before":
                return Response(200, {}, b"<html><h1>Log in to the network")
            case "expired":
                self._sessions.clear()
            case "refused" if operation in WRITES:
                return _answer({"says": "not now", "code": "E999"}, 422)
            case "slow":
                self._sleep(180.0)
        answer = self._respond(operation, asked, headers, mishap or "")
        match mishap:
            case "crash after":
                raise Crash
            case "lost after":
                raise Broken("connection reset", sent=True)
            case "502 after":
                return Response(502, {}, b"<html>Bad Gateway")
            case "503 after":
                return Response(503, {}, b"<html>Service Unavailable")
            case "garbage":
                return Response(200, {}, b"<html><h1>One moment")
        return answer

    def close(self) -> None:
        """Nothing stays open."""

    def _respond(self, operation: str, asked: Mapping[str, Any], headers: Mapping[str, str], mishap: str) -> Response:
        if operation == "login":
            self._opened += 1
            self._sessions.add(f"session-{self._opened}")
            return _answer({"session": f"session-{self._opened}", "id": f"{self._twin.manifest.provider}-books"})
        if headers.get("session") not in self._sessions:
            return Response(401, {}, b"")
        resource = asked["resource"]
        try:
            if operation in POINTS:
                return _answer(self._do_more(operation, resource, asked))
            match operation:
                case "read":
                    return _answer(self._page(resource, asked, mishap))
                case "fetch":
                    return _answer({"record": self._twin.row(resource, asked["key"])})
                case "find":
                    listed = self._twin.listed(resource)
                    found = [each for each in listed if _text(each.get(asked["field"])) == asked["value"]]
                    return _answer({"records": found})
                case "create":
                    done = self._twin.create(resource, asked["record"], "engine")
                case _:
                    done = self._twin.update(resource, asked["key"], asked["record"], "engine")
            self.effects.append((operation, resource, asked.get("key", ""), asked["record"]))
            return _answer({"record": done})
        except Refused as error:
            return _answer({"says": error.says, "code": error.code}, 404 if error.code == "404" else 422)

    def _do_more(self, operation: str, resource: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Do what only some systems offer."""
        twin = self._twin
        match operation:
            case "mark":
                return {"mark": twin.mark}
            case "taken_for":
                self.looked.append((self._now(), resource, asked["alike"], asked["looks"]))
                return {"records": twin.alike(resource, asked["alike"], asked["looks"])}
            case "empty":
                twin.empty()
            case "submit":
                twin.submit(resource, [tuple(each) for each in asked["writes"]], asked["mark"])
                self.effects += [(verb, resource, key, record) for verb, key, record in asked["writes"]]
            case "replace":
                self.replaced.append(resource)
                before = twin.beside.get(resource, {})
                done = twin.replace(resource, asked["records"], asked["beside"])
                self.effects += [(each.verb, resource, each.id, each.after or {}) for each in done]
                if twin.beside[resource] != before:
                    self.effects.append(("update", resource, "", {}))
            case _:
                twin.delete(resource, asked["key"], "engine")
                self.effects.append(("delete", resource, asked["key"], {}))
        return {}

    def _page(self, resource: str, asked: Mapping[str, Any], mishap: str) -> dict[str, Any]:
        key = self._twin.manifest.resources[resource].key_of
        rows = self._twin.listed(resource, asked.get("since"))
        names = [key(each) for each in rows]
        start = names.index(asked["after"]) + 1 if asked.get("after") in names else 0
        page = rows[start : start + self._twin.habits.page]
        if mishap == "half a list":
            if start + len(page) // 2 == 0:
                self.emptied.append(resource)
            return {"records": page[: len(page) // 2], "more": False}
        more = start + len(page) < len(rows)
        match mishap:
            case "told twice":
                page = [*page[:-1], *page]
            case "another order" if not more:
                page = page[::-1]
            case "another order":
                page = [*page[:-1][::-1], *page[-1:]]  # the next page is asked for by the last record of this one
        return {"records": page, "more": more}

    # Limits ---------------------------------------------------------------------------------------------------------

    def _count(self, operation: str, asked: Mapping[str, Any]) -> None:
        """Count as the vendor would: in windows of its own, whatever our side believes."""
        manifest, now = self._twin.manifest, self._now()
        word = word_for(manifest, operation, asked.get("resource", ""))
        for position, limit in enumerate(manifest.limits):
            if limit.of and word not in limit.of:
                continue
            allowed = self._twin.habits.calls.get(position, limit.calls)
            if limit.per in SLIDING:
                recent = self._recent.setdefault(position, deque())
                recent.append(now)
                while recent[0] <= now - SLIDING[limit.per]:
                    recent.popleft()
                made = len(recent)
            else:
                window = (position, _window_start(now, limit.per, limit.time_zone))
                made = self._spent[window] = self._spent.get(window, 0) + 1
            if made > allowed:
                self.broken_limits.append(f"{made} calls in a {limit.per}, where {allowed} are allowed")


class TwinProvider:
    """Move the records of a twin; what a provider for a real system is, in the fewest lines."""

    def __init__(self, manifest: Manifest, http: Http) -> None:
        self._manifest = manifest
        self._http = http
        self._session = ""

    def account(self) -> Account:
        said = self._login()
        return Account(said["id"], self._manifest.title)

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        after: str | None = None
        while True:
            said = self._call("read", resource, since=since, after=after)
            if said["records"]:
                yield said["records"]
                after = self._manifest.resources[resource].key_of(said["records"][-1])
            if not said["more"]:
                return

    def fetch(self, resource: str, key: str) -> Record | None:
        found: Record | None = self._call("fetch", resource, key=key)["record"]
        return found

    def find(self, resource: str, field: str, value: str) -> list[Record]:
        found: list[Record] = self._call("find", resource, field=field, value=value)["records"]
        return found

    def look_up(self, resource: str, question: str, record: Record) -> Any:
        """Answer with the first record that there is: a twin does not know what is asked, only of what."""
        says = self._manifest.resources[resource].look_ups[question]
        rows = [each for page in self.read(says["resource"]) for each in page]
        if not rows:
            raise RecordRefused(self._manifest.title, f"there is no {says['resource']} to look up '{question}' in")
        if "highest" in says:
            return max(each.get(says["highest"]) or 0 for each in rows) + says["plus"]
        return rows[0][says["gives"]]

    def taken_for(self, resource: str, record: Record) -> list[Record]:
        for alike in self._manifest.resources[resource].overwrites:
            looks = alike.looks(record)
            said = self._call("taken_for", resource, alike=alike.name, looks=looks) if looks else {"records": []}
            if said["records"]:
                return list(said["records"])
        return []

    def create(self, resource: str, record: Record) -> Record:
        made: Record = self._call("create", resource, record=record)["record"]
        return made

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        spec = self._manifest.resources[resource]
        sent = merged(_writable(spec, copied(seen)), changes) if spec.update == "whole_object" else changes
        done: Record = self._call("update", resource, key=key, record=sent)["record"]
        return done

    def delete(self, resource: str, key: str) -> None:
        self._call("delete", resource, key=key)

    def write_many(self, resource: str, writes: Sequence[Write], mark: str) -> None:
        self._call("submit", resource, writes=[[each.verb, each.key, each.record] for each in writes], mark=mark)

    def replace_all(self, resource: str, records: Sequence[Record], beside: Record) -> None:
        self._call("replace", resource, records=list(records), beside=beside)

    def mark(self) -> str | None:
        found: str | None = self._call("mark", "")["mark"]
        return found

    def empty(self) -> None:
        self._call("empty", "")

    def close(self) -> None:
        """A session ends by itself."""

    def _login(self) -> dict[str, Any]:
        said: dict[str, Any] = self._answered("login", "login", {})
        self._session = said["session"]
        return said

    def _call(self, operation: str, resource: str, **asked: Any) -> dict[str, Any]:
        body = {"resource": resource, **{name: value for name, value in asked.items() if value is not None}}
        word = word_for(self._manifest, operation, resource)
        for attempt in (1, 2):
            if not self._session:
                self._login()
            try:
                return self._answered(operation, word, body)
            except LoginRefused:
                self._session = ""
                if attempt == 2:
                    raise
        raise AssertionError

    def _answered(self, operation: str, word: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._http.send(
            "POST", f"https://twin.example/{operation}", what=word, writes=operation in WRITES,
            headers={"session": self._session}, content=to_wire(body),
        )  # fmt: skip
        system = self._manifest.title
        if answer.status == 401:
            raise LoginRefused(system, "the session is not known", cure="Log in again.")
        try:
            said: dict[str, Any] = from_wire(answer.content)
        except ValueError as error:
            raise nonsense(system, word, answer.content) from error
        match answer.status:
            case 200:
                return said
            case 404:
                raise RecordGone(system, said["says"], code=said["code"])
            case 422:
                raise RecordRefused(system, said["says"], code=said["code"])
        raise Nonsense(system, f"{word} was answered with status {answer.status}")


def word_for(manifest: Manifest, operation: str, resource: str) -> str:
    """Give the word by which the manifest's limits know a call: one of theirs where the resource is read or written by it."""
    words = {word for limit in manifest.limits for word in limit.of}
    if resource not in manifest.resources or resource in words:
        return resource or operation
    wire = manifest.resources[resource].wire.get("read" if operation in ("fetch", "find", "taken_for") else operation)
    return next((word for word in sorted(words) if word in str(wire)), resource)


def _writable(spec: Resource, record: Record) -> Record:
    """Leave out what a system does not take back: its own ids and what is only shown."""
    return {
        name: value
        for name, value in record.items()
        if name in spec.fields and not spec.fields[name].read_only and not empty(value)
    }


def _window_start(now: float, per: str, zone: str) -> float:
    """Say when the clock on the wall there began this hour, this day or this month."""
    wall = datetime.fromtimestamp(now, ZoneInfo(zone))
    if per == "hour":
        return now - wall.minute * 60 - wall.second - wall.microsecond / 1e6
    day = datetime(wall.year, wall.month, wall.day if per == "day" else 1, tzinfo=ZoneInfo(zone))
    return day.timestamp()


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _answer(said: Any, status: int = 200) -> Response:
    return Response(status, {}, to_wire(said))
