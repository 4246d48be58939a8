"""An invented licence of WinBooks on Web on loopback: tokens, folders and objects, in the vendor's own REST protocol.

It shares no code with our transport, so that each can prove the other wrong.
What no source proves, and what is left out, stands in `winbooks_assumed`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import date, datetime
from typing import ClassVar
from urllib.parse import unquote

from syncrules_providers.sandboxes.server import Answer, Request, Sandbox
from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.winbooks_access import Application, Licence
from syncrules_providers.sandboxes.winbooks_assumed import SITUATIONS, Habits, Refused
from syncrules_providers.sandboxes.winbooks_call import CRITERIA, Call
from syncrules_providers.sandboxes.winbooks_criteria import Criteria, Found
from syncrules_providers.sandboxes.winbooks_desk import Desk
from syncrules_providers.sandboxes.winbooks_folder import API_USER, PERSON, Folder, this_moment
from syncrules_providers.sandboxes.winbooks_folders import folders
from syncrules_providers.sandboxes.winbooks_objects import Om
from syncrules_providers.sandboxes.winbooks_wire import answer, read_json, refusal

TOKEN = "/OAuth20/Token"
_ROUTE = re.compile(rf"/app/([^/]+)(?:/([^/]+))?/Folder/([^/]+)(/{CRITERIA})?")

SERVER_FAULT = refusal(Refused("server fault"))
"""What the server says when it stumbles: for `mishap`."""
TOO_MANY = Answer(429, headers={"Retry-After": "1"})
"""What it might say to who asks too much: for `mishap`."""


class WinBooksSandbox(Desk, Sandbox):
    """Serve three folders of one licence, and let people work in them.

    Args:
        story: who is in the first folder at the start.
        base: what stands before every path, such as `/wow/v2` on one of the vendor's hosts.
        ledger: whether there are also the characters of WinBooks itself and their bookings.
        habits: what no source proves, and can be switched.
    """

    country: ClassVar[str] = "BE"

    def __init__(
        self,
        story: Story | None = None,
        *,
        port: int = 0,
        latency: float = 0.0,
        email: str = "info@acme.example",
        exchange_token: str = "XCH-000111222",
        base: str = "",
        ledger: bool = True,
        habits: Habits | None = None,
        today: Callable[[], date] = date.today,
        now: Callable[[], datetime] = this_moment,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(port=port, latency=latency)
        self.email = email
        self.exchange_token = exchange_token
        self.base = base
        self.habits = habits or Habits()
        self.today = today
        self.licence = Licence(self.habits, clock)
        self.licence.let_in(email, exchange_token=exchange_token, trusted=True)
        self.licence_module = True
        self._last_query: tuple[object, Found] | None = None
        self.folders: dict[str, Folder] = folders(today().year, ledger=ledger)
        if story is not None:
            self.load(story)
        for folder in self.folders.values():
            folder.now = now

    @property
    def answers(self) -> dict[str, str]:
        return {
            "email": self.email,
            "exchange_token": self.exchange_token,
            "folder": next(iter(self.folders)),
            "url": self.url + self.base,
        }

    # The road of one request ------------------------------------------------------------------------------------

    def describe(self, request: Request) -> tuple[str, bool]:
        path = request.path.partition("?")[0].removeprefix(self.base)
        match = _ROUTE.fullmatch(path)
        if match is None:
            return unquote(path).strip("/"), False
        asks = match.group(4) is not None
        what = unquote(match.group(1)) + (f"/{CRITERIA}" if asks else "")
        return what, request.method in ("POST", "PUT", "DELETE") and not asks

    def respond(self, request: Request) -> Answer:
        try:
            return self._respond(request)
        except Refused as refused:
            return refusal(refused)
        except Exception as error:  # a fault of the sandbox must not look like a lost connection
            fault = SITUATIONS["server fault"]
            return answer(fault.status, {"Message": fault.message, "ExceptionMessage": repr(error)})

    def _respond(self, request: Request) -> Answer:
        path = request.path.partition("?")[0]
        if not path.startswith(self.base):
            raise Refused("no such address")
        path = path.removeprefix(self.base)
        if path == TOKEN:
            if request.method != "POST":
                raise Refused("wrong verb")
            return answer(200, self.licence.token(request))
        match = _ROUTE.fullmatch(path)
        if match is None:
            raise Refused("no such address")
        caller = self.licence.caller(request)
        name, key, code, asks = (unquote(each) if each else None for each in match.groups())
        folder = self._folder(str(code), caller)
        addressed = folder.model.addressed(str(name))
        if addressed is None:
            raise Refused("no such address", f"There is no {name}.")
        folder.who = API_USER
        try:
            call = Call(folder, addressed[0], self.habits, request, root=self.url + self.base, query=self._query)
            return call.carry_out(key, many=addressed[1], asks=bool(asks))
        finally:
            folder.who = PERSON

    def _folder(self, code: str, caller: Application) -> Folder:
        folder = self.folders.get(code)
        if folder is None or (caller.folders is not None and code not in caller.folders):
            raise Refused("unknown folder", f"Folder '{code}' does not exist.")
        if not self.licence_module or not folder.module_active:
            raise Refused("module not active")
        return folder

    def _query(self, folder: Folder, om: Om, body: bytes) -> Found:
        """Run a query; parts of one answer are cut from one list, as long as nobody writes in between."""
        asked = (folder.code, om.name, body, folder.changes, self.habits.empty_references)
        if self._last_query is None or self._last_query[0] != asked:
            self._last_query = (asked, Criteria(folder, self.habits, om, read_json(body)).run())
        return self._last_query[1]
