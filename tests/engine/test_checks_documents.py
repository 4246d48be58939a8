"""Lines, checks and questions that name what is not there.

Each case breaks the sound mapping of `small_world` in one place; « stands before what the problem must point at.
"""

from __future__ import annotations

import pytest
from small_world import Changes, check

DOCUMENTS = [
    pytest.param(
        [("for_each: Lines", "for_each: «Lnies")],
        "orders of The Shop have no field 'Lnies'",
        "did you mean 'Lines'?",
        id="lines of a list that is misspelt",
    ),
    pytest.param(
        [("for_each: Lines", "for_each: «Total")],
        "'Total' is not a list",
        "Name a list, or write document for a single line.",
        id="lines of what is no list",
    ),
    pytest.param(
        [("{shop: Net, ledger: Amount}", "{shop: «Nte, ledger: Amount}")],
        "'Lines' has no field 'Nte'",
        "did you mean 'Net' (Amount without VAT)?",
        id="a field of a line that is misspelt",
    ),
    pytest.param(
        [("{shop: Net, ledger: Amount}", "{shop: Net, ledger: «Amuont}")],
        "'Rows' has no field 'Amuont'",
        "did you mean 'Amount'?",
        id="a field of a line to be made that is misspelt",
    ),
    pytest.param(
        [("shop: document.Number", "shop: «document.Nubmer")],
        "orders of The Shop have no field 'Nubmer'",
        "did you mean 'Number' (Order number)?",
        id="a field of the document that is misspelt",
    ),
    pytest.param(
        [
            (
                "{shop: Net, ledger: Amount}",
                "{shop: Net, ledger: Amount}\n              Share: {shop: Net, ledger: «Rate.Rate, to: match}",
            )
        ],
        "'Rate.Rate' belongs to another record, and is not known before the document is sent",
        "Compare with a field of the line itself.",
        id="a line that is compared with what nobody knows yet",
    ),
    pytest.param(
        [("{shop: Net, ledger: Amount}", "{shop: Net, ledger: Amount, «unfit: leave_out}")],
        "a document is sent with all that its lines say, or not at all",
        "Take it away.",
        id="a line without what does not fit",
    ),
    pytest.param(
        [("unless: {Net: 0}", "unless: {«Nte: 0}")],
        "'Lines' has no field 'Nte'",
        "did you mean 'Net' (Amount without VAT)?",
        id="a condition of a line that is misspelt",
    ),
    pytest.param(
        [("numbered: Place", "numbered: «Plaec")],
        "'Rows' has no field 'Plaec'",
        "did you mean 'Place'?",
        id="a field to count in that is misspelt",
    ),
    pytest.param(
        [("ledger: Text}", "ledger: «Amount}")],
        "'Row text' and 'Net amount' both write 'Amount' of The Ledger",
        "Let one of them go the other way, or only match (to: match).",
        id="two rows of a line that write the same field",
    ),
    pytest.param(
        [("          each line:\n            for_each: Lines\n", "          «each line:\n")],
        "'for_each' is missing here",
        "Add for_each:.",
        id="a template of nothing",
    ),
    pytest.param(
        [("sum: [Lines.Gross]", "sum: [«Lines.Gorss]")],
        "'Lines' has no field 'Gorss'",
        "did you mean 'Lines.Gross' (Amount with VAT)?",
        id="a sum of a field that is misspelt",
    ),
    pytest.param(
        [("{side: shop, sum: [Lines.Gross], equals: Total}", "{side: shop, «sum: [Lines.Gross]}")],
        "'sum' needs 'equals' beside it",
        "Add equals:.",
        id="a sum that need not come out",
    ),
    pytest.param(
        [("{side: shop, sum", "{side: «shup, sum")],
        "'shup' is not one of the two sides",
        "did you mean 'shop'?",
        id="a check of a side that is misspelt",
    ),
    pytest.param(
        [("sum: [Lines.Gross], equals: Total}", "of_each: «Total, sum: [Net], equals: Gross}")],
        "'Total' is not a list",
        "Name a list, or leave of_each: out.",
        id="a check of each element of what is no list",
    ),
    pytest.param(
        [("sum: [Lines.Gross], equals: Total}", "of_each: Lines, «one_per: Net, sum: [Net], equals: Gross}")],
        "one_per: groups records, and of_each: looks at the elements of a single one",
        "Take one of them away.",
        id="a check of the elements of one record and of a group of records",
    ),
    pytest.param(
        [
            (
                "the lines make the order: {side: shop, sum: [Lines.Gross], equals: Total}",
                "«the lines make the order: {side: shop}",
            )
        ],
        "a check says one of sum, percent, day or look_up",
        "Say one of them, and no more.",
        id="a check that checks nothing",
    ),
    *(
        pytest.param(
            [
                (
                    "{side: shop, sum: [Lines.Gross], equals: Total}",
                    f"{{side: shop, of_each: Lines, «percent: Net, {bases}equals: Gross}}",
                )
            ],
            "a percentage is taken of an amount, or out of one in which it is included",
            "Write either of: or included_in:.",
            id=f"a percentage {how}",
        )
        for how, bases in (("of nothing", ""), ("of two things", "of: Net, included_in: Gross, "))
    ),
    pytest.param(
        [
            (
                "{side: shop, sum: [Lines.Gross], equals: Total}",
                "{side: shop, of_each: Lines, percent: Net, included_in: «Grss, equals: Gross}",
            )
        ],
        "'Lines' has no field 'Grss'",
        "did you mean 'Gross' (Amount with VAT)?",
        id="a percentage in an amount that is misspelt",
    ),
    pytest.param(
        [("{side: shop, sum: [Lines.Gross], equals: Total}", "{side: ledger, look_up: «period of day, value: Day}")],
        "'period of day' is not a look-up of The Ledger",
        "did you mean 'period of a day'?",
        id="a check with a look-up that is misspelt",
    ),
    pytest.param(
        [("empty: {setting: default code}", "empty: {setting: «defualt code}")],
        "'defualt code' is not a setting",
        "did you mean 'default code'?",
        id="a setting that is misspelt",
    ),
    pytest.param(
        [("empty: {setting: default code}", "empty: {setting: «VAT codes}")],
        "'VAT codes' is a table with an answer for each record, so it can only stand after values:",
        "Name a setting without for_each.",
        id="a table where one answer is meant",
    ),
    pytest.param(
        [("values: {setting: VAT codes}", "values: {setting: «default code}")],
        "'default code' has one answer; only a setting with for_each is a table",
        "Add for_each to the setting.",
        id="one answer where a table is meant",
    ),
    pytest.param(
        [("enabled: {setting: book orders}", "enabled: {setting: book orders, equals: «often}")],
        "'book orders' is answered with yes or no",
        "Write equals: true or equals: false.",
        id="an answer that is never given",
    ),
    pytest.param(
        [("enabled: {setting: book orders}", "enabled: {setting: «default code}")],
        "'default code' is not a question of yes or no",
        "Say with equals: which answer it must have.",
        id="a condition on what is not yes or no",
    ),
    pytest.param(
        [
            (
                "  book orders:\n    ask: Do orders go to The Ledger?\n    answer: yes_or_no\n",
                "  «book orders:\n    ask: Do orders go to The Ledger?\n",
            )
        ],
        "it is not said how this question is answered",
        "Add choose: {side: resource} or answer: yes_or_no.",
        id="a question without a way to answer it",
    ),
    pytest.param(
        [("choose: {ledger: codes, where: {Rate: 21}}", "choose: {ledger: «cdoes, where: {Rate: 21}}")],
        "The Ledger has no 'cdoes'",
        "did you mean 'codes'?",
        id="a choice from a resource that is misspelt",
    ),
    pytest.param(
        [("where: {Rate: 21}", "where: {«Raet: 21}")],
        "VAT codes of The Ledger have no field 'Raet'",
        "did you mean 'Rate'?",
        id="a choice by a field that is misspelt",
    ),
    pytest.param(
        [("same: {shop: Code, ledger: Code}}", "same: {shop: «Cdoe, ledger: Code}}")],
        "VAT groups of The Shop have no field 'Cdoe'",
        "did you mean 'Code'?",
        id="a suggestion by a field that is misspelt",
    ),
    pytest.param(
        [("{shop: customers, where: {Number", "{shop: «custmers, where: {Number")],
        "The Shop has no 'custmers'",
        "did you mean 'customers'?",
        id="a question to records that are misspelt",
    ),
    pytest.param(
        [("where: {Number: {filled: false}}", "where: {«Nubmer: {filled: false}}")],
        "customers of The Shop have no field 'Nubmer'",
        "did you mean 'Number' (Customer number)?",
        id="a question to a field that is misspelt",
    ),
    pytest.param(
        [("    same: {shop: Number, ledger: Code}", "    same: {shop: Number, ledger: «Cdoe}")],
        "debtors of The Ledger have no field 'Cdoe'",
        "did you mean 'Code' (Debtor code)?",
        id="a comparison with a field that is misspelt",
    ),
    pytest.param(
        [
            (
                "  Customers without a number: {shop: customers, where: {Number: {filled: false}}}",
                "  «Customers without a number: {shop: customers}",
            )
        ],
        "it is not said what is asked about these records",
        "Add where:, repeated:, or same: and differs:.",
        id="a question that asks nothing",
    ),
]


@pytest.mark.requirement("X-11")
@pytest.mark.parametrize(("changes", "message", "suggestion"), DOCUMENTS)
def test_lines_checks_and_questions_name_what_is_there(changes: Changes, message: str, suggestion: str) -> None:
    check(changes, message, suggestion)
