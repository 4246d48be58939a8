"""Relations, products, accounts and cost centres in the e-Boekhouden sandbox, read and written over REST."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest
from eboekhouden_rest_talk import BANK, REVENUE, TODAY, Talk, invoice, made, product, talking
from eboekhouden_talk import RELATION_FIELDS
from eboekhouden_talk import Talk as SoapTalk
from eboekhouden_talk import relation as soap_relation

from syncrules_providers.sandboxes.eboekhouden_rest import EboekhoudenRestSandbox
from syncrules_providers.sandboxes.eboekhouden_soap import EboekhoudenSoapSandbox
from syncrules_providers.sandboxes.story import tell
from syncrules_providers.sandboxes.story_crowd import iban


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking() as talk:
        yield talk


@pytest.fixture
def sandbox(talk: Talk) -> EboekhoudenRestSandbox:
    return talk.sandbox


@pytest.fixture
def soap(sandbox: EboekhoudenRestSandbox) -> Iterator[SoapTalk]:
    """The same books through the other service."""
    with EboekhoudenSoapSandbox(today=lambda: TODAY) as other, httpx.Client(timeout=30) as http:
        other.books = sandbox.books
        talk = SoapTalk(other, http)
        talk.login()
        yield talk


# Relations read -------------------------------------------------------------------------------------------------


def test_a_list_of_relations_says_next_to_nothing(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    found = talk.items("relation?limit=2000")

    assert {tuple(each) for each in found} == {("id", "type", "code")}
    assert len(found) == len(sandbox.relations()) == sum(each.in_books for each in tell(20).relations)


def test_relations_no_longer_in_use_are_listed_and_only_the_detail_says_so(talk: Talk) -> None:
    told = talk.relation("10060")

    assert (told["name"], told["inactive"]) == ("Uitgedoofd Vuur", True)
    assert talk.relation("10042")["inactive"] is False


def test_a_person_takes_a_relation_out_of_use(sandbox: EboekhoudenRestSandbox, talk: Talk, soap: SoapTalk) -> None:
    before = soap.relations(Code="10042")
    sandbox.deactivate_relation(sandbox.relation(Code="10042")["ID"])

    assert talk.relation("10042")["inactive"] is True
    assert soap.relations(Code="10042") == before


@pytest.mark.parametrize(("day", "told"), [(date(2025, 11, 3), "+01:00"), (date(2026, 7, 1), "+02:00")])
def test_the_day_of_a_relation_has_a_time_and_an_offset(
    sandbox: EboekhoudenRestSandbox, talk: Talk, day: date, told: str
) -> None:
    sandbox.add_relation(Code="N1", AddDatum=day)

    assert talk.relation("N1")["date"] == f"{day}T00:00:00{told}"


def test_both_services_show_the_same_relation(talk: Talk, soap: SoapTalk) -> None:
    (there,) = soap.relations(Code="10042")
    here = talk.relation("10042")

    assert list(there) == RELATION_FIELDS
    assert int(there["ID"]) == here["id"]
    pairs = {"Bedrijf": "name", "Telefoon": "phoneNumber", "Adres2": "address2", "Plaats": "city", "Site": "website"}
    assert {each: there[each] for each in pairs} == {each: here[name] for each, name in pairs.items()}


# Relations written ----------------------------------------------------------------------------------------------


def test_a_relation_needs_only_a_name(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    added = talk.post("relation", {"name": "Alleen een naam"})
    told = talk.get(f"relation/{added['id']}")

    assert (told["type"], told["code"], told["inactive"]) == ("B", added["code"], False)
    assert added["code"]
    assert told["date"].startswith("2026-03-02T00:00:00")


def test_every_property_of_a_relation_comes_back_as_it_was_sent(talk: Talk) -> None:
    sent = {
        "type": "P", "code": "N-1", "name": "Ada van der Test", "salutation": "Beste Ada", "contact": "Ada",
        "gender": "a", "address": "Haven 1A", "postalCode": "9000", "city": "Gent", "country": "België",
        "address2": "Postbus 1", "postalCode2": "9001", "city2": "Gent", "country2": "België",
        "phoneNumber": "030-0000000", "mobilePhoneNumber": "06-00000000", "faxNumber": "030-0000001",
        "emailAddress": "ada@test.example", "emailAddressInvoice": "geld@test.example",
        "emailAddressReminder": "laat@test.example", "website": "www.test.example", "note": "Regel een\nRegel twee",
        "vatNumber": "NL000000000B00", "inactive": True, "termOfPayment": 14, "companyRegistrationNumber": "00000001",
        "iban": iban(4711),
        "bic": "TESTNL2A", **{f"freeText{each}": f"vrij {each}" for each in range(1, 11)},
        "doNotReceiveNewsletters": True, "ledgerId": REVENUE, "mandate": True, "mandateType": "D",
        "mandateId": "M-1", "mandateSignedDate": "2026-01-02",
    }  # fmt: skip
    told = talk.get(f"relation/{talk.post('relation', sent)['id']}")

    assert {name: told[name] for name in sent} == {**sent, "doNotReceiveNewsletters": 1}
    assert set(told) - set(sent) == {"id", "date"}


def test_a_company_may_have_a_peppol_id(talk: Talk) -> None:
    added = talk.post("relation", {"name": "Peppol", "peppolId": "0190:00000000000000000001"})

    assert talk.get(f"relation/{added['id']}")["peppolId"] == "0190:00000000000000000001"


def test_a_change_keeps_what_it_leaves_out_and_clears_what_it_empties(
    sandbox: EboekhoudenRestSandbox, talk: Talk
) -> None:
    before = sandbox.relation(Code="10042")
    talk.patch(f"relation/{before['ID']}", {"name": before["Bedrijf"], "phoneNumber": "1", "website": ""})

    assert sandbox.relation(Code="10042") == {**before, "Telefoon": "1", "Site": ""}


def test_a_change_always_needs_the_name(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    number = sandbox.relation(Code="10042")["ID"]

    assert talk.refusal("PATCH", f"relation/{number}", {"phoneNumber": "1"}) == "REL_002"


def test_null_counts_as_not_sent_until_switched(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    number = sandbox.relation(Code="10042")["ID"]
    body = {"name": "Bakkerij De Korenaar", "phoneNumber": None, "termOfPayment": None, "code": None}
    sandbox.edit_relation(number, termOfPayment=14)
    talk.patch(f"relation/{number}", body)
    assert sandbox.relation(Code="10042")["Telefoon"] == "030-0000001"
    sandbox.null_clears = True
    talk.patch(f"relation/{number}", body)
    row = sandbox.relation(Code="10042")
    assert (row["Telefoon"], row["termOfPayment"]) == ("", None)


def test_a_relation_is_taken_out_of_use_and_back(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    number = sandbox.relation(Code="10043")["ID"]
    for inactive in (True, False):
        talk.patch(f"relation/{number}", {"name": "Drukkerij Inktvis B.V.", "inactive": inactive})

        assert sandbox.relation(Code="10043")["inactive"] is inactive


def test_a_relation_with_a_new_code_takes_its_invoices_along(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    number = sandbox.relation(Code="10042")["ID"]
    talk.post("invoice", made(talk))
    talk.patch(f"relation/{number}", {"name": "Bakkerij", "code": "99999"})

    assert (talk.open_items()[0]["relationCode"], talk.open_items()[0]["relationId"]) == ("99999", number)
    assert [each["relationId"] for each in talk.items("invoice")] == [number]


def test_a_change_over_soap_leaves_alone_what_soap_cannot_see(
    sandbox: EboekhoudenRestSandbox, talk: Talk, soap: SoapTalk
) -> None:
    number = talk.post(
        "relation", {"name": "Beide", "code": "N1", "inactive": True, "emailAddressInvoice": "a@b.example"}
    )["id"]
    told = soap("UpdateRelatie", oRel=soap_relation(ID=number, Code="N1", Bedrijf="Beide kanten"))
    row = sandbox.relation(Code="N1")

    assert told.error == ""
    assert (row["Bedrijf"], row["inactive"], row["emailAddressInvoice"]) == ("Beide kanten", True, "a@b.example")


def test_a_member_of_an_association_can_only_be_read(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    number = sandbox.relation(Code="10042")["ID"]
    talk.patch(f"relation/{number}", {"name": "Bakkerij", "isClubOrAssociationMember": 1})
    assert "isClubOrAssociationMember" not in talk.get(f"relation/{number}")
    sandbox.edit_relation(number, LA="1")
    assert talk.get(f"relation/{number}")["isClubOrAssociationMember"] == 1


# Products -------------------------------------------------------------------------------------------------------


def test_a_list_of_products_has_no_prices_and_shows_who_is_out_of_use(talk: Talk) -> None:
    found = {each["code"]: each for each in talk.items("product?limit=2000")}

    assert {tuple(each) for each in found.values()} == {("id", "code", "description", "unitId", "active")}
    assert (found["BEL-09"]["active"], found["BEL-09"]["unitId"]) == (False, None)
    assert found["FTS-01"]["active"] is True


def test_units_and_groups_are_told_by_id(talk: Talk) -> None:
    units = {each["id"]: (each["singular"], each["plural"]) for each in talk.items("unit")}
    groups = {each["id"]: (each["code"], each["description"]) for each in talk.items("product/groups")}
    (found,) = talk.items("product?code=FTS-01")
    told = talk.get(f"product/{found['id']}")

    assert (units[told["unitId"]], groups[told["groupId"]]) == (("stuk", "stuks"), ("FIE", "Fietsen"))
    assert ("uur", "uren") in units.values()
    assert [each["singular"] for each in talk.items("unit?plural=uren")] == ["uur"]
    assert [each["code"] for each in talk.items("product?groupCode=fie")] == ["FTS-01"]


def test_a_product_has_a_vat_code_and_exact_prices(talk: Talk) -> None:
    (found,) = talk.items("product?code=DEC-01")
    response = talk.send("GET", f"product/{found['id']}")

    assert '"priceExcl":0.012345,' in response.text
    assert (response.json()["vat"], "vatPercentage" in response.json()) == ("HOOG_VERK_21", False)


def test_a_person_takes_a_product_out_of_use(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    sandbox.deactivate_article(sandbox.article(ArtikelCode="FTS-01")["ArtikelID"])

    assert [each["active"] for each in talk.items("product?code=FTS-01")] == [False]


def test_a_new_unit_of_an_article_is_a_new_unit(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    before = talk.items("unit")
    sandbox.edit_article(sandbox.article(ArtikelCode="FTS-01")["ArtikelID"], Eenheid="bundel")

    assert [each["singular"] for each in talk.items("unit")[len(before) :]] == ["bundel"]


@pytest.mark.parametrize(
    ("price", "vat", "excl", "incl"),
    [
        ({"priceExcl": 10}, "HOOG_VERK_21", "10", "12.1"),
        ({"priceExcl": None, "priceIncl": 12.1}, "HOOG_VERK_21", "10", "12.1"),
        ({"priceExcl": 10}, "LAAG_VERK_9", "10", "10.9"),
        ({"priceExcl": 10, "priceIncl": 11.5}, "AFW_VERK", "10", "11.5"),
        ({"priceExcl": 10}, "GEEN", "10", "10"),
    ],
)
def test_the_other_price_follows_from_the_vat_code(
    talk: Talk, price: dict[str, float], vat: str, excl: str, incl: str
) -> None:
    told = talk.get(f"product/{talk.post('product', product(vat=vat, **price))['id']}")

    assert (told["priceExcl"], told["priceIncl"]) == (Decimal(excl), Decimal(incl))


def test_a_product_is_added_changed_and_deleted(sandbox: EboekhoudenRestSandbox, talk: Talk, soap: SoapTalk) -> None:
    unit, group = talk.items("unit")[0]["id"], talk.items("product/groups")[0]["id"]
    number = talk.post("product", product(unitId=unit, groupId=group, costCenterId=1, inStockManagement=True))["id"]
    talk.patch(
        f"product/{number}", {"vat": "LAAG_VERK_9", "purchasePriceExcl": 4.5, "active": False, "updateSubscriptions": 1}
    )
    told = talk.get(f"product/{number}")
    (there,) = soap("GetArtikelen", cFilter={"ArtikelCode": "N-1"}).rows("Artikelen")

    assert (told["priceExcl"], told["priceIncl"], told["vat"]) == (10, Decimal("10.9"), "LAAG_VERK_9")
    assert (told["purchasePriceExcl"], told["active"]) == (Decimal("4.5"), False)
    assert (told["unitId"], told["groupId"], told["costCenterId"], told["inStockManagement"]) == (unit, group, 1, True)
    assert (there["BtwPercentage"], there["TegenrekeningCode"], there["Actief"]) == ("9.00", "8000", "false")

    talk.delete(f"product/{number}")
    assert talk.refusal("GET", f"product/{number}") == "ART_001"


# Accounts and cost centres --------------------------------------------------------------------------------------


def test_only_the_detail_of_an_account_says_its_group_until_switched(
    sandbox: EboekhoudenRestSandbox, talk: Talk
) -> None:
    assert {each["group"] for each in talk.items("ledger")} == {None}
    assert talk.get("ledger/9001300")["group"] == "004"
    sandbox.group_in_lists = True
    assert None not in {each["group"] for each in talk.items("ledger")}


def test_an_account_is_found_by_code_and_category(talk: Talk) -> None:
    assert [each["id"] for each in talk.items("ledger?code=8000")] == [REVENUE]
    assert {each["category"] for each in talk.items("ledger?category[like]=AF%25")} == {"AF6", "AF19", "AFOVERIG"}


@pytest.mark.parametrize("category", ["BAL", "VW", "FIN", "DEB", "CRED"])
def test_an_account_is_added_in_five_categories(talk: Talk, category: str) -> None:
    added = talk.post("ledger", {"code": "8500", "description": "Nieuw", "category": category, "group": "009"})

    assert talk.get(f"ledger/{added['id']}") == {
        "id": added["id"], "code": "8500", "description": "Nieuw", "category": category, "group": "009",
    }  # fmt: skip


def test_what_was_booked_follows_an_account_with_a_new_code(talk: Talk) -> None:
    talk.post("mutation", invoice(talk))
    talk.patch(f"ledger/{REVENUE}", {"code": "8888", "description": "Omzet anders"})

    assert talk.get("mutation/2")["rows"][0]["ledgerId"] == REVENUE
    assert talk.get(f"ledger/{REVENUE}/balance")["balance"] == -200
    (found,) = talk.items("product?code=FTS-01")
    assert talk.get(f"product/{found['id']}")["ledgerId"] == REVENUE


def test_a_balance_is_of_days_and_of_a_cost_centre(talk: Talk) -> None:
    talk.post("mutation", invoice(talk, {"costCenterId": 1}, date="2026-03-05"))

    def balance(condition: str = "") -> Any:
        told = talk.get(f"ledger/{REVENUE}/balance?{condition}")
        assert (told["code"], told["type"]) == ("8000", "VW")
        return told["balance"]

    assert (balance(), balance("costCenterId=1"), balance("costCenterId=2")) == (-200, -100, 0)
    assert (balance("from=2026-03-03"), balance("to=2026-03-02"), balance("from=2026-03-02&to=2026-03-05")) == (
        *(-100, -100, -200),
    )
    assert talk.get(f"ledger/{BANK}/balance")["balance"] == 2500


def test_a_cost_centre_is_added_changed_and_removed(talk: Talk, soap: SoapTalk) -> None:
    added = talk.post("costcenter", {"description": "Buiten", "parentId": 2})
    told = talk.get(f"costcenter/{added['id']}")

    assert added["active"] is True
    assert told == {
        "id": added["id"], "description": "Buiten", "parentId": 2, "active": True,
        "fullPath": "Winkel > Werkplaats > Buiten",
    }  # fmt: skip
    assert [each["id"] for each in talk.items("costcenter?parentId=2")] == [added["id"]]

    talk.patch(f"costcenter/{added['id']}", {"description": "Binnen", "active": False})
    (there,) = soap("GetKostenplaatsen", cFilter={"Omschrijving": "Binnen"}).rows("Kostenplaatsen")
    assert int(there["KostenplaatsId"]) == added["id"]
    assert [each["active"] for each in talk.items("costcenter?description=binnen")] == [False]

    talk.delete(f"costcenter/{added['id']}")
    assert talk.refusal("GET", f"costcenter/{added['id']}") == "COST_001"


def test_templates_are_found_by_name_type_and_use(talk: Talk) -> None:
    assert [each["id"] for each in talk.items("invoicetemplate?name=factuursjabloon&type=E&active=true")] == [11]
    assert [each["id"] for each in talk.items("invoicetemplate?active=false")] == [12]
    assert talk.refusal("GET", "invoicetemplate?active=perhaps") == "ERR_002"
    assert [each["useInvoice"] for each in talk.items("emailtemplate")] == [True, False]
