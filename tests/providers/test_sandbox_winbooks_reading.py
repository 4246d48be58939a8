"""What the WinBooks sandbox tells: how deep, in which words, in how many parts, and what it finds with ExecuteCriteria."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from winbooks_talk import (
    EQ,
    MAX,
    NOBODY,
    NOT,
    SELECT,
    SHEET,
    Talk,
    condition,
    criteria,
    day,
    needs_sheet,
    projected,
    talking,
    type_of,
)

from syncrules_providers.sandboxes.story import tell
from syncrules_providers.sandboxes.winbooks import WinBooksSandbox
from syncrules_providers.sandboxes.winbooks_assumed import NOT_EMULATED, Habits
from syncrules_providers.sandboxes.winbooks_objects import TECHNICAL, model
from syncrules_providers.sandboxes.winbooks_operators import EMULATED, Op

THIRD = {
    "third": {
        "AliasName": "third",
        "Type": type_of("Third"),
        "JoinType": 1,
        "LeftProperty": "Id",
        "RightProperty": "Third_Id",
    }
}


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking() as talk:
        yield talk


@pytest.fixture
def sandbox(talk: Talk) -> WinBooksSandbox:
    return talk.sandbox


# Levels -----------------------------------------------------------------------------------------------------------------


def test_at_level_1_an_object_stands_alone(talk: Talk) -> None:
    told = talk.get("Customer/10042")

    assert (told["TotalLevel"], told["FolderCode"]) == (1, "DEMO_BV")
    assert "Third" not in told
    assert told["Third_Id"] == talk.key("Third", "10042")
    assert told == talk.get("Customer/10042?maxLevel=1")


def test_each_level_brings_the_next_objects_along(talk: Talk) -> None:
    two = talk.get("Customer/10042?maxLevel=2")
    three = talk.whole("GET", "Customer/10042?maxLevel=3")
    four = talk.whole("GET", "Customer/10042?maxLevel=4")

    assert (two["Third"]["Name"], two["Third"]["TotalLevel"]) == ("Bakkerij De Halm", 1)
    assert "Addresses" not in two["Third"]
    holder = three["Third"]["Addresses"][0]
    assert (holder["IsInvoicingDefault"], holder["TotalLevel"], "Address" in holder) == (True, 1, False)
    address = four["Third"]["Addresses"][0]["Address"]
    assert (address["Address1"], address["TotalLevel"]) == ("Dorpsstraat 12 bis", 1)
    assert four["Third"]["Contacts"][0]["Contact"]["Email"] == "info@halm.example"


def test_the_default_address_of_a_third_is_told_with_it(talk: Talk) -> None:
    third = talk.get("Third/10042?maxLevel=2")

    assert third["DefaultAddress"]["Id"] == talk.get("Third/10042?maxLevel=3")["Addresses"][0]["Address_Id"]
    assert talk.get("Third/NERGENS?maxLevel=2").get("DefaultAddress") is None


def test_the_way_back_is_not_told(talk: Talk) -> None:
    third = talk.get("Third/10042?maxLevel=6")

    assert all("Third" not in each for each in third["Addresses"])
    assert all("Third" not in each["Address"] for each in third["Addresses"])
    assert third["Addresses"][0]["Third_Id"] == third["Id"]


def test_a_booking_is_told_with_its_lines(talk: Talk) -> None:
    key = talk.book(talk.sale())
    header = talk.get(f"GLTransHeader/{key}?maxLevel=3")

    assert [each["LineOrder"] for each in header["GLTransactions"]] == [0, 1, 2]
    assert [each["GLAccount"]["Code"] for each in header["GLTransactions"]] == ["400000", "700000", "451000"]
    assert [each["Vat"]["Code"] for each in header["GLTransactions"][1:]] == ["21", "21"]
    assert {each["GLTransHeader_Id"] for each in header["GLTransactions"]} == {key}


def test_what_is_beyond_the_level_is_absent_or_null() -> None:
    with talking(ledger=False, habits=Habits(beyond_level="null")) as talk:
        told = talk.get("Customer/10042")

    assert (told["Third"], told["Vat"]) == (None, None)


def test_ids_can_be_left_out(talk: Talk) -> None:
    told = talk.get("Customer/10042?maxLevel=2&isShowId=false")

    assert told["$isShowId"] is False
    assert [name for name in {**told, **told["Third"]} if name == "Id" or name.endswith("_Id")] == []
    assert told["Third"]["Code"] == "10042"


# Words ------------------------------------------------------------------------------------------------------------------


def test_an_empty_reference_is_the_empty_guid(talk: Talk) -> None:
    told = talk.get("Customer/10042")

    assert told["GLTemplate_Id"] == NOBODY
    assert (told["GLAccount_Id"], told["GLAccount2_Id"]) == (
        talk.key("GLAccount", "700000"),
        talk.key("GLAccount", "400000"),
    )


def test_friendly_codes_are_not_told(talk: Talk) -> None:
    assert not {"VatCode", "ThirdCode", "PayCodeCode"} & talk.get("Customer/10042").keys()


def test_texts_come_with_blanks_behind_them(talk: Talk, sandbox: WinBooksSandbox) -> None:
    address = talk.get("Third/10042?maxLevel=2")["DefaultAddress"]
    assert (address["Town"], address["Zip"], address["Address1"]) == ("Gent  ", "9000  ", "Dorpsstraat 12 bis")

    talk.saved("PUT", "Address", {"Id": address["Id"], "Town": address["Town"]})
    assert talk.get(f"Address/{address['Id']}")["Town"] == "Gent  "
    assert sandbox.one("Address", Id=address["Id"])["Town"] == "Gent"


def test_amounts_are_numbers_with_a_point(talk: Talk) -> None:
    key = talk.book(talk.sale())
    answer = talk.send("GET", f"GLTransHeader/{key}?maxLevel=2")

    assert b'"Amount":242.00,' in answer.content
    assert b'"Amount":-42.00,' in answer.content
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


def test_what_was_never_filled_in_is_null_zero_or_false(talk: Talk) -> None:
    talk.saved("POST", "Customer/LEEG", {"Code": "LEEG", "Third": {"Code": "LEEG"}})
    told = talk.get("Customer/LEEG?maxLevel=2")

    assert (told["Memo"], told["MemoType"], told["IsHidden"]) == (None, 0, False)
    assert (told["LastReminderDate"], told["ConditionalDiscountRate"]) == (None, Decimal("0.00"))
    assert told["Third"]["Name"] is None


def test_an_object_without_a_code_has_none(talk: Talk) -> None:
    assert "Code" not in talk.get("Addresss")[0]


def test_members_with_two_spellings_are_told_in_one_and_read_in_both() -> None:
    for spelling, names in (
        ("live", ("Civility", "DefaultAddress", "Address_Id")),
        ("documented", ("ThirdCivility", "DefautAddress", "Addres_Id")),
    ):
        with talking(ledger=False, habits=Habits(spelling=spelling)) as talk:  # type: ignore[arg-type]  # as above
            third = talk.get("Third/10050?maxLevel=2")
            holder = talk.get("Third_Addresss")[0]

            assert third[names[0]]["Code"] == "MEVR"
            assert names[2] in holder
            assert names[1] in talk.get("Third/10042?maxLevel=2")
            for name in ("Address_Id", "addres_id"):
                assert talk.ask("Third_Address", condition(name, EQ, holder[names[2]])) == [holder]


def test_every_object_says_what_torm_says_of_itself(talk: Talk) -> None:
    expected = {"ResultState", "ActionState", "CachedCollection", "IsBinding", "IsSpecifiedId", "IsDirty"}
    expected |= {"UpdatedEntities", "Custom", "UpdatedProperties", "UpdatedValues", "Type_UpdatedValues"}
    expected |= {"$type", "$isShowId", "TotalLevel", "Id", "Folder_Id", "FolderCode", "Version", "Modified", "Created"}
    for om in model("2.5").oms.values():
        for told in talk.get(f"{om.name}s")[:1]:
            assert expected <= told.keys(), om.name
            assert {each.name for each in TECHNICAL.values()} <= told.keys()
            assert told["$type"] == type_of(om.name)


def test_members_are_those_of_the_description(talk: Talk) -> None:
    assert {"GLAccount_Id", "GLAccount2_Id", "CustomerCategory_Id", "VatApplicable", "LastReminderLevel"} <= talk.get(
        "Customer/10042"
    ).keys()
    assert "LastReminderLevel" not in talk.get("Supplier/20017")
    contact = talk.get("Contacts")[0]
    assert {"FirstName", "Name", "Email", "MobileNo", "PhoneNo", "Language_Id", "ThirdCivility_Id"} <= contact.keys()
    assert {"Iban", "Bic", "AccountNumber", "IsDefault"} <= talk.get("BankAccounts")[0].keys()
    line = talk.get("GLTranss")[0]
    assert {"OldestMatchedDate", "CurrencyVatTaxAmount", "IsVatAllocation", "VatPeriod_Id", "GLTrans_Id"} <= line.keys()


# Parts of an answer -----------------------------------------------------------------------------------------------------


def test_a_long_answer_comes_in_parts(talk: Talk) -> None:
    parts = list(talk.parts("GET", "GLTranss"))
    lines = [each for part in parts for each in part]

    assert [len(each) for each in parts[:-1]] == [101] * (len(parts) - 1)
    assert len(lines) == len({each["Id"] for each in lines}) == len(talk.sandbox.rows("GLTrans"))


def test_an_answer_that_fits_is_not_cut(talk: Talk) -> None:
    assert "ContinuePath" not in talk.send("GET", "GLAccounts").headers


def test_a_deep_answer_is_cut_inside_its_lists(talk: Talk) -> None:
    parts = list(talk.parts("GET", "Customer/ARTHUR?maxLevel=3"))
    whole = talk.whole("GET", "Customer/ARTHUR?maxLevel=3")
    vat = talk.key("Vat", "21")
    expected = {each["Id"] for each in talk.sandbox.rows("GLTrans", deep=False) if each["Vat_Id"] == vat}

    assert len(parts) > 1
    assert all(each["Code"] == "ARTHUR" for each in parts)
    assert "Third" not in parts[1]
    told = [each["Id"] for each in whole["Vat"]["GLTransactions"]]
    assert (len(told), set(told)) == (len(expected), expected)
    assert len(whole["Third"]["Addresses"]) == 3


@pytest.mark.parametrize("room", [1, 2, 7, 101, 10_000])
def test_parts_put_together_are_the_whole_whatever_their_size(room: int) -> None:
    asked = criteria("GLTransHeader", condition("DocNumber", Op.LE, 2), Orders=[{"PropertyName": "DocNumber"}])
    with talking(habits=Habits(chunk_objects=room, vat_tells_its_lines=False)) as talk:
        whole = talk.whole("POST", "GLTransHeaders/ExecuteCriteria?maxLevel=3", asked)
        third = talk.whole("GET", "Third/ARTHUR?maxLevel=4")

    with talking(habits=Habits(chunk_objects=10**6, vat_tells_its_lines=False)) as talk:
        assert whole == talk.whole("POST", "GLTransHeaders/ExecuteCriteria?maxLevel=3", asked)
        assert third == talk.get("Third/ARTHUR?maxLevel=4")
        assert len(third["Addresses"]) == 3


def test_the_last_element_of_a_part_goes_on_in_the_next(talk: Talk) -> None:
    asked = criteria("GLTransHeader", Orders=[{"PropertyName": "BookDate"}])
    parts = list(talk.parts("POST", "GLTransHeaders/ExecuteCriteria?maxLevel=2", asked))
    borders = [(one[-1]["Id"], two[0]["Id"]) for one, two in pairwise(parts)]

    assert any(one == two for one, two in borders)
    whole = talk.whole("POST", "GLTransHeaders/ExecuteCriteria?maxLevel=2", asked)
    assert all(sum(line["Amount"] for line in each["GLTransactions"]) == 0 for each in whole)


def test_projections_come_in_parts_too(talk: Talk) -> None:
    asked = criteria("GLTrans", ProjectionsList=projected("Id"))
    parts = list(talk.parts("POST", "GLTranss/ExecuteCriteria", asked))

    assert len(parts[0]) == 101
    assert sum(map(len, parts)) == len(talk.sandbox.rows("GLTrans"))


def test_continue_path_belongs_to_the_identical_request(talk: Talk) -> None:
    path = talk.send("GET", "GLTranss").headers["ContinuePath"]

    assert talk.send("GET", "GLTranss", ContinuePath=path).status_code == 200
    assert talk.send("GET", "GLTranss?maxLevel=2", ContinuePath=path).status_code == 400
    assert talk.send("GET", "GLTranss", ContinuePath="zz").status_code == 400


def test_what_is_deleted_between_two_parts_shifts_the_rest(talk: Talk, sandbox: WinBooksSandbox) -> None:
    first = talk.send("GET", "GLTranss")
    before = [each["Id"] for each in sandbox.rows("GLTrans", deep=False)]
    sandbox.open_period(2025, 1)
    lost = sandbox.bookings("VERK")[0]
    assert before.index(lost["GLTransactions"][-1]["Id"]) < 101
    sandbox.remove_booking(lost["Id"])
    second = talk.send("GET", "GLTranss", ContinuePath=first.headers["ContinuePath"]).json()

    assert second[0]["Id"] == before[101 + len(lost["GLTransactions"])]


def test_a_vat_code_can_be_silent_about_its_lines() -> None:
    with talking(habits=Habits(vat_tells_its_lines=False)) as talk:
        assert "GLTransactions" not in talk.get("Vat/21?maxLevel=2")
        assert "ContinuePath" not in talk.send("GET", "Customer/ARTHUR?maxLevel=3").headers


# Criteria ---------------------------------------------------------------------------------------------------------------


def codes(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(each["Code"] for each in rows)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (condition("Code", EQ, "10042"), ["10042"]),
        (condition("code", EQ, "héloïse  "), ["HÉLOÏSE"]),
        (condition("Code", Op.BETWEEN, "10042", "10050"), ["10042", "10050"]),
        (condition("Code", Op.IN, "10042", "BEBOP", "nobody"), ["10042", "BEBOP"]),
        (condition("Code", Op.LIKE, "100%"), ["10042", "10050", "10061"]),
        (condition("Code", Op.LIKE, "%oï%"), ["HÉLOÏSE"]),
        (condition("VatApplicable", Op.GE, 2), ["10050", "HÉLOÏSE", "KLARINET"]),
        (condition("VatApplicable", Op.GT, 2), ["10050", "HÉLOÏSE"]),
        (condition("IsHidden", EQ, True), ["10061", "ZEEZICHT"]),
        (condition("IsLocked", EQ, "true"), ["10061", "SLOT"]),
        (condition("Memo", Op.ISNOTNULL), ["10042", "BEBOP"]),
        (condition("Memo", Op.ISNOTEMPTY), ["10042", "BEBOP"]),
        (condition("PayCode_Id", EQ, NOBODY), ["10050", "10061", "NERGENS"]),
        (condition("PayCode_Id", Op.ISEMPTY), ["10050", "10061", "NERGENS"]),
        (condition("Code", Op.ISNUMERIC), ["10042", "10050", "10061", "4711"]),
        (condition("", NOT, condition("Code", Op.LIKE, "%"), condition("IsHidden", EQ, False)), ["10061", "ZEEZICHT"]),
        (condition("", Op.OR, condition("Code", EQ, "4711"), condition("Code", EQ, "SLOT")), ["4711", "SLOT"]),
        (
            condition("", Op.AND, condition("IsHidden", EQ, True), condition("IsLocked", EQ, False)),
            ["ZEEZICHT"],
        ),
        (condition("Memo", Op.LT, "C"), ["BEBOP"]),
        (condition("", NOT, condition("Memo", Op.LT, "C")), ["10042"]),
        (condition("IsHidden", Op.EQPROPERTY, other="IsLocked"), None),
        (condition("Created", Op.LTPROPERTY, other="Modified"), []),
    ],
)
def test_conditions_find_what_they_should(talk: Talk, asked: dict[str, Any], found: list[str] | None) -> None:
    rows = talk.ask("Customer", asked)

    assert codes(rows) == (
        found if found is not None else sorted(set(codes(talk.ask("Customer"))) - {"ZEEZICHT", "SLOT"})
    )


def test_moments_are_compared_in_both_forms(talk: Talk, sandbox: WinBooksSandbox) -> None:
    sandbox.edit_customer("ARTHUR", Memo="anders")
    changed = sandbox.customer("ARTHUR")["Modified"]
    said = talk.get("Customer/ARTHUR")["Modified"]

    for value in (said, changed.isoformat(), changed.isoformat().replace("+00:00", "Z")):
        assert codes(talk.ask("Customer", condition("Modified", Op.GE, value))) == ["ARTHUR"]
    assert talk.ask("Customer", condition("Modified", Op.GT, said)) == []
    assert talk.refused("POST", "Customers/ExecuteCriteria", criteria("Customer", condition("Modified", Op.GE, "x")))


def test_max_result_means_nothing_without_first_result(talk: Talk) -> None:
    order: dict[str, Any] = {"Orders": [{"PropertyName": "Code", "Ascending": True}]}
    all_of_them = talk.ask("Customer", **order)

    assert talk.ask("Customer", **order, MaxResult=2) == all_of_them
    assert talk.ask("Customer", **order, FirstResult=0, MaxResult=2) == all_of_them[:2]
    assert talk.ask("Customer", **order, FirstResult=2, MaxResult=2) == all_of_them[2:4]
    assert talk.ask("Customer", **order, FirstResult=2) == all_of_them[2:]


def test_orders_rise_and_fall_and_the_first_counts_most(talk: Talk) -> None:
    orders = [{"PropertyName": "IsHidden", "Ascending": False}, {"PropertyName": "Code", "Ascending": True}]
    found = [each["Code"] for each in talk.ask("Customer", Orders=orders)]

    assert found[:2] == ["10061", "ZEEZICHT"]
    assert found[2:] == sorted(found[2:], key=str.casefold)


def test_an_association_joins_by_an_alias(talk: Talk) -> None:
    rows = talk.ask("Customer", condition("third.Name", Op.LIKE, "bakkerij%"), Association=THIRD)
    assert codes(rows) == ["10042"]

    address = {
        "address": {
            "AliasName": "address",
            "Type": type_of("Address"),
            "JoinType": 1,
            "OwnerAlias": "third",
            "LeftProperty": "Third_Id",
            "RightProperty": "Id",
        }
    }
    rows = talk.ask("Customer", condition("address.Town", EQ, "Gent"), Association=THIRD | address)
    assert codes(rows) == ["10042", "10042", "ARTHUR", "ARTHUR", "ARTHUR"]


def test_one_projection_is_flat_and_several_are_positions(talk: Talk) -> None:
    wanted = condition("Code", EQ, "10042")
    assert talk.ask("Customer", wanted, ProjectionsList=projected("Id")) == [talk.key("Customer", "10042")]

    told = talk.ask(
        "Customer", wanted, Association=THIRD, ProjectionsList=projected("Code", "third.Name", "IsHidden", "Modified")
    )
    assert told == [["10042", "Bakkerij De Halm", False, talk.get("Customer/10042")["Modified"]]]
    assert talk.ask("Address", ProjectionsList=projected("Town"))[0].endswith("  ")


def test_the_next_number_of_a_journal_is_found(talk: Talk) -> None:
    talk.book(talk.sale(number=4021))
    journal = condition("Journal_Id", EQ, talk.key("Journal", "VERK"))

    assert talk.ask("GLTransHeader", journal, ProjectionsList=projected("DocNumber", operator=MAX)) == [4021]
    assert talk.ask(
        "GLTransHeader", condition("DocNumber", EQ, -1), ProjectionsList=projected("DocNumber", operator=MAX)
    ) == [None]


def test_aggregates_count_and_add_up(talk: Talk, sandbox: WinBooksSandbox) -> None:
    amounts = [each["Amount"] for each in sandbox.lines()]
    told = talk.ask(
        "GLTrans",
        ProjectionsList=[{"PropertyName": "Amount", "Operator": each} for each in (Op.SUM, Op.MIN, Op.MAX, Op.COUNT)],
    )
    assert told == [[0, min(amounts), max(amounts), len(amounts)]]

    by = [{"PropertyName": "Journal_Id", "Operator": Op.GROUPBY}, {"PropertyName": "", "Operator": Op.ROWCOUNT}]
    groups = dict(talk.ask("GLTransHeader", ProjectionsList=by))
    assert groups[talk.key("Journal", "VERK")] == len(sandbox.bookings("VERK"))
    assert len(talk.ask("GLTrans", ProjectionsList=projected("Vat_Id", operator=Op.DISTINCT))) > 5
    assert talk.ask("Customer", condition("Code", EQ, "4711"), ProjectionsList=projected("Code", operator=Op.LEN)) == [
        4
    ]
    average = talk.ask("Vat", condition("Code", Op.IN, "21", "6"), ProjectionsList=projected("Rate", operator=Op.AVG))
    assert average == [Decimal("13.5")]


def test_what_the_vendor_adds_is_passed_over(talk: Talk) -> None:
    extra: dict[str, Any] = {"DAOType": "Winbooks.TORM.DAL.CustomerDAO, Winbooks.TORM.DAL", "IsCustomization": False}
    wanted = {**condition("Code", EQ, "10042"), "ValueTypes": ["System.String, mscorlib"]}

    assert codes(talk.ask("Customer", wanted, **extra)) == ["10042"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "EntityType is missing"),
        ({"EntityType": type_of("Supplier")}, "is not Customer"),
        ({"EntityType": "Winbooks.TORM.OM.Customer"}, "is not Customer"),
        (criteria("Customer", condition("Nonsense", EQ, 1)), "no property 'Nonsense'"),
        (criteria("Customer", condition("Third", EQ, 1)), "no property 'Third'"),
        (criteria("Customer", condition("VatCode", EQ, "21")), "no property 'VatCode'"),
        (criteria("Customer", condition("third.Name", EQ, "x")), "no alias 'third'"),
        (criteria("Customer", condition("Code", EQ)), "1 Values"),
        (criteria("Customer", condition("Code", 65, "x")), "no operator 65"),
        (criteria("Customer", condition("Code", Op.EXISTS, "x")), "EXISTS"),
        (criteria("Customer", condition("VatApplicable", EQ, "many")), "cannot be read"),
        (criteria("Customer", ProjectionsList=projected("Code", operator=Op.RANK)), "RANK"),
        (criteria("Customer", Association={"third": {**THIRD["third"], "JoinType": 3}}), "JoinType"),
        (
            criteria("GLTrans", ProjectionsList=[*projected("Id"), *projected("Amount", operator=Op.SUM)]),
            "is not Customer",
        ),
        (criteria("Customer", ProjectionsList=[*projected("Id"), *projected("Code", operator=MAX)]), "aggregate"),
        ("x", "an object is wanted"),
    ],
)
def test_criteria_that_cannot_be_understood_are_refused(talk: Talk, body: Any, says: str) -> None:
    status, message = talk.refused("POST", "Customers/ExecuteCriteria", body)

    assert status == 400
    assert says in message


def test_empty_references_can_be_null() -> None:
    with talking(ledger=False, habits=Habits(empty_references="null")) as talk:
        assert codes(talk.ask("Customer", condition("PayCode_Id", Op.ISNULL))) == ["10050", "10061"]
        assert talk.ask("Customer", condition("PayCode_Id", EQ, NOBODY)) == []
    with talking(ledger=False) as talk:
        assert talk.ask("Customer", condition("PayCode_Id", Op.ISNULL)) == []


def test_every_operator_is_emulated_or_listed_as_not() -> None:
    (reason,) = [text for name, text in NOT_EMULATED.items() if name.startswith("Operators")]
    listed = {each for each in Op if each.name in reason.replace(",", " ").replace(".", " ").split()}

    assert len(Op) == 65
    assert (Op.EQ, Op.NOT, Op.SELECT, Op.MAX, Op.DENSERANK) == (EQ, NOT, SELECT, MAX, 64)
    assert {Op(each) for each in EMULATED} | listed == set(Op)
    assert not {Op(each) for each in EMULATED} & listed


@needs_sheet
def test_the_numbers_of_the_operators_are_those_of_the_description() -> None:
    told = re.findall(r"\|(\d+)\|([A-Z]+)(?=\|)", SHEET.read_text(encoding="utf-8"))

    assert {int(number): name for number, name in told} == {int(each): each.name for each in Op}


def test_two_thousand_customers_are_paged_within_seconds() -> None:
    with talking(tell(2_000), ledger=False) as talk:
        expected = sum(each.in_books for each in tell(2_000).relations)
        found: list[str] = []
        while page := talk.ask(
            "Customer",
            condition("Modified", Op.GE, day(2020, 1, 1)),
            Orders=[{"PropertyName": "Modified", "Ascending": True}],
            FirstResult=len(found),
            MaxResult=100,
        ):
            found += [each["Code"] for each in page]

        assert len(found) == len(set(found)) == expected - len(talk.sandbox.suppliers())
