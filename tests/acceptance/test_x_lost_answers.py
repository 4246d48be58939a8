"""Whatever becomes of a write on its way: nothing twice, nothing lost, and then quiet.

Every kind of write is made for eight customers in one run, and to each of them something else happens.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal

import pytest
import sqlalchemy as sa
from lost import CODES, MISHAPS, THE_ID, Kind, body, holds, let_go_wrong, posted, put
from scenes import (
    INVOICES,
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
from world import CUSTOMERS, PERSONS, Clock, World, world

from syncrules.errors import LimitReached, Nonsense, Unreachable
from syncrules.journey import recover
from syncrules.language import spec
from syncrules.memory import tables
from syncrules_providers.sandboxes.server import Mishap, Request, Sandbox

# How a customer comes to be known, and what is done with it --------------------------------------------------------------


def relation(here: World, name: str) -> None:
    in_books(
        here, f"Bakkerij {name}", CODES[name], Telefoon="030-1234567", Adres="Dorpsstraat 12 bis", Plaats="Utrecht"
    )


def bare_relation(here: World, name: str) -> None:
    in_books(here, f"Bakkerij {name}", CODES[name])


def person(here: World, name: str) -> None:
    here.books.add_relation(Code=CODES[name], Bedrijf=f"Anna {name}", BP="P", GSM="06-12345678", Adres="Singel 3")


def crm_customer(here: World, name: str) -> None:
    in_crm(here, f"Bakkerij {name}", CODES[name], Website="bakkerij.example")


def bare_organisation(here: World, name: str) -> None:
    here.crm.add("Relation_Organization", Name=f"Bakkerij {name}", DebtorNumber=CODES[name])


def article(here: World, name: str) -> None:
    here.books.add_article(
        ArtikelOmschrijving=f"Brood {name}", ArtikelCode=CODES[name], Eenheid="stuk", BTWCode="HOOG_VERK_21",
        InkoopprijsExclBTW=Decimal("1.20"), VerkoopprijsExclBTW=Decimal("2.50"), Actief=True,
    )  # fmt: skip


def dearer(here: World, name: str) -> None:
    article = here.books.article(ArtikelCode=CODES[name])
    here.books.edit_article(article["ArtikelID"], VerkoopprijsExclBTW=Decimal("2.75"))


def discontinued(here: World, name: str) -> None:
    here.books.edit_article(here.books.article(ArtikelCode=CODES[name])["ArtikelID"], Actief=False)


def calls_elsewhere(here: World, name: str) -> None:
    edit_customer(here, f"Bakkerij {name}", PhoneNumber="030-7654321")


def has_a_new_site(here: World, name: str) -> None:
    edit_in_books(here, f"Bakkerij {name}", Site="nieuw.example")


def moves(here: World, name: str) -> None:
    edit_in_books(here, f"Bakkerij {name}", Adres="Molenweg 8", Plaats="Zeist")


def gets_an_address(here: World, name: str) -> None:
    edit_in_books(here, f"Bakkerij {name}", Adres="Molenweg 8", Plaats="Zeist", Postcode="3701 AA", Land="Nederland")


def changes_on_both_sides(here: World, name: str) -> None:
    calls_elsewhere(here, name)
    has_a_new_site(here, name)


def invoice(here: World, name: str) -> None:
    send_invoice(here, f"Bakkerij {name}", "100.00", "12.34")


def number_of(here: World, name: str) -> str:
    return str(here.crm.one(INVOICES, Relationship__Organization__Name=f"Bakkerij {name}")["Number"])


def pays_a_part(here: World, name: str) -> None:
    here.books.pay(number_of(here, name), "30.00")


def pays_another_part(here: World, name: str) -> None:
    here.books.pay(number_of(here, name), "12.50")


def pays_the_rest(here: World, name: str) -> None:
    here.books.pay(number_of(here, name))


# How their requests look -----------------------------------------------------------------------------------------------


def asked(what: str, about: Callable[[World, Request, str], bool]) -> Callable[[World, Request, str], bool]:
    """The connection asks this of the books."""
    return lambda here, request, name: here.kind.over(what)(request) and about(here, request, name)


def role(here: World, name: str) -> str:
    return str(customer(here, f"Bakkerij {name}")["ID"])


def organisation(here: World, name: str) -> str:
    return str(customer(here, f"Bakkerij {name}")["Organization"]["ID"])


def address(here: World, name: str) -> str:
    return str(customer(here, f"Bakkerij {name}")["Organization"]["InvoiceAddress"]["ID"])


def relation_of(here: World, request: Request, name: str) -> bool:
    """The request changes the relation of a customer: over SOAP it says its code, over REST its path ends with the id."""
    id_ = here.books.relation(Code=CODES[name])["ID"]
    return f">{CODES[name]}<".encode() in request.body or request.path.endswith(f"/{id_}")


def invoice_of(here: World, request: Request, name: str) -> bool:
    """The request books the invoice of a customer."""
    return number_of(here, name).encode() in request.body


def invoice_id(here: World, name: str) -> str:
    return str(here.crm.one(INVOICES, Relationship__Organization__Name=f"Bakkerij {name}")["ID"])


def payment(here: World, name: str) -> str:
    return str(here.crm.one("Payment", Reference=number_of(here, name))["ID"])


def product(here: World, name: str) -> str:
    return str(here.crm.one("Product", Code=CODES[name])["ID"])


INVOICED = (relation, invoice)
KINDS = (
    Kind("a new customer in the CRM", relation, "crm", posted(CUSTOMERS, body('"Bakkerij {name}"'))),
    Kind("a new private customer in the CRM", person, "crm", posted(PERSONS, body('"{name}"'))),
    Kind(
        "a new role of what the CRM has",
        relation,
        "crm",
        lambda here, request, name: (
            request.path.endswith(f"/{CUSTOMERS}")
            and here.crm.one("Relation_Organization", Name=f"Bakkerij {name}")["ID"].encode() in request.body
        ),
        (bare_organisation,),
    ),
    Kind("a new product in the CRM", article, "crm", posted("Product", body('"{code}"'))),
    Kind("a changed product in the CRM", dearer, "crm", put(product), (article,)),
    Kind("a product that goes out of use in the CRM", discontinued, "crm", put(product), (article,)),
    Kind("a new relation in the books", crm_customer, "books", asked("add a relation", body(">{code}<", '"{code}"'))),
    Kind("an id that is left in the CRM", crm_customer, "crm", put(role)),
    Kind("a changed address in the CRM", moves, "crm", put(address), (relation,)),
    Kind("a new address in the CRM", gets_an_address, "crm", put(organisation), (bare_relation,)),
    Kind("the CRM's half of two changes", changes_on_both_sides, "crm", put(organisation), (relation,)),
    Kind(
        "the books' half of two changes",
        changes_on_both_sides,
        "books",
        asked("change a relation", relation_of),
        (relation,),
    ),
    Kind("an invoice in the books", invoice, "books", asked("book an invoice", invoice_of), (relation,)),
    Kind("the id of an invoice in the CRM", invoice, "crm", put(invoice_id), (relation,)),
    Kind(
        "a new payment in the CRM",
        pays_a_part,
        "crm",
        posted("Payment", lambda here, request, name: number_of(here, name).encode() in request.body),
        INVOICED,
    ),
    Kind("a changed payment in the CRM", pays_another_part, "crm", put(payment), (*INVOICED, pays_a_part)),
    Kind("a paid invoice in the CRM", pays_the_rest, "crm", put(invoice_id), INVOICED),
)  # fmt: skip


@pytest.mark.requirement("X-03")
@pytest.mark.over("soap", because="a write to the CRM is the same, whatever the protocol of the books")
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(each, marks=pytest.mark.thorough if number % 2 and THE_ID not in each.name.split() else ())
        for number, each in enumerate(each for each in KINDS if each.in_the == "crm")
    ],
    ids=lambda kind: kind.name,
)
def test_a_write_to_the_crm_whose_answer_is_lost_is_neither_repeated_blindly_nor_forgotten(kind: Kind) -> None:
    holds(kind)


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize("kind", [each for each in KINDS if each.in_the == "books"], ids=lambda kind: kind.name)
def test_a_write_to_the_books_whose_answer_is_lost_is_neither_repeated_blindly_nor_forgotten(kind: Kind) -> None:
    holds(kind)


# One customer, looked at closely -----------------------------------------------------------------------------------------


def journal(here: World) -> list[tuple[str, str, str]]:
    """What the journal says of each create: whose it was, what became of it, and why that is believed."""
    c = tables.journal.c
    query = sa.select(c.name, c.state, c.outcome).where(c.verb == "create").order_by(c.id)
    return [(row.name, row.state, row.outcome) for row in here.store.db.execute(query)]


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize(
    ("mishap", "became", "then"),
    [
        ("after", ("done", "it was found there"), []),
        (
            "before",
            ("not done", "it was not found there; it is decided about anew"),
            [("Bakkerij De Korst", "done", "")],
        ),
    ],
)
def test_the_journal_says_of_a_lost_create_what_is_true(
    here: World, mishap: Mishap, became: tuple[str, str], then: list[tuple[str, str, str]]
) -> None:
    here.run()
    in_crm(here, "Bakkerij De Korst", "10042")
    here.books.mishap(mishap, when=here.kind.over("add a relation"))
    here.run()
    run_until_quiet(here)

    assert journal(here) == [("Bakkerij De Korst", *became), *then]
    assert len(here.books.relations()) == 1
    assert states(here) == {}


@pytest.mark.requirement("X-03")
def test_an_invoice_that_was_edited_after_its_answer_was_lost_is_left_to_a_person(here: World) -> None:
    name = with_customer(here)
    number = send_invoice(here, name)
    here.books.mishap("after", when=here.kind.over("book an invoice"))
    here.books.mishap("garbage", when=here.kind.over("find an invoice"))
    with pytest.raises(Nonsense):
        here.run()
    here.books.books.mutations[1]["Omschrijving"] = "Door de boekhouder aangepast"
    for _ in range(2):
        here.run()

        assert here.kind.asked(here.books, "book an invoice") == 0
        assert "with other content" in here.judged(number).reason
        assert "(link)" in here.judged(number).cure

    with here.store.transaction():
        here.memory.decide("invoice", "tribe", here.judged(number).id, {"link": "1"}, 0)
    run_until_quiet(here)

    assert len(here.books.mutations()) == 1
    assert states(here) == {}
    assert here.crm.one(INVOICES, Number=number)["ImportId"].endswith(":1;")


@pytest.mark.requirement("X-03")
def test_what_a_person_says_is_not_there_is_sent_again(here: World) -> None:
    name = with_customer(here)
    in_books(here, "Slagerij De Haak", "10043")
    number = send_invoice(here, name)
    strange = here.books.post_invoice(number, "10043", "55.00")
    here.books.mishap("before", when=here.kind.over("book an invoice"))
    here.run()
    known = here.judged(number)

    assert "with other content" in known.reason
    assert len(here.books.mutations()) == 1

    here.books.remove_mutation(strange)
    with here.store.transaction():
        here.memory.decide("invoice", "tribe", known.id, {"create": True}, 0)
    run_until_quiet(here)

    assert here.books.mutation(Factuurnummer=number)["RelatieCode"] == "10042"
    assert len(here.books.mutations()) == 1
    assert states(here) == {}


@pytest.mark.requirement("X-03", "X-08")
def test_an_invoice_number_that_the_books_have_already_is_looked_up_and_left_to_a_person(here: World) -> None:
    name = with_customer(here)
    in_books(here, "Slagerij De Haak", "10043")
    number = send_invoice(here, name)
    strange = here.books.post_invoice(number, "10043", "55.00")
    here.run()

    assert "with other content" in here.judged(number).reason
    assert here.run().writes == 0
    assert here.kind.asked(here.books, "book an invoice") == 0

    here.books.remove_mutation(strange)
    run_until_quiet(here)

    assert here.books.mutation(Factuurnummer=number)["RelatieCode"] == "10042"
    assert states(here) == {}


@pytest.mark.requirement("X-03")
def test_nothing_new_is_written_while_a_lost_answer_cannot_be_looked_up(here: World) -> None:
    name = with_customer(here)
    send_invoice(here, name)
    here.books.mishap("after", when=here.kind.over("book an invoice"))
    for _ in range(10):
        here.books.mishap(500, when=here.kind.over("find an invoice"))
    for _ in range(2):
        with pytest.raises(Unreachable):
            here.run()

    assert len(here.books.mutations()) == 1

    run_until_quiet(here)

    assert len(here.books.mutations()) == 1
    assert states(here) == {}


@pytest.mark.requirement("X-03")
def test_a_search_that_lags_behind_is_waited_for_before_anything_is_repeated() -> None:
    """The CRM finds what was written only a while later: the declared five seconds, which pass a hundred times faster here."""
    with world() as here:
        here.crm.stale_read_ms = 40
        here.clock = Hasty()
        here.run()
        for name in MISHAPS:
            relation(here, name)
        let_go_wrong(here, KINDS[0])
        here.run()
        time.sleep(0.05)
        run_until_quiet(here)

        assert len(here.crm.rows(CUSTOMERS)) == len(MISHAPS)
        assert states(here) == {}


def cut_off_after(sandbox: Sandbox, is_it: Callable[[Request], bool]) -> None:
    """Lose the answer to a write, and let nobody find out in the same run how it went."""
    gone: list[Request] = []

    def lost(request: Request) -> bool:
        if is_it(request):
            gone.append(request)
        return bool(gone)

    sandbox.mishap("after", when=lost)
    for _ in range(5):
        sandbox.mishap(500, when=lambda request: bool(gone) and request.method == "GET")


@pytest.mark.requirement("X-02", "X-03", "X-04")
def test_an_edit_that_follows_a_lost_answer_is_carried_and_contradicts_nothing(here: World) -> None:
    name = with_customer(here, Telefoon="030-1234567")
    edit_in_books(here, name, Telefoon="030-1111111")
    cut_off_after(here.crm, lambda request: request.method == "PUT")
    with pytest.raises(Unreachable):
        here.run()

    assert customer(here, name)["Organization"]["PhoneNumber"] == "030-1111111"

    edit_in_books(here, name, Telefoon="030-2222222")
    here.run()

    assert here.notices() == []
    assert customer(here, name)["Organization"]["PhoneNumber"] == "030-2222222"
    assert here.books.relation(Bedrijf=name)["Telefoon"] == "030-2222222"
    assert run_until_quiet(here)


@pytest.mark.requirement("X-03", "X-04")
@pytest.mark.parametrize("edited", ["phone", "city", "both sides"])
def test_what_is_edited_where_it_was_made_and_the_answer_was_lost_comes_back(here: World, edited: str) -> None:
    here.run()
    in_books(here, "Bakkerij Vlot", CODES["Vlot"], Telefoon="030-1234567", Adres="Dorpsstraat", Plaats="Utrecht")
    name = "Bakkerij Vlot"
    cut_off_after(here.crm, lambda request: request.method == "POST" and CUSTOMERS in request.path)
    with pytest.raises(Unreachable):
        here.run()
    if edited == "city":
        here.crm.edit("Address", address(here, "Vlot"), City="Zeist")
    else:
        edit_customer(here, name, PhoneNumber="030-2222222")
    if edited == "both sides":
        edit_in_books(here, name, Site="vlot.example")
    run_until_quiet(here)
    known, told = customer(here, name)["Organization"], here.books.relation(Bedrijf=name)

    assert len(here.crm.rows(CUSTOMERS)) == 1
    assert known["InvoiceAddress"]["City"] == told["Plaats"] == ("Zeist" if edited == "city" else "Utrecht")
    assert known["PhoneNumber"] == told["Telefoon"] == ("030-1234567" if edited == "city" else "030-2222222")
    assert (known["Website"] or "") == told["Site"] == ("vlot.example" if edited == "both sides" else "")
    assert states(here) == {}


@pytest.mark.requirement("X-03", "X-04")
def test_what_was_empty_when_it_was_made_and_is_typed_on_both_sides_since_is_as_the_leading_side_says(
    here: World,
) -> None:
    """What was not sent counted as agreed on, and the edit of the side that leads as nobody's."""
    here.run()
    in_books(here, "Bakkerij Vlot", CODES["Vlot"])
    cut_off_after(here.crm, lambda request: request.method == "POST" and CUSTOMERS in request.path)
    with pytest.raises(Unreachable):
        here.run()
    edit_customer(here, "Bakkerij Vlot", PhoneNumber="030-2222222")
    edit_in_books(here, "Bakkerij Vlot", Telefoon="030-3333333")
    run_until_quiet(here)

    assert len(here.crm.rows(CUSTOMERS)) == 1
    assert customer(here, "Bakkerij Vlot")["Organization"]["PhoneNumber"] == "030-2222222"
    assert here.books.relation(Bedrijf="Bakkerij Vlot")["Telefoon"] == "030-2222222"


@pytest.mark.requirement("X-03", "X-09")
def test_an_edit_at_the_source_is_not_forgotten_while_a_lost_answer_cannot_be_looked_up(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.run()
    relation(here, "Vlot")
    cut_off_after(here.crm, lambda request: request.method == "POST" and CUSTOMERS in request.path)
    with pytest.raises(Unreachable):
        here.run()
    edit_in_books(here, "Bakkerij Vlot", Telefoon="030-2222222")
    with monkeypatch.context() as patch:
        patch.setattr(recover, "_settle_create", no_calls_left)
        result = here.run()

    assert result.writes == 0
    assert here.books.relation(Code=CODES["Vlot"])["Telefoon"] == "030-2222222"

    run_until_quiet(here)

    assert customer(here, "Bakkerij Vlot")["Organization"]["PhoneNumber"] == "030-2222222"
    assert here.books.relation(Code=CODES["Vlot"])["Telefoon"] == "030-2222222"
    assert states(here) == {}


def no_calls_left(*_: object) -> None:
    raise LimitReached("Tribe CRM", "no calls are left")


@pytest.mark.requirement("X-02", "X-04")
def test_an_edit_at_the_target_after_a_lost_answer_is_still_seen_as_one(here: World) -> None:
    name = with_customer(here, Telefoon="030-1234567")
    edit_in_books(here, name, Telefoon="030-1111111")
    cut_off_after(here.crm, lambda request: request.method == "PUT")
    with pytest.raises(Unreachable):
        here.run()
    edit_customer(here, name, PhoneNumber="030-3333333")
    run_until_quiet(here)

    assert customer(here, name)["Organization"]["PhoneNumber"] == "030-3333333"
    assert here.books.relation(Bedrijf=name)["Telefoon"] == "030-3333333"


@pytest.mark.requirement("X-02", "EB-17")
def test_an_article_that_comes_back_after_a_lost_answer_is_in_use_again(here: World) -> None:
    article(here, "Vlot")
    here.run()
    discontinued(here, "Vlot")
    cut_off_after(here.crm, lambda request: request.method == "PUT")
    with pytest.raises(Unreachable):
        here.run()

    assert here.crm.one("Product", Code=CODES["Vlot"])["IsInactive"]

    here.books.edit_article(here.books.article(ArtikelCode=CODES["Vlot"])["ArtikelID"], Actief=True)
    run_until_quiet(here)

    assert not here.crm.one("Product", Code=CODES["Vlot"])["IsInactive"]


class Hasty(Clock):
    """A clock for which a second passes in a hundredth."""

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / 100)
        super().sleep(seconds)


@pytest.mark.requirement("X-03", "X-07")
@pytest.mark.parametrize("asked", ["tribe", "books"])
@pytest.mark.parametrize(("answer", "customers"), [("link", 1), ("create", 2)])
def test_a_customer_that_got_another_number_after_its_answer_was_lost_is_asked_about_and_made_nowhere_twice(
    here: World, asked: str, answer: str, customers: int
) -> None:
    here.run()
    in_crm(here, "Bakkerij De Korst", "10042")
    made = list[Request]()

    def is_made(request: Request) -> bool:
        return here.kind.over("add a relation")(request) and not made.append(request)  # type: ignore[func-returns-value]

    here.books.mishap("after", when=is_made)
    here.books.mishap("garbage", when=lambda request: bool(made) and here.kind.over("list relations")(request))
    with pytest.raises(Nonsense):
        here.run()
    edit_in_books(here, "Bakkerij De Korst", Code="10099")
    for _ in range(2):
        here.run()
        assert (len(here.books.relations()), len(here.crm.rows(CUSTOMERS))) == (1, 1)

    waiting = {known.side: known for _, known in here.memory.records(states=("waiting",))}
    of_the_books = spec.load(here.mapping).other("tribe")
    assert waiting.keys() == {"tribe", of_the_books}
    for each in waiting.values():
        assert each.reason.startswith("it may be the same as 'Bakkerij De Korst' in ")
        assert each.cure == "Decide: it is the same (link), or another one (create)."

    one, other = waiting["tribe"], waiting[of_the_books]
    known, there = (one, other) if asked == "tribe" else (other, one)
    with here.store.transaction():
        said = {"link": there.id} if answer == "link" else {"create": True}
        here.memory.decide("organisation", known.side, known.id, said, 0)
    run_until_quiet(here)

    assert (len(here.books.relations()), len(here.crm.rows(CUSTOMERS))) == (customers, customers)
    assert states(here) == {}
