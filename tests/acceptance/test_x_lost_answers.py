"""Whatever becomes of a write on its way: nothing twice, nothing lost, and then quiet.

Every kind of write is made for eight customers in one run, and to each of them something else happens.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

import pytest
import sqlalchemy as sa
from scenes import (
    INVOICES,
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
from world import CUSTOMERS, PERSONS, Clock, World, world

from syncrules.errors import LimitReached, Nonsense, Unreachable
from syncrules.journey import recover
from syncrules.memory import tables
from syncrules_providers.sandboxes.server import Answer, Mishap, Request, Sandbox

MISHAPS: Mapping[str, Mishap | None] = {
    "Vlot": None,
    "Voor": "before",
    "Na": "after",
    "Kluts": "garbage",
    "Poort": "bad gateway",
    "Druk": Answer(429, headers={"Retry-After": "7"}),
    "Storing": 500,
    "Onderhoud": 503,
}
"""The name of a customer → what happens to the write that is made for it."""
CODES = {name: str(10_001 + number) for number, name in enumerate(MISHAPS)}


@dataclass(frozen=True)
class Kind:
    """A kind of write: how it comes about for a customer, and how its request is recognised."""

    name: str
    happens: Callable[[World, str], object]
    """What somebody does, so that the next run makes this write."""
    in_the: str
    """crm or books: the system that is written to."""
    is_it: Callable[[World, Request, str], bool]
    """Whether a request is the one that is made for this customer."""
    before: tuple[Callable[[World, str], object], ...] = ()
    """What was there already, each followed by a run."""


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


def body(*words: str) -> Callable[[World, Request, str], bool]:
    """The request is about the customer if its body holds one of these texts, its name filled in."""

    def holds(_: World, request: Request, name: str) -> bool:
        return any(each.format(name=name, code=CODES[name]).encode() in request.body for each in words)

    return holds


def posted(set_name: str, what: Callable[[World, Request, str], bool]) -> Callable[[World, Request, str], bool]:
    return lambda here, request, name: (
        request.method == "POST" and request.path.endswith(f"/{set_name}") and what(here, request, name)
    )


def called(operation: str, what: Callable[[World, Request, str], bool]) -> Callable[[World, Request, str], bool]:
    return lambda here, request, name: operation in request.headers.get("soapaction", "") and what(here, request, name)


def put(key: Callable[[World, str], str]) -> Callable[[World, Request, str], bool]:
    return lambda here, request, name: request.method == "PUT" and f"({key(here, name)})" in request.path


def role(here: World, name: str) -> str:
    return str(customer(here, f"Bakkerij {name}")["ID"])


def organisation(here: World, name: str) -> str:
    return str(customer(here, f"Bakkerij {name}")["Organization"]["ID"])


def address(here: World, name: str) -> str:
    return str(customer(here, f"Bakkerij {name}")["Organization"]["InvoiceAddress"]["ID"])


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
    Kind("a new relation in the books", crm_customer, "books", called("AddRelatie", body(">{code}<"))),
    Kind("an id that is left in the CRM", crm_customer, "crm", put(role)),
    Kind("a changed address in the CRM", moves, "crm", put(address), (relation,)),
    Kind("a new address in the CRM", gets_an_address, "crm", put(organisation), (bare_relation,)),
    Kind("the CRM's half of two changes", changes_on_both_sides, "crm", put(organisation), (relation,)),
    Kind(
        "the books' half of two changes",
        changes_on_both_sides,
        "books",
        called("UpdateRelatie", body(">{code}<")),
        (relation,),
    ),
    Kind("an invoice in the books", invoice, "books", called("AddMutatie", body(">{code}<")), (relation,)),
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


UNDISTURBED: dict[object, dict[str, object]] = {}


@contextmanager
def prepared(kind: Kind) -> Iterator[World]:
    """Give a world in which everything was there and in sync that a kind of write needs."""
    with world() as here:
        here.run()
        for each in kind.before:
            for name in MISHAPS:
                each(here, name)
            here.run()
        for name in MISHAPS:
            kind.happens(here, name)
        with here.store.transaction():
            # Eight at once are held back until somebody says that it is true.
            here.memory.decide("product", "brake", "deactivations", {"release": True}, 0)
            for entity in ("payment", "paid status"):
                here.memory.decide(entity, "brake", "settlements", {"release": True}, 0)
        yield here


def expected(kind: Kind) -> dict[str, object]:
    """Tell what both systems hold when nothing goes wrong."""
    scene = (kind.happens, kind.before)
    if scene not in UNDISTURBED:
        with prepared(kind) as here:
            run_until_quiet(here)
            UNDISTURBED[scene] = contents(here)
    return UNDISTURBED[scene]


def let_go_wrong(here: World, kind: Kind) -> None:
    """Put each mishap on the way of the write for its customer."""
    sandbox: Sandbox = here.crm if kind.in_the == "crm" else here.books
    for name, mishap in MISHAPS.items():
        if mishap is not None:
            sandbox.mishap(mishap, when=lambda request, name=name: kind.is_it(here, request, name))  # type: ignore[misc]


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_write_whose_answer_is_lost_is_neither_repeated_blindly_nor_forgotten(kind: Kind) -> None:
    wanted = expected(kind)
    with prepared(kind) as here:
        let_go_wrong(here, kind)
        sandbox: Sandbox = here.crm if kind.in_the == "crm" else here.books
        run_until_quiet(here, most=4)

        assert not sandbox._mishaps
        assert states(here) == {}
        assert contents(here) == wanted


# One customer, looked at closely -----------------------------------------------------------------------------------------


def journal(here: World) -> list[tuple[str, str, str]]:
    """What the journal says of each create: whose it was, what became of it, and why that is believed."""
    c = tables.journal.c
    query = sa.select(c.name, c.state, c.outcome).where(c.verb == "create").order_by(c.id)
    return [(row.name, row.state, row.outcome) for row in here.store.db.execute(query)]


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize(
    ("mishap", "says", "then"),
    [
        ("after", "the same Code is there (Bakkerij De Korst): matching says whether it is this one", []),
        ("before", "it was not found there; it is decided about anew", [("Bakkerij De Korst", "done", "")]),
    ],
)
def test_the_journal_says_of_a_lost_create_what_is_true(
    here: World, mishap: Mishap, says: str, then: list[tuple[str, str, str]]
) -> None:
    here.run()
    in_crm(here, "Bakkerij De Korst", "10042")
    here.books.mishap(mishap, when=of("AddRelatie"))
    here.run()
    run_until_quiet(here)

    assert journal(here) == [("Bakkerij De Korst", "not done", says), *then]
    assert len(here.books.relations()) == 1
    assert states(here) == {}


def of(operation: str) -> Callable[[Request], bool]:
    return lambda request: operation in request.headers.get("soapaction", "")


@pytest.mark.requirement("X-03")
def test_an_invoice_that_was_edited_after_its_answer_was_lost_is_left_to_a_person(here: World) -> None:
    name = with_customer(here)
    number = send_invoice(here, name)
    here.books.mishap("after", when=of("AddMutatie"))
    here.books.mishap("garbage", when=of("GetMutaties"))
    with pytest.raises(Nonsense):
        here.run()
    here.books.books.mutations[1]["Omschrijving"] = "Door de boekhouder aangepast"
    for _ in range(2):
        here.run()

        assert "AddMutatie" not in [each.what for each in here.books.calls]
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
    here.books.mishap("before", when=of("AddMutatie"))
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
    assert "AddMutatie" not in [each.what for each in here.books.calls]

    here.books.remove_mutation(strange)
    run_until_quiet(here)

    assert here.books.mutation(Factuurnummer=number)["RelatieCode"] == "10042"
    assert states(here) == {}


@pytest.mark.requirement("X-03")
def test_nothing_new_is_written_while_a_lost_answer_cannot_be_looked_up(here: World) -> None:
    name = with_customer(here)
    send_invoice(here, name)
    here.books.mishap("after", when=of("AddMutatie"))
    for _ in range(10):
        here.books.mishap(500, when=of("GetMutaties"))
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
