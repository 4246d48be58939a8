"""The mappings that we ship, and those that show what other connectors need: valid, complete, and row by row what was promised."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from asked import Case, writes

from syncrules import provider, yaml
from syncrules.journey import rules
from syncrules.language import grammar, spec
from syncrules.language.model import Entity, Row, Spec
from syncrules.manifest import Manifest
from syncrules.manifest_reading import load_manifest

CONNECTORS = Path(__file__).parent / "connectors"
INSTALLED = spec.names()
FOR_TESTS = sorted(each.name for each in CONNECTORS.glob("*.yaml") if each.name.count(".") == 1)
ALL = [*INSTALLED, *FOR_TESTS]
EBOEKHOUDEN = ["tribe-eboekhouden", "tribe-eboekhouden-rest"]


def declared(name: str) -> Manifest:
    """Find the manifest of a provider beside the test mappings, or else an installed one."""
    beside = CONNECTORS / f"{name}.manifest.yaml"
    return load_manifest(beside) if beside.is_file() else provider.find(name).manifest


@cache
def loaded(name: str) -> Spec:
    """Load a mapping, installed or beside the tests."""
    return spec.load(str(CONNECTORS / name) if name in FOR_TESTS else name, declared)


def row(mapping: str, entity: str, name: str, template: str = "", inner: str = "") -> Row:
    """Find a row by its name, or one inside the lines that it makes."""
    rows = loaded(mapping).entities[entity].rows
    found = next((each for each in rows if each.name == name), None)
    assert found, f"{mapping} has no row '{name}' in {entity}"
    if template:
        lines = next(each for each in found.lines if each.name == template)
        found = next((each for each in lines.rows if each.name == inner), None)
        assert found, f"{mapping} has no row '{inner}' in the {template} of {entity}"
    return found


def paths(parts: str | Mapping[str, str]) -> set[str]:
    """List the fields that a side of a row names."""
    return {parts} if isinstance(parts, str) else set(parts.values())


def names_all(wanted: str, parts: str | Mapping[str, str]) -> bool:
    """Tell whether a side of a row names all these fields, separated by blanks."""
    return parts == wanted or set(wanted.split()) <= paths(parts)


def sending(entity: Entity) -> list[str]:
    """List the sides of an entity from which anything travels."""
    return [side for side in entity.sources if entity.to == "both" or entity.to not in (side, "neither")]


# Every mapping -------------------------------------------------------------------------------------------------------


@pytest.mark.declares("G-03")
@pytest.mark.parametrize("name", ALL)
def test_a_mapping_is_written_in_the_grammar(name: str) -> None:
    file = CONNECTORS / name if name in FOR_TESTS else spec.find(name)
    document = yaml.load(file.read_text(encoding="utf-8"), name)
    errors = [
        error.message for error in grammar.validator(tuple(document.data.get("sides", ()))).iter_errors(document.data)
    ]

    assert not document.problems
    assert not errors


@pytest.mark.declares("G-06")
@pytest.mark.parametrize("name", ALL)
def test_a_mapping_loads_without_a_problem(name: str) -> None:
    assert loaded(name).entities


@pytest.mark.parametrize("name", ALL)
def test_an_entity_says_for_itself_what_happens(name: str) -> None:
    """Nothing destructive, and nothing surprising, is left to a default."""
    mapping = loaded(name)
    unsaid = []
    for entity in mapping.entities.values():
        for side in sending(entity):
            source = entity.sources[side]
            wanted = {"created", "changed", "deleted"}
            if mapping.manifests[side].resources[source.resource].active != "always" and not entity.for_each:
                wanted.add("deactivated")
                if entity.imports_from == side:
                    wanted.add("already_inactive")
            if source.is_:
                wanted.add("changed_kind")
            unsaid += [
                f"{entity.name}.{side}.{each}"
                for each in sorted(wanted)
                if ("entities", entity.name, "events", side, each) not in mapping.places
            ]

    assert unsaid == []


@pytest.mark.parametrize("name", ALL)
def test_an_entity_says_how_soon_its_changes_travel(name: str) -> None:
    silent = [
        f"{each.name}.{side}"
        for each in loaded(name).entities.values()
        for side in sending(each)
        if side not in each.rhythms
    ]

    assert silent == []


@pytest.mark.parametrize("name", INSTALLED)
def test_a_path_that_is_named_is_declared_by_its_system(name: str) -> None:
    mapping = loaded(name)
    lost = [
        f"{entity.name} / {each.name}: {path}"
        for entity in mapping.entities.values()
        for each in entity.rows
        for side, parts in each.sides.items()
        for alternatives in paths(parts)
        for path in alternatives.lstrip("!").split(" || ")
        if mapping.manifests[side].field_at(entity.sources[side].resource, path) is None
    ]

    assert lost == []


# The field tables of the help articles -------------------------------------------------------------------------------


class Promise(NamedTuple):
    """One line of a field table: what both sides call it there, and where it stands in the mapping."""

    here: str
    there: str
    row: str
    """Names separated by slashes: a row, or the way to one inside the lines of a document."""
    left: str
    """The fields of the first side, separated by blanks."""
    right: str


def promises() -> Iterator[Any]:
    """List what `field_tables.yaml` promises, each with its requirement, its mapping and its entity."""
    tables = yaml.load(
        (Path(__file__).parent / "field_tables.yaml").read_text(encoding="utf-8"), "field_tables.yaml"
    ).data
    for heading, lines in tables.items():
        requirement, mapping, entity = heading.split(" ", 2)
        for line in lines:
            promise = Promise(*line)
            mark = pytest.mark.declares(requirement)
            yield pytest.param(mapping, entity, promise, marks=mark, id=f"{requirement} {entity} {promise.here}")


@pytest.mark.parametrize(("mapping", "entity", "promise"), list(promises()))
def test_what_the_help_article_lists_is_in_the_mapping(mapping: str, entity: str, promise: Promise) -> None:
    found = row(mapping, entity, *promise.row.split(" / "))
    left, right = loaded(mapping).sides

    assert names_all(promise.left, found.sides[left])
    assert not promise.right or names_all(promise.right, found.sides[right])


@pytest.mark.declares("EB-18")
@pytest.mark.parametrize("name", EBOEKHOUDEN)
def test_a_visit_address_never_travels(name: str) -> None:
    assert row(name, "organisation", "Visit address").to == "neither"


@pytest.mark.declares("EB-19")
@pytest.mark.parametrize("name", EBOEKHOUDEN)
def test_a_new_product_may_be_edited_in_tribe(name: str) -> None:
    constants = loaded(name).entities["product"].sources["tribe"].set

    assert {each: constants[each] for each in ("IsPriceEditable", "IsDescriptionEditable", "IsVatEditable")} == {
        "IsPriceEditable": True,
        "IsDescriptionEditable": True,
        "IsVatEditable": True,
    }


# What happens, and what does not -------------------------------------------------------------------------------------


def then(mapping: str, entity: str, side: str, happening: str) -> str:
    """Tell what the other side gets when something happens on this one."""
    return loaded(mapping).entities[entity].events[side][happening].then


@pytest.mark.declares("EB-15")
@pytest.mark.declares("YU-11")
@pytest.mark.declares("WB-04")
@pytest.mark.parametrize("name", [*EBOEKHOUDEN, "tribe-yuki", "tribe-winbooks"])
def test_a_deletion_never_travels(name: str) -> None:
    travelling = [
        f"{entity.name}.{side}"
        for entity in loaded(name).entities.values()
        for side, events in entity.events.items()
        if events["deleted"].then != "ignore"
    ]

    assert travelling == []


@pytest.mark.declares("WB-04")
@pytest.mark.parametrize("entity", ["customer", "supplier", "private customer"])
def test_winbooks_deactivates_in_tribe_and_never_the_other_way_round(entity: str) -> None:
    assert then("tribe-winbooks", entity, "winbooks", "deactivated") == "deactivate"
    assert then("tribe-winbooks", entity, "tribe", "deactivated") == "ignore"


@pytest.mark.declares("EB-16")
@pytest.mark.declares("YU-11")
@pytest.mark.parametrize(("name", "side"), [*((each, "eboekhouden") for each in EBOEKHOUDEN), ("tribe-yuki", "yuki")])
def test_a_relation_that_is_deactivated_in_the_books_stays_active_in_tribe(name: str, side: str) -> None:
    assert {each.events[side]["deactivated"].then for each in loaded(name).entities.values()} <= {
        "ignore",
        "deactivate",
    }
    assert then(name, "organisation", side, "deactivated") == "ignore"
    assert then(name, "person", side, "deactivated") == "ignore"


@pytest.mark.declares("YU-03")
@pytest.mark.parametrize("entity", ["organisation", "organisation supplier", "person"])
def test_an_inactive_contact_is_not_imported_from_yuki(entity: str) -> None:
    assert loaded("tribe-yuki").entities[entity].imports_from == "yuki"
    assert then("tribe-yuki", entity, "yuki", "already_inactive") == "skip"


@pytest.mark.declares("YU-02")
def test_the_user_chooses_which_contacts_are_imported_and_sent() -> None:
    mapping = loaded("tribe-yuki")
    asked = {
        (name, side): condition.setting
        for name in ("organisation", "person")
        for side in ("tribe", "yuki")
        if (condition := mapping.entities[name].events[side]["created"].condition)
    }
    suppliers = mapping.entities["organisation supplier"].enabled

    assert asked == {
        ("organisation", "tribe"): "send companies",
        ("organisation", "yuki"): "take over companies",
        ("person", "tribe"): "send persons",
        ("person", "yuki"): "take over persons",
    }
    assert suppliers
    assert suppliers.setting == "suppliers"
    assert mapping.settings["suppliers"].suggest is False


@pytest.mark.declares("YU-04")
def test_tribe_numbers_the_contacts_of_yuki_and_activation_warns_when_it_does_not() -> None:
    mapping = loaded("tribe-yuki")
    warned = {each.name: each.condition for each in mapping.preflights}
    off = warned["Automatic numbering of debtors is off in Tribe"]

    assert {row("tribe-yuki", entity, "Debtor number").numbered_by for entity in ("organisation", "person")} == {
        "tribe"
    }
    assert off
    assert (off.setting, off.equals) == ("automatic numbering", False)
    assert "Customers in Tribe without a debtor number" in warned


@pytest.mark.declares("YU-06")
def test_tribe_keeps_the_id_of_yuki_and_equal_codes_are_proposed_at_first() -> None:
    for name in ("organisation", "person"):
        entity = loaded("tribe-yuki").entities[name]

        assert (entity.link_id_of, entity.link_kept_in) == ("yuki", "tribe")
        assert [(each.kind, each.rows) for each in entity.tiers] == [("any", (("Debtor number", ()),))]


@pytest.mark.declares("YU-07")
@pytest.mark.parametrize(("entity", "kind"), [("organisation", "Company"), ("person", "Person")])
def test_a_new_contact_in_yuki_is_of_its_kind_and_leaves_a_to_do(entity: str, kind: str) -> None:
    found = loaded("tribe-yuki").entities[entity]

    assert found.sources["yuki"].is_ == {"Type": kind}
    assert [(each.after_created_in, each.done_path) for each in found.follow_ups] == [("yuki", "IsCustomer")]


@pytest.mark.declares("YU-08")
def test_a_sent_invoice_without_the_id_of_another_connector_goes_to_yuki() -> None:
    invoice = loaded("tribe-yuki").entities["invoice"]
    mark = next(each for each in invoice.needs if each.path == "!ImportId")

    assert invoice.sources["tribe"].where == {"Phase.Code": "Sent"}
    assert (invoice.to, invoice.imports_from) == ("yuki", "")
    assert mark.only_created
    assert invoice.sources["yuki"].set["Process"] is True


@pytest.mark.parametrize("name", ALL)
def test_no_mapping_programs_in_a_path(name: str) -> None:
    """A path is a name, the first that is filled of several, or one that must be empty: for anything else the language has a word."""
    lines = spec.find(str(CONNECTORS / name) if name in FOR_TESTS else name).read_text(encoding="utf-8").splitlines()

    assert [each.strip() for each in lines if re.search(r"\[\?|&&|!\(|@", each)] == []


@pytest.mark.declares("YU-09")
def test_an_invoice_waits_for_the_customer_checkbox() -> None:
    need = next(each for each in loaded("tribe-yuki").entities["invoice"].needs if each.path == "IsCustomer")

    assert (need.of, need.equals) == ("Customer", True)
    assert need.cure


@pytest.mark.declares("YU-10")
def test_payments_do_not_come_back_from_yuki_and_the_article_says_so() -> None:
    mapping = loaded("tribe-yuki")

    assert all(each.sources["tribe"].resource != "payments" for each in mapping.entities.values())
    assert any(each.startswith("Payments") for each in mapping.not_synchronised)


@pytest.mark.declares("YU-14")
def test_tribe_leads_for_contacts() -> None:
    rows = [each for name in ("organisation", "person") for each in loaded("tribe-yuki").entities[name].rows]

    assert {each.leading for each in rows} == {"tribe"}


@pytest.mark.declares("WB-01")
def test_activating_winbooks_asks_for_its_connection_and_the_vat_groups() -> None:
    mapping = loaded("tribe-winbooks")

    assert [each.name for each in mapping.manifests["winbooks"].asks][:3] == ["email", "exchange_token", "folder"]
    assert mapping.settings["VAT groups"].for_each == ("tribe", "VAT groups")


@pytest.mark.declares("WB-02")
def test_relations_go_both_ways_with_winbooks_and_payments_come_back_every_day() -> None:
    entities = loaded("tribe-winbooks").entities
    both = [name for name, each in entities.items() if each.to == "both"]

    assert both == ["customer", "supplier", "private customer"]
    assert {entities[each].imports_from for each in both} == {"winbooks"}
    assert {entities[each].rhythms["tribe"][""].kind for each in both} == {"at_once"}
    assert {entities[each].rhythms["winbooks"][""].every.total_seconds() / 3600 for each in [*both, "payment"]} == {24}
    assert (entities["payment"].to, entities["payment"].for_each) == ("tribe", ("invoice", "credit note"))


@pytest.mark.declares("WB-03")
def test_a_sent_invoice_is_booked_in_balance() -> None:
    entities = loaded("tribe-winbooks").entities
    lines = row("tribe-winbooks", "invoice", "Invoice lines").lines

    assert [each.name for each in lines] == ["customer line", "revenue line", "VAT line"]
    assert {each.name for each in entities["invoice"].checks} >= {
        "the booking is balanced",
        "the lines make the invoice",
    }
    invoice, credit_note = (entities[each].sources["tribe"] for each in ("invoice", "credit note"))
    assert invoice.where == credit_note.where == {"Phase.Code": "Sent"}
    assert (invoice.is_, credit_note.is_) == ({"IsCredit": False}, {"IsCredit": True})
    assert entities["invoice"].sources["winbooks"].set["IsTemp"] is False


@pytest.mark.declares("SF-01")
def test_somebody_who_is_no_admin_hears_who_can_connect_a_firm() -> None:
    refusal = next(
        each for each in loaded("winbooks-silverfin").manifests["silverfin"].refusals if each.fits("403", "Forbidden")
    )

    assert "Admin" in refusal.because


@pytest.mark.declares("SF-02")
def test_an_expired_exchange_token_is_told_with_its_cure() -> None:
    manifest = loaded("winbooks-silverfin").manifests["winbooks"]
    refusal = next(each for each in manifest.refusals if each.fits("400", '{"error": "invalid_grant"}'))

    assert "Trust this application" in refusal.cure
    assert [each.name for each in manifest.asks if each.secret] == ["exchange_token"]


@pytest.mark.declares("SF-03")
def test_a_wrong_company_code_is_told_with_the_place_where_it_stands() -> None:
    scope = loaded("winbooks-silverfin").scope

    assert scope["silverfin"]["key"] == "sync_reference"
    assert "company switcher" in scope["unknown"]["cure"]


@pytest.mark.declares("SF-04")
def test_bookkeeping_goes_one_way_to_silverfin_and_takes_deletions_along() -> None:
    entities = loaded("winbooks-silverfin").entities

    assert {each.to for each in entities.values()} == {"silverfin"}
    assert then("winbooks-silverfin", "transaction", "winbooks", "changed") == "update"
    assert then("winbooks-silverfin", "transaction", "winbooks", "deleted") == "delete"
    assert entities["transaction"].brakes["deletions"]


@pytest.mark.declares("SF-04")
def test_a_document_number_is_a_number_in_winbooks_and_a_text_in_silverfin() -> None:
    assert row("winbooks-silverfin", "transaction", "Document number").operators == (("text", None),)


@pytest.mark.declares("SF-05")
def test_a_module_that_is_not_active_is_told_with_whom_to_contact() -> None:
    manifest = loaded("winbooks-silverfin").manifests["winbooks"]
    refusal = next(each for each in manifest.refusals if each.fits("403", "Rest API module is not active"))

    assert "WinBooks support" in refusal.cure


# What the other mappings show ----------------------------------------------------------------------------------------


def test_a_customers_own_file_changes_only_the_lines_that_it_says() -> None:
    theirs, ours = loaded("tribe-winbooks"), loaded("our-winbooks.yaml")
    customer = ours.entities["customer"]

    assert list(ours.entities) == list(theirs.entities)
    assert [each.name for each in customer.rows] == [
        each.name for each in theirs.entities["customer"].rows if each.name != "Website"
    ]
    assert row("our-winbooks.yaml", "customer", "Email").sides == {
        "tribe": "Organization.FinancialEmailAddress",
        "winbooks": "Third.DefaultContact.Email",
    }
    assert (
        set(customer.sources["winbooks"].is_)
        == set(ours.entities["private customer"].sources["winbooks"].is_)
        == {"Third.CivilityCode"}
    )
    assert ours.entities["invoice"] == theirs.entities["invoice"]


def test_a_third_tier_may_be_a_name_with_parts_of_an_address() -> None:
    tiers = loaded("tribe-exact.yaml").entities["organisation"].tiers

    assert tiers[1].kind == "all"
    assert tiers[1].rows == (("Organisation name", ()), ("Invoice address", ("postcode", "number", "suffix")))


def test_a_house_number_is_found_whether_it_stands_alone_or_in_a_line() -> None:
    """The third tier compares parts; one side keeps them apart, the other in one line."""
    organisation = rules.compile_rules(loaded("tribe-exact.yaml"), {}).entities["organisation"]
    parts = ("postcode", "number", "suffix")
    address = {
        "Street": "Kaai",
        "HouseNumber": 12,
        "HouseNumberSuffix": "a",
        "Postalcode": "9000",
        "City": "Gent",
        "Extra": None,
        "Country": None,
    }
    tribe = organisation.row("Invoice address").read("tribe", {"Organization": {"InvoiceAddress": address}})
    line = {"AddressLine1": "Kaai 12 A", "AddressLine2": None, "Postcode": "9000", "City": "Gent", "Country": "BE"}
    exact = organisation.row("Invoice address").read("exact", line)

    found = organisation.matched("tribe", "Invoice address", parts, tribe)
    assert found == organisation.matched("exact", "Invoice address", parts, exact) == "9000|12|a"


@pytest.mark.parametrize("last", ["Test", "van der Test"])
def test_a_name_is_found_whether_it_stands_in_parts_or_in_one_text(last: str) -> None:
    person = rules.compile_rules(loaded("tribe-eboekhouden"), {}).entities["person"]
    middle = None if "van" in last else "van der"
    records: dict[str, dict[str, Any]] = {
        "tribe": {"Person": {"FirstName": "Ada", "MiddleName": middle, "LastName": last}},
        "eboekhouden": {"Bedrijf": "Ada van der  Test"},
    }
    found = {
        side: person.matched(side, "Name", (), person.row("Name").read(side, record))
        for side, record in records.items()
    }

    assert found["tribe"] == found["eboekhouden"] == "adavandertest"


def test_one_invoice_becomes_one_of_two_documents() -> None:
    entities = loaded("tribe-exact.yaml").entities

    assert {
        name: each.enabled and each.enabled.equals for name, each in entities.items() if name in ("invoice", "order")
    } == {
        "invoice": "sales invoice",
        "order": "sales order",
    }
    assert entities["order"].rows[0].sides == {"tribe": "Relationship", "exact": "OrderedBy"}


def test_invoices_that_go_both_ways_are_two_entities() -> None:
    entities = loaded("tribe-pennylane.yaml").entities

    assert [(name, each.to) for name, each in entities.items() if name.startswith("invoice")] == [
        ("invoice", "pennylane"),
        ("invoice from Pennylane", "tribe"),
    ]


@pytest.mark.parametrize(("was", "now", "status"), [(False, True, "Paid"), (True, False, "Sent")])
def test_whether_an_invoice_is_paid_travels_back_from_pennylane(was: bool, now: bool, status: str) -> None:
    case = Case(loaded("tribe-pennylane.yaml"))
    before = {"pennylane": {"Status": was}, "tribe": {"Status": "Sent" if now else "Paid"}}

    decided = case.pair("paid status", before=before, after={"pennylane": {"Status": now}})

    assert case.entity("paid status").entity.for_each == ("invoice", "invoice from Pennylane")
    assert [(each.side, each.verb, each.changes["Phase"]["Code"]) for each in writes(decided)] == [
        ("tribe", "update", status)
    ]
