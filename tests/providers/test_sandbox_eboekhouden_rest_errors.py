"""What the e-Boekhouden sandbox refuses over REST: every code of its table provoked once, and nothing kept of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest
from eboekhouden_rest_talk import (
    BANK,
    CREDITORS,
    DEBTORS,
    PURCHASES,
    REVENUE,
    Talk,
    invoice,
    made,
    payment,
    product,
    talking,
)

from syncrules_providers.sandboxes.eboekhouden_rest import EboekhoudenRestSandbox
from syncrules_providers.sandboxes.eboekhouden_rest_errors import (
    ACCOUNT_CODES,
    ERRORS,
    GUESSED_CODES,
    INVENTED_CODES,
    NOT_FOUND,
)


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking() as talk:
        talk.sandbox.post_invoice("L-1", "20017", vat_code="HOOG_INK_21", counter="7000", kind="FactuurOntvangen")
        yield talk


@pytest.fixture
def sandbox(talk: Talk) -> EboekhoudenRestSandbox:
    return talk.sandbox


def kept(sandbox: EboekhoudenRestSandbox) -> tuple[Any, ...]:
    """Copy all that the books hold."""
    books = sandbox.books
    rows = (books.relations, books.articles, books.accounts, books.centres, books.invoices)
    return sandbox.mutations(), *([dict(each) for each in some.values()] for some in rows)


# Relations ------------------------------------------------------------------------------------------------------

BAD_RELATIONS: dict[str, Mapping[str, Any]] = {
    "REL_001": {"type": "X"},
    "REL_002": {"name": ""},
    "REL_003": {"name": "x" * 101},
    "REL_004": {"gender": "x"},
    "REL_006": {"code": "x" * 16},
    "REL_007": {"iban": "NL00BANK0000000000"},
    "REL_008": {"companyRegistrationNumber": "0000-69"},
    "REL_009": {"contact": "x" * 51},
    "REL_010": {"salutation": "x" * 51},
    "REL_011": {"address": "x" * 151},
    "REL_012": {"postalCode": "x" * 51},
    "REL_013": {"city": "x" * 51},
    "REL_014": {"country": "x" * 51},
    "REL_015": {"address2": "x" * 151},
    "REL_016": {"postalCode2": "x" * 51},
    "REL_017": {"city2": "x" * 51},
    "REL_018": {"country2": "x" * 51},
    "REL_019": {"phoneNumber": "0" * 51},
    "REL_020": {"mobilePhoneNumber": "0" * 51},
    "REL_021": {"faxNumber": "0" * 51},
    "REL_022": {"emailAddress": f"a@{'x' * 149}"},
    "REL_023": {"emailAddress": "geen-adres"},
    "REL_024": {"emailAddressInvoice": f"a@{'x' * 149}"},
    "REL_025": {"emailAddressInvoice": "geen-adres"},
    "REL_026": {"emailAddressReminder": f"a@{'x' * 149}"},
    "REL_027": {"emailAddressReminder": "geen-adres"},
    "REL_028": {"website": "x" * 51},
    "REL_029": {"iban": "x" * 51},
    "REL_030": {"termOfPayment": -1},
    "REL_031": {"termOfPayment": 10_000},
    "REL_032": {"bic": "x" * 21},
    "REL_033": {"mandate": True},
    "REL_034": {"mandate": True, "mandateType": "E"},
    "REL_035": {"vatNumber": "x" * 51},
    **{f"REL_{36 + each:03d}": {f"freeText{each}": "x" * 101} for each in range(1, 11)},
    "REL_047": {"note": "x" * 40_001},
    "REL_048": {"ledgerId": 7},
    "REL_049": {"code": "10042"},
    "REL_050": {"companyRegistrationNumber": "0" * 51},
    "REL_051": {"mandateType": "X"},
    "REL_052": {"mandate": True, "mandateType": "E", "mandateId": "M1"},
    "REL_056": {"type": "P", "peppolId": "0190:00000000"},
    "REL_057": {"peppolId": "nonsense"},
}


@pytest.mark.parametrize("code", BAD_RELATIONS)
def test_a_wrong_relation_is_refused_when_added_and_when_changed(
    sandbox: EboekhoudenRestSandbox, talk: Talk, code: str
) -> None:
    before = kept(sandbox)
    number = sandbox.relation(Code="10043")["ID"]
    bad = {"name": "Fout", **BAD_RELATIONS[code]}

    assert talk.refusal("POST", "relation", bad) == code
    assert talk.refusal("PATCH", f"relation/{number}", bad) == code
    assert kept(sandbox) == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": 7},
        {"inactive": "yes"},
        {"termOfPayment": "soon"},
        {"termOfPayment": 2**31},
        {"termOfPayment": 1.5},
        {"termOfPayment": True},
        {"mandateSignedDate": "2-3-2026"},
        {"mandateSignedDate": "2026-02-30"},
    ],
)
def test_a_value_of_another_type_is_refused(talk: Talk, wrong: Mapping[str, Any]) -> None:
    told = talk.send("POST", "relation", {"name": "Fout", **wrong}).json()

    assert (told["code"], told["propertyName"]) == ("ERR_002", *wrong)


# Products, accounts, cost centres -------------------------------------------------------------------------------

TOO_MUCH = 1_000_000_000_000
BAD_PRODUCTS: dict[str, Mapping[str, Any]] = {
    "ART_004": {"code": ""},
    "ART_005": {"description": ""},
    "ART_006": {"ledgerId": 0},
    "ART_007": {"code": "x" * 21},
    "ART_008": {"description": "x" * 35_001},
    "ART_009": {"ledgerId": 7},
    "ART_010": {"costCenterId": 2},
    "ART_011": {"unitId": 77},
    "ART_012": {"groupId": 77},
    "ART_013": {"vat": "NL21"},
    "ART_014": {"updateSubscriptions": 3},
    "ART_015": {"costCenterId": 77},
    "ART_016": {"priceIncl": 12.1},
    "ART_017": {"vat": ""},
    "ART_023": {"vat": "HOOG_INK_21"},
    "ART_024": {"priceExcl": TOO_MUCH},
    "ART_025": {"priceExcl": None, "priceIncl": TOO_MUCH},
    "ART_027": {"purchasePriceExcl": TOO_MUCH},
    "ART_028": {"ledgerId": BANK},
    "ART_029": {"priceExcl": -TOO_MUCH},
    "ART_030": {"priceExcl": None, "priceIncl": -TOO_MUCH},
    "ART_032": {"purchasePriceExcl": -TOO_MUCH},
}
ONLY_NEW_PRODUCTS: dict[str, Mapping[str, Any]] = {"ART_018": {"priceExcl": None}, "ART_019": {"vat": "AFW_VERK"}}
ONLY_OLD_PRODUCTS = ("ART_020", "ART_021", "ART_022")


@pytest.mark.parametrize("code", BAD_PRODUCTS)
def test_a_wrong_product_is_refused_when_added_and_when_changed(
    sandbox: EboekhoudenRestSandbox, talk: Talk, code: str
) -> None:
    talk.patch("costcenter/2", {"active": False})
    before = kept(sandbox)
    number = sandbox.article(ArtikelCode="FTS-01")["ArtikelID"]
    bad = product(**BAD_PRODUCTS[code])

    assert talk.refusal("POST", "product", bad) == code
    assert talk.refusal("PATCH", f"product/{number}", bad) == code
    assert kept(sandbox) == before


@pytest.mark.parametrize("code", ONLY_NEW_PRODUCTS)
def test_a_new_product_has_one_price_or_two_where_the_vat_code_says_so(talk: Talk, code: str) -> None:
    assert talk.refusal("POST", "product", product(**ONLY_NEW_PRODUCTS[code])) == code


def test_a_product_with_a_divergent_vat_code_keeps_both_prices_together(talk: Talk) -> None:
    free = talk.post("product", product(vat="AFW_VERK", priceExcl=10, priceIncl=11))["id"]
    other = talk.sandbox.article(ArtikelCode="FTS-01")["ArtikelID"]
    refusals = (
        talk.refusal("PATCH", f"product/{free}", {"priceExcl": 12}),
        talk.refusal("PATCH", f"product/{free}", {"priceIncl": 12}),
        talk.refusal("PATCH", f"product/{other}", {"vat": "AFW_VERK"}),
    )
    talk.patch(f"product/{free}", {"priceExcl": 12, "priceIncl": 13})

    assert refusals == ONLY_OLD_PRODUCTS
    assert talk.get(f"product/{free}")["priceIncl"] == 13


BAD_ACCOUNTS: dict[str, Mapping[str, Any]] = {
    "LEDG_001": {"code": ""},
    "LEDG_002": {"code": "x" * 11},
    "LEDG_003": {"description": ""},
    "LEDG_004": {"description": "x" * 101},
    "LEDG_005": {"category": ""},
    "LEDG_007": {"group": "x" * 51},
    "LEDG_013": {"code": "1300"},
    "LEDG_017": {"code": "004"},
    "LEDG_018": {"category": "AF6"},
}
ACCOUNT = {"code": "8500", "description": "Omzet nieuw", "category": "VW", "group": "009"}


@pytest.mark.parametrize("code", BAD_ACCOUNTS)
def test_a_wrong_account_is_refused_when_added_and_when_changed(
    sandbox: EboekhoudenRestSandbox, talk: Talk, code: str
) -> None:
    before = kept(sandbox)
    bad = {**ACCOUNT, **BAD_ACCOUNTS[code]}

    assert talk.refusal("POST", "ledger", bad) == code
    assert talk.refusal("PATCH", "ledger/9008030", bad) == code
    assert kept(sandbox) == before


def test_a_category_that_is_in_use_or_fixed_stays(talk: Talk) -> None:
    assert talk.refusal("PATCH", f"ledger/{REVENUE}", {"category": "BAL"}) == "LEDG_014"
    assert talk.refusal("PATCH", "ledger/9001500", {"category": "BAL"}) == "LEDG_019"


BAD_CENTRES: dict[str, Mapping[str, Any]] = {
    "COST_003": {"description": ""},
    "COST_006": {"description": "x", "parentId": 77},
    "COST_007": {"description": "x", "parentId": 2},
}


@pytest.mark.parametrize("code", BAD_CENTRES)
def test_a_wrong_cost_centre_is_refused(sandbox: EboekhoudenRestSandbox, talk: Talk, code: str) -> None:
    talk.patch("costcenter/2", {"active": False})
    before = kept(sandbox)

    assert talk.refusal("POST", "costcenter", BAD_CENTRES[code]) == code
    assert kept(sandbox) == before


def test_what_is_in_use_cannot_be_deleted(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    number = sandbox.article(ArtikelCode="FTS-01")["ArtikelID"]
    talk.post("invoice", made(talk, {"productId": number}))

    assert talk.refusal("DELETE", f"product/{number}") == "ART_003"
    assert talk.refusal("DELETE", "costcenter/1") == "COST_002"


# Mutations ------------------------------------------------------------------------------------------------------

IN_USE = {"checkPaymentReference": True, "paymentReference": "REF-1"}
SUPPLIER = {"type": 1, "ledgerId": CREDITORS}
BOUGHT = {"ledgerId": PURCHASES, "vatCode": "HOOG_INK_21"}

BAD_HEADS: dict[str, Mapping[str, Any]] = {
    "MUT_001": {"type": "invoice"},
    "MUT_002": {"invoiceNumber": None},
    "MUT_003": {"date": None},
    "MUT_004": {"date": "2050-01-01"},
    "MUT_005": {"date": "2025-12-31"},
    "MUT_007": {"ledgerId": 7},
    "MUT_010": {"type": 1},
    "MUT_011": {"ledgerId": CREDITORS},
    "MUT_012": {"relationId": None},
    "MUT_013": {"relationId": 7},
    "MUT_016": {"termOfPayment": -1},
    "MUT_017": {"inExVat": "NE"},
    "MUT_018": {"invoiceNumber": "x" * 51},
    "MUT_019": {"invoiceNumber": "2026-0001"},
    "MUTA_001": {"ledgerId": None},
    "MUTA_002": {"type": None},
    "MUTA_005": {"inExVat": None},
    "MUTA_008": IN_USE,
    "MUTA_009": {"type": 0},
}
BAD_ROWS: dict[str, Mapping[str, Any]] = {
    "MUT_104": {"ledgerId": 7},
    "MUT_106": {"ledgerId": BANK},
    "MUT_109": {"vatCode": "NL21"},
    "MUT_111": {"vatCode": "HOOG_INK_21"},
    "MUT_114": {"relationId": 7},
    "MUT_116": {"invoiceNumber": "2026-0001"},
    "MUT_117": {"costCenterId": 77},
    "MUTA_003": {"vatAmount": 21},
    "MUTA_004": {"ledgerId": None},
}
BAD_PAYMENTS: dict[str, Mapping[str, Any]] = {
    "MUT_108": {"ledgerId": REVENUE},
    "MUT_113": {"relationId": 7},
    "MUT_115": {"invoiceNumber": "2026-0999"},
    "MUT_120": {"invoiceNumber": None},
}


def bad_mutation(talk: Talk, code: str) -> dict[str, Any]:
    supplier = talk.sandbox.relation(Code="20017")["ID"]
    if code in BAD_HEADS:
        return invoice(talk, **BAD_HEADS[code])
    if code in BAD_ROWS:
        return invoice(talk, BAD_ROWS[code])
    if code in BAD_PAYMENTS:
        return payment(talk, BAD_PAYMENTS[code])
    money = {"type": 5, "ledgerId": BANK, "relationId": None, "invoiceNumber": None, "termOfPayment": None}
    return {
        "MUT_009": invoice(talk, **{**money, "ledgerId": DEBTORS}),
        "MUT_014": invoice(talk, **{**money, "relationId": supplier}),
        "MUT_015": payment(talk, termOfPayment=14),
        "MUT_020": invoice(talk, BOUGHT, **SUPPLIER, relationId=supplier, invoiceNumber="L-1"),
        "MUT_026": invoice(talk, {**BOUGHT, "vatCode": "VERL_INK"}, **SUPPLIER, inExVat="IN"),
        "MUT_100": {**invoice(talk), "rows": []},
        "MUT_101": invoice(talk, *[{}] * 501),
        "MUT_107": payment(talk, {"invoiceNumber": "L-1"}, type=4, relationId=supplier),
        "MUT_110": invoice(talk, {**BOUGHT, "vatCode": "HOOG_VERK_21"}, **SUPPLIER),
        "MUT_112": payment(talk, relationId=None),
    }[code]


OTHER_BAD_MUTATIONS = (
    *("MUT_009", "MUT_014", "MUT_015", "MUT_020", "MUT_026", "MUT_100", "MUT_101", "MUT_107", "MUT_110", "MUT_112"),
)
BAD_MUTATIONS = (*BAD_HEADS, *BAD_ROWS, *BAD_PAYMENTS, *OTHER_BAD_MUTATIONS)


@pytest.mark.parametrize("code", BAD_MUTATIONS)
def test_a_wrong_mutation_is_refused_and_not_kept(sandbox: EboekhoudenRestSandbox, talk: Talk, code: str) -> None:
    talk.post("mutation", invoice(talk, invoiceNumber="2026-0099", **IN_USE))
    sandbox.close_period(date(2025, 12, 31))
    before = kept(sandbox)

    assert talk.refusal("POST", "mutation", bad_mutation(talk, code)) == code
    assert kept(sandbox) == before


def test_a_row_needs_an_amount(talk: Talk) -> None:
    told = talk.send("POST", "mutation", invoice(talk, {"amount": None})).json()

    assert (told["code"], told["propertyName"]) == ("ERR_002", "amount")


def test_a_description_has_fifty_characters(talk: Talk) -> None:
    assert talk.refusal("POST", "mutation", invoice(talk, description="x" * 51)) == "ERR_002"
    talk.post("mutation", invoice(talk, description="x" * 50))


@pytest.mark.parametrize("code", ["HOOG_VERK", "HOOG_INK", "LAAG_VERK", "BE_21_VERK", "hoog_verk_21"])
def test_old_foreign_and_misspelt_vat_codes_are_refused(talk: Talk, code: str) -> None:
    assert talk.refusal("POST", "mutation", invoice(talk, {"vatCode": code})) == "MUT_109"


# Invoices made there --------------------------------------------------------------------------------------------

BAD_INVOICES: dict[str, Mapping[str, Any]] = {
    "FACT_001": {"relationId": None},
    "FACT_002": {"relationId": 7},
    "FACT_007": {"invoiceNumber": f"{'x' * 50}1"},
    "FACT_009": {"invoiceNumber": "2026-A"},
    "FACT_010": {"inExVat": "NE"},
    "FACT_011": {"date": "1979-12-31"},
    "FACT_014": {"reference": "x" * 51},
    "FACT_015": {"termOfPayment": None},
    "FACT_016": {"termOfPayment": -1},
    "FACT_017": {"text": "x" * 35_001},
    "FACT_018": {"templateId": 77},
    "FACT_019": {"items": []},
    "FACT_020": {"emailTemplateId": 77},
    "FACT_101": {"invoiceNumber": "2026-0001"},
    "FACT_VERWERK_001": {"date": "2025-12-31", "mutation": {}},
    "FACT_VERWERK_002": {"mutation": {"description": "x" * 201}},
    "FACT_VERWERK_003": {"mutation": {"paymentReference": "x" * 51}},
    "FACT_VERWERK_004": {"mutation": IN_USE},
}
BAD_ITEMS: dict[str, Mapping[str, Any]] = {
    "FACT_ITEM_001": {"description": ""},
    "FACT_ITEM_003": {"code": "x" * 51},
    "FACT_ITEM_005": {"vatCode": None},
    "FACT_ITEM_006": {"vatCode": "HOOG_INK_21"},
    "FACT_ITEM_007": {"ledgerId": None},
    "FACT_ITEM_010": {"unitId": 77},
    "FACT_ITEM_011": {"productId": 77},
    "FACT_ITEM_012": {"ledgerId": 7},
    "FACT_ITEM_015": {"vatAmount": 1},
}


@pytest.mark.parametrize("code", [*BAD_INVOICES, *BAD_ITEMS, "FACT_003"])
def test_a_wrong_invoice_is_refused_and_not_kept(sandbox: EboekhoudenRestSandbox, talk: Talk, code: str) -> None:
    talk.post("mutation", invoice(talk, invoiceNumber="2026-0099", **IN_USE))
    sandbox.close_period(date(2025, 12, 31))
    instead = dict(BAD_INVOICES.get(code, {}))
    if code == "FACT_003":
        instead["relationId"] = sandbox.relation(Code="10060")["ID"]
    bad = {**made(talk, BAD_ITEMS.get(code, {}), **instead), **({"items": []} if code == "FACT_019" else {})}
    before = kept(sandbox)

    assert talk.refusal("POST", "invoice", bad) == code
    assert kept(sandbox) == before


@pytest.mark.parametrize(("ledger", "code"), [(7, "MUT_007"), (BANK, "MUT_011")])
def test_an_invoice_is_booked_on_an_account_of_debtors(talk: Talk, ledger: int, code: str) -> None:
    assert talk.refusal("POST", "invoice", made(talk, mutation={"ledgerId": ledger})) == code


# What is said of all, and of the account ------------------------------------------------------------------------

ABSENT = {
    "REL_055": "relation",
    "ART_001": "product",
    "LEDG_009": "ledger",
    "COST_001": "costcenter",
    "MUT_300": "mutation",
    "FACT_021": "invoice",
}
CHANGING = ("relation", "product", "ledger", "costcenter")
REMOVING = ("product", "costcenter")
BAD_PAGES = {
    "PAGE_001": ("limit=0", "limit=2001", "limit=-1"),
    "PAGE_002": ("offset=-1",),
    "MUTA_007": ("credDeb=X", "credDeb=d"),
}
BAD_LOGINS: dict[str, Mapping[str, Any]] = {
    "API_SESSION_001": {"source": None},
    "API_SESSION_002": {"source": "sync-rules"},
    "API_SESSION_003": {"accessToken": None},
    "SECURITY_999": {"accessToken": "another"},
}
SAID_AT_THE_DOOR = ("DATA_01", "ERR_002", "EP_001", "MUTA_006", "API_SESSION_004")


@pytest.mark.parametrize("code", ABSENT)
def test_what_is_not_there_is_not_found(talk: Talk, code: str) -> None:
    address = f"{ABSENT[code]}/7"
    methods = ["GET", *["PATCH"] * (ABSENT[code] in CHANGING), *["DELETE"] * (ABSENT[code] in REMOVING)]
    bodies = {"PATCH": {"name": "x"}}
    told = [talk.send(each, address, bodies.get(each)) for each in methods]

    assert {(each.status_code, each.json()["code"]) for each in told} == {(404, code)}


@pytest.mark.parametrize("code", BAD_PAGES)
def test_pages_that_are_none_are_refused(talk: Talk, code: str) -> None:
    for each in BAD_PAGES[code]:
        condition = each if "credDeb" in each else f"credDeb=D&{each}"

        assert talk.refusal("GET", f"mutation/invoice/outstanding?{condition}") == code


@pytest.mark.parametrize("code", BAD_LOGINS)
def test_a_wrong_login_opens_nothing(talk: Talk, code: str) -> None:
    response = talk.login(**BAD_LOGINS[code])

    assert response.json()["code"] == code
    assert response.status_code == (403 if code == "SECURITY_999" else 400)


def test_the_door_says_what_it_does_not_understand(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    sandbox.end_token()
    said = (
        talk.refusal("POST", "relation", b""),
        talk.refusal("POST", "relation", b"{"),
        talk.refusal("GET", "administration"),
        talk.refusal("GET", "mutation/invoice/outstanding"),
        talk.login().json()["code"],
    )

    assert said == SAID_AT_THE_DOOR


@pytest.mark.parametrize("code", ACCOUNT_CODES)
def test_the_vendor_may_refuse_an_account(sandbox: EboekhoudenRestSandbox, talk: Talk, code: str) -> None:
    sandbox.refuse_login(code)
    sandbox.refuse_calls(code)

    assert talk.login().json()["code"] == code
    assert talk.refusal("GET", "relation") == code
    assert talk.refusal("POST", "relation", {"name": "x"}) == code

    sandbox.refuse_login(None)
    sandbox.refuse_calls(None)

    assert talk.login().status_code == 200
    assert talk.send("GET", "relation").status_code == 200


def test_only_what_is_said_of_an_account_can_be_let_happen(sandbox: EboekhoudenRestSandbox) -> None:
    for refuse in (sandbox.refuse_login, sandbox.refuse_calls):
        with pytest.raises(AssertionError, match="one of"):
            refuse("REL_001")


def test_every_code_of_the_table_is_provoked_by_a_test_here() -> None:
    records = {*BAD_RELATIONS, *BAD_PRODUCTS, *ONLY_NEW_PRODUCTS, *ONLY_OLD_PRODUCTS, *BAD_ACCOUNTS, *BAD_CENTRES}
    in_use = {"LEDG_014", "LEDG_019", "ART_003", "COST_002"}
    documents = {*BAD_MUTATIONS, *BAD_INVOICES, *BAD_ITEMS, "FACT_003"}
    door = {*ABSENT, *BAD_PAGES, *BAD_LOGINS, *SAID_AT_THE_DOOR, *ACCOUNT_CODES}

    assert records | in_use | documents | door == set(ERRORS)
    assert {*GUESSED_CODES, *INVENTED_CODES, *NOT_FOUND} <= set(ERRORS)
    assert set(ABSENT) == set(NOT_FOUND)
