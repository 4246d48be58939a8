"""What every command has at hand: the state store, the keys, the clock and the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from syncrules.errors import StateError, SyncRulesError, UsageError

if TYPE_CHECKING:
    from syncrules.cli.data import Part
    from syncrules.cli.screen import Screen
    from syncrules.connection import Connection, RealClock
    from syncrules.language.model import Spec
    from syncrules.memory.kept import ConnectionRow
    from syncrules.memory.memory import Memory
    from syncrules.memory.store import Store
    from syncrules.secrets import Keys

STATE = ".syncrules/state.db"
OLD_KEY = ".syncrules/key"
"""Where the key stood, whatever the state store, before each had its own; and where it stands if that is a database elsewhere."""


class Busy(SyncRulesError):
    """Another process has this connection in hand; this one steps aside."""

    exit_code = 1

    def __init__(self, name: str) -> None:
        done = "Nothing was done here. Wait until it is done."
        super().__init__(
            f"another run of '{name}' is under way" if name else "the state store is being moved", cure=done
        )


class Desk:
    """One command at work.

    Args:
        load: reads a mapping; without it, each is read anew whenever it is asked for.
    """

    def __init__(
        self, screen: Screen, state: str = STATE, key_file: str = "", load: Callable[[str], Spec] | None = None
    ) -> None:
        self.screen = screen
        self.load = load
        self.state = state
        self.key_file = key_file
        """Empty: the one that belongs to the state store."""

    @property
    def clock(self) -> RealClock:
        from syncrules.connection import RealClock

        return RealClock()

    def has_store(self) -> bool:
        """Tell whether there is a state store; whether there is one behind a URL is not known before it is opened."""
        from syncrules.memory.address import file_of

        file = file_of(self.state)
        return file is None or file.exists()

    @contextmanager
    def store(self, *, make: bool = False) -> Iterator[Store]:
        """Open the state store.

        Args:
            make: whether a new one may be made where there is none.

        Raises:
            StateError: there is none, or it cannot be used.
        """
        from syncrules.memory.store import open_store

        if not make and not self.has_store():
            raise StateError(
                f"there is no state file '{self.state}'",
                cure="Go to the folder where it is, or name it with --state. If it was lost, make the connections "
                "again with 'syncrules connect': what belongs together is found again, without duplicates.",
            )
        with open_store(self.state) as store:
            yield store

    def keys(self, store: Store, *, make: bool = False) -> Keys:
        """Find the keys that open the credentials in a store; what is made or copied for it is told."""
        import os

        from syncrules.secrets import VARIABLE, Keys, load_keys

        given = os.environ.get(VARIABLE)
        file = Path(self.key_file) if self.key_file or given else self.key_file_of(store)
        if not make and not given and not file.exists():
            return Keys(())
        keys, told = load_keys(file)
        if told:
            self.screen.say(told)
        return keys

    def key_file_of(self, store: Store) -> Path:
        """Say where the key of a state store stands: beside it, so that a copy of the folder is enough to go on."""
        from syncrules.secrets import copied, load_keys, seals_in

        old = Path(OLD_KEY)
        if store.path is None:
            return old
        beside, before = (store.path.with_name(each) for each in (f"{store.path.name}.key", old.name))
        if not beside.exists() and store.path.name == Path(STATE).name and before.exists():
            return before  # in the same folder, and this state file's all along
        if beside.exists() or not old.exists():
            return beside
        seals = [seal for each in store.connections() for seal in seals_in(each.answers)]
        if not any(load_keys(old)[0].fits(each) for each in seals):
            return beside
        if not copied(old, beside):
            return old
        self.screen.say(
            f"The key in '{old}' opens the credentials in '{store.path}'. A copy of it stands beside that file now, as "
            f"'{beside}', and is used from now on."
        )
        return beside

    @contextmanager
    def alone(self, store: Store, name: str) -> Iterator[None]:
        """Hold a connection, so that no other process works on it meanwhile.

        Raises:
            Busy: another has it.
        """
        with store.alone(name) as mine:
            if not mine:
                raise Busy(name)
            yield

    def in_hand(self, store: Store, name: str) -> bool:
        """Say whether another process works on a connection now."""
        with store.alone(name) as mine:
            return not mine

    @contextmanager
    def beside_others(self, store: Store) -> Iterator[None]:
        """Change something beside whatever runs are under way; nobody moves the store meanwhile.

        Raises:
            Busy: it is being moved.
        """
        with store.beside_others() as there:
            if not there:
                raise Busy("")
            yield

    @contextmanager
    def opened(self, store: Store, name: str, lane: str = "") -> Iterator[Connection]:
        """Open a connection for itself alone; its credentials are hidden from whatever is said while it is open."""
        from syncrules import connection
        from syncrules.language import spec

        connection.row_of(store, name)
        keys, load = self.keys(store), self.load or spec.load
        self._hide(store, name, keys, load)
        with self.alone(store, name), connection.opened(store, name, keys, self.clock, lane, load) as conn:
            yield conn

    def _hide(self, store: Store, name: str, keys: Keys, load: Callable[[str], Spec]) -> None:
        from syncrules import connection

        row = connection.row_of(store, name)
        with suppress(SyncRulesError):
            mapping = load(row.mapping)
            for side, manifest in mapping.manifests.items():
                answers = connection.answers_for(manifest, row.answers.get(side, {}), keys, name, side)
                self.screen.hide(answers[each.name] for each in manifest.asks if each.secret)
                self.screen.hide(answers[each] for each in manifest.keeps if each in answers)

    def known(self, store: Store, name: str) -> tuple[ConnectionRow, Spec, Memory]:
        """Give what is remembered of a connection, without its credentials.

        Raises:
            UsageError: there is none of this name.
            SpecError: its mapping is no longer one.
        """
        from syncrules import connection
        from syncrules.language import spec
        from syncrules.memory.memory import Memory

        row = connection.row_of(store, name)
        mapping = (self.load or spec.load)(row.mapping)
        return row, mapping, Memory(store, name, mapping.sides)

    def refuse_paused(self, store: Store, row: ConnectionRow) -> None:
        """Make sure that a connection does not rest.

        Raises:
            UsageError: it does; or nobody has confirmed its first import yet.
        """
        if not row.paused:
            return
        self.refuse_unconfirmed(store, row)
        raise UsageError(f"'{row.name}' is paused", cure=f"Let it run again: syncrules resume {row.name}.")

    def refuse_unconfirmed(self, store: Store, row: ConnectionRow) -> None:
        """Make sure that somebody has confirmed the first import of a connection.

        Raises:
            UsageError: nobody has.
        """
        from syncrules.memory.memory import Memory

        carried = Memory(store, row.name, ("", "")).last_carried()
        if not any(what in ("begun", "import") for _, _, what in carried):
            raise UsageError(
                f"the first import of '{row.name}' has not begun",
                cure=f"See what it will do, and confirm it: syncrules connect {row.name}.",
            )

    def parts(self, store: Store, name: str) -> list[Part]:
        """Give what is remembered of a connection: of what happens once, then of each pair of its books.

        Raises:
            UsageError: there is none of this name.
            SpecError: its mapping is no longer one.
        """
        from syncrules import connection

        row, mapping, _ = self.known(store, name)
        return connection.remembered(store, row, mapping)

    def names(self, store: Store, given: tuple[str, ...] | list[str], *, all_of_them: bool = False) -> list[str]:
        """Say which connections are meant: those named, all of them, or the only one there is.

        Raises:
            UsageError: nobody can tell.
        """
        known = [each.name for each in store.connections()]
        if given:
            return list(dict.fromkeys(given))
        if all_of_them or len(known) == 1:
            return known
        if not known:
            raise UsageError("there is no connection yet", cure="Make one: syncrules connect NAME --mapping MAPPING.")
        raise UsageError(f"which connection? There are {', '.join(known)}", cure="Name one, or add --all.")
