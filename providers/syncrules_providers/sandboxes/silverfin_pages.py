"""The few pages that a person sees: who consents for which firm, the code to copy, and where to begin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from syncrules_providers.sandboxes.server import Answer


def page(status: int, title: str, body: str) -> Answer:
    """Make a page; `body` is HTML."""
    text = (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title><h1>{escape(title)}</h1>{body}"
    )
    return Answer(status, text.encode(), {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"})


def sentence(status: int, title: str, text: str) -> Answer:
    """Make a page that only says something."""
    return page(status, title, f"<p>{escape(text)}</p>")


def consent(
    application: str,
    scopes: Iterable[str],
    people: Mapping[str, str],
    firms: Mapping[str, str],
    chosen: str,
    hidden: Mapping[str, str],
) -> Answer:
    """Ask who is there, for which firm, and whether the application may.

    Args:
        people: what is said of each, by the value that the form sends.
        firms: likewise.
        chosen: the firm that the address names.
        hidden: what the application asked with; it comes back with the answer.
    """
    kept = "".join(f'<input type=hidden name="{escape(name)}" value="{escape(hidden[name])}">' for name in hidden)
    listed = "".join(f"<li><code>{escape(each)}</code></li>" for each in scopes)
    return page(
        200,
        f"Authorise {application}?",
        f"<form method=post action=/oauth/authorize>{kept}"
        f"<p>This is a sandbox. You are {_select('user', people, '')}</p>"
        f"<p>and let it work with {_select('firm', firms, chosen)}:</p><ul>{listed}</ul>"
        "<button name=answer value=authorise>Authorise</button> <button name=answer value=deny>Deny</button></form>",
    )


def code(value: str, firm: str) -> Answer:
    """Show a code, to be copied by hand."""
    return page(
        200,
        "Authorisation code",
        f"<p><code id=authorization_code>{escape(value)}</code></p>"
        f"<p>For the firm <code id=authorized_firm_id>{escape(firm)}</code>.</p>",
    )


def front(link: str, firms: Iterable[str], people: Iterable[str], files: Iterable[str]) -> Answer:
    """Say what is here. Silverfin itself would ask for a password at this address."""
    parts = {"Firms": firms, "People": people, "Client files": files}
    lists = "".join(
        f"<h2>{title}</h2><ul>" + "".join(f"<li>{escape(each)}</li>" for each in lines) + "</ul>"
        for title, lines in parts.items()
    )
    return page(
        200, "Silverfin sandbox", f'<p><a href="{escape(link)}">Give your consent and get a code</a></p>{lists}'
    )


def _select(name: str, choices: Mapping[str, str], chosen: str) -> str:
    options = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(text)}</option>'
        for value, text in choices.items()
    )
    return f"<select name={name}>{options}</select>"
