"""Pads and shelves, one pair for each connection of a fleet, behind one address; and a record of every call that reached them.

They know nothing of the engine. What is right is told by what stands in them in the end, and by the calls that they noted.
"""

from __future__ import annotations

import hmac
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SIDES = ("pad", "shelf")
SECRET = "open-sesame"
PAGE = 100
OFFICE = 10
"""So many connections share an account, and with it its limits."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call as the system saw it."""

    at: float
    """When it came in, by a clock that is never put back."""
    side: str
    connection: int
    run: str
    """Who made it: process, thread, and the number of its run."""
    write: bool


@dataclass
class Notes:
    """What stands on one pad, or on one shelf."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    """The number of each note that was made by a call, in order."""

    def put(self, key: str, **fields: str) -> dict[str, Any]:
        row = self.rows.setdefault(key, {"id": key, "number": "", "text": ""})
        row |= {**fields, "changed": datetime.now(UTC).isoformat()}
        return row

    def answer(self, method: str, path: list[str], query: dict[str, str], body: dict[str, str]) -> tuple[int, Any]:
        match method, path:
            case "GET", ["notes"]:
                wanted = {name: value for name, value in query.items() if name not in ("after", "since") and value}
                found = [
                    row
                    for key, row in sorted(self.rows.items())
                    if key > query.get("after", "")
                    and row["changed"] >= query.get("since", "")
                    and wanted.items() <= row.items()
                ]
                return 200, found[:PAGE]
            case "POST", ["notes"]:
                # A number may be there twice: whether it is, is for the engine to mind.
                self.made.append(body["number"])
                return 201, self.put(f"n{len(self.rows) + 1:05}", **body)
            case "PATCH", ["notes", key] if key in self.rows:
                return 200, self.put(key, **body)
        return 404, "no such thing"


class Systems:
    """All pads and shelves."""

    def __init__(self, latency: float = 0.0) -> None:
        self.latency = latency
        self.calls: list[Call] = []
        self.notes: defaultdict[tuple[str, int], Notes] = defaultdict(Notes)
        self.lock = threading.Lock()
        self.url = ""

    def type(self, side: str, connection: int, number: str, text: str) -> None:
        """Let a person write a note, or write it anew."""
        with self.lock:
            notes = self.notes[side, connection]
            key = next(
                (key for key, row in notes.rows.items() if row["number"] == number), f"n{len(notes.rows) + 1:05}"
            )
            notes.put(key, number=number, text=text)

    def texts(self, side: str, connection: int) -> dict[str, str]:
        """What stands there: number → text."""
        with self.lock:
            return {row["number"]: row["text"] for row in self.notes[side, connection].rows.values()}

    def numbers(self, side: str, connection: int) -> list[str]:
        with self.lock:
            return sorted(row["number"] for row in self.notes[side, connection].rows.values())

    def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, str], run: str) -> tuple[int, Any]:
        _, side, name, *rest = path.split("/")
        connection = int(name)
        with self.lock:
            self.calls.append(Call(time.monotonic(), side, connection, run, method != "GET"))
        time.sleep(self.latency)
        if rest == ["office"]:
            return 200, {"id": office(connection), "title": "An office"}
        with self.lock:
            return self.notes[side, connection].answer(method, rest, query, body)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Answer on this machine."""
        systems = self

        class Handler(BaseHTTPRequestHandler):
            def serve(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or "{}")
                parts = urlsplit(self.path)
                status, told = systems.answer(
                    self.command, parts.path, dict(parse_qsl(parts.query)), body, self.headers.get("x-run", "")
                )
                content = json.dumps(told).encode()
                try:
                    self.send_response(status)
                    self.send_header("content-length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:
                    self.close_connection = True  # whoever asked was killed

            do_GET = do_POST = do_PATCH = serve

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 256
            daemon_threads = False

            def handle_error(self, *_: object) -> None:
                """A caller that is killed in the middle of a sentence is what this is about."""

        with Server(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            self.url = f"http://127.0.0.1:{server.server_address[1]}"
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


def office(connection: int) -> str:
    """Name the account to which a connection belongs."""
    return f"office-{connection // OFFICE}"


def signed(body: bytes) -> str:
    """Sign what a system says of itself."""
    return hmac.new(SECRET.encode(), body, "sha256").hexdigest()
