"""Twins: what a manifest declares they do, and what it forbids they refuse."""

from __future__ import annotations

from decimal import Decimal

import pytest
from simulated import stage, world

from syncrules.http import Http
from syncrules.simulator.door import TwinProvider
from syncrules.simulator.refusing import Refused
from syncrules.simulator.shape import Record
from syncrules.simulator.twin import Habits, Twin


class Moment:
    def __init__(self) -> None:
        self.now = 1_000_000.0


def twin(side: str, moment: Moment | None = None, **habits: float) -> Twin:
    moment = moment or Moment()
    return Twin(stage().spec.manifests[side], lambda: moment.now, Habits(**habits))  # type: ignore[arg-type]


RELATION: Record = {"Code": "1", "Bedrijf": "Bakker", "BP": "B", "Notitie": "belt niet graag"}


def test_an_update_that_replaces_the_whole_object_empties_what_is_not_sent() -> None:
    books = twin("eboekhouden")
    id_ = str(books.create("relations", RELATION, "person")["ID"])
    books.update("relations", id_, {"Code": "1", "Bedrijf": "Slager", "BP": "B"}, "engine")

    assert books.rows("relations")[id_]["Notitie"] is None


def test_an_update_of_what_is_sent_leaves_the_rest() -> None:
    crm = twin("tribe")
    id_ = crm.create("products", {"Name": "Stoel", "Description": "met leuning"}, "person")["ID"]
    crm.update("products", id_, {"Name": "Tafel"}, "engine")

    assert crm.rows("products")[id_]["Description"] == "met leuning"


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"Code": "2", "Bedrijf": "Slager"}, "BP is missing"),
        ({"Code": "2", "Bedrijf": "Slager", "BP": "X"}, "BP cannot be 'X'"),
        ({"Code": "1234567890123456", "Bedrijf": "Slager", "BP": "B"}, "Code cannot be"),
        ({"Code": "2", "Bedrijf": "Slager", "BP": "B", "Kleur": "rood"}, "has no Kleur"),
        ({"Code": "2", "Bedrijf": "Slager", "BP": "B", "ID": 7}, "ID cannot be written"),
        ({"Code": "1", "Bedrijf": "Slager", "BP": "B"}, "in use"),
    ],
)
def test_a_record_that_the_manifest_forbids_is_refused(record: Record, said: str) -> None:
    books = twin("eboekhouden")
    books.create("relations", RELATION, "person")

    with pytest.raises(Refused, match=said):
        books.create("relations", record, "engine")


def test_what_cannot_be_made_or_changed_is_refused() -> None:
    books, crm = twin("eboekhouden"), twin("tribe")
    crm.create("invoice phases", {"Code": "Sent"}, "person")
    sent = next(iter(crm.rows("invoice phases").values()))["ID"]
    invoice = crm.create("invoices", {"Number": "1", "Phase": {"ID": sent}}, "person")["ID"]

    with pytest.raises(Refused, match="cannot be made"):
        books.create("articles", {}, "engine")
    with pytest.raises(Refused, match="closed: Subject"):
        crm.update("invoices", invoice, {"Subject": "anders"}, "engine")
    assert crm.update("invoices", invoice, {"ImportId": "x"}, "engine")["ImportId"] == "x"


def test_a_role_shows_what_it_is_a_role_of_and_changes_it() -> None:
    crm = twin("tribe")
    role = crm.create("organisation customers", {"Organization": {"Name": "Bakker", "Website": "x.example"}}, "engine")
    crm.update("organisation customers", role["ID"], {"Organization": {"Name": "Slager"}}, "engine")
    supplier = crm.create("organisation suppliers", {"Organization": {"ID": role["Organization"]["ID"]}}, "engine")

    assert len(crm.rows("organisations")) == 1
    assert supplier["Organization"]["Name"] == "Slager"
    assert supplier["Organization"]["Website"] == "x.example"


def test_a_change_stamps_only_the_part_that_it_touched() -> None:
    moment = Moment()
    crm = twin("tribe", moment, skew=300.0)
    made = crm.create("organisations", {"Name": "Bakker", "InvoiceAddress": {"City": "Gent"}}, "person")
    moment.now += 60
    after = crm.update("organisations", made["ID"], {"InvoiceAddress": {"City": "Luik"}}, "person")

    assert after["LastMutationDate"] == made["LastMutationDate"]
    assert after["InvoiceAddress"]["LastMutationDate"] > made["InvoiceAddress"]["LastMutationDate"]
    assert made["CreationDate"] == "1970-01-12T13:51:40+00:00"
    assert crm.listed("organisations", "1970-01-12T13:52:00+00:00") == [after]


def test_a_list_does_not_show_what_was_written_a_moment_ago() -> None:
    moment = Moment()
    crm = twin("tribe", moment, lag=5.0)
    made = [crm.create("products", {"Name": f"Stoel {number}"}, "person") for number in range(8)]
    moment.now += 4
    before = crm.listed("products")
    moment.now += 1

    assert len(before) < len(made)
    assert [crm.row("products", each["ID"]) for each in made] == made
    assert crm.listed("products") == made


def test_a_document_makes_what_its_manifest_says() -> None:
    books = twin("eboekhouden")
    line = {"BedragInclBTW": Decimal("12.10")}
    books.create("relations", {"Code": "1", "Bedrijf": "Bakkerij", "BP": "B"}, "person")
    books.create(
        "mutations",
        {
            "Soort": "FactuurVerstuurd",
            "Datum": "2026-01-01",
            "Rekening": "1300",
            "RelatieCode": "1",
            "Factuurnummer": "F1",
            "Omschrijving": "x",
            "Betalingstermijn": "14",
            "InExBTW": "EX",
            "MutatieRegels": [line, line],
        },
        "engine",
    )

    (item,) = books.rows("open items").values()
    assert (item["MutFactuur"], item["Bedrag"], item["Voldaan"], item["Openstaand"]) == (
        "F1",
        Decimal("24.20"),
        0,
        Decimal("24.20"),
    )


def test_twins_of_every_mapping_can_be_filled_and_their_settings_answered() -> None:
    for mapping in ("tribe-eboekhouden", "tribe-eboekhouden-rest", "tribe-winbooks", "tribe-yuki"):
        here = stage(mapping)
        unanswered = [name for name, value in here.settings.items() if value in (None, "", {})]

        assert not unanswered, f"{mapping}: {unanswered}"
        assert set(world(mapping=mapping).twins) == set(here.spec.sides)


def test_a_new_record_is_written_over_one_that_looks_like_it_where_the_manifest_says_so() -> None:
    books = Twin(stage("tribe-yuki").spec.manifests["yuki"], lambda: 1_000_000.0, Habits())
    first = books.create("contacts", {"Type": "Company", "Code": "1", "Name": "Molen B.V."}, "person")
    again = books.create("contacts", {"Type": "Company", "Code": "2", "Name": "molen BV"}, "engine")
    other = books.create("contacts", {"Type": "Person", "Code": "3", "Name": "Molen B.V."}, "engine")

    assert again["ID"] == first["ID"] != other["ID"]
    assert books.rows("contacts")[str(first["ID"])]["Code"] == "2"


def test_whom_a_new_one_would_be_taken_for_is_asked_by_each_likeness_as_long_as_a_search_knows_nobody() -> None:
    here = world(mapping="tribe-yuki", lags=(0.0, 8.0))
    yuki, wire = here.twins["yuki"], here.wires["yuki"]
    system = TwinProvider(yuki.manifest, Http("Yuki", here.time, wire=wire))
    by_code, by_name = yuki.manifest.resources["contacts"].overwrites
    new = {"Type": "Company", "Name": "Molen B.V.", "Code": "7"}
    asked = []
    for record in (new, {**new, "Code": "8"}, {**new, "Name": ""}):
        wire.looked.clear()
        before = system.taken_for("contacts", record)
        asked.append(([each["Name"] for each in before], [each[2] for each in wire.looked]))
        if record is new:
            yuki.create("contacts", {"Type": "Company", "Name": "Molen BV", "Code": "7"}, "person")
            assert system.taken_for("contacts", record) == []
            here.time.sleep(8)

    assert asked == [
        ([], [by_code.name, by_name.name]),
        (["Molen BV"], [by_code.name, by_name.name]),
        (["Molen BV"], [by_code.name]),
    ]
