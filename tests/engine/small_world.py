"""Two invented systems, and a sound mapping between them that tests break in one place."""

from __future__ import annotations

from contextlib import chdir
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from syncrules.errors import Place, Problem, SpecError, UsageError
from syncrules.language import spec
from syncrules.language.model import Spec
from syncrules.manifest import Manifest
from syncrules.manifest_reading import load_manifest

SHOP = """
manifest: 1
provider: shop
title: The Shop
certainty: assumed
types:
  Address:
    concept: address
    parts: {street: Street, number: Number, city: City}
    fields:
      Street: {type: string, title: Street}
      Number: {type: string, title: House number}
      City: {type: string, title: City}
  Line:
    fields:
      Net: {type: number, title: Amount without VAT}
      Gross: {type: number, title: Amount with VAT}
      Text: {type: string, title: Text}
      Group: {reference: [groups], by: [Id, Code], title: VAT group}
resources:
  customers:
    title: customers
    id: Id
    name: Name
    active: {field: Away, inactive: true, writable: true}
    create: {requires: [Name], unknown_outcome: ask}
    update: sent_fields
    external_id: {field: Ref}
    fields:
      Id: {type: string, readOnly: true}
      Ref: {type: string}
      Name: {type: string, maxLength: 100, title: Name}
      Number: {type: string, title: Customer number}
      Address: {type: object, of: Address, title: Address}
      Kind: {type: string, enum: [B, P], title: Business or private}
      Member: {type: boolean, title: Is a member}
      Away: {type: boolean, title: Not in use}
      Since: {type: string, format: date-time, title: Customer since}
      Limit: {type: number, title: Credit limit}
      Score: {type: number, readOnly: true, title: Score}
      Group: {reference: [groups], by: [Id, Code], title: VAT group}
      Lines: {type: array, of: Line, title: Standing orders}
  orders:
    title: orders
    id: Id
    name: Number
    create: none
    update: sent_fields
    external_id: {field: Ref}
    fields:
      Id: {type: string, readOnly: true}
      Ref: {type: string}
      Number: {type: string, readOnly: true, title: Order number}
      Day: {type: string, format: date-time, readOnly: true, title: Day}
      Customer: {reference: [customers], by: [Id], title: Customer}
      Status: {type: string, enum: [sent, paid], title: Status}
      Lines: {type: array, of: Line, readOnly: true, title: Lines}
      Total: {type: number, readOnly: true, title: Total}
  payments:
    title: payments
    id: Id
    create: {requires: [Amount], unknown_outcome: ask}
    update: sent_fields
    fields:
      Id: {type: string, readOnly: true}
      Amount: {type: number, title: Amount}
      Order: {reference: [orders], by: [Id], title: Order}
  groups:
    title: VAT groups
    id: Id
    fields: {Id: {type: string}, Code: {type: string, title: Code}, Name: {type: string, title: Name}}
"""

LEDGER = """
manifest: 1
provider: ledger
title: The Ledger
certainty: assumed
types:
  Row:
    fields:
      Amount: {type: number, title: Amount}
      Code: {type: string, title: VAT code}
      Text: {type: string, maxLength: 20, title: Text}
      Place: {type: integer, title: Place}
      Rate: {type: string, reference: [codes, rates], by: [Code], title: VAT rate}
      Kind: {type: string, reference: [rates], by: [Code], title: Kind of rate}
resources:
  debtors:
    title: debtors
    id: Id
    name: Name
    active: hidden
    create: {requires: [Code, Name], unknown_outcome: {look_up: Code}}
    update: whole_object
    notes: [Nobody can see whether a debtor is inactive.]
    fields:
      Id: {type: integer, readOnly: true}
      Code: {type: string, maxLength: 10, title: Debtor code}
      Name: {type: string, maxLength: 50, title: Name}
      Street: {type: string, title: Street}
      Town: {type: string, title: Town}
      Kind: {type: string, enum: [B, P], title: Business or private}
      Blocked: {type: boolean, title: Blocked}
      Member: {type: string, title: Member}
      Start: {type: string, format: date, title: Debtor since}
      Limit: {type: number, title: Credit limit}
  entries:
    title: entries
    id: Id
    create: {requires: [Day, Debtor, Rows], unknown_outcome: {look_up: Number}}
    update: none
    look_ups: {period of a day: {of: Day}}
    fields:
      Id: {type: integer, readOnly: true}
      Number: {type: string, title: Number}
      Day: {type: string, format: date, title: Day}
      Period: {type: string, title: Period}
      Debtor: {type: string, reference: [debtors], by: [Code], title: Debtor}
      Rows: {type: array, of: Row, title: Rows}
  open items:
    title: open items
    id: Number
    create: none
    update: none
    fields:
      Number: {type: string, readOnly: true, title: Number}
      Total: {type: number, readOnly: true, title: Total}
      Open: {type: number, readOnly: true, title: Still open}
  codes:
    title: VAT codes
    id: Code
    create: none
    update: none
    fields: {Code: {type: string, title: Code}, Rate: {type: number, title: Rate}}
  rates:
    title: kinds of rates
    id: Code
    fields: {Code: {type: string, title: Code}, Share: {type: number, title: Share}}
    rows: [{Code: high, Share: 21}]
"""

SOUND = """\
syncrules: 1
title: The Ledger for The Shop
sides:
  shop: {provider: shop}
  ledger: {provider: ledger}
settings:
  VAT codes:
    ask: Which code belongs to each VAT group?
    for_each: {shop: groups}
    choose: {ledger: codes, where: {Rate: 21}}
    suggest: {same: {shop: Code, ledger: Code}}
  default code:
    ask: Which code is used without a VAT group?
    choose: {ledger: codes}
    suggest: {where: {Code: A}}
  book orders:
    ask: Do orders go to The Ledger?
    answer: yes_or_no
preflight:
  Customers without a number: {shop: customers, where: {Number: {filled: false}}}
  Numbers that belong to another name:
    shop: customers
    ledger: debtors
    same: {shop: Number, ledger: Code}
    differs: {shop: Name, ledger: Name}
entities:
  customer:
    about: Business customers.
    shop: {resource: customers}
    ledger: {resource: debtors, is: {Kind: B}}
    to: both
    first_import: {from: ledger}
    link: {id_of: ledger, kept_in: shop}
    match:
      - any: [Number]
    needs:
      no number: {shop: Number, to: ledger, cure: Fill in the number.}
    leading: shop
    when: {shop: at_once, ledger: {every: {hours: 24}}}
    events:
      shop: {created: create, changed: update, deactivated: ignore, deleted: ignore}
      ledger: {created: create, changed: update, already_inactive: create, deactivated: ignore, deleted: ignore, changed_kind: ask}
    fields:
      Name: {shop: Name, ledger: Name, too_long: cut}
      Number: {shop: Number, ledger: Code}
      Address:
        shop: Address
        ledger: {line: Street, city: Town}
        as: address
        lossy: A number that cannot be told apart stays in the street.
  invoice:
    about: Sent orders become entries.
    enabled: {setting: book orders}
    shop: {resource: orders, where: {Status: sent}}
    ledger: {resource: entries}
    to: ledger
    when: {shop: at_once}
    events: {shop: {created: create, changed: report, deleted: ignore}}
    fields:
      Order number: {shop: Number, ledger: Number}
      Order day: {shop: Day, ledger: Day, as: day}
      Debtor: {shop: Customer, ledger: Debtor, refers_to: [customer]}
      Lines:
        shop: Lines
        ledger: Rows
        numbered: Place
        lines:
          each line:
            for_each: Lines
            unless: {Net: 0}
            fields:
              Net amount: {shop: Net, ledger: Amount}
              Code: {shop: Group, ledger: Code, values: {setting: VAT codes}, empty: {setting: default code}}
              Row text: {shop: document.Number, ledger: Text}
    checks:
      the lines make the order: {side: shop, sum: [Lines.Gross], equals: Total}
  payment:
    about: What has been paid of an order.
    for_each: invoice
    shop: {resource: payments}
    ledger: {resource: open items, belongs_to: {Number: Order number}}
    to: shop
    when: {ledger: {daily: "06:30"}}
    events: {ledger: {created: create, changed: update, deleted: ignore}}
    fields:
      Paid: {shop: Amount, ledger: {total: Total, open: Open}, as: paid_part}
      Order: {shop: Order, refers_to: [invoice]}
"""

MARK = "«"
"""Stands in a changed text before the place that a problem must point at."""


@cache
def provider(name: str) -> Manifest:
    """Give the manifest of one of the two systems."""
    texts = {"shop": SHOP, "ledger": LEDGER}
    if name not in texts:
        raise UsageError(f"no provider named '{name}' is installed", cure="Installed are: ledger, shop.")
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.manifest.yaml"
        path.write_text(texts[name], encoding="utf-8")
        return load_manifest(path)


Changes = list[tuple[str, str]]

_ROW = "      Number: {shop: Number, ledger: Code}"
_DOCUMENT_ROW = "      Order day: {shop: Day, ledger: Day, as: day}"


def row(text: str) -> Changes:
    """Add a row to the customers."""
    return [(_ROW, f"{_ROW}\n      {text}")]


def document_row(text: str) -> Changes:
    """Add a row to the invoices."""
    return [(_DOCUMENT_ROW, f"{_DOCUMENT_ROW}\n      {text}")]


def changed(*changes: tuple[str, str], text: str = SOUND) -> str:
    """Replace parts of the sound mapping, each of which stands in it exactly once."""
    for old, new in changes:
        assert text.count(old) == 1, f"{text.count(old)} times: {old}"
        text = text.replace(old, new)
    return text


def load(text: str, **others: str) -> Spec:
    """Load a mapping from a folder of its own, beside others that it may extend."""
    with TemporaryDirectory() as folder, chdir(folder):
        for name, each in {**others, "mapping": text}.items():
            Path(f"{name}.yaml").write_text(each.replace(MARK, ""), encoding="utf-8")
        return spec.load("mapping.yaml", provider)


def problems(text: str, **others: str) -> list[Problem]:
    """Load a mapping and give all that is wrong with it, or worth knowing."""
    try:
        return list(load(text, **others).remarks)
    except SpecError as error:
        return error.problems


def marked(text: str) -> tuple[int, int]:
    """Find the line and the column of the mark."""
    before = text.partition(MARK)[0]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def check(changes: Changes, message: str, suggestion: str, *, serious: bool = True) -> None:
    """Break the sound mapping, and look for just this problem at just this place."""
    text = changed(*changes)
    line, column = marked(text)

    found = problems(text)

    here = [each for each in found if each.place == Place("mapping.yaml", line, column)]
    assert [(each.message, each.suggestion, each.serious) for each in here] == [(message, suggestion, serious)]
    assert [each for each in found if each.serious and each not in here] == []
    shown, caret = here[0].excerpt.splitlines()
    assert shown[caret.index("^") :][:3] == text.replace(MARK, "").splitlines()[line - 1][column - 1 :][:3]
