"""The Tribe sandbox answers queries as Tribe does, as far as anybody outside knows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from tribe_talk import CUSTOMERS, LONG_AGO, ORGANISATIONS, PRIVATE_CUSTOMERS, SUPPLIERS, Client, started

from syncrules_providers.sandboxes.tribe import TribeSandbox


@pytest.fixture
def tribe() -> Iterator[TribeSandbox]:
    with started() as sandbox:
        yield sandbox


@pytest.fixture
def client(tribe: TribeSandbox) -> Iterator[Client]:
    with Client(tribe) as made:
        yield made


# Reading --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("Name eq 'Meelfabriek'", ["Meelfabriek"]),
        ("Name eq 'meelfabriek'", []),
        ("Name eq 'Fietsen ''t Zadel'", ["Fietsen 't Zadel"]),
        ("contains(Name,'FABRIEK')", ["Meelfabriek"]),
        ("startswith(Name,'bakk')", ["Bakkerij De Halm"]),
        ("endswith(Name,'BV')", ["Voorbeeld BV", "Misschien BV"]),
        ("DebtorNumber ne null and CreditorNumber ne null", ["Fietsen 't Zadel"]),
        ("DebtorNumber eq null and not contains(Name,'bv')", ["Meelfabriek"]),
        (
            "not (DebtorNumber eq null) and (DebtorNumber gt '10042' or Name lt 'C')",
            ["Bakkerij De Halm", "Fietsen 't Zadel"],
        ),
        ("_Name eq 'Meelfabriek' and _Type eq 'Relation.Organization'", ["Meelfabriek"]),
        ("VisitingAddress/City eq 'Utrecht'", ["Bakkerij De Halm"]),
        ("VisitingAddress/HouseNumber ge 12", ["Bakkerij De Halm"]),
        ("VisitingAddress/Country/Code eq 'NL'", ["Bakkerij De Halm"]),
        ("VisitingAddress/City ne 'Utrecht'", []),
        ("VisitingAddress/Extra ne null", []),
        ("CreationDate lt 2020-01-01T01:00:00%2B01:00", []),
    ],
)
def test_a_filter_finds_what_it_says(client: Client, condition: str, names: list[str]) -> None:
    assert client.filtered(ORGANISATIONS, condition) == names


def test_an_empty_link_on_the_way_makes_every_comparison_false_but_that_with_null(client: Client) -> None:
    assert len(client.filtered(CUSTOMERS, "Organization/VisitingAddress/City eq null")) == 1
    assert len(client.filtered(CUSTOMERS, f"Organization/VisitingAddress/CreationDate ge {LONG_AGO}")) == 1


def test_a_boolean_is_a_condition_by_itself(client: Client) -> None:
    assert client.filtered("Product", "IsInactive") == ["Brood"]
    assert client.filtered("Product", "IsInactive eq false") == ["Onderhoud"]
    assert client.filtered("Product", "not IsInactive") == ["Onderhoud"]


def test_a_guid_in_a_filter_has_no_quotes(tribe: TribeSandbox, client: Client) -> None:
    key = tribe.one(ORGANISATIONS, Name="Meelfabriek")["ID"]

    assert client.filtered(SUPPLIERS, f"Organization/ID eq {key.upper()}") == ["Meelfabriek"]
    assert client.refusal("GET", f"{SUPPLIERS}?$filter=Organization/ID eq '{key}'") == 400


@pytest.mark.parametrize(
    "query",
    [
        "$filter=Name in ('A','B')",
        "$filter=Name has 'A'",
        "$filter=Addresses/any(a: a/City eq 'Utrecht')",
        "$filter=Addresses/City eq 'Utrecht'",
        "$filter=VatNumber eq 'NL001234567B01'",
        "$filter=name eq 'Meelfabriek'",
        "$filter=Name eq 5",
        "$filter=Name",
        "$filter=Name eq",
        "$filter=(Name eq 'A'",
        "$filter=Name eq 'A",
        "$filter=Name eq 'A' and",
        "$filter=not Name eq 'A'",
        "$filter=toupper(Name) eq 'A'",
        "$filter=contains(Name,5)",
        "$filter=CreationDate ge 2026-03-01",
        "$filter=CreationDate ge '2026-03-01T00:00:00Z'",
        "$filter=CreationDate ge 2026-13-01T00:00:00Z",
        "$filter=CreationDate ge 2026-03-01T00:00:00+01:00",
        "$filter=IsActive gt true",
        "$filter=",
        "$select=Nam",
        "$expand=Country",
        "$expand=VisitingAddress($expand=Nowhere)",
        "$expand=VisitingAddress($select=City",
        "$orderby=Nothing",
        "$orderby=Name down",
        "$top=ten",
        "$top=-1",
        "$skip=-1",
        "$count=yes",
        "$top=1&$top=2",
        "$limit=5",
    ],
)
def test_a_query_that_tribe_does_not_understand_is_refused(client: Client, query: str) -> None:
    assert client.refusal("GET", f"{ORGANISATIONS}?{query}") == 400


def test_a_plus_is_no_blank(client: Client) -> None:
    assert client.refusal("GET", f"{ORGANISATIONS}?$filter=Name+eq+'Meelfabriek'") == 400
    assert client.refusal("GET", f"{ORGANISATIONS}?$orderby=Name+desc") == 400
    assert client.filtered(ORGANISATIONS, "PhoneNumber eq '+31 30 0000000'") == ["Bakkerij De Halm"]
    assert client.filtered(ORGANISATIONS, "Name%20eq%20'Meelfabriek'") == ["Meelfabriek"]


def test_an_escaped_dollar_is_a_dollar(client: Client) -> None:
    assert client.names(f"{ORGANISATIONS}?%24filter=Name eq 'Meelfabriek'&%24top=1") == ["Meelfabriek"]
    assert client.http.get("/v1/odata/%24metadata").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "$batch",
        "Product?$search=x",
        "Product?$apply=x",
        "Product/$count",
        "Product?$expand=*",
        "Product?$expand=Unit($top=1)",
    ],
)
def test_what_nobody_has_seen_tribe_do_is_not_implemented(client: Client, path: str) -> None:
    assert client.refusal("GET", path) == 501


def test_select_always_brings_the_id(client: Client) -> None:
    [row] = client.get("Product?$select=Code&$filter=Code eq 'OND-01'")["value"]

    assert set(row) == {"ID", "Code"}


def test_a_link_that_is_not_expanded_is_absent_and_an_empty_one_is_null(client: Client) -> None:
    [plain] = client.get(f"{ORGANISATIONS}?$filter=Name eq 'Meelfabriek'")["value"]
    [wide] = client.get(f"{ORGANISATIONS}?$filter=Name eq 'Meelfabriek'&$expand=InvoiceAddress,Addresses")["value"]

    assert "InvoiceAddress" not in plain
    assert wide["InvoiceAddress"] is None
    assert wide["Addresses"] == []


def test_expansions_nest_and_choose(client: Client) -> None:
    [row] = client.get(
        f"{CUSTOMERS}?$filter=Organization/Name eq 'Bakkerij De Halm'&$select=Name"
        "&$expand=Organization($select=Name;$expand=VisitingAddress($select=City;$expand=Country($select=Code)),Relationships($select=Name))"
    )["value"]

    organisation = row["Organization"]
    assert set(row) == {"ID", "Name", "Organization"}
    assert set(organisation) == {"ID", "Name", "VisitingAddress", "Relationships"}
    assert set(organisation["VisitingAddress"]) == {"ID", "City", "Country"}
    assert [each["Name"] for each in organisation["Relationships"]] == ["Bakkerij De Halm"]


def test_rows_are_ordered_and_an_empty_value_comes_first(client: Client) -> None:
    assert client.names("Relation_Organization?$orderby=DebtorNumber desc,Name&$top=3") == [
        "Fietsen 't Zadel",
        "Bakkerij De Halm",
        "Meelfabriek",
    ]
    assert client.names(f"{CUSTOMERS}?$orderby=Organization/DebtorNumber desc") == [
        "Fietsen 't Zadel",
        "Bakkerij De Halm",
    ]
    assert client.names("Relation_Organization?$orderby=DebtorNumber,Name&$skip=3") == [
        "Bakkerij De Halm",
        "Fietsen 't Zadel",
    ]


def test_a_page_has_a_usual_and_a_greatest_length() -> None:
    with started(page_size_default=2, page_size_max=3) as tribe, Client(tribe) as client:
        usual = client.get("Relation_Organization?$count=true")
        greatest = client.get("Relation_Organization?$top=1000")
        rest = client.get("Relation_Organization?$top=1000&$skip=3")

    assert (usual["@odata.count"], len(usual["value"])) == (5, 2)
    assert "@odata.nextLink" not in usual
    assert (len(greatest["value"]), len(rest["value"])) == (3, 2)


def test_a_link_can_be_followed_in_the_path(tribe: TribeSandbox, client: Client) -> None:
    product = tribe.one("Product", Code="OND-01")["ID"]
    invoice = tribe.one("Activity_Invoice", Number="20260017")["ID"]

    assert client.get(f"Product({product})/Unit")["Name"] == "uur"
    assert len(client.get(f"Activity_Invoice({invoice})/ProductLines?$filter=Product/Code eq 'OND-01'")["value"]) == 1
    assert client.get(f"Activity_Invoice({invoice})/Relationship/Organization")["DebtorNumber"] == "10042"
    assert client.send("GET", f"Activity_Invoice({invoice})/Contact").status_code == 204
    assert client.refusal("GET", f"Product({product})/Wheels") == 404


def test_the_current_employee_is_a_person_of_the_own_organisation(tribe: TribeSandbox, client: Client) -> None:
    employee = client.get("GetCurrentEmployee()?$expand=Person,Relation($select=ID)")

    assert employee["_Type"] == "Relationship.Person.Contact.Employee"
    assert employee["Person"]["_Type"] == "Relation.Person"
    assert employee["Relation"]["ID"] == tribe.own_relation


def test_a_key_is_a_bare_guid(tribe: TribeSandbox, client: Client) -> None:
    key = tribe.one("Product", Code="OND-01")["ID"]

    assert client.get(f"Product({key})")["Code"] == "OND-01"
    assert client.refusal("GET", f"Product('{key}')") == 400
    assert client.refusal("GET", "Product(7)") == 400
    assert client.refusal("GET", "Product(00000000-0000-4000-8000-000000000000)") == 404
    assert client.refusal("GET", f"Relation_Organization({key})") == 404
    assert client.refusal("GET", f"Robot({key})") == 404


def test_the_base_sets_show_every_kind_but_only_what_all_kinds_have(tribe: TribeSandbox, client: Client) -> None:
    relations = client.get("Relation")["value"]

    assert {each["_Type"] for each in relations} == {"Relation.Organization", "Relation.Person"}
    assert all("DebtorNumber" in each and "Name" not in each and "LastName" not in each for each in relations)
    assert all(
        "PaymentTermInDays" not in each
        for each in client.get("Relationship_Organization_CommercialRelationship")["value"]
    )
    role = tribe.one(CUSTOMERS, Organization__DebtorNumber="10042")["ID"]
    assert client.put(f"Relationship({role})", {"IsFormer": True})["IsFormer"] is True
    assert client.refusal("PUT", f"Relationship({role})", {"PaymentTermInDays": 8}) == 400
    assert client.refusal("POST", "Relation", {"DebtorNumber": "1"}) == 400
    assert client.refusal("POST", "Activity", {"Subject": "Nee"}) == 400


def test_a_role_can_be_deleted_through_its_base_set(tribe: TribeSandbox, client: Client) -> None:
    role = tribe.one(SUPPLIERS, Organization__Name="Meelfabriek")["ID"]

    assert client.send("DELETE", f"Relationship({role})").status_code == 204
    assert [each["Name"] for each in tribe.rows(SUPPLIERS)] == ["Fietsen 't Zadel"]


def test_the_debtor_of_an_invoice_is_found_through_the_base_role(client: Client) -> None:
    [row] = client.get(
        "Activity_Invoice?$filter=Number eq '20260017'"
        "&$expand=Relationship($expand=Organization($select=DebtorNumber),Person)"
    )["value"]

    assert row["Relationship"]["Organization"]["DebtorNumber"] == "10042"
    assert row["Relationship"]["Person"] is None


def test_a_person_has_a_composed_name_and_a_private_address(client: Client) -> None:
    [row] = client.get(f"{PRIVATE_CUSTOMERS}?$expand=Person($expand=Address($expand=Country))")["value"]

    person = row["Person"]
    assert (row["_Name"], person["_Name"]) == ("Ada van der Test", "Ada van der Test")
    assert (person["FirstName"], person["MiddleName"], person["LastName"]) == ("Ada", "van der", "Test")
    assert (person["Address"]["HouseNumber"], person["Address"]["HouseNumberSuffix"]) == (None, "1A")
    assert person["Address"]["Country"]["Code"] == "BE"


def test_the_metadata_lists_sets_properties_and_links(client: Client) -> None:
    answer = client.http.get("/v1/odata/$metadata")

    assert answer.headers["content-type"] == "application/xml"
    tree = ElementTree.fromstring(answer.text)
    edm = "{http://docs.oasis-open.org/odata/ns/edm}"
    sets = {each.get("Name") for each in tree.iter(f"{edm}EntitySet")}
    assert {"Relation", CUSTOMERS, "Datastore_AdressType", "ProductLine"} <= sets
    organisation = next(each for each in tree.iter(f"{edm}EntityType") if each.get("Name") == "Relation_Organization")
    types = {each.get("Name"): each.get("Type") for each in organisation if each.get("Name")}
    assert types["VATNumber"] == "Edm.String"
    assert types["Addresses"] == "Collection(Tribe.Address)"
    assert client.get("$metadata?$format=json")["Tribe"]["Address"]["HouseNumber"]["$Type"] == "Edm.Double"
    assert {each["name"] for each in client.get("")["value"]} == sets


def test_countries_units_rates_and_phases_are_there(client: Client) -> None:
    assert {"NL", "BE", "DE", "FR", "LU", "GB", "US", "ES"} <= {
        each["Code"] for each in client.get("Datastore_Country")["value"]
    }
    assert client.names("Datastore_Unit?$filter=IsDefault eq true") == ["stuk"]
    rates = client.get("Datastore_VatGroup?$expand=Country($select=Code)")["value"]
    assert [(each["Name"], each["Code"], each["Percentage"]) for each in rates] == [
        ("NL - 21%", "NL21", 21.0),
        ("NL - 9%", "NL9", 9.0),
        ("NL - 0%", "NL0", 0.0),
    ]
    assert [each["Code"] for each in client.get("Datastore_Phase_ActivityInvoice")["value"]] == [
        "Draft",
        "Sent",
        "Reminder",
        "Paid",
    ]


# A moment ago ---------------------------------------------------------------------------------------------------------


def test_what_a_team_keeps_to_itself_is_absent_without_a_word(tribe: TribeSandbox, client: Client) -> None:
    role = tribe.one(CUSTOMERS, Organization__DebtorNumber="10042")
    before = client.get(f"{CUSTOMERS}?$count=true")["@odata.count"]
    tribe.keep_back(role["ID"], role["Organization"]["ID"])

    assert client.get(f"{CUSTOMERS}?$count=true")["@odata.count"] == before - 1
    assert client.filtered(ORGANISATIONS, "DebtorNumber eq '10042'") == []
    assert client.refusal("GET", f"{CUSTOMERS}({role['ID']})") == 404
    assert client.refusal("PUT", f"{CUSTOMERS}({role['ID']})", {"PaymentTermInDays": 1}) == 404
    assert client.refusal("POST", CUSTOMERS, {"ID": role["ID"], "PaymentTermInDays": 1}) == 404
    assert (
        client.get("Activity_Invoice?$filter=Number eq '20260017'&$expand=Relationship")["value"][0]["Relationship"]
        is None
    )
    assert tribe.one(CUSTOMERS, ID=role["ID"])["PaymentTermInDays"] == 30


def test_queries_may_lag_behind_writes() -> None:
    with started(stale_read_ms=60_000) as tribe, Client(tribe) as client:
        made = client.post(ORGANISATIONS, {"Name": "Vers"})
        key = tribe.one(ORGANISATIONS, Name="Meelfabriek")["ID"]
        changed = client.put(f"{ORGANISATIONS}({key})", {"Name": "Molen", "InvoiceAddress": {"City": "Ede"}})
        gone = tribe.one(SUPPLIERS, Organization__Name="Molen")["ID"]
        tribe.remove(SUPPLIERS, gone)

        assert changed["Name"] == "Molen"
        assert client.refusal("GET", f"{ORGANISATIONS}({made['ID']})") == 404
        assert client.filtered(ORGANISATIONS, "Name eq 'Vers' or Name eq 'Molen'") == []
        assert client.filtered(ORGANISATIONS, "Name eq 'Meelfabriek'") == ["Meelfabriek"]
        [then] = client.get(
            f"{SUPPLIERS}?$filter=Organization/Name eq 'Meelfabriek'"
            "&$expand=Organization($expand=Addresses,Relationships)"
        )["value"]
        assert then["Organization"]["Addresses"] == []
        assert [each["ID"] for each in then["Organization"]["Relationships"]] == [gone]
        tribe.stale_read_ms = 0
        assert client.get(f"{ORGANISATIONS}({made['ID']})")["Name"] == "Vers"
        assert client.filtered(ORGANISATIONS, "Name eq 'Meelfabriek'") == []
        assert client.refusal("GET", f"{SUPPLIERS}({gone})") == 404


def test_a_refused_write_leaves_no_trace_in_late_reads() -> None:
    with started(stale_read_ms=60_000) as tribe, Client(tribe) as client:
        assert client.refusal("POST", ORGANISATIONS, {"Name": "Half", "InvoiceAddress": {}, "Website": 5}) == 400
        assert len(client.get("Address")["value"]) == 2
        tribe.stale_read_ms = 0
        assert len(client.get("Address")["value"]) == 2


def test_queries_catch_up_by_themselves() -> None:
    with started(stale_read_ms=50) as tribe, Client(tribe) as client:
        client.post(ORGANISATIONS, {"Name": "Vers"})
        time.sleep(0.1)

        assert client.filtered(ORGANISATIONS, "Name eq 'Vers'") == ["Vers"]
