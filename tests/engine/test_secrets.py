"""Credentials are sealed for one field of one connection, opened by any of our keys, or read from where they are kept."""

from __future__ import annotations

import base64
import os
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncrules.errors import StateError, UsageError
from syncrules.secrets import MARK, VARIABLE, Keys, fetch, is_reference, load_keys

SECRET = "hunter2-hunter2"
ONE, OTHER = b"1" * 32, b"2" * 32


def key(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


@pytest.fixture(autouse=True)
def no_key_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


# Seals ----------------------------------------------------------------------------------------------------------------


@given(st.text(st.characters(codec="utf-8")), st.text(max_size=8), st.text(max_size=8))
def test_what_was_sealed_is_opened_in_its_own_place(text: str, connection: str, field: str) -> None:
    keys = Keys([ONE])

    assert keys.open(keys.seal(text, connection, field), connection, field) == text


def test_a_seal_shows_nothing_and_is_never_the_same_twice() -> None:
    keys = Keys([ONE])
    seals = {keys.seal(SECRET, "acme", "box.password") for _ in range(50)}

    assert len(seals) == 50
    assert all(each.startswith(MARK) for each in seals)
    assert not any(SECRET in each or SECRET.encode() in base64.b64decode(each.rpartition(":")[2]) for each in seals)


@pytest.mark.parametrize(
    ("connection", "field"), [("acme", "box.user"), ("other", "box.password"), ("acm", "e\0box.password")]
)
def test_a_seal_that_was_copied_elsewhere_does_not_open(connection: str, field: str) -> None:
    keys = Keys([ONE])
    seal = keys.seal(SECRET, "acme", "box.password")

    with pytest.raises(StateError, match="was sealed for something else, or was changed") as caught:
        keys.open(seal, connection, field)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("end", [-1, -2, -3, -4, -9, -30, 15, 17, 20])
def test_a_seal_of_which_a_part_is_missing_does_not_open(end: int) -> None:
    keys = Keys([ONE])
    seal = keys.seal(SECRET, "acme", "box.password")

    with pytest.raises(StateError) as caught:
        keys.open(seal[:end], "acme", "box.password")
    assert caught.value.cure.startswith("Give the key with which it was sealed")


@given(st.integers(0, 57), st.integers(1, 255))
def test_a_seal_in_which_anything_was_changed_does_not_open(place: int, by: int) -> None:
    keys = Keys([ONE])
    head, _, content = keys.seal(SECRET, "acme", "box.password").rpartition(":")
    raw = bytearray(base64.b64decode(content))
    raw[place % len(raw)] ^= by

    with pytest.raises(StateError):
        keys.open(f"{head}:{base64.b64encode(raw).decode()}", "acme", "box.password")


def test_after_a_key_was_replaced_old_seals_still_open_and_new_ones_use_the_new_key() -> None:
    before, after = Keys([ONE]), Keys([OTHER, ONE])
    old, new = before.seal(SECRET, "acme", "box.password"), after.seal(SECRET, "acme", "box.password")

    assert after.open(old, "acme", "box.password") == after.open(new, "acme", "box.password") == SECRET
    assert Keys([OTHER]).open(new, "acme", "box.password") == SECRET
    with pytest.raises(StateError, match=r"the box\.password of 'acme' was sealed with another key") as caught:
        Keys([OTHER]).open(old, "acme", "box.password")
    assert VARIABLE in caught.value.cure


# Keys -----------------------------------------------------------------------------------------------------------------


def test_the_first_time_a_key_is_made_that_only_its_owner_can_read(tmp_path: Path) -> None:
    file = tmp_path / "config" / "key"

    keys, told = load_keys(file)
    again, told_again = load_keys(file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert str(file) in told
    assert told_again == ""
    assert again.open(keys.seal(SECRET, "acme", "x"), "acme", "x") == SECRET


def test_a_wide_open_umask_does_not_open_the_key(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_keys(tmp_path / "key")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_a_key_file_may_hold_several_keys_the_first_of_which_seals(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"# the new one\n{key(OTHER)}\n\n# the old one\n  {key(ONE)}  \n")

    keys, _ = load_keys(file)

    assert Keys([OTHER]).open(keys.seal(SECRET, "acme", "x"), "acme", "x") == SECRET
    assert keys.open(Keys([ONE]).seal(SECRET, "acme", "x"), "acme", "x") == SECRET


def test_keys_that_are_given_come_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f"{key(OTHER)}, {key(ONE)}")

    keys, told = load_keys(tmp_path / "key")

    assert told == ""
    assert not (tmp_path / "key").exists()
    assert Keys([OTHER]).open(keys.seal(SECRET, "acme", "x"), "acme", "x") == SECRET
    assert keys.open(Keys([ONE]).seal(SECRET, "acme", "x"), "acme", "x") == SECRET


NO_KEYS = ["too short", key(b"1" * 31), key(b"1" * 33), "é" * 44, "x", f"{key(ONE)},"]


@pytest.mark.parametrize("given_key", NO_KEYS)
def test_what_is_given_and_is_no_key_is_told_and_not_shown(
    given_key: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, given_key)

    with pytest.raises(UsageError, match=f"the environment variable {VARIABLE} is not a key") as caught:
        load_keys(tmp_path / "key")
    assert given_key not in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"# only a remark\n", b"nonsense\n", b"\xff\xfe\n", key(b"1" * 31).encode()]
)
def test_a_key_file_without_a_key_is_told_and_left_alone(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)

    with pytest.raises(UsageError, match=r"what stands in '.*' is not a key"):
        load_keys(file)
    assert file.read_bytes() == content


@pytest.mark.parametrize("place", ["a file", "a folder"])
def test_a_key_file_that_cannot_be_used_is_told_with_what_helps(place: str, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("") if place == "a file" else (tmp_path / "there" / "key").mkdir(parents=True)

    with pytest.raises(StateError, match=r"the key file '.*' cannot be used") as caught:
        load_keys(tmp_path / "there" / "key")
    assert VARIABLE in caught.value.cure


# References -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [("env:X", True), ("file:/x", True), ("keyring:x", True), ("x", False), ("environment", False), ("", False)],
)
def test_a_reference_is_told_from_a_secret(text: str, expected: bool) -> None:
    assert is_reference(text) is expected


def test_a_secret_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOX_PASSWORD", SECRET)

    assert fetch("env:BOX_PASSWORD") == SECRET


def test_a_secret_is_read_from_a_file_without_the_end_of_the_line(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{SECRET}\n")

    assert fetch(f"file:{tmp_path / 'password'}") == SECRET


def test_a_secret_is_read_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {("syncrules", "box"): SECRET}
    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=lambda *key: kept.get(key)))

    assert fetch("keyring:box") == SECRET
    with pytest.raises(UsageError, match="the keyring has no entry 'shelf' for syncrules"):
        fetch("keyring:shelf")


def test_without_a_keyring_it_is_said_what_else_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)

    with pytest.raises(UsageError, match="the keyring is not installed") as caught:
        fetch("keyring:box")
    assert "env: or file:" in caught.value.cure


@pytest.mark.parametrize("reference", ["env:SURELY_NOT_SET", "file:/surely/not/there", "file:/"])
def test_a_secret_that_is_not_there_is_told_with_where_it_should_be(reference: str) -> None:
    with pytest.raises(UsageError) as caught:
        fetch(reference)
    assert reference.partition(":")[2] in str(caught.value)


def test_a_secret_file_that_is_no_text_is_told_without_its_content(tmp_path: Path) -> None:
    (tmp_path / "password").write_bytes(b"\xff\xfehunter2")

    with pytest.raises(UsageError, match="is not a text") as caught:
        fetch(f"file:{tmp_path / 'password'}")
    assert "hunter2" not in str(caught.value)
