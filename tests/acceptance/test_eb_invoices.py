"""Invoices that are sent in Tribe become open items in e-Boekhouden, once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import eb
import pytest
from world import World

DAY = date(2026, 3, 2)
SENT = "2026-03-02T09:30:00Z"


def amounts(mutation: eb.Row) -> list[tuple[str, str, str, str, str, str]]:
    """Say each line of a mutation: without VAT, VAT, with VAT, code, percentage, account."""
    names = ("BedragExclBTW", "BedragBTW", "BedragInclBTW", "BTWCode", "BTWPercentage", "TegenrekeningCode")
    return [tuple(str(each[name]) for name in names) for each in mutation["MutatieRegels"]]  # type: ignore[misc]  # six of them


def product(here: World, account: str | None) -> eb.Row:
    """Enter a product with a ledger account."""
    said: eb.Row = {
        "ProductGroup": {"ID": here.crm.rows("ProductGroup")[0]["ID"]},
        "Unit": {"ID": here.crm.lookup("Datastore_Unit", "stuk")},
        "VatGroup": eb.vat_group(here),
    }
    if account:
        said["GeneralLedgerAccount"] = {"ID": here.crm.lookup("Datastore_GeneralLedgerAccount", account)}
    return {"ID": here.crm.add("Product", Name=f"Dienst {account}", Code=f"D{account}", **said)}


def spoil(here: World, set_name: str, key: str, **values: Any) -> None:
    """Let Tribe say what it never should, such as totals that do not add up."""
    with here.crm.lock:
        here.crm._tenant._set(key, **values)


def line_of(here: World) -> str:
    """Find the one line that Tribe has."""
    return str(here.crm.one(eb.LINES)["ID"])


def was_offered(here: World) -> bool:
    """Tell whether the last run tried to book anything."""
    return bool(here.kind.asked(here.books, "book an invoice"))


@pytest.mark.requirement("EB-12")
@pytest.mark.requirement("EB-20")
def test_a_sent_invoice_becomes_an_open_item_with_all_its_lines(here: World) -> None:
    here.settings["revenue accounts"] = {"8000": here.kind.account("8000"), "8010": here.kind.account("8030")}
    here.settings["default revenue account"] = here.kind.account("8020")
    customer = eb.known_customer(here)
    made, number = eb.send(
        here,
        customer,
        eb.line(here, 100, 2, "NL21", Product=product(here, "8000")),
        eb.line(here, 19.99, 3, "NL9", Product=product(here, "8010")),
        eb.line(here, 0.05, 1, "NL21", DiscountPercentage=10),
        Subject="Brood in maart",
        InvoiceDate=SENT,
    )
    (planned,) = here.plan()
    here.run()
    mutation = here.books.mutation()

    assert amounts(mutation) == [
        ("200.00", "42.00", "242.00", "HOOG_VERK_21", "21.00", "8000"),
        ("59.97", "5.40", "65.37", "LAAG_VERK_9", "9.00", "8030"),
        ("0.05", "0.01", "0.06", "HOOG_VERK_21", "21.00", "8020"),
    ]
    assert "2026-03-02" in planned["changes"].values()  # a day and nothing more
    typed = {"EX": "BedragExclBTW", "IN": "BedragInclBTW"}[here.kind.amounts]
    assert [each["BedragInvoer"] for each in mutation["MutatieRegels"]] == [
        each[typed] for each in mutation["MutatieRegels"]
    ]
    assert mutation == {
        **mutation,
        "Soort": "FactuurVerstuurd",
        "Datum": DAY,
        "Rekening": "1300",
        "RelatieCode": "10042",
        "Factuurnummer": number,
        "Omschrijving": "Brood in maart",
        "Betalingstermijn": "14",
        "InExBTW": here.kind.amounts,
    }
    assert [(each["MutFactuur"], each["Openstaand"]) for each in here.books.open_items()] == [
        (number, Decimal("307.43"))
    ]
    assert str(here.crm.one(eb.INVOICES, ID=made)["ImportId"]).endswith(f":{mutation['MutatieNr']};")
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-12")
@pytest.mark.requirement("EB-22")
def test_an_invoice_of_a_private_customer_goes_too(here: World) -> None:
    customer = eb.known_person(here)
    _, number = eb.send(here, customer)
    here.run()

    assert here.books.mutation(Factuurnummer=number)["RelatieCode"] == "20001"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-12")
def test_a_draft_stays_at_home_until_it_is_sent(here: World) -> None:
    customer = eb.known_customer(here)
    draft = eb.draft(here, customer)
    here.run()
    before = here.books.mutations()
    here.crm.send_invoice(draft)
    here.run()

    assert before == []
    assert here.books.mutation()["Factuurnummer"] == eb.number_of(here, draft)
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-12")
def test_an_invoice_that_went_from_draft_to_paid_was_never_sent(here: World) -> None:
    customer = eb.known_customer(here)
    made = eb.draft(here, customer)
    eb.set_phase(here, made, "Paid")
    here.run()
    told = here.judged(eb.number_of(here, made), entity="invoice")

    assert here.books.mutations() == []
    assert told.state == "excluded"
    assert "Paid" in told.reason


@pytest.mark.requirement("EB-12")
def test_what_was_sent_before_the_connection_was_made_stays_where_it_is_for_good(here: World) -> None:
    here.books.add_relation(**eb.KORST)
    customer = eb.add_customer(here, Name="Bakkerij De Korst", DebtorNumber="10042")
    _, number = eb.send(here, customer)
    here.run()
    here.run()
    here.run(whole=True)
    told = eb.told(here, number, "tribe", "invoice")

    assert here.books.mutations() == []
    assert told.state == "excluded"
    assert "before the connection" in told.reason


@pytest.mark.requirement("EB-12")
def test_an_invoice_that_is_made_in_the_books_never_travels(here: World) -> None:
    eb.known_customer(here)
    here.books.post_invoice("B-1", "10042")
    here.books.pay("B-1", "20.00")
    here.run()

    assert here.crm.rows(eb.INVOICES) == []
    assert here.crm.rows("Payment") == []
    assert here.writes == 0


@pytest.mark.requirement("EB-12")
@pytest.mark.requirement("EB-20")
def test_a_credit_note_goes_with_its_amounts_below_zero(here: World) -> None:
    customer = eb.known_customer(here)
    _, number = eb.send(here, customer, eb.line(here, 50, -2), Subject="Retour")
    here.run()
    mutation = here.books.mutation(Factuurnummer=number)

    assert amounts(mutation) == [("-100.00", "-21.00", "-121.00", "HOOG_VERK_21", "21.00", "8000")]
    assert here.books.open_items()[0]["Openstaand"] == Decimal("-121.00")
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-14")
def test_an_invoice_without_a_payment_term_waits_until_it_has_one(here: World) -> None:
    here.crm._tenant.freeze_after_sent = False
    customer = eb.known_customer(here)
    made, number = eb.send(here, customer, PaymentTermInDays=None)
    here.run()
    told, before = here.judged(number, entity="invoice"), here.books.mutations()
    here.crm.edit(eb.INVOICES, made, PaymentTermInDays=30)
    here.run()

    assert before == []
    assert (told.state, told.reason) == ("waiting", "no payment term")
    assert "payment term" in told.cure
    assert here.books.mutation()["Betalingstermijn"] == "30"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-14")
@pytest.mark.requirement("EB-20")
def test_a_due_date_is_a_payment_term_as_well(here: World) -> None:
    customer = eb.known_customer(here)
    said = {"InvoiceDate": SENT, "ExpirationDate": "2026-04-01T00:00:00Z"}
    _, by_date = eb.send(here, customer, PaymentTermInDays=None, **said)
    _, both = eb.send(here, customer, PaymentTermInDays=5, **said)
    here.run()

    assert here.books.mutation(Factuurnummer=by_date)["Betalingstermijn"] == "30"
    assert here.books.mutation(Factuurnummer=both)["Betalingstermijn"] == "30"


@pytest.mark.requirement("EB-20")
def test_a_term_in_days_alone_is_taken_as_it_is(here: World) -> None:
    here.crm._tenant.freeze_after_sent = False
    customer = eb.known_customer(here)
    made, _ = eb.send(here, customer, PaymentTermInDays=8)
    here.crm.edit(eb.INVOICES, made, ExpirationDate=None)
    here.run()

    assert here.books.mutation()["Betalingstermijn"] == "8"


@pytest.mark.requirement("EB-20")
def test_an_invoice_without_a_subject_bears_its_number_and_a_long_one_is_cut(here: World) -> None:
    customer = eb.known_customer(here)
    _, bare = eb.send(here, customer, Subject=None)
    _, wordy = eb.send(here, customer, Subject="x" * 250)
    here.run()

    assert here.books.mutation(Factuurnummer=bare)["Omschrijving"] == bare
    assert here.books.mutation(Factuurnummer=wordy)["Omschrijving"] == "x" * here.kind.longest_text
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-10")
@pytest.mark.requirement("EB-12")
def test_an_invoice_waits_for_its_customer_and_then_both_go_in_one_run(here: World) -> None:
    here.run()
    customer = eb.add_customer(here, Name="Fietsenmaker")
    private = eb.add_person(here, LastName="Bos")
    _, number = eb.send(here, customer)
    _, of_person = eb.send(here, private)
    here.run()
    told, before = here.judged(number, entity="invoice"), here.books.mutations()
    organisation = here.crm.one(eb.ORGANISATIONS, Name="Fietsenmaker")["ID"]
    here.crm.edit(eb.ORGANISATIONS, organisation, DebtorNumber="10077")
    here.crm.edit(eb.PEOPLE, here.crm.one(eb.PEOPLE, LastName="Bos")["ID"], DebtorNumber="20077")
    here.run()

    assert before == []
    assert told.state == "waiting"
    assert here.books.mutation(Factuurnummer=number)["RelatieCode"] == "10077"
    assert here.books.mutation(Factuurnummer=of_person)["RelatieCode"] == "20077"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-12")
@pytest.mark.requirement("X-16")
def test_the_same_invoice_never_goes_twice_even_when_our_memory_is_lost(here: World) -> None:
    customer = eb.known_customer(here)
    eb.send(here, customer)
    here.run()
    here.lose_state()
    here.run()
    here.run()

    assert len(here.books.mutations()) == 1
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-12")
@pytest.mark.requirement("X-03")
def test_an_invoice_whose_answer_was_lost_is_found_instead_of_sent_again(here: World) -> None:
    customer = eb.known_customer(here)
    made, _ = eb.send(here, customer)
    here.books.mishap("after", when=here.kind.over("book an invoice"))
    here.run()
    here.run()

    assert len(here.books.mutations()) == 1
    assert here.crm.one(eb.INVOICES, ID=made)["ImportId"] is not None
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-12")
def test_an_invoice_with_the_id_of_another_connector_is_left_to_it(here: World) -> None:
    customer = eb.known_customer(here)
    made, number = eb.send(here, customer)
    here.crm.edit(eb.INVOICES, made, ImportId="andere-koppeling:7")
    here.run()
    told, before = here.judged(number, entity="invoice"), here.books.mutations()
    here.crm.edit(eb.INVOICES, made, ImportId=None)
    here.run()

    assert before == []
    assert (told.state, told.reason) == ("waiting", "sent by another connector")
    assert here.books.mutation()["Factuurnummer"] == number


@pytest.mark.requirement("EB-20")
def test_an_invoice_in_another_currency_is_left_to_people(here: World) -> None:
    customer = eb.known_customer(here)
    _, number = eb.send(here, customer, Currency="USD")
    _, euros = eb.send(here, customer)
    here.run()
    told = here.judged(number, entity="invoice")

    assert (told.state, told.reason) == ("waiting", "another currency than the euro")
    assert [each["Factuurnummer"] for each in here.books.mutations()] == [euros]
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-20", "X-06", "X-08")
def test_an_invoice_whose_amounts_tribe_tells_in_another_currency_is_left_to_people(here: World) -> None:
    customer = eb.known_customer(here)
    here.crm._tenant.rates = {"EUR": Decimal("0.91")}
    _, number = eb.send(here, customer, Currency="EUR")
    here.crm._tenant.rates = {}
    _, euros = eb.send(here, customer, Currency="EUR")
    here.run()
    told = here.judged(number, entity="invoice")

    assert (told.state, told.reason) == ("waiting", "amounts in another currency than its own")
    assert "by hand" in told.cure
    assert [each["Factuurnummer"] for each in here.books.mutations()] == [euros]
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-12")
@pytest.mark.requirement("EB-20")
def test_what_changes_after_an_invoice_was_booked_is_told_and_nothing_is_changed(here: World) -> None:
    here.crm._tenant.freeze_after_sent = False
    customer = eb.known_customer(here)
    made, _ = eb.send(here, customer)
    here.run()
    booked = here.books.mutations()
    here.crm.edit(eb.INVOICES, made, Subject="April")
    here.run()
    subject = here.notices()
    here.crm.edit(eb.LINES, line_of(here), Price=90)
    here.crm.edit(eb.INVOICES, made, Subject="Mei")
    here.run()
    lines = here.notices()

    assert any("Subject" in each and "April" in each for each in subject)
    assert any("Lines" in each for each in lines)
    assert here.books.mutations() == booked
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-15")
def test_an_invoice_that_is_deleted_on_one_side_stays_on_the_other(here: World) -> None:
    here.crm._tenant.freeze_after_sent = False
    customer = eb.known_customer(here)
    first, _ = eb.send(here, customer)
    second, number = eb.send(here, customer)
    here.run()
    here.crm.remove(eb.INVOICES, first)
    here.books.remove_mutation(here.books.mutation(Factuurnummer=number)["MutatieNr"])
    here.run(whole=True)
    here.crm.edit(eb.INVOICES, second, Subject="April")
    here.run(whole=True)

    assert [each["Factuurnummer"] for each in here.books.mutations()] != [number]
    assert len(here.books.mutations()) == 1
    assert len(here.crm.rows(eb.INVOICES)) == 1


@pytest.mark.requirement("EB-20")
@pytest.mark.requirement("X-08")
def test_an_account_or_a_vat_group_for_which_nothing_is_set_up_is_told_with_its_line(here: World) -> None:
    customer = eb.known_customer(here)
    _, account = eb.send(here, customer, eb.line(here), eb.line(here, Product=product(here, "8900")))
    _, group = eb.send(here, customer, eb.line(here, vat=None))
    _, fine = eb.send(here, customer)
    here.run()
    no_account, no_group = here.judged(account, entity="invoice"), here.judged(group, entity="invoice")

    assert [each["Factuurnummer"] for each in here.books.mutations()] == [fine]
    assert no_account.state == "failed"
    assert "8900" in no_account.reason
    assert "line 2" in no_account.reason
    assert no_group.state == "failed"
    assert here.writes == 2


@pytest.mark.over("soap", because="over REST no code takes any percentage, for e-Boekhouden computes the VAT")
@pytest.mark.requirement("X-06")
@pytest.mark.requirement("EB-20")
def test_amounts_are_rounded_to_cents_before_they_are_added_up(here: World) -> None:
    here.settings["VAT groups"][eb.vat_group(here)["ID"]] = "AFW_VERK"  # takes any percentage
    customer = eb.known_customer(here)
    made, _ = eb.send(here, customer, eb.line(here, 1))
    total = Decimal("1.214")
    same = dict.fromkeys(("TotalExcludingVat", "TotalExcludingVatInCurrency"), "1.004")
    said = {**same, "VatAmount": "0.206", "VatPercentage": "21.254"}
    spoil(
        here, eb.LINES, line_of(here), TotalIncludingVat=total, **{name: Decimal(each) for name, each in said.items()}
    )
    spoil(here, eb.INVOICES, made, TotalIncludingVat=total)
    here.run()
    mutation = here.books.mutation()

    assert amounts(mutation) == [("1.00", "0.21", "1.21", "AFW_VERK", "21.25", "8000")]
    assert str(mutation["MutatieRegels"][0]["BedragInvoer"]) == "1.00"


@pytest.mark.requirement("X-06")
def test_an_invoice_whose_lines_do_not_make_its_total_is_never_offered(here: World) -> None:
    customer = eb.known_customer(here)
    made, number = eb.send(here, customer)
    spoil(here, eb.INVOICES, made, TotalIncludingVat=Decimal("130.00"))
    here.run()
    told = here.judged(number, entity="invoice")

    assert told.state == "failed"
    assert "the lines make the invoice" in told.reason
    assert not was_offered(here)


@pytest.mark.requirement("X-06")
def test_an_invoice_with_a_line_that_does_not_add_up_is_never_offered(here: World) -> None:
    customer = eb.known_customer(here)
    made, number = eb.send(here, customer)
    spoil(here, eb.LINES, line_of(here), TotalIncludingVat=Decimal("122.00"))
    spoil(here, eb.INVOICES, made, TotalIncludingVat=Decimal("122.00"))
    here.run()
    told = here.judged(number, entity="invoice")

    assert told.state == "failed"
    assert "each line adds up" in told.reason
    assert not was_offered(here)


@pytest.mark.over("soap", because="over REST the VAT is that which e-Boekhouden computes, to the cent")
@pytest.mark.requirement("X-06")
@pytest.mark.parametrize(("vat", "fits"), [("21.01", True), ("20.99", True), ("20.00", False), ("21.02", False)])
def test_the_vat_of_a_line_may_be_a_cent_off_and_no_more(here: World, vat: str, fits: bool) -> None:
    customer = eb.known_customer(here)
    made, number = eb.send(here, customer)
    total = 100 + Decimal(vat)
    spoil(here, eb.LINES, line_of(here), VatAmount=Decimal(vat), TotalIncludingVat=total)
    spoil(here, eb.INVOICES, made, TotalIncludingVat=total)
    here.run()

    assert was_offered(here) is fits
    assert [each["Factuurnummer"] for each in here.books.mutations()] == [number] * fits
