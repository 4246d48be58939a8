"""What happens in a small world, in a few words: people who enter things, and a look at what both systems hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from world import CUSTOMERS, PERSONS, SUPPLIERS, Systems, World

from syncrules.journey.run import Result

INVOICES = "Activity_Invoice"
ORGANISATIONS = "Relation_Organization"
PEOPLE = "Relation_Person"
INCIDENTAL = frozenset({"ID", "CreationDate", "LastMutationDate", "CreatedAt", "UpdatedAt", "SortIndex"})
"""What in the CRM depends on when, or in which order, something was made."""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:")


# People who enter things ----------------------------------------------------------------------------------------------


def in_books(here: Systems, name: str, code: str, **fields: Any) -> Any:
    """Enter a business relation in the books, with fields as they are called there."""
    return here.kind.enter(here.books, name, code, **fields)


def in_crm(here: Systems, name: str, number: str | None, **fields: Any) -> str:
    """Enter a customer in the CRM and give the id of its role."""
    organisation = {"Name": name, "DebtorNumber": number, **fields}
    return here.crm.add(CUSTOMERS, Relation={"ID": here.crm.own_relation}, Organization=organisation)


def customer(here: Systems, name: str) -> dict[str, Any]:
    """Find the customer of this name in the CRM."""
    return here.crm.one(CUSTOMERS, Organization__Name=name)


def edit_customer(here: Systems, name: str, **fields: Any) -> None:
    """Change an organisation in the CRM."""
    here.crm.edit(ORGANISATIONS, customer(here, name)["Organization"]["ID"], **fields)


def edit_in_books(here: Systems, name: str, **fields: Any) -> None:
    """Change a relation in the books, with fields as they are called there."""
    here.kind.edit(here.books, name, **fields)


def draft_invoice(here: Systems, name: str, *prices: Decimal | str | int, subject: str = "", **fields: Any) -> str:
    """Draw up an invoice in the CRM, a line for every price, and give its id."""
    vat = here.crm.lookup("Datastore_VatGroup", f"{here.kind.country}21")
    lines = [
        {"Description": f"Regel {price}", "Quantity": 1, "Price": price, "VatGroup": {"ID": vat}}
        for price in (Decimal(each) for each in prices or (100,))
    ]
    invoice = {
        "Subject": subject or f"Levering aan {name}",
        "Relationship": {"ID": customer(here, name)["ID"]},
        "PaymentTermInDays": 14,
        "Currency": "EUR",
        "ProductLines": lines,
    }
    return here.crm.add(INVOICES, **{**invoice, **fields})


def send_invoice(here: Systems, name: str, *prices: Decimal | str | int, subject: str = "") -> str:
    """Send an invoice and give its number."""
    key = draft_invoice(here, name, *prices, subject=subject)
    here.crm.send_invoice(key)
    return str(here.crm.one(INVOICES, ID=key)["Number"])


def with_customer(here: World, name: str = "Bakkerij De Korst", code: str = "10042", **fields: Any) -> str:
    """Let both systems have this customer, linked, and give its name."""
    in_books(here, name, code, **fields)
    here.run()
    assert customer(here, name)
    return name


# What both systems hold -----------------------------------------------------------------------------------------------


def contents(here: World) -> dict[str, Any]:
    """Tell what stands in both systems, so that two worlds can be compared: without ids and moments."""
    known, incidental = here.kind.known_as(here.books), INCIDENTAL | here.kind.incidental
    crm = {
        name: _sorted(_told(each, known, incidental) for each in here.crm.rows(name))
        for name in (CUSTOMERS, PERSONS, SUPPLIERS, ORGANISATIONS, PEOPLE, INVOICES, "Payment", "Product", "Address")
    }
    books = {
        name: _sorted(_told(each, {}, incidental) for each in rows)
        for name, rows in here.kind.contents(here.books).items()
    }
    return crm | books


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Tell what two worlds do not have in common."""
    result = []
    for name in found.keys() | wanted.keys():
        here, there = found.get(name, []), wanted.get(name, [])
        result += [f"too much in {name}: {each}" for each in here if each not in there]
        result += [f"lacking in {name}: {each}" for each in there if each not in here]
        if len(here) != len(there):
            result.append(f"{name}: {len(here)} instead of {len(there)}")
    return result


def _told(value: Any, ids: Mapping[str, str], incidental: frozenset[str]) -> Any:
    match value:
        case Mapping():
            return {
                name: _kept(each, ids) if name == "ImportId" else _told(each, ids, incidental)
                for name, each in value.items()
                if name not in incidental and each not in (None, [], {})
            }
        case list():
            return [_told(each, ids, incidental) for each in value]
        case str() if MOMENT.match(value):
            return value[:10]
        case _:
            return str(value)


def _kept(text: str, ids: Mapping[str, str]) -> str:
    """Tell an id that was left behind by what it leads to: numbers are given in the order of making."""
    head, _, number = text.rstrip(";").rpartition(":")
    return f"{head}: {ids.get(number, 'nothing')}"


def _sorted(rows: Iterator[Any]) -> list[Any]:
    return sorted(rows, key=repr)


def as_we_use_it(here: World, entities: str) -> str:
    """Write a mapping that says this of entities, over that of the world; give its file."""
    file = here.folder / "ours.yaml"
    text = f"syncrules: 1\ntitle: As we use it\nextends: {here.mapping}\nentities: {{{entities}}}\n"
    file.write_text(text, encoding="utf-8")
    return str(file)


# Runs -----------------------------------------------------------------------------------------------------------------


def run_until_quiet(here: World, most: int = 3) -> list[Result]:
    """Run until a run writes nothing; give the results.

    Raises:
        AssertionError: it is not quiet after so many runs.
    """
    results = []
    for _ in range(most):
        results.append(here.run())
        if here.writes == 0 and results[-1].writes == 0:
            return results
    raise AssertionError(f"not quiet after {most} runs: {[each.counts for each in results]}")


def states(here: World) -> dict[tuple[str, str], list[str]]:
    """Tell which records are not in sync: entity and state → names with their reasons."""
    result: dict[tuple[str, str], list[str]] = {}
    for entity, known in here.memory.records(states=("pending", "waiting", "failed")):
        result.setdefault((entity, known.state), []).append(f"{known.side}: {known.name}: {known.reason}")
    return result


@contextmanager
def changed(target: object, name: str, value: object) -> Iterator[None]:
    """Give an attribute another value while inside."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(target, name, value)
        yield
