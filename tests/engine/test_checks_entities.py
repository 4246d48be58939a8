"""What an entity must say, and what its systems can do.

Each case breaks the sound mapping of `small_world` in one place; « stands before what the problem must point at.
"""

from __future__ import annotations

import pytest
from small_world import Changes, check, row

ENTITIES = [
    pytest.param(
        [("  ledger: {provider: ledger}", "  «to: {provider: ledger}")],
        "a side cannot be named 'to', which is a word of the language",
        "Name it after its system.",
        id="a side that is named like a word of the language",
    ),
    pytest.param(
        [("{provider: ledger}", "{provider: «legder}")],
        "no provider named 'legder' is installed",
        "Installed are: ledger, shop.",
        id="a provider that is not installed",
    ),
    pytest.param(
        [("  customer:\n    about: Business customers.\n", "  «customer:\n")],
        "'customer' does not say what it is about",
        "Add about: with one sentence for the reader.",
        id="an entity that does not say what it is about",
    ),
    pytest.param(
        [("  customer:\n", "  «customer:\n"), ("    to: both\n", "")],
        "'customer' does not say which way its records go",
        "Add to: both, shop, ledger or neither.",
        id="an entity that does not say which way",
    ),
    pytest.param(
        [("    to: both", "    to: «boht")],
        "'boht' is not a way to go",
        "did you mean 'both'?",
        id="a way that is none",
    ),
    pytest.param(
        [("{resource: entries}", "{resource: «entires}")],
        "The Ledger has no 'entires'",
        "did you mean 'entries'?",
        id="a resource that is misspelt",
    ),
    pytest.param(
        [("    shop: {resource: customers}", "    shop: {resource: «VAT groups}")],
        "The Shop has no 'VAT groups'",
        "did you mean 'groups'?",
        id="a resource that is called by its title",
    ),
    pytest.param(
        [("  invoice:\n    about", "  «invoice:\n    about"), ("    ledger: {resource: entries}\n", "")],
        "'invoice' does not say which records of 'ledger' it is about",
        "Add ledger: {resource: …}.",
        id="an entity that leaves a side out",
    ),
    pytest.param(
        [("    ledger: {resource: entries}", "    «ledger: {}")],
        "it is not said which records of The Ledger these are",
        "Add resource:.",
        id="a side without a resource",
    ),
    pytest.param(
        [("{from: ledger}", "{from: «legder}")],
        "'legder' is not one of the two sides",
        "did you mean 'ledger'?",
        id="an import from a side that is misspelt",
    ),
    pytest.param(
        [("    to: ledger\n    when", "    to: ledger\n    first_import: {from: «ledger}\n    when")],
        "nothing goes from 'ledger' here: this entity goes to: ledger",
        "Write from: shop.",
        id="an import from where nothing comes",
    ),
    pytest.param(
        [("kept_in: shop", "kept_in: «shpo")],
        "'shpo' is not one of the two sides",
        "did you mean 'shop'?",
        id="a link to a side that is misspelt",
    ),
    pytest.param(
        [("{id_of: ledger, kept_in: shop}", "{id_of: shop, kept_in: «ledger}")],
        "debtors of The Ledger have no field for the id of another system",
        "Leave kept_in out; the link is remembered here all the same.",
        id="a link where there is no room for one",
    ),
    pytest.param(
        [("kept_in: shop", "kept_in: «ledger")],
        "an id is kept on the other side, not on its own",
        "Write kept_in: shop.",
        id="a link that is kept where it is from",
    ),
    pytest.param(
        [("leading: shop", "leading: «shup")],
        "'shup' is not a side, or ask",
        "did you mean 'shop'?",
        id="a leading side that is misspelt",
    ),
    pytest.param(
        [
            ("    to: shop\n    when: {ledger", "    to: «both\n    when: {shop: at_once, ledger"),
            (
                "    events: {ledger: {created: create, changed: update, deleted: ignore}}",
                "    events: {shop: {created: ignore, changed: ignore, deleted: ignore}, ledger: {created: create, changed: update, deleted: ignore}}",
            ),
        ],
        "open items of The Ledger can be read, but not written",
        "Write to: shop, or to: neither.",
        id="a way to a system that takes nothing",
    ),
    pytest.param(
        [("no number: {shop: Number", "no number: {shop: «Nubmer")],
        "customers of The Shop have no field 'Nubmer'",
        "did you mean 'Number' (Customer number)?",
        id="a need of a field that is misspelt",
    ),
    pytest.param(
        [("no number: {shop: Number, to", "«no number: {to")],
        "a need looks at a field of one side",
        "Write side: field.",
        id="a need of no field",
    ),
    pytest.param(
        [("no number: {shop: Number, to: ledger", "«no number: {shop: Number")],
        "it is not said what waits for this",
        "Add to: shop or ledger, the side to which nothing is sent meanwhile.",
        id="a need that nothing waits for",
    ),
    pytest.param(
        [("to: ledger, cure", "to: «leger, cure")],
        "'leger' is not one of the two sides",
        "did you mean 'ledger'?",
        id="a need towards a side that is misspelt",
    ),
    pytest.param(
        [("no number: {shop: Number,", "no number: {shop: Number, of: «Nmae,")],
        "'Nmae' is not a row of this entity",
        "did you mean 'Name'?",
        id="a need of a row that is misspelt",
    ),
    pytest.param(
        [("no number: {shop: Number,", "no number: {shop: Number, of: «Name,")],
        "'Name' does not refer to another record",
        "Name a row that has refers_to:.",
        id="a need of a row that refers to nothing",
    ),
    pytest.param(
        [
            (
                "    enabled: {setting: book orders}\n",
                "    enabled: {setting: book orders}\n    needs: {no limit: {ledger: «Limti, of: Debtor, to: ledger}}\n",
            )
        ],
        "debtors of The Ledger have no field 'Limti'",
        "did you mean 'Limit' (Credit limit)?",
        id="a need of a field of the other record",
    ),
    pytest.param(
        [("no number: {shop: Number,", "no number: {shop: Number, equals: A1, «same_as: Name,")],
        "equals: and same_as: both say what the value must be",
        "Keep one of the two.",
        id="a need of a constant and of another field",
    ),
    pytest.param(
        [("no number: {shop: Number,", "no number: {shop: Number, same_as: «Nmae,")],
        "customers of The Shop have no field 'Nmae'",
        "did you mean 'Name'?",
        id="a need that agrees with a field that is misspelt",
    ),
    pytest.param(
        [("no number: {shop: Number,", "no number: {shop: Net, of_each: «Number,")],
        "'Number' is not a list",
        "Name a list, or leave of_each: out.",
        id="a need of each element of what is no list",
    ),
    pytest.param(
        [("no number: {shop: Number,", "no number: {shop: Net, of_each: Lines, same_as: «Gorss,")],
        "'Lines' has no field 'Gorss'",
        "did you mean 'Gross' (Amount with VAT)?",
        id="a need of each element that agrees with a field that is misspelt",
    ),
    pytest.param(
        [("no number: {shop: Number,", "no number: {shop: «Number, of_each: Lines,")],
        "'Lines' has no field 'Number'",
        "There are: Net, Gross, Text, Group.",
        id="a need of each element that names a field of the record",
    ),
    *(
        pytest.param(
            [
                (
                    "    enabled: {setting: book orders}\n",
                    f"    enabled: {{setting: book orders}}\n    needs: {{no limit: {{ledger: Limit, of: Debtor, «{word}: Limit, to: ledger}}}}\n",
                )
            ],
            f"of another record single values are remembered, and {word}: looks at more",
            "Take of: or this away.",
            id=f"a need of another record with {word}",
        )
        for word in ("of_each", "same_as")
    ),
    pytest.param(
        [("any: [Number]", "any: [«Nubmer]")],
        "'Nubmer' is not a row of this entity",
        "did you mean 'Number'?",
        id="a match by a row that is misspelt",
    ),
    pytest.param(
        [
            ("any: [Number]", "any: [«Limit]"),
            (
                "      Number: {shop: Number, ledger: Code}",
                "      Number: {shop: Number, ledger: Code}\n      Limit: {shop: Limit, ledger: Limit, to: neither}",
            ),
        ],
        "'Limit' is only said for the reader (to: neither)",
        "Write to: match in that row.",
        id="a match by a row that is only said",
    ),
    pytest.param(
        [("any: [Number]", "all: [{Address: [line, «town]}]")],
        "'town' is not a part of 'Address'",
        "Known here: street, number, suffix, line, extra, line_2, postcode, city, country, country_name.",
        id="a match by a part that is misspelt",
    ),
    pytest.param(
        [
            (
                "sides:\n",
                "scope: {shop: {resource: «gruops, key: Code}, ledger: {resource: codes, key: Code}, named_by: shop}\nsides:\n",
            )
        ],
        "The Shop has no 'gruops'",
        "did you mean 'groups'?",
        id="a set of books that is misspelt",
    ),
    pytest.param(
        [
            (
                "sides:\n",
                "scope: {shop: {resource: groups, key: Code}, ledger: {resource: codes, key: «Cdoe}, named_by: shop}\nsides:\n",
            )
        ],
        "VAT codes of The Ledger have no field 'Cdoe'",
        "did you mean 'Code'?",
        id="a key of a set of books that is misspelt",
    ),
    pytest.param(
        [("    for_each: invoice\n", "    for_each: invoice\n    used_by: [«invioce]\n")],
        "'invioce' is not another entity",
        "did you mean 'invoice'?",
        id="a user that is misspelt",
    ),
    pytest.param(
        [
            (
                "    leading: shop\n",
                "    leading: shop\n    follow_ups: {Check the limit: {after: {created: ledger}, done_when: {ledger: «Limti}}}\n",
            )
        ],
        "debtors of The Ledger have no field 'Limti'",
        "did you mean 'Limit' (Credit limit)?",
        id="a follow-up that looks at a field that is misspelt",
    ),
    pytest.param(
        [("for_each: invoice\n", "for_each: «invioce\n")],
        "'invioce' is not another entity",
        "did you mean 'invoice'?",
        id="a parent that is misspelt",
    ),
    pytest.param(
        [("    for_each: invoice\n", "    for_each: invoice\n    after: [«cutsomer]\n")],
        "'cutsomer' is not another entity",
        "did you mean 'customer'?",
        id="an entity to wait for that is misspelt",
    ),
    pytest.param(
        [("ledger: {resource: entries}", "ledger: {resource: entries, shared_with: [«cutsomer]}")],
        "'cutsomer' is not another entity",
        "did you mean 'customer'?",
        id="an entity to share with that is misspelt",
    ),
    pytest.param(
        [("{Number: Order number}", "{Number: «Order nubmer}")],
        "'Order nubmer' is not a row of 'invoice'",
        "did you mean 'Order number'?",
        id="a row of the parent that is misspelt",
    ),
    pytest.param(
        [("{Number: Order number}", "{«Nubmer: Order number}")],
        "open items of The Ledger have no field 'Nubmer'",
        "did you mean 'Number'?",
        id="a field of the child that is misspelt",
    ),
    pytest.param(
        [("{Number: Order number}", "«Nubmer")],
        "open items of The Ledger have no field 'Nubmer'",
        "did you mean 'Number'?",
        id="a field for the id of the parent that is misspelt",
    ),
    pytest.param(
        [("    for_each: invoice\n", "    «for_each: invoice\n"), (", belongs_to: {Number: Order number}", "")],
        "it is not said by what a record belongs to its invoice",
        "Add belongs_to: {field: row} to one side.",
        id="a child that does not say whose it is",
    ),
    pytest.param(
        [
            (
                "    ledger: {resource: entries}\n",
                "    ledger: {resource: entries, where: {Number: x}, «also_match: {Day: y}}\n",
            )
        ],
        "also_match: only means something beside match: of the entity and where: of the side",
        "Take it away: whoever may come in is found by match: anyway.",
        id="finding more where nothing is found",
    ),
    pytest.param(
        [
            (
                "ledger: {resource: debtors, is: {Kind: B}}",
                "ledger: {resource: debtors, is: {Kind: B}, «also_match: {Member: x}}",
            )
        ],
        "also_match: only means something beside match: of the entity and where: of the side",
        "Take it away: whoever may come in is found by match: anyway.",
        id="finding more where everybody may come in",
    ),
    pytest.param(
        [
            (
                "ledger: {resource: debtors, is: {Kind: B}}",
                "ledger: {resource: debtors, is: {Kind: B}, where: {Member: x}, also_match: {«Membre: y}}",
            )
        ],
        "debtors of The Ledger have no field 'Membre'",
        "did you mean 'Member'?",
        id="a field of those who are found all the same that is misspelt",
    ),
    pytest.param(
        [("    ledger: {resource: entries}\n", "    ledger: {resource: entries, «belongs_to: {Number: Net}}\n")],
        "belongs_to: only means something beside for_each:",
        "Add for_each: with the entity it belongs to.",
        id="belonging to nothing",
    ),
    pytest.param(
        row("Last order: {shop: Limit, ledger: Limit, refers_to: [«invoice]}"),
        "these entities each wait for the other: customer → invoice → customer",
        "Let one of them do without.",
        id="entities that wait for each other",
    ),
    pytest.param(
        [("where: {Status: sent}", "where: {«Stauts: sent}")],
        "orders of The Shop have no field 'Stauts'",
        "did you mean 'Status'?",
        id="a condition on a field that is misspelt",
    ),
    pytest.param(
        [("where: {Status: sent}", "where: {Status: «snet}")],
        "'Status' is never 'snet'",
        "did you mean 'sent'?",
        id="a condition that can never hold",
    ),
    pytest.param(
        [("    shop: {resource: customers}\n", "    shop: {resource: customers, where: {Member: «ja}}\n")],
        "'Member' is true or false, never 'ja'",
        "Write true.",
        id="a text where there is yes or no",
    ),
    pytest.param(
        [("    shop: {resource: customers}\n", "    shop: {resource: customers, set: {«Score: 1}}\n")],
        "'Score' can be read but not written",
        "Take it out of set:.",
        id="a constant in a field that cannot be written",
    ),
    pytest.param(
        [("    shop: {resource: customers}\n", "    shop: {resource: customers, set: {Kind: «X}}\n")],
        "'Kind' is never 'X'",
        "It takes B or P.",
        id="a constant that the field does not take",
    ),
]


@pytest.mark.requirement("X-11")
@pytest.mark.parametrize(("changes", "message", "suggestion"), ENTITIES)
def test_an_entity_says_all_that_it_must(changes: Changes, message: str, suggestion: str) -> None:
    check(changes, message, suggestion)


EVENTS = [
    pytest.param(
        [
            (
                "shop: {created: create, changed: update, deactivated: ignore, deleted: ignore}",
                "«shop: {created: create, deactivated: ignore}",
            )
        ],
        "'customer' does not say what happens when a record of The Shop is changed or deleted",
        "Add changed: update, report or ignore; deleted: ignore, unlink, deactivate or delete.",
        id="events that are left out",
    ),
    pytest.param(
        [
            (
                "      shop: {created: create, changed: update, deactivated: ignore",
                "      «shop: {created: create, changed: update",
            )
        ],
        "'customer' does not say what happens when a record of The Shop is deactivated",
        "Add deactivated: ignore or deactivate.",
        id="a deactivation that is left out",
    ),
    pytest.param(
        [("      ledger: {created", "      «ledger: {created"), (", changed_kind: ask}", "}")],
        "'customer' does not say what happens when a record of The Ledger is no longer of this kind",
        "Add changed_kind: ask or ignore.",
        id="a change of kind that is left out",
    ),
    pytest.param(
        [("      ledger: {created", "      «ledger: {created"), ("already_inactive: create, ", "")],
        "'customer' does not say what happens when a record of The Ledger is not in use when it is first seen",
        "Add already_inactive: skip or create.",
        id="an import that leaves the inactive out",
    ),
    pytest.param(
        [
            ("for_each: invoice\n", "for_each: customer\n"),
            ("{resource: payments}", "{resource: orders}"),
            ("{Number: Order number}", "{Number: Number}"),
            (
                "{ledger: {created: create, changed: update, deleted",
                "{ledger: {created: «create, changed: update, deleted",
            ),
            (
                "      Paid: {shop: Amount, ledger: {total: Total, open: Open}, as: paid_part}\n      Order: {shop: Order, refers_to: [invoice]}",
                "      Status: {shop: Status, ledger: Number}",
            ),
        ],
        "orders of The Shop cannot be created",
        "Write match, or ignore.",
        id="a creation where nothing can be created",
    ),
    pytest.param(
        [("changed: report", "changed: «update")],
        "entries of The Ledger cannot be changed once they are there",
        "Write report: then a person is told of the change.",
        id="an update of what cannot be changed",
    ),
    pytest.param(
        [
            (
                "shop: {created: create, changed: update, deactivated: ignore",
                "shop: {created: create, changed: update, deactivated: «deactivate",
            )
        ],
        "debtors of The Ledger cannot be taken out of use, or into use again, by a program",
        "Write ignore.",
        id="a deactivation of what cannot be deactivated",
    ),
    pytest.param(
        [
            (
                "{ledger: {created: create, changed: update, deleted: ignore}}",
                "{ledger: {created: create, changed: update, deleted: «delete}}",
            )
        ],
        "payments of The Shop cannot be deleted by a program",
        "Write ignore, or unlink.",
        id="a deletion of what cannot be deleted",
    ),
    pytest.param(
        [("    when: {shop: at_once}\n", ""), ("  invoice:\n    about", "  «invoice:\n    about")],
        "'invoice' does not say how soon changes in The Shop travel",
        "Add shop: at_once, by_hand, {every: …} or {daily: …} to when:.",
        id="no rhythm",
    ),
    pytest.param(
        [("ledger: {every: {hours: 24}}}", "«ledger: {deleted: by_hand}}")],
        "it is not said how soon everything else travels",
        "Add every: or daily:.",
        id="a rhythm for one happening only",
    ),
    pytest.param(
        [("{every: {hours: 24}}", '{every: {hours: 24}, «daily: "06:30"}')],
        "a rhythm is either every: or daily:, not both",
        "Keep one of the two.",
        id="two rhythms at once",
    ),
]


@pytest.mark.requirement("X-11")
@pytest.mark.parametrize(("changes", "message", "suggestion"), EVENTS)
def test_what_happens_when_is_said_and_possible(changes: Changes, message: str, suggestion: str) -> None:
    check(changes, message, suggestion)
