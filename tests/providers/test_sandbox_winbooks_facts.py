"""What the WinBooks sandbox rests on: every quirk of the description is shown or left out with a reason, every guess is in one table."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from winbooks_talk import SHEET, Talk, needs_sheet, talking

from syncrules_providers.sandboxes.winbooks_assumed import ASSUMPTIONS, NOT_EMULATED, Habits
from syncrules_providers.sandboxes.winbooks_objects import Om, model

HERE = Path(__file__).parent
TESTS = "\n".join(each.read_text(encoding="utf-8") for each in sorted(HERE.glob("test_sandbox_winbooks*.py")))

SHOWN: Mapping[str, str] = {
    # 1 Hosts, authentication, limits
    "the base of the addresses is a setting": "everything_can_stand_below_another_base",
    "Basic holds the e-mail address alone": "the_described_exchanges_come_out_as_described",
    "the parameter is called code for both grants": "a_token_request_that_is_wrong_is_refused",
    "capitals of OAuth20/Token": "the_token_address_is_particular_about_capitals_and_form",
    "expires_in is a text": "expires_in_is_a_text_or_a_number",
    "both tokens are replaced": "a_refresh_token_that_was_used_is_dead",
    "an exchange token can be used again": "an_exchange_token_can_be_used_again",
    "an exchange token expires, later for a trusted application": "an_exchange_token_expires_sooner_when_the_application_"
    "is_not_trusted",
    "a deleted application": "a_deleted_application_has_no_access_any_more",
    "401 on an access token that ended": "an_access_token_ends_and_a_refresh_gives_the_next",
    "one token opens all folders": "one_token_opens_all_folders",
    "the module is not active": "without_the_module_nothing_is_answered",
    # 2 Grammar
    "the plural adds an s": "the_plural_adds_an_s_whatever_the_word",
    "code and Id in the same place, percent-encoded": "a_code_and_an_id_work_in_the_same_place",
    "names of parameters in any spelling": "names_of_parameters_are_understood_in_any_spelling",
    "maxLevel": "each_level_brings_the_next_objects_along",
    "isShowId": "ids_can_be_left_out",
    "the envelope": "every_object_says_what_torm_says_of_itself",
    "/Date(ms)/": "days_are_taken_in_two_forms",
    "decimals are numbers": "amounts_are_numbers_with_a_point",
    "the empty GUID": "an_empty_reference_is_the_empty_guid",
    "friendly codes are written": "references_are_written_by_id_code_or_object",
    "texts are padded": "texts_come_with_blanks_behind_them",
    "Version grows": "an_update_leaves_what_it_does_not_name",
    "a number as a code comes back as a text": "names_and_values_are_taken_mildly",
    "Website for WebSite": "names_and_values_are_taken_mildly",
    "TotalLevel and $type may be left out": "a_customer_is_a_role_on_a_third",
    "friendly codes need TotalLevel 2": "friendly_codes_need_a_level_below_them",
    "answers are cut at about 101 objects": "a_long_answer_comes_in_parts",
    "an element is cut in two": "the_last_element_of_a_part_goes_on_in_the_next",
    "a single deep object is cut inside its lists": "a_deep_answer_is_cut_inside_its_lists",
    "criteria come in parts": "projections_come_in_parts_too",
    "MaxResult needs FirstResult": "max_result_means_nothing_without_first_result",
    "LeftProperty belongs to the joined object": "an_association_joins_by_an_alias",
    "one projection is flat": "one_projection_is_flat_and_several_are_positions",
    "NOT": "conditions_find_what_they_should",
    "Modified can be asked for": "moments_are_compared_in_both_forms",
    "a changed Third does not touch its customer": "a_changed_third_does_not_touch_its_customer_unless_switched",
    "deleted objects leave no trace": "lines_deleted_in_an_open_period_leave_no_trace",
    # 3 Objects
    "Vat and VatAccount": "the_table_of_vat_codes_has_two_names",
    "a customer is a role on a Third of the same code": "what_is_wrong_is_refused_and_nothing_is_made",
    "the odd Ids of the two accounts": "two_accounts_of_a_customer_have_odd_ids",
    "a code of ten characters": "a_code_has_ten_characters_unless_switched",
    "hidden and locked": "relations_come_go_and_are_taken_out_of_use",
    "a locked customer takes no booking": "a_line_that_is_wrong_is_refused_with_its_document",
    "one Third in two roles": "one_third_can_be_customer_and_supplier",
    "DefaultAddress is read only": "what_is_wrong_is_refused_and_nothing_is_made",
    "addresses up to 2.4": "in_an_older_folder_the_flags_stand_on_the_address",
    "Addres_Id, DefautAddress, ThirdCivility": "members_with_two_spellings_are_told_in_one_and_read_in_both",
    "an Address is changed without a code": "an_address_is_changed_by_its_id_without_a_code_in_the_address",
    "the telephone is that of the invoice address": "the_story_is_told_in_winbooks_words",
    "e-mail is with the contact": "a_person_changes_a_relation_in_all_its_parts",
    "VAT codes with an internal code": "the_described_exchanges_come_out_as_described",
    "opening and closing periods": "periods_are_picked_and_the_opening_and_closing_ones_are_apart",
    "the opening balance": "every_year_opens_with_what_the_year_before_left",
    "the customer comes first, bank lines count from 1000": "a_head_that_is_wrong_is_refused",
    "VAT on the VAT account": "a_line_that_is_wrong_is_refused_with_its_document",
    "a document adds up to nothing": "a_line_alone_cannot_unbalance_its_document",
    "VatBaseAmount stays positive": "the_described_exchanges_come_out_as_described",
    "credit notes are mirrored in their own journal": "a_credit_note_is_mirrored_and_has_its_own_journal",
    "CentralAccountType is copied": "a_booking_is_kept_with_what_winbooks_copies",
    "DocNumber counts in its journal": "a_number_stands_once_in_its_journal_and_year",
    "DocNumber is not given": "winbooks_numbers_a_document_only_when_switched",
    "the next number": "the_next_number_of_a_journal_is_found",
    "payments by GLMatch": "a_payment_is_a_line_with_the_same_matching",
    "POST, PUT, DELETE and arrays": "the_described_exchanges_come_out_as_described",
    "arrays are taken whole": "of_many_all_or_none_are_taken_unless_switched",
    # 4 Errors
    "204 for an unknown code": "the_described_exchanges_come_out_as_described",
    "every refusal of the table": "no_exchange_is_forgotten",
    "429 when wanted": "mishaps_happen_once",
}
"""Quirk of the description: the test that shows it."""

LEFT_OUT: Mapping[str, str] = {
    "DocumentHeader": "DocumentHeader, DocumentDetail, DocumentRow, JournalLog, Item, StockTransaction",
    "members for logistics": "DiscountCategory_Id, Tariff_Id, PayMode_Id and the other members for logistics",
    "custom fields": "Custom",
    "OldestMatchedDate": "OldestMatchedDate",
    "a limit of calls": "A limit of calls",
    "optimistic locking": "Optimistic locking by Version",
    "lengths of the import from files": "Lengths of the import from files",
    "names per language": "Names in several languages",
    "PARFIWEB_DEMO and staging": "Staging and the vendor's demo folder",
}
"""Quirk of the description: what says why it is not here."""


def test_every_quirk_is_shown_by_a_test_or_left_out_with_a_reason() -> None:
    missing = [name for name in SHOWN.values() if f"def test_{name}(" not in TESTS]

    assert missing == []
    assert set(LEFT_OUT.values()) <= set(NOT_EMULATED)
    assert all(NOT_EMULATED.values())


def test_every_habit_is_explained_and_every_explanation_has_its_habit() -> None:
    habits = {each.name for each in dataclasses.fields(Habits)}

    assert {name for each in ASSUMPTIONS for name in each.switches} == habits
    assert len({each.about for each in ASSUMPTIONS}) == len(ASSUMPTIONS)


def test_every_habit_is_switched_in_a_test() -> None:
    habits = [each.name for each in dataclasses.fields(Habits)]

    assert [name for name in habits if not re.search(rf"habits\.{name} =|Habits\([^)]*\b{name}=", TESTS)] == []


def test_lives_of_tokens_are_habits() -> None:
    clock = [0.0]
    habits = Habits(access_lifetime_s=5, exchange_lifetime_s=10, trusted_lifetime_s=20)
    with talking(None, ledger=False, clock=lambda: clock[0], habits=habits) as talk:
        short = talk.sandbox.let_in("short@acme.example")

        def status(email: str, token: str) -> int:
            return talk.ask_token("exchange_token", token, email).status_code

        assert talk.login()["expires_in"] == "5"
        clock[0] = 5.0
        assert talk.send("GET", "Vats").status_code == 401
        assert (status("short@acme.example", short), status("info@acme.example", "XCH-000111222")) == (200, 200)
        clock[0] = 10.0
        assert (status("short@acme.example", short), status("info@acme.example", "XCH-000111222")) == (400, 200)
        clock[0] = 20.0
        assert status("info@acme.example", "XCH-000111222") == 400


def test_what_is_padded_is_a_habit() -> None:
    with talking(ledger=False, habits=Habits(padding=3, padded=("Name",))) as talk:
        third = talk.get("Third/10042?maxLevel=2")

        assert (third["Name"], third["DefaultAddress"]["Town"]) == ("Bakkerij De Halm   ", "Gent")
        assert projected_name(talk) == ["Bakkerij De Halm   "]


def projected_name(talk: Talk) -> object:
    wanted = {"Operator": 0, "PropertyName": "Code", "OtherPropertyName": "", "Values": ["10042"]}
    return talk.ask("Third", wanted, ProjectionsList=[{"PropertyName": "Name", "Operator": 22}])


# The tables of the description ------------------------------------------------------------------------------------------


def table(section: str, after: str = "") -> list[list[str]]:
    """Read the rows of the first table behind a heading, or behind a word below it."""
    text = SHEET.read_text(encoding="utf-8")
    text = text[text.index(f"\n### {section}") :]
    text = text[text.index(after) :]
    rows = re.search(r"(?:^\|.*\n)+", text, re.M)
    assert rows is not None
    return [[cell.strip(" *`") for cell in row.strip("|").split("|")] for row in rows.group().splitlines()[2:]]


def has(om: Om, name: str, id_field: str, code_field: str) -> bool:
    """Tell whether an OM has a member, by all its names."""
    if not id_field:
        return name.lower() in om.members or name in om.lists
    reference = next((each for each in om.references.values() if each.id_field == id_field), None)
    return reference is not None and (code_field in ("", "none") or code_field.lower() in om.members)


@needs_sheet
@pytest.mark.parametrize(
    ("name", "section", "after"),
    [
        ("Customer", "3.1", ""),
        ("Third", "3.2", ""),
        ("GLTransHeader", "3.6", "GLTransHeader:"),
        ("GLTrans", "3.6", "GLTrans:"),
    ],
)
def test_members_are_those_of_the_tables(name: str, section: str, after: str) -> None:
    om = model("2.5")[name]
    missing = []
    for row in table(section, after):
        label, id_field, code_field = re.sub(r" \(.*", "", row[0]), row[2], (row[3].split() or [""])[-1].strip("`")
        for each in re.findall(r"\b[A-Z]\w+", label) if ";" in label or "/" in label or "," in label else [label]:
            if each not in ("DateTime", "logistics", "DefaultAddress", "Custom") and label != "logistics only":
                missing += [] if has(om, each, id_field, code_field) else [each]

    assert missing == []


@needs_sheet
def test_every_type_of_the_description_is_known_or_left_out() -> None:
    text = SHEET.read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| `(Winbooks\.TORM\.OM[\w.*]*)`", text, re.M)
    names = [(each, kind) for oms, kind in rows for each in re.findall(r"\w+", oms)]

    assert len(names) > 25
    for each, kind in names:
        if each not in NOT_EMULATED[LEFT_OUT["DocumentHeader"]] and "Logistics" not in kind:
            assert model("2.5")[each].type.startswith(kind.removesuffix("*")[: len("Winbooks.TORM.OM")]), each
            assert ("Accounting" in kind) == ("Accounting" in model("2.5")[each].type), each
