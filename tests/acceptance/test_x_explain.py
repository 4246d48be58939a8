"""Why a field has its value, why a record was not synchronised, and what happened to it: `explain` and `log`."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
from scenes import edit_customer, edit_in_books, in_books, in_crm, run_until_quiet, send_invoice
from typed import told, typed
from world import World

from syncrules.memory.history import DAYS

pytestmark = pytest.mark.over("soap", because="what is remembered is the same over every protocol")


def explained(here: World, record: str, field: str = "") -> dict[str, Any]:
    return told(here, "explain", "c", record, *([field] if field else []), code=0)


@pytest.mark.requirement("X-12")
def test_for_a_field_it_is_said_by_which_rule_and_write_it_has_its_value(here: World) -> None:
    in_books(here, "Garage 0", "10001", Telefoon="030-1234567")
    run_until_quiet(here)
    edit_customer(here, "Garage 0", PhoneNumber="030-0000100")
    edit_in_books(here, "Garage 0", Telefoon="030-0000200", Site="garage.example")
    here.run()
    data = explained(here, "garage 0", "phone number")
    (field,) = data["fields"]
    file, line, _ = field["rule"].split(":")

    assert (
        "Phone number:" in (files("syncrules_mappings") / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    )
    assert {each["side"]: each["value"] for each in field["values"]} == {
        "tribe": "030-0000100",
        "eboekhouden": "030-0000100",
    }
    assert field["transform"] == ["phone"]
    assert field["policy"] == "where both sides changed, Tribe CRM leads"
    assert (field["written"]["side"], field["written"]["before"], field["written"]["after"]) == (
        "eboekhouden", "030-0000200", "030-0000100",
    )  # fmt: skip
    assert "it came from Tribe CRM, in run" in field["because"]
    assert "'030-0000200' of e-Boekhouden was replaced by '030-0000100' of Tribe CRM" in field["told"][0]
    site = explained(here, "10001", "Website")["fields"][0]
    assert (site["written"]["side"], site["written"]["after"]) == ("tribe", "garage.example")
    assert (
        "made from the one in e-Boekhouden" in explained(here, "Garage 0", "Organisation name")["fields"][0]["because"]
    )
    assert "Its rows are: Organisation name" in typed(here, "explain", "c", "Garage 0", "Fax").output


@pytest.mark.requirement("X-12")
def test_of_a_change_that_was_seen_and_not_carried_yet_the_new_value_is_told(here: World) -> None:
    in_books(here, "Garage 0", "10001", Telefoon="030-1234567")
    run_until_quiet(here)
    edit_customer(here, "Garage 0", PhoneNumber="030-0000100", DebtorNumber="")
    here.run()
    data = explained(here, "Garage 0")
    phone, name = (
        next(each for each in data["fields"] if each["row"] == row) for row in ("Phone number", "Organisation name")
    )

    assert (data["state"], data["reason"]) == ("waiting", "no debtor number")
    assert {each["side"]: each["value"] for each in phone["values"]} == {
        "tribe": "030-0000100",
        "eboekhouden": "030-1234567",
    }
    assert phone["because"].startswith("it changed in Tribe CRM since both were last in step")
    assert "made from the one in e-Boekhouden" in name["because"]


@pytest.mark.requirement("X-08", "X-12")
def test_for_a_record_it_is_said_whether_it_is_in_step_left_out_or_waits_and_for_what(here: World) -> None:
    in_books(here, "Garage 0", "10001")
    in_books(here, "Garage 0", "10002")
    in_crm(here, "Garage 9", "10099")
    old = send_invoice(here, "Garage 9", "100.00")
    here.run()
    in_crm(here, "Zonder nummer", None)
    here.run()
    waits = explained(here, "Zonder nummer")
    (connection,) = told(here, "waiting", "c", code=1)["connections"]
    (item,) = connection["items"]
    left_out = explained(here, old)

    assert (left_out["state"], left_out["reason"]) == ("excluded", "was there before the connection was made")
    assert (waits["state"], waits["reason"]) == ("waiting", "no debtor number")
    assert waits["cure"].startswith("Fill in the debtor number")
    for text in (item["ref"], f"tribe:{item['id']}", f"organisation:tribe:{item['id']}"):
        assert explained(here, text)["records"] == waits["records"]
    assert (explained(here, "10001")["state"], explained(here, "10002")["linked"]) == ("synced", True)
    several = typed(here, "explain", "c", "Garage 0")
    assert several.exit_code == 2
    assert several.output.count("organisation 'Garage 0' of Tribe CRM and e-Boekhouden, synced") == 2
    assert "Use the reference of one of them." in several.output
    nobody = typed(here, "explain", "c", "Niemand")
    assert nobody.exit_code == 2
    assert "o record of 'c' is called 'Niemand'" in nobody.output


@pytest.mark.requirement("X-12")
def test_the_history_of_a_record_tells_what_happened_on_both_sides_and_who_decided(here: World) -> None:
    first, second = in_crm(here, "Tweeling", "10001"), in_crm(here, "Tweeling", "10001")
    in_books(here, "Tweeling", "10001")
    here.run()
    decided = typed(here, "resolve", "c", f"organisation:tribe:{first}", "--link", _only(here))
    assert decided.exit_code == 0, decided.output
    run_until_quiet(here)
    data = told(here, "log", "c", f"tribe:{first}", code=0)
    words = [each["what"] for each in data["events"]]
    judged = [each for each in data["events"] if each["what"] == "judged"]

    assert words[:2] == ["seen", "seen"]  # on both sides
    assert words.index("judged") < words.index("decided") < words.index("linked")
    assert {each["side"] for each in judged} == {"tribe", "eboekhouden"}
    assert all("'Tweeling'" in each["text"] for each in judged)
    assert next(each["text"] for each in data["events"] if each["what"] == "decided") == f"link {_only(here)}"
    assert ("judged", "tribe") in {
        (each["what"], each["side"]) for each in told(here, "log", "c", f"tribe:{second}", code=0)["events"]
    }
    runs = told(here, "log", "c", code=0)["runs"]
    assert [each["outcome"] for each in runs] == ["done"] * len(runs)
    assert told(here, "log", "c", "--since", "2100-01-01", code=0)["runs"] == []
    assert told(here, "log", "c", f"tribe:{first}", "--since", "2100-01-01", code=0)["events"] == []
    assert typed(here, "log", "c", "--since", "gisteren").exit_code == 2


def _only(here: World) -> str:
    (relation,) = here.books.relations()
    return str(relation["ID"])


@pytest.mark.requirement("X-12")
def test_what_happened_is_forgotten_after_the_days_that_were_declared(here: World) -> None:
    in_books(here, "Garage 0", "10001")
    run_until_quiet(here)
    edit_customer(here, "Garage 0", PhoneNumber="030-0000100")
    here.run()

    def events() -> list[str]:
        return [each.what for each in here.memory.happened()]

    assert {"seen", "linked", "create", "update"} <= set(events())
    here.clock.ahead += 30 * 86400
    here.run()
    assert "create" in events()
    row = here.store.connection("c")
    assert row is not None
    with here.store.transaction():
        row.answers[""] = {"days of history": 20}
        here.store.save(row)
    here.run()
    assert not {"create", "update", "linked"} & set(events())
    assert "nothing was written as far back as" in explained(here, "Garage 0", "Phone number")["fields"][0]["because"]
    assert DAYS == 400
    assert run_until_quiet(here)
