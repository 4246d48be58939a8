"""Credentials are sealed for one field of one connection, and appear nowhere else."""

from __future__ import annotations

import logging
import traceback

import pytest
import stores
from scenes import changed, in_books, in_crm, run_until_quiet, send_invoice
from world import KEYS, World

from syncrules import connection
from syncrules.errors import StateError, SyncRulesError
from syncrules.secrets import Keys
from syncrules_providers.sandboxes.server import Answer, Mishap

IN_THE_CRM = "kanarie-een-7f3a91c0"
IN_THE_BOOKS = ("DADA0000DADA0000DADA0000DADA0001", "DADA2222-3333-4444-5555-666666666666")


def canaries(here: World) -> dict[tuple[str, str], str]:
    """Give each secret answer of a connection a value that nothing else has."""
    in_books = zip(here.kind.secrets, IN_THE_BOOKS, strict=False)
    return {("tribe", "client_secret"): IN_THE_CRM, **{(here.kind.side, name): value for name, value in in_books}}


@pytest.mark.requirement("X-15")
def test_a_seal_opens_only_for_its_own_field_of_its_own_connection() -> None:
    seal = KEYS.seal("a secret", "jansen", "tribe.client_secret")

    assert "a secret" not in seal
    assert KEYS.open(seal, "jansen", "tribe.client_secret") == "a secret"
    assert KEYS.seal("a secret", "jansen", "tribe.client_secret") != seal
    for name, field in (
        ("beheer", "tribe.client_secret"),
        ("jansen", "eboekhouden.security_code_1"),
        ("jansentribe", ".client_secret"),
    ):
        with pytest.raises(StateError, match="sealed for something else, or was changed"):
            KEYS.open(seal, name, field)


@pytest.mark.requirement("X-15")
def test_a_seal_that_was_tampered_with_or_is_of_another_key_does_not_open() -> None:
    seal = KEYS.seal("a secret", "jansen", "tribe.client_secret")
    with pytest.raises(StateError, match="was changed"):
        KEYS.open(
            seal[:-8] + ("AAAAAAA=" if not seal.endswith("AAAAAAA=") else "BBBBBBB="), "jansen", "tribe.client_secret"
        )
    with pytest.raises(StateError, match="another key"):
        Keys([b"1" * 32]).open(seal, "jansen", "tribe.client_secret")

    assert Keys([b"1" * 32, b"0" * 32]).open(seal, "jansen", "tribe.client_secret") == "a secret"


@pytest.mark.requirement("X-15", "X-17")
def test_a_connection_whose_seals_were_copied_from_another_does_not_open(here: World) -> None:
    here.connect()
    row = here.store.connection("c")
    assert row is not None
    row.answers = _sealed(here, "c")
    with here.store.transaction():
        here.store.save(row)
        row.name = "d"
        here.store.save(row)
    with connection.opened(here.store, "c", KEYS, here.clock):
        pass
    with (
        pytest.raises(StateError, match="of 'd' cannot be opened"),
        connection.opened(here.store, "d", KEYS, here.clock),
    ):
        pass


def _sealed(here: World, name: str) -> dict[str, dict[str, object]]:
    given = here.answers()
    given["tribe"]["client_secret"] = here.crm.client_secret
    for side, field in canaries(here):
        given[side][field] = KEYS.seal(str(given[side][field]), name, f"{side}.{field}")
    return given


def _with_canaries(here: World) -> None:
    said = canaries(here)
    here.crm.client_secret = said["tribe", "client_secret"]
    for name, attribute in here.kind.secrets.items():
        setattr(here.books, attribute, said[here.kind.side, name])
    sealed = _sealed(here, "c")
    with changed(World, "answers", lambda _: sealed):
        here.connect()


@pytest.mark.requirement("X-15")
def test_no_secret_stands_in_the_state_or_the_logs_or_the_errors(here: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    _with_canaries(here)
    tokens: list[str] = []
    for each in (here.crm, here.books):
        each.mishap("before", when=lambda request: bool(tokens.append(request.headers.get("authorization", ""))))  # type: ignore[func-returns-value]
    in_books(here, "Garage", "10001")
    in_crm(here, "Bakkerij", "10002")
    said: list[str] = []
    run_until_quiet(here)
    send_invoice(here, "Garage")
    refusal = Answer(400, b'{"error": {"code": "1", "message": "no"}}')
    mishaps: list[Mishap] = ["after", "garbage", 500, 503, refusal]
    for number, mishap in enumerate(mishaps):
        here.crm.mishap(mishap, when=lambda request: request.method != "GET" and "odata" in request.path)
        for what in ("add a relation", "book an invoice"):
            here.books.mishap(mishap, when=here.kind.over(what))
        in_books(here, f"Garage {number}", f"1010{number}")
        _run(here, said)
    here.kind.spoil(here.books, "DADA0000DADA0000DADA0000DADA0009")
    _run(here, said)
    here.crm.client_secret = "another"
    here.crm.expire_tokens()
    _run(here, said)
    if stores.in_a_file():
        here.store.db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    written = stores.content(here.state)

    assert len(said) >= 2
    for text in [*canaries(here).values(), *(each.removeprefix("Bearer ") for each in tokens if each)]:
        assert text not in "\n".join(said)
        assert text not in caplog.text
        assert text.encode() not in written


def _run(here: World, said: list[str]) -> None:
    try:
        here.run()
    except SyncRulesError as error:
        said += [str(error), error.cure, repr(error), "".join(traceback.format_exception(error))]
    said += here.notices()
    said += [
        f"{known.reason} {known.cure} {known.detail}"
        for _, known in here.memory.records(states=("waiting", "failed", "excluded"))
    ]
