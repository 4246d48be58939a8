"""A YAML language server, installed with npm into a folder of its own and spoken to over its standard input and output."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import Any

PACKAGE = "yaml-language-server@1.18.0"
KEPT = Path(tempfile.gettempdir()) / PACKAGE.replace("@", "-")
"""Installed once, and found again by the next run on this machine."""
PATIENCE = 60.0


def installed() -> Path | None:
    """Install the server if it is not yet; None if npm cannot."""
    program = KEPT / "node_modules" / ".bin" / "yaml-language-server"
    if not program.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(KEPT), PACKAGE]
        try:
            subprocess.run(command, check=False, capture_output=True, timeout=180)
        except subprocess.TimeoutExpired:
            return None
    return program if program.exists() and shutil.which("node") else None


class Server:
    """One language server that is running."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._process = subprocess.Popen(
            [str(program), "--stdio"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._told: Queue[dict[str, Any]] = Queue()
        self._number = 0
        self._uri = ""
        self._published: list[Any] = []
        threading.Thread(target=self._listen, daemon=True).start()
        self._folder = folder

    def __enter__(self) -> Server:
        root = self._folder.as_uri()
        shows = {
            "hover": {"contentFormat": ["markdown"]},
            "completion": {"completionItem": {"documentationFormat": ["markdown"]}},
        }
        wants = {"textDocument": shows, "workspace": {"configuration": True}}
        folders = [{"uri": root, "name": "mappings"}]
        self._ask(
            "initialize", {"processId": None, "rootUri": root, "capabilities": wants, "workspaceFolders": folders}
        )
        self._say("initialized", {})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)
        for each in (self._process.stdin, self._process.stdout):
            if each is not None:
                each.close()

    def open(self, file: Path, text: str) -> None:
        """Open a document as an editor does."""
        self._uri = file.as_uri()
        about = {"uri": self._uri, "languageId": "yaml", "version": 1, "text": text}
        self._say("textDocument/didOpen", {"textDocument": about})

    def problems(self) -> Sequence[Any]:
        """Wait for what the server underlines."""
        while not self._published:
            self._next()
        return list(self._published)

    def completion(self, *, line: int, character: int) -> Sequence[Any]:
        """Ask what may stand at a place; lines and characters count from 0."""
        found = self._ask("textDocument/completion", self._at(line, character))
        items: Sequence[Any] = found["items"] if isinstance(found, dict) else found or []
        return items

    def hover(self, *, line: int, character: int) -> Any:
        """Ask what is said of what stands at a place."""
        return self._ask("textDocument/hover", self._at(line, character))

    def _at(self, line: int, character: int) -> dict[str, Any]:
        return {"textDocument": {"uri": self._uri}, "position": {"line": line, "character": character}}

    def _ask(self, method: str, given: Any) -> Any:
        self._number += 1
        number = self._number
        self._send({"id": number, "method": method, "params": given})
        while True:
            said = self._next()
            if said.get("id") == number and "method" not in said:
                assert "error" not in said, said
                return said["result"]

    def _say(self, method: str, given: Any) -> None:
        self._send({"method": method, "params": given})

    def _next(self) -> dict[str, Any]:
        """Take the next message; answer what the server asks, and keep what it publishes."""
        try:
            said = self._told.get(timeout=PATIENCE)
        except Empty as error:
            raise AssertionError("the language server says nothing") from error
        if said.get("method") == "textDocument/publishDiagnostics" and said["params"]["diagnostics"]:
            self._published = said["params"]["diagnostics"]
        if "method" in said and "id" in said:
            settings = [{"validate": True, "completion": True, "hover": True}]
            wanted = said.get("params", {}).get("items", []) if said["method"] == "workspace/configuration" else []
            self._send({"id": said["id"], "result": settings * len(wanted) if wanted else None})
        return said

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        self._process.stdin.flush()

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while True:
            length = 0
            try:
                while (line := stream.readline()).strip():
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                if not length:
                    return
                self._told.put(json.loads(stream.read(length)))
            except ValueError:
                return  # the stream was closed
