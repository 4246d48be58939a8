"""The pages of `serve`: what `status`, `waiting`, `log` and `explain` answer, as HTML. Nothing can be done there, only looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from syncrules.cli import asked, explaining, looking_back, report
from syncrules.cli.command import in_short, ours
from syncrules.cli.data import Data
from syncrules.cli.desk import Desk
from syncrules.errors import StateError, SyncRulesError, UsageError
from syncrules.journey.event import Event
from syncrules.memory.store import Store

PER_PAGE = 50
"""So many connections are shown at a time."""
ITEMS = 200
"""So many records that wait are shown; the rest is counted."""
RUNS = 20
"""So many runs are shown, of the last `SINCE`."""
SINCE = "7d"
COLUMNS = {"in_sync": "In step", "pending": "To do", "waiting": "Waiting", "failed": "Failed", "excluded": "Left out"}
"""State of records → how it is called."""

HTMX = {
    # Nothing that stands on a page runs, whoever wrote it; what cannot be shown takes the place of what was.
    "allowEval": False, "allowScriptTags": False, "includeIndicatorStyles": False, "historyCacheSize": 0,
    "responseHandling": [{"code": "2..", "swap": True}, {"code": "...", "swap": True, "target": "main", "select": "main", "swapOverride": "outerHTML"}],
}  # fmt: skip
"""How a page keeps itself up to date in a browser."""

Asked = Mapping[str, str]


class Pages:
    """What can be looked at.

    Args:
        store: opens the state store.
        progress: connection → how far the run of it is that this worker has in hand.
        trouble: connection → why this worker could not run it the last time, and what helps.
    """

    def __init__(
        self,
        desk: Desk,
        store: Callable[[], Store],
        progress: Callable[[str], Event | None] = lambda _: None,
        trouble: Callable[[str], Mapping[str, str] | None] = lambda _: None,
    ) -> None:
        self.desk, self.store, self.progress, self.trouble = desk, store, progress, trouble
        self.html = Environment(
            loader=PackageLoader("syncrules.cli", "pages"), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self.html.filters.update(
            moment=report.moment, iso=_iso, value=report.value, due=report.due, quiet=report.quiet, webhook=report.webhook, calls_left=report.calls_left, lanes_left=report.lanes_left,
            counted=report.counted, circuit=report.circuit, part=lambda text: quote(text, safe=""),
        )  # fmt: skip
        self.html.globals.update(
            COLUMNS=COLUMNS,
            NUMBERS=(*COLUMNS.values(), "How many"),
            SAYS=explaining.SAYS,
            said=looking_back.said,
            change=report.change,
            ITEMS=ITEMS,
            SINCE=SINCE,
            HTMX=HTMX,
        )

    @property
    def style(self) -> str:
        return (files("syncrules.cli") / "pages" / "page.css").read_text(encoding="utf-8")

    @property
    def script(self) -> str:
        """What keeps a page up to date while somebody looks at it: htmx."""
        return (files("js_lib_htmx") / "static/htmx/htmx.min.js").read_text(encoding="utf-8")

    @property
    def refused(self) -> str:
        """What is shown to whoever did not come in."""
        return self._outside("This page is for whoever started it")

    @property
    def left(self) -> str:
        """What is shown to whoever went out."""
        return self._outside("You are logged out")

    @property
    def away(self) -> str:
        """What is shown while nobody can say who came in."""
        return self._outside("The state store cannot be reached now", cure="Nothing is lost.", passes=True)

    def _outside(self, message: str, *, cure: str = "", passes: bool = False) -> str:
        cure = (
            cure or "Type 'syncrules page-link' where it runs: the link that it prints opens once, within ten minutes."
        )
        return self._made("trouble.html", inside=False, passes=passes, message=message, cure=cure)

    @property
    def all(self) -> dict[str, Callable[[Asked], tuple[int, str]]]:
        """Path → page."""
        pages: dict[str, Callable[[Store, Asked], str]] = {
            "/": self._overview,
            "/connection": self._connection,
            "/record": self._record,
        }
        return {path: self._opened(page) for path, page in pages.items()}

    def _opened(self, page: Callable[[Store, Asked], str]) -> Callable[[Asked], tuple[int, str]]:
        def show(given: Asked) -> tuple[int, str]:
            try:
                with self.store() as store:
                    return 200, page(store, given)
            except UsageError as error:
                return self._trouble(404, error.message, error.cure)
            except SyncRulesError as error:
                return self._trouble(503 if isinstance(error, StateError) else 500, *in_short(error))

        return show

    def _trouble(self, status: int, message: str, cure: str) -> tuple[int, str]:
        message = f"{message[:1].upper()}{message[1:]}"
        return status, self._made("trouble.html", passes=status == 503, message=message, cure=cure)

    def _made(self, template: str, *, inside: bool = True, **data: Any) -> str:
        return self.html.get_template(template).render(inside=inside, **data)

    # The pages ------------------------------------------------------------------------------------------------------

    def _overview(self, store: Store, given: Asked) -> str:
        names = [each.name for each in store.connections()]
        number = int(given["page"][:9]) if given.get("page", "").isdecimal() else 1
        last = max(1, -(-len(names) // PER_PAGE))
        number = min(max(number, 1), last)
        shown = names[(number - 1) * PER_PAGE : number * PER_PAGE]
        rows = [self._stands(store, each) for each in shown]
        return self._made("overview.html", rows=rows, count=len(names), number=number, last=last)

    def _stands(self, store: Store, name: str) -> Data:
        """Tell how a connection stands, also one whose mapping is no longer one."""
        try:
            stands = asked.status(self.desk, store, name)
        except StateError:
            raise
        except Exception as error:
            message, cure = in_short(ours(error))
            return {"connection": name, "trouble": {"message": message, "cure": cure}}
        return {
            **stands, "trouble": None, "total": _total(stands), "word": _word(stands, self.trouble(name)), "next": _next(stands)
        }  # fmt: skip

    def _connection(self, store: Store, given: Asked) -> str:
        name = given.get("name", "")
        stands = asked.status(self.desk, store, name)
        runs = asked.log(self.desk, store, name, since=SINCE)["runs"]
        newest = max((each["run"] for each in runs if each["ended_at"]), default=0)
        seen = int(given["seen"][:18]) if given.get("seen", "").isdecimal() else newest
        return self._made(
            "connection.html", it=stands, total=_total(stands), word_of=_word(stands, self.trouble(name)), waits=asked.waiting(self.desk, store, name),
            runs=runs[: -RUNS - 1 : -1], progress=self.progress(name), trouble=self.trouble(name), newest=newest, seen=seen,
        )  # fmt: skip

    def _record(self, store: Store, given: Asked) -> str:
        name, record = given.get("connection", ""), given.get("record", "").strip()
        if not record:
            raise UsageError("no record was named", cure="Go back, and give its name, its number or a reference.")
        return self._made(
            "record.html",
            it=asked.explain(self.desk, store, name, record),
            events=asked.log(self.desk, store, name, record)["events"],
        )


def _total(stands: Data) -> dict[str, int]:
    """Count the records of a connection by state, in all its books."""
    return {state: sum(each[state] for each in _entities(stands)) for state in COLUMNS}


def _entities(stands: Data) -> list[Data]:
    return [*stands["entities"], *(one for each in stands["pairs"] for one in each["entities"])]


def _next(stands: Data) -> Data | None:
    """Tell when a system is looked at next although nothing is known to have changed there; None: never."""
    times = [one for each in _entities(stands) for one in each["due"] if one["at"]]
    return min(times, key=lambda one: float(one["at"]), default=None)


def _word(stands: Data, trouble: Mapping[str, str] | None) -> str:
    """Say in a word how a connection stands: what a person has to look at first comes first."""
    total, pairs = _total(stands), {each["state"] for each in stands["pairs"]}
    if stands["paused"]:
        return "paused"
    if stands["last_run"] is None:
        return "not run yet"
    down = any(each["state"] != "closed" and not each["lane"] for each in stands["circuits"])
    # A run that ended for want of calls is no failure: it goes on by itself.
    calls = any(each["lane"] for each in stands["circuits"])
    ended = not calls and (trouble or stands["last_run"]["outcome"] == "failed")
    if total["failed"] or "failed" in pairs or down or ended:
        return "failed"
    if total["waiting"] or "waiting" in pairs or stands["brakes"]:
        return "waiting"
    return "to do" if total["pending"] or calls else "in step"


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")
