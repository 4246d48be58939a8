"""Customers, suppliers and private customers of WinBooks: which fields go where, both ways, and what is left alone."""

from __future__ import annotations

import crm
import pytest
import wb
from wb import (
    ANNA,
    ANNA_IN_TRIBE,
    KORST,
    KORST_ADDRESS,
    KORST_ADDRESS_IN_TRIBE,
    KORST_ASIDE,
    KORST_CONTACT,
    KORST_IN_TRIBE,
    MAPPING,
)
from world import CUSTOMERS, PERSONS, SUPPLIERS, World

from syncrules.language import spec

# The first import -----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("WB-02", "WB-05", "WB-06")
def test_the_first_import_brings_customers_suppliers_and_persons_with_all_their_fields(here: World) -> None:
    korst = wb.add(here)
    meal = wb.add(here, "30001", "Supplier")
    anna = wb.add_person(here)
    before = here.kind.contents(here.books)
    here.run()
    customer, supplier, private = here.crm.one(CUSTOMERS), here.crm.one(SUPPLIERS), here.crm.one(PERSONS)
    found = customer["Organization"]

    assert crm.like(found, KORST_IN_TRIBE) == KORST_IN_TRIBE
    assert crm.where(found["InvoiceAddress"]) == KORST_ADDRESS_IN_TRIBE
    assert found["InvoiceAddress"]["Extra"] == "Poort B"
    assert (found["PostalAddress"], found["VisitingAddress"]) == (None, None)
    wanted = {**KORST_IN_TRIBE, "DebtorNumber": None, "CreditorNumber": "30001"}
    assert crm.like(supplier["Organization"], wanted) == wanted
    assert crm.where(supplier["Organization"]["InvoiceAddress"]) == KORST_ADDRESS_IN_TRIBE
    assert crm.like(private["Person"], ANNA_IN_TRIBE) == ANNA_IN_TRIBE
    assert [str(each["ImportId"]).endswith(f":{id_};") for each, id_ in ((customer, korst), (supplier, meal), (private, anna))] == [True] * 3  # fmt: skip
    assert here.kind.contents(here.books) == before
    assert here.books.writes == []
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02")
def test_the_first_import_only_brings_and_what_tribe_has_alone_goes_in_the_next_run(here: World) -> None:
    crm.add_customer(here, Name="Fietsenmaker", DebtorNumber="10077")
    crm.add_supplier(here, Name="Meelfabriek", CreditorNumber="30077")
    crm.add_person(here, LastName="Bos", DebtorNumber="20077")
    here.run()
    after_the_import = (here.books.customers(), here.books.suppliers())
    here.run()

    assert after_the_import == ([], [])
    assert [each["Code"] for each in here.books.customers()] == ["10077", "20077"]
    assert [each["Code"] for each in here.books.suppliers()] == ["30077"]


@pytest.mark.requirement("WB-02")
def test_who_is_not_in_use_in_the_books_does_not_come(here: World) -> None:
    for code, hidden, locked in (("10001", True, False), ("10002", False, True), ("10003", True, True)):
        here.books.add_customer(code, f"Weg {code}")
        here.books.deactivate_customer(code, hidden=hidden, locked=locked)
    here.books.add_customer("10004", "Blijft")
    here.books.add_supplier("30001", "Weg 30001")
    here.books.edit_supplier("30001", IsHidden=True)
    here.run()

    assert [each["Organization"]["Name"] for each in here.crm.rows(CUSTOMERS)] == ["Blijft"]
    assert here.crm.rows(SUPPLIERS) == []
    assert crm.told(here, "Weg 10002", "winbooks", "customer").reason == "not in use in WinBooks on Web"
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02", "WB-05")
def test_new_organisations_of_tribe_arrive_in_the_books_with_all_their_fields(here: World) -> None:
    here.run()
    said = {**KORST_IN_TRIBE, "InvoiceAddress": {**KORST_ADDRESS_IN_TRIBE, "Extra": "Poort B"}}
    visit = {"Street": "Achterom", "HouseNumber": 1, "City": "Brugge"}
    customer = crm.add_customer(here, **said, VisitingAddress=visit, PostalAddress=visit)
    supplier = crm.add_supplier(here, **{**said, "DebtorNumber": None, "CreditorNumber": "30001"})
    here.run()
    there, meal = here.books.customer("10042"), here.books.supplier("30001")

    for code in ("10042", "30001"):
        assert crm.like(wb.third(here, code), {"Code": code, "Name": KORST["Name"], "WebSite": KORST["WebSite"], "VatNumber": KORST["VatNumber"]}) == {"Code": code, "Name": KORST["Name"], "WebSite": KORST["WebSite"], "VatNumber": KORST["VatNumber"]}  # fmt: skip
        assert wb.codes(wb.third(here, code), "VatCountry") == {"VatCountry": "BE"}
        assert {name: str(each).strip() for name, each in crm.like(wb.address(here, code), KORST_ADDRESS).items()} == KORST_ADDRESS  # fmt: skip
        assert wb.contact(here, code)["Email"] == KORST_CONTACT["Email"]
        assert len(wb.third(here, code)["Addresses"]) == 1
        link = wb.third(here, code)["Addresses"][0]
        assert all(link[name] for name in ("IsInvoicing", "IsInvoicingDefault", "IsPostingDefault", "IsDeliveringDefault"))  # fmt: skip
    assert (there["VatApplicable"], there["IsHidden"], there["IsLocked"]) == (1, False, False)
    assert wb.codes(there, "GLAccountCentral") == {"GLAccountCentral": "400000"}
    assert wb.codes(meal, "GLAccountCentral") == {"GLAccountCentral": "440000"}
    assert str(here.crm.one(CUSTOMERS, ID=customer)["ImportId"]).endswith(f":{there['Id']};")
    assert str(here.crm.one(SUPPLIERS, ID=supplier)["ImportId"]).endswith(f":{meal['Id']};")
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02", "WB-06")
def test_a_new_person_of_tribe_arrives_in_the_books_with_all_fields(here: World) -> None:
    here.run()
    home = {"Street": "Kade", "HouseNumber": 3, "City": "Gent"}
    private = crm.add_person(here, **ANNA_IN_TRIBE, Address=home)
    here.run()
    there = here.books.customer("20001")

    assert crm.like(wb.contact(here, "20001"), ANNA) == ANNA
    assert wb.third(here, "20001")["Name"] == "Anna van der Meer"
    assert there["VatApplicable"] == 3
    assert wb.address(here, "20001") == {}
    assert str(here.crm.one(PERSONS, ID=private)["ImportId"]).endswith(f":{there['Id']};")
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02")
def test_a_customer_without_a_number_waits_and_follows_by_itself(here: World) -> None:
    here.run()
    crm.add_customer(here, Name="Fietsenmaker")
    crm.add_supplier(here, Name="Meelfabriek")
    crm.add_person(here, LastName="Bos")
    here.run()
    told = [
        crm.told(here, name, "tribe", entity)
        for name, entity in (("Fietsenmaker", "customer"), ("Meelfabriek", "supplier"), ("Bos", "private customer"))
    ]
    before = (here.books.customers(), here.books.suppliers())
    for name, number in (("Fietsenmaker", "DebtorNumber"), ("Meelfabriek", "CreditorNumber")):
        here.crm.edit(
            crm.ORGANISATIONS, here.crm.one(crm.ORGANISATIONS, Name=name)["ID"], **{number: "10077"[:4] + name[0]}
        )
    here.crm.edit(crm.PEOPLE, here.crm.one(crm.PEOPLE, LastName="Bos")["ID"], DebtorNumber="20077")
    here.run()

    assert [(each.state, each.reason) for each in told] == [
        ("waiting", "no debtor number"), ("waiting", "no creditor number"), ("waiting", "no debtor number")
    ]  # fmt: skip
    assert ["automatic numbering" in each.cure for each in told] == [True, False, True]
    assert before == ([], [])
    assert sorted(each["Code"] for each in here.books.customers()) == ["1007F", "20077"]
    assert [each["Code"] for each in here.books.suppliers()] == ["1007M"]
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02", "X-08")
def test_a_number_that_is_too_long_for_the_books_waits_with_its_reason(here: World) -> None:
    here.run()
    crm.add_customer(here, Name="Fietsenmaker", DebtorNumber="12345678901")
    crm.add_customer(here, Name="Bakker", DebtorNumber="1234567890")
    here.run()
    told = crm.told(here, "Fietsenmaker", "tribe", "customer")

    assert told.state in ("waiting", "failed")
    assert "11 characters" in told.reason
    assert [each["Code"] for each in here.books.customers()] == ["1234567890"]


# Changes, field by field ----------------------------------------------------------------------------------------------


@pytest.mark.requirement("WB-02", "WB-05", "X-05")
def test_every_field_of_a_customer_that_changes_in_tribe_changes_in_the_books_and_no_other(here: World) -> None:
    wb.known_customer(here)
    found = crm.organisation(here)
    here.crm.edit(
        crm.ORGANISATIONS, found["ID"], Name="Bakkerij De Kruimel", Website="dekruimel.example", PhoneNumber="+32 9 000 00 09",
        VATNumber="NL123456782B01", EmailAddress="info@dekruimel.example",
    )  # fmt: skip
    here.crm.edit(
        crm.ADDRESSES, found["InvoiceAddress"]["ID"], Street="Marktplein", HouseNumber=4, HouseNumberSuffix="A",
        Postalcode="1011 AB", City="Amsterdam", Country=crm.country(here, "NL"), Extra="Achterhuis",
    )  # fmt: skip
    here.run()
    there, third, address = here.books.customer("10042"), wb.third(here), wb.address(here)

    assert crm.of(third, "Code", "Name", "WebSite", "VatNumber") == {
        "Code": "10042", "Name": "Bakkerij De Kruimel", "WebSite": "dekruimel.example", "VatNumber": "123456782B01"
    }  # fmt: skip
    assert wb.codes(third, "VatCountry", "Language", "Currency", "Civility") == {
        "VatCountry": "NL", "Language": "fr", "Currency": "EUR", "Civility": "NV"
    }  # fmt: skip
    assert {name: str(each).strip() for name, each in crm.like(address, KORST_ADDRESS).items()} == {
        "Address1": "Marktplein 4A", "Address2": "Achterhuis", "Zip": "1011 AB", "Town": "Amsterdam",
        "CountryCode": "NL", "PhoneNo": "+32 9 000 00 09",
    }  # fmt: skip
    assert crm.of(wb.contact(here), "FirstName", "Name", "Email") == {
        "FirstName": "Ans", "Name": "Bakker", "Email": "info@dekruimel.example"
    }  # fmt: skip
    assert [len(third[each]) for each in ("Addresses", "Contacts")] == [1, 1]
    assert crm.of(there, "Memo", "MemoType", "IsReminderBlocked") == crm.of(KORST_ASIDE, "Memo", "MemoType", "IsReminderBlocked")  # fmt: skip
    assert wb.codes(there, "Vat", "GLAccountDefault", "PayCode", "Category") == {
        "Vat": "21", "GLAccountDefault": "700100", "PayCode": "30", "Category": "HANDEL"
    }  # fmt: skip
    assert here.crm.writes == []
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02", "WB-05", "X-05")
def test_every_field_of_a_customer_that_changes_in_the_books_changes_in_tribe(here: World) -> None:
    wb.known_customer(here)
    visit = crm.address(here, {"Street": "Achterom", "City": "Brugge"})
    crm.edit_organisation(here, VisitingAddress=visit, FinancialEmailAddress="geld@dekorst.example")
    here.run()
    here.books.edit_third(
        "10042", Name="Bakkerij De Kruimel", WebSite="dekruimel.example", VatNumber="0200000040", VatCountryCode="BE"
    )
    here.books.edit_address(
        "10042", Address1="Marktplein 4a", Address2="", Zip="1011 AB", Town="Amsterdam", CountryCode="NL",
        PhoneNo="+32 9 000 00 09",
    )  # fmt: skip
    here.books.edit_contact("10042", Email="info@dekruimel.example")
    here.run()
    found = crm.organisation(here)
    wanted = {
        **KORST_IN_TRIBE,
        "Name": "Bakkerij De Kruimel",
        "Website": "dekruimel.example",
        "VATNumber": "BE0200000040",
        "PhoneNumber": "+32 9 000 00 09",
        "EmailAddress": "info@dekruimel.example",
        "FinancialEmailAddress": "geld@dekorst.example",
    }

    assert crm.like(found, wanted) == wanted
    assert crm.where(found["InvoiceAddress"]) == {
        "Street": "Marktplein", "HouseNumber": 4, "HouseNumberSuffix": "a", "Postalcode": "1011 AB",
        "City": "Amsterdam", "Country": "NL",
    }  # fmt: skip
    assert found["VisitingAddress"]["Street"] == "Achterom"
    assert here.books.writes == []
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02", "WB-05")
def test_a_supplier_changes_both_ways_too(here: World) -> None:
    wb.known_supplier(here)
    supplier = here.crm.one(SUPPLIERS)["Organization"]["ID"]
    here.crm.edit(crm.ORGANISATIONS, supplier, PhoneNumber="+32 9 000 00 09")
    here.books.edit_third("30001", WebSite="meel.example")
    here.books.edit_contact("30001", Email="meel@dekorst.example")
    here.run()
    found = here.crm.one(SUPPLIERS)["Organization"]

    assert wb.address(here, "30001")["PhoneNo"] == "+32 9 000 00 09"
    assert crm.of(found, "Website", "EmailAddress", "PhoneNumber") == {
        "Website": "meel.example", "EmailAddress": "meel@dekorst.example", "PhoneNumber": "+32 9 000 00 09"
    }  # fmt: skip
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02", "WB-06")
def test_every_field_of_a_person_that_changes_in_tribe_changes_in_the_books(here: World) -> None:
    wb.known_person(here)
    crm.edit_person(
        here, FirstName="Anneke", MiddleName="de", LastName="Wit", PhoneNumber="+32 2 000 00 08",
        MobilePhoneNumber="+32 470 00 00 08", EmailAddress="anneke@voorbeeld.example",
    )  # fmt: skip
    here.run()

    assert crm.like(wb.contact(here, "20001"), ANNA) == {
        "FirstName": "Anneke", "Name": "de Wit", "PhoneNo": "+32 2 000 00 08", "MobileNo": "+32 470 00 00 08",
        "Email": "anneke@voorbeeld.example",
    }  # fmt: skip
    assert wb.third(here, "20001")["Name"] == "Anneke de Wit"
    assert here.crm.writes == []
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02", "WB-06")
def test_every_field_of_a_person_that_changes_in_the_books_changes_in_tribe(here: World) -> None:
    wb.known_person(here)
    here.books.edit_third("20001", Name="Anneke de Wit")
    here.books.edit_contact(
        "20001", FirstName="Anneke", Name="de Wit", PhoneNo="+32 2 000 00 08", MobileNo="+32 470 00 00 08",
        Email="anneke@voorbeeld.example",
    )  # fmt: skip
    here.run()

    assert crm.like(crm.person(here), ANNA_IN_TRIBE) == {
        "FirstName": "Anneke", "MiddleName": "de", "LastName": "Wit", "DebtorNumber": "20001",
        "PhoneNumber": "+32 2 000 00 08", "MobilePhoneNumber": "+32 470 00 00 08",
        "EmailAddress": "anneke@voorbeeld.example",
    }  # fmt: skip
    assert here.books.writes == []
    assert crm.is_quiet(here)


# Names ----------------------------------------------------------------------------------------------------------------

NAMES = [
    ("Anna", "van der", "Meer"),
    ("Anna Maria", None, "Meer"),
    ("Jean-Luc", "de la", "Fontaine"),
    ("Anna", None, "Meer-de Wit"),
    (None, None, "Bos"),
    ("Zoë", "'t", "Hart"),
    ("Anna", "van der", "Meer van Delft"),
    ("Anna", "Van Den", "Bossche"),
    ("An", "Ver", "Linden"),
    ("An", None, "van der Meer"),
]


@pytest.mark.requirement("WB-06")
@pytest.mark.parametrize("name", NAMES, ids=lambda each: each[2])
def test_a_name_of_tribe_comes_back_as_it_was_when_something_else_changes(
    here: World, name: tuple[str | None, str | None, str]
) -> None:
    here.run()
    said = dict(zip(("FirstName", "MiddleName", "LastName"), name, strict=True))
    crm.add_person(here, DebtorNumber="20001", **said)
    here.run()
    whole = " ".join(filter(None, name))
    there = wb.contact(here, "20001")

    assert wb.third(here, "20001")["Name"] == whole
    assert ((there["FirstName"] or None), there["Name"]) == (name[0], " ".join(filter(None, name[1:])))
    here.books.edit_contact("20001", Email="anna@voorbeeld.example")
    here.run()
    assert crm.like(crm.person(here), said) == said
    assert crm.person(here)["EmailAddress"] == "anna@voorbeeld.example"
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-06")
@pytest.mark.parametrize(
    ("name", "first", "middle", "last"),
    [("Jan van den Berg", "Jan", "van den", "Berg"), ("Bos", None, None, "Bos"), ("An Peeters", "An", None, "Peeters")],
)
def test_a_name_that_stands_in_one_piece_is_split_by_rule_and_can_be_corrected_in_tribe(
    here: World, name: str, first: str | None, middle: str | None, last: str
) -> None:
    wb.add_person(here, name=name, contact=None)
    here.run()
    names = {"FirstName": first, "MiddleName": middle, "LastName": last}
    came = crm.like(crm.person(here), names)
    crm.edit_person(here, FirstName="Jan", MiddleName=None, LastName="Vandenberg")
    here.run()
    there = wb.contact(here, "20001")

    assert came == names
    assert (wb.third(here, "20001")["Name"], there["FirstName"], there["Name"]) == ("Jan Vandenberg", "Jan", "Vandenberg")  # fmt: skip
    assert crm.is_quiet(here)


@pytest.mark.declares("WB-06")
def test_the_mapping_says_that_a_name_in_one_piece_may_come_back_otherwise() -> None:
    entity = spec.load(MAPPING).entities["private customer"]
    name = next(row for row in entity.rows if row.name == "Name")

    assert "no middle name" in name.lossy
    assert "can be corrected in Tribe" in name.lossy


# Parts that are not there yet, and emptied ones -----------------------------------------------------------------------


@pytest.mark.requirement("WB-05", "X-05")
def test_a_customer_without_address_and_contact_gets_them_and_only_once(here: World) -> None:
    here.books.add_customer("10042", "Bakkerij De Korst")
    here.run()
    crm.edit_organisation(here, PhoneNumber="+32 9 000 00 09", EmailAddress="info@dekorst.example")
    here.run()
    first = (wb.address(here)["PhoneNo"], wb.contact(here)["Email"])
    address = crm.address(here, KORST_ADDRESS_IN_TRIBE)
    crm.edit_organisation(here, InvoiceAddress=address, EmailAddress="post@dekorst.example")
    here.run()

    assert first == ("+32 9 000 00 09", "info@dekorst.example")
    assert crm.of(wb.address(here), "Address1", "PhoneNo") == {"Address1": "Dorpsstraat 12 bus 3", "PhoneNo": "+32 9 000 00 09"}  # fmt: skip
    assert wb.contact(here)["Email"] == "post@dekorst.example"
    assert [len(wb.third(here)[each]) for each in ("Addresses", "Contacts")] == [1, 1]
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-05", "X-05")
def test_other_addresses_and_contacts_of_a_customer_are_left_alone(here: World) -> None:
    wb.known_customer(here)
    third = wb.third(here)["Id"]
    here.books.add("Third_Address", Third_Id=third, Index=1, IsPosting=True, IsPostingDefault=True, Address={"Address1": "Postbus 7", "Town": "Gent"})  # fmt: skip
    here.books.add("Third_Contact", Third_Id=third, Index=1, Contact={"Name": "Magazijn", "Email": "magazijn@dekorst.example"})  # fmt: skip
    address = crm.address(here, {"Street": "Kaai", "HouseNumber": 4, "City": "Gent"})
    crm.edit_organisation(here, InvoiceAddress=address, EmailAddress="post@dekorst.example")
    here.run()
    after = wb.third(here)

    assert [each["Address"]["Address1"] for each in after["Addresses"]] == ["Kaai 4", "Postbus 7"]
    assert [each["Contact"]["Email"] for each in after["Contacts"]] == ["post@dekorst.example", "magazijn@dekorst.example"]  # fmt: skip
    assert crm.organisation(here)["PostalAddress"] is None
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-05")
def test_what_is_cleared_in_tribe_is_cleared_in_the_books(here: World) -> None:
    wb.known_customer(here)
    nothing: crm.Row = dict.fromkeys(("Website", "EmailAddress", "PhoneNumber", "VATNumber", "InvoiceAddress"))
    crm.edit_organisation(here, **nothing)
    here.run()
    third, address = wb.third(here), wb.address(here)

    assert (third["WebSite"] or "", third["VatNumber"] or "", wb.codes(third, "VatCountry")["VatCountry"]) == ("", "", None)  # fmt: skip
    assert [str(address[name] or "").strip() for name in KORST_ADDRESS] == [""] * 6
    assert crm.of(wb.contact(here), "FirstName", "Name", "Email") == {"FirstName": "Ans", "Name": "Bakker", "Email": ""}  # fmt: skip
    assert third["Name"] == "Bakkerij De Korst"
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-05")
def test_what_is_cleared_in_the_books_is_cleared_in_tribe(here: World) -> None:
    wb.known_customer(here)
    here.books.edit_third("10042", WebSite="", VatNumber="", VatCountryCode="")
    here.books.edit_address("10042", **dict.fromkeys(KORST_ADDRESS, ""))
    here.books.edit_contact("10042", Email="")
    here.run()
    found = crm.organisation(here)
    names = ("Website", "EmailAddress", "PhoneNumber", "VATNumber")

    assert crm.of(found, *names) == dict.fromkeys(names)
    assert crm.where(found["InvoiceAddress"]) in (None, dict.fromkeys(KORST_ADDRESS_IN_TRIBE))
    assert found["Name"] == "Bakkerij De Korst"
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-06")
def test_a_phone_of_a_person_that_stands_with_the_address_is_found_and_changed_there(here: World) -> None:
    address = {"Address1": "Kade 3", "Zip": "9000", "Town": "Gent", "PhoneNo": "+32 2 000 00 03"}
    wb.add_person(here, contact={"FirstName": "Anna", "Name": "van der Meer"}, Addresses=[wb.invoicing(address)])
    here.run()
    came = crm.person(here)["PhoneNumber"]
    crm.edit_person(here, PhoneNumber="+32 2 000 00 08")
    here.run()

    assert came == "+32 2 000 00 03"
    assert wb.address(here, "20001")["PhoneNo"] == "+32 2 000 00 08"
    assert not wb.contact(here, "20001")["PhoneNo"]
    assert crm.person(here)["Address"] is None
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-05", "X-02")
def test_a_value_that_is_written_another_way_is_no_change(here: World) -> None:
    wb.known_customer(here)
    crm.edit_organisation(
        here, PhoneNumber="09 000 00 01", VATNumber="BE 0123.456.749", Website="https://www.dekorst.example/",
        EmailAddress="Info@DeKorst.example",
    )  # fmt: skip
    result = here.run()

    assert (result.writes, here.writes) == (0, 0)
    assert wb.address(here)["PhoneNo"] == "+32 9 000 00 01"
    assert crm.organisation(here)["VATNumber"] == "BE 0123.456.749"


@pytest.mark.requirement("WB-05", "X-08")
def test_a_name_that_is_too_long_for_the_books_waits_and_the_rest_goes_on(here: World) -> None:
    here.run()
    crm.add_customer(here, Name="B" * 41, DebtorNumber="10041")
    crm.add_customer(here, Name="B" * 40, DebtorNumber="10040")
    here.run()
    told = crm.told(here, "B" * 41, "tribe", "customer")

    assert (told.state, "41 characters" in told.reason) == ("failed", True)
    assert [each["Code"] for each in here.books.customers()] == ["10040"]
