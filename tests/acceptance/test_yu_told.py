"""What is told of a connection between Tribe and Yuki: what will be written, and why something is as it is."""

from __future__ import annotations

import crm
import pytest
import yk
from scenes import in_crm
from typed import told, typed
from world import World


@pytest.mark.requirement("X-07", "YU-05")
def test_a_saved_plan_writes_what_it_shows_and_leaves_out_what_changed_since(here: World) -> None:
    yk.known_company(here)
    yk.known_person(here)
    crm.edit_organisation(here, PhoneNumber="030-0000109")
    crm.edit_person(here, MobilePhoneNumber="06-00000109")
    file = str(here.folder / "plan.json")
    plan = told(here, "plan", "c", "--out", file, code=1)
    crm.edit_person(here, MobilePhoneNumber="06-00000199")
    in_crm(here, "Garage", "10099")
    before = yk.contact(here, "20001")
    done = told(here, "apply", file, code=1)

    assert {each["row"] for each in plan["actions"][0]["fields"]} == {"Phone number"}
    assert (done["planned"], done["applied"], done["later"]) == (2, 1, 1)
    assert len(done["stale"]) == 1
    assert yk.contact(here)["PhoneWork"] == "030-0000109"
    assert yk.contact(here, "20001") == before
    assert sorted(each["Code"] for each in here.books.contacts()) == ["10042", "20001"]
    assert "was applied already" in typed(here, "apply", file).output


@pytest.mark.requirement("X-12", "YU-14")
def test_it_is_said_why_a_field_has_its_value_and_why_a_record_waits(here: World) -> None:
    yk.known_company(here)
    crm.edit_organisation(here, PhoneNumber="030-0000109")
    here.books.edit_contact(yk.contact(here)["ID"], PhoneWork="030-0000102")
    in_crm(here, "Zonder nummer", None)
    here.run()
    (phone,) = told(here, "explain", "c", "10042", "Phone number", code=0)["fields"]
    waits = told(here, "explain", "c", "Zonder nummer", code=0)

    assert str(phone["written"]["before"]).startswith("030-0000102")  # Yuki has a second number beside it
    assert "030-0000109" in str(phone["written"]["after"])
    assert phone["rule"].startswith("tribe-yuki.yaml:")
    assert "'030-0000102' of Yuki was replaced by '030-0000109' of Tribe CRM" in phone["told"][0]
    assert (waits["state"], waits["reason"]) == ("waiting", "no debtor number")
    assert waits["cure"]
