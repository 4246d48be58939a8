"""What `serve` says: each thing once, a line of its own, to a person or to a program."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from threading import Lock
from typing import Any

from syncrules.cli import report
from syncrules.cli.command import in_short
from syncrules.cli.command import told as told_error
from syncrules.cli.screen import Screen
from syncrules.errors import StateError, SyncRulesError


class Voice:
    """Says what happens, from any thread."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.trouble = ""
        """Why the state store is waited for."""
        self.lost_at = 0.0
        """Since when it is waited for."""
        self.wrong: dict[str, Mapping[str, str]] = {}
        """Connection → why it could not be run the last time, and what helps."""
        self._told: dict[str, str] = {}
        """Connection → what was last said to be wrong with it: it is not said every minute."""
        self._broken: dict[str, str] = {}
        """Connection → why it cannot be told what is due of it."""
        self._talking = Lock()

    def went(self, screen: Screen, data: dict[str, Any]) -> None:
        """Say what a run did; to a person only what is new."""
        name = data["connection"]
        self.wrong.pop(name, None)
        stands = report.stands(data)
        news = data["writes"] or stands != self._told.get(name, "")
        self._told[name] = stands
        with self._talking:
            screen.data({"command": "serve", "event": "run", "at": now(), "run": {"command": "run", **data}}, line=True)
            if news:
                screen.say(
                    f"{now()} {name}: {report.counted(data['writes'], 'record')} written in {data['seconds']} s; {stands}."
                )

    def went_wrong(self, screen: Screen, name: str, error: SyncRulesError) -> None:
        """Say why a connection could not be run; to a person once."""
        says, (message, cure) = told_error(error), in_short(error)
        self.wrong[name] = {"message": screen.masked(message), "cure": screen.masked(cure)}
        with self._talking:
            screen.data(
                {"command": "serve", "event": "failed", "at": now(), "connection": name, "error": {**says, "exit_code": error.exit_code}},
                line=True,
            )  # fmt: skip
            if self._told.get(name) != message and not screen.json:
                screen.warn(f"{now()} {name}: {message}. {cure}")
        self._told[name] = message

    def looked_at(self, name: str, error: SyncRulesError | None) -> None:
        """Say why it cannot be told what is due of a connection, once for each change of that.

        Args:
            error: None if it can be told.
        """
        says = "" if error is None else str(error)
        if says == self._broken.get(name, ""):
            return
        if error is None:
            del self._broken[name]
            self.wrong.pop(name, None)
        else:
            self._broken[name] = says
            self.went_wrong(self.screen, name, error)

    def paused(self, name: str, error: SyncRulesError) -> None:
        """Say that a run ended because somebody paused its connection."""
        self.say("paused", f"{error.message}.", connection=name)

    def broke(self, asked: str, error: Exception) -> None:
        """Say once that somebody could not be answered: they may ask every few seconds."""
        what = f"this should not have happened ({type(error).__name__})"
        with self._talking:
            if self._told.get(asked) != what:
                self._write("unanswered", f"{asked}: {what}. Please report it.", asked=asked, message=what)
            self._told[asked] = what

    def forged(self, name: str, side: str) -> None:
        """Say once that somebody calls who is not the system; `status` counts how often."""
        what = f"a delivery for {side} was not signed as it must be"
        with self._talking:
            if self._told.get(f"{name}\n{side}") != what:
                self._write("forged", f"{name}: {what}. Nothing came of it.", connection=name, side=side)
            self._told[f"{name}\n{side}"] = what

    def lost(self, error: StateError) -> None:
        """Say once that the state store is waited for."""
        with self._talking:
            if not self.trouble:
                self.lost_at = time.monotonic()
                cure = error.cure.removesuffix(error.AGAIN).strip()
                said = " ".join(filter(None, (f"{error.message}.", cure, "It is waited for; nothing is lost.")))
                self._write("lost", said, message=error.message, cure=cure)
            self.trouble = error.message

    def back(self) -> None:
        """Say that the state store is waited for no longer, if it was."""
        with self._talking:
            if self.trouble:
                self._write("back", "The state store is back, and work goes on.")
            self.trouble = ""

    def say(self, event: str, text: str, **more: Any) -> None:
        """Say that something happened.

        Args:
            text: to a person.
            more: to a program, beside the event.
        """
        with self._talking:
            self._write(event, text, **more)

    def _write(self, event: str, text: str, **more: Any) -> None:
        self.screen.data({"command": "serve", "event": event, "at": now(), **more}, line=True)
        self.screen.say(f"{now()} {text}")


def now() -> str:
    """Write this moment, as whoever reads a log wants it."""
    return datetime.now().astimezone().isoformat(timespec="seconds")
