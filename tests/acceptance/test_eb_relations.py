"""Customers, suppliers and private customers: which fields go where, both ways, and what is left alone."""

from __future__ import annotations

import eb
import pytest
from eb import (  # fmt: skip
    ANNA,
    ANNA_ADDRESS,
    ANNA_ASIDE,
    ANNA_IN_TRIBE,
    KORST,
    KORST_ASIDE,
    KORST_IN_TRIBE,
    KORST_INVOICE_ADDRESS,
    KORST_POSTAL_ADDRESS,
)
from world import CUSTOMERS, PERSONS, SUPPLIERS, World

# The first import -----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("EB-04")
@pytest.mark.requirement("EB-18")
@pytest.mark.requirement("EB-22")
def test_the_first_import_brings_business_and_private_customers_with_all_their_fields(here: World) -> None:
    korst = here.books.add_relation(**KORST, **KORST_ASIDE)
    anna = here.books.add_relation(**ANNA, **ANNA_ASIDE)
    before = here.books.relations()
    here.run()
    customer, private = here.crm.one(CUSTOMERS), here.crm.one(PERSONS)
    found, person = customer["Organization"], private["Person"]

    assert eb.like(found, KORST_IN_TRIBE) == KORST_IN_TRIBE
    assert eb.where(found["InvoiceAddress"]) == KORST_INVOICE_ADDRESS
    assert eb.where(found["PostalAddress"]) == KORST_POSTAL_ADDRESS
    assert found["VisitingAddress"] is None
    assert eb.like(person, ANNA_IN_TRIBE) == ANNA_IN_TRIBE
    assert eb.where(person["Address"]) == ANNA_ADDRESS
    assert str(customer["ImportId"]).endswith(f":{korst};")
    assert str(private["ImportId"]).endswith(f":{anna};")
    assert here.crm.rows(SUPPLIERS) == []
    assert here.books.relations() == before
    assert here.books.writes == []
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-04")
def test_the_first_import_only_brings_what_tribe_has_alone_goes_in_the_next_run(here: World) -> None:
    eb.add_customer(here, Name="Fietsenmaker", DebtorNumber="10077")
    here.run()
    after_the_import = here.books.relations()
    here.run()

    assert after_the_import == []
    assert here.books.relation(Code="10077")["Bedrijf"] == "Fietsenmaker"


@pytest.mark.requirement("EB-07")
@pytest.mark.requirement("EB-18")
@pytest.mark.requirement("EB-22")
def test_new_customers_of_tribe_arrive_in_the_books_with_all_their_fields(here: World) -> None:
    here.run()
    organisation = {
        **KORST_IN_TRIBE,
        "InvoiceAddress": KORST_INVOICE_ADDRESS,
        "PostalAddress": KORST_POSTAL_ADDRESS,
        "VisitingAddress": {"Street": "Achterom", "HouseNumber": 1, "City": "Breda"},
        "EmailAddress": "info@dekorst.example",
    }
    customer = eb.add_customer(here, **organisation)
    private = eb.add_person(here, **ANNA_IN_TRIBE, Address=ANNA_ADDRESS)
    here.run()
    korst, anna = here.books.relation(Code="10042"), here.books.relation(Code="20001")

    assert eb.like(korst, KORST) == KORST
    assert [korst[name] for name in ("GSM", "Email", "Notitie")] == ["", "", ""]
    assert eb.like(anna, ANNA) == ANNA
    assert [anna[name] for name in ("Site", "KvkNummer", "BTWNummer", "Adres2")] == ["", "", "", ""]
    assert str(here.crm.one(CUSTOMERS, ID=customer)["ImportId"]).endswith(f":{korst['ID']};")
    assert str(here.crm.one(PERSONS, ID=private)["ImportId"]).endswith(f":{anna['ID']};")
    assert eb.is_quiet(here)


# Changes, field by field ----------------------------------------------------------------------------------------------


@pytest.mark.requirement("EB-07")
@pytest.mark.requirement("EB-18")
@pytest.mark.requirement("X-05")
def test_every_field_of_a_customer_that_changes_in_tribe_changes_in_the_books(here: World) -> None:
    eb.known_customer(here)
    found = eb.organisation(here)
    here.crm.edit(
        eb.ORGANISATIONS,
        found["ID"],
        Name="Bakkerij De Kruimel",
        DebtorNumber="10043",
        PhoneNumber="030-7654321",
        Website="dekruimel.example",
        VATNumber="NL987654321B01",
        ChamberOfCommerceNumber="30654321",
        BIC="KRUMNL2U",
        IBAN="NL44RABO0123456789",
        EmailAddress="info@dekruimel.example",
    )
    here.crm.edit(
        eb.ADDRESSES,
        found["InvoiceAddress"]["ID"],
        Street="Marktplein",
        HouseNumber=4,
        HouseNumberSuffix="A",
        Postalcode="2000",
        City="Antwerpen",
        Country=eb.country(here, "BE"),
    )
    here.crm.edit(
        eb.ADDRESSES,
        found["PostalAddress"]["ID"],
        HouseNumber=76,
        Postalcode="3500 AC",
        City="Zeist",
        Country=eb.country(here, "NL"),
    )
    here.run()
    relation = here.books.relation(Code="10043")

    assert relation == {
        **relation,
        **KORST_ASIDE,
        "Bedrijf": "Bakkerij De Kruimel",
        "BP": "B",
        "Telefoon": "030-7654321",
        "Site": "dekruimel.example",
        "BTWNummer": "NL987654321B01",
        "KvkNummer": "30654321",
        "BIC": "KRUMNL2U",
        "IBAN": "NL44RABO0123456789",
        "Adres": "Marktplein 4A",
        "Postcode": "2000",
        "Plaats": "Antwerpen",
        "Land": "België",
        "Adres2": "Postbus 76",
        "Postcode2": "3500 AC",
        "Plaats2": "Zeist",
        "Land2": "Nederland",
    }
    assert here.crm.writes == []
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-08")
@pytest.mark.requirement("EB-18")
@pytest.mark.requirement("X-05")
def test_every_field_of_a_customer_that_changes_in_the_books_changes_in_tribe(here: World) -> None:
    eb.known_customer(here)
    visit = eb.address(here, {"Street": "Achterom", "City": "Breda"})
    eb.edit_organisation(here, VisitingAddress=visit, EmailAddress="info@dekorst.example")
    here.run()
    here.books.edit_relation(
        here.books.relation()["ID"],
        Bedrijf="Bakkerij De Kruimel",
        Code="10043",
        Telefoon="030-7654321",
        Site="dekruimel.example",
        BTWNummer="NL987654321B01",
        KvkNummer="30654321",
        BIC="KRUMNL2U",
        IBAN="NL44RABO0123456789",
        Adres="Marktplein 4a",
        Postcode="2000",
        Plaats="Antwerpen",
        Land="Belgium",
        Adres2="Postbus 76",
        Postcode2="3500 AC",
        Plaats2="Zeist",
        Land2="Holland",
        Email="nieuw@dekruimel.example",
        GSM="06-22222222",
    )
    here.run()
    found = eb.organisation(here, "10043")
    wanted = {
        "Name": "Bakkerij De Kruimel",
        "PhoneNumber": "030-7654321",
        "Website": "dekruimel.example",
        "VATNumber": "NL987654321B01",
        "ChamberOfCommerceNumber": "30654321",
        "BIC": "KRUMNL2U",
        "IBAN": "NL44RABO0123456789",
        "EmailAddress": "info@dekorst.example",
    }

    assert eb.like(found, wanted) == wanted
    assert eb.where(found["InvoiceAddress"]) == {
        "Street": "Marktplein",
        "HouseNumber": 4,
        "HouseNumberSuffix": "a",
        "Postalcode": "2000",
        "City": "Antwerpen",
        "Country": "BE",
    }
    assert eb.where(found["PostalAddress"]) == {
        "Street": "Postbus",
        "HouseNumber": 76,
        "HouseNumberSuffix": None,
        "Postalcode": "3500 AC",
        "City": "Zeist",
        "Country": "NL",
    }
    assert found["VisitingAddress"]["Street"] == "Achterom"
    assert here.books.writes == []
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-18")
def test_what_is_cleared_in_tribe_is_cleared_in_the_books(here: World) -> None:
    eb.known_customer(here)
    names = ("PhoneNumber", "Website", "VATNumber", "ChamberOfCommerceNumber", "BIC", "IBAN")
    nothing: eb.Row = dict.fromkeys((*names, "InvoiceAddress", "PostalAddress"))
    eb.edit_organisation(here, **nothing)
    here.run()
    relation = here.books.relation(Code="10042")
    cleared = ("Telefoon", "Site", "BTWNummer", "KvkNummer", "BIC", "IBAN", "Adres", "Postcode", "Plaats", "Land",
               "Adres2", "Postcode2", "Plaats2", "Land2")  # fmt: skip

    assert eb.of(relation, *cleared) == dict.fromkeys(cleared, "")
    assert eb.like(relation, KORST_ASIDE) == KORST_ASIDE
    assert relation["Bedrijf"] == "Bakkerij De Korst"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-18")
def test_what_is_cleared_in_the_books_is_cleared_in_tribe(here: World) -> None:
    eb.known_customer(here)
    cleared = ("Telefoon", "Site", "BTWNummer", "KvkNummer", "BIC", "IBAN", "Adres", "Postcode", "Plaats", "Land",
               "Adres2", "Postcode2", "Plaats2", "Land2")  # fmt: skip
    here.books.edit_relation(here.books.relation()["ID"], **dict.fromkeys(cleared, ""))
    here.run()
    found = eb.organisation(here)
    names = ("PhoneNumber", "Website", "VATNumber", "ChamberOfCommerceNumber", "BIC", "IBAN")

    assert eb.of(found, *names) == dict.fromkeys(names)
    assert eb.where(found["InvoiceAddress"]) in (None, dict.fromkeys(KORST_INVOICE_ADDRESS))
    assert eb.where(found["PostalAddress"]) in (None, dict.fromkeys(KORST_POSTAL_ADDRESS))
    assert found["Name"] == "Bakkerij De Korst"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-18")
def test_a_part_of_an_address_that_changes_leaves_the_rest_as_it_is_written(here: World) -> None:
    eb.known_customer(
        here, Adres="Dorpsstraat 12-bis", Land="the Netherlands", Adres2="", Postcode2="", Plaats2="", Land2=""
    )
    found = eb.organisation(here)
    here.crm.edit(eb.ADDRESSES, found["InvoiceAddress"]["ID"], Extra="t.a.v. Ans", City="Maarssen")
    here.run()
    first = here.books.relation(Code="10042")
    here.books.edit_relation(first["ID"], Postcode="3601 AA")
    here.run()

    assert eb.of(first, "Adres", "Postcode", "Plaats", "Land") == {
        "Adres": "Dorpsstraat 12-bis", "Postcode": "3511 AA", "Plaats": "Maarssen", "Land": "the Netherlands"
    }  # fmt: skip
    there = eb.organisation(here)["InvoiceAddress"]
    assert eb.of(there, "Street", "Extra", "Postalcode") == {
        "Street": "Dorpsstraat", "Extra": "t.a.v. Ans", "Postalcode": "3601 AA"
    }  # fmt: skip
    assert eb.organisation(here)["PostalAddress"] is None
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-18")
def test_a_street_and_number_that_cannot_be_told_apart_stay_in_the_street(here: World) -> None:
    eb.known_customer(here, Adres="Plein 1944", Adres2="Postbus 75")
    there = eb.where(eb.organisation(here)["InvoiceAddress"])

    assert there is not None
    assert (there["Street"], there["HouseNumber"]) == ("Plein 1944", None)
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-18")
def test_a_country_that_nobody_knows_is_told_and_the_record_waits(here: World) -> None:
    eb.known_customer(here)
    here.books.edit_relation(here.books.relation()["ID"], Land="Utopia", Telefoon="030-9999999")
    here.run()
    told = eb.told(here, "Bakkerij De Korst", "eboekhouden")

    assert told.state == "failed"
    assert "Utopia" in told.reason
    assert "Invoice address" in told.reason
    assert eb.organisation(here)["PhoneNumber"] == "030-1234567"
    assert eb.is_quiet(here)


# Persons --------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("EB-22")
@pytest.mark.requirement("EB-07")
def test_every_field_of_a_private_customer_that_changes_in_tribe_changes_in_the_books(here: World) -> None:
    eb.known_person(here)
    found = eb.person(here)
    eb.edit_person(
        here,
        FirstName="Hanna",
        MiddleName="de",
        LastName="Boer",
        DebtorNumber="20002",
        PhoneNumber="020-7654321",
        MobilePhoneNumber="06-87654321",
        EmailAddress="hanna@voorbeeld.example",
        BIC="KRUMNL2U",
        IBAN="NL44RABO0123456789",
    )
    here.crm.edit(eb.ADDRESSES, found["Address"]["ID"], HouseNumber=5, HouseNumberSuffix=None, Postalcode="1011 AC")
    here.run()
    relation = here.books.relation(Code="20002")

    assert relation == {
        **relation,
        **ANNA_ASIDE,
        "BP": "P",
        "Bedrijf": "Hanna de Boer",
        "Telefoon": "020-7654321",
        "GSM": "06-87654321",
        "Email": "hanna@voorbeeld.example",
        "BIC": "KRUMNL2U",
        "IBAN": "NL44RABO0123456789",
        "Adres": "Kade 5",
        "Postcode": "1011 AC",
        "Plaats": "Amsterdam",
        "Land": "Nederland",
    }
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-22")
@pytest.mark.requirement("EB-08")
def test_every_field_of_a_private_customer_that_changes_in_the_books_changes_in_tribe(here: World) -> None:
    eb.known_person(here)
    here.books.edit_relation(
        here.books.relation()["ID"],
        Code="20002",
        Bedrijf="Boer, Hanna de",
        Telefoon="020-7654321",
        GSM="06-87654321",
        Email="hanna@voorbeeld.example",
        BIC="KRUMNL2U",
        IBAN="NL44RABO0123456789",
        Adres="Kade 5",
        Postcode="9000",
        Plaats="Gent",
        Land="België",
    )
    here.run()
    found = eb.person(here, "20002")
    wanted = {
        "FirstName": "Hanna",
        "MiddleName": "de",
        "LastName": "Boer",
        "PhoneNumber": "020-7654321",
        "MobilePhoneNumber": "06-87654321",
        "EmailAddress": "hanna@voorbeeld.example",
        "BIC": "KRUMNL2U",
        "IBAN": "NL44RABO0123456789",
    }

    assert eb.like(found, wanted) == wanted
    assert eb.where(found["Address"]) == {
        "Street": "Kade",
        "HouseNumber": 5,
        "HouseNumberSuffix": None,
        "Postalcode": "9000",
        "City": "Gent",
        "Country": "BE",
    }
    assert here.books.relation()["Bedrijf"] == "Boer, Hanna de"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-22")
def test_what_is_cleared_of_a_private_customer_is_cleared_on_the_other_side(here: World) -> None:
    eb.known_person(here)
    eb.edit_person(here, PhoneNumber=None, EmailAddress=None, IBAN=None)
    here.books.edit_relation(here.books.relation()["ID"], GSM="", BIC="", Adres="", Postcode="", Plaats="", Land="")
    here.run()
    relation, found = here.books.relation(), eb.person(here)
    emptied = ("Telefoon", "Email", "IBAN", "GSM", "BIC", "Adres", "Land")

    assert eb.of(relation, *emptied) == dict.fromkeys(emptied, "")
    assert [found[name] for name in ("PhoneNumber", "EmailAddress", "IBAN", "MobilePhoneNumber", "BIC")] == [None] * 5
    assert eb.where(found["Address"]) in (None, dict.fromkeys(ANNA_ADDRESS))
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-22")
def test_names_are_told_apart_by_rule_and_a_correction_in_tribe_stays(here: World) -> None:
    names = {
        "20001": ("Anna van der Meer", ("Anna", "van der", "Meer")),
        "20002": ("Luc De Smedt", ("Luc", None, "De Smedt")),
        "20003": ("Vries, Jan de", ("Jan", "de", "Vries")),
        "20004": ("Jan Peter Bos", ("Jan Peter", None, "Bos")),
    }
    for code, (name, _) in names.items():
        here.books.add_relation(Code=code, BP="P", Bedrijf=name)
    here.run()
    first = {code: eb.person(here, code) for code in names}
    eb.edit_person(here, "20004", FirstName="Jan", LastName="Peter Bos")
    here.run()

    for code, (_, parts) in names.items():
        assert (first[code]["FirstName"], first[code]["MiddleName"], first[code]["LastName"]) == parts
    assert here.books.relation(Code="20004")["Bedrijf"] == "Jan Peter Bos"
    assert eb.person(here, "20004")["LastName"] == "Peter Bos"
    assert here.writes == 0
    assert eb.is_quiet(here)


# Spellings ------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("EB-18")
@pytest.mark.requirement("X-01")
def test_two_spellings_of_the_same_are_left_as_they_are_written(here: World) -> None:
    here.books.add_relation(**KORST)
    here.books.add_relation(**ANNA)
    spelt = {
        **KORST_IN_TRIBE,
        "PhoneNumber": "+31 30 123 45 67",
        "VATNumber": "nl 1234.56.782.B01",
        "ChamberOfCommerceNumber": "30 12 34 56",
        "BIC": "BANKNL2AXXX",
        "IBAN": "nl91 abna 0417 1643 00",
        "InvoiceAddress": {**KORST_INVOICE_ADDRESS, "HouseNumberSuffix": "bis", "Postalcode": "3511aa"},
        "PostalAddress": KORST_POSTAL_ADDRESS,
    }
    private = {
        **ANNA_IN_TRIBE,
        "PhoneNumber": "(020) 123 45 67",
        "MobilePhoneNumber": "+31612345678",
        "EmailAddress": "Anna@Voorbeeld.example",
        "BIC": "banknl2a",
        "IBAN": "NL91 ABNA 0417 1643 00",
        "Address": {**ANNA_ADDRESS, "HouseNumberSuffix": "a", "Postalcode": "1011ab"},
    }
    eb.add_customer(here, **spelt)
    eb.add_person(here, **private)
    before = here.books.relations()
    here.run()
    found, person = eb.organisation(here), eb.person(here)
    names = ("PhoneNumber", "VATNumber", "ChamberOfCommerceNumber", "BIC", "IBAN")

    assert here.books.relations() == before
    assert eb.of(found, *names) == eb.of(spelt, *names)
    assert person["EmailAddress"] == "Anna@Voorbeeld.example"
    assert (found["LastMutationDate"], person["LastMutationDate"]) == (None, None)
    assert len(here.crm.writes) == 2  # the id that is left on each of them
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-18")
@pytest.mark.requirement("X-01")
def test_a_value_that_is_only_spelt_anew_is_not_sent(here: World) -> None:
    eb.known_customer(here)
    here.books.add_relation(**ANNA)
    here.run()
    eb.edit_organisation(here, VATNumber="nl123456782b01", IBAN="NL91 ABNA 0417 1643 00", PhoneNumber="+31301234567")
    eb.edit_person(here, EmailAddress="ANNA@voorbeeld.example", IBAN="NL91 ABNA 0417 1643 00")
    here.books.edit_relation(
        here.books.relation(BP="B")["ID"],
        BIC="BANKNL2AXXX",
        KvkNummer="30.12.34.56",
        Land="NL",
        Adres="Dorpsstraat 12-bis",
    )
    here.books.edit_relation(
        here.books.relation(BP="P")["ID"], GSM="0031612345678", Telefoon="+31201234567", BIC="banknl2a"
    )
    here.run()

    assert here.writes == 0
    assert eb.is_quiet(here)


# Suppliers ------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("EB-05")
@pytest.mark.requirement("EB-18")
def test_a_supplier_that_both_sides_know_is_kept_the_same_both_ways(here: World) -> None:
    relation = here.books.add_relation(**{**KORST, "Code": "30001"}, **KORST_ASIDE)
    said = {**KORST_IN_TRIBE, "DebtorNumber": None, "CreditorNumber": "30001"}
    supplier = eb.add_supplier(here, **said, InvoiceAddress=KORST_INVOICE_ADDRESS, PostalAddress=KORST_POSTAL_ADDRESS)
    here.run()
    found = here.crm.one(SUPPLIERS, ID=supplier)
    tied = str(found["ImportId"])
    here.crm.edit(eb.ORGANISATIONS, found["Organization"]["ID"], PhoneNumber="030-7654321", CreditorNumber="30002")
    here.books.edit_relation(relation, Site="nieuw.example", Plaats="Zeist")
    here.run()
    there, here_ = here.books.relation(ID=relation), here.crm.one(SUPPLIERS, ID=supplier)["Organization"]

    assert tied.endswith(f":{relation};")
    assert eb.of(there, "Telefoon", "Code", "Notitie") == {
        "Telefoon": "030-7654321", "Code": "30002", "Notitie": KORST_ASIDE["Notitie"]
    }  # fmt: skip
    assert (here_["Website"], here_["InvoiceAddress"]["City"], here_["DebtorNumber"]) == (
        "nieuw.example",
        "Zeist",
        None,
    )
    assert here.crm.rows(CUSTOMERS) == []
    assert eb.is_quiet(here)
    here.books.edit_relation(relation, Code="30003")
    here.run()
    assert here.crm.one(SUPPLIERS)["Organization"]["CreditorNumber"] == "30003"


@pytest.mark.requirement("EB-05")
def test_a_supplier_that_one_side_knows_alone_is_never_made_on_the_other(here: World) -> None:
    here.run()
    eb.add_supplier(here, Name="Meelfabriek", CreditorNumber="30005")
    here.run()

    told = eb.told(here, "Meelfabriek", "tribe", "supplier")

    assert here.books.relations() == []
    assert here.writes == 0
    assert told.reason == "known in Tribe CRM only, and these are never made in e-Boekhouden"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-05")
def test_a_supplier_that_lost_its_creditor_number_waits_with_its_changes(here: World) -> None:
    relation = here.books.add_relation(**{**KORST, "Code": "30001"})
    supplier = eb.add_supplier(here, Name="Bakkerij De Korst", CreditorNumber="30001")
    here.run()
    found = here.crm.one(SUPPLIERS, ID=supplier)["Organization"]["ID"]
    here.crm.edit(eb.ORGANISATIONS, found, CreditorNumber=None, PhoneNumber="030-7654321")
    here.run()
    told = here.judged("Bakkerij De Korst", entity="supplier")
    meanwhile = here.books.relation(ID=relation)
    here.crm.edit(eb.ORGANISATIONS, found, CreditorNumber="30001")
    here.run()

    assert (told.state, told.reason) == ("waiting", "no creditor number")
    assert eb.of(meanwhile, "Code", "Telefoon") == {"Code": "30001", "Telefoon": "030-1234567"}
    assert eb.of(here.books.relation(ID=relation), "Code", "Telefoon") == {"Code": "30001", "Telefoon": "030-7654321"}
