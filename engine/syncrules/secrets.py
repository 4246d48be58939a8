"""Credentials: sealed in the state store, or references to where they are kept.

A seal is AES-GCM, bound to the connection and the field, so that a seal that is copied elsewhere does not open. Keys come from the
environment variable SYNCRULES_KEY or from a file, beside the state file unless another is named; the first seals, all of them open.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from syncrules.errors import Sealed, StateError, UsageError

VARIABLE = "SYNCRULES_KEY"
MARK = "sealed:"
REFERENCES = ("env:", "file:", "keyring:")


class Keys:
    """The keys that seal and open."""

    def __init__(self, keys: Iterable[bytes]) -> None:
        self._keys = {hashlib.sha256(each).hexdigest()[:8]: each for each in keys}

    def seal(self, text: str, connection: str, field: str) -> str:
        """Seal a secret for one field of one connection.

        Raises:
            StateError: there is no key to seal it with.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if not self._keys:
            raise StateError(
                f"the {field} of '{connection}' is to be kept, and there is no key to seal it with",
                cure=f"Give the key in {VARIABLE} or the key file, or connect again, which makes one.",
            )
        name, key = next(iter(self._keys.items()))
        nonce = secrets.token_bytes(12)
        content = AESGCM(key).encrypt(nonce, text.encode(), f"{connection}\0{field}".encode())
        return f"{MARK}{name}:{base64.b64encode(nonce + content).decode()}"

    def fits(self, seal: str) -> bool:
        """Tell whether a seal was made with one of these keys."""
        return seal.removeprefix(MARK).partition(":")[0] in self._keys

    def open(self, seal: str, connection: str, field: str) -> str:
        """Open a seal.

        Raises:
            Sealed: the key is not among ours, or the seal is not for this field.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        name, _, content = seal.removeprefix(MARK).partition(":")
        key = self._keys.get(name)
        cure = (
            f"Give the key with which it was sealed (in {VARIABLE} or the key file), or connect again to enter it anew."
        )
        if key is None:
            raise Sealed(f"the {field} of '{connection}' was sealed with another key", cure=cure)
        try:
            raw = base64.b64decode(content)
            return AESGCM(key).decrypt(raw[:12], raw[12:], f"{connection}\0{field}".encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise Sealed(
                f"the {field} of '{connection}' cannot be opened: it was sealed for something else, or was changed",
                cure=cure,
            ) from error


def load_keys(key_file: Path) -> tuple[Keys, str]:
    """Find the keys, or make one on a machine that has none; the text explains what was made (empty if nothing was).

    Raises:
        UsageError: what is given as a key is not one.
        Sealed: the key file cannot be read or written.
    """
    given = os.environ.get(VARIABLE)
    if given:
        return Keys(_key(each, f"the environment variable {VARIABLE}") for each in given.split(",")), ""
    try:
        if key_file.exists():
            written = key_file.read_text(encoding="utf-8", errors="replace").splitlines()
            lines = [each for each in written if each.strip() and not each.startswith("#")] or [""]
            return Keys(_key(each, f"'{key_file}'") for each in lines), ""
        key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        key_file.parent.mkdir(parents=True, exist_ok=True)
        _write_key(
            key_file,
            f"# This key opens the credentials in the state file beside it. Whoever has both can use them.\n{key}\n".encode(),
        )
    except OSError as error:
        raise Sealed(
            f"the key file '{key_file}' cannot be used: {error.strerror}",
            cure=f"Check its folder and its rights, or give the key in {VARIABLE}.",
        ) from error
    return (
        Keys([_key(key, "")]),
        f"A key was made in '{key_file}'. It opens the credentials kept in the state file: keep a copy of it. Whoever has both files can use the credentials.",
    )


def seals_in(answers: Any) -> Iterator[str]:
    """Give every seal among the answers of a connection."""
    match answers:
        case str() if answers.startswith(MARK):
            yield answers
        case Mapping():
            for each in answers.values():
                yield from seals_in(each)


def copied(old: Path, new: Path) -> bool:
    """Copy a key file, for its owner alone; tell whether that could be done."""
    try:
        content = old.read_bytes()
        _write_key(new, content)
    except OSError:
        return False
    return True


def _write_key(key_file: Path, content: bytes) -> None:
    descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _key(text: str, where: str) -> bytes:
    try:
        key = base64.urlsafe_b64decode(text.strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise UsageError(
            f"what stands in {where} is not a key", cure="A key is 32 random bytes in URL-safe base64, 44 characters."
        )
    return key


def is_sealed(text: Any) -> bool:
    """Tell whether an answer is sealed."""
    return isinstance(text, str) and text.startswith(MARK)


def is_reference(text: str) -> bool:
    """Tell whether a text says where a secret is kept, instead of being one."""
    return text.startswith(REFERENCES)


def fetch(reference: str) -> str:
    """Read a secret from where a reference says that it is.

    Raises:
        UsageError: it is not there.
    """
    kind, _, name = reference.partition(":")
    match kind:
        case "env":
            value = os.environ.get(name)
            if value is None:
                raise UsageError(
                    f"the environment variable {name} is not set",
                    cure="Set it where syncrules runs, or connect again with another answer.",
                )
            return value
        case "file":
            try:
                return Path(name).read_text(encoding="utf-8").strip()
            except UnicodeDecodeError as error:
                raise UsageError(
                    f"the secret file '{name}' is not a text in UTF-8",
                    cure="Save the secret, and nothing else, as a text.",
                ) from error
            except OSError as error:
                raise UsageError(
                    f"the secret file '{name}' cannot be read: {error.strerror}", cure="Check its path and rights."
                ) from error
        case _:
            return _from_keyring(name)


def _from_keyring(name: str) -> str:
    try:
        import keyring  # type: ignore[import-not-found, unused-ignore]  # an extra that a desktop may have
    except ImportError as error:
        raise UsageError(
            "the keyring is not installed", cure="Install the package keyring, or use env: or file: instead."
        ) from error
    value = keyring.get_password("syncrules", name)
    if value is None:
        raise UsageError(
            f"the keyring has no entry '{name}' for syncrules",
            cure="Store it there, or connect again with another answer.",
        )
    return str(value)
