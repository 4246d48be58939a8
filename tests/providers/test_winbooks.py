"""The WinBooks transport: who logs in, which folders open, and what a customer is made of."""

from __future__ import annotations

import base64
from dataclasses import replace

import httpx
import pytest
from winbooks_line import (
    ACCOUNTS,
    CUSTOMERS,
    FOLDER_ID,
    JOURNALS,
    LUMEN,
    MANIFEST,
    NOTHING,
    SUPPLIERS,
    TABLES,
    THIRDS,
    TOKEN,
    Line,
    books,
    contact,
    customer,
    cut,
    guid,
    pages,
    third,
)

from syncrules.errors import (
    LimitReached,
    LoginRefused,
    Nonsense,
    ProviderError,
    Unreachable,
    UsageError,
)
from syncrules.journey.rules import compile_rules
from syncrules.language import spec
from syncrules.manifest import Refusal
from syncrules.provider import Provider, Record, find
from syncrules_providers.winbooks import WinBooks

INVALID = (400, {"error": "invalid_grant"})
INACTIVE = (403, {"Message": "Rest API module is not active"})


def test_winbooks_is_found_by_its_name() -> None:
    kind: type[Provider] = WinBooks

    assert find("winbooks").make is kind


# Logging in -----------------------------------------------------------------------------------------------------


def test_the_exchange_token_is_given_with_the_address_alone() -> None:
    line = Line({JOURNALS: [[TABLES["Journals"][0]]]})

    account = line.winbooks().account()

    assert (account.id, account.title) == (FOLDER_ID, "DEMO_BV")
    (login,) = line.logins
    assert (login.method, login.path) == ("POST", "/OAuth20/Token")
    assert login.headers["authorization"] == "Basic aW5mb0BhY21lLmV4YW1wbGU="
    assert base64.b64decode("aW5mb0BhY21lLmV4YW1wbGU=") == b"info@acme.example"
    assert login.headers["accept"] == "application/json"
    assert login.headers["content-type"] == "application/x-www-form-urlencoded"
    assert login.body == {"grant_type": "exchange_token", "code": TOKEN}
    assert line.kept == [("refresh_token", "ref-1")]


def test_what_was_kept_is_used_before_the_exchange_token_and_the_new_one_is_kept() -> None:
    line = Line({"GET Customer/x": [(204, None)]}, tokens=[{"access_token": "a", "refresh_token": "ref-9"}])

    line.winbooks(refresh_token="ref-8").fetch("customers", "x")

    assert [each.body for each in line.logins] == [{"grant_type": "refresh_token", "code": "ref-8"}]
    assert line.kept == [("refresh_token", "ref-9")]
    assert line.asked[0].headers["authorization"] == "Bearer a"


@pytest.mark.parametrize("more", [{}, {"refresh_token": "ref-8"}, {"refresh_token": None}, {"refresh_token": ""}])
def test_the_same_token_or_none_is_not_kept_again(more: Record) -> None:
    line = Line({"GET Customer/x": [(204, None)]}, tokens=[{"access_token": "a", **more}])

    line.winbooks(refresh_token="ref-8").fetch("customers", "x")

    assert line.kept == []


def test_where_what_was_kept_is_refused_the_exchange_token_may_still_be_good() -> None:
    line = Line({"GET Customer/x": [(204, None)]}, tokens=[INVALID])

    line.winbooks(refresh_token="ref-8").fetch("customers", "x")

    assert [each.body["grant_type"] for each in line.logins] == ["refresh_token", "exchange_token"]
    assert line.kept == [("refresh_token", "ref-2")]


def test_a_token_is_renewed_a_minute_before_it_ends_with_the_newest_that_was_given() -> None:
    line = Line({"GET Customer/x": [(204, None)] * 3})
    winbooks = line.winbooks()
    for seconds in (0, 839, 2):
        line.clock.sleep(seconds)
        winbooks.fetch("customers", "x")

    assert [each.headers["authorization"] for each in line.asked] == ["Bearer acc-1", "Bearer acc-1", "Bearer acc-2"]
    assert line.logins[1].body == {"grant_type": "refresh_token", "code": "ref-1"}
    assert line.logins[1].headers["authorization"] == line.logins[0].headers["authorization"]


@pytest.mark.parametrize("said", [900, "900", None, "soon", -1, "", []])
def test_a_token_lives_as_long_as_the_answer_says_in_whatever_form(said: object) -> None:
    answers = {"GET Customer/x": [(204, None)] * 2}
    line = Line(answers, tokens=[{"access_token": "a", "expires_in": said, "refresh_token": "r"}])
    winbooks = line.winbooks()
    winbooks.fetch("customers", "x")
    line.clock.sleep(841)
    winbooks.fetch("customers", "x")

    assert len(line.logins) == 2


def test_a_token_that_is_refused_in_the_middle_is_renewed_once_also_for_a_write() -> None:
    line = Line({"PUT Customer/x": [(401, {}), (200, {})]})

    line.winbooks().update("customers", "x", {"Memo": "m"}, {})

    assert [each.headers["authorization"] for each in line.asked] == ["Bearer acc-1", "Bearer acc-2"]


def test_a_second_refusal_says_that_the_access_has_ended() -> None:
    line = Line({"GET Customer/x": [(401, {}), (401, {"Message": "Authorization has been denied for this request."})]})

    with pytest.raises(LoginRefused, match="no longer accepts the access") as caught:
        line.winbooks().fetch("customers", "x")
    assert "Trust this application" in caught.value.cure
    assert caught.value.code == "401"


@pytest.mark.declares("SF-02")
@pytest.mark.parametrize("refusal", [INVALID, (401, {}), (403, b"no"), (422, b"<html>")])
@pytest.mark.parametrize("kept", ["", "ref-8"])
def test_an_expired_exchange_token_is_told_with_its_cure_and_without_itself(refusal: object, kept: str) -> None:
    line = Line(tokens=[refusal, refusal])

    with pytest.raises(LoginRefused, match="expired before it was entered") as caught:
        line.winbooks(refresh_token=kept).account()

    assert "Trust this application" in caught.value.cure
    assert "e-mail address" in caught.value.cure
    assert not {TOKEN, "ref-8"} & set(f"{caught.value} {caught.value.cure} {caught.value.code}".split())
    assert line.kept == []


def test_a_token_server_that_is_not_there_is_a_wrong_address() -> None:
    with pytest.raises(LoginRefused, match="status 404") as caught:
        Line(tokens=[(404, b"")]).winbooks().account()
    assert "Check the address" in caught.value.cure


def test_a_token_server_that_is_down_says_nothing_against_the_token() -> None:
    with pytest.raises(Unreachable):
        Line(tokens=[(503, b"")] * 9).winbooks().account()


@pytest.mark.requirement("X-15")
@pytest.mark.parametrize(
    "answer", [(400, {"Message": f"{TOKEN}, acc-1 and ref-1 are strange"}), (200, b"acc-1 ref-1 <html>")]
)
def test_a_secret_that_winbooks_repeats_is_not_repeated_by_us(answer: object) -> None:
    line = Line({"GET Customer/x": [answer]})

    with pytest.raises(ProviderError) as caught:
        line.winbooks().fetch("customers", "x")
    assert "***" in str(caught.value)
    assert not any(each in str(caught.value) for each in (TOKEN, "acc-1", "ref-1"))


@pytest.mark.requirement("X-15")
@pytest.mark.parametrize("content", [b'{"access_token":"half-a-tok', b'{"access_token":""}', b"[]", b""])
def test_an_unreadable_login_is_nonsense_and_is_not_quoted(content: bytes) -> None:
    with pytest.raises(Nonsense, match="holds no token") as caught:
        Line(tokens=[(200, content)]).winbooks().account()
    assert "half" not in str(caught.value)


# Folders --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [(404, {"Message": "Unknown"}), (400, {"Message": "?"}), (410, b"")])
def test_a_wrong_folder_code_is_told_with_the_place_where_it_stands(refusal: object) -> None:
    with pytest.raises(LoginRefused, match=r"no folder with this company code .*\(folder 'DEMO_BV'\)") as caught:
        Line({JOURNALS: [refusal]}).winbooks().account()
    assert "company switcher" in caught.value.cure


@pytest.mark.declares("SF-05")
def test_a_module_that_is_not_active_is_told_with_whom_to_contact() -> None:
    with pytest.raises(LoginRefused, match="REST API module is not active") as caught:
        Line({JOURNALS: [INACTIVE]}).winbooks().account()
    assert "WinBooks support" in caught.value.cure


def test_a_folder_that_was_never_set_up_cannot_be_told_from_another() -> None:
    with pytest.raises(ProviderError, match="'DEMO_BV' has no journals yet"):
        Line({JOURNALS: [[]]}).winbooks().account()


def test_a_folder_that_does_not_tell_its_id_is_known_by_its_code() -> None:
    assert Line({JOURNALS: [[{"Id": guid(1)}]]}).winbooks().account().id == "DEMO_BV"


def test_several_folders_are_those_of_whoever_made_the_token() -> None:
    journal = [{"Id": guid(1), "Folder_Id": FOLDER_ID}]
    line = Line({f"POST Journals/Folder/{each}/ExecuteCriteria": [journal] for each in ("ONE", "TWO%20B")})
    winbooks = line.winbooks(folder=" ONE, TWO B,,ONE ", email="Info@Acme.example")

    account = winbooks.account()

    assert (account.id, account.title) == ("info@acme.example", "ONE, TWO B")
    assert list(winbooks.read("folders")) == [[{"Code": "ONE", "Name": "ONE"}, {"Code": "TWO B", "Name": "TWO B"}]]
    assert winbooks.fetch("folders", "TWO B") == {"Code": "TWO B", "Name": "TWO B"}
    assert winbooks.fetch("folders", "THREE") is None
    with pytest.raises(UsageError, match="one folder at a time"):
        next(winbooks.read("customers"))


@pytest.mark.parametrize(("answer", "kind"), [((503, b""), Unreachable), ((200, {"no": "list"}), Nonsense)])
def test_that_another_folder_opens_does_not_hide_that_one_could_not_be_asked(
    answer: object, kind: type[Exception]
) -> None:
    one, two = (f"POST Journals/Folder/{each}/ExecuteCriteria" for each in ("ONE", "TWO"))
    line = Line({one: [answer] * 9, two: [[{"Id": guid(1), "Folder_Id": FOLDER_ID}]]})

    with pytest.raises(kind):
        line.winbooks(folder="ONE, TWO").account()
    assert line.asking(two) == []


def test_without_a_folder_nothing_is_asked() -> None:
    line = Line()

    with pytest.raises(UsageError, match="no folder is named"):
        line.winbooks(folder=" , ").account()
    assert line.logins == []


# Reading --------------------------------------------------------------------------------------------------------


def test_a_customer_is_one_record_with_its_company_address_and_contact() -> None:
    line = books(customers=pages(customer()))

    assert list(line.winbooks().read("customers")) == [[LUMEN]]

    (own,) = line.asking(CUSTOMERS)
    assert own.path.endswith("?maxLevel=1")
    assert "Conditions" not in own.body
    (company,) = line.asking(THIRDS)
    assert company.path.endswith("?maxLevel=3")
    assert company.body["Conditions"][0] == {
        "Operator": 7,
        "PropertyName": "Id",
        "OtherPropertyName": "",
        "Values": [guid(11)],
    }


def test_a_customer_as_it_is_read_is_what_the_mapping_reads() -> None:
    rules = compile_rules(spec.load("tribe-winbooks"), {})
    view = rules.entities["customer"].view("winbooks", LUMEN, {})
    private = LUMEN | {"VatApplicable": 3}

    assert (view.id, view.name, view.active, view.is_kind, view.admitted) == (guid(1), "Lumen Lighting", True, True, "")
    assert set(view.values) == {
        "Organisation name", "Website", "Debtor number", "Invoice address", "Email", "Phone number", "VAT number",
    }  # fmt: skip
    assert view.values["Email"] == "an@lumen.example"
    assert not rules.entities["customer"].is_kind("winbooks", private, {})
    assert rules.entities["private customer"].view("winbooks", private, {}).values["Name"] == {
        "first": "An",
        "last": "Claes",
        "full": "Lumen Lighting",
    }


def test_what_recurs_is_asked_for_once_in_a_run() -> None:
    line = books(customers=[*pages(customer()), *pages(customer())], thirds=[[third()], [third()]])
    winbooks = line.winbooks()

    first, second = list(winbooks.read("customers")), list(winbooks.read("customers"))

    assert first == second
    assert len(line.asking("GET Countrys")) == len(line.asking(ACCOUNTS)) == 1


@pytest.mark.parametrize(
    ("hidden", "locked", "inactive"),
    [(True, False, True), (False, True, True), (True, True, True), (False, False, False)],
)
def test_a_relation_is_inactive_when_it_is_hidden_or_locked(hidden: bool, locked: bool, inactive: bool) -> None:
    line = books(customers=pages(customer(IsHidden=hidden, IsLocked=locked)))

    ((record,),) = line.winbooks().read("customers")

    assert record["IsInactive"] is inactive


def test_whether_a_relation_is_inactive_is_not_told_by_half_an_answer() -> None:
    half = customer(IsHidden=False)
    del half["IsLocked"]
    ((record,),) = books(customers=pages(half)).winbooks().read("customers")

    assert "IsInactive" not in record


@pytest.mark.parametrize("without", [{"Addresses": []}, {"Addresses": [{"Id": guid(21), "IsInvoicingDefault": False}]}])
def test_a_company_without_an_invoicing_address_has_none(without: Record) -> None:
    ((record,),) = books(customers=pages(customer()), thirds=[[third(**without)]]).winbooks().read("customers")

    assert record["Third"]["InvoicingAddress"] is None


@pytest.mark.parametrize(
    "untold",
    [{"Addresses": None}, {"Addresses": [{"Id": guid(22), "IsInvoicingDefault": True, "Address": None}]}],
)
def test_an_address_that_the_answer_does_not_tell_is_not_an_empty_one(untold: Record) -> None:
    ((record,),) = books(customers=pages(customer()), thirds=[[third(**untold)]]).winbooks().read("customers")

    assert "InvoicingAddress" not in record["Third"]


def test_a_company_that_the_answer_does_not_tell_is_not_an_empty_one() -> None:
    ((record,),) = books(customers=pages(customer()), thirds=[[]]).winbooks().read("customers")
    ((alone,),) = books(customers=pages(customer(Third_Id=NOTHING))).winbooks().read("customers")

    assert "Third" not in record
    assert alone["Third"] is None


def test_where_no_contact_is_the_usual_one_it_is_the_first_in_order() -> None:
    contacts = [
        {"Id": guid(23), "Index": 4, "Contact": contact(33)},
        {"Id": guid(24), "Index": 2, "Contact": contact(35, Email="first@lumen.example")},
    ]
    ((record,),) = books(customers=pages(customer()), thirds=[[third(Contacts=contacts)]]).winbooks().read("customers")

    assert record["Third"]["DefaultContact"]["Email"] == "first@lumen.example"


def test_a_code_that_is_not_known_is_left_out_and_not_empty() -> None:
    line = books(customers=pages(customer(Vat_Id=guid(999))))

    ((record,),) = line.winbooks().read("customers")

    assert "VatCode" not in record
    assert record["PayCodeCode"] == "30"


def test_a_table_that_cannot_be_read_stops_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    missing = (404, {"Message": "No such model"})
    line = books(customers=pages(customer()), **{"GET ThirdCivilitys": [missing], JOURNALS: [[{"Id": guid(1)}]]})

    ((record,),) = line.winbooks().read("customers")

    assert "CivilityCode" not in record["Third"]
    assert record["Third"]["Name"] == "Lumen Lighting"
    assert "ThirdCivility cannot be read" in caplog.text


def test_an_answer_that_does_not_fit_is_nonsense_and_names_the_field() -> None:
    with pytest.raises(Nonsense, match="customers cannot be read: IsHidden holds 'no'"):
        list(books(customers=pages(customer(IsHidden="no"))).winbooks().read("customers"))


def test_an_answer_that_was_cut_within_an_address_is_whole_again() -> None:
    company = third()
    half = company | {"Addresses": company["Addresses"][:1]}
    rest = {"Id": guid(11), "Addresses": company["Addresses"][1:]}
    line = books(customers=pages(customer()), thirds=[cut([half], "0/1"), cut([rest])])

    assert list(line.winbooks().read("customers")) == [[LUMEN]]
    assert [each.headers.get("continuepath") for each in line.asking(THIRDS)] == [None, "0/1"]


def test_suppliers_are_read_as_customers_are() -> None:
    line = books(suppliers=pages(customer(2, Third_Id=guid(11))))

    ((record,),) = line.winbooks().read("suppliers")

    assert record == LUMEN | {"Id": guid(2)}
    assert line.asking(SUPPLIERS)[0].body["EntityType"] == "Winbooks.TORM.OM.Supplier, Winbooks.TORM.OM"


def test_changed_customers_are_those_of_which_any_part_changed() -> None:
    changed = [pages(customer(1)), pages(customer(1), customer(2, Third_Id=NOTHING))]
    line = books(customers=[*changed[0], *changed[1], [], [], [], []])

    found = [each["Id"] for page in line.winbooks().read("customers", "2025-10-09T08:53:20Z") for each in page]

    assert found == [guid(1), guid(2)]
    asked = [each.body for each in line.asking(CUSTOMERS) if each.body["FirstResult"] == 0]
    assert [each["Conditions"][0]["PropertyName"] for each in asked] == [
        "Modified",
        "third.Modified",
        "third_address.Modified",
        "address.Modified",
        "third_contact.Modified",
        "contact.Modified",
    ]
    assert {each["Conditions"][0]["Values"][0] for each in asked} == {"/Date(1760000000000)/"}
    assert {each["Conditions"][0]["Operator"] for each in asked} == {3}
    assert [list(each.get("Association", {})) for each in asked] == [
        [], ["third"], ["third_address"], ["third_address", "address"], ["third_contact"], ["third_contact", "contact"],
    ]  # fmt: skip
    assert asked[3]["Association"]["address"] == {
        "AliasName": "address",
        "Type": "Winbooks.TORM.OM.Address, Winbooks.TORM.OM",
        "JoinType": 1,
        "LeftProperty": "Id",
        "RightProperty": "Address_Id",
        "OwnerAlias": "third_address",
    }


def test_one_record_is_read_by_its_id() -> None:
    line = books(**{f"GET Customer/{guid(1)}": [customer(), (204, None)]})
    winbooks = line.winbooks()

    assert winbooks.fetch("customers", guid(1)) == LUMEN
    assert winbooks.fetch("customers", guid(1)) is None


def test_a_code_is_no_id_although_winbooks_answers_to_it() -> None:
    """An object is found by its code at the same address: whoever asks for an id would be told of somebody else."""
    line = books(**{"GET Customer/LUMEN": [customer()], f"GET Customer/{guid(1).upper()}": [customer()]})
    winbooks = line.winbooks()

    assert winbooks.fetch("customers", "LUMEN") is None
    assert winbooks.fetch("customers", guid(1).upper()) == LUMEN


def test_a_hit_must_be_the_very_same_number() -> None:
    line = books(customers=[[customer(1), customer(2, Code="Lumen", Third_Id=NOTHING)]])

    (found,) = line.winbooks().find("customers", "Code", "LUMEN")

    assert found["Id"] == guid(1)
    assert line.asking(CUSTOMERS)[0].body["Conditions"] == [
        {"Operator": 0, "PropertyName": "Code", "OtherPropertyName": "", "Values": ["LUMEN"]},
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Third.Name", "Lumen Lighting"),
        ("PayCodeCode", "30"),
        ("IsInactive", "False"),
        ("Modified", "2025-10-09T09:01:40+00:00"),
    ],
)
def test_what_the_server_cannot_be_asked_is_looked_for_among_all(field: str, value: str) -> None:
    line = books(customers=pages(customer()))

    (found,) = line.winbooks().find("customers", field, value)

    assert found["Id"] == guid(1)
    assert all("Conditions" not in each.body for each in line.asking(CUSTOMERS))


@pytest.mark.parametrize(("field", "value"), [("VatApplicable", "one"), ("Id", "LUMEN")])
def test_what_cannot_be_a_value_of_the_field_is_not_asked_for(field: str, value: str) -> None:
    line = Line()

    assert line.winbooks().find("customers", field, value) == []
    assert line.asked == []


@pytest.mark.parametrize(
    ("resource", "om"),
    [
        ("journals", "Journals"),
        ("VAT codes", "Vats"),
        ("central account types", "CentralAccountTypes"),
        ("currencies", "Currencys"),
        ("countries", "Countrys"),
        ("payment delays", "PayCodes"),
        ("languages", "Languages"),
        ("legal forms", "ThirdCivilitys"),
        ("categories", "CustomerCategorys"),
    ],
)
def test_a_small_table_is_read_whole(resource: str, om: str) -> None:
    line = Line()

    (page,) = line.winbooks().read(resource)

    assert [(each["Id"], each["Code"]) for each in page] == [(each["Id"], each["Code"]) for each in TABLES[om]]
    (asked,) = line.asked
    assert asked.path == f"/app/{om}/Folder/DEMO_BV?maxLevel=1"


def test_ledger_accounts_are_read_page_by_page_with_their_kind() -> None:
    account = {"Id": guid(61), "Code": "400000", "Name": "Klanten", "CentralAccountType_Id": guid(171)}

    ((found,),) = Line({ACCOUNTS: pages(account)}).winbooks().read("ledger accounts")

    assert found["CentralAccountType"] == {"Id": guid(171), "Code": "CUSTOMER"}
    assert (found["Code"], found["Name"]) == ("400000", "Klanten")


def test_a_system_that_is_busy_is_left_alone_for_as_long_as_it_asks() -> None:
    busy = httpx.Response(429, headers={"Retry-After": "7"})
    line = Line({"GET Customer/x": [busy, (204, None)]})

    assert line.winbooks().fetch("customers", "x") is None
    assert line.clock.time == 1_760_000_007.0


def test_calls_that_are_used_up_are_told_where_the_manifest_knows_how() -> None:
    known = replace(MANIFEST, refusals=(Refusal("402", "", "limit", "no calls are left", ""), *MANIFEST.refusals))
    line = Line({JOURNALS: [(402, {"Message": "quota"})]})

    with pytest.raises(LimitReached, match="no calls are left"):
        line.winbooks(known).account()


# Around ---------------------------------------------------------------------------------------------------------


def test_closing_says_nothing() -> None:
    line = Line()

    line.winbooks().close()

    assert line.logins == line.asked == []
