"""Who may look at the pages of `serve`: links that open once, and browsers that came in by one, known to all workers.

Of each only a digest is kept: nothing that stands here opens anything, and how long a look-up takes says nothing.
"""

from __future__ import annotations

import secrets
from hashlib import sha256

import sqlalchemy as sa

from syncrules.memory import tables as t
from syncrules.memory.store import Store

OPENS = 600.0
"""Seconds within which a link must be opened."""
STAYS = 12 * 3600.0
"""Seconds for which somebody may look who came in."""
p = t.passes.c


def invite(store: Store, now: float) -> str:
    """Make a link: gives the path that opens once, and not for long."""
    with store.transaction():
        return f"/enter?ticket={_given(store, 'link', now + OPENS)}"


def enter(store: Store, ticket: str, now: float) -> str | None:
    """Let somebody in; gives what the browser is known by from now on, or None if this opens nothing."""
    with store.transaction():
        store.db.execute(sa.delete(t.passes).where(p.until <= now))
        mine = (p.digest == _digest(ticket), p.what == "link")
        if store.db.execute(sa.delete(t.passes).where(*mine)).rowcount != 1:
            return None
        return _given(store, "browser", now + STAYS)


def leave(store: Store, pass_: str) -> None:
    """Let somebody out: what the browser was known by opens nothing any more, whoever has a copy of it."""
    with store.transaction():
        store.db.execute(sa.delete(t.passes).where(p.digest == _digest(pass_)))


def known(store: Store, pass_: str, now: float) -> bool:
    """Say whether somebody came in, and not too long ago."""
    mine = (p.digest == _digest(pass_), p.what == "browser", p.until > now)
    return store.db.execute(sa.select(p.digest).where(*mine)).first() is not None


def _given(store: Store, what: str, until: float) -> str:
    made = secrets.token_urlsafe(32)
    store.db.execute(sa.insert(t.passes).values(digest=_digest(made), what=what, until=until))
    return made


def _digest(given: str) -> str:
    return sha256(given.encode(errors="surrogatepass")).hexdigest()
