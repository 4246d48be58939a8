"""Several connections in one store: none sees, holds up or spoils another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from scenes import INVOICES, customer, edit_customer, in_books, in_crm, run_until_quiet, send_invoice
from world import CUSTOMERS, EMPTY, KEYS, World, world

from syncrules import connection
from syncrules.errors import LoginRefused, UsageError
from syncrules.journey.run import Result
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store


class Named(World):
    """A world whose connection has a name of its own in a store that others use too."""

    name: str = "c"

    def connect(self) -> None:
        super().connect()
        row = self.store.connection("c")
        assert row is not None
        row.name = self.name
        with self.store.transaction():
            self.store.save(row)
            self.store.forget("c")

    def run(self, *, due: bool = False, whole: bool = False) -> Result:
        if self.store.connection(self.name) is None:
            self.connect()
        self.crm.calls.clear()
        self.books.calls.clear()
        with connection.opened(self.store, self.name, KEYS, self.clock) as opened:
            return connection.run(opened, due_only=due, whole=whole)

    @property
    def memory(self) -> Memory:
        return Memory(self.store, self.name, ("tribe", "eboekhouden"))


def named(here: World, name: str, store: Store) -> Named:
    """Give a world over the same systems, whose connection stands in this store under this name."""
    folder = here.folder / name
    folder.mkdir(exist_ok=True)
    made = Named(here.crm, here.books, folder, settings=dict(here.settings))
    made.store.close()
    made.store, made.name = store, name
    return made


@contextmanager
def second_books(here: World) -> Iterator[World]:
    """Start the books of another administration beside the same CRM."""
    with here.kind.sandbox(EMPTY, **here.kind.others) as books:
        books.count_on(relation=7_000_001)
        made = World(here.crm, books, here.folder, settings=dict(here.settings))
        try:
            yield made
        finally:
            made.store.close()


@pytest.mark.requirement("X-17")
def test_two_administrations_of_one_crm_stand_side_by_side(here: World) -> None:
    with second_books(here) as there:
        one, two = named(here, "jansen", here.store), named(there, "beheer", here.store)
        in_books(here, "Garage Noord", "10001", Telefoon="030-1234567")
        in_books(there, "Garage Zuid", "20001", Telefoon="030-7654321")
        in_books(here, "Bakkerij De Korst", "10042", Site="korst.example")
        in_books(there, "Bakkerij De Korst", "10042", Site="korst.example")
        for _ in range(3):
            one.run()
            two.run()
        for each in (one, two):
            assert run_until_quiet(each)

        # The two have one customer list in the CRM: who is new in one administration becomes known in the other.
        assert sorted(each["Organization"]["Name"] for each in here.crm.rows(CUSTOMERS)) == ["Bakkerij De Korst", "Garage Noord", "Garage Zuid"]  # fmt: skip
        assert sorted(each["Code"] for each in here.books.relations()) == ["10001", "10042", "20001"]
        assert sorted(each["Code"] for each in there.books.relations()) == ["10001", "10042", "20001"]

        edit_customer(here, "Garage Zuid", PhoneNumber="030-1111111")
        one.run()
        two.run()

        assert {each.relation(Code="20001")["Telefoon"] for each in (here.books, there.books)} == {"030-1111111"}
        for each in (one, two, one, two):
            assert each.run().writes == 0


@pytest.mark.requirement("X-17", "EB-12")
def test_an_invoice_is_booked_in_one_of_two_administrations(here: World) -> None:
    with second_books(here) as there:
        one, two = named(here, "jansen", here.store), named(there, "beheer", here.store)
        in_books(here, "Bakkerij De Korst", "10042")
        in_books(there, "Bakkerij De Korst", "10042")
        for _ in range(2):
            one.run()
            two.run()
        number = send_invoice(here, "Bakkerij De Korst", "100.00")
        for _ in range(3):
            one.run()
            two.run()

        assert len(here.books.mutations()) + len(there.books.mutations()) == 1
        assert here.books.mutation()["Factuurnummer"] == number
        assert "another connector" in next(known.reason for _, known in two.memory.records(states=("waiting",)))


@pytest.mark.requirement("X-17", "X-16")
def test_two_administrations_find_their_own_again_when_the_memory_is_lost(here: World) -> None:
    with second_books(here) as there:
        one, two = named(here, "jansen", here.store), named(there, "beheer", here.store)
        for number in range(3):
            in_books(here, f"Garage {number}", str(10_001 + number))
            in_books(there, f"Slagerij {number}", str(20_001 + number))
        for _ in range(3):
            one.run()
            two.run()
        before = len(here.crm.rows(CUSTOMERS)), len(here.books.relations()), len(there.books.relations())
        with here.store.transaction():
            here.store.forget("jansen")
            here.store.forget("beheer")
        for _ in range(3):
            one.run()
            two.run()

        assert (len(here.crm.rows(CUSTOMERS)), len(here.books.relations()), len(there.books.relations())) == before
        assert one.run().writes == two.run().writes == 0


@pytest.mark.requirement("X-17")
def test_a_firm_with_several_client_files_keeps_them_apart() -> None:
    """The ids are the same in every file, as systems that number from one do."""
    with world() as first, world() as second, world() as third:
        files = [
            named(each, name, first.store) for each, name in ((first, "file 1"), (second, "file 2"), (third, "file 3"))
        ]
        for place, each in enumerate(files):
            in_books(each, f"Garage {place}", "10001", Telefoon=f"030-000000{place}")
            each.run()
            in_crm(each, f"Bakkerij {place}", "10002")
            send_invoice(each, f"Garage {place}", "10.00")
            run_until_quiet(each)
        second.books.stop()
        edit_customer(first, "Garage 0", PhoneNumber="030-1111111")
        edit_customer(third, "Garage 2", PhoneNumber="030-3333333")
        for each in (files[0], files[2]):
            run_until_quiet(each)

        assert [each.books.relation(Code="10001")["Telefoon"] for each in files] == [
            "030-1111111",
            "030-0000001",
            "030-3333333",
        ]
        assert [len(each.books.mutations()) for each in files] == [1, 1, 1]
        assert [sorted(row["Bedrijf"] for row in each.books.relations()) for each in files] == [
            [f"Bakkerij {place}", f"Garage {place}"] for place in range(3)
        ]


@pytest.mark.requirement("X-17")
def test_forgetting_one_connection_leaves_the_others_alone_and_both_systems_too() -> None:
    with world() as first, world() as second:
        files = [named(each, name, first.store) for each, name in ((first, "a"), (second, "b"))]
        for each in files:
            in_books(each, "Garage", "10001")
            each.run()
            send_invoice(each, "Garage", "10.00")
            run_until_quiet(each)
        with first.store.transaction():
            first.store.forget("a")

        assert not any(first.store.db.exec_driver_sql(f"SELECT 1 FROM {table} WHERE connection = 'a'").first() for table in _tables(first.store))  # fmt: skip
        assert [each.name for each in first.store.connections()] == ["b"]
        assert customer(first, "Garage")["ImportId"].startswith("syncrules:")
        assert first.books.mutation()["Factuurnummer"] == second.books.mutation()["Factuurnummer"]

        edit_customer(second, "Garage", PhoneNumber="030-1111111")
        run_until_quiet(files[1])

        assert second.books.relation(Code="10001")["Telefoon"] == "030-1111111"
        assert first.crm.one(INVOICES)["ImportId"]


def _tables(store: Store) -> list[str]:
    import sqlalchemy as sa

    found = sa.inspect(store.db)
    return [
        each
        for each in found.get_table_names()
        if any(column["name"] == "connection" for column in found.get_columns(each))
    ]


@pytest.mark.requirement("X-17")
def test_credentials_that_open_other_books_are_refused(here: World) -> None:
    with second_books(here) as there:
        in_books(here, "Garage", "10001")
        run_until_quiet(here)
        row = here.store.connection("c")
        assert row is not None
        row.answers = {**row.answers, "eboekhouden": there.answers()["eboekhouden"]}
        with here.store.transaction():
            here.store.save(row)
        with pytest.raises(UsageError, match=r"other books \('Jansen Beheer B\.V\.'\)"):
            here.run()

        assert here.writes == 0
        assert there.books.relations() == []


@pytest.mark.requirement("X-17")
def test_a_password_that_was_changed_is_entered_again_and_everything_goes_on(here: World) -> None:
    in_books(here, "Garage", "10001")
    run_until_quiet(here)
    here.kind.spoil(here.books, "0000000000000000000000000000000A")
    edit_customer(here, "Garage", PhoneNumber="030-1111111")
    with pytest.raises(LoginRefused) as told:
        here.run()

    assert here.kind.cure in told.value.cure

    row = here.store.connection("c")
    assert row is not None
    row.answers = here.answers()
    with here.store.transaction():
        here.store.save(row)
    run_until_quiet(here)

    assert here.books.relation(Code="10001")["Telefoon"] == "030-1111111"
    assert len(here.crm.rows(CUSTOMERS)) == 1
