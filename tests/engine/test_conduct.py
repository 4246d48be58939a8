"""What is promised of every run on its way, and of money: each of these promises can be broken, and is then missed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from simulated import a_run, as_the_engine, does, waits, world

from syncrules.simulator import conduct, invariants
from syncrules.simulator.invariants import INVARIANTS
from syncrules.simulator.play import World
from syncrules.simulator.shape import copied

CONDUCT = sorted(name for name, check in INVARIANTS.items() if check.__module__ == conduct.__name__)
CUSTOMERS, BOOKS = "organisation customers", "eboekhouden"


def in_step() -> World:
    """Play two customers, an invoice and seven products that are in step, and an invoice from before the first run."""
    here = world(
        does("create", "tribe", "organisation"),
        does("create", "tribe", "organisation", 1002),
        does("create", "tribe", "invoice", 1003),
        does("create many", BOOKS, "product", 1004),
        waits(60),
        a_run(),
        waits(60),
        does("create", "tribe", "invoice", 1005),
        a_run(),
        waits(60),
    )
    here.settle()
    return here


def marked(here: World, resource: str, id_: str, other: str) -> Callable[[], object]:
    """Leave the id of a record of the books in a record of Tribe."""
    carried = f"syncrules:{BOOKS}:eboekhouden-soap-books:{other};"
    return lambda: here.twins["tribe"].update(resource, id_, {"ImportId": carried}, "person")


def ids(here: World, side: str, resource: str) -> list[str]:
    return list(here.twins[side].rows(resource))


def sent_invoice(here: World) -> str:
    return next(id_ for id_, each in here.twins["tribe"].rows("invoices").items() if each["ImportId"])


def out_of_use(here: World, number: str) -> str:
    """Make a customer that was never in use."""
    given = {"IsFormer": True, "Organization": {"Name": "Oud", "DebtorNumber": number}}
    return str(here.twins["tribe"].create(CUSTOMERS, given, "person")["ID"])


# How each is broken ---------------------------------------------------------------------------------------------------------


def _comes_in(here: World) -> None:
    id_ = out_of_use(here, "1050")
    here.time.sleep(60)

    def act() -> None:
        made = here.twins[BOOKS].create("relations", {"BP": "B", "Code": "1050", "Bedrijf": "Oud"}, "engine")
        marked(here, CUSTOMERS, id_, str(made["ID"]))()

    as_the_engine(here, act, BOOKS)


def _tied(here: World) -> None:
    id_ = out_of_use(here, "1051")
    made = here.twins[BOOKS].create("relations", {"BP": "B", "Code": "1051", "Bedrijf": "Oud"}, "person")
    as_the_engine(here, marked(here, CUSTOMERS, id_, str(made["ID"])), "tribe")


def _from_before(here: World) -> None:
    id_ = next(id_ for id_, each in here.twins["tribe"].rows("invoices").items() if not each["ImportId"])
    as_the_engine(here, marked(here, "invoices", id_, "999"), "tribe")


def _loser_stands(here: World) -> None:
    here.happen(does("edit on both sides", "tribe", "organisation", 1020))
    said = next(each for each in here.twins[BOOKS].rows("relations").values() if "24477" in str(each["Bedrijf"]))
    tribe = here.twins["tribe"]
    id_ = next(id_ for id_, each in tribe.rows("organisations").items() if "1020" in str(each["Name"]))
    here.time.sleep(60)
    as_the_engine(here, lambda: tribe.update("organisations", id_, {"Name": said["Bedrijf"]}, "person"), "tribe")


def _only_one_in_use(here: World) -> None:
    here.happen(does("deactivate", BOOKS, "product"))


def _called_deleted(here: World) -> None:
    id_ = ids(here, BOOKS, "relations")[0]
    with here.store.transaction():
        reason = "deleted in e-Boekhouden; a deletion does not travel"
        here.memory.judge("organisation", BOOKS, id_, "excluded", reason=reason)


def _short_list_believed(here: World) -> None:
    here.runs[-1].called_gone = {("organisation", BOOKS): 9}


def _all_out_of_use(here: World) -> None:
    flag: Any = here.spec.manifests["tribe"].resources["products"].active
    gone = {flag.field: flag.inactive}
    tribe = here.twins["tribe"]
    as_the_engine(
        here,
        lambda: [tribe.update("products", each, gone, "person") for each in ids(here, "tribe", "products")],
        "tribe",
    )


def _waits_for_ever(here: World) -> None:
    with here.store.transaction():
        cure = "It is tried again by itself."
        here.memory.judge("organisation", BOOKS, ids(here, BOOKS, "relations")[0], "waiting", reason="later", cure=cure)


def _somebody_else_is_meant(here: World) -> None:
    here.happen(does("create", "tribe", "invoice", 1060))
    last = ids(here, "tribe", "invoices")[-1]
    books = here.twins[BOOKS]
    meant = here.twins["tribe"].rows("invoices")[last]["Relationship"]["Organization"]["DebtorNumber"]
    other = next(each["Code"] for each in books.rows("relations").values() if each["Code"] != meant)
    made = {**copied(next(iter(books.rows("mutations").values()))), "RelatieCode": other, "Factuurnummer": "1060"}
    here.time.sleep(60)

    def act() -> None:
        id_ = books.create("mutations", {name: each for name, each in made.items() if name != "MutatieNr"}, "person")
        marked(here, "invoices", last, str(id_["MutatieNr"]))()

    as_the_engine(here, act, BOOKS)


def _made_empty(here: World) -> None:
    here.runs[-1].effects = [(BOOKS, "create", "relations", "", {"BP": "B", "Code": "1", "Telefoon": ""})]


def _asked_where_nothing_is_taken(here: World) -> None:
    here.runs[-1].asked = [(BOOKS, "update", "articles", "7", {"Prijs": 1})]


def _document_changed(here: World) -> None:
    id_, books = ids(here, BOOKS, "mutations")[0], here.twins[BOOKS]
    as_the_engine(here, lambda: books.update("mutations", id_, {"Omschrijving": "anders"}, "person"), BOOKS)


def _closed_document_changed(here: World) -> None:
    tribe, id_ = here.twins["tribe"], sent_invoice(here)
    as_the_engine(here, lambda: tribe.update("invoices", id_, {"RelationDescription": "anders"}, "person"), "tribe")


def _payment_invented(here: World) -> None:
    given = {"Invoice": {"ID": sent_invoice(here)}, "Amount": 10, "Currency": "EUR", "Reference": "1005"}
    as_the_engine(here, lambda: here.twins["tribe"].create("payments", given, "engine"), "tribe")


def _paid_in_the_end(here: World) -> None:
    """The books say that it is paid, and nobody carries it over."""
    here.happen(does("pay", BOOKS, "paid status"))


BREAKS: list[tuple[str, Callable[[World], None]]] = [
    ("only who may come in", _comes_in),
    ("nobody is tied to who may not come in", _tied),
    ("what was there before stays where it is", _from_before),
    ("the leading side stands", _loser_stands),
    ("both are in use or neither", _only_one_in_use),
    ("who is there is not called deleted", _called_deleted),
    ("a list that is too short is not believed", _short_list_believed),
    ("the brakes hold", _all_out_of_use),
    ("nobody waits for a run that has been", _waits_for_ever),
    ("who is referred to is the counterpart", _somebody_else_is_meant),
    ("nothing empty is made", _made_empty),
    ("what is only read is not even asked to change", _asked_where_nothing_is_taken),
    ("a booked document stays as it is", _document_changed),
    ("a booked document stays as it is", _closed_document_changed),
    ("what is paid is what the books say", _payment_invented),
    ("what is paid is what the books say", _paid_in_the_end),
]


def test_a_world_in_step_breaks_none_of_them() -> None:
    assert invariants.violations(in_step(), 3) == []


def test_there_is_a_way_to_break_each() -> None:
    assert sorted({name for name, _ in BREAKS}) == CONDUCT


@pytest.mark.parametrize(("name", "breaks"), BREAKS, ids=lambda each: each if isinstance(each, str) else each.__name__)
def test_each_can_be_broken(name: str, breaks: Callable[[World], None]) -> None:
    here = in_step()
    breaks(here)

    assert name in {each.invariant for each in invariants.violations(here, 3)}
