"""The Tribe sandbox takes bodies as Tribe does, as far as anybody outside knows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tribe_talk import CUSTOMERS, LONG_AGO, ORGANISATIONS, PRIVATE_CUSTOMERS, SUPPLIERS, Client, started

from syncrules_providers.sandboxes.tribe import TribeSandbox
from syncrules_providers.sandboxes.tribe_model import Refused


@pytest.fixture
def tribe() -> Iterator[TribeSandbox]:
    with started() as sandbox:
        yield sandbox


@pytest.fixture
def client(tribe: TribeSandbox) -> Iterator[Client]:
    with Client(tribe) as made:
        yield made


# Writing --------------------------------------------------------------------------------------------------------------


def test_a_post_with_an_id_is_an_update(tribe: TribeSandbox, client: Client) -> None:
    before = tribe.one(ORGANISATIONS, Name="Meelfabriek")
    answer = client.send("POST", ORGANISATIONS, {"ID": before["ID"], "Name": "Molen"})

    assert answer.status_code == 200
    assert answer.json()["ID"] == before["ID"]
    after = tribe.one(ORGANISATIONS, Name="Molen")
    assert after["CreditorNumber"] == "20017"
    assert client.refusal("POST", ORGANISATIONS, {"ID": "00000000-0000-4000-8000-000000000000", "Name": "Spook"}) == 404
    assert client.refusal("POST", ORGANISATIONS, {"ID": "seven", "Name": "Spook"}) == 400


def test_a_put_changes_only_what_it_brings(tribe: TribeSandbox, client: Client) -> None:
    before = tribe.one(ORGANISATIONS, Name="Bakkerij De Halm")
    client.put(f"{ORGANISATIONS}({before['ID']})", {"Website": "https://halm.example", "IBAN": None})

    after = tribe.one(ORGANISATIONS, Name="Bakkerij De Halm")
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"Website", "IBAN", "LastMutationDate"}
    assert (
        client.refusal("PUT", f"{ORGANISATIONS}({before['ID']})", {"ID": tribe.own_relation, "Name": "Anders"}) == 400
    )


def test_patch_is_not_allowed(tribe: TribeSandbox, client: Client) -> None:
    key = tribe.one("Product", Code="OND-01")["ID"]

    assert client.refusal("PATCH", f"Product({key})", {"Name": "X"}) == 405
    assert client.refusal("PUT", "Product", {"Name": "X"}) == 405
    assert client.refusal("POST", f"Product({key})", {"Name": "X"}) == 405


@pytest.mark.parametrize(
    ("set_name", "body"),
    [
        (ORGANISATIONS, {}),
        (ORGANISATIONS, {"Name": ""}),
        (ORGANISATIONS, {"Name": None}),
        (ORGANISATIONS, {"Name": 7}),
        (ORGANISATIONS, {"Name": "A", "VatNumber": "NL1"}),
        (ORGANISATIONS, {"Name": "A", "_Name": "B"}),
        (ORGANISATIONS, {"Name": "A", "CreationDate": LONG_AGO}),
        (ORGANISATIONS, {"Name": "A", "NumberOfEmployees": 1.5}),
        (ORGANISATIONS, {"Name": "A", "FoundingDate": "2026-03-01"}),
        (ORGANISATIONS, {"Name": "A", "InvoiceAddress": "Dorpsstraat 1"}),
        (ORGANISATIONS, {"Name": "A", "Addresses": {"City": "Utrecht"}}),
        (ORGANISATIONS, {"Name": "A", "Addresses": ["Utrecht"]}),
        (ORGANISATIONS, {"Name": "A", "InvoiceAddress": {"HouseNumber": "12"}}),
        (ORGANISATIONS, {"Name": "A", "InvoiceAddress": {"Country": {"ID": "NL"}}}),
        (ORGANISATIONS, {"Name": "A", "InvoiceAddress": {"ID": "00000000-0000-4000-8000-000000000000"}}),
        ("Relation_Person", {"FirstName": "Ada"}),
        (CUSTOMERS, {"Organization": {"Name": "A"}}),
        ("Product", {"Name": "A", "IsInactive": "no"}),
        ("Product", {"Name": "A"}),
        (ORGANISATIONS, [{"Name": "A"}]),
    ],
)
def test_a_body_that_is_not_right_is_refused(tribe: TribeSandbox, client: Client, set_name: str, body: object) -> None:
    before = len(tribe.rows("Relation")), len(tribe.rows("Address"))

    assert client.refusal("POST", set_name, body) == 400
    assert (len(tribe.rows("Relation")), len(tribe.rows("Address"))) == before


def test_a_role_needs_both_ends(tribe: TribeSandbox, client: Client) -> None:
    own = {"ID": tribe.own_relation}

    assert client.refusal("POST", CUSTOMERS, {"Relation": own}) == 400
    assert client.refusal("POST", CUSTOMERS, {"Relation": own, "Person": {"LastName": "Test"}}) == 400
    assert client.refusal("POST", PRIVATE_CUSTOMERS, {"Relation": own, "Person": {"FirstName": "Ada"}}) == 400
    role = tribe.one(PRIVATE_CUSTOMERS, Person__LastName="Test")["ID"]
    assert client.refusal("PUT", f"Relationship({role})", {"Organization": own}) == 400


def test_a_deep_insert_that_fails_inside_leaves_nothing_behind(tribe: TribeSandbox, client: Client) -> None:
    address = {"City": "Utrecht", "Country": {"ID": "00000000-0000-4000-8000-000000000000"}}
    body = {
        "Relation": {"ID": tribe.own_relation},
        "Organization": {"Name": "Half", "PostalAddress": {"City": "Gent"}, "InvoiceAddress": address},
    }
    before = len(tribe.rows("Relation")), len(tribe.rows("Address"))

    assert client.refusal("POST", CUSTOMERS, body) == 400
    assert (len(tribe.rows("Relation")), len(tribe.rows("Address"))) == before


def test_a_deep_insert_makes_everything_that_is_nested(tribe: TribeSandbox, client: Client) -> None:
    belgium = {"ID": tribe.lookup("Datastore_Country", "BE")}
    address = {"Street": "Haven", "HouseNumber": 5, "City": "Gent", "Country": belgium}
    client.post(
        CUSTOMERS,
        {"Relation": {"ID": tribe.own_relation}, "Organization": {"Name": "Diep NV", "InvoiceAddress": address}},
    )

    organisation = tribe.one(CUSTOMERS, Name="Diep NV")["Organization"]
    assert organisation["InvoiceAddress"]["Country"]["Code"] == "BE"
    assert tribe.one("Address", City="Gent", Street="Haven", HouseNumber=5)["Organization"]["ID"] == organisation["ID"]


def test_a_role_can_be_given_to_an_organisation_that_exists(tribe: TribeSandbox, client: Client) -> None:
    key = tribe.one(ORGANISATIONS, Name="Meelfabriek")["ID"]
    client.post(CUSTOMERS, {"Relation": {"ID": tribe.own_relation}, "Organization": {"ID": key, "Name": "ignored"}})

    assert tribe.one(CUSTOMERS, Organization__CreditorNumber="20017")["Organization"]["Name"] == "Meelfabriek"
    assert tribe.one(ORGANISATIONS, Name="Meelfabriek")["LastMutationDate"] is None


def test_a_link_is_cleared_with_null_and_the_other_row_stays(tribe: TribeSandbox, client: Client) -> None:
    key = tribe.one(ORGANISATIONS, Name="Bakkerij De Halm")["ID"]
    client.put(f"{ORGANISATIONS}({key})", {"VisitingAddress": None})

    assert tribe.one(ORGANISATIONS, Name="Bakkerij De Halm")["VisitingAddress"] is None
    assert tribe.one("Address", Street="Dorpsstraat")["Organization"]["ID"] == key
    role = tribe.one(CUSTOMERS, Organization__Name="Bakkerij De Halm")["ID"]
    assert client.refusal("PUT", f"{CUSTOMERS}({role})", {"Organization": None}) == 400


def test_an_address_without_id_in_an_update_is_a_new_one_and_the_old_one_is_an_orphan(
    tribe: TribeSandbox, client: Client
) -> None:
    key = tribe.one(ORGANISATIONS, Name="Bakkerij De Halm")["ID"]
    client.put(f"{ORGANISATIONS}({key})", {"VisitingAddress": {"City": "Zeist"}})

    assert tribe.one(ORGANISATIONS, ID=key)["VisitingAddress"]["Street"] is None
    assert tribe.one("Address", City="Utrecht")["Organization"]["ID"] == key


def test_an_address_posted_for_a_person_becomes_the_address_of_that_person(tribe: TribeSandbox, client: Client) -> None:
    person = tribe.add("Relation_Person", LastName="Dakloos")
    client.post("Address", {"Person": {"ID": person}, "City": "Delft", "HouseNumber": 3})

    assert tribe.one("Relation_Person", LastName="Dakloos")["Address"]["City"] == "Delft"


def test_lookups_are_only_read(tribe: TribeSandbox, client: Client) -> None:
    unit = tribe.lookup("Datastore_Unit", "uur")

    assert client.refusal("POST", "Datastore_Unit", {"Name": "pallet"}) == 405
    assert client.refusal("PUT", f"Datastore_Unit({unit})", {"Name": "pallet"}) == 405
    assert client.refusal("DELETE", f"Datastore_Unit({unit})") == 405
    assert (
        client.refusal("PUT", f"Product({tribe.one('Product', Code='OND-01')['ID']})", {"Unit": {"Name": "pallet"}})
        == 405
    )


def test_a_product_code_occurs_once(tribe: TribeSandbox, client: Client) -> None:
    bread = tribe.one("Product", Code="BRD-01")["ID"]

    assert client.refusal("PUT", f"Product({bread})", {"Code": "OND-01"}) == 400
    client.put(f"Product({bread})", {"Code": "BRD-02"})
    client.put(f"Product({bread})", {"Code": "BRD-01"})
    assert tribe.one("Product", ID=bread)["Code"] == "BRD-01"


def test_a_lead_becomes_a_customer_and_keeps_its_id(tribe: TribeSandbox, client: Client) -> None:
    prospects = "Relationship_Organization_CommercialRelationship_Prospect"
    key = tribe.one(prospects, Name="Misschien BV")["ID"]
    answer = client.post(prospects, {"ID": key, "_UpgradeType": CUSTOMERS, "PaymentTermInDays": 8})

    assert (answer["ID"], answer["_Type"]) == (key, "Relationship.Organization.CommercialRelationship.Customer")
    assert answer["UpgradeDate"] is not None
    assert tribe.rows(prospects) == []
    assert tribe.one(CUSTOMERS, ID=key)["PaymentTermInDays"] == 8
    assert client.refusal("GET", f"{prospects}({key})") == 404
    assert client.refusal("POST", CUSTOMERS, {"ID": key, "_UpgradeType": SUPPLIERS}) == 400
    assert client.refusal("POST", CUSTOMERS, {"ID": key, "_UpgradeType": PRIVATE_CUSTOMERS}) == 400
    address = tribe.one("Address", City="Utrecht")["ID"]
    assert client.refusal("POST", "Address", {"ID": address, "_UpgradeType": CUSTOMERS}) == 400


def test_customers_are_numbered_where_that_is_switched_on() -> None:
    with started(auto_number_debtors=True) as tribe:
        own = {"ID": tribe.own_relation}
        tribe.add(CUSTOMERS, Relation=own, Organization={"Name": "Zonder nummer"})
        tribe.add(CUSTOMERS, Relation=own, Organization={"Name": "Met nummer", "DebtorNumber": "99"})
        numbered = tribe.one(ORGANISATIONS, Name="Zonder nummer")

        assert (numbered["DebtorNumber"], numbered["LastMutationDate"]) == ("10051", None)
        assert tribe.one(ORGANISATIONS, Name="Met nummer")["DebtorNumber"] == "99"


def test_customers_are_not_numbered_by_default(tribe: TribeSandbox) -> None:
    tribe.add(CUSTOMERS, Relation={"ID": tribe.own_relation}, Organization={"Name": "Zonder nummer"})

    assert tribe.one(CUSTOMERS, Name="Zonder nummer")["Organization"]["DebtorNumber"] is None


def test_moments_are_utc_and_the_mutation_date_is_empty_until_the_first_edit(tribe: TribeSandbox) -> None:
    key = tribe.add(ORGANISATIONS, Name="Vers")
    fresh = tribe.one(ORGANISATIONS, ID=key)
    tribe.edit(ORGANISATIONS, key, Website="https://vers.example")
    edited = tribe.one(ORGANISATIONS, ID=key)

    assert fresh["CreationDate"].endswith("Z")
    assert fresh["LastMutationDate"] is None
    assert edited["CreationDate"] == fresh["CreationDate"]
    assert edited["LastMutationDate"] >= fresh["CreationDate"][:-1]


def test_a_change_in_a_part_does_not_stamp_its_owner(tribe: TribeSandbox, client: Client) -> None:
    role = tribe.one(CUSTOMERS, Organization__DebtorNumber="10042")
    tribe.edit("Address", role["Organization"]["VisitingAddress"]["ID"], City="Zeist")

    assert client.filtered(CUSTOMERS, f"LastMutationDate ge {LONG_AGO}") == []
    assert client.filtered(CUSTOMERS, f"Organization/LastMutationDate ge {LONG_AGO}") == []
    assert client.filtered(CUSTOMERS, f"Organization/VisitingAddress/LastMutationDate ge {LONG_AGO}") == [
        "Bakkerij De Halm"
    ]
    tribe.edit(ORGANISATIONS, role["Organization"]["ID"], PhoneNumber="030-1")
    assert client.filtered(CUSTOMERS, f"Organization/LastMutationDate ge {LONG_AGO}") == ["Bakkerij De Halm"]
    assert tribe.one(CUSTOMERS, ID=role["ID"])["LastMutationDate"] is None


def test_numbers_of_type_double_have_a_point(client: Client) -> None:
    text = client.send("GET", "Address?$filter=Street eq 'Dorpsstraat'").text

    assert '"HouseNumber":12.0' in text
    assert '"SalesPrice":100.0' in client.send("GET", "Product?$filter=Code eq 'OND-01'").text


# Deleting and merging -------------------------------------------------------------------------------------------------


def test_who_has_activities_cannot_be_deleted(tribe: TribeSandbox, client: Client) -> None:
    role = tribe.one(CUSTOMERS, Organization__DebtorNumber="10042")

    assert client.refusal("DELETE", f"{CUSTOMERS}({role['ID']})") == 400
    assert client.refusal("DELETE", f"{ORGANISATIONS}({role['Organization']['ID']})") == 400
    assert tribe.one(CUSTOMERS, ID=role["ID"])["Organization"]["Name"] == "Bakkerij De Halm"
    assert client.refusal("DELETE", f"Product({tribe.one('Product', Code='OND-01')['ID']})") == 400


def test_who_has_none_goes_with_roles_and_addresses(tribe: TribeSandbox, client: Client) -> None:
    person = tribe.one("Relation_Person", LastName="Test")["ID"]

    assert client.send("DELETE", f"Relation_Person({person})").status_code == 204
    assert tribe.rows(PRIVATE_CUSTOMERS) == []
    assert [each["City"] for each in tribe.rows("Address")] == ["Utrecht"]
    assert client.refusal("DELETE", f"Relation_Person({person})") == 404


def test_a_link_to_what_was_deleted_is_empty(tribe: TribeSandbox) -> None:
    address = tribe.one("Address", City="Utrecht")["ID"]
    tribe.remove("Address", address)

    assert tribe.one(ORGANISATIONS, Name="Bakkerij De Halm")["VisitingAddress"] is None


def test_what_another_row_needs_stays(tribe: TribeSandbox, client: Client) -> None:
    group = tribe.one("ProductGroup", Name="Eten")["ID"]

    assert client.refusal("DELETE", f"ProductGroup({group})") == 400
    tribe.remove("Product", tribe.one("Product", Code="BRD-01")["ID"])
    assert client.send("DELETE", f"ProductGroup({group})").status_code == 204


def test_employees_and_the_own_organisation_stay(tribe: TribeSandbox, client: Client) -> None:
    employee = client.get("GetCurrentEmployee()")["ID"]
    own = client.get("Relationship_Organization_Identity")["value"][0]["ID"]

    assert client.refusal("DELETE", f"Relationship_Person_Contact_Employee({employee})") == 400
    assert client.refusal("DELETE", f"Relationship_Organization_Identity({own})") == 405
    assert client.refusal("DELETE", f"{ORGANISATIONS}({tribe.own_relation})") in (400, 405)


def test_a_merge_moves_roles_and_deletes_the_loser(tribe: TribeSandbox, client: Client) -> None:
    winner = tribe.one(ORGANISATIONS, Name="Bakkerij De Halm")["ID"]
    loser = tribe.one(ORGANISATIONS, Name="Fietsen 't Zadel")["ID"]
    lost_role = tribe.one(CUSTOMERS, Organization__ID=loser)["ID"]
    tribe.merge(winner, loser)

    assert client.refusal("GET", f"{ORGANISATIONS}({loser})") == 404
    assert client.refusal("GET", f"{CUSTOMERS}({lost_role})") == 404
    assert tribe.one(SUPPLIERS, Organization__ID=winner)["Name"] == "Bakkerij De Halm"
    role = tribe.one(CUSTOMERS, Organization__ID=winner)["ID"]
    assert {each["Relationship"]["ID"] for each in tribe.rows("Activity_Invoice")} == {role}


def test_a_merge_moves_what_stands_below_the_loser(tribe: TribeSandbox) -> None:
    winner = tribe.one(ORGANISATIONS, Name="Bakkerij De Halm")["ID"]
    loser = tribe.one(ORGANISATIONS, Name="Meelfabriek")["ID"]
    tribe.add("Relationship_Person_Contact_Standard", Relation={"ID": loser}, Person={"LastName": "Molenaar"})
    tribe.merge(winner, loser)

    contact = tribe.one("Relationship_Person_Contact_Standard", Person__LastName="Molenaar")
    assert contact["Relation"]["ID"] == winner


def test_only_two_of_a_kind_can_be_merged(tribe: TribeSandbox) -> None:
    with pytest.raises(Refused):
        tribe.merge(tribe.own_relation, tribe.one("Relation_Person", LastName="Test")["ID"])


def test_a_former_customer_keeps_its_role(tribe: TribeSandbox) -> None:
    key = tribe.one(CUSTOMERS, Organization__DebtorNumber="10043")["ID"]
    tribe.make_former(CUSTOMERS, key)

    role = tribe.one(CUSTOMERS, ID=key)
    assert role["IsFormer"] is True
    assert role["FormerDate"] is not None
