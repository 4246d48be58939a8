"""The pages of `serve`, over HTTP: who may look, what they show of connections in every state, and that nothing runs in them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import lxml.html
import pytest
import sqlalchemy as sa
from cli_world import Shell, objects

from syncrules import limits
from syncrules.cli.desk import Desk
from syncrules.cli.page import Pages
from syncrules.cli.report import moment
from syncrules.cli.screen import Screen
from syncrules.errors import StateError
from syncrules.journey.event import Event
from syncrules.language import spec
from syncrules.memory import passes, tables
from syncrules.memory.hints import Hook
from syncrules.memory.memory import Memory
from syncrules.memory.store import open_store
from syncrules.serving.web.entrance import Entrance
from syncrules.serving.web.server import answering
from syncrules.serving.web.site import site
from syncrules.serving.web.surface import surface

HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)> & {{ 7 * 7 }}"


load = cache(spec.load)


class Serves:
    """Pages that are answered."""

    def __init__(self, address: str, entrance: Entrance) -> None:
        self.address, self.entrance = address, entrance
        self.browser = httpx.Client(base_url=address, follow_redirects=True, timeout=30)

    @property
    def link(self) -> str:
        """Make a link, and give its path."""
        return f"/{self.entrance.link().split('/', 3)[3]}"

    def enter(self) -> Serves:
        assert self.browser.get(self.link).status_code == 200
        return self

    def page(self, path: str, status: int = 200) -> str:
        """Look at a page, and hold it against what is true of all of them."""
        answer = self.browser.get(path)

        assert (answer.status_code, wrong_with(answer.text)) == (status, [])
        assert_shut(answer)
        return answer.text

    def words(self, path: str, status: int = 200) -> str:
        """Give what somebody reads on a page."""
        text = " ".join(found(self.page(path, status), "//main//text()"))
        return re.sub(r"\s+", " ", text).strip()


@contextmanager
def serving(shell: Shell, *, outside: str = "", **more: Any) -> Iterator[Serves]:
    entrance = Entrance("127.0.0.1", lambda: open_store(shell.state), outside=outside)
    desk = Desk(Screen(json=True), str(shell.state), str(shell.key), load)
    pages = Pages(desk, lambda: open_store(shell.state), **more)
    app = surface(
        {},
        pages=site(
            pages.all, pages.style, pages.script, entrance, refused=pages.refused, left=pages.left, away=pages.away
        ),
    )
    with answering(app, 0) as address:
        entrance.address = outside or address
        serves = Serves(address, entrance)
        with serves.browser:
            yield serves


@pytest.fixture(scope="module")
def acme_served(connected: Shell) -> Iterator[Serves]:
    """What is only looked at."""
    with serving(connected) as serves:
        yield serves.enter()


def found(html: str, path: str) -> list[Any]:
    """Find parts of a page by XPath."""
    parts: Any = lxml.html.fromstring(html).xpath(path)
    return list(parts)


@pytest.fixture
def empty(shell: Shell) -> Shell:
    with open_store(shell.state):
        pass
    return shell


# What is true of every page -----------------------------------------------------------------------------------------


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def may_act(name: str, value: str) -> bool:
    """Tell whether an attribute has only what asks for this very page again, and can run nothing."""
    allowed = {
        "hx-get": "", "hx-trigger": r"every \d+s", "hx-select": r"(#[\w-]+|main)", "hx-swap": "outerHTML",
        "hx-target": "main", "hx-vals": r'\{"seen": \d+\}',
    }  # fmt: skip
    return not name.startswith(("hx-", "data-hx-")) or re.fullmatch(allowed.get(name, "(?!)"), value) is not None


def wrong_with(html: str) -> list[str]:
    """List what must not be so on any page: what runs, what comes from elsewhere, and what some people cannot use."""
    tags = Tags(html).tags
    whole: Any = lxml.html.fromstring(html)
    ours = {"src": "/htmx.js", "defer": None}
    wrong = [
        f"<{tag}>"
        for tag, attrs in tags
        if tag in ("script", "style", "img", "iframe", "object", "embed", "svg") and (tag, attrs) != ("script", ours)
    ]
    wrong += [f"{tag} {name}" for tag, attrs in tags for name, value in attrs.items() if not may_act(name, value or "")]
    wrong += [
        f"{tag} {name}" for tag, attrs in tags for name in attrs if name.startswith("on") or name in ("style", "srcdoc")
    ]
    wrong += [
        f"{tag} {attrs[name]}"
        for tag, attrs in tags
        for name in ("href", "src", "action")
        if name in attrs and not re.match(r"/(?!/)", attrs[name] or "")
    ]
    wrong += [f"table without {part}" for part in ("caption", "thead/tr/th[@scope='col']") for each in whole.iter("table") if not each.xpath(part)]  # fmt: skip
    wrong += ["a row without a head" for each in whole.xpath("//tbody/tr") if not each.xpath("th[@scope='row']")]
    wrong += [f"no label: {each.get('name')}" for each in whole.xpath("//input[not(@type='hidden')]") if not whole.xpath("//label[@for=$id]", id=each.get("id"))]  # fmt: skip
    ids = whole.xpath("//@id")
    wrong += [f"twice: {each}" for each in set(ids) if ids.count(each) > 1]
    heads = [int(each.tag[1]) for each in whole.xpath("//h1|//h2|//h3|//h4")]
    if heads[0] != 1 or heads.count(1) != 1 or any(b > a + 1 for a, b in pairwise(heads)):
        wrong.append(f"heads: {heads}")
    if whole.get("lang") != "en" or not whole.findtext(".//title"):
        wrong.append("no language, or no title")
    return wrong


def assert_shut(answer: httpx.Response) -> None:
    """Nothing runs, nothing is loaded from elsewhere, nobody frames it, nothing is kept."""
    policy = dict(each.strip().split(" ", 1) for each in answer.headers["content-security-policy"].split(";"))

    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "connect-src": "'self'",
        "style-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("html", "says"),
    [
        ("<script>1</script>", "<script>"),
        ("<script src=/other.js></script>", "<script>"),
        ("<p onclick=x>", "p onclick"),
        ("<p hx-on:click=x>", "p hx-on:click"),
        ("<p hx-get=/leave>", "p hx-get"),
        ("<p hx-vals='js:{a: 1}'>", "p hx-vals"),
        ("<a href=https://elsewhere.example>x</a>", "a https://elsewhere.example"),
        ("<a href=//elsewhere.example>x</a>", "a //elsewhere.example"),
        ("<input name=a id=a>", "no label: a"),
        ("<table><tbody><tr><td>1</table>", "table without caption"),
        ("<h3>x</h3>", "heads: [1, 3]"),
    ],
)
def test_what_is_wrong_with_a_page_is_seen(html: str, says: str) -> None:
    assert says in wrong_with(f"<html lang=en><title>x</title><h1>x</h1>{html}")


# Who may look -------------------------------------------------------------------------------------------------------

PATHS = ["/", "/connection?name=acme", "/record?connection=acme&record=Kale+Kip", "/connection?name=nobody"]


@pytest.mark.parametrize("path", PATHS)
def test_whoever_did_not_come_in_sees_nothing(acme: Shell, path: str) -> None:
    with serving(acme) as serves:
        serves.browser.cookies.set(serves.entrance.cookie, "guessed")
        text = serves.page(path, 401)

    assert "acme" not in text
    assert "Type 'syncrules page-link'" in " ".join(found(text, "//text()"))


def test_a_link_opens_once_and_another_beside_it_too(empty: Shell) -> None:
    with serving(empty) as serves:
        first, second = serves.link, serves.link
        answer = httpx.get(f"{serves.address}{first}")
        again = httpx.get(f"{serves.address}{first}")

        assert (answer.status_code, answer.headers["location"], again.status_code) == (303, "/", 401)
        assert "set-cookie" not in again.headers
        assert second != first
        assert httpx.get(f"{serves.address}{second}").status_code == 303

        serves.enter()

        assert "no connection yet" in serves.words("/")


def test_a_link_opens_for_ten_minutes(empty: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(empty) as serves:
        link, now = serves.link, time.time()
        monkeypatch.setattr(time, "time", lambda: now + 601)

        assert httpx.get(f"{serves.address}{link}").status_code == 401


def test_all_workers_of_a_state_store_know_who_came_in_and_who_went_out(empty: Shell) -> None:
    outside = "https://sync.example"
    asked = {"Host": "sync.example"}
    with serving(empty, outside=outside) as one, serving(empty, outside=outside) as other:
        answer = httpx.get(f"{other.address}{one.link}", headers=asked)
        back = {**asked, "Cookie": answer.headers["set-cookie"].partition(";")[0]}

        assert [httpx.get(each.address, headers=back).status_code for each in (one, other)] == [200, 200]
        assert httpx.post(f"{one.address}/leave", headers={**back, **LEFT}).status_code == 200
        assert [httpx.get(each.address, headers=back).status_code for each in (one, other)] == [401, 401]


def test_nothing_that_is_kept_of_a_link_or_of_who_came_in_opens_anything(empty: Shell) -> None:
    with serving(empty) as serves:
        ticket, pass_ = serves.link.partition("=")[2], serves.entrance.enter(serves.link.partition("=")[2]) or ""
        kept = b"".join(each.read_bytes() for each in empty.folder.glob("state.db*") if each.is_file())
        with open_store(empty.state) as store:
            rows = store.db.execute(sa.select(tables.passes.c.digest, tables.passes.c.what)).all()
        opened = [serves.entrance.enter(each.digest) for each in rows]
        looked = [httpx.get(serves.address, headers={"Cookie": f"{serves.entrance.cookie}={each.digest}"}) for each in rows]  # fmt: skip

    assert sorted(each.what for each in rows) == ["browser", "link"]
    assert not {ticket.encode() in kept, pass_.encode() in kept} & {True}
    assert opened == [None, None]
    assert [each.status_code for each in looked] == [401, 401]


def test_a_link_does_not_let_anybody_look_and_a_browser_lets_nobody_else_in(empty: Shell) -> None:
    with serving(empty) as serves:
        ticket = serves.link.partition("=")[2]

        assert httpx.get(serves.address, headers={"Cookie": f"{serves.entrance.cookie}={ticket}"}).status_code == 401
        assert serves.entrance.enter(serves.entrance.enter(ticket) or "") is None


def test_while_the_state_store_is_away_nobody_knows_who_came_in_and_the_page_says_so(empty: Shell) -> None:
    with serving(empty) as serves:
        serves.enter()
        serves.entrance._open = away
        answer = serves.browser.get("/")
        entering = serves.browser.get("/enter?ticket=x")

    assert (answer.status_code, entering.status_code) == (503, 503)
    assert "cannot be reached" in answer.text
    assert_shut(answer)


def away() -> Any:
    raise StateError("it is away")


def test_what_the_browser_is_known_by_is_for_this_place_alone(empty: Shell) -> None:
    with serving(empty) as serves:
        answer = httpx.get(f"{serves.address}{serves.link}")
    cookie = answer.headers["set-cookie"].lower()

    assert {"httponly", "samesite=lax", "path=/"} <= {each.strip() for each in cookie.split(";")}
    assert not {"domain", "secure"} & set(re.findall(r"[\w-]+", cookie))
    assert_shut(answer)


def test_behind_tls_it_is_never_sent_without_and_no_neighbour_can_set_it(empty: Shell) -> None:
    with serving(empty, outside="https://sync.example") as serves:
        asked = {"Host": "sync.example"}
        answer = httpx.get(f"{serves.address}{serves.link}", headers=asked)
        name, _, rest = answer.headers["set-cookie"].partition("=")
        back = {**asked, "Cookie": f"{name}={rest.partition(';')[0]}"}

        assert httpx.get(serves.address, headers=back).status_code == 200
    assert name.startswith("__Host-")
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= {each.strip().lower() for each in rest.split(";")}
    assert "domain" not in rest.lower()


def test_on_this_machine_alone_the_address_from_outside_asks_for_no_tls() -> None:
    entrance = Entrance("127.0.0.1", away, outside="http://localhost:9000")

    assert (entrance.secure, entrance.cookie) == (False, "syncrules-9000")


@pytest.mark.parametrize("ticket", ["", "?ticket=", "?ticket=guessed", "?ticket=%C3%A9"])
def test_what_is_no_ticket_opens_nothing(empty: Shell, ticket: str) -> None:
    with serving(empty) as serves:
        answer = serves.browser.get(f"/enter{ticket}")

    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_whoever_came_in_long_ago_comes_in_again(empty: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(empty) as serves:
        monkeypatch.setattr(passes, "STAYS", 0.0)
        serves.browser.get(serves.link)

        assert serves.browser.get("/").status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8750", "127.0.0.1.evil.example", "localhost.evil.example", "[evil.example]", ""])  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/enter", "/page.css"])
def test_under_another_name_nothing_is_answered(acme_served: Serves, host: str, path: str) -> None:
    link = acme_served.link
    answer = acme_served.browser.get(link if path == "/enter" else path, headers={"Host": host})

    assert answer.status_code == 403
    assert httpx.get(f"{acme_served.address}{link}").status_code == 303


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8750", "127.0.0.1", "[::1]:8750", "192.0.2.7:80"])
def test_under_its_own_name_or_an_address_it_is(host: str, acme_served: Serves) -> None:
    assert acme_served.browser.get("/", headers={"Host": host}).status_code == 200


def test_the_name_that_it_was_told_to_answer_at_is_its_own() -> None:
    assert Entrance("books.example", away).is_ours("Books.example:8750")
    assert not Entrance("0.0.0.0", away).is_ours("books.example")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("sync.example", 200), ("Sync.Example:443", 200), ("localhost:8750", 200), ("127.0.0.1:8750", 200),
        ("example", 403), ("evil.example", 403), ("sync.example.evil.example", 403), ("other.sync.example", 403),
    ],
)  # fmt: skip
@pytest.mark.parametrize("said_by", ["X-Forwarded-Host", "Forwarded"])
def test_under_the_address_from_outside_it_answers_too_whatever_a_proxy_says_of_itself(
    acme: Shell, host: str, status: int, said_by: str
) -> None:
    with serving(acme, outside="https://sync.example") as serves:
        said = {said_by: "host=sync.example" if said_by == "Forwarded" else "sync.example"}

        assert serves.browser.get("/page.css", headers={"Host": host, **said}).status_code == status


@pytest.mark.parametrize("path", ["/", "/connection?name=acme", "/enter"])
@pytest.mark.parametrize("verb", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_done_there(acme_served: Serves, path: str, verb: str) -> None:
    assert acme_served.browser.request(verb, path).status_code == 405


# Whoever goes out ---------------------------------------------------------------------------------------------------

LEFT = {"Sec-Fetch-Site": "same-origin"}
"""What a browser says that a page of ours lets ask."""


@pytest.mark.parametrize("outside", ["", "https://sync.example"])
def test_what_somebody_was_known_by_who_logged_out_opens_nothing_whoever_has_a_copy(empty: Shell, outside: str) -> None:
    with serving(empty, outside=outside) as serves:
        other, pass_ = serves.entrance.enter(ticket(serves)), serves.entrance.enter(ticket(serves))
        cookie, kept = ({"Cookie": f"{serves.entrance.cookie}={each}"} for each in (pass_, other))
        answer = httpx.post(f"{serves.address}/leave", headers={**cookie, **LEFT})
        gone = answer.headers["set-cookie"]

        assert answer.status_code == 200
        assert "You are logged out" in answer.text
        assert httpx.get(serves.address, headers=cookie).status_code == 401
        assert httpx.post(f"{serves.address}/leave", headers={**cookie, **LEFT}).status_code == 401
        assert httpx.get(serves.address, headers=kept).status_code == 200
    assert_shut(answer)
    assert gone.startswith(f"{serves.entrance.cookie}=")
    assert "max-age=0" in gone.lower()
    assert "path=/" in gone.lower()
    assert ("secure" in gone.lower()) == bool(outside)


def ticket(serves: Serves) -> str:
    return serves.link.partition("=")[2]


@pytest.mark.parametrize("path", PATHS)
def test_every_page_lets_log_out_and_whoever_is_out_is_shown_no_button(acme_served: Serves, path: str) -> None:
    (form,) = found(acme_served.browser.get(path).text, "//form[@action='/leave']")

    assert form.get("method") == "post"
    assert [each.text for each in form] == ["Log out"]
    assert found(httpx.get(f"{acme_served.address}{path}").text, "//form") == []


HERE = "127.0.0.1:8750"


@pytest.mark.parametrize(
    ("said", "may"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, True),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://other.sync.example"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:9999"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://sync.example"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Origin": f"http://{HERE}"}, True),
        ({"Origin": "http://localhost:8750", "Host": "LOCALHOST:8750"}, True),
        ({"Origin": "https://sync.example"}, True),
        ({"Origin": "https://sync.example", "Host": "sync.example"}, True),
        ({"Origin": "https://sync.example:8443"}, False),
        ({"Origin": "http://127.0.0.1:9999"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": f"https://evil.example/{HERE}"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({}, False),
    ],
)
def test_only_a_page_of_ours_lets_anybody_log_out(empty: Shell, said: dict[str, str], may: bool) -> None:
    with serving(empty, outside="https://sync.example") as serves:
        cookie = {"Cookie": f"{serves.entrance.cookie}={serves.entrance.enter(ticket(serves))}"}
        answer = httpx.post(f"{serves.address}/leave", headers={"Host": HERE, **said, **cookie})
        after = httpx.get(serves.address, headers=cookie)

    assert (answer.status_code, after.status_code) == ((200, 401) if may else (403, 200))


def test_under_another_name_nobody_logs_out_either(empty: Shell) -> None:
    with serving(empty) as serves:
        cookie = {"Cookie": f"{serves.entrance.cookie}={serves.entrance.enter(ticket(serves))}"}
        said = {"Host": "evil.example", "Origin": "http://evil.example"}

        assert httpx.post(f"{serves.address}/leave", headers={**said, **cookie}).status_code == 403


@pytest.mark.parametrize("said", [{}, {"Origin": ""}])
def test_where_there_is_no_address_from_outside_no_origin_is_not_ours(empty: Shell, said: dict[str, str]) -> None:
    with serving(empty) as serves:
        cookie = {"Cookie": f"{serves.entrance.cookie}={serves.entrance.enter(ticket(serves))}"}

        assert httpx.post(f"{serves.address}/leave", headers={**said, **cookie}).status_code == 403


def test_nobody_logs_out_by_a_link(acme_served: Serves) -> None:
    assert acme_served.browser.get("/leave").status_code == 405
    assert acme_served.browser.get("/").status_code == 200


# What they show -----------------------------------------------------------------------------------------------------


def test_without_a_connection_it_says_how_to_make_one(empty: Shell) -> None:
    with serving(empty) as serves:
        said = serves.enter().words("/")

        assert "There is no connection yet. Make one: syncrules connect" in said
        assert "there is no connection 'acme'" in serves.words("/connection?name=acme", 404).lower()
        assert not found(serves.page("/connection?name=acme", 404), "//main//*[@hx-get]")  # that does not pass


def test_the_look_is_answered_as_css(empty: Shell) -> None:
    with serving(empty) as serves:
        answer = serves.browser.get("/page.css")

    assert answer.headers["content-type"].startswith("text/css")
    assert "prefers-color-scheme: dark" in answer.text
    assert "url(" not in answer.text
    assert "@import" not in answer.text


def test_the_overview_says_how_each_connection_stands_as_status_does(acme: Shell, acme_served: Serves) -> None:
    (told,) = acme.one("status")["connections"]
    total = {state: sum(each[state] for each in told["entities"]) for state in ("in_sync", "waiting", "failed")}
    row = found(acme_served.page("/"), "//tbody/tr")[0]
    cells = [" ".join(each.text_content().split()) for each in row]

    assert cells[0] == "acme"
    assert [int(cells[each]) for each in (2, 4, 5)] == list(total.values())
    assert total["waiting"]
    assert told["calls"]
    assert [f"{each['left']} of {each['calls']} calls" in cells[9] for each in told["calls"]] == [True] * len(told["calls"])  # fmt: skip
    soonest = min((one for each in told["entities"] for one in each["due"] if one["at"]), key=lambda one: one["at"])
    assert cells[8] == f"{moment(soonest['at'])} in {soonest['system']}"


def test_a_connection_shows_all_that_waits_with_cause_and_cure_as_waiting_does(
    acme: Shell, acme_served: Serves
) -> None:
    (told,) = acme.one("waiting", "acme", code=1)["connections"]
    said = acme_served.words("/connection?name=acme")

    assert told["items"]
    for each in told["items"]:
        assert each["ref"] in said
        assert re.sub(r"\s+", " ", each["reason"]).strip() in said
        assert re.sub(r"\s+", " ", each["cure"]).strip() in said
    for each in told["follow_ups"]:
        assert each["text"] in said


def test_a_connection_shows_its_last_runs_and_what_they_did_as_log_does(acme: Shell, acme_served: Serves) -> None:
    runs = acme.one("log", "acme")["runs"]
    table = found(acme_served.page("/connection?name=acme"), "//table[caption/@id='runs']//tbody/tr")
    rows = [[" ".join(each.text_content().split()) for each in row] for row in table]

    assert [int(row[0]) for row in rows] == [each["run"] for each in reversed(runs)]
    did = [", ".join(f"{count} {what}" for what, count in each["counts"].items() if count) for each in reversed(runs)]

    assert any(did)
    assert [row[3] for row in rows] == [each or "nothing" for each in did]


def test_every_record_that_waits_has_a_link_to_its_story(acme: Shell, acme_served: Serves) -> None:
    (told,) = acme.one("waiting", "acme", code=1)["connections"]
    links = found(acme_served.page("/connection?name=acme"), "//a[contains(@href, '/record?')]/@href")

    assert len(links) == len(told["items"])
    for each, link in zip(told["items"], links, strict=True):
        assert each["reason"] in acme_served.words(link)


def test_the_story_of_a_record_is_what_explain_and_log_tell(acme: Shell, acme_served: Serves) -> None:
    told, log = acme.one("explain", "acme", "Kale Kip"), acme.one("log", "acme", "Kale Kip")
    said = acme_served.words("/record?connection=acme&record=Kale+Kip")

    assert "is in step" in said
    assert log["events"]
    for each in told["fields"]:
        if each["values"]:
            assert each["row"] in said
            assert each["because"] in said
            assert each["rule"] in said
    for each in log["events"]:
        assert each["text"] in said


@pytest.mark.parametrize(
    ("record", "says"), [("", "no record was named"), ("Nobody at all", "is called 'nobody at all'")]
)
def test_a_record_that_is_not_known_is_said(acme_served: Serves, record: str, says: str) -> None:
    assert says in acme_served.words(f"/record?connection=acme&record={quote(record)}", 404).lower()


def test_what_somebody_called_a_record_is_only_ever_text(acme: Shell) -> None:
    with open_store(acme.state) as store, store.transaction():
        memory = Memory(store, "acme", ("tribe", "eboekhouden"))
        known = next(each for entity, each in memory.records(states=("waiting",)) if entity == "organisation")
        c = tables.records.c
        store.db.execute(
            sa.update(tables.records)
            .where(c.connection == "acme", c.id == known.id, c.side == known.side)
            .values(name=HOSTILE, reason=f"because {HOSTILE}", cure=f"cure {HOSTILE}")
        )
    with serving(acme) as serves:
        serves.enter()
        told = serves.words("/connection?name=acme")
        link = next(each for each in found(serves.page("/connection?name=acme"), "//a/@href") if each.endswith(quote(known.id, safe="")))  # fmt: skip

        assert told.count(re.sub(r"\s+", " ", HOSTILE)) >= 3
        assert HOSTILE in serves.words(link)
        assert HOSTILE.lower() in serves.words(f"/record?connection=acme&record={quote(HOSTILE + 's')}", 404).lower()


def test_what_is_held_back_and_each_pair_of_books_is_said(acme: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    (stands,), (waits,) = acme.one("status")["connections"], acme.one("waiting", code=1)["connections"]
    books = {"title": "De Vries", "state": "waiting", "reason": "its folder has no code", "cure": "Fill it in.", "since": 1.0}  # fmt: skip
    other = {"title": "Bakker", "state": "open", "reason": "", "cure": "", "since": 1.0}
    held = {"ref": "abcdef", "entity": "product", "name": "many", "reason": "30 of 40 would be gone", "count": 30}
    stands = {
        **stands,
        "pairs": [{**books, "entities": []}, {**other, "entities": stands["entities"]}],
        "brakes": [held],
    }
    waits = {**waits, "pairs": [books], "brakes": [held]}
    objects(json.dumps({"command": "status", "connections": [stands]}))  # it is as the schema says
    objects(json.dumps({"command": "waiting", "connections": [waits]}))
    monkeypatch.setattr("syncrules.cli.asked.status", lambda *_: stands)
    monkeypatch.setattr("syncrules.cli.asked.waiting", lambda *_: waits)
    with serving(acme) as serves:
        said = serves.enter().words("/connection?name=acme")

        assert "De Vries: waiting its folder has no code Fill it in." in said
        assert (
            "Held back: product: 30 of 40 would be gone If it is meant: syncrules resolve acme abcdef --accept" in said
        )
        assert said.count("organisation") > 2

        row = found(serves.page("/"), "//tbody/tr")[0]

        assert int(row[2].text) == 2 * sum(each["in_sync"] for each in stands["entities"])


def test_which_systems_call_is_said_without_the_key(acme: Shell) -> None:
    with open_store(acme.state) as store, store.transaction():
        memory = Memory(store, "acme", ("tribe", "eboekhouden"))
        memory.keep_hook(Hook(side="tribe", address="https://here.example/hooks/", key="geheim", since=1.0))
    with serving(acme) as serves:
        html = serves.enter().page("/connection?name=acme")

    assert "Tribe CRM calls https://here.example/hooks/…; 0 taken in" in html
    assert "geheim" not in html


def test_a_paused_connection_is_said_to_be(acme: Shell) -> None:
    assert acme.type("pause", "acme").exit_code == 0

    with serving(acme) as serves:
        assert " paused " in serves.enter().words("/")
        assert serves.words("/connection?name=acme").startswith("acme paused")


def test_a_connection_that_could_not_be_run_says_why_and_what_helps(acme: Shell) -> None:
    wrong = {"message": "e-Boekhouden cannot be reached", "cure": "It is tried again."}
    with open_store(acme.state) as store, store.transaction():
        store.db.execute(sa.delete(tables.records).where(tables.records.c.state == "failed"))
    with serving(acme) as well, serving(acme, trouble={"acme": wrong}.get) as ill:
        assert well.enter().words("/connection?name=acme").startswith("acme waiting")
        assert ill.enter().words("/connection?name=acme").startswith("acme failed")
        assert "e-Boekhouden cannot be reached. It is tried again." in ill.words("/connection?name=acme")
        assert "acme failed" in ill.words("/")


def every(page: str, id_: str) -> str:
    """Say how often a part of a page is asked for again."""
    (part,) = found(page, f"//*[@id='{id_}']")
    return str(part.get("hx-trigger"))


def test_a_run_that_is_under_way_says_how_far_it_is_and_looks_again(acme: Shell) -> None:
    progress = {"acme": Event("read", "organisation", 120, 2000)}
    with serving(acme, progress=progress.get) as serves:
        serves.enter()
        page = serves.page("/connection?name=acme")

        assert "A run is under way: read organisation: 120 of 2000." in serves.words("/connection?name=acme")
        assert every(page, "now") == "every 2s"
        assert found(page, "//noscript/meta[@http-equiv='refresh']")  # for whoever lets nothing run

        progress.clear()
        page = serves.page("/connection?name=acme")

        assert every(page, "now") == "every 15s"
        assert not found(page, "//noscript")


def test_who_looks_on_is_told_of_a_run_since_and_nothing_below_moves(acme: Shell) -> None:
    with serving(acme) as serves:
        page = serves.enter().page("/connection?name=acme")
        (seen,) = found(page, "//*[@id='now']/@hx-vals")
        number = json.loads(seen)["seen"]

        assert "There was a run since" not in serves.words(f"/connection?name=acme&seen={number}")

        acme.type("run", "acme")
        again = serves.page(f"/connection?name=acme&seen={number}")

        assert found(again, "//*[@id='now']//a/text()") == ["There was a run since. Show what it did."]
        assert found(again, "//*[@id='now']/@hx-vals") == [seen]
        assert not found(again, "//*[@id='now']//table | //*[@id='now']//form")


@pytest.mark.parametrize("seen", ["", "-1", "x", "9" * 5_000, "\N{SUPERSCRIPT TWO}", "1 OR 1"])
def test_whatever_somebody_says_to_have_seen_is_a_number_or_nothing(acme_served: Serves, seen: str) -> None:
    acme_served.page(f"/connection?name=acme&seen={quote(seen)}")


def test_the_overview_is_kept_up_to_date_row_by_row(acme_served: Serves) -> None:
    page = acme_served.page("/")

    assert every(page, "connections-rows") == "every 15s"
    assert found(page, "//*[@id='connections-rows']//a/@id") == ["to-1"]  # so that the focus stays where it was


def test_what_runs_in_a_browser_is_htmx_and_nothing_that_stands_on_a_page(acme_served: Serves) -> None:
    script = acme_served.browser.get("/htmx.js")
    (says,) = found(acme_served.page("/"), "//meta[@name='htmx-config']/@content")
    config = json.loads(says)

    assert (script.status_code, script.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert script.text.startswith("var htmx=")
    assert_shut(script)
    assert (config["allowEval"], config["allowScriptTags"]) == (False, False)
    for name in config:
        assert name in script.text, name


def test_one_whose_mapping_is_no_longer_one_does_not_hide_the_others(acme: Shell, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("syncrules: 1\n")
    with open_store(acme.state) as store, store.transaction():
        row = store.connection("acme")
        assert row is not None
        store.save(replace(row, name="other", mapping=str(broken)))
    with serving(acme) as serves:
        said = serves.enter().words("/")

        assert "acme failed" in said
        assert re.search(rf"other failed {re.escape(str(broken))}:1:\d+: .*\. See syncrules validate ", said)
        assert f"{broken}:1:" in serves.words("/connection?name=other", 500)


def test_a_state_store_that_is_away_is_said(acme: Shell) -> None:
    with serving(acme) as serves:
        serves.enter()
        acme.state.rename(acme.state.with_name("away"))
        acme.state.mkdir()

        assert "cannot be" in serves.words("/", 503)
        assert found(serves.page("/", 503), "//p[@hx-target='main']/@hx-trigger") == ["every 5s"]


def test_many_connections_come_in_pages_and_much_that_waits_is_counted(
    acme: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for bound in ("PER_PAGE", "ITEMS", "RUNS"):
        monkeypatch.setattr(f"syncrules.cli.page.{bound}", 1)
    with open_store(acme.state) as store, store.transaction():
        row = store.connection("acme")
        assert row is not None
        store.save(replace(row, name="zeta"))
    with serving(acme) as serves:
        serves.enter()

        assert "2 connections" in serves.words("/")
        assert "zeta" not in serves.words("/?page=1")
        assert "zeta not run yet" in serves.words("/?page=2")
        assert "zeta" in serves.words("/?page=99999999999999")
        assert "zeta" in serves.words("/?page=" + "9" * 5_000)
        assert "zeta" not in serves.words("/?page=x")
        assert "There was none in" in serves.words("/connection?name=zeta")

        whole = serves.page("/connection?name=acme")
        rows = {each.get("id"): len(each.xpath("../tbody/tr")) for each in found(whole, "//caption")}

        assert (rows["waiting"], rows["runs"]) == (1, 1)
        assert "These are the first 1. All of them: syncrules waiting acme" in serves.words("/connection?name=acme")


def test_a_connection_may_be_called_anything(acme: Shell) -> None:
    with open_store(acme.state) as store, store.transaction():
        row = store.connection("acme")
        assert row is not None
        for name in ("..", "a/b", "a&name=acme", HOSTILE):
            store.save(replace(row, name=name))
    with serving(acme) as serves:
        html = serves.enter().page("/")

        for each in found(html, "//tbody//a"):
            assert serves.words(each.get("href")).startswith(re.sub(r"\s+", " ", each.text))


def test_a_mapping_is_read_as_the_desk_says(acme: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    load("tribe-eboekhouden")
    monkeypatch.setattr(spec, "load", lambda _: pytest.fail("it was read anew"))
    with serving(acme) as serves:
        serves.enter().page("/connection?name=acme")


def test_calls_that_were_made_are_no_longer_left(acme: Shell) -> None:
    (before,) = acme.one("status")["connections"]
    (limit,) = before["calls"]
    with open_store(acme.state) as store:
        row = store.connection("acme")
        assert row is not None
        manifest = spec.load(row.mapping).manifests[limit["side"]]
        counted = limits.window(limits.scope(manifest, row.accounts[limit["side"]]), manifest.limits[0], time.time())
        assert counted is not None
        for _ in range(3):
            store.count_call(*counted)
    (after,) = acme.one("status")["connections"]

    assert after["calls"][0]["left"] == limit["left"] - 3
    assert f"{limit['left'] - 3} of {limit['calls']} calls of {limit['of'][0]} are left" in acme.type("status").stdout


def test_status_and_the_page_say_how_many_calls_each_lane_may_make_now(acme: Shell) -> None:
    (before,) = acme.one("status")["connections"]
    (limit,) = before["calls"]
    told = acme.type("status").stdout
    pages = Pages(Desk(Screen(json=True), str(acme.state), str(acme.key)), lambda: open_store(acme.state)).all
    page = "".join(found(pages["/connection"]({"name": "acme"})[1], "//text()"))

    assert limit["lanes"]["backfill"] <= limit["lanes"]["periodic"] <= limit["lanes"]["push"] <= limit["left"]
    for each in (told, page):
        assert f"and {limit['lanes']['backfill']} on a first import now" in each
