"""The general API, as far as somebody needs it who wants to see what a push came to: companies, periods, accounts, values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from syncrules_providers.sandboxes.server import Answer
from syncrules_providers.sandboxes.silverfin_asked import Asked
from syncrules_providers.sandboxes.silverfin_books import Account, Books, Period
from syncrules_providers.sandboxes.silverfin_office import PLAIN_FACTS, File, Office
from syncrules_providers.sandboxes.silverfin_wire import Readings, Refused, told

T = TypeVar("T")


class GeneralApi:
    """Answer the operations of API v4 that are not of a sync.

    Args:
        linked: is told of a company that follows a sync from its creation on.
    """

    def __init__(self, office: Office, readings: Readings, linked: Callable[[File], None]) -> None:
        self._office = office
        self._readings = readings
        self._linked = linked
        self.operations: Mapping[str, Callable[[Asked], Answer]] = {
            "getUser": lambda asked: self._told(
                {"id": asked.user.id, "name": asked.user.name, "email": asked.user.email}
            ),
            "getUserEmail": lambda asked: self._told({"email": asked.user.email}),
            "getUserFirm": lambda asked: self._told({"id": asked.firm.id, "name": asked.firm.name}),
            "getCompanies": self._companies,
            "getCompany": lambda asked: self._told(self._office.shown(self._file(asked))),
            "addCompany": self._add_company,
            "updateCompany": self._update_company,
            "archiveCompany": self._archive_company,
            "getSyncEntities": self._entities,
            "getPeriods": self._periods,
            "getPeriod": lambda asked: self._told(_period(self._books(asked), self._period(asked))),
            "getAccounts": self._accounts,
            "getAccount": lambda asked: self._told(self._account_shown(self._account(asked))),
            "addAccount": self._add_account,
            "updateAccount": self._update_account,
            "getPeriodAccounts": self._values,
            "getPeriodAccount": self._value,
        }

    # Companies --------------------------------------------------------------------------------------------------

    def _companies(self, asked: Asked) -> Answer:
        rows = list(self._office.files_of(asked.firm.id))
        return self._told([self._office.shown(each) for each in asked.page(rows)])

    def _add_company(self, asked: Asked) -> Answer:
        body = asked.body
        if not isinstance(body.get("name"), str) or not body["name"]:
            raise Refused(self._readings["invalid"], "name is missing")
        entity = body.get("accountancy_synchronisation_entity_id")
        if entity is not None and (asked.firm.entity is None or asked.firm.entity.id != entity):
            raise Refused(self._readings["invalid"], "accountancy_synchronisation_entity_id is invalid")
        facts = {each: body[each] for each in PLAIN_FACTS if each in body}
        file = self._office.add_file(asked.firm.id, body["name"], **facts)
        if entity is not None:
            reference = body.get("accountancy_synchronisation_reference")
            file.entity, file.reference = entity, None if reference is None else str(reference)
            self._linked(file)
        return told(self._readings["made"], self._office.shown(file))

    def _update_company(self, asked: Asked) -> Answer:
        file, body = self._file(asked), asked.body
        file.name = str(body.get("name") or file.name)
        file.facts.update({each: body[each] for each in PLAIN_FACTS if each in body})
        return told(self._readings["changed"], self._office.shown(file))

    def _archive_company(self, asked: Asked) -> Answer:
        self._file(asked).archived = True
        return told(self._readings["archived"], {})

    def _entities(self, asked: Asked) -> Answer:
        entity = asked.firm.entity
        return self._told([] if entity is None else [{"id": entity.id, "name": entity.name}])

    def _file(self, asked: Asked) -> File:
        return self._office.file(asked.firm.id, asked.parts["company"])

    def _books(self, asked: Asked) -> Books:
        return self._file(asked).books

    # Periods and accounts ---------------------------------------------------------------------------------------

    def _periods(self, asked: Asked) -> Answer:
        books = self._books(asked)
        return self._told([_period(books, each) for each in asked.page(books.periods[::-1])])

    def _period(self, asked: Asked) -> Period:
        found = (each for each in self._books(asked).periods if str(each.id) == asked.parts["period"])
        return self._found(next(found, None), f"Period {asked.parts['period']}")

    def _accounts(self, asked: Asked) -> Answer:
        rows = sorted(self._books(asked).accounts.values(), key=lambda each: each.number)
        return self._told([self._account_shown(each) for each in asked.page(rows)])

    def _account(self, asked: Asked) -> Account:
        found = (each for each in self._books(asked).accounts.values() if str(each.id) == asked.parts["account"])
        return self._found(next(found, None), f"Account {asked.parts['account']}")

    def _add_account(self, asked: Asked) -> Answer:
        body = asked.body
        number = body.get("number") or body.get("original_number")
        if not isinstance(number, str):
            raise Refused(self._readings["invalid"], "number is missing")
        if number in self._books(asked).accounts:
            raise Refused(self._readings["invalid"], "number is taken")
        account = self._books(asked).name_account(number, {})
        self._rename(account, body)
        account.original_number = str(body.get("original_number") or number)
        account.original = account.original or dict(account.custom)
        return told(self._readings["made"], self._account_shown(account))

    def _update_account(self, asked: Asked) -> Answer:
        account = self._account(asked)
        self._rename(account, asked.body)
        return told(self._readings["changed"], self._account_shown(account))

    def _rename(self, account: Account, body: Mapping[str, Any]) -> None:
        for names, word in ((account.original, "original_name"), (account.custom, "custom_name")):
            given = {each: body.get(f"{word}_{each}") for each in self._readings["locales"]}
            names.update({each: str(name) for each, name in given.items() if name})

    def _account_shown(self, account: Account) -> dict[str, Any]:
        names = {f"original_name_{each}": account.original.get(each) for each in self._readings["locales"]}
        return {**_account(account), "original_number": account.original_number, **names}

    # Values -----------------------------------------------------------------------------------------------------

    def _values(self, asked: Asked) -> Answer:
        books, period = self._books(asked), self._period(asked)
        balances = books.balances(period)
        rows = sorted(books.accounts.values(), key=lambda each: each.number)
        if self._readings["accounts of a period"] == "not zero":
            rows = [each for each in rows if balances.get(each.number)]
        return self._told([self._line(each, balances.get(each.number, Decimal())) for each in asked.page(rows)])

    def _value(self, asked: Asked) -> Answer:
        account = self._account(asked)
        balance = self._books(asked).balances(self._period(asked)).get(account.number, Decimal())
        return self._told(self._line(account, balance))

    def _line(self, account: Account, value: Decimal) -> dict[str, Any]:
        as_text = self._readings["value of an account"] == "text"
        return {
            "account": _account(account),
            "value": _written(value) if as_text else float(value),
            "starred": False,
            "account_reconciliation_template": None,
        }

    def _told(self, content: object) -> Answer:
        return told(self._readings["read"], content)

    def _found(self, thing: T | None, what: str) -> T:
        if thing is None:
            raise Refused(self._readings["unknown"], f"{what} was not found.")
        return thing


def _period(books: Books, period: Period) -> dict[str, Any]:
    end_of_year = books.years[period.year].end
    return {
        "id": period.id,
        "end_date": period.end.isoformat(),
        "fiscal_year": {"end_date": end_of_year.isoformat()},
    }


def _account(account: Account) -> dict[str, Any]:
    return {"id": account.id, "number": account.number, "name": account.name}


def _written(value: Decimal) -> str:
    """Write an amount with cents, and with more digits only if it has them."""
    return format(value.quantize(Decimal("0.01")) if value == value.quantize(Decimal("0.01")) else value, "f")
