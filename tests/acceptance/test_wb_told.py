"""What is told of a connection between Tribe and WinBooks: what will be written, and why something is as it is."""

from __future__ import annotations

import crm
import pytest
import wb
from scenes import in_crm, run_until_quiet
from typed import told, typed
from world import World


@pytest.mark.requirement("X-07", "WB-02", "WB-03")
def test_a_plan_shows_every_write_field_by_field_and_makes_none(here: World) -> None:
    customer = wb.known_customer(here)
    crm.edit_organisation(here, PhoneNumber="+32 9 000 00 09")
    here.books.edit_third("10042", WebSite="nieuw.example")
    _, number = crm.send(here, customer)
    here.crm.calls.clear()
    here.books.calls.clear()
    plan = told(here, "plan", "c", code=1)
    shown = {(each["verb"], each["system"]): each for each in plan["actions"]}

    assert here.writes == 0
    assert shown["update", "WinBooks on Web"]["fields"] == [
        {"row": "Phone number", "before": "+32 9 000 00 01", "after": "+32 9 000 00 09"}
    ]
    assert shown["update", "Tribe CRM"]["fields"] == [
        {"row": "Website", "before": "www.dekorst.example", "after": "nieuw.example"}
    ]
    invoice = {each["row"]: each["after"] for each in shown["create", "WinBooks on Web"]["fields"]}
    assert invoice["Invoice number"] == number
    assert [each["Amount"] for each in invoice["Invoice lines"]] == [121, -100, -21]
    assert len(plan["actions"]) == 3

    run_until_quiet(here)
    assert wb.address(here)["PhoneNo"] == "+32 9 000 00 09"
    assert crm.organisation(here)["Website"] == "nieuw.example"
    assert [amount for *_, amount in wb.lines(here, number)] == [121, -100, -21]


@pytest.mark.requirement("X-07", "WB-02")
def test_a_saved_plan_writes_what_it_shows_and_leaves_out_what_changed_since(here: World) -> None:
    wb.known_customer(here)
    wb.known_person(here)
    crm.edit_organisation(here, PhoneNumber="+32 9 000 00 09")
    crm.edit_person(here, MobilePhoneNumber="+32 470 00 00 09")
    file = str(here.folder / "plan.json")
    told(here, "plan", "c", "--out", file, code=1)
    crm.edit_person(here, MobilePhoneNumber="+32 470 00 00 99")
    in_crm(here, "Garage", "10099")
    done = told(here, "apply", file, code=1)

    assert (done["planned"], done["applied"], done["later"]) == (2, 1, 1)
    assert [each["name"] for each in done["stale"]] == ["Anna van der Meer"]
    assert wb.address(here)["PhoneNo"] == "+32 9 000 00 09"
    assert wb.contact(here, "20001")["MobileNo"] == wb.ANNA["MobileNo"]
    assert sorted(each["Code"] for each in here.books.customers()) == ["10042", "20001"]
    assert "was applied already" in typed(here, "apply", file).output


@pytest.mark.requirement("X-12", "WB-02")
def test_it_is_said_why_a_field_has_its_value_and_why_a_record_waits(here: World) -> None:
    wb.known_customer(here)
    crm.edit_organisation(here, PhoneNumber="+32 9 000 00 09")
    here.books.edit_address("10042", PhoneNo="+32 9 000 00 02")
    in_crm(here, "Zonder nummer", None)
    here.run()
    (phone,) = told(here, "explain", "c", "10042", "Phone number", code=0)["fields"]
    waits = told(here, "explain", "c", "Zonder nummer", code=0)

    assert (phone["written"]["before"], phone["written"]["after"]) == ("+32 9 000 00 02", "+32 9 000 00 09")
    assert phone["rule"].startswith("tribe-winbooks.yaml:")
    assert "'+32 9 000 00 02' of WinBooks on Web was replaced by '+32 9 000 00 09' of Tribe CRM" in phone["told"][0]
    assert (waits["state"], waits["reason"]) == ("waiting", "no debtor number")
    assert "automatic numbering" in waits["cure"]
    assert {"seen", "judged"} <= {each["what"] for each in told(here, "log", "c", "Zonder nummer", code=0)["events"]}
