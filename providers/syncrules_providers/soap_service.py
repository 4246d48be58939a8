"""How a SOAP service is talked to: one call, and no secret in what is said about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from syncrules.errors import Nonsense, OutcomeUnknown
from syncrules.http import Http, nonsense
from syncrules_providers.soap_values import Unreadable

Told = TypeVar("Told")


def call(
    http: Http,
    url: str,
    action: str,
    body: bytes,
    read: Callable[[bytes], Told],
    *,
    what: str,
    writes: bool,
    secrets: Iterable[str],
) -> Told:
    """Post a request and read the answer to it; a fault is an answer, too.

    Args:
        action: the SOAPAction, without its quotes.
        secrets: what is taken out of what is quoted of an answer that cannot be read.

    Raises:
        OutcomeUnknown: it was a write, and what came cannot be read.
        Nonsense: it was a read, and what came cannot be read.
    """
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
    answer = http.send("POST", url, what=what, writes=writes, headers=headers, content=body)
    if 300 <= answer.status < 500:
        raise unusable(http.system, f"{what} was answered with status {answer.status}")
    try:
        return read(answer.content)
    except Unreadable as error:
        if writes:
            raise OutcomeUnknown(http.system, f"the answer to {what} cannot be read: {error}") from error
        shown = masked(answer.content.decode("utf-8", "replace"), secrets)
        raise nonsense(http.system, what, shown.encode()) from error


def unusable(system: str, message: str, code: str = "") -> Nonsense:
    """Make the error for an answer that can be read and says nothing that can be used."""
    cure = "Nothing was taken from it. If this stays, the service or something on the way to it has changed."
    return Nonsense(system, message, cure=cure, code=code)


def masked(text: str, secrets: Iterable[str]) -> str:
    """Take secrets out of what a service says, should it ever repeat them."""
    for each in secrets:
        text = text.replace(each, "***") if each else text
    return text
