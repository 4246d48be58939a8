"""What goes wrong in the world: systems that answer nonsense or nothing, disks that are full, files that are spoilt."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from eb import EBoekhouden
from scenes import (
    INVOICES,
    as_we_use_it,
    contents,
    customer,
    edit_customer,
    edit_in_books,
    in_books,
    in_crm,
    run_until_quiet,
    send_invoice,
    states,
    with_customer,
)
from world import CUSTOMERS, World

from syncrules import connection
from syncrules.errors import LoginRefused, Nonsense, StateError, Unreachable
from syncrules.journey.event import Event
from syncrules.journey.run import Result
from syncrules.memory.store import open_store
from syncrules_providers.sandboxes.server import Answer, Request, Sandbox

SEVERAL = 8


def at(part: str, method: str = "GET") -> Callable[[Request], bool]:
    return lambda request: request.method == method and part in request.path


def several_customers(here: World, count: int = SEVERAL) -> list[str]:
    """Let both systems have some customers, linked, and give their names."""
    for number in range(count):
        in_books(here, f"Garage {number}", str(10_001 + number), Telefoon="030-1234567")
    run_until_quiet(here)
    return [f"Garage {number}" for number in range(count)]


def told_run(here: World, told: Callable[[Event], None], *, whole: bool = False) -> Result:
    """Run, and let something happen on the way."""
    with here.opened() as opened:
        return connection.run(opened, told=told, whole=whole)


def once(step: str, happens: Callable[[], object]) -> Callable[[Event], None]:
    """Let something happen when this step begins."""
    done: list[str] = []

    def told(event: Event) -> None:
        if event.step == step and not done:
            done.append(step)
            happens()

    return told


def stays_in_step(here: World, name: str) -> None:
    """Make sure that a customer is still synchronised, both ways."""
    edit_customer(here, name, PhoneNumber="030-1111111")
    edit_in_books(here, name, Site="later.example")
    run_until_quiet(here)

    assert here.books.relation(Bedrijf=name)["Telefoon"] == "030-1111111"
    assert customer(here, name)["Organization"]["Website"] == "later.example"


# Answers that are not to be believed ----------------------------------------------------------------------------------


def tell_nothing(here: World, what: str) -> None:
    """Let the books answer once that there is none."""
    here.books.mishap(here.kind.nothing(what), when=here.kind.over(what))


NOTHING = Answer(200, b'{"@odata.context":"x","@odata.count":0,"value":[]}', {"Content-Type": "application/json"})


@pytest.mark.requirement("X-10")
@pytest.mark.parametrize("side", ["books", "crm"])
def test_an_empty_answer_where_records_were_linked_is_not_believed(here: World, side: str) -> None:
    names = several_customers(here)
    before = contents(here)
    if side == "books":
        tell_nothing(here, "list relations")
    else:
        here.crm.mishap(NOTHING, when=at(f"/{CUSTOMERS}?"))
    result = here.run(whole=True)

    assert result.writes == 0
    assert len(result.stopped) == 1
    assert f"{SEVERAL} of {SEVERAL} that are linked are missing" in result.stopped[0]
    assert contents(here) == before

    assert run_until_quiet(here)[-1].stopped == []
    stays_in_step(here, names[0])


@pytest.mark.requirement("X-10", "EB-15")
def test_articles_that_are_not_told_any_more_stay_in_use(here: World) -> None:
    for number in range(SEVERAL):
        here.books.add_article(ArtikelOmschrijving=f"Brood {number}", ArtikelCode=f"B{number}", Eenheid="stuk", BTWCode="HOOG_VERK_21", Actief=True)  # fmt: skip
    run_until_quiet(here)
    tell_nothing(here, "list articles")
    result = here.run()

    assert "missing" in result.stopped[0]
    assert not any(each["IsInactive"] for each in here.crm.rows("Product"))
    assert run_until_quiet(here)[-1].stopped == []


@pytest.mark.requirement("X-10", "EB-13")
def test_open_items_that_all_vanish_at_once_do_not_count_as_paid(here: World) -> None:
    for name in several_customers(here, 3):
        send_invoice(here, name)
    run_until_quiet(here)
    tell_nothing(here, "list open items")
    result = here.run()

    assert any("would count as settled" in each for each in result.stopped)
    assert here.crm.rows("Payment") == []
    assert {each["Phase"]["Code"] for each in here.crm.rows(INVOICES)} == {"Sent"}

    assert run_until_quiet(here)[-1].stopped == []
    assert here.crm.rows("Payment") == []


@pytest.mark.requirement("X-10")
def test_a_brake_that_a_person_releases_lets_go_once(here: World) -> None:
    for name in several_customers(here, 3):
        send_invoice(here, name)
    here.run()
    result = run_without_open_items(here)

    assert result.stopped
    assert here.crm.rows("Payment") == []

    with here.store.transaction():
        for entity, name, _, _ in here.memory.brakes():
            here.memory.decide(entity, "brake", name, {"release": True}, here.clock.now())
    run_without_open_items(here)

    assert [each["Amount"] for each in here.crm.rows("Payment")] == [Decimal("121.00")] * 3
    assert here.memory.brakes() == []
    assert here.memory.decision("payment", "brake", "settlements") is None


def run_without_open_items(here: World) -> Result:
    """Let the books say that nothing is open, although nothing was paid."""
    here.books.mishap(here.kind.nothing("list open items"), when=here.kind.over("list open items"))
    return here.run()


def send_invoice_and_run(here: World, name: str) -> str:
    number = send_invoice(here, name)
    here.run()
    return number


@pytest.mark.requirement("X-10")
def test_a_side_of_which_a_page_fails_concludes_nothing(here: World) -> None:
    here.crm.page_size_max = 3
    names = several_customers(here)
    edit_in_books(here, names[0], Site="nieuw.example")
    for _ in range(5):
        here.crm.mishap(500, when=lambda request: at(f"/{CUSTOMERS}?")(request) and "skip=4" in request.path)
    with pytest.raises(Unreachable, match="500"):
        here.run(whole=True)

    assert here.writes == 0
    assert not any(state == "excluded" for (entity, _, state, _) in here.memory.counts() if entity == "organisation")
    assert here.memory.last_run()["outcome"] == "failed"  # type: ignore[index]

    run_until_quiet(here)

    assert customer(here, names[0])["Organization"]["Website"] == "nieuw.example"


@pytest.mark.requirement("X-10")
@pytest.mark.parametrize(
    ("what", "content"),
    [
        ("no document", b"<html>Even geduld a.u.b."),
        ("half of it", None),
        ("nothing", b""),
        ("another answer", EBoekhouden().nothing("list articles").body),
        ("JSON", b'{"Relaties": []}'),
        ("a list", b"[]"),
    ],
)
def test_an_answer_that_is_none_ends_the_run_before_anything_is_written(
    here: World, what: str, content: bytes | None
) -> None:
    names = several_customers(here, 2)
    edit_customer(here, names[0], PhoneNumber="030-7654321")
    whole = here.kind.nothing("list relations")
    broken = replace(whole, body=whole.body[: len(whole.body) * 4 // 5] if content is None else content)
    here.books.mishap(broken, when=here.kind.over("list relations"))
    with pytest.raises(Nonsense) as told:
        here.run()

    assert told.value.cure
    assert here.writes == 0, what
    run_until_quiet(here)
    assert here.books.relation(Bedrijf=names[0])["Telefoon"] == "030-7654321"


@pytest.mark.requirement("X-10")
@pytest.mark.parametrize("content", [b"<html>", b"", b"[]", b'{"value": null}', b'{"value": [1]}', b'{"rows": []}'])
def test_a_list_of_the_crm_that_is_none_ends_the_run_before_anything_is_written(here: World, content: bytes) -> None:
    names = several_customers(here, 2)
    edit_in_books(here, names[0], Site="nieuw.example")
    here.crm.mishap(Answer(200, content, {"Content-Type": "application/json"}), when=at(f"/{CUSTOMERS}?"))
    with pytest.raises(Nonsense):
        here.run()

    assert here.writes == 0
    run_until_quiet(here)
    assert customer(here, names[0])["Organization"]["Website"] == "nieuw.example"


# Systems that go away -------------------------------------------------------------------------------------------------


@contextmanager
def away(sandbox: Sandbox) -> Iterator[Callable[[], None]]:
    """Give what takes a system away, in the middle of whatever it does; it comes back at the same address."""
    port = int(sandbox.url.rpartition(":")[2])
    with pytest.MonkeyPatch.context() as patch:

        def leave() -> None:
            patch.setattr(sandbox, "_handle", lambda _: None)
            sandbox.stop()

        yield leave
    sandbox.stop()
    sandbox._port = port
    sandbox.start()


@pytest.mark.requirement("X-03", "X-08")
@pytest.mark.parametrize("side", ["books", "crm"])
@pytest.mark.parametrize("step", ["read", "plan", "write"])
def test_a_system_that_goes_away_in_the_middle_is_taken_up_again_at_once(here: World, side: str, step: str) -> None:
    names = several_customers(here, 3)
    for name in names:
        edit_customer(here, name, PhoneNumber="030-7654321")
        edit_in_books(here, name, Site="nieuw.example")
    in_books(here, "Slagerij De Haak", "10100")
    in_crm(here, "Bakkerij De Korst", "10101")
    send_invoice(here, names[0])
    sandbox: Sandbox = here.books if side == "books" else here.crm
    with away(sandbox) as leave, pytest.raises(Unreachable) as told:
        told_run(here, once(step, leave))

    assert "Nothing was written by this call" in told.value.cure
    run_until_quiet(here)

    assert {each["Telefoon"] for each in here.books.relations() if each["Bedrijf"] in names} == {"030-7654321"}
    assert {customer(here, each)["Organization"]["Website"] for each in names} == {"nieuw.example"}
    assert len(here.crm.rows(CUSTOMERS)) == len(here.books.relations()) == 5
    assert len(here.books.mutations()) == 1
    assert states(here) == {}


@pytest.mark.requirement("X-03")
def test_a_token_that_ends_in_the_middle_is_renewed(here: World) -> None:
    names = several_customers(here, 3)
    for name in names:
        edit_in_books(here, name, Site="nieuw.example")
    told_run(here, once("write", here.crm.expire_tokens))

    assert {customer(here, each)["Organization"]["Website"] for each in names} == {"nieuw.example"}
    assert run_until_quiet(here)


@pytest.mark.requirement("X-03")
def test_a_session_that_ends_in_the_middle_is_opened_again(here: World) -> None:
    names = several_customers(here, 3)
    for name in names:
        edit_customer(here, name, PhoneNumber="030-7654321")
    told_run(here, once("write", here.books.expire_sessions))

    assert {each["Telefoon"] for each in here.books.relations()} == {"030-7654321"}
    assert run_until_quiet(here)


@pytest.mark.requirement("EB-01", "X-08")
@pytest.mark.over_each
def test_a_password_that_is_changed_in_the_middle_is_told_and_nothing_is_lost(here: World) -> None:
    names = several_customers(here, 3)
    for name in names:
        edit_customer(here, name, PhoneNumber="030-7654321")

    before = here.answers()["eboekhouden"][here.kind.credential]

    def change() -> None:
        here.books.expire_sessions()
        here.kind.spoil(here.books, "another-one")

    with pytest.raises(LoginRefused) as told:
        told_run(here, once("write", change))

    assert here.kind.cure in told.value.cure
    here.kind.spoil(here.books, before)
    run_until_quiet(here)
    assert {each["Telefoon"] for each in here.books.relations()} == {"030-7654321"}
    assert states(here) == {}


# Records that change between reading and writing ------------------------------------------------------------------------


@pytest.mark.requirement("X-04", "X-05")
def test_a_field_that_is_edited_between_plan_and_write_is_not_written_over(here: World) -> None:
    name = with_customer(here)
    edit_in_books(here, name, Site="boeken.example", Telefoon="030-2222222")
    told_run(here, once("write", lambda: edit_customer(here, name, Website="tribe.example")))

    assert customer(here, name)["Organization"]["Website"] == "tribe.example"

    run_until_quiet(here)

    assert customer(here, name)["Organization"]["Website"] == "tribe.example"
    assert here.books.relation(Bedrijf=name)["Site"] == "tribe.example"
    assert customer(here, name)["Organization"]["PhoneNumber"] == "030-2222222"


@pytest.mark.requirement("X-05")
def test_a_field_of_no_concern_that_is_edited_between_plan_and_write_is_kept(here: World) -> None:
    name = with_customer(here, Notitie="oud")
    edit_customer(here, name, PhoneNumber="030-7654321")
    told_run(here, once("write", lambda: edit_in_books(here, name, Notitie="nieuw", Def3="vrij")))
    relation = here.books.relation(Bedrijf=name)

    assert (relation["Telefoon"], relation["Notitie"], relation["Def3"]) == ("030-7654321", "nieuw", "vrij")


@pytest.mark.requirement("EB-15", "X-08")
@pytest.mark.parametrize("side", ["books", "crm"])
def test_a_record_that_is_deleted_between_plan_and_write_stays_deleted(here: World, side: str) -> None:
    name = with_customer(here)
    if side == "books":
        edit_customer(here, name, PhoneNumber="030-7654321")
        key = here.books.relation(Bedrijf=name)["ID"]
        told_run(here, once("write", lambda: here.books.remove_relation(key)))
    else:
        edit_in_books(here, name, Site="nieuw.example")
        role = customer(here, name)["ID"]
        told_run(here, once("write", lambda: here.crm.remove(CUSTOMERS, role)))
    run_until_quiet(here)

    assert len(here.books.relations()) == (0 if side == "books" else 1)
    assert len(here.crm.rows(CUSTOMERS)) == (1 if side == "books" else 0)
    assert any("deleted" in reason or "no longer" in reason for (_, _, _, reason) in here.memory.counts())


@pytest.mark.requirement("EB-15", "X-10")
def test_a_record_that_was_away_for_a_while_is_synchronised_again(here: World) -> None:
    names = several_customers(here, 3)
    key = here.books.relation(Bedrijf=names[0])["ID"]
    with here.books.lock:
        row = here.books.books.relations.pop(key)
    run_until_quiet(here)
    edit_customer(here, names[0], PhoneNumber="030-7654321")
    run_until_quiet(here)
    with here.books.lock:
        here.books.books.relations[key] = row
    run_until_quiet(here)

    assert here.books.relation(Bedrijf=names[0])["Telefoon"] == "030-7654321"
    stays_in_step(here, names[0])


@pytest.mark.requirement("X-04")
def test_a_payment_that_is_edited_by_hand_is_replaced_when_the_books_say_more(here: World) -> None:
    number = send_invoice_and_run(here, with_customer(here))
    here.books.pay(number, "20.00")
    here.run()
    payment = here.crm.one("Payment", Reference=number)
    here.crm.edit("Payment", payment["ID"], Amount=Decimal("25.00"))
    here.books.pay(number, "30.00")
    told: list[str] = []
    for _ in range(2):
        here.run()
        told += here.notices()

    assert len([each for each in told if "Paid so far was edited in Tribe CRM" in each]) == 1, told
    assert here.crm.one("Payment", Reference=number)["Amount"] == Decimal("50.00")


# The state file ---------------------------------------------------------------------------------------------------------

CHILD = """
import json, resource, signal, sys
sys.path[:0] = json.loads(sys.argv[3])
from world import KEYS, Clock
from syncrules import connection
from syncrules.errors import SyncRulesError
from syncrules.memory.store import open_store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
if sys.argv[2] != "0":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
try:
    with open_store(sys.argv[1]) as store, connection.opened(store, "c", KEYS, Clock()) as opened:
        connection.run(opened)
except SyncRulesError as error:
    print(json.dumps([type(error).__name__, str(error), error.cure]))
"""


def run_elsewhere(here: World, limit: int = 0) -> list[str]:
    """Run in a process whose files cannot grow beyond a limit; give the error with which it ended."""
    ended = subprocess.run(
        [sys.executable, "-c", CHILD, str(here.folder / "state.db"), str(limit), json.dumps([str(Path(__file__).parent)])],
        capture_output=True,
        check=False,
        timeout=60,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr.decode()
    return list(json.loads(ended.stdout)) if ended.stdout else []


@pytest.mark.requirement("X-03")
@pytest.mark.kept_in("sqlite", because="it is about a file that cannot grow")
def test_a_disk_that_is_full_loses_nothing(here: World) -> None:
    here.connect()
    for number in range(15):
        in_books(here, f"Garage {number}", str(10_001 + number))
    full = (here.folder / "state.db").stat().st_size
    kind, message, cure = run_elsewhere(here, full + 30_000)

    assert kind == "StateError"
    assert "state.db" in message
    assert "room" in cure
    assert run_elsewhere(here) == []
    run_until_quiet(here)
    assert len(here.crm.rows(CUSTOMERS)) == 15
    assert states(here) == {}


@pytest.mark.requirement("X-03")
@pytest.mark.kept_in(
    "sqlite", because="it is about a file; test_x_postgresql.py has a database that only lets itself be read"
)
def test_a_state_folder_that_cannot_be_written_is_told_before_anything_is_written(here: World) -> None:
    name = with_customer(here)
    edit_customer(here, name, PhoneNumber="030-7654321")
    here.store.db.exec_driver_sql("PRAGMA query_only=ON")
    with pytest.raises(StateError) as told:
        here.run()

    assert here.writes == 0
    assert "can be written" in told.value.cure
    here.store.db.rollback()
    here.store.db.exec_driver_sql("PRAGMA query_only=OFF")
    run_until_quiet(here)
    assert here.books.relation(Bedrijf=name)["Telefoon"] == "030-7654321"


@pytest.mark.requirement("X-16")
@pytest.mark.kept_in("sqlite", because="it is about a file")
def test_a_state_file_that_is_no_database_is_told_with_what_to_do(here: World) -> None:
    with_customer(here)
    here.store.close()
    (here.folder / "state.db").write_bytes(b"This is a text about something else.\n" * 300)
    for each in here.folder.glob("state.db-*"):
        each.unlink()
    with pytest.raises(StateError) as told:
        open_store(here.folder / "state.db")

    assert "without duplicates" in told.value.cure
    here.lose_state()


@pytest.mark.requirement("X-16")
@pytest.mark.kept_in("sqlite", because="it is about a file")
def test_a_state_file_with_a_hole_in_it_is_told_with_what_to_do(here: World) -> None:
    names = several_customers(here, 12)
    here.store.close()
    file = here.folder / "state.db"
    content = bytearray(file.read_bytes())
    for place in range(8192, len(content) - 4096, 4096):
        content[place : place + 4096] = b"\xa5" * 4096
    file.write_bytes(content)
    with pytest.raises(StateError) as told, open_store(file) as here.store:
        here.run()

    assert "without duplicates" in told.value.cure
    here.lose_state()
    here.run()
    run_until_quiet(here)
    assert len(here.crm.rows(CUSTOMERS)) == len(names)


@pytest.mark.requirement("X-16")
@pytest.mark.kept_in("sqlite", because="it is about a file; test_x_postgresql.py has a database that lost a table")
def test_a_state_file_that_is_spoilt_under_our_hands_is_told_as_such(here: World) -> None:
    name = with_customer(here)
    here.store.db.exec_driver_sql("DROP TABLE keys")
    here.store.db.commit()
    edit_customer(here, name, PhoneNumber="030-7654321")
    with pytest.raises(StateError, match=r"state\.db.*keys"):
        here.run()

    assert here.writes == 0
    with pytest.raises(StateError):
        here.memory.key_of("organisation", "tribe", "1", "@ID")


@pytest.mark.requirement("X-16")
def test_a_state_file_that_is_deleted_between_runs_costs_no_duplicate(here: World) -> None:
    names = several_customers(here, 3)
    for name in names:
        send_invoice_and_run(here, name)
    before = contents(here)
    here.lose_state()
    run_until_quiet(here)

    assert contents(here) == before
    stays_in_step(here, names[0])


@pytest.mark.requirement("X-03")
def test_two_runs_at_once_are_one_run(here: World) -> None:
    here.connect()
    script = "import sys; from syncrules.memory.store import open_store\nwith open_store(sys.argv[1]) as s, s.alone('c') as a: print(a)"
    with here.store.alone("c") as alone:
        other = subprocess.run([sys.executable, "-c", script, here.state], capture_output=True, check=True, timeout=60)
        assert alone
    after = subprocess.run([sys.executable, "-c", script, here.state], capture_output=True, check=True, timeout=60)

    assert (other.stdout.strip(), after.stdout.strip()) == (b"False", b"True")


@pytest.mark.requirement("X-03")
@pytest.mark.kept_in(
    "sqlite", because="it is about a file; test_x_postgresql.py has a table that another program holds"
)
def test_a_store_that_another_program_holds_is_told_as_such(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    name = with_customer(here)
    edit_customer(here, name, PhoneNumber="030-7654321")
    other = sqlite3.connect(here.folder / "state.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    here.store.db.exec_driver_sql("PRAGMA busy_timeout=50")
    try:
        with pytest.raises(StateError) as told:
            here.run()
    finally:
        other.rollback()
        other.close()

    assert "Another program" in told.value.cure
    assert here.writes == 0
    run_until_quiet(here)
    assert here.books.relation(Bedrijf=name)["Telefoon"] == "030-7654321"


# A mapping that changes ----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-10")
def test_a_deactivation_right_after_the_mapping_changed_waits_for_a_person(here: World) -> None:
    key = here.books.add_article(ArtikelOmschrijving="Brood", ArtikelCode="B1", Eenheid="stuk", BTWCode="HOOG_VERK_21", Actief=True)  # fmt: skip
    run_until_quiet(here)
    here.books.edit_article(key, Actief=False)
    row = here.store.connection("c")
    assert row is not None
    row.settings["default revenue account"] = here.kind.account("8010")
    with here.store.transaction():
        here.store.save(row)
    result = here.run()

    assert "the mapping or its settings changed" in result.stopped[0]
    assert not here.crm.one("Product", Code="B1")["IsInactive"]
    assert here.run().stopped == result.stopped

    with here.store.transaction():
        here.memory.decide("product", "brake", "deactivations", {"release": True}, here.clock.now())
    run_until_quiet(here)

    assert here.crm.one("Product", Code="B1")["IsInactive"]


@pytest.mark.requirement("X-10")
def test_a_changed_mapping_writes_nothing_by_itself(here: World) -> None:
    for name in several_customers(here, 3):
        send_invoice_and_run(here, name)
    before = contents(here)
    row = here.store.connection("c")
    assert row is not None
    row.mapping = as_we_use_it(here, "organisation: {fields: {Website: none}}")
    with here.store.transaction():
        here.store.save(row)
    here.run()

    assert here.writes == 0
    assert contents(here) == before
    assert states(here) == {}
