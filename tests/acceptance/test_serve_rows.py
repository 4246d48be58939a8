"""What users were promised, through a running `syncrules serve`: somebody works in one system, and it is seen in the other.

Nobody types `run` after the first import. A day passes by putting back what the state store says of the last time.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import crm
import eb
import pytest
import sf
import sqlalchemy as sa
import wb
import yk
from scenes import edit_customer, edit_in_books
from served import BESIDE, Served, kill_all, serving, until
from terminal import Terminal
from world import CUSTOMERS, KEY, World, world

from syncrules.memory import tables
from syncrules.memory.memory import Memory

CONNECTION = "c"
MINUTE, HOUR = 60.0, 3600.0
AWHILE = 1.2
"""Seconds in which a run that is not due would have come several times."""


@dataclass
class Scene:
    """Two systems that are connected and in step, and a `serve` at work between them."""

    here: World | sf.World
    terminal: Terminal
    served: Served

    def let_pass(self, seconds: float) -> None:
        """Let everything have been carried, and read whole, so much earlier, once no run is in hand that would say otherwise at its end."""
        self.rests()
        with self.here.store.transaction():
            self.here.store.db.execute(sa.update(tables.schedule).values(last_at=tables.schedule.c.last_at - seconds))
            self.here.store.db.execute(sa.update(tables.cursors).values(full_at=tables.cursors.c.full_at - seconds))

    def rests(self) -> None:
        """Wait until nothing has been written for a while."""
        while True:
            before = len(self.served.runs)
            time.sleep(AWHILE)
            if not any(self.served.runs[before:]):
                return


@contextmanager
def scene(here: World | sf.World) -> Iterator[Scene]:
    """Serve a world, which was imported already, until it is left; nothing must have gone wrong then."""
    with here.store.transaction():
        Memory(here.store, CONNECTION, ("", "")).carried([("", "", "begun")], here.clock.now())
    key = base64.urlsafe_b64encode(KEY).decode()
    with Terminal(here.folder, *BESIDE, SYNCRULES_STATE=here.state, SYNCRULES_KEY=key) as terminal:
        served = serving(_Place(terminal))
        try:
            yield Scene(here, terminal, served)
            told = served.stop()
            assert (told.code, told.err) == (0, "")
            assert {each["event"] for each in served.events} == {"ready", "page", "run", "stopping", "stopped"}
        finally:
            kill_all()


@dataclass
class _Place:
    terminal: Terminal


def telephone(here: World, name: str) -> str:
    return str(here.crm.one(CUSTOMERS, Organization__Name=name)["Organization"]["PhoneNumber"])


@pytest.mark.requirement("EB-07", "EB-08", "EB-12", "EB-13", "EB-17")
def test_tribe_and_e_boekhouden_are_kept_in_step() -> None:
    with world(mapping="tribe-eboekhouden") as here:
        article = here.books.add_article(
            ArtikelCode="A", ArtikelOmschrijving="Stoel", Eenheid="stuk", BTWCode="GEEN", Actief=True
        )
        customer = eb.known_customer(here)
        name = str(eb.organisation(here)["Name"])
        with scene(here) as now:
            # At once: an edit, and an invoice that is sent.
            edit_customer(here, name, PhoneNumber="030-2222222")
            until(lambda: here.books.relation()["Telefoon"] == "030-2222222")
            made, number = eb.send(here, customer)
            until(lambda: number in [each["MutFactuur"] for each in here.books.open_items()])
            now.rests()

            # Within a day, and not before: what is edited, and what is paid in the books; out of use sooner.
            edit_in_books(here, name, Telefoon="030-3333333")
            here.books.pay(number, "21.00")
            here.books.edit_article(article, Actief=False)
            time.sleep(AWHILE)

            assert telephone(here, name) == "030-2222222"
            assert here.crm.one("Product")["IsInactive"] is False

            now.let_pass(15 * MINUTE)
            until(lambda: here.crm.one("Product")["IsInactive"])

            assert telephone(here, name) == "030-2222222"
            assert here.crm.rows("Payment") == []

            now.let_pass(24 * HOUR)
            until(lambda: telephone(here, name) == "030-3333333")
            until(lambda: paid(here) == [Decimal("21.00")])

            assert eb.phase(here, made) == "Sent"

            here.books.pay(number, "100.00")
            now.let_pass(24 * HOUR)
            until(lambda: eb.phase(here, made) == "Paid")
            now.rests()

        assert paid(here) == [Decimal("121.00")]
        assert eb.is_quiet(here)


@pytest.mark.requirement("YU-05", "YU-08")
def test_tribe_and_yuki_are_kept_in_step() -> None:
    with world(mapping="tribe-yuki") as here:
        customer = yk.known_company(here)
        with scene(here) as now:
            crm.edit_organisation(here, PhoneNumber="030-2222222")
            until(lambda: yk.contact(here)["PhoneWork"] == "030-2222222")
            _, number = crm.send(here, customer, crm.line(here, 100, 2))
            until(lambda: here.books.outstanding().get(number) == Decimal("242.00"))
            now.rests()

            here.books.edit_contact(yk.contact(here)["ID"], Website="nieuw.example")
            yk.in_yuki(here, Name="Garage Zeven", Code="10077", IsCustomer=True, Country="NL")
            time.sleep(AWHILE)

            assert len(here.crm.rows(CUSTOMERS)) == 1

            now.let_pass(24 * HOUR)
            until(lambda: crm.organisation(here)["Website"] == "nieuw.example")
            until(lambda: len(here.crm.rows(CUSTOMERS)) == 2)
            now.rests()

        assert crm.is_quiet(here)


@pytest.mark.requirement("WB-04")
def test_who_is_taken_out_of_use_in_winbooks_is_so_in_tribe_and_never_the_other_way() -> None:
    with world(mapping="tribe-winbooks") as here:
        wb.add(here)
        here.books.add_customer("10099", "Blijft")
        here.run()
        with scene(here) as now:
            here.books.deactivate_customer("10042")
            now.let_pass(24 * HOUR)
            until(lambda: former(here) == {"10042": True, "10099": False})
            now.rests()

            before = here.kind.contents(here.books)
            stays = next(
                each["ID"] for each in here.crm.rows(CUSTOMERS) if each["Organization"]["DebtorNumber"] == "10099"
            )
            here.crm.make_former(CUSTOMERS, stays)
            seen = len(now.served.runs)
            now.let_pass(24 * HOUR)
            until(lambda: len(now.served.runs) > seen + 3)
            now.rests()

            assert here.kind.contents(here.books) == before

        assert former(here) == {"10042": True, "10099": True}
        assert crm.is_quiet(here)


@pytest.mark.requirement("SF-04")
def test_whatever_changes_in_winbooks_is_in_silverfin_the_next_night_and_nobody_asked() -> None:
    with sf.world() as here:
        books = here.books
        books.add_customer("10042", "Bakkerij De Halm")

        def sell(net: str, reference: str) -> str:
            return books.post_invoice("10042", net, reference=reference, day=sf.SPRING)

        sell("100.00", "F1")
        here.begin()
        changes: dict[str, Callable[[], object]] = {
            "a new invoice": lambda: sell("77.77", "F2"),
            "a credit note": lambda: sell("-25.00", "F3"),
            "a part of it is paid": lambda: books.pay("F1", "50.00"),
            "a payment that is taken back": lambda: books.reverse_payment(books.pay("F2")),
            "other amounts": lambda: books.edit_booking(
                "F1", lines={0: {"Amount": Decimal("61.00")}, 1: {"Amount": Decimal("-40.00")}}
            ),
            "another day": lambda: books.edit_booking("F1", BookDate=date(2026, 3, 9)),
            "a booking that is taken away": lambda: books.remove_booking("F3"),
        }
        with scene(here) as now:
            before = sent(here)
            for what, change in changes.items():
                change()
                time.sleep(AWHILE)

                assert sent(here) == before, what

                now.let_pass(25 * HOUR)
                until(lambda: sent(here) == booked(here))
                before = sent(here)
            now.rests()

        assert here.balances_of_the_file() == here.balances_of_the_books()


def booked(here: sf.World) -> dict[str, tuple[Any, ...]]:
    return {each["Id"]: (each["GLAccount"], each["Amount"], str(each["BookDate"])[:10]) for each in here.books.lines()}


def sent(here: sf.World) -> dict[str, tuple[Any, ...]]:
    lines = here.office.transactions(sf.DEMO)
    return {each["id"]: (each["account_number"], each["value"], each["date"]) for each in lines}


def paid(here: World) -> list[Decimal]:
    return [Decimal(str(each["Amount"])) for each in here.crm.rows("Payment")]


def former(here: World) -> dict[str, Any]:
    return {each["Organization"]["DebtorNumber"]: each["IsFormer"] for each in here.crm.rows(CUSTOMERS)}
