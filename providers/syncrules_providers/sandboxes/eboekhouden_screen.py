"""A person at the screen of e-Boekhouden: what a test does to the books without the API, and what it looks at.

Everything happens under the lock of the sandbox, so it may happen while the server runs.
Rows that are handed out are copies.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from syncrules_providers.sandboxes import eboekhouden_posting as posting
from syncrules_providers.sandboxes import eboekhouden_story
from syncrules_providers.sandboxes.eboekhouden_books import BLANK_ARTICLE, BLANK_RELATION, Books, Row
from syncrules_providers.sandboxes.story import Story

RELATION_FIELDS = {"ID", "AddDatum", *BLANK_RELATION}
ARTICLE_FIELDS = {"ArtikelID", *BLANK_ARTICLE}


class Screen:
    """The half of the sandbox that a person sees; the other half answers the API."""

    lock: threading.RLock
    books: Books
    inactive_prefix: str
    closed_until: date | None
    today: Callable[[], date]
    _sessions: dict[str, Any]
    _refused_login: str | None
    session_lifetime_s: float

    def load(self, story: Story) -> None:
        """Begin with new books, in which stands what the story says."""
        with self.lock:
            self.books = Books()
            eboekhouden_story.load(self.books, story, self.inactive_prefix)

    def count_on(self, **following: int) -> None:
        """Let the next one of a sort get this number: `relation`, `article`, `mutation` and so on, as in `Books.next`."""
        with self.lock:
            assert following.keys() <= self.books.next.keys(), f"one of {', '.join(self.books.next)}"
            self.books.next.update(following)

    # Relations --------------------------------------------------------------------------------------------------

    def add_relation(self, **fields: Any) -> int:
        """Enter a relation; without a code it gets its number as code."""
        with self.lock:
            _known(fields, RELATION_FIELDS)
            code = str(self.books.next["relation"])
            row = {"Code": code, "Bedrijf": "Zonder naam", **fields}
            return self.books.add_relation(row, fields.get("AddDatum", self.today()))

    def edit_relation(self, relation: int, **fields: Any) -> None:
        with self.lock:
            _known(fields, RELATION_FIELDS - {"ID"})
            self.books.change_relation(relation, fields)

    def deactivate_relation(self, relation: int) -> None:
        """Take a relation out of use; SOAP cannot see that."""
        self.edit_relation(relation, inactive=True)

    def remove_relation(self, relation: int) -> None:
        with self.lock:
            self.books.remove_relation(relation)

    def relations(self) -> list[Row]:
        with self.lock:
            return [dict(each) for each in self.books.relations.values()]

    def relation(self, **equals: Any) -> Row:
        """Find the one relation of which these fields are so."""
        _known(equals, RELATION_FIELDS)
        return _one(self.relations(), equals)

    # Articles and accounts --------------------------------------------------------------------------------------

    def add_article(self, **fields: Any) -> int:
        with self.lock:
            _known(fields, ARTICLE_FIELDS - {"ArtikelID"})
            return self.books.add_article(fields)

    def edit_article(self, article: int, **fields: Any) -> None:
        with self.lock:
            _known(fields, ARTICLE_FIELDS - {"ArtikelID"})
            self.books.change_article(article, fields)

    def deactivate_article(self, article: int) -> None:
        self.edit_article(article, Actief=False)

    def remove_article(self, article: int) -> None:
        with self.lock:
            del self.books.articles[article]

    def articles(self) -> list[Row]:
        with self.lock:
            return [dict(each) for each in self.books.articles.values()]

    def article(self, **equals: Any) -> Row:
        """Find the one article of which these fields are so."""
        _known(equals, ARTICLE_FIELDS)
        return _one(self.articles(), equals)

    def add_account(self, code: str, description: str, category: str, group: str = "") -> int:
        """Open a ledger account of any category, which the API cannot."""
        with self.lock:
            number = self.books.number("account")
            row = {"Code": code, "Omschrijving": description, "Categorie": category, "Groep": group}
            self.books.accounts[number] = {"ID": number, **row}
            return number

    def accounts(self) -> list[Row]:
        with self.lock:
            return [dict(each) for each in self.books.accounts.values()]

    # Mutations --------------------------------------------------------------------------------------------------

    def mutations(self) -> list[Row]:
        with self.lock:
            return [self.books.as_told(each) for each in self.books.mutations.values()]

    def mutation(self, **equals: Any) -> Row:
        """Find the one mutation of which these fields are so."""
        return _one(self.mutations(), equals)

    def open_items(self, kind: str = "FactuurVerstuurd") -> list[Row]:
        with self.lock:
            return list(self.books.open_items(kind))

    def invoices(self) -> list[Row]:
        """Copy the invoices that were made here; what was only booked is none."""
        with self.lock:
            return [dict(each) for each in self.books.invoices.values()]

    def post_invoice(
        self,
        number: str,
        relation_code: str,
        net: Decimal | str = "100.00",
        *,
        day: date | None = None,
        vat_code: str = "HOOG_VERK_21",
        counter: str = "8000",
        kind: str = "FactuurVerstuurd",
    ) -> int:
        """Book an invoice of one line by hand."""
        with self.lock:
            day = day or self.today()
            return self._post(
                kind,
                day,
                relation_code,
                number,
                self.books.account_of("DEB" if kind == "FactuurVerstuurd" else "CRED") or "",
                [posting.line_of(Decimal(net), vat_code, counter, day)],
                f"Factuur {number}",
            )

    def pay(
        self,
        invoice_number: str,
        amount: Decimal | str | None = None,
        *,
        day: date | None = None,
        relation_code: str | None = None,
    ) -> int:
        """Register that a customer paid this invoice, or a part of it; without an amount all that is open."""
        return self.pay_several({invoice_number: amount}, day=day, relation_code=relation_code)

    def pay_several(
        self,
        amounts: Mapping[str, Decimal | str | None],
        *,
        day: date | None = None,
        relation_code: str | None = None,
    ) -> int:
        """Register one payment of several invoices of one customer: a line for each, all their numbers in the head."""
        with self.lock:
            day = day or self.today()
            wanted = {} if relation_code is None else {"RelCode": relation_code}
            items = {each: _one(self._receivables(), {"MutFactuur": each, **wanted}) for each in amounts}
            codes = {each["RelCode"] for each in items.values()}
            assert len(codes) == 1, f"one payment comes from one customer, not from {sorted(codes)}"
            assert self.closed_until is None or day > self.closed_until, "the books of that day are closed"
            lines = []
            for number, amount in amounts.items():
                paid = items[number]["Openstaand"] if amount is None else Decimal(amount)
                line = posting.line_of(paid, "GEEN", self.books.account_of("DEB") or "", day, mode="IN")
                lines.append({**line, "Factuurnummer": number})
            relation = self.books.relation_by_code(codes.pop())
            return self.books.keep(
                {
                    "Soort": "FactuurbetalingOntvangen",
                    "Datum": day,
                    "Rekening": "1010",
                    "relation": relation["ID"] if relation else None,
                    "Factuurnummer": ",".join(amounts),
                    "Boekstuk": "",
                    "Omschrijving": "Overboeking",
                    "Betalingstermijn": "0",
                    "Betalingskenmerk": "",
                    "InExBTW": "IN",
                    "MutatieRegels": lines,
                }
            )

    def reverse_payment(self, number: int, *, day: date | None = None) -> int:
        """Register that the bank took a payment back: the same payment once more, below zero."""
        with self.lock:
            payment = self.books.mutations[number]
            amounts = ("BedragInvoer", "BedragExclBTW", "BedragInclBTW")
            lines = [{**each, **{name: -each[name] for name in amounts}} for each in payment["MutatieRegels"]]
            back = {"Datum": day or self.today(), "Omschrijving": "Storno", "MutatieRegels": lines}
            return self.books.keep({**payment, **back})

    def remove_mutation(self, number: int) -> None:
        """Throw a mutation away, as only a person can."""
        with self.lock:
            self.books.forget(number)

    def _receivables(self) -> list[Row]:
        # An invoice of which nothing is open may still be paid a second time, by mistake.
        found = {(each["MutFactuur"], each["RelCode"]): each for each in self.books.open_items()}
        for each in self.mutations():
            if each["Soort"] == "FactuurVerstuurd":
                key = (each["Factuurnummer"], each["RelatieCode"])
                found.setdefault(key, {"MutFactuur": key[0], "RelCode": key[1], "Openstaand": Decimal(0)})
        return list(found.values())

    def _post(self, kind: str, day: date, code: str, number: str, account: str, lines: list[Row], text: str) -> int:
        return posting.post(
            self.books,
            {
                "Soort": kind,
                "Datum": day,
                "Rekening": account,
                "RelatieCode": code,
                "Factuurnummer": number,
                "Boekstuk": "",
                "Omschrijving": text,
                "Betalingstermijn": "30",
                "Betalingskenmerk": "",
                "InExBTW": "EX",
                "MutatieRegels": lines,
            },
            closed_until=self.closed_until,
        )

    # The account with the vendor --------------------------------------------------------------------------------

    def refuse_login(self, code: str | None) -> None:
        """Let every login be refused with this error, such as `E001.5`; None lets them in again."""
        with self.lock:
            self._refused_login = code

    def expire_sessions(self) -> None:
        """Let every session grow as old as a session can be."""
        with self.lock:
            for each in self._sessions.values():
                each.opened -= self.session_lifetime_s

    def close_period(self, until: date | None) -> None:
        """Close the books up to and including this day; None opens them again."""
        with self.lock:
            self.closed_until = until


def _known(fields: Mapping[str, Any], names: set[str]) -> None:
    strange = fields.keys() - names
    assert not strange, f"the books have no field {', '.join(sorted(strange))}"


def _one(rows: list[Row], equals: Mapping[str, Any]) -> Row:
    found = [each for each in rows if all(each[name] == value for name, value in equals.items())]
    assert len(found) == 1, f"{len(found)} rows where {dict(equals)}"
    return found[0]
