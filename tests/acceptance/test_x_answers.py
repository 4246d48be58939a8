"""An answer that is offered works: what a person decides about a question is what the next run does, and the question is gone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import eb
import pytest
from scenes import ORGANISATIONS, as_we_use_it, customer, in_crm
from world import CUSTOMERS, PERSONS, World

from syncrules.cli import decisions
from syncrules.errors import UsageError
from syncrules.journey.decision import BEFORE, SENT_BEFORE
from syncrules.memory.kept import Known

NAME, NUMBER = "Bakkerij De Korst", "10042"


def answer(here: World, name: str, **said: Any) -> str:
    """Answer what waits under this name."""
    with here.opened() as opened, here.store.transaction():
        spec, memory, item = decisions.find_among("c", [("", opened.spec, opened.memory)], name)
        return decisions.resolve(spec, memory, item, decisions.Answer(**said), here.clock.now())


def waits(here: World) -> list[tuple[str, str, str]]:
    return [(name, each.side, each.reason) for name, each in here.memory.records(states=("waiting", "failed"))]


def asked(here: World, name: str) -> Known:
    """Find the one record of this name that waits for an answer; who else bears it may be left out."""
    (found,) = [
        each for _, each in here.memory.records(states=("waiting",)) if each.name == name and each.detail is not None
    ]
    return found


def among_others(here: World) -> None:
    """Let both systems have enough customers for one that goes to be no emergency."""
    eb.known_customer(here)
    for number in range(12):
        here.books.add_relation(Code=f"2{number:04}", Bedrijf=f"Bedrijf {number}", BP="B")
    here.run()
    here.run()


def relation(here: World, code: str = NUMBER) -> dict[str, Any]:
    (found,) = [each for each in here.books.relations() if each["Code"] == code]
    return dict(found)


# A document that somebody booked already -----------------------------------------------------------------------------


def booked_by_hand(here: World) -> tuple[str, str]:
    """Let the bookkeeper book an invoice on another account before we do."""
    key, number = eb.send(here, eb.known_customer(here))
    here.books.post_invoice(number, NUMBER, "100.00", counter="8010")
    here.run()
    return key, number


@pytest.mark.requirement("X-04", "X-08")
def test_an_invoice_that_was_booked_by_hand_is_linked_and_its_payments_return(here: World) -> None:
    key, number = booked_by_hand(here)
    (candidate,) = here.judged(number).detail["candidates"]
    answer(here, number, link=candidate)
    here.run()
    here.books.pay(number)
    here.run()

    assert len(here.books.mutations()) == 2
    assert [each["Amount"] for each in here.crm.rows("Payment")] == [121]
    assert eb.phase(here, key) == "Paid"
    assert waits(here) == []


@pytest.mark.requirement("X-08")
def test_an_invoice_is_not_made_beside_the_one_that_bears_its_number_and_that_answer_is_refused(here: World) -> None:
    _, number = booked_by_hand(here)

    with pytest.raises(UsageError, match=f"cannot be made in e-Boekhouden beside what is there: .*'{number}'"):
        answer(here, number, create=True)
    answer(here, number, ignore=True)
    here.run()

    assert here.judged(number, entity="invoice").reason == "somebody decided to leave it out"
    assert len(here.books.mutations()) == 1


# Whose counterpart is gone -------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-08")
def test_who_carries_the_id_of_something_that_is_gone_can_be_left_out(here: World) -> None:
    eb.known_customer(here)
    here.run()
    here.lose_state()
    here.books.remove_relation(relation(here)["ID"])
    here.run()
    answer(here, NAME, ignore=True)
    here.run()
    here.run()

    assert here.judged(NAME).reason == "somebody decided to leave it out"
    assert here.books.relations() == []


@pytest.mark.requirement("X-08")
def test_a_customer_that_was_entered_again_in_tribe_takes_the_place_of_the_one_that_is_gone(here: World) -> None:
    among_others(here)
    old = customer(here, NAME)
    here.crm.remove(CUSTOMERS, old["ID"])
    here.crm.remove(ORGANISATIONS, old["Organization"]["ID"])
    here.run(whole=True)
    new = in_crm(here, NAME, NUMBER, PhoneNumber="030-7777777")
    eb.send(here, new)
    here.run(whole=True)
    (candidate,) = asked(here, NAME).detail["candidates"]
    answer(here, NAME, link=candidate)
    for _ in range(2):
        here.run(whole=True)

    assert relation(here)["Telefoon"] == "030-7777777"
    assert [each["RelatieCode"] for each in here.books.mutations()] == [NUMBER]
    assert waits(here) == []


@pytest.mark.requirement("X-08")
def test_a_relation_that_was_entered_again_in_the_books_takes_the_place_of_the_one_that_is_gone(here: World) -> None:
    among_others(here)
    here.books.remove_relation(relation(here)["ID"])
    here.run(whole=True)
    here.books.add_relation(Code=NUMBER, Bedrijf=NAME, BP="B")
    here.run()
    (candidate,) = asked(here, NAME).detail["candidates"]
    answer(here, NAME, link=candidate)
    here.run()
    here.crm.edit(ORGANISATIONS, customer(here, NAME)["Organization"]["ID"], PhoneNumber="030-1212121")
    here.run()

    assert relation(here)["Telefoon"] == "030-1212121"
    assert waits(here) == []


@pytest.mark.requirement("X-08")
def test_what_is_said_of_a_number_that_is_taken_is_a_sentence_also_where_its_bearer_is_left_out(here: World) -> None:
    among_others(here)
    here.books.remove_relation(relation(here)["ID"])
    here.run(whole=True)
    here.books.add_relation(Code=NUMBER, Bedrijf=NAME, BP="B")
    here.run()

    assert asked(here, NAME).reason == (
        f"Debtor number '{NUMBER}' already belongs to '{NAME}' in Tribe CRM "
        "(left out: its counterpart was deleted in e-Boekhouden; a deletion does not travel)"
    )


# Of another kind -----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-08")
def test_a_relation_that_became_a_person_and_is_taken_apart_comes_in_as_a_person(here: World) -> None:
    eb.known_customer(here)
    here.run()
    here.books.edit_relation(relation(here)["ID"], BP="P")
    here.run()
    answer(here, NAME, unlink=True)
    here.run()
    here.run()

    assert [each["Person"]["DebtorNumber"] for each in here.crm.rows(PERSONS)] == [NUMBER]


# What cannot be made -------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-08")
def test_a_product_whose_code_is_taken_is_not_asked_what_cannot_be_done(here: World) -> None:
    here.books.add_article(ArtikelCode="F1", ArtikelOmschrijving="Fiets")
    here.run()
    here.books.add_article(ArtikelCode="F1", ArtikelOmschrijving="Andere fiets")
    here.run()
    waiting = here.judged("Andere fiets")

    assert waiting.cure == "Give one of them another number."
    with pytest.raises(UsageError, match="cannot be made in Tribe CRM beside what is there") as told:
        answer(here, "Andere fiets", create=True)
    assert told.value.cure == waiting.cure


# Numbers that are nearly the same ------------------------------------------------------------------------------------


@pytest.mark.requirement("X-08")
@pytest.mark.parametrize(("there", "here_"), [("D100", "d100"), ("00123", "123"), ("123", "00123"), ("A 12", "A12")])
def test_two_numbers_that_are_nearly_the_same_are_a_question_and_not_a_second_customer(
    here: World, there: str, here_: str
) -> None:
    here.books.add_relation(Code=there, Bedrijf="Dirk", BP="B")
    in_crm(here, "Dirk", here_)
    for _ in range(3):
        here.run()
    both = len(here.books.relations()), len(here.crm.rows(CUSTOMERS))
    (question, _) = [each for _, each in here.memory.records(states=("waiting",))]
    answer(here, f"organisation:{question.side}:{question.id}", link=question.detail["candidates"][0])
    for _ in range(2):
        here.run()

    assert both == (1, 1)
    assert "only letter case, spaces or leading zeros differ" in question.reason
    assert (len(here.books.relations()), len(here.crm.rows(CUSTOMERS))) == (1, 1)
    assert waits(here) == []


@pytest.mark.requirement("X-08")
def test_who_is_said_to_be_another_one_is_made_although_the_numbers_are_nearly_the_same(here: World) -> None:
    here.run()
    here.books.add_relation(Code="D100", Bedrijf="Dirk", BP="B")
    in_crm(here, "Dirkje", "d100")
    here.run()
    answer(here, "Dirk", create=True)
    answer(here, "Dirkje", create=True)
    here.run()
    here.run()

    assert sorted(each["Code"] for each in here.books.relations()) == ["D100", "d100"]
    assert sorted(each["Organization"]["DebtorNumber"] for each in here.crm.rows(CUSTOMERS)) == ["D100", "d100"]


@pytest.mark.requirement("X-08")
def test_white_space_around_a_number_does_not_travel(here: World) -> None:
    here.books.add_relation(Code="20077", Bedrijf="Spatie", BP="B")
    in_crm(here, "Spatie", "20077 ")
    in_crm(here, "Nieuw", " 20078")
    for _ in range(3):
        here.run()

    assert sorted(each["Code"] for each in here.books.relations()) == ["20077", "20078"]
    assert len(here.crm.rows(CUSTOMERS)) == 2


# What was waiting when our memory was lost ---------------------------------------------------------------------------


def lost_while_an_invoice_waits(here: World) -> str:
    """Let an invoice wait for its customer when the state file is lost, and the customer be complete afterwards."""
    eb.known_customer(here)
    _, number = eb.send(here, in_crm(here, "Zonder Nummer", None))
    here.run()
    here.lose_state()
    here.run()
    here.crm.edit(ORGANISATIONS, customer(here, "Zonder Nummer")["Organization"]["ID"], DebtorNumber="10500")
    for _ in range(3):
        here.run()
    return number


@pytest.mark.requirement("X-16")
@pytest.mark.parametrize(("said", "booked"), [("create", 1), ("ignore", 0)])
def test_an_invoice_that_waited_when_the_state_was_lost_is_a_question(here: World, said: str, booked: int) -> None:
    number = lost_while_an_invoice_waits(here)
    before = asked(here, number)
    answer(here, number, **{said: True})
    here.run()
    here.run()

    assert before.reason == SENT_BEFORE
    assert len(here.books.mutations()) == booked
    assert waits(here) == []


@pytest.mark.requirement("X-16")
def test_an_invoice_of_before_the_first_connection_ever_is_no_question(here: World) -> None:
    here.books.add_relation(Code=NUMBER, Bedrijf=NAME, BP="B")
    _, number = eb.send(here, in_crm(here, NAME, NUMBER))
    here.run()

    assert here.judged(number, entity="invoice").reason == BEFORE


# A state that was edited where we write it ---------------------------------------------------------------------------


@pytest.mark.requirement("X-19")
def test_a_status_that_was_set_by_hand_is_reported_once_and_stays_until_it_changes_in_the_books(here: World) -> None:
    key, number = eb.send(here, eb.known_customer(here))
    here.run()
    here.books.pay(number, "21")
    here.run()
    before = here.notices()
    eb.set_phase(here, key, "Paid")
    here.run()
    told = here.notices()
    here.run()
    again = here.notices()
    here.books.pay(number, "100")
    here.run()
    here.run()

    assert before == []
    assert told == ["Status was edited in Tribe CRM and stays 'Paid' until it changes in e-Boekhouden"]
    assert again == []
    assert eb.phase(here, key) == "Paid"
    assert here.notices() == []
    assert waits(here) == []


@pytest.mark.requirement("X-19", "EB-13")
def test_a_payment_that_was_edited_by_hand_is_reported_once_and_stays_until_it_changes_in_the_books(
    here: World,
) -> None:
    _, number = eb.send(here, eb.known_customer(here))
    here.run()
    here.books.pay(number, "21")
    here.run()
    before = here.notices()
    payment = here.crm.one("Payment")["ID"]
    here.crm.edit("Payment", payment, Amount=Decimal("20"), Reference="per kas", Provider="Kas")
    here.run()
    told = here.notices()
    here.run()
    again, writes = here.notices(), here.writes
    kept = here.crm.one("Payment")["Amount"]
    here.books.pay(number, "100")
    here.run()

    assert before == []
    assert told == ["Paid so far was edited in Tribe CRM and stays '20' until it changes in e-Boekhouden"]
    assert (again, writes, kept) == ([], 0, Decimal("20"))
    assert here.crm.one("Payment")["Amount"] == Decimal("121")
    assert here.notices() == []
    assert waits(here) == []


@pytest.mark.requirement("X-19", "EB-13")
@pytest.mark.parametrize("what", ["paid status", "payment"])
def test_a_state_that_was_edited_by_hand_is_put_back_where_the_mapping_says_so(here: World, what: str) -> None:
    row = {"paid status": "Status", "payment": "Paid so far"}[what]
    here.mapping = as_we_use_it(here, f"{what}: {{fields: {{{row}: {{edited: restore}}}}}}")
    key, number = eb.send(here, eb.known_customer(here))
    here.run()
    here.books.pay(number, "21")
    here.run()
    if what == "payment":
        here.crm.edit("Payment", here.crm.one("Payment")["ID"], Amount=Decimal("20"))
    else:
        eb.set_phase(here, key, "Paid")
    here.run()
    told = here.notices()
    here.run()

    assert (here.crm.one("Payment")["Amount"], eb.phase(here, key)) == (Decimal("21"), "Sent")
    assert len(told) == 1
    assert f"{row} was edited in Tribe CRM; " in told[0]
    assert told[0].endswith("was put back")
    assert (here.writes, here.notices()) == (0, [])
