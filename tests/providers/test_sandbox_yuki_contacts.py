"""Contacts in the Yuki sandbox: searched page by page, told in the vendor's way, and changed as far as a program may."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from yuki_talk import CONTACT, EVERYTHING, SESSION, Talk, add_zeezicht, talking, xml

from syncrules_providers.sandboxes import yuki_tables as tables
from syncrules_providers.sandboxes.story import tell
from syncrules_providers.sandboxes.yuki import YukiSandbox
from syncrules_providers.sandboxes.yuki_documents import contact_elements
from syncrules_providers.sandboxes.yuki_story import DOMAIN

COMPANY: dict[str, Any] = {"Type": "2", "FullName": "Camping Het Duin V.O.F."}
PERSON: dict[str, Any] = {"Type": "0", "FullName": "Noor van den Akker"}


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking() as talk:
        yield talk


@pytest.fixture
def sandbox(talk: Talk) -> YukiSandbox:
    return talk.sandbox


def names(rows: list[dict[str, str]]) -> list[str]:
    return [each["Name"] for each in rows]


# Searching ------------------------------------------------------------------------------------------------------


def test_contacts_come_a_hundred_at_a_time() -> None:
    with talking(tell(250)) as talk:
        known = len(talk.sandbox.contacts())
        pages = [talk.search(pageNumber=page) for page in range(1, 6)]
        first = talk("Contact", "SearchContacts", **{**EVERYTHING, "pageNumber": 0}).rows()
        talk.sandbox.switches.repeats_last_page = True
        repeated = talk.search(pageNumber=9)

    sizes = [len(each) for each in pages]
    assert sizes[:2] == [100, 100]
    assert sum(sizes) == known
    assert sizes[-1] == 0
    assert len({each["ID"] for page in pages for each in page}) == known
    assert first == pages[0]
    assert repeated == pages[known // 100]


def test_a_search_of_nothing_is_an_empty_document(talk: Talk) -> None:
    assert '<Contacts xmlns="" />' in talk("Contact", "SearchContacts", **EVERYTHING).text


def test_without_a_domain_the_current_one_is_searched(talk: Talk, sandbox: YukiSandbox) -> None:
    add_zeezicht(sandbox)
    found = talk("Contact", "SearchContacts", **{**EVERYTHING, "domainID": None}).rows()
    without_session = talk.raw("Contact", "SearchContacts", xml(EVERYTHING))

    assert names(found) == ["Hotel Zeezicht B.V."]
    assert "session" in without_session.fault


def test_contacts_are_searched_by_one_value(talk: Talk, sandbox: YukiSandbox) -> None:
    sought = {
        "Name": "ZEEZ", "City": "noord", "Postcode": "2202", "Tag": "vip", "Email": "@zeezicht", "Website": "www.zee",
        "Phone": "071", "Code": "r1007", "CoCNumber": "70000207", "VATNumber": "NL800000207B01",
        "BankAccount": "NL66BANK0000000207", "ContactType": "company", "HID": "201", "All": "strandweg",
    }  # fmt: skip
    id = add_zeezicht(
        sandbox, City="Noordwijk", Postcode="2202 XZ", Tags="vip", EMailWork="factuur@zeezicht.example",
        Website="www.zeezicht.example", PhoneWork="071-0000207", CoCNumber="70000207", VATNumber="NL800000207B01",
        IBAN="NL66BANK0000000207", AddressLine_1="Strandweg 8",
    )  # fmt: skip
    sandbox.add_contact("Hotel Zee en Duin", Type="Person", Code="R10070")

    for option, value in {**sought, "ID": id.upper()}.items():
        assert names(talk.search(searchOption=option, searchValue=value)) == ["Hotel Zeezicht B.V."], option
        assert len(talk.search(searchOption=option, searchValue="")) == 2
    assert {*sought, "ID"} == set(tables.SEARCH_OPTIONS)
    assert len(talk.search(searchOption="Name", searchValue="hotel zee")) == 2


def test_contacts_are_sorted_as_asked(talk: Talk, sandbox: YukiSandbox) -> None:
    for name, last in (("Bes", "Zeven"), ("Aal", "Acht"), ("Ceder", "Negen")):
        sandbox.add_contact(name, LastName=last)
        talk.clock.turn(minutes=1)
    sandbox.edit_contact(sandbox.contact(Name="Bes")["ID"], City="Delft")
    expected = {
        "Name": ["Aal", "Bes", "Ceder"],
        "LastName": ["Aal", "Ceder", "Bes"],
        "CreatedAsc": ["Bes", "Aal", "Ceder"],
        "CreatedDesc": ["Ceder", "Aal", "Bes"],
        "ModifiedAsc": ["Aal", "Ceder", "Bes"],
        "ModifiedDesc": ["Bes", "Ceder", "Aal"],
        "HID": ["Bes", "Aal", "Ceder"],
    }

    assert {each: names(talk.search(sortOrder=each)) for each in tables.CONTACT_ORDERS} == expected


def test_what_changed_is_found_strictly_later_and_by_the_second(talk: Talk, sandbox: YukiSandbox) -> None:
    add_zeezicht(sandbox)
    row = talk.search()[0]

    def found(after: str) -> int:
        return len(talk.search(modifiedAfter=after))

    assert row["Modified"] == "11/20/2025 10:00:00 AM"
    assert [found(each) for each in ("2025-11-20T09:59:59", "2025-11-20T10:00:00")] == [1, 0]
    assert [
        found(each) for each in ("2018-01-01", "2000-01-01T00:00:00", "0001-01-01", "2025-11-20T09:59:59.9999999")
    ] == [1] * 4
    assert [found(each) for each in ("2025-11-20T08:59:59Z", "2025-11-20T09:00:00Z")] == [1, 0]
    inside = xml({**EVERYTHING, "modifiedAfter": None, "active": None, "pageNumber": None})
    nil = f'{inside}<modifiedAfter xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true" />'
    assert len(talk.raw("Contact", "SearchContacts", f"<sessionID>{SESSION}</sessionID>{nil}").rows()) == 1


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (datetime(2024, 7, 21, 20, 3, 7), "7/21/2024 8:03:07 PM"),
        (datetime(2024, 12, 1, 0, 0, 0), "12/1/2024 12:00:00 AM"),
        (datetime(2024, 1, 31, 12, 30, 5), "1/31/2024 12:30:05 PM"),
        (datetime(2024, 10, 9, 11, 59, 59), "10/9/2024 11:59:59 AM"),
    ],
)
def test_moments_are_written_the_american_way(talk: Talk, sandbox: YukiSandbox, moment: datetime, told: str) -> None:
    add_zeezicht(sandbox, Created=moment, Modified=moment)

    assert [talk.search(modifiedAfter="0001-01-01")[0][each] for each in ("Created", "Modified")] == [told] * 2


def test_only_the_filter_tells_whether_a_contact_is_active(talk: Talk, sandbox: YukiSandbox) -> None:
    id = add_zeezicht(sandbox)
    talk.clock.turn(minutes=1)
    sandbox.deactivate(id)
    gone = talk.search(active="Inactive", modifiedAfter="2025-11-20T10:00:30")
    sandbox.switches.activity_touches_modified = False
    talk.clock.turn(minutes=1)
    sandbox.reactivate(id)

    assert names(gone) == ["Hotel Zeezicht B.V."]
    assert not {"Active", "IsActive"} & set(gone[0])
    assert talk.search(active="Active")[0]["Modified"] == gone[0]["Modified"]
    assert talk.search(active="Inactive") == []


def test_the_status_of_the_back_office_is_not_the_flag(talk: Talk, sandbox: YukiSandbox) -> None:
    sandbox.load(tell(0), awkward=True)
    (row,) = talk.search(searchOption="Name", searchValue="Schijnbaar Stil", active="Active")

    assert row["BackofficeStatus"] == "Inactief"


def test_a_contact_is_told_by_other_names_than_it_is_written(talk: Talk, sandbox: YukiSandbox) -> None:
    add_zeezicht(
        sandbox,
        Code="",
        EMailWork="a@zee.example",
        Postcode="2202 XZ",
        MailPostcode="2200 XA",
        AddressLine_1="Strandweg 8",
    )
    sandbox.add_contact("Noor van den Akker", Type="Person")
    company, person = talk.search()

    assert {"Name", "Postcode", "MailPostcode", "EMailWork"} <= company.keys()
    assert not {"FullName", "PostCode", "MailPostCode", "EmailWork", "Code"} & company.keys()
    assert (company["Type"], person["Type"]) == ("Company", "Person")
    assert [int(each["HID"]) for each in (company, person)] == [201, 202]


def test_contacts_are_awkward_in_ways_of_their_own(talk: Talk, sandbox: YukiSandbox) -> None:
    sandbox.load(tell(0), awkward=True)
    grens, bureau, mila = (talk.one(Name=each) for each in ("Grenshandel", "Bureau Met Mens", "Mila de Mens"))

    assert talk.one(Name="Spatiebalk")["Name"] == "  Spatiebalk  "
    assert (grens["Country"], grens["MailCity"]) == ("BE", "Breda")
    assert "MailCountry" not in grens
    assert bureau["MainContactPerson"] == mila["ID"]


@pytest.mark.parametrize(
    ("style", "there"), [("as published", {"Tags", "BackofficeStatus", "IncomeTaxNumber"}), ("absent", set())]
)
def test_what_is_empty_may_be_there_or_not(talk: Talk, sandbox: YukiSandbox, style: Any, there: set[str]) -> None:
    sandbox.switches.empty_values = style
    add_zeezicht(sandbox)
    row = talk.search()[0]
    sandbox.switches.empty_values = "empty"
    full = talk.search()[0]

    assert {name for name, value in row.items() if not value} == there
    assert {"AddressLine_1", "MailCity", "PhoneHome", "Website", "MainContactPerson"} <= full.keys()
    assert {name for name, value in full.items() if value} == {name for name, value in row.items() if value}


def test_one_contact_is_found_by_its_id(talk: Talk, sandbox: YukiSandbox) -> None:
    id = add_zeezicht(sandbox, Active=False)
    sandbox.add_contact("Hotel Zeezicht B.V.")

    assert talk.one(ID=id)["Code"] == "R1007"
    assert talk.one(HID="201")["ID"] == id


# Roles ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def roles(sandbox: YukiSandbox) -> None:
    for name, customer, supplier in (("Klant", 1, 0), ("Leverancier", 0, 1), ("Beide", 1, 1), ("Geen", 0, 0)):
        sandbox.add_contact(name, IsCustomer=bool(customer), IsSupplier=bool(supplier))


@pytest.mark.usefixtures("roles")
def test_roles_are_learned_from_one_operation_alone(talk: Talk) -> None:
    rows = {each["Name"]: (each["IsSupplier"], each["IsCustomer"]) for each in talk.with_roles()}
    found = {role: set(names(talk.with_roles(role))) for role in tables.ROLES}
    talk.sandbox.switches.both_means = "and"

    assert rows == {"Klant": ("False", "True"), "Leverancier": ("True", "False"), "Beide": ("True", "True")}
    assert found["Customer"] == {"Klant", "Beide"}
    assert found["Supplier"] == {"Leverancier", "Beide"}
    assert found["Both"] == {"Klant", "Leverancier", "Beide"}
    assert found["None"] == {"Geen"}
    assert names(talk.with_roles("Both")) == ["Beide"]
    assert {"IsSupplier", "IsCustomer"} & set(talk.search()[0]) == set()


def test_roles_stand_behind_the_moment_of_change(talk: Talk, sandbox: YukiSandbox) -> None:
    add_zeezicht(sandbox)
    order = list(talk.with_roles("Customer")[0])

    assert order[order.index("Modified") + 1 :][:2] == ["IsSupplier", "IsCustomer"]


def test_a_box_that_is_set_shows_as_a_change(talk: Talk, sandbox: YukiSandbox) -> None:
    id = sandbox.add_contact("Nieuweling")
    talk.clock.turn(minutes=1)
    sandbox.set_customer(id)
    changed = talk.with_roles("Customer", modifiedAfter="2025-11-20T10:00:00", sortOrder="ModifiedAsc", active="Active")
    sandbox.switches.role_touches_modified = False
    talk.clock.turn(minutes=1)
    sandbox.set_supplier(id)

    assert names(changed) == ["Nieuweling"]
    assert talk.with_roles("Supplier")[0]["Modified"] == changed[0]["Modified"]


# Writing --------------------------------------------------------------------------------------------------------

SENT_COMPANY = {
    "Type": "2", "Code": "R1020", "FullName": "Camping Het Duin V.O.F.", "AddressLine_1": "Duinpad 1",
    "AddressLine_2": "Receptie", "PostCode": "1970 XA", "City": "IJmuiden", "MailAddressLine_1": "Postbus 12",
    "MailAddressLine_2": "t.a.v. de balie", "MailPostCode": "1970 XB", "MailCity": "IJmuiden", "Country": "NL",
    "PhoneHome": "0255-0000001", "PhoneWork": "0255-0000002", "MobileHome": "06-00000003", "MobileWork": "06-00000004",
    "EmailHome": "thuis@hetduin.example", "EmailWork": "info@hetduin.example", "VATNumber": "NL800001020B01",
    "CoCNumber": "70001020",
}  # fmt: skip
SENT_PERSON = {
    "Type": "0", "Code": "R1012", "FirstName": "Noor", "MiddleName": "van den", "LastName": "Akker",
    "FullName": "Noor van den Akker", "AddressLine_1": "Lindelaan 21", "PostCode": "3511 XC", "City": "Utrecht",
    "Country": "NL", "PhoneHome": "030-0000012", "MobileHome": "06-00000012", "EmailHome": "noor@akker.example",
}  # fmt: skip
READ_AS = {
    "FullName": "Name", "PostCode": "Postcode", "MailPostCode": "MailPostcode", "EmailHome": "EMailHome",
    "EmailWork": "EMailWork",
}  # fmt: skip


@pytest.mark.parametrize(("sent", "kind"), [(SENT_COMPANY, "Company"), (SENT_PERSON, "Person")])
def test_what_is_written_can_be_read_again(talk: Talk, sent: dict[str, str], kind: str) -> None:
    told = talk.update(sent)
    row = talk.one(Code=sent["Code"])
    read = {READ_AS.get(name, name): value for name, value in sent.items()}

    assert told.values()["Succeeded"].endswith(row["ID"])
    assert {name: row[name] for name in read} == {**read, "Type": kind}


def test_an_update_by_id_says_so_in_a_sentence(talk: Talk, sandbox: YukiSandbox) -> None:
    id = add_zeezicht(sandbox)
    told = talk.update({"ID": id, "Type": "2", "Code": "R1008", "FullName": "Hotel Duinzicht"})

    assert told.document.tag == "{urn:xmlns:http://www.theyukicompany.com:contactResponse}ContactResponse"
    assert told.values() == {"TimeStamp": "2025-11-20", "Succeeded": f"Succesfully updated Contact {id}"}
    assert sandbox.contact(ID=id)["Name"] == "Hotel Duinzicht"
    assert len(sandbox.contacts()) == 1


def test_what_yuki_will_not_do_is_no_fault(talk: Talk, sandbox: YukiSandbox) -> None:
    unknown = talk.update({"ID": "c0000000-0000-4000-8000-00000000dead", **COMPANY})
    no_kind = talk.update({"FullName": "Wie"})
    bad_kind = talk.update({**COMPANY, "Type": "1"})
    no_name = talk.update({"Type": "2", "Code": "R1"})

    assert [each.status for each in (unknown, no_kind, bad_kind, no_name)] == [200] * 4
    assert [sorted(each.values()) for each in (unknown, no_kind, bad_kind, no_name)] == [["Failed", "TimeStamp"]] * 4
    assert sandbox.contacts() == []
    assert talk.update({"ID": "", **COMPANY}).values()["Succeeded"]


def test_of_several_with_a_code_the_youngest_is_updated(talk: Talk, sandbox: YukiSandbox) -> None:
    ids = [sandbox.add_contact(name, Code="R1") for name in ("Oud", "Jong")]
    talk.update({"Type": "2", "Code": "R1", "FullName": "Nieuw"})

    assert [sandbox.contact(ID=each)["Name"] for each in ids] == ["Oud", "Nieuw"]


def test_without_a_known_code_kind_and_name_are_compared_loosely(talk: Talk, sandbox: YukiSandbox) -> None:
    person = sandbox.add_contact("Camping Het Duin VOF", Type="Person")
    first = sandbox.add_contact("Camping Het Duin V.O.F.", EMailWork="oost@duin.example")
    second = sandbox.add_contact('Camping-Het Duin, "VOF"', EMailWork="west@duin.example")

    def meant(**more: str) -> str:
        text = talk.update({"Type": "2", "Code": "X9", "FullName": "CampingHetDuinVOF", **more}).values()["Succeeded"]
        id = text.rpartition(" ")[2]
        sandbox.edit_contact(id, Code="", Name="Camping Het Duin V.O.F.", EMailWork=sandbox.contact(ID=id)["EMailWork"])
        return id

    assert meant(EmailWork="OOST@duin.example") == first
    assert meant(EmailWork="noord@duin.example") == second
    sandbox.edit_contact(first, EMailWork="oost@duin.example")
    assert meant() == second
    assert (
        talk.update({"Type": "0", "FullName": "camping het duin vof"})
        .values()["Succeeded"]
        .startswith("Succesfully created")
    )
    assert talk.update({"Type": "0", "FullName": "Camping Het Duin V.O.F"}).values()["Succeeded"].endswith(person)


def test_no_program_can_set_a_role(talk: Talk, sandbox: YukiSandbox) -> None:
    told = talk.update({**COMPANY, "IsCustomer": "true", "IsSupplier": "True", "Active": "false"})
    id = told.values()["Succeeded"].rpartition(" ")[2]

    assert names(talk.with_roles("None")) == ["Camping Het Duin V.O.F."]
    sandbox.set_customer(id)
    talk.update({"ID": id, **COMPANY})
    assert names(talk.with_roles("Customer", active="Active")) == ["Camping Het Duin V.O.F."]


def test_what_is_left_out_is_kept_and_what_is_empty_is_cleared(talk: Talk, sandbox: YukiSandbox) -> None:
    id = add_zeezicht(sandbox, PhoneWork="071-0000207", CoCNumber="70000207")
    half = {"ID": id, "Type": "2", "PhoneWork": ""}
    talk.update(half)
    usual = sandbox.contact(ID=id)
    sandbox.switches.left_out, sandbox.switches.empty_element = "clears", "keeps"
    sandbox.edit_contact(id, PhoneWork="071-0000207")
    talk.update(half)
    kept = sandbox.contact(ID=id)
    sandbox.switches.empty_element = "clears"
    talk.update(half)

    assert (usual["PhoneWork"], usual["CoCNumber"], usual["Name"]) == ("", "70000207", "Hotel Zeezicht B.V.")
    assert kept["PhoneWork"] == "071-0000207"
    assert {name: sandbox.contact(ID=id)[name] for name in ("PhoneWork", "CoCNumber", "Code")} == dict.fromkeys(
        ("PhoneWork", "CoCNumber", "Code"), ""
    )


def test_of_a_company_the_work_address_is_shown(talk: Talk, sandbox: YukiSandbox) -> None:
    own = {"AddressLine_1": "Duinpad 1", "City": "IJmuiden", "Country": "NL"}
    work = {"WorkAddressLine_1": "Haven 2", "WorkCity": "Velsen", "WorkCountry": "BE"}
    talk.update({"Type": "2", "Code": "A", "FullName": "Een", **own, **work})
    talk.update({"Type": "2", "Code": "B", "FullName": "Twee", **own})
    talk.update({"Type": "0", "Code": "C", "FullName": "Drie", **own, **work})
    sandbox.switches.company_address = "own"
    talk.update({"Type": "2", "Code": "D", "FullName": "Vier", **own, **work})
    shown = [(row["AddressLine_1"], row["City"], row["Country"]) for row in map(talk_code(talk), "ABCD")]

    assert shown == [("Haven 2", "Velsen", "BE"), *[("Duinpad 1", "IJmuiden", "NL")] * 3]


def talk_code(talk: Talk) -> Any:
    return lambda code: talk.one(Code=code)


def test_elements_have_one_order(talk: Talk) -> None:
    elements = contact_elements()
    full = {name: "2" if name == "Type" else "" if name == "ID" else "x" for name in elements}
    turned = [
        talk.update({**{one: full[one]}, **{other: full[other]}})
        for one, other in zip(elements[1:], elements, strict=False)
    ]

    assert len(elements) == 29
    assert talk.update(full).values()["Succeeded"]
    assert [each.status for each in turned] == [500] * 28
    assert all("This element is not expected" in each.fault for each in turned)
    assert talk.update({"Type": "2", "Typo": "2", "FullName": "Een"}).status == 200


def test_a_website_is_passed_over_or_refused(talk: Talk, sandbox: YukiSandbox) -> None:
    sent = {**COMPANY, "CoCNumber": "70001020", "Website": "www.hetduin.example", "BankAccount": "NL66BANK0000000207"}
    told = talk.update(sent)
    sandbox.switches.unknown_in_contact = "refuse"
    refused = talk.update(sent)

    assert told.values()["Succeeded"]
    assert talk.search()[0].get("Website") is None
    assert refused.status == 500
    assert "Website" in refused.fault


def test_the_document_is_one_element_of_one_name(talk: Talk) -> None:
    head = xml({"sessionID": SESSION, "domainID": DOMAIN})
    document = f'<Contact xmlns="{CONTACT}">{xml(COMPANY)}</Contact>'
    escaped = document.replace("<", "&lt;")
    wrong = [
        talk.update(COMPANY, namespace=f"{CONTACT}s"),
        talk.update(f"<Contact>{xml(COMPANY)}</Contact>", root="Contacts"),
        talk.raw("Contact", "UpdateContact", f"{head}<xmlDoc>{escaped}</xmlDoc>"),
        talk.raw("Contact", "UpdateContact", f'{head}<xmlDoc><?xml version="1.0"?>{document}</xmlDoc>'),
        talk.raw("Contact", "UpdateContact", head),
    ]

    assert [each.status for each in wrong] == [500] * 5
    assert talk.sandbox.contacts() == []


def test_an_update_moves_modified_and_not_created(talk: Talk, sandbox: YukiSandbox) -> None:
    id = add_zeezicht(sandbox)
    talk.clock.turn(hours=3)
    talk.update({"ID": id, **COMPANY})
    row = talk.search()[0]

    assert (row["Created"], row["Modified"]) == ("11/20/2025 10:00:00 AM", "11/20/2025 1:00:00 PM")
    assert re.fullmatch(r"c0000000-0000-4000-8000-\d{12}", row["ID"])
