"""Letting the systems of a connection call, and asking them to stop: an address for each side, ended by a key that nobody guesses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from secrets import token_urlsafe
from urllib.parse import quote, urlsplit

from syncrules.errors import ProviderError, UsageError
from syncrules.language.model import Spec
from syncrules.manifest import Manifest
from syncrules.memory.hints import Hook, digest_of
from syncrules.memory.memory import Memory
from syncrules.provider import Provider, telling

HERE = ("127.0.0.1", "localhost", "::1")
"""Addresses that nobody reaches from elsewhere."""
USUAL = {"https": 443, "http": 80}
"""Scheme → the port that nobody writes."""
NONE = "none"
"""What is said instead of an address where no system is to call."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it on one side."""

    side: str
    done: bool
    why: str = ""
    """Why it was not done, written for a person."""
    cure: str = ""


def base_of(text: str) -> str:
    """Read the address at which `syncrules serve` is reached from outside, or `none`.

    Raises:
        UsageError: it is none, or everybody could read along.
    """
    if text != NONE and not _can_be(text):
        raise _nowhere(text, "systems could call")
    return text.rstrip("/")


def origin_of(text: str) -> str:
    """Read the address under which browsers come from outside, and give it as they tell it: scheme, name, port unless it is the usual.

    Raises:
        UsageError: it is none, everybody could read along, or it leads to a part of a site: the pages take the whole of it.
    """
    if not _can_be(text) or urlsplit(text).path.strip("/"):
        raise _nowhere(text, "browsers could come")
    parts = urlsplit(text)
    port = "" if parts.port in (None, USUAL[parts.scheme]) else f":{parts.port}"
    name = _told(parts.hostname or "")
    return f"{parts.scheme}://{f'[{name}]' if ':' in name else name}{port}"


def _can_be(text: str) -> bool:
    """Say whether 'serve' may be reached at an address: over TLS, or from this machine alone."""
    try:
        parts = urlsplit(text)
        name, port = _told(parts.hostname or ""), parts.port
    except ValueError:  # half a bracket, a port that is none, a name that is too long
        return False
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in HERE)
    return bool(safe and name and port != 0 and "@" not in parts.netloc and re.fullmatch(r"[^\s\0-\x1f?#\\]+", text))


def _told(name: str) -> str:
    """Give a host as browsers tell it, or nothing if none is called so.

    Raises:
        ValueError: it has a part that is too long, or of which nothing is left.
    """
    if ":" in name:
        return str(ip_address(name))
    told = name.encode("idna").decode().lower()
    return told if re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?", told) else ""


def _nowhere(text: str, who: str) -> UsageError:
    return UsageError(
        f"'{text}' is no address at which {who}",
        cure="Give the one at which 'syncrules serve' is reached from outside, such as https://sync.example.",
    )


def register(
    mapping: Spec,
    answers: Mapping[str, Mapping[str, str]],
    providers: Mapping[str, Provider],
    memory: Memory,
    base: str,
    now: float,
) -> Iterator[Outcome]:
    """Let each system call that can; what it was told before is taken back first, so that nobody calls twice.

    Args:
        answers: side → what was answered, in clear or sealed.
        providers: by side.
    """
    before = {each.side: each.address for each in memory.hooks()}
    for side, manifest in mapping.manifests.items():
        resources = _told_of(mapping, manifest, side)
        if manifest.webhooks is None or not resources:
            continue
        if not any(answers.get(side, {}).get(each) for each in manifest.webhooks.signed_with):
            asked = " or ".join(f"'{each}'" for each in manifest.webhooks.signed_with)
            cure = f"Answer {asked} and connect again; until then changes are found by looking."
            yield Outcome(side, False, f"nobody said how calls of {manifest.title} are known to be genuine", cure)
            continue
        key, address = token_urlsafe(32), f"{base}/hooks/{quote(memory.connection, safe='')}/{quote(side, safe='')}/"
        system = telling(providers[side])
        try:
            for each in {address, before.get(side, address)}:
                system.unregister(each)
            with memory.store.transaction():
                memory.keep_hook(Hook(side, address, digest_of(key), now))
            system.register(address + key, resources)
        except ProviderError as error:
            yield Outcome(side, False, error.message, error.cure)
        else:
            yield Outcome(side, True)


def unregister(mapping: Spec, providers: Mapping[str, Provider], memory: Memory) -> Iterator[Outcome]:
    """Ask the systems to call no more; what cannot be reached calls on, and is answered that nobody is there."""
    for hook in memory.hooks():
        try:
            telling(providers[hook.side]).unregister(hook.address)
        except ProviderError as error:
            title = mapping.manifests[hook.side].title
            cure = f"Remove the webhooks that call {hook.address}… in {title} itself; until then they are answered with 404."
            yield Outcome(hook.side, False, error.message, cure)
        else:
            yield Outcome(hook.side, True)
        with memory.store.transaction():
            memory.drop_hook(hook.side)


def _told_of(mapping: Spec, manifest: Manifest, side: str) -> list[str]:
    """Name the resources of which a side can tell, and which the mapping reads."""
    wanted = {each.sources[side].resource for each in mapping.entities.values() if side in each.sources}
    wanted |= {mapping.scope[side]["resource"]} if mapping.scope else set()
    tells = manifest.webhooks.tell_of if manifest.webhooks is not None else ()
    return [each for each in tells if each in wanted]
