"""What can be carried out is left in peace; what is two things at once, secret or inherited is told once.

Each case changes the sound mapping of `small_world`; « stands before what a problem must point at.
"""

from __future__ import annotations

import pytest
from small_world import SOUND, Changes, changed, check, document_row, marked, problems, row


def test_the_sound_mapping_is_sound() -> None:
    assert problems(SOUND) == []


REMARKS = [
    pytest.param(
        [("already_inactive: create", "«already_inactive: skip")],
        "'already_inactive' never happens to debtors of The Ledger: nobody can see whether a debtor is inactive.",
        "Inactive ones come in too.",
        id="what cannot be seen",
    ),
    pytest.param(
        [
            (
                "deleted: ignore}}\n    fields:\n      Order number",
                "deleted: ignore}, «ledger: {deleted: ignore}}\n    fields:\n      Order number",
            )
        ],
        "nothing goes from 'ledger' here, so what happens there never matters",
        "",
        id="events where nothing comes from",
    ),
    pytest.param(
        [("when: {shop: at_once}", "when: {shop: at_once, «ledger: at_once}")],
        "nothing goes from 'ledger' here, so this is never used",
        "",
        id="a rhythm where nothing comes from",
    ),
    pytest.param(
        [
            (
                "    enabled: {setting: book orders}\n",
                "    enabled: {setting: book orders}\n    needs: {no day: {shop: Day, to: «shop}}\n",
            )
        ],
        "nothing is ever sent to 'shop' here, so nothing waits for this",
        "",
        id="a need that is never asked",
    ),
    pytest.param(
        [
            ("    match:\n", "    without_role: «add\n    match:\n"),
            ("      shop: {created: create", "      shop: {created: match"),
            ("      ledger: {created: create", "      ledger: {created: match"),
        ],
        "nothing is ever made here, so nobody is given this role",
        "Write leave.",
        id="a role that is never given",
    ),
    pytest.param(
        [("ledger: Name, too_long: cut}", "ledger: «Name}")],
        "a text of The Shop may have 100 characters, and The Ledger takes 50",
        "A longer one is reported and waits; add too_long: cut or too_long: report to say which is meant.",
        id="a text that may be too long",
    ),
    pytest.param(
        row("Since: {shop: Since, ledger: «Start}"),
        "'Since' of The Shop is a moment, 'Start' of The Ledger is a day: the time of day is lost",
        "Add as: day.",
        id="a time of day that gets lost",
    ),
    pytest.param(
        [(", empty: {setting: default code}", ""), ("  default code:", "  «default code:")],
        "no rule uses the answer to 'default code'",
        "Take the question away, or use it.",
        id="a setting that nobody uses",
    ),
    pytest.param(
        row("Limit: {shop: Limit, to: neither, «once: true}"),
        "this value goes nowhere (to: neither), so 'once' is never used",
        "Take it away, or change to:.",
        id="once for a value that goes nowhere",
    ),
    pytest.param(
        row("Limit: {shop: Limit, ledger: Limit, «edited: restore}"),
        "this value goes both ways (to: both), so 'edited' is never used",
        "Take it away, or change to:.",
        id="edited for a value that goes both ways",
    ),
    pytest.param(
        row("Limit: {shop: Limit, ledger: Limit, to: ledger, «leading: shop}"),
        "this value goes one way (to: ledger), so 'leading' is never used",
        "Take it away, or change to:.",
        id="leading for a value that goes one way",
    ),
]


@pytest.mark.parametrize(("changes", "message", "suggestion"), REMARKS)
def test_what_works_but_should_be_known_is_remarked_on(changes: Changes, message: str, suggestion: str) -> None:
    check(changes, message, suggestion, serious=False)


ALLOWED = [
    pytest.param(
        row("Parent: {shop: Limit, ledger: Limit, refers_to: [customer]}"), id="an entity may refer to itself"
    ),
    pytest.param(row("Group: {shop: Group.Code, ledger: Member}"), id="a reference may be set by what it is known by"),
    pytest.param(row("Kind: {shop: Kind, ledger: Code, to: match}"), id="a row that only compares writes nothing"),
    pytest.param(
        row("Member: {shop: Member, ledger: Member, values: [{shop: true, ledger: J}, {shop: false, ledger: N}]}"),
        id="yes or no and a text meet by their values",
    ),
    pytest.param(
        row("Kind: {shop: Kind, ledger: Member, to: ledger, values: [{shop: B, ledger: x}, {shop: P, ledger: x}]}"),
        id="two values become one where nothing goes back",
    ),
    pytest.param(
        document_row("Term: {shop: {date: Day}, ledger: {date: Day, due: Period}, as: payment_term}"),
        id="a part that is only read may be written by another row",
    ),
    pytest.param(
        row("Standing: {shop: Lines.Net, ledger: Limit, as: sum, to: ledger}"), id="many elements may be summed"
    ),
    pytest.param([("first_import: {from: ledger}", "first_import: none")], id="an import is not needed"),
    pytest.param([("    link: {id_of: ledger, kept_in: shop}\n", "")], id="a link is kept here in any case"),
    pytest.param(
        [
            *document_row("Status: {shop: Status, ledger: Period, to: shop, values: [{shop: sent, ledger: A}]}"),
            ("when: {shop: at_once}", "when: {shop: at_once, ledger: {every: {hours: 24}}}"),
            (
                "deleted: ignore}}\n    fields:\n      Order number",
                "deleted: ignore}, ledger: {changed: update}}\n    fields:\n      Order number",
            ),
        ],
        id="a row may go another way than its entity, and then its side has a rhythm and events",
    ),
    pytest.param(
        [
            (
                "{shop: Net, ledger: Amount}",
                "{shop: Net, ledger: Amount}\n              Share: {shop: Net, ledger: Kind.Share, to: match}",
            )
        ],
        id="a line may be compared with a table of the manifest",
    ),
    pytest.param([("{Number: Order number}", "Number")], id="a state may hold the id of what it belongs to"),
]


@pytest.mark.parametrize("changes", ALLOWED)
def test_what_can_be_carried_out_is_not_complained_of(changes: Changes) -> None:
    assert problems(changed(*changes)) == []


TWIN = """\
  twin:
    about: The same debtors once more.
    like: customer
"""


def test_two_entities_may_not_both_take_the_same_records() -> None:
    found = problems(f"{changed(('    to: both', '    to: shop'), _one_way)}{TWIN}")

    assert [(each.message, each.suggestion) for each in found if each.serious] == [
        (
            "debtors of The Ledger can be 'customer' and 'twin' at once: nothing tells the two apart",
            "Tell them apart with is:, let one of them only match (created: match), or name one in shared_with:.",
        )
    ]


_one_way = (
    "      shop: {created: create, changed: update, deactivated: ignore, deleted: ignore}\n",
    "",
)


@pytest.mark.parametrize(
    "difference",
    [
        pytest.param("    ledger: {is: {Kind: P}}\n", id="by their kind"),
        pytest.param("    ledger: {is: {Kind: {not: B}}}\n", id="by what one of them is not"),
        pytest.param("    events: {ledger: {created: match}}\n", id="by matching"),
        pytest.param("    ledger: {shared_with: [customer]}\n", id="not at all, and that is meant"),
    ],
)
def test_two_entities_of_the_same_records_are_told_apart(difference: str) -> None:
    text = changed(("    to: both", "    to: shop"), _one_way, ("when: {shop: at_once, ledger", "when: {ledger"))

    found = problems(f"{text}{TWIN}{difference}")

    assert [each for each in found if each.serious] == []


@pytest.mark.requirement("X-15")
def test_a_secret_is_refused_and_not_shown() -> None:
    text = changed(("{provider: shop}", "{provider: shop, «password: hunter2-hunter2}"))

    found = problems(text)

    assert [(each.message, each.place and each.place.column) for each in found] == [
        ("secrets never stand in a mapping", marked(text)[1])
    ]
    assert "hunter2" not in str(found[0])


HIDDEN = "0123456789abcdef0123456789abcdef"
PLACES = {
    "a side": ("{provider: shop}", "{provider: shop, «Security code 1: hunter2}"),
    "a side in Dutch": ("{provider: shop}", "{provider: shop, «Wachtwoord: hunter2}"),
    "a name of a side that nobody knows": ("{provider: shop}", "{provider: shop, «code: HIDDEN}"),
    "a question": ("    answer: yes_or_no", "    answer: yes_or_no\n    «api_key: hunter2"),
    "what is suggested": ("suggest: {where: {Code: A}}", "suggest: {where: {«Code: HIDDEN}}"),
    "what may be chosen": ("where: {Rate: 21}", "where: {«Rate: HIDDEN}"),
    "a question to the data": ("where: {Number: {filled: false}}", "where: {Number: {«not: HIDDEN}}"),
    "a condition": ("where: {Status: sent}", "where: {Status: [sent, «HIDDEN]}"),
    "a constant": ("shop: {resource: customers}", "shop: {resource: customers, set: {«Token: hunter2}}"),
    "a constant of another name": ("shop: {resource: customers}", "shop: {resource: customers, set: {«Name: HIDDEN}}"),
    "what stands for nothing": ("Name: {shop: Name,", "Name: {empty: {«value: HIDDEN}, shop: Name,"),
    "a cure": ("cure: Fill in the number.", "«cure: HIDDEN"),
}


@pytest.mark.requirement("X-15")
@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_refused_wherever_it_stands(place: str) -> None:
    was, becomes = PLACES[place]
    text = changed((was, becomes.replace("HIDDEN", HIDDEN)))

    found = [each for each in problems(text) if each.code == "SR030"]

    assert [(each.place and (each.place.line, each.place.column)) for each in found] == [marked(text)]
    assert not [each for each in problems(text) if "hunter2" in str(each) or HIDDEN in str(each)]


JSON_WEB_TOKEN = "eyJhbGciOiJub25lIn0.eyJpbnZlbnRlZCI6dHJ1ZX0.c2lnbmF0dXJl"
IN_AN_ADDRESS = "https://someone:hunter2@books.example/api"


@pytest.mark.parametrize(
    "secret",
    [HIDDEN, "'Bearer 12345678abcdef'", "aB3" * 11, "1" * 32, JSON_WEB_TOKEN, f"'see {JSON_WEB_TOKEN}'", IN_AN_ADDRESS],
)
def test_a_value_that_looks_like_a_secret_is_refused(secret: str) -> None:
    found = problems(
        changed(("    shop: {resource: customers}\n", f"    shop: {{resource: customers, set: {{Name: {secret}}}}}\n"))
    )

    assert [each.message for each in found] == ["secrets never stand in a mapping"]
    assert secret.strip("'") not in str(found[0])


@pytest.mark.requirement("X-11")
def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    text = changed(
        ("where: {Rate: 21}", "where: {Raet: 21}"),
        ("    leading: shop", "    laeding: shop"),
        ("Name: {shop: Name,", "Name: {shop: Nmae,"),
        ("as: paid_part", "as: piad_part"),
    )

    found = problems(text)

    assert [each.message for each in found] == [
        "VAT codes of The Ledger have no field 'Raet'",
        "'laeding' means nothing here",
        "customers of The Shop have no field 'Nmae'",
        "'piad_part' is not an operator",
    ]


def test_a_problem_that_is_inherited_is_told_once() -> None:
    text = changed(("ledger: Code}\n      Address", "ledger: Cdoe}\n      Address"), ("    to: both", "    to: ledger"))

    found = problems(f"{text}{TWIN}")

    assert len([each for each in found if "Cdoe" in each.message]) == 1
