"""Rows that cannot be carried out, and words that do not go their way.

Each case breaks the sound mapping of `small_world` in one place; « stands before what the problem must point at.
"""

from __future__ import annotations

import pytest
from small_world import Changes, check, document_row, row

ROWS = [
    pytest.param(
        row("Limit: {shop: Limit, ledger: «Limti}"),
        "debtors of The Ledger have no field 'Limti'",
        "did you mean 'Limit' (Credit limit)?",
        id="a field that is misspelt",
    ),
    pytest.param(
        row("Limit: {shop: Limit, ledger: «Debtor since, to: shop}"),
        "'Debtor since' cannot be read as a field or an expression",
        "did you mean 'Start' (Debtor since)?",
        id="a field that is called by its title",
    ),
    pytest.param(
        row("Town: {shop: «Address.Citi, ledger: Member, to: ledger}"),
        "'Address' has no field 'Citi'",
        "did you mean 'Address.City' (City)?",
        id="a part of a field that is misspelt",
    ),
    pytest.param(
        row("Town: {shop: «City, ledger: Member, to: ledger}"),
        "customers of The Shop have no field 'City'",
        "did you mean 'Address.City' (City)?",
        id="a field whose group was left out",
    ),
    pytest.param(
        row("Town: {shop: «Name.City, ledger: Member, to: ledger}"),
        "'Name' has no parts",
        "did you mean 'Address.City' (City)?",
        id="a field that has no parts",
    ),
    pytest.param(
        row("Town: {shop: «Number || Nmae, ledger: Member, to: ledger}"),
        "customers of The Shop have no field 'Nmae'",
        "did you mean 'Name'?",
        id="a field in an expression that is misspelt",
    ),
    pytest.param(
        row("Town: {shop: «Number ||, ledger: Member, to: ledger}"),
        "'Number ||' cannot be read as a field or an expression",
        "Write it as a name, as a.b, or as a || b.",
        id="an expression that is none",
    ),
    pytest.param(
        row("Limit: {shop: «Limit || Score, ledger: Limit}"),
        "'Limit || Score' is an expression, which can be read but not written",
        "Write to: ledger, or to: match if it is only compared.",
        id="an expression that would be written",
    ),
    pytest.param(
        row("Limit: {shop: «Score, ledger: Limit}"),
        "'Score' can be read but not written",
        "Write to: ledger, or to: match if it is only compared.",
        id="a field that cannot be written",
    ),
    pytest.param(
        row("Group: {shop: «Group.Name, ledger: Member}"),
        "'Group.Name' belongs to another record; 'Group' can only be set by Id or Code",
        "Write to: ledger, or to: match if it is only compared.",
        id="a field of another record that cannot be set",
    ),
    pytest.param(
        row("«Limit: {shop: Limit}"),
        "'Limit' names no field of 'ledger'",
        "Add ledger:, or write to: neither if it is only said for the reader.",
        id="a row with a field on one side only",
    ),
    pytest.param(
        row("«Limit: {once: true}"), "'Limit' names no field", "Add shop: or ledger:.", id="a row without a field"
    ),
    pytest.param(
        row("Limit: {shop: Limit, ledger: Limit, to: «leger}"),
        "'leger' is not a way to go",
        "did you mean 'ledger'?",
        id="a way of a row that is misspelt",
    ),
    pytest.param(
        row("Limit: {shop: Limit, ledger: Limit, leading: «leger}"),
        "'leger' is not a side, or ask",
        "did you mean 'ledger'?",
        id="a leading side of a row that is misspelt",
    ),
    pytest.param(
        row("Limit: {shop: Limit, ledger: Limit, to: shop, numbered_by: «shop}"),
        "this number never goes to 'ledger', so 'shop' cannot give it",
        "Write to: both, or take numbered_by: away.",
        id="a number from where nothing comes",
    ),
    pytest.param(
        [("as: paid_part}", "as: paid_part}\n      Back: {shop: Amount, ledger: Open, to: «ledger}")],
        "open items of The Ledger can be read, but not written",
        "Write to: shop.",
        id="a row the other way to a system that takes nothing",
    ),
    pytest.param(
        row("«Whole: {shop: Address, ledger: Member, to: ledger}"),
        "'Address' is a group of fields, not one value",
        "Add as: address.",
        id="a group of fields as one value",
    ),
    pytest.param(
        row("Standing: {shop: «Lines, ledger: Member, to: ledger}"),
        "'Lines' is a list",
        "Say with lines: how its elements are made.",
        id="a list as one value",
    ),
    pytest.param(
        row("Standing: {shop: «Lines.Net, ledger: Limit, to: ledger}"),
        "'Lines.Net' leads through a list, and a row reads one value",
        "Say with lines: how its elements are made, or add them up with as: sum.",
        id="a field of many elements as one value",
    ),
    pytest.param(
        row("Code again: {shop: Kind, ledger: «Code, to: ledger}"),
        "'Code again' and 'Number' both write 'Code' of The Ledger",
        "Let one of them go the other way, or only match (to: match).",
        id="two rows that write the same field",
    ),
    pytest.param(
        [
            (
                "stays in the street.\n",
                "stays in the street.\n      City: {shop: «Address.City, ledger: Member, to: shop}\n",
            )
        ],
        "'City' and 'Address' both write 'Address.City' of The Shop",
        "Let one of them go the other way, or only match (to: match).",
        id="a row that writes into what another writes whole",
    ),
    pytest.param(
        [
            ("    ledger: {resource: debtors", "    «ledger: {resource: debtors"),
            ("      Number: {shop: Number, ledger: Code}", "      Number: {shop: Number, ledger: Code, to: match}"),
        ],
        "a new record in The Ledger needs 'Code', and nothing fills it",
        "Add a row that writes it, or ledger: {set: …}.",
        id="a new record without what its system asks for",
    ),
    pytest.param(
        [("is: {Kind: B}", "is: {«Kind: [B, P]}")],
        "it is not said which of these 'Kind' a new record gets",
        "Add Kind: to set:.",
        id="a new record that may be one of several kinds",
    ),
    pytest.param(
        [("refers_to: [customer]", "refers_to: [«cutsomer]")],
        "'cutsomer' is not an entity",
        "did you mean 'customer'?",
        id="a reference to an entity that is misspelt",
    ),
    pytest.param(
        [
            ("{shop: Order, refers_to: [invoice]}", "{shop: «Order, refers_to: [customer]}"),
            ("    for_each: invoice\n", "    for_each: [invoice, customer]\n"),
            ("belongs_to: {Number: Order number}", "belongs_to: {Number: Number}"),
            ("      Order number: {", "      Number: {"),
        ],
        "'Order' points to orders, not to customers",
        "Name the entities of those records in refers_to:.",
        id="a reference to records of another entity",
    ),
    pytest.param(
        document_row("Code: {ledger: Period, take: {of: «Detbor, field: Code}}"),
        "'Detbor' is not a row of this entity",
        "did you mean 'Debtor'?",
        id="a value of a row that is misspelt",
    ),
    pytest.param(
        document_row("Code: {ledger: Period, take: {of: «Order number, field: Code}}"),
        "'Order number' does not refer to another record",
        "Name a row that has refers_to:.",
        id="a value of a row that refers to nothing",
    ),
    pytest.param(
        document_row("Code: {ledger: Period, take: {of: Debtor, field: «Cdoe}}"),
        "debtors of The Ledger have no field 'Cdoe'",
        "did you mean 'Code' (Debtor code)?",
        id="a value of a field that is misspelt",
    ),
    pytest.param(
        document_row("Period: {shop: Day, ledger: Period, as: day, look_up: «period of day}"),
        "'period of day' is not a look-up of entries",
        "did you mean 'period of a day'?",
        id="a look-up that is misspelt",
    ),
]


@pytest.mark.requirement("X-11")
@pytest.mark.parametrize(("changes", "message", "suggestion"), ROWS)
def test_a_row_can_be_carried_out(changes: Changes, message: str, suggestion: str) -> None:
    check(changes, message, suggestion)


WORDS = [
    pytest.param(
        row("Limit: {shop: Limit, ledger: Limit, as: «phnoe}"),
        "'phnoe' is not an operator",
        "did you mean 'phone'?",
        id="an operator that is misspelt",
    ),
    pytest.param(
        row("Limit: {shop: Limit, ledger: Limit, as: [negated, «phnoe]}"),
        "'phnoe' is not an operator",
        "did you mean 'phone'?",
        id="an operator in a list that is misspelt",
    ),
    pytest.param(
        row("Limit: {shop: Limit, ledger: Limit, as: «{negated: 2}}"),
        "'negated' takes nothing behind it",
        "Write as: negated.",
        id="an operator with an argument that it does not take",
    ),
    pytest.param(
        row("Limit: {shop: Limit, ledger: Limit, as: «first_line}"),
        "this is a two-way rule that cannot go back: 'first_line' only goes from 'ledger' to 'shop'",
        "Write to: shop.",
        id="a two-way rule that cannot go back",
    ),
    pytest.param(
        row("Limit: {shop: Limit, ledger: Limit, as: «first_line, to: ledger}"),
        "'first_line' only goes from 'ledger' to 'shop'",
        "This row goes to: ledger.",
        id="an operator that goes the other way",
    ),
    pytest.param(
        row("Limit: {shop: Limit, ledger: Limit, as: «{decimals: 2}}"),
        "'decimals' may lose something on the way there and back, and it is not said what",
        "Add lossy: with what is lost, or write to: shop or to: ledger.",
        id="an operator that loses something",
    ),
    pytest.param(
        [
            (
                "        as: address\n        lossy: A number that cannot be told apart stays in the street.\n",
                "        as: «address\n",
            )
        ],
        "the two sides have other parts of 'address', and it is not said what may be lost",
        "Add lossy: with what is lost, or write to: shop or to: ledger.",
        id="a concept that loses something",
    ),
    pytest.param(
        row("Person: {shop: Name, «ledger: {first: Street, last: Town}, to: match}"),
        "several fields are the parts of one value, and as: does not say of which",
        "Add as: person_name.",
        id="parts of nothing",
    ),
    pytest.param(
        [("line: Street, city: Town", "line: Street, «ctiy: Town")],
        "'address' has no part 'ctiy'",
        "did you mean 'city'?",
        id="a part that is misspelt",
    ),
    pytest.param(
        [("line: Street, city: Town", "line: Street, city: «Twon")],
        "debtors of The Ledger have no field 'Twon'",
        "did you mean 'Town'?",
        id="a part whose field is misspelt",
    ),
    pytest.param(
        row("Paid: {shop: {«open: Limit}, ledger: {paid: Limit}, as: paid_part}"),
        "the part 'open' of 'paid_part' can be read, but not made from its value",
        "Write to: ledger.",
        id="a part that cannot be made from the value",
    ),
    pytest.param(
        row("Since: {shop: Limit, ledger: «Start}"),
        "'Limit' of The Shop is a number, 'Start' of The Ledger is a day: the two never meet",
        "Name another field, or an operator with as:.",
        id="a number and a day",
    ),
    pytest.param(
        row("Member: {shop: Member, ledger: «Member}"),
        "'Member' of The Shop is true or false, 'Member' of The Ledger is a text: the two never meet",
        "Add values: with which stands for which.",
        id="yes or no and a text",
    ),
    pytest.param(
        row("Group: {shop: «Group, ledger: Member}"),
        "'Group' of The Shop points to another record, and it is not said what of it is meant",
        "Name one of its fields, such as Group.Code, or add refers_to: or values:.",
        id="another record and a text",
    ),
    pytest.param(
        row("Kind: {shop: Kind, ledger: Kind, values: [{shop: «X, ledger: P}]}"),
        "'Kind' is never 'X'",
        "It takes B or P.",
        id="a value that the field does not take",
    ),
    pytest.param(
        row("Kind: {shop: Kind, ledger: Kind, values: [«{shop: B}]}"),
        "this pair has no value for 'ledger'",
        "Add ledger:.",
        id="a pair with one value",
    ),
    pytest.param(
        row("Kind: {shop: Kind, ledger: Member, values: [{shop: B, ledger: x}, {shop: P, ledger: «x}]}"),
        "'x' of The Ledger stands here twice, so it could be either",
        "Keep one of the two, or write to: ledger.",
        id="one value for two",
    ),
    pytest.param(
        row("Kind: {shop: Member, ledger: Kind, to: ledger, values: [{shop: true, ledger: B}], empty: {value: «X}}"),
        "'Kind' is never 'X'",
        "It takes B or P.",
        id="a value in place of none that the field does not take",
    ),
]


@pytest.mark.requirement("X-11")
@pytest.mark.parametrize(("changes", "message", "suggestion"), WORDS)
def test_operators_go_the_way_of_their_row_and_values_meet(changes: Changes, message: str, suggestion: str) -> None:
    check(changes, message, suggestion)
