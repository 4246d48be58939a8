"""Companies, private persons and suppliers between Tribe and Yuki: which come and go, which fields, and what is left alone."""

from __future__ import annotations

from datetime import timedelta

import crm
import pytest
import yk
from scenes import run_until_quiet, states
from world import CUSTOMERS, PERSONS, SUPPLIERS, World
from yk import (  # fmt: skip
    ANNA,
    ANNA_ADDRESS,
    ANNA_IN_TRIBE,
    KORST,
    KORST_ASIDE,
    KORST_BILLING_ADDRESS,
    KORST_IN_TRIBE,
    KORST_POSTAL_ADDRESS,
)

# The first import -----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("YU-03", "YU-12", "YU-13")
def test_the_first_import_brings_companies_and_private_clients_with_all_their_fields(here: World) -> None:
    korst = yk.in_yuki(here, **KORST, **KORST_ASIDE, IsCustomer=True)
    anna = yk.in_yuki(here, **ANNA, IsCustomer=True)
    before = here.books.contacts()
    here.run()
    customer, private = here.crm.one(CUSTOMERS), here.crm.one(PERSONS)
    found, person = customer["Organization"], private["Person"]

    assert crm.like(found, KORST_IN_TRIBE) == KORST_IN_TRIBE
    assert crm.where(found["InvoiceAddress"]) == KORST_BILLING_ADDRESS
    assert found["InvoiceAddress"]["Extra"] == "Achterom"
    assert crm.where(found["PostalAddress"]) == KORST_POSTAL_ADDRESS
    assert found["VisitingAddress"] is None
    assert crm.like(person, ANNA_IN_TRIBE) == ANNA_IN_TRIBE
    assert crm.where(person["Address"]) == ANNA_ADDRESS
    assert str(customer["ImportId"]).endswith(f":{korst};")
    assert str(private["ImportId"]).endswith(f":{anna};")
    assert here.crm.rows(SUPPLIERS) == []
    assert here.books.contacts() == before
    assert here.books.writes == []
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-03")
def test_who_is_not_in_use_or_no_customer_is_not_imported(here: World) -> None:
    yk.in_yuki(here, **KORST, IsCustomer=True, Active=False)
    yk.in_yuki(here, **ANNA, IsCustomer=True, Active=False)
    yk.in_yuki(here, Name="Zonder Vinkje", Code="10050", Country="NL")
    yk.in_yuki(here, Name="Meelfabriek", Code="10051", IsSupplier=True, Country="NL")
    here.run()

    assert [here.crm.rows(name) for name in (CUSTOMERS, PERSONS, SUPPLIERS, crm.ORGANISATIONS)][:3] == [[], [], []]
    assert here.judged("Bakkerij De Korst").reason == "not in use in Yuki"
    assert here.judged("Zonder Vinkje").reason == "Customer is 'False', which the mapping leaves out"
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-03")
def test_a_status_of_the_accountant_says_nothing_about_use(here: World) -> None:
    yk.in_yuki(here, **KORST, IsCustomer=True, BackofficeStatus="Inactief")
    here.run()

    assert len(here.crm.rows(CUSTOMERS)) == 1


@pytest.mark.requirement("YU-03")
def test_more_contacts_than_fit_on_a_page_all_come_once(here: World) -> None:
    for number in range(203):
        yk.in_yuki(here, Name=f"Klant {number:03}", Code=f"{20_000 + number}", IsCustomer=True, Country="NL")
    here.books.switches.repeats_last_page = True
    here.run()

    assert len({each["Organization"]["DebtorNumber"] for each in here.crm.rows(CUSTOMERS)}) == 203
    assert len(here.crm.rows(CUSTOMERS)) == 203


@pytest.mark.requirement("YU-03", "YU-05")
def test_the_first_import_only_brings_what_tribe_has_alone_goes_in_the_next_run(here: World) -> None:
    crm.add_customer(here, Name="Fietsenmaker", DebtorNumber="10077")
    here.run()
    after_the_import = here.books.contacts()
    here.run()

    assert after_the_import == []
    assert yk.contact(here, "10077")["Name"] == "Fietsenmaker"


# Which kinds of contacts ----------------------------------------------------------------------------------------------


@pytest.mark.requirement("YU-02", "YU-03")
@pytest.mark.parametrize(
    ("setting", "came"),
    [("take over companies", (0, 1)), ("take over persons", (1, 0))],
)
def test_only_the_chosen_kinds_come_from_yuki(here: World, setting: str, came: tuple[int, int]) -> None:
    here.settings[setting] = False
    yk.in_yuki(here, **KORST, IsCustomer=True)
    yk.in_yuki(here, **ANNA, IsCustomer=True)
    here.run()

    assert (len(here.crm.rows(CUSTOMERS)), len(here.crm.rows(PERSONS))) == came
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-02", "YU-07")
@pytest.mark.parametrize(("setting", "went"), [("send companies", ["Person"]), ("send persons", ["Company"])])
def test_only_the_chosen_kinds_go_to_yuki(here: World, setting: str, went: list[str]) -> None:
    here.settings[setting] = False
    here.run()
    crm.add_customer(here, **KORST_IN_TRIBE)
    crm.add_person(here, **ANNA_IN_TRIBE)
    here.run()

    assert [each["Type"] for each in here.books.contacts()] == went
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-02")
def test_a_kind_that_is_not_taken_over_is_kept_in_step_where_both_have_it(here: World) -> None:
    here.settings["take over companies"] = False
    yk.in_yuki(here, **KORST, IsCustomer=True)
    crm.add_customer(here, Name="Bakkerij De Korst", DebtorNumber="10042")
    run_until_quiet(here)
    here.books.edit_contact(yk.contact(here)["ID"], PhoneWork="030-7654321")
    here.run()

    assert crm.organisation(here)["PhoneNumber"] == "030-7654321"


# Suppliers ------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("YU-02", "YU-03")
@pytest.mark.parametrize("wanted", [False, True])
def test_suppliers_come_only_where_they_are_asked_for(here: World, wanted: bool) -> None:
    here.settings["suppliers"] = wanted
    yk.in_yuki(here, Name="Meelfabriek", Code="30001", IsSupplier=True, Country="NL", PhoneWork="030-1234567")
    yk.in_yuki(here, Name="Uit gebruik", Code="30002", IsSupplier=True, Country="NL", Active=False)
    run_until_quiet(here)
    found = [each["Organization"] for each in here.crm.rows(SUPPLIERS)]

    assert [(each["Name"], each["CreditorNumber"], each["PhoneNumber"]) for each in found] == (
        [("Meelfabriek", "30001", "030-1234567")] if wanted else []
    )
    assert here.crm.rows(CUSTOMERS) == []
    assert here.books.writes == []


@pytest.mark.requirement("YU-02", "YU-05")
def test_suppliers_may_be_asked_for_later(here: World) -> None:
    yk.in_yuki(here, Name="Meelfabriek", Code="30001", IsSupplier=True, Country="NL")
    run_until_quiet(here)
    row = here.store.connection("c")
    assert row is not None
    row.settings["suppliers"] = True
    with here.store.transaction():
        here.store.save(row)
    run_until_quiet(here)

    assert here.crm.one(SUPPLIERS)["Organization"]["CreditorNumber"] == "30001"


@pytest.mark.requirement("YU-02")
def test_a_supplier_of_tribe_is_never_made_in_yuki(here: World) -> None:
    here.settings["suppliers"] = True
    here.run()
    crm.add_supplier(here, Name="Molen", CreditorNumber="30001")
    run_until_quiet(here)

    assert here.books.contacts() == []
    assert here.judged("Molen").reason == "known in Tribe CRM only, and these are never made in Yuki"


@pytest.mark.requirement("YU-02", "YU-03")
def test_who_is_customer_and_supplier_is_one_organisation_with_both_roles(here: World) -> None:
    here.settings["suppliers"] = True
    yk.in_yuki(here, **KORST, IsCustomer=True, IsSupplier=True)
    run_until_quiet(here)
    customer, supplier = here.crm.one(CUSTOMERS), here.crm.one(SUPPLIERS)

    assert customer["Organization"]["ID"] == supplier["Organization"]["ID"]
    assert (supplier["Organization"]["DebtorNumber"], supplier["Organization"]["CreditorNumber"]) == ("10042",) * 2
    assert len(here.crm.rows(crm.ORGANISATIONS)) == 2  # ours is the other one
    assert states(here) == {}


@pytest.mark.requirement("YU-02", "YU-05")
def test_a_role_that_comes_later_goes_to_the_organisation_that_is_there(here: World) -> None:
    here.settings["suppliers"] = True
    yk.in_yuki(here, **KORST, IsCustomer=True)
    yk.in_yuki(here, Name="Meelfabriek", Code="30001", IsSupplier=True, Country="NL")
    run_until_quiet(here)
    here.books.set_supplier(yk.contact(here)["ID"])
    here.books.set_customer(yk.contact(here, "30001")["ID"])
    run_until_quiet(here)

    assert len(here.crm.rows(crm.ORGANISATIONS)) == 3
    assert {each["Organization"]["Name"] for each in here.crm.rows(CUSTOMERS)} == {
        "Bakkerij De Korst",
        "Meelfabriek",
    }
    assert {each["Organization"]["Name"] for each in here.crm.rows(SUPPLIERS)} == {
        "Bakkerij De Korst",
        "Meelfabriek",
    }


@pytest.mark.requirement("YU-02", "YU-06")
def test_both_roles_that_tribe_has_already_are_found_and_not_made_again(here: World) -> None:
    here.settings["suppliers"] = True
    organisation = crm.add_organisation(here, Name="Bakkerij De Korst", DebtorNumber="10042")
    for role in (CUSTOMERS, SUPPLIERS):
        crm.give_role(here, organisation, role)
    yk.in_yuki(here, **KORST, IsCustomer=True, IsSupplier=True)
    run_until_quiet(here)

    assert (len(here.crm.rows(CUSTOMERS)), len(here.crm.rows(SUPPLIERS))) == (1, 1)
    assert str(here.crm.one(SUPPLIERS)["ImportId"]).endswith(f":{yk.contact(here)['ID']};")
    assert states(here) == {}


# New in Tribe ---------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("YU-05", "YU-07", "YU-12", "YU-13")
def test_new_customers_of_tribe_arrive_in_yuki_with_all_their_fields(here: World) -> None:
    here.run()
    korst = {**KORST_IN_TRIBE, "InvoiceAddress": {**KORST_BILLING_ADDRESS, "Extra": "Achterom"}}
    customer = crm.add_customer(here, **korst, PostalAddress=KORST_POSTAL_ADDRESS)
    private = crm.add_person(here, **ANNA_IN_TRIBE, Address=ANNA_ADDRESS)
    here.run()
    company, person = yk.contact(here), yk.contact(here, "20001")
    # Nobody knows whether Yuki takes a website, so it is not sent.
    wanted = {**KORST, "Website": ""}

    assert crm.like(company, wanted) == wanted
    assert crm.like(person, ANNA) == ANNA
    assert [(each["IsCustomer"], each["IsSupplier"]) for each in (company, person)] == [(False, False)] * 2
    assert str(here.crm.one(CUSTOMERS, ID=customer)["ImportId"]).endswith(f":{company['ID']};")
    assert str(here.crm.one(PERSONS, ID=private)["ImportId"]).endswith(f":{person['ID']};")
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-07")
def test_a_new_contact_leaves_a_to_do_until_somebody_ticks_the_box(here: World) -> None:
    here.run()
    crm.add_customer(here, **KORST_IN_TRIBE)
    crm.add_person(here, **ANNA_IN_TRIBE)
    here.run()
    to_do = [(entity, text, because) for _, entity, _, text, because in here.memory.to_dos()]

    assert to_do == [
        (entity, "Set the Customer checkbox in Yuki", "No program can set it, and Yuki refuses invoices for a contact that is not a customer.")
        for entity in ("organisation", "person")
    ]  # fmt: skip

    yk.tick(here)
    here.run()

    assert [entity for _, entity, *_ in here.memory.to_dos()] == ["person"]

    yk.tick(here, "20001")
    here.run()

    assert here.memory.to_dos() == []
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-07")
def test_a_box_whose_ticking_moves_no_stamp_is_seen_within_a_day(here: World) -> None:
    here.books.switches.role_touches_modified = False
    here.run()
    crm.add_customer(here, **KORST_IN_TRIBE)
    here.run()
    here.clock.ahead += 6 * 3600
    # What was read last may be read again; so somebody else was changed since.
    yk.in_yuki(here, Name="Later", Code="10050", IsCustomer=True, Modified=here.books.now() + timedelta(hours=5))
    here.run(due=True)
    yk.tick(here)
    here.clock.ahead += 3600
    here.run(due=True)

    assert len(here.memory.to_dos()) == 1

    here.clock.ahead += 24 * 3600
    here.run(due=True)

    assert here.memory.to_dos() == []


# Changes, field by field ----------------------------------------------------------------------------------------------


@pytest.mark.requirement("YU-05", "YU-12", "X-05")
def test_every_field_of_a_company_that_changes_in_tribe_changes_in_yuki(here: World) -> None:
    yk.known_company(here)
    found = crm.organisation(here)
    here.crm.edit(
        crm.ORGANISATIONS,
        found["ID"],
        Name="Bakkerij De Kruimel",
        DebtorNumber="10043",
        EmailAddress="info@dekruimel.example",
        PhoneNumber="030-7654321",
        ChamberOfCommerceNumber="30654321",
        VATNumber="NL987654321B01",
    )
    here.crm.edit(
        crm.ADDRESSES,
        found["InvoiceAddress"]["ID"],
        Street="Marktplein",
        HouseNumber=4,
        HouseNumberSuffix="A",
        Extra="Bovenhuis",
        Postalcode="2000",
        City="Antwerpen",
        Country=crm.country(here, "BE"),
    )
    here.crm.edit(crm.ADDRESSES, found["PostalAddress"]["ID"], HouseNumber=76, Postalcode="3500 AC", City="Zeist")
    here.run()
    contact = yk.contact(here, "10043")

    assert contact == {
        **contact,
        **KORST_ASIDE,
        "Type": "Company",
        "Name": "Bakkerij De Kruimel",
        "EMailWork": "info@dekruimel.example",
        "Website": "www.dekorst.example",
        "PhoneWork": "030-7654321",
        "CoCNumber": "30654321",
        "VATNumber": "NL987654321B01",
        "AddressLine_1": "Marktplein 4A",
        "AddressLine_2": "Bovenhuis",
        "Postcode": "2000",
        "City": "Antwerpen",
        "Country": "BE",
        "MailAddressLine_1": "Postbus 76",
        "MailPostcode": "3500 AC",
        "MailCity": "Zeist",
        "IsCustomer": True,
    }
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-05", "X-06")
@pytest.mark.parametrize("back", [1, 2])
def test_a_change_whose_stamp_lies_hours_back_because_a_clock_was_put_back_arrives(here: World, back: int) -> None:
    """Stamps name no zone: in the night the clock goes back they begin again an hour earlier, and another zone is two away."""
    yk.known_company(here)
    now = here.books.now()
    yk.in_yuki(here, Name="Zaadhandel Kiem", Code="10043", IsCustomer=True, Modified=now)
    here.run()
    korst = yk.contact(here)["ID"]
    here.books.edit_contact(korst, PhoneWork="030-7654321")
    with here.books.lock:
        here.books._contacts.rows[korst]["Modified"] = now - timedelta(hours=back, minutes=-10)
    here.run()

    assert crm.organisation(here)["PhoneNumber"] == "030-7654321"


@pytest.mark.requirement("YU-05", "YU-12")
def test_every_field_of_a_company_that_changes_in_yuki_changes_in_tribe(here: World) -> None:
    yk.known_company(here)
    here.books.edit_contact(
        yk.contact(here)["ID"],
        Name="Bakkerij De Kruimel",
        EMailWork="info@dekruimel.example",
        Website="dekruimel.example",
        PhoneWork="030-7654321",
        CoCNumber="30654321",
        VATNumber="NL987654321B01",
        AddressLine_1="Marktplein 4",
        AddressLine_2="",
        Postcode="2000",
        City="Antwerpen",
        Country="BE",
        MailAddressLine_1="Postbus 76",
        MailPostcode="3500 AC",
        MailCity="Zeist",
    )
    here.run()
    found = crm.organisation(here)

    assert crm.like(found, {**KORST_IN_TRIBE}) == {
        **KORST_IN_TRIBE,
        "Name": "Bakkerij De Kruimel",
        "EmailAddress": "info@dekruimel.example",
        "Website": "dekruimel.example",
        "PhoneNumber": "030-7654321",
        "ChamberOfCommerceNumber": "30654321",
        "VATNumber": "NL987654321B01",
    }
    assert crm.where(found["InvoiceAddress"]) == {
        "Street": "Marktplein", "HouseNumber": 4, "HouseNumberSuffix": None, "Postalcode": "2000", "City": "Antwerpen", "Country": "BE",
    }  # fmt: skip
    assert found["InvoiceAddress"]["Extra"] is None
    assert crm.of(found["PostalAddress"], "Street", "HouseNumber", "Postalcode", "City") == {
        "Street": "Postbus", "HouseNumber": 76, "Postalcode": "3500 AC", "City": "Zeist",
    }  # fmt: skip
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-05", "YU-13", "X-05")
def test_every_field_of_a_person_that_changes_in_tribe_changes_in_yuki(here: World) -> None:
    yk.known_person(here, Website="anna.example", MobileWork="06-99999999", CoCNumber="1", MailCity="Ede")
    found = crm.person(here)
    here.crm.edit(
        crm.PEOPLE,
        found["ID"],
        FirstName="Johanna",
        MiddleName="de",
        LastName="Bruin",
        DebtorNumber="20002",
        PhoneNumber="020-7654321",
        MobilePhoneNumber="06-87654321",
        EmailAddress="johanna@voorbeeld.example",
    )
    here.crm.edit(crm.ADDRESSES, found["Address"]["ID"], Street="Gracht", HouseNumber=4, HouseNumberSuffix=None)
    here.run()
    contact = yk.contact(here, "20002")

    assert contact == {
        **contact,
        "Type": "Person",
        "Name": "Johanna de Bruin",
        "FirstName": "Johanna",
        "MiddleName": "de",
        "LastName": "Bruin",
        "EMailHome": "johanna@voorbeeld.example",
        "PhoneHome": "020-7654321",
        "MobileHome": "06-87654321",
        "AddressLine_1": "Gracht 4",
        "Postcode": "1011 AB",
        "City": "Amsterdam",
        "Country": "NL",
        "Website": "anna.example",
        "MobileWork": "06-99999999",
        "CoCNumber": "1",
        "MailCity": "Ede",
        "IsCustomer": True,
    }
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-05", "YU-13")
def test_every_field_of_a_person_that_changes_in_yuki_changes_in_tribe(here: World) -> None:
    yk.known_person(here)
    here.books.edit_contact(
        yk.contact(here, "20001")["ID"],
        Name="Johanna de Bruin",
        FirstName="Johanna",
        MiddleName="de",
        LastName="Bruin",
        EMailHome="johanna@voorbeeld.example",
        PhoneHome="020-7654321",
        MobileHome="06-87654321",
        AddressLine_1="Gracht 4",
        Postcode="1012 AB",
        City="Diemen",
    )
    here.run()
    found = crm.person(here)

    assert crm.like(found, ANNA_IN_TRIBE) == {
        **ANNA_IN_TRIBE,
        "FirstName": "Johanna",
        "MiddleName": "de",
        "LastName": "Bruin",
        "PhoneNumber": "020-7654321",
        "MobilePhoneNumber": "06-87654321",
        "EmailAddress": "johanna@voorbeeld.example",
    }
    assert crm.of(found["Address"], "Street", "HouseNumber", "Postalcode", "City") == {
        "Street": "Gracht", "HouseNumber": 4, "Postalcode": "1012 AB", "City": "Diemen",
    }  # fmt: skip
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-12", "X-05")
def test_what_is_cleared_in_tribe_is_cleared_in_yuki_and_nothing_else_is(here: World) -> None:
    yk.known_company(here)
    found = crm.organisation(here)
    here.crm.edit(crm.ORGANISATIONS, found["ID"], EmailAddress=None, VATNumber=None, PostalAddress=None)
    here.run()
    contact = yk.contact(here)

    assert crm.of(contact, "EMailWork", "VATNumber", "MailAddressLine_1", "MailPostcode", "MailCity") == dict.fromkeys(
        ("EMailWork", "VATNumber", "MailAddressLine_1", "MailPostcode", "MailCity"), ""
    )
    assert crm.of(contact, *KORST_ASIDE) == KORST_ASIDE
    assert (contact["PhoneWork"], contact["AddressLine_1"]) == ("030-1234567", "Dorpsstraat 12 bis")
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-12")
def test_what_is_cleared_in_yuki_is_cleared_in_tribe(here: World) -> None:
    yk.known_company(here)
    here.books.edit_contact(
        yk.contact(here)["ID"], EMailWork="", VATNumber="", MailAddressLine_1="", MailPostcode="", MailCity=""
    )
    here.run()
    found = crm.organisation(here)

    assert (found["EmailAddress"], found["VATNumber"], found["PostalAddress"]) == (None, None, None)
    assert crm.is_quiet(here)


@pytest.mark.requirement("X-05")
@pytest.mark.parametrize("left_out", ["keeps", "clears"])
@pytest.mark.parametrize("company_address", ["work", "own"])
def test_however_yuki_takes_what_is_left_out_nothing_is_lost(here: World, left_out: str, company_address: str) -> None:
    here.books.switches.left_out = left_out
    here.books.switches.company_address = company_address
    yk.known_company(here)
    crm.edit_organisation(here, PhoneNumber="030-7654321")
    here.run()
    contact = yk.contact(here)
    writable = {name: KORST_ASIDE[name] for name in ("MobileWork", "EMailHome", "PhoneHome")}

    assert crm.like(contact, KORST) == {**KORST, "PhoneWork": "030-7654321"}
    assert crm.of(contact, *writable) == writable
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-12", "X-05")
def test_a_company_whose_phone_stands_at_home_keeps_it_there(here: World) -> None:
    yk.known_company(here, PhoneWork="", PhoneHome="026-0000204")
    came = crm.organisation(here)["PhoneNumber"]
    crm.edit_organisation(here, PhoneNumber="026-0000999")
    here.run()
    contact = yk.contact(here)

    assert came == "026-0000204"
    assert (contact["PhoneHome"], contact["PhoneWork"]) == ("026-0000999", "")
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-13")
def test_a_person_with_a_full_name_and_an_address_for_work_alone_comes_whole(here: World) -> None:
    yk.in_yuki(
        here, Name="Wim van der Alleen", Type="Person", Code="20003", IsCustomer=True, EMailWork="wim@alleen.example"
    )
    here.run()
    found = crm.person(here, "20003")
    came = crm.of(found, "FirstName", "MiddleName", "LastName", "EmailAddress")
    here.crm.edit(crm.PEOPLE, found["ID"], EmailAddress="wim@elders.example")
    here.run()
    contact = yk.contact(here, "20003")

    assert came == {
        "FirstName": "Wim",
        "MiddleName": "van der",
        "LastName": "Alleen",
        "EmailAddress": "wim@alleen.example",
    }
    assert (contact["EMailWork"], contact["EMailHome"]) == ("wim@elders.example", "")
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-12")
def test_yuki_has_one_country_and_the_one_of_the_postal_address_stays_in_tribe(here: World) -> None:
    here.run()
    abroad = {**KORST_POSTAL_ADDRESS, "Postalcode": "9000", "City": "Gent", "Country": "BE"}
    crm.add_customer(here, **KORST_IN_TRIBE, InvoiceAddress=KORST_BILLING_ADDRESS, PostalAddress=abroad)
    here.run()
    crm.edit_organisation(here, PhoneNumber="030-7654321")
    here.run()

    assert yk.contact(here)["Country"] == "NL"
    assert yk.contact(here)["MailCity"] == "Gent"
    assert crm.where(crm.organisation(here)["PostalAddress"]) == abroad
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-12", "X-19")
def test_a_website_that_is_edited_in_tribe_stays_until_yuki_has_another_and_is_told(here: World) -> None:
    yk.known_company(here)
    crm.edit_organisation(here, Website="eigen.example")
    here.run()
    said, stays = here.notices(), crm.organisation(here)["Website"]
    quiet = crm.is_quiet(here)
    here.books.edit_contact(yk.contact(here)["ID"], Website="nieuw.example")
    here.run()

    assert stays == "eigen.example"
    assert said == ["Website was edited in Tribe CRM and stays 'eigen.example' until it changes in Yuki"]
    assert quiet
    assert crm.organisation(here)["Website"] == "nieuw.example"


# Who leads ------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("YU-14", "X-04")
def test_where_both_changed_a_field_tribe_stands_and_what_was_replaced_is_told(here: World) -> None:
    yk.known_company(here)
    crm.edit_organisation(here, PhoneNumber="030-1111111")
    here.books.edit_contact(yk.contact(here)["ID"], PhoneWork="030-2222222", EMailWork="nieuw@dekorst.example")
    here.run()

    assert yk.contact(here)["PhoneWork"] == "030-1111111"
    assert crm.organisation(here)["PhoneNumber"] == "030-1111111"
    assert crm.organisation(here)["EmailAddress"] == "nieuw@dekorst.example"
    assert here.notices() == ["Phone number: '030-2222222' of Yuki was replaced by '030-1111111' of Tribe CRM"]
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-14", "YU-06")
def test_when_two_find_each_other_tribe_stands_and_fills_in_what_it_lacks(here: World) -> None:
    yk.in_yuki(here, **KORST, IsCustomer=True)
    crm.add_customer(here, Name="De Korst", DebtorNumber="10042", PhoneNumber="030-1111111")
    said: list[str] = []
    for _ in range(3):
        here.run()
        said += here.notices()
    found, contact = crm.organisation(here), yk.contact(here)

    assert (found["Name"], contact["Name"]) == ("De Korst", "De Korst")
    assert (found["PhoneNumber"], contact["PhoneWork"]) == ("030-1111111", "030-1111111")
    assert (found["EmailAddress"], contact["EMailWork"]) == ("info@dekorst.example", "info@dekorst.example")
    assert sorted(said) == [
        "Organisation name: 'Bakkerij De Korst' of Yuki was replaced by 'De Korst' of Tribe CRM",
        "Phone number: '030-1234567' of Yuki was replaced by '030-1111111' of Tribe CRM",
    ]
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-04", "YU-14")
def test_tribe_numbers_and_the_number_of_yuki_is_replaced_and_told(here: World) -> None:
    yk.known_company(here)
    here.books.edit_contact(yk.contact(here)["ID"], Code="99999")
    here.run()

    assert crm.organisation(here)["DebtorNumber"] == "10042"
    assert yk.contact(here)["Name"] == "Bakkerij De Korst"
    assert here.notices() == ["Debtor number: '99999' of Yuki was replaced by '10042' of Tribe CRM"]
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-04")
def test_a_customer_of_yuki_without_a_code_gets_the_number_that_tribe_gives(here: World) -> None:
    yk.in_yuki(here, Name="Zonder Code", IsCustomer=True, Country="NL", EMailWork="info@zondercode.example")
    here.run()
    role = here.crm.one(CUSTOMERS)
    here.crm.edit(crm.ORGANISATIONS, role["Organization"]["ID"], DebtorNumber="10055")
    here.run()

    assert here.books.contact(Name="Zonder Code")["Code"] == "10055"
    assert crm.is_quiet(here)


@pytest.mark.requirement("X-02", "X-01")
def test_what_we_wrote_ourselves_does_not_come_back(here: World) -> None:
    yk.known_company(here)
    crm.edit_organisation(here, PhoneNumber="030-7654321")
    here.books.edit_contact(yk.contact(here)["ID"], EMailWork="nieuw@dekorst.example")
    here.run()

    for whole in (False, True, False):
        result = here.run(whole=whole)
        assert (here.writes, result.counts) == (0, {})
