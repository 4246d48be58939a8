"""Every promise of the simulator can be broken, and is then missed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from simulated import a_run, as_the_engine, does, waits, world

from syncrules.journey.permit import Permit
from syncrules.simulator.invariants import INVARIANTS, sentence, violations
from syncrules.simulator.play import World
from syncrules.simulator.schedule import Event
from syncrules.simulator.shape import copied

CUSTOMERS, BOOKS = "organisation customers", "eboekhouden"


def sold() -> World:
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


def two_pairs() -> World:
    """Play two pairs that are in step, one of them with an edit of each side behind it."""
    here = world(
        does("create on both sides", "tribe", "organisation"),
        does("create", "tribe", "organisation", 1002),
        a_run(),
        waits(60),
        a_run(),
        does("edit", "tribe", "organisation", 1010, row=0),
        a_run(),
        calm=True,
    )
    here.settle()
    return here


def mirrored() -> World:
    """Play a booking that is mirrored."""
    here = world(does("create", "winbooks", "transaction"), a_run(), mapping="winbooks-silverfin")
    here.settle()
    return here


def first(here: World, side: str, resource: str) -> str:
    return next(iter(here.twins[side].rows(resource)))


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


def _duplicate(here: World) -> None:
    made = {"Code": "1001", "Bedrijf": "Nog een", "BP": "B"}
    books = here.twins["eboekhouden"]
    books.gate.refuse_taken = lambda *_: None  # type: ignore[method-assign]
    as_the_engine(here, lambda: books.create("relations", made, "engine"), "eboekhouden")


def _lost_edit(here: World) -> None:
    books = here.twins["eboekhouden"]
    id_ = next(id_ for id_, row in books.rows("relations").items() if "1010" in str(row["Bedrijf"]))
    as_the_engine(
        here, lambda: books.update("relations", id_, {**_sent(here, id_), "Bedrijf": "Terug"}, "engine"), "eboekhouden"
    )


def _sent(here: World, id_: str) -> dict[str, object]:
    fields = here.spec.manifests["eboekhouden"].resources["relations"].fields
    return {
        name: value
        for name, value in here.twins["eboekhouden"].rows("relations")[id_].items()
        if not fields[name].read_only
    }


def _unmapped(here: World) -> None:
    id_ = first(here, "eboekhouden", "relations")
    changed = {**_sent(here, id_), "Notitie": "weg"}
    as_the_engine(here, lambda: here.twins["eboekhouden"].update("relations", id_, changed, "engine"), "eboekhouden")


def _out_of_use(here: World) -> None:
    id_ = first(here, "tribe", "organisation customers")
    act = lambda: here.twins["tribe"].update("organisation customers", id_, {"IsFormer": True}, "engine")  # noqa: E731
    as_the_engine(here, act, "tribe")


def _disagree(here: World) -> None:
    id_ = first(here, "eboekhouden", "relations")
    here.twins["eboekhouden"].update("relations", id_, {"Site": "elders.example"}, "person")


def _unplanned(here: World) -> None:
    as_the_engine(here, lambda: None, "tribe", ("update", "products", "7"))


def _never_quiet(here: World) -> None:
    here.runs[-1].writes = []


def _no_reason(here: World) -> None:
    with here.store.transaction():
        here.memory.judge("organisation", "eboekhouden", first(here, "eboekhouden", "relations"), "waiting")


def _too_many_calls(here: World) -> None:
    here.wires["tribe"].broken_limits.append("7 calls in a second, where 5 are allowed")


def _traceback(here: World) -> None:
    here.runs[-1].broken = "KeyError: 'Code'"


def _parked(here: World) -> None:
    with here.store.transaction():
        last = list(here.twins["tribe"].rows("organisation customers"))[-1]
        here.memory.judge("organisation", "tribe", last, "excluded", reason="somehow")


def _applied_something_else(here: World) -> None:
    here.happen(Event(between=()))
    here.runs[-1].effects = [("tribe", "update", "products", "7", {})]


def _applied_without_a_word(here: World) -> None:
    here.happen(does("edit", "tribe", "organisation", 1090))
    here.happen(Event(between=()))
    here.runs[-1].effects, here.runs[-1].left = [], set()
    here.runs[-1].applied = Permit([], 0)


def _mirrored_and_gone(here: World) -> None:
    here.twins["silverfin"].delete("transactions", first(here, "silverfin", "transactions"), "person")


def _mirrored_and_changed(here: World) -> None:
    changed = {"description": "anders"}
    here.twins["silverfin"].update("transactions", first(here, "silverfin", "transactions"), changed, "person")


def _gone_and_still_mirrored(here: World) -> None:
    here.twins["winbooks"].delete("ledger lines", first(here, "silverfin", "transactions"), "person")


def _does_not_know_its_link(here: World) -> None:
    memory, id_ = here.memory, first(here, BOOKS, "relations")
    known = memory.record("organisation", BOOKS, id_)
    assert known is not None
    known.link = None
    with here.store.transaction():
        memory.keep("organisation", [known], 0.0)


def _link_of_nobody(here: World) -> None:
    memory, id_ = here.memory, first(here, BOOKS, "relations")
    link = memory.link_of("organisation", BOOKS, id_)
    assert link is not None
    link.ids[BOOKS] = "somebody"
    with here.store.transaction():
        memory.remember(link)


BREAKS: list[tuple[Callable[[], World], str, Callable[[World], None]]] = [
    (two_pairs, "no traceback", _traceback),
    (two_pairs, "quiescence", _never_quiet),
    (two_pairs, "no duplicate", _duplicate),
    (two_pairs, "no lost edit", _lost_edit),
    (two_pairs, "both sides agree", _disagree),
    (two_pairs, "only what the mapping allows", _unmapped),
    (two_pairs, "nothing goes out of use by itself", _out_of_use),
    (two_pairs, "call limits are kept", _too_many_calls),
    (two_pairs, "the plan is what is written", _unplanned),
    (two_pairs, "every record has one state", _no_reason),
    (two_pairs, "a calm schedule ends in sync", _parked),
    (two_pairs, "an applied plan writes what it showed", _applied_something_else),
    (two_pairs, "an applied plan writes what it showed", _applied_without_a_word),
    (two_pairs, "what is linked knows it", _does_not_know_its_link),
    (two_pairs, "what is linked knows it", _link_of_nobody),
    (sold, "only who may come in", _comes_in),
    (sold, "nobody is tied to who may not come in", _tied),
    (sold, "what was there before stays where it is", _from_before),
    (sold, "the leading side stands", _loser_stands),
    (sold, "both are in use or neither", _only_one_in_use),
    (sold, "who is there is not called deleted", _called_deleted),
    (sold, "a list that is too short is not believed", _short_list_believed),
    (sold, "the brakes hold", _all_out_of_use),
    (sold, "nobody waits for a run that has been", _waits_for_ever),
    (sold, "who is referred to is the counterpart", _somebody_else_is_meant),
    (sold, "nothing empty is made", _made_empty),
    (sold, "what is only read is not even asked to change", _asked_where_nothing_is_taken),
    (sold, "a booked document stays as it is", _document_changed),
    (sold, "a booked document stays as it is", _closed_document_changed),
    (sold, "what is paid is what the books say", _payment_invented),
    (sold, "what is paid is what the books say", _paid_in_the_end),
    (mirrored, "a mirror shows what is there", _mirrored_and_gone),
    (mirrored, "a mirror shows what is there", _mirrored_and_changed),
    (mirrored, "a mirror shows what is there", _gone_and_still_mirrored),
]


@pytest.mark.parametrize("scene", [two_pairs, sold, mirrored])
def test_a_world_in_step_breaks_none_of_them(scene: Callable[[], World]) -> None:
    assert violations(scene(), 3) == []


def test_there_is_a_way_to_break_each() -> None:
    assert {name for _, name, _ in BREAKS} == set(INVARIANTS)


@pytest.mark.parametrize(
    ("scene", "name", "breaks"), BREAKS, ids=lambda each: each if isinstance(each, str) else each.__name__
)
def test_each_can_be_broken(scene: Callable[[], World], name: str, breaks: Callable[[World], None]) -> None:
    here = scene()
    breaks(here)
    rounds = -1 if name == "quiescence" else 3

    assert name in {each.invariant for each in violations(here, rounds)}


def test_every_invariant_says_what_it_demands() -> None:
    assert all(sentence(each).endswith(".") for each in INVARIANTS.values())


@pytest.mark.parametrize(
    ("steps", "seen"),
    [
        (("comes", 60), True),
        (("comes", 5), False),
        (("comes", 60, "asked"), True),
        (("comes", 5, "asked", 60), False),
        (("asked", "comes", 60), False),
        (("called otherwise", 60, "asked", "renamed", 60), False),
        (("called otherwise", 60, "renamed", 60, "asked"), True),
    ],
    ids=lambda each: " ".join(map(str, each)) if isinstance(each, tuple) else "",
)
def test_nobody_is_written_over_unless_they_were_not_shown_when_it_was_asked_for(
    steps: tuple[str | int, ...], seen: bool
) -> None:
    here = world(mapping="tribe-yuki", lags=(0.0, 7.0))
    yuki, wire, mill = here.twins["yuki"], here.wires["yuki"], {"Type": "Company", "Name": "Molen"}
    _, by_name = here.spec.manifests["yuki"].resources["contacts"].overwrites

    def act() -> None:
        for step in steps:
            match step:
                case int():
                    here.time.sleep(step)
                case "comes":
                    yuki.create("contacts", {**mill, "Code": "1"}, "person")
                case "called otherwise":
                    yuki.create("contacts", {**mill, "Name": "Watermolen", "Code": "1"}, "person")
                case "renamed":
                    yuki.update("contacts", first(here, "yuki", "contacts"), mill, "person")
                case "asked":
                    wire.looked.append((here.time.now(), "contacts", by_name.name, by_name.looks(mill)))
        here.time.sleep(0.05)
        yuki.create("contacts", {**mill, "Code": "another"}, "engine")

    as_the_engine(here, act, "yuki")
    broken = [each.told for each in violations(here, 1) if each.invariant == "only what the mapping allows"]

    assert any("was written over by what should have been a new one" in each for each in broken) is seen
