"""A provider that a stranger wrote, exactly as `providers/README.md` shows it, keeps its system and ours in step."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import pytest

from syncrules import connection, provider, sandbox
from syncrules.connection import RealClock
from syncrules.contract import PROMISES, bench_of, broken
from syncrules.journey.run import Result
from syncrules.language import spec
from syncrules.memory.kept import ConnectionRow
from syncrules.memory.store import Store, open_store
from syncrules.secrets import Keys
from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.tribe import TribeSandbox

README = Path(__file__).parents[2] / "providers" / "README.md"
FILES = dict(
    re.findall(r"^`([^`\n]+)`\n\n```\w+\n(.*?)```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
)
CUSTOMERS = "Relationship_Organization_CommercialRelationship_Customer"
PAGE = 2


class Box:
    """The invented system itself: cards behind a small JSON interface."""

    def __init__(self) -> None:
        self.cards: dict[str, dict[str, Any]] = {}
        self.writes: list[str] = []
        self.loses_next_answer = False

    def put(self, key: str, **fields: str) -> dict[str, Any]:
        card = self.cards.setdefault(key, {"id": key, "number": "", "name": "", "phone": ""})
        card |= {**fields, "changed": datetime.now(UTC).isoformat()}
        return card

    def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, str]) -> tuple[int, Any]:
        match method, path.strip("/").split("/"):
            case "GET", ["box"]:
                return 200, {"id": "box-1", "title": "The box on the desk"}
            case "GET", ["cards"]:
                wanted = {name: value for name, value in query.items() if name not in ("after", "since") and value}
                found = [
                    card
                    for _, card in sorted(self.cards.items())
                    if card["id"] > query.get("after", "")
                    and card["changed"] >= query.get("since", "")
                    and wanted.items() <= card.items()
                ]
                return 200, found[:PAGE]
            case "POST", ["cards"] if not (body.get("number") and body.get("name")):
                return 422, "a card has a number and a name"
            case "POST", ["cards"] if any(card["number"] == body["number"] for card in self.cards.values()):
                return 422, "this number has a card"
            case "POST", ["cards"]:
                return 201, self.put(f"card-{len(self.cards) + 1:03}", **body)
            case "PATCH", ["cards", key] if key in self.cards:
                return 200, self.put(key, **body)
        return 404, "no such thing"


@contextmanager
def serving(box: Box) -> Iterator[str]:
    """Let a box answer on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            parts = urlsplit(self.path)
            told: Any
            if self.headers["authorization"] != "Bearer open-sesame":
                status, told = 401, None
            else:
                if self.command != "GET":
                    box.writes.append(self.command)
                status, told = box.answer(
                    self.command, parts.path, dict(parse_qsl(parts.query)), json.loads(body or "{}")
                )
            if box.loses_next_answer and self.command != "GET":
                box.loses_next_answer = False
                self.close_connection = True
                return
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = serve

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put the files of the README where an installer would put them, with the metadata that it would write."""
    site = tmp_path / "site"
    project = tomllib.loads(FILES["pyproject.toml"])["project"]
    metadata = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n", encoding="utf-8"
    )
    (metadata / "entry_points.txt").write_text(
        "".join(
            f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in rows.items())
            for group, rows in project["entry-points"].items()
        ),
        encoding="utf-8",
    )
    for name, text in FILES.items():
        if name != "pyproject.toml":
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(site)
    yield site
    for name in [each for each in sys.modules if each.partition(".")[0] == "syncrules_cardbox"]:
        del sys.modules[name]


class Desk:
    """A Tribe, a box, and the connection between them."""

    def __init__(self, crm: TribeSandbox, box: Box, url: str, store: Store) -> None:
        self.crm = crm
        self.box = box
        self.store = store
        answers = {
            "tribe": {
                "client_id": "demo-client",
                "client_secret": "demo-secret",
                "api_url": crm.url,
                "token_url": f"{crm.url}/oauth2/token",
            },
            "cardbox": {"url": url, "token": "open-sesame"},
        }
        with store.transaction():
            store.save(ConnectionRow("c", "tribe-cardbox", {}, {}, answers, created_at=RealClock().now()))

    def run(self) -> Result:
        self.crm.calls.clear()
        self.box.writes.clear()
        with connection.opened(self.store, "c", Keys([b"0" * 32]), RealClock()) as opened:
            return connection.run(opened)

    def customer(self, name: str, number: str, phone: str = "") -> None:
        self.crm.add(
            CUSTOMERS,
            Relation={"ID": self.crm.own_relation},
            Organization={"Name": name, "DebtorNumber": number, "PhoneNumber": phone},
        )

    def cards(self) -> list[tuple[str, str]]:
        return sorted((card["number"], card["name"]) for card in self.box.cards.values())


@pytest.fixture
def desk(installed: Path, tmp_path: Path) -> Iterator[Desk]:
    box = Box()
    store = open_store(tmp_path / "state.db")
    with TribeSandbox(Story((), (), ())) as crm, serving(box) as url:
        try:
            yield Desk(crm, box, url, store)
        finally:
            store.close()


def test_the_page_shows_four_files_and_the_class_fits_in_eighty_lines() -> None:
    assert list(FILES) == [
        "pyproject.toml",
        "syncrules_cardbox/cardbox.manifest.yaml",
        "syncrules_cardbox/__init__.py",
        "syncrules_cardbox/mappings/tribe-cardbox.yaml",
    ]
    assert FILES["syncrules_cardbox/__init__.py"].count("\n") < 80


@pytest.mark.requirement("G-05")
def test_a_strangers_provider_and_mapping_are_found_like_ours(installed: Path) -> None:
    assert {"cardbox", "tribe"} <= set(provider.names())
    assert {"tribe-cardbox", "tribe-eboekhouden"} <= set(spec.names())
    assert spec.load("tribe-cardbox").manifests["cardbox"].title == "Card Box"


def test_it_keeps_both_sides_in_step(desk: Desk) -> None:
    for number in range(1, 6):
        desk.customer(f"Bakkerij {number}", f"D{number}")
    desk.box.put("card-900", number="D5", name="Bakkerij 5")

    first = desk.run()

    assert first.counts["created"] == 4
    assert first.counts["linked"] == 1
    assert desk.cards() == [(f"D{number}", f"Bakkerij {number}") for number in range(1, 6)]

    desk.run()

    assert desk.box.writes == []
    assert desk.crm.writes == []

    desk.box.put("card-900", name="Bakkerij Vijf", phone="030 123 45 67")
    desk.run()

    assert desk.crm.one(CUSTOMERS, Organization__DebtorNumber="D5")["Organization"]["Name"] == "Bakkerij Vijf"
    assert desk.box.writes == []


def test_a_lost_answer_is_looked_up_and_not_repeated(desk: Desk) -> None:
    desk.customer("Slagerij De Haan", "D1")
    desk.box.loses_next_answer = True

    desk.run()

    assert desk.cards() == [("D1", "Slagerij De Haan")]
    assert desk.box.writes == ["POST"]

    desk.run()

    assert desk.box.writes == []
    assert desk.run().writes == 0


class BoxSandbox:
    """A box as a sandbox of Card Box: what the contract needs of a stranger's system."""

    country = ""

    def __init__(self, size: int) -> None:
        self.box, self.url = Box(), ""
        for number in range(size):
            self.box.put(f"card-{number + 1:03}", number=f"N{number}", name=f"Naam {number}", phone="")

    @classmethod
    def seeded(cls, size: int, *, port: int = 0, country: str = "") -> BoxSandbox:
        return cls(size)

    @property
    def answers(self) -> dict[str, str]:
        return {"url": self.url, "token": "open-sesame"}

    @property
    def writes(self) -> list[str]:
        return self.box.writes

    def __enter__(self) -> BoxSandbox:
        self._serving = serving(self.box)
        self.url = self._serving.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._serving.__exit__(*error)


@pytest.mark.parametrize("over", ["sandbox", "twin"])
def test_a_strangers_provider_is_held_to_the_contract(
    over: Literal["sandbox", "twin"], installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "find", lambda _: BoxSandbox)
    with bench_of("cardbox", over, size=5) as bench:
        told = {promise: broken(bench, promise) for promise in PROMISES}

    assert {promise: said for promise, said in told.items() if said} == {}


def test_the_class_keeps_its_types_and_those_of_a_provider(installed: Path, tmp_path: Path) -> None:
    check = tmp_path / "check.py"
    check.write_text(
        "from syncrules import Provider\nfrom syncrules_cardbox import CardBox\n\nkept: type[Provider] = CardBox\n",
        encoding="utf-8",
    )
    told = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", tmp_path / "cache", check],
        cwd=installed,
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stdout
