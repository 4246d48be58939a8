"""What the WinBooks transport writes of a customer: new ones, changes, and what happens when the line breaks in the middle."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from winbooks_line import (
    JOURNALS,
    LUMEN,
    NOTHING,
    SUPPLIERS,
    THIRDS,
    Line,
    address,
    books,
    customer,
    guid,
    href,
    third,
)

from syncrules.errors import (
    OutcomeUnknown,
    RecordRefused,
)
from syncrules.provider import Record, find

# A new customer -------------------------------------------------------------------------------------------------


def new_lumen(**changes: Any) -> Record:
    """A customer as the engine sends it."""
    return {
        "Code": "LUMEN",
        "VatApplicable": 1,
        "VatCode": "21",
        "GLAccountDefaultCode": "700000",
        "GLAccountCentralCode": "400000",
        "PayCodeCode": "30",
        "Third": {
            "Name": "Lumen Lighting",
            "VatNumber": "0123456749",
            "WebSite": "www.lumen.example",
            "CivilityCode": "NV",
            "VatCountryCode": "BE",
            "LanguageCode": "nl",
            "CurrencyCode": "EUR",
            "InvoicingAddress": {
                "Address1": "Kaai 12", "Address2": None, "Zip": "9000", "Town": "Gent", "PhoneNo": "+3290000000",
                "CountryCode": "BE",
            },
        },
        **changes,
    }  # fmt: skip


def test_a_new_customer_goes_with_its_company_and_address_in_one_request() -> None:
    line = books(thirds=[[], [third()]], **{"POST Customer/LUMEN": [href("Customer", "LUMEN")]})

    made = line.winbooks().create("customers", new_lumen())

    assert made == LUMEN
    (sent,) = line.asking("POST Customer/LUMEN")
    assert sent.path == "/app/Customer/LUMEN/Folder/DEMO_BV?maxLevel=1"
    assert sent.body == {
        "$type": "Winbooks.TORM.OM.Customer, Winbooks.TORM.OM",
        "TotalLevel": 5,
        "Code": "LUMEN",
        "VatApplicable": 1,
        "VatCode": "21",
        "GLAccountDefaultCode": "700000",
        "GLAccountCentralCode": "400000",
        "PayCodeCode": "30",
        "Third": {
            "$type": "Winbooks.TORM.OM.Third, Winbooks.TORM.OM",
            "TotalLevel": 4,
            "Code": "LUMEN",
            "Name": "Lumen Lighting",
            "VatNumber": "0123456749",
            "WebSite": "www.lumen.example",
            "CivilityCode": "NV",
            "VatCountryCode": "BE",
            "LanguageCode": "nl",
            "CurrencyCode": "EUR",
            "Addresses": [
                {
                    "$type": "Winbooks.TORM.OM.Third_Address, Winbooks.TORM.OM",
                    "TotalLevel": 3,
                    "Index": 0,
                    "IsInvoicing": True,
                    "IsInvoicingDefault": True,
                    "IsPosting": True,
                    "IsPostingDefault": True,
                    "IsDelivering": True,
                    "IsDeliveringDefault": True,
                    "Address": {
                        "$type": "Winbooks.TORM.OM.Address, Winbooks.TORM.OM",
                        "TotalLevel": 2,
                        "Address1": "Kaai 12",
                        "Zip": "9000",
                        "Town": "Gent",
                        "PhoneNo": "+3290000000",
                        "CountryCode": "BE",
                    },
                }
            ],
        },
    }


def test_a_new_private_customer_brings_its_contact_along() -> None:
    person = {"FirstName": "An", "Name": "Claes", "Email": "an@lumen.example", "MobileNo": "+32470000000"}
    line = books(thirds=[[], [third()]], **{"POST Customer/LUMEN": [href("Customer", "LUMEN")]})

    line.winbooks().create(
        "customers", {"Code": "LUMEN", "VatApplicable": 3, "Third": {"Name": "An Claes", "DefaultContact": person}}
    )

    (sent,) = line.asking("POST Customer/LUMEN")
    assert sent.body["VatApplicable"] == 3
    assert sent.body["Third"]["Contacts"] == [
        {
            "$type": "Winbooks.TORM.OM.Third_Contact, Winbooks.TORM.OM",
            "TotalLevel": 3,
            "Index": 0,
            "IsDefault": True,
            "Contact": {"$type": "Winbooks.TORM.OM.Contact, Winbooks.TORM.OM", "TotalLevel": 2, **person},
        }
    ]


def test_a_new_customer_gets_no_address_and_no_contact_that_say_nothing() -> None:
    line = books(thirds=[[], [third()]], **{"POST Customer/LUMEN": [href("Customer", "LUMEN")]})
    company = {"Name": "Lumen Lighting", "InvoicingAddress": {"PhoneNo": None}, "DefaultContact": {"Email": ""}}

    line.winbooks().create("customers", new_lumen(Third=company))

    (sent,) = line.asking("POST Customer/LUMEN")
    assert sent.body["Third"].keys() & {"Addresses", "Contacts"} == set()


def test_what_was_not_taken_over_shows_in_what_is_given_back() -> None:
    line = books(thirds=[[], [third(Contacts=[])]], **{"POST Customer/LUMEN": [href("Customer", "LUMEN")]})
    record = new_lumen()
    record["Third"]["DefaultContact"] = {"Email": "an@lumen.example"}

    made = line.winbooks().create("customers", record)

    assert made["Third"]["DefaultContact"] is None


def test_an_inactive_relation_is_made_hidden() -> None:
    line = books(thirds=[[], [third()]], **{"POST Customer/LUMEN": [href("Customer", "LUMEN")]})

    line.winbooks().create("customers", new_lumen(IsInactive=True))

    assert line.asking("POST Customer/LUMEN")[0].body["IsHidden"] is True


@pytest.mark.parametrize("name", ["Lumen Lighting", "LUMEN lighting", "Zaadhandel Kiem"])
@pytest.mark.parametrize("there", ["Lumen Lighting", "Lumen Lighting  "])
def test_a_supplier_with_the_number_of_a_company_is_never_made_whatever_the_two_are_called(
    name: str, there: str
) -> None:
    line = books(thirds=[[there]], suppliers=[[]])

    with pytest.raises(RecordRefused, match="the number LUMEN is that of 'Lumen Lighting' in WinBooks") as caught:
        line.winbooks().create("suppliers", {"Code": "LUMEN", "Third": {"Name": name, "WebSite": "lumen.example"}})
    assert "add it to the suppliers" in caught.value.cure
    assert "another number" in caught.value.cure
    assert caught.value.code == ""
    assert [each.what for each in line.asked] == [THIRDS, SUPPLIERS]


def test_what_the_server_takes_for_the_same_number_is_the_same() -> None:
    """It would take the company `lumen` for ours, and write over it; so we ask whom it means, and do not compare again."""
    line = books(thirds=[["Lumen Lighting"]], customers=[[]])

    with pytest.raises(RecordRefused, match="is that of 'Lumen Lighting'"):
        line.winbooks().create("customers", new_lumen())
    asked = line.asking(THIRDS)[0].body
    assert asked["Conditions"][0]["Values"] == ["LUMEN"]
    assert [each["PropertyName"] for each in asked["ProjectionsList"]] == ["Name"]


def test_a_customer_that_is_there_already_is_refused_as_the_manifest_says_and_not_sent() -> None:
    line = books(thirds=[["Lumen Lighting"]], customers=[["lumen"]])

    with pytest.raises(RecordRefused) as caught:
        line.winbooks().create("customers", new_lumen())
    refusals = find("winbooks").manifest.resources["customers"].refusals
    assert [each.means for each in refusals if each.fits(caught.value.code, caught.value.says)] == ["already_there"]
    assert line.asking("POST Customer/LUMEN") == []


@pytest.mark.parametrize("after", [[(500, None)] * 9, [[]], [[customer(1), customer(2)]], [(200, b"<html>")]])
def test_a_customer_that_was_sent_and_is_not_seen_is_looked_up_by_somebody(after: list[object]) -> None:
    line = books(
        thirds=[[], [third(11), third(12)]],
        customers=after,
        **{"POST Customer/LUMEN": [href("Customer", "LUMEN")]},
    )

    with pytest.raises(OutcomeUnknown, match="sent"):
        line.winbooks().create("customers", new_lumen())
    assert len(line.asking("POST Customer/LUMEN")) == 1


def test_a_create_whose_answer_was_lost_is_not_sent_again() -> None:
    line = books(thirds=[[]], **{"POST Customer/LUMEN": [httpx.ReadTimeout("lost")]})

    with pytest.raises(OutcomeUnknown, match="the answer to Customer was lost"):
        line.winbooks().create("customers", new_lumen())
    assert len(line.asking("POST Customer/LUMEN")) == 1


def test_a_number_that_is_taken_is_told_as_one_that_is_there_already() -> None:
    line = books(thirds=[[]], **{"POST Customer/LUMEN": [(409, {"Message": "Customer LUMEN exists"})]})

    with pytest.raises(RecordRefused) as caught:
        line.winbooks().create("customers", new_lumen())
    refusals = find("winbooks").manifest.resources["customers"].refusals
    assert [each.means for each in refusals if each.fits(caught.value.code, caught.value.says)] == ["already_there"]


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ({"Third": {"Modified": "2026-01-01"}}, "Modified cannot be written"),
        ({"Shoe size": 43}, "Shoe size cannot be written"),
        ({"VatApplicable": "1"}, "VatApplicable cannot be sent"),
        ({"IsLocked": 1}, "IsLocked cannot be sent"),
    ],
)
def test_what_cannot_travel_is_refused_before_anything_is_sent(record: Record, says: str) -> None:
    line = books(thirds=[[]])

    with pytest.raises(RecordRefused, match=says):
        line.winbooks().create("customers", {"Code": "LUMEN", **record})
    assert [each.what for each in line.asked] == [THIRDS]


@pytest.mark.parametrize("resource", ["journals", "open items", "ledger lines", "folders"])
def test_what_is_only_read_is_never_written(resource: str) -> None:
    line = Line()

    with pytest.raises(RecordRefused, match="over this interface"):
        line.winbooks().create(resource, {"Code": "X"})
    with pytest.raises(RecordRefused, match="over this interface"):
        line.winbooks().update(resource, guid(1), {"Code": "X"}, {})
    assert line.asked == []


# Changes --------------------------------------------------------------------------------------------------------


def sent(line: Line) -> list[tuple[str, Record]]:
    """List what was written, in its order, without the words that every object has."""
    words = ("$type", "TotalLevel")
    return [(each.what, {name: value for name, value in each.body.items() if name not in words}) for each in line.asked]


def test_an_update_sends_what_changes_and_nothing_else() -> None:
    line = Line({f"PUT Customer/{guid(1)}": [{}]})

    given = line.winbooks().update("customers", guid(1), {"Memo": "x"}, LUMEN)

    assert given == {"Id": guid(1), "Memo": "x"}
    (put,) = line.asked
    assert put.path == f"/app/Customer/{guid(1)}/Folder/DEMO_BV?maxLevel=1"
    assert put.body == {"$type": "Winbooks.TORM.OM.Customer, Winbooks.TORM.OM", "TotalLevel": 2, "Memo": "x"}


def test_each_part_is_written_where_it_lives_and_the_role_comes_last() -> None:
    line = Line(
        {"PUT Address": [{}], "PUT Contact": [{}], f"PUT Third/{guid(11)}": [{}], f"PUT Customer/{guid(1)}": [{}]}
    )

    line.winbooks().update(
        "customers",
        guid(1),
        {
            "PayCodeCode": "30",
            "Third": {
                "Name": "Lumen NV",
                "InvoicingAddress": {"Zip": "9050", "CountryCode": "NL"},
                "DefaultContact": {"Email": "info@lumen.example"},
            },
        },
        LUMEN,
    )

    *parts, (role, own) = sent(line)
    assert (role, own) == (f"PUT Customer/{guid(1)}", {"PayCodeCode": "30"})
    assert dict(parts) == {
        "PUT Address": {"Id": guid(32), "Zip": "9050", "CountryCode": "NL"},
        "PUT Contact": {"Id": guid(34), "Email": "info@lumen.example"},
        f"PUT Third/{guid(11)}": {"Name": "Lumen NV"},
    }
    assert [each for each, _ in parts] == ["PUT Address", "PUT Contact", f"PUT Third/{guid(11)}"]


def test_what_is_emptied_is_sent_as_empty_and_a_reference_as_leading_nowhere() -> None:
    line = Line({"PUT Address": [{}], f"PUT Customer/{guid(1)}": [{}]})

    line.winbooks().update(
        "customers",
        guid(1),
        {"Memo": None, "PayCodeCode": None, "Third": {"InvoicingAddress": {"Address2": None, "CountryCode": None}}},
        LUMEN,
    )

    assert sent(line) == [
        ("PUT Address", {"Address2": "", "Country_Id": NOTHING, "Id": guid(32)}),
        (f"PUT Customer/{guid(1)}", {"Memo": "", "PayCode_Id": NOTHING}),
    ]


def test_a_whole_address_that_is_emptied_loses_all_of_its_parts() -> None:
    line = Line({"PUT Address": [{}]})

    line.winbooks().update("customers", guid(1), {"Third": {"InvoicingAddress": None}}, LUMEN)

    assert sent(line) == [
        (
            "PUT Address",
            {"Address1": "", "Address2": "", "Zip": "", "Town": "", "Country_Id": NOTHING, "Id": guid(32)},
        )
    ]


@pytest.mark.parametrize(
    ("part", "value", "link", "flags"),
    [
        (
            "InvoicingAddress",
            {"Zip": "9050", "Address2": None},
            "Third_Address",
            {"Index": 0, "IsInvoicing": True, "IsInvoicingDefault": True},
        ),
        ("DefaultContact", {"Email": "info@lumen.example"}, "Third_Contact", {"Index": 0, "IsDefault": True}),
    ],
)
def test_a_part_that_is_not_there_yet_is_made_and_tied_to_its_company(
    part: str, value: Record, link: str, flags: Record
) -> None:
    line = Line({f"POST {link}": [href(link, guid(77))]})
    seen = LUMEN | {"Third": LUMEN["Third"] | {part: None}}

    line.winbooks().update("customers", guid(1), {"Third": {part: value}}, seen)

    ((_, body),) = sent(line)
    inner = body.pop(link.removeprefix("Third_"))
    assert body == {**flags, "Third_Id": guid(11)}
    assert {name: each for name, each in inner.items() if name not in ("$type", "TotalLevel")} == {
        name: each for name, each in value.items() if each is not None
    }


@pytest.mark.parametrize("nothing", [None, {}, {"Zip": None, "Town": ""}])
def test_a_part_that_is_not_there_and_stays_empty_is_not_made(nothing: Record | None) -> None:
    line = Line()
    seen = LUMEN | {"Third": LUMEN["Third"] | {"InvoicingAddress": None}}

    line.winbooks().update("customers", guid(1), {"Third": {"InvoicingAddress": nothing}}, seen)

    assert line.asked == []


def test_a_part_of_which_nobody_knows_whether_it_is_there_is_not_made_a_second_time() -> None:
    line = Line()
    company = {name: value for name, value in LUMEN["Third"].items() if name != "InvoicingAddress"}

    with pytest.raises(RecordRefused, match="not known whether there is a invoice address"):
        line.winbooks().update(
            "customers", guid(1), {"Third": {"InvoicingAddress": {"Zip": "1"}}}, LUMEN | {"Third": company}
        )
    with pytest.raises(RecordRefused, match="its company or person is not known"):
        line.winbooks().update("customers", guid(1), {"Third": {"Name": "X"}}, {"Id": guid(1)})
    assert line.asked == []


def test_an_update_that_broke_off_goes_on_with_the_part_that_was_made_meanwhile() -> None:
    """The address was made, then the line broke: the next run sees it, and makes no second one."""
    bare = third(Addresses=[])
    line = books(
        thirds=[[bare], [third(Addresses=[{"Id": guid(22), "Index": 0, "IsInvoicingDefault": True, "Address": address()}])]],
        **{
            f"GET Customer/{guid(1)}": [customer(), customer()],
            "POST Third_Address": [httpx.ReadTimeout("lost")],
            "PUT Address": [{}],
        },
    )  # fmt: skip
    winbooks, changes = line.winbooks(), {"Third": {"InvoicingAddress": {"Zip": "9050"}}}

    seen = winbooks.fetch("customers", guid(1))
    assert seen is not None
    with pytest.raises(OutcomeUnknown):
        winbooks.update("customers", guid(1), changes, seen)
    again = winbooks.fetch("customers", guid(1))
    assert again is not None
    winbooks.update("customers", guid(1), changes, again)

    assert [each.what for each in line.asked if each.what.endswith("Address")] == ["POST Third_Address", "PUT Address"]
    assert line.asking("PUT Address")[0].body["Id"] == guid(32)


def test_a_part_that_was_taken_away_meanwhile_does_not_take_the_customer_with_it() -> None:
    line = Line({"PUT Address": [(404, None)], JOURNALS: [[{"Id": guid(1)}]], f"GET Address/{guid(32)}": [(204, None)]})

    with pytest.raises(RecordRefused, match="no Address with this id any more"):
        line.winbooks().update("customers", guid(1), {"Third": {"InvoicingAddress": {"Zip": "9050"}}}, LUMEN)


def test_what_cannot_be_sent_of_the_role_keeps_its_parts_unwritten() -> None:
    line = Line()

    with pytest.raises(RecordRefused, match="Created cannot be written"):
        line.winbooks().update("customers", guid(1), {"Created": "x", "Third": {"Name": "Y"}}, LUMEN)
    assert line.asked == []
