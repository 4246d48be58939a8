"""Connecting to WinBooks: the token that the e-mail brought, the folder, what is asked, and a login that lives on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import crm
import pytest
import wb
import yaml
from scenes import in_books, run_until_quiet, send_invoice, states
from world import CUSTOMERS, KEYS, World

from syncrules.activation.activate import Activation
from syncrules.activation.preflight import Finding
from syncrules.errors import LoginRefused, Unreachable, UsageError
from syncrules_providers.sandboxes.server import Request
from syncrules_providers.sandboxes.winbooks import TOO_MANY


def activation(here: World, **settings: object) -> Activation:
    """Log in on both sides and fetch what the settings choose from."""
    made = Activation(here.store, KEYS, here.clock, "new", here.mapping)
    for side, answers in here.answers().items():
        made.take(side, answers)
        made.log_in(side)
    made.retrieve()
    made.take_settings(settings)
    return made


def findings(here: World) -> dict[str, Finding]:
    return {each.heading: each for each in activation(here).preflight()}


def groups(here: World, **codes: str) -> dict[str, str]:
    return {crm.vat_group(here, group)["ID"]: code for group, code in codes.items()}


def log_in(here: World, **answers: str) -> LoginRefused:
    """Log in with some answers changed, and tell how it was refused."""
    made = Activation(here.store, KEYS, here.clock, "new", here.mapping)
    made.take("winbooks", {**here.books.answers, **answers})
    with pytest.raises(LoginRefused) as told:
        made.log_in("winbooks")
    return told.value


# Who we are -----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("WB-01")
def test_the_address_and_the_token_of_the_e_mail_open_the_folder(here: World) -> None:
    made = Activation(here.store, KEYS, here.clock, "new", here.mapping)
    made.take("winbooks", here.books.answers)
    account = made.log_in("winbooks")

    assert account.title == "DEMO_BV"
    assert [each.what for each in here.books.calls] == ["OAuth20/Token", "Journals/ExecuteCriteria"]


@pytest.mark.requirement("WB-01", "SF-02")
def test_a_token_that_expired_before_it_was_entered_is_told_with_the_switch_that_gives_more_time(here: World) -> None:
    here.books.let_in()
    here.books.expire_exchange_token()
    told = log_in(here)

    assert "expired before it was entered" in told.says
    assert "Trust this application" in told.cure
    assert "External applications" in told.cure


@pytest.mark.requirement("WB-01", "SF-02")
@pytest.mark.parametrize("wrong", [{"exchange_token": "XCH-000000000"}, {"email": "iemand@anders.example"}])
def test_a_token_or_an_address_that_is_wrong_is_told_at_once(here: World, wrong: dict[str, str]) -> None:
    told = log_in(here, **wrong)

    assert "the exchange token is wrong" in told.says
    assert "e-mail address that it was sent to" in told.cure
    assert here.books.exchange_token not in f"{told} {told.cure}"


@pytest.mark.requirement("WB-01", "SF-03")
def test_a_folder_that_is_not_there_is_told_with_where_its_code_stands(here: World) -> None:
    told = log_in(here, folder="NERGENS")

    assert "no folder with this company code" in told.says
    assert "NERGENS" in told.says
    assert "company switcher" in told.cure


@pytest.mark.requirement("WB-01", "SF-05")
def test_a_module_that_is_not_active_is_told_with_whom_to_contact(here: World) -> None:
    of_the_folder = log_in(here, folder="DICHT_BV")
    here.books.switch_module(False)
    of_the_licence = log_in(here)

    for told in (of_the_folder, of_the_licence):
        assert "REST API module is not active" in told.says
        assert "WinBooks support" in told.cure


@pytest.mark.requirement("WB-01")
def test_an_address_of_the_api_that_leads_nowhere_is_told_as_such(here: World) -> None:
    made = Activation(here.store, KEYS, here.clock, "new", here.mapping)
    made.take("winbooks", {**here.books.answers, "url": f"{here.books.url}/wow/v3"})
    with pytest.raises(LoginRefused) as told:
        made.log_in("winbooks")

    assert "address" in told.value.cure


# What is asked --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("WB-01")
def test_what_the_books_have_is_suggested_and_what_nobody_can_know_is_asked(here: World) -> None:
    made = activation(here)

    assert made.row.settings == {
        "VAT groups": {},  # there are codes of sales and of purchases with the same percentage
        "VAT accounts": groups(here, BE21="451000", BE6="451000", BE0="451000"),
        "kinds of VAT": groups(here, BE21="V03", BE6="V03", BE0="V03"),
        "revenue accounts": {code: code for code in ("700000", "700100", "700200")},
        "default revenue account": "700000",
        "customers account": "400000",
        "suppliers account": "440000",
        "sales journal": "VERK",
        "currency": "EUR",
    }
    assert {each.partition(":")[0] for each in made.gaps()} == {
        "'VAT groups', for 'BE - 21% · 21'", "'VAT groups', for 'BE - 6% · 6'", "'VAT groups', for 'BE - 0% · 0'",
        "'credit note journal'",
    }  # fmt: skip


@pytest.mark.requirement("WB-01")
@pytest.mark.parametrize(
    ("setting", "right", "wrong"),
    [
        ("sales journal", "VERK", "NIETS"),
        ("credit note journal", "Creditnota's verkoop", "CN"),
        ("default revenue account", "700100", "799999"),
        ("currency", "USD", "YEN"),
    ],
)
def test_a_question_takes_what_there_is_and_nothing_else(here: World, setting: str, right: str, wrong: str) -> None:
    assert activation(here, **{setting: right}).row.settings[setting] in (right, "VCN")
    with pytest.raises(UsageError, match=wrong):
        activation(here, **{setting: wrong})


@pytest.mark.requirement("WB-01")
def test_the_vat_of_a_group_is_booked_on_an_account_of_vat_that_is_due(here: World) -> None:
    made = activation(here, **{"VAT groups": {"BE - 21%": "21"}, "VAT accounts": {"BE - 6%": "451200"}})
    question = made.question(made.spec.settings["VAT accounts"])

    assert made.row.settings["VAT accounts"][crm.vat_group(here, "BE6")["ID"]] == "451200"
    assert made.row.settings["VAT groups"][crm.vat_group(here, "BE21")["ID"]] == "21"
    assert {str(each.key) for each in question.rights} == {"451000", "451100", "451200", "451900"}


@pytest.mark.requirement("WB-01")
def test_who_lacks_a_number_or_has_one_that_does_not_fit_is_told_beforehand(here: World) -> None:
    wb.add(here)
    here.books.add_customer("10060", "Kaasboer")
    crm.add_customer(here, Name="Fietsenmaker")
    crm.add_person(here, FirstName="Jan", LastName="Bos")
    crm.add_supplier(here, Name="Meelfabriek")
    crm.add_customer(here, Name="Lang", DebtorNumber="12345678901")
    crm.add_supplier(here, Name="Langer", CreditorNumber="12345678902")
    crm.add_customer(here, Name="Bakkerij  de korst", DebtorNumber="10042")
    crm.add_customer(here, Name="Groenteboer", DebtorNumber="10060")
    for name in ("Slager Noord", "Slager Zuid"):
        crm.add_customer(here, Name=name, DebtorNumber="10070")

    assert {heading: sorted(each.names) for heading, each in findings(here).items()} == {
        "Customers without a debtor number": ["Fietsenmaker"],
        "Private customers without a debtor number": ["Jan Bos"],
        "Suppliers without a creditor number": ["Meelfabriek"],
        "Debtor numbers that are too long for WinBooks": ["Lang"],
        "Creditor numbers that are too long for WinBooks": ["Langer"],
        "Debtor numbers that occur twice in Tribe": ["Slager Noord", "Slager Zuid"],
        "Debtor numbers that belong to another name in WinBooks": ["Groenteboer (10060: Kaasboer)"],
    }
    assert here.writes == 0


# A login that lives on ------------------------------------------------------------------------------------------------


@pytest.mark.requirement("WB-01", "X-17")
def test_the_connection_lives_on_when_the_exchange_token_has_long_expired(here: World) -> None:
    wb.known_customer(here)
    here.books.expire_exchange_token()
    for number in range(3):
        here.books.edit_address("10042", PhoneNo=f"+32 9 000 00 1{number}")
        here.books.expire_tokens()
        here.run()

        assert crm.organisation(here)["PhoneNumber"] == f"+32 9 000 00 1{number}"


@pytest.mark.requirement("X-03", "X-17")
@pytest.mark.parametrize("writes", [False, True])
def test_access_that_ends_in_the_middle_of_a_run_is_renewed_and_nothing_is_written_twice(
    here: World, writes: bool
) -> None:
    wb.known_customer(here)
    here.books.expire_exchange_token()
    sent = [send_invoice(here, "Bakkerij De Korst", "10.00") for _ in range(6)]
    before, every = 0, 2 if writes else 8
    refused: set[tuple[str, bytes]] = set()
    expired: list[str] = []

    def ends(request: Request) -> bool:
        """End the access before every so-manieth call of this kind, and let the call go on.

        Three calls are on their way at once, and who is refused twice in a row is right to give up: as long as one that
        was refused has not come again, nothing ends.
        """
        nonlocal before
        what, is_write = here.books.describe(request)
        if what == "OAuth20/Token":
            return False
        known = request.headers["authorization"].partition(" ")[2] in here.books.licence._access
        (refused.discard if known else refused.add)((request.path, request.body))
        before += is_write is writes
        if known and is_write is writes and before >= every and not refused:
            before = 0
            here.books.expire_tokens()
            refused.add((request.path, request.body))
            expired.append(what)
        return False

    here.books.mishap("before", when=ends)
    here.run()
    here.books._mishaps.clear()

    assert len(expired) >= 2
    assert [wb.booked(here, each)["DocNumber"] for each in sent]
    assert len(here.books.bookings()) == 6
    assert states(here) == {}
    assert crm.is_quiet(here)


@pytest.mark.requirement("X-17", "WB-01")
def test_when_nothing_we_have_opens_the_books_a_person_is_asked_for_a_new_token_and_everything_goes_on(
    here: World,
) -> None:
    wb.known_customer(here)
    here.books.revoke()
    crm.edit_organisation(here, PhoneNumber="+32 9 000 00 09")
    with pytest.raises(LoginRefused) as told:
        here.run()
    here.books.let_in(trusted=True)
    row = here.store.connection("c")
    assert row is not None
    row.answers = here.answers()
    with here.store.transaction():
        here.store.save(row)
    run_until_quiet(here)

    assert "Trust this application" in told.value.cure
    assert wb.address(here)["PhoneNo"] == "+32 9 000 00 09"
    assert len(here.crm.rows(CUSTOMERS)) == 1


@pytest.mark.requirement("X-10", "X-17")
def test_a_module_that_is_switched_off_in_the_middle_of_a_run_stops_it_and_nothing_is_concluded(here: World) -> None:
    for number in range(8):
        in_books(here, f"Garage {number}", str(10_001 + number))
    run_until_quiet(here)

    def goes_off(request: object) -> bool:
        if here.books.describe(request)[0].startswith("Thirds"):
            here.books.switch_module(False)
        return False

    here.books.mishap("before", when=goes_off)
    with pytest.raises(LoginRefused, match="REST API module is not active"):
        here.run(whole=True)
    here.books._mishaps.clear()
    here.books.switch_module(True)

    assert not any(each["IsFormer"] for each in here.crm.rows(CUSTOMERS))
    assert run_until_quiet(here)[-1].stopped == []


@pytest.mark.requirement("X-09")
def test_books_that_ask_for_patience_get_it(here: World) -> None:
    for number in range(4):
        in_books(here, f"Garage {number}", str(10_001 + number))
    for _ in range(3):
        here.books.mishap(TOO_MANY, when=lambda request: request.path.startswith("/app/"))
    began = here.clock.ahead
    here.run()

    assert len(here.crm.rows(CUSTOMERS)) == 4
    assert here.clock.ahead - began >= 3


# Two processes --------------------------------------------------------------------------------------------------------


@contextmanager
def typed(here: World, folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Type a command in a process of its own; it is waited for."""
    place = ["--state", str(folder / "state.db"), "--key-file", str(folder / "key")]
    started = subprocess.Popen(
        [sys.executable, "-m", "syncrules", words[0], *place, *words[1:]],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield started
    finally:
        if started.poll() is None:
            started.kill()
        started.communicate()


def answered(here: World, folder: Path) -> str:
    """Write a file of answers for a connection, its settings included."""
    file = folder / "answers.yaml"
    groups_ = {row["ID"]: row["Name"] for row in here.crm.rows("Datastore_VatGroup")}
    settings = {
        name: {groups_.get(key, key): each for key, each in value.items()} if isinstance(value, dict) else value
        for name, value in here.settings.items()
    }
    file.write_text(yaml.safe_dump({**here.answers(), "settings": settings}), encoding="utf-8")
    return str(file)


@pytest.mark.requirement("X-03", "X-17", "WB-03")
def test_two_processes_that_run_one_connection_at_once_book_an_invoice_once(here: World, tmp_path: Path) -> None:
    in_books(here, "Bakkerij De Korst", "10042")
    with typed(here, tmp_path, "connect", "shop", "--mapping", here.mapping, "--from", answered(here, tmp_path), "--yes") as made:  # fmt: skip
        out, err = made.communicate(timeout=120)
        assert made.returncode == 0, out + err
    sent = [send_invoice(here, "Bakkerij De Korst", "10.00") for _ in range(8)]
    here.books.latency = here.crm.latency = 0.05
    with typed(here, tmp_path, "run", "shop") as one, typed(here, tmp_path, "run", "shop") as other:
        said = [each.communicate(timeout=120) for each in (one, other)]
        codes = [one.returncode, other.returncode]
    here.books.latency = here.crm.latency = 0

    assert 0 in codes, said
    assert any("another" in out + err for code, (out, err) in zip(codes, said, strict=True) if code != 0), said
    assert sorted(wb.booked(here, each)["DocNumber"] for each in sent) == list(range(1, 9))
    assert len(here.books.bookings()) == 8


@pytest.mark.requirement("X-17", "WB-01")
def test_two_connections_with_one_exchange_token_do_not_take_each_others_login_away(
    here: World, tmp_path: Path
) -> None:
    """What is renewed is renewed for each of them: a refresh token works once."""
    wb.known_customer(here)
    answers = answered(here, tmp_path)
    with typed(here, tmp_path, "connect", "shop", "--mapping", here.mapping, "--from", answers, "--yes") as made:
        out, err = made.communicate(timeout=120)
        assert made.returncode == 0, out + err
    here.books.expire_exchange_token()
    for _ in range(2):
        here.run()
        with typed(here, tmp_path, "run", "shop") as ran:
            out, err = ran.communicate(timeout=120)
            assert ran.returncode == 0, out + err

    assert len(here.crm.rows(CUSTOMERS)) == 1


@pytest.mark.requirement("X-08")
def test_books_that_cannot_be_reached_are_told_as_such(here: World) -> None:
    wb.known_customer(here)
    here.books.stop()
    with pytest.raises(Unreachable, match="WinBooks"):
        here.run()
