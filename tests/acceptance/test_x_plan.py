"""What is written is what was planned: every field of it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from scenes import INVOICES, edit_customer, edit_in_books, in_books, in_crm, run_until_quiet, send_invoice
from world import CUSTOMERS, PERSONS, SUPPLIERS, World, world

from syncrules.errors import Unreachable
from syncrules_providers.sandboxes.server import Mishap, Request
from syncrules_providers.sandboxes.story import tell

SETS = (CUSTOMERS, PERSONS, SUPPLIERS, INVOICES, "Payment", "Product")
COMPUTED = frozenset({"ID", "CreationDate", "LastMutationDate", "CreatedAt", "UpdatedAt", "_Name", "_Type", "Name"})
"""What a system fills in by itself; the name of a role is that of its organisation."""
ELSEWHERE = frozenset({"Relationship", "Invoice", "Payments"})
"""What leads to a record that has a picture of its own."""
Flat = dict[str, Any]


def flat(value: Any, path: str = "") -> Flat:
    """Spread a record into path → value; what refers to another record is told by its id alone."""
    if isinstance(value, Mapping):
        result: Flat = {}
        for name, each in value.items():
            result |= flat(each, f"{path}.{name}" if path else str(name))
        return result
    if isinstance(value, list):
        return flat(dict(enumerate(value)), path)
    return {path: str(Decimal(value).normalize()) if isinstance(value, int | Decimal) else value}


def picture(here: World) -> dict[tuple[str, str], Flat]:
    """Take a picture of every record that the mapping may write to: side and id → its fields."""
    found: dict[tuple[str, str], Flat] = {}
    for name in SETS:
        for row in here.crm.rows(name):
            found["tribe", row["ID"]] = flat({field: each for field, each in row.items() if field not in ELSEWHERE})
    return found | {("eboekhouden", id_): flat(each) for id_, each in here.kind.told(here.books).items()}


def differs(
    before: Mapping[tuple[str, str], Flat], after: Mapping[tuple[str, str], Flat]
) -> dict[tuple[str, str], Flat]:
    """Tell what changed in records that were there: side and id → path → value now."""
    result = {}
    for who in before.keys() & after.keys():
        paths = before[who].keys() | after[who].keys()
        changed = {
            path: after[who].get(path)
            for path in paths
            if before[who].get(path) != after[who].get(path) and path.rpartition(".")[2] not in COMPUTED
        }
        if changed:
            result[who] = changed
    return result


def sent(action: Mapping[str, Any]) -> Flat:
    """What an action says it writes; a reference as the id of what it leads to, an empty text as nothing."""
    return {path: None if each == "" else each for path, each in flat(action["changes"]).items()}


def check(here: World, *, news: int) -> None:
    """Plan, run, and hold the two against each other.

    Args:
        news: how many writes there should be at least, so that the comparison compares something.
    """
    before = picture(here)
    here.crm.calls.clear()
    here.books.calls.clear()
    plan = here.plan()

    assert here.writes == 0, "a plan has written something"
    assert differs(before, picture(here)) == {}

    writes = [each for each in plan if each["verb"] != "link"]
    assert len(writes) >= news
    here.run()
    after = picture(here)
    _updates(writes, before, after)
    _creates(writes, before, after)


def _updates(
    writes: list[Mapping[str, Any]], before: dict[tuple[str, str], Flat], after: dict[tuple[str, str], Flat]
) -> None:
    planned: dict[tuple[str, str], Flat] = {}
    for each in writes:
        if each["verb"] != "create":
            planned.setdefault((each["side"], each["key"]), {}).update(sent(each))
    # Where the id of a new record is left, the plan says so beside the new record; the id itself is not known before.
    left_behind = {each["source_id"] for each in writes if each["verb"] == "create" and each["besides"]}
    for who, changed in differs(before, after).items():
        shown = planned.get(who, {})
        for path, value in changed.items():
            if path == "ImportId" and who[1] in left_behind:
                continue
            assert path in shown or _inside(path, shown), (
                f"{who}: {path} became {value!r}, and the plan does not say so"
            )
            assert path not in shown or (shown[path] or "") == (value or ""), (
                f"{who}: {path} is {value!r}, not {shown[path]!r}"
            )
    for who, shown in planned.items():
        for path, value in shown.items():
            there = after[who].get(path)
            assert (there or "") == (value or ""), f"{who}: {path} should be {value!r} and is {there!r}"


def _inside(path: str, shown: Flat) -> bool:
    """A reference that is written by its id or its code brings the rest of what it leads to."""
    steps = path.split(".")
    return any(
        ".".join(steps[:length]) in {each.rpartition(".")[0] for each in shown} for length in range(1, len(steps))
    )


def _creates(
    writes: list[Mapping[str, Any]], before: dict[tuple[str, str], Flat], after: dict[tuple[str, str], Flat]
) -> None:
    creates = [each for each in writes if each["verb"] == "create"]
    made = {who: each for who, each in after.items() if who not in before}
    assert len(made) == len(creates), f"{len(creates)} were planned, {len(made)} were made"
    for each in creates:
        # What is made first is known only then: an id in its place cannot be compared.
        there = {path: value for path, value in sent(each).items() if path.partition(".")[0] not in ELSEWHERE}
        wanted = {path: value for path, value in there.items() if "$late" not in path}
        fits = [who for who, row in made.items() if who[0] == each["side"] and _holds(row, wanted)]
        assert fits, f"nothing that was made is as the plan says: {each['name']} {wanted}"


def _holds(row: Flat, wanted: Flat) -> bool:
    for path, value in wanted.items():
        there = row.get(path)
        day = str(there or "")[:10] == str(value or "")[:10] and str(value or "")[4:5] == "-"
        if (there or "") != (value or "") and not day and str(there) != str(value):
            return False
    return True


def many_changes(here: World) -> None:
    for number in range(4):
        edit_customer(here, f"Garage {number}", PhoneNumber=f"030-765432{number}", VATNumber="NL123456782B01")
        edit_in_books(here, f"Garage {number}", Site=f"garage{number}.example", Adres="Singel 3", Plaats="Zeist")
    edit_in_books(here, "Garage 0", Postcode2="3500 AA", Plaats2="Utrecht", Adres2="Postbus 12", Land2="België")
    in_books(here, "Slagerij De Haak", "10100", Telefoon="030-0000100", IBAN="NL91ABNA0417164300")
    in_crm(here, "Bakkerij De Korst", "10101", Website="korst.example", BIC="BANKNL2A")
    here.books.add_relation(Code="10102", Bedrijf="Anna van der Meer", BP="P", GSM="06-12345678", Adres="Singel 5")


def invoices(here: World) -> None:
    for number in range(3):
        send_invoice(here, f"Garage {number}", "100.00", "12.34")
    in_crm(here, "Bakkerij De Korst", "10101")
    send_invoice(here, "Bakkerij De Korst", "5.00")


def payments(here: World) -> None:
    invoices(here)
    run_until_quiet(here)
    for number in ("20260001", "20260002"):
        here.books.pay(_number(here, number), "50.00")


def _number(here: World, text: str) -> str:
    return sorted(str(each["Number"]) for each in here.crm.rows(INVOICES))[int(text[-1]) - 1]


def settlement(here: World) -> None:
    payments(here)
    run_until_quiet(here)
    here.books.pay(_number(here, "1"))


@pytest.mark.requirement("X-07")
@pytest.mark.parametrize(
    ("happens", "news"), [(many_changes, 11), (invoices, 5), (payments, 2), (settlement, 2)], ids=lambda each: getattr(each, "__name__", "")
)  # fmt: skip
def test_every_field_that_a_run_writes_was_in_the_plan(
    here: World, happens: Callable[[World], None], news: int
) -> None:
    for number in range(4):
        in_books(
            here, f"Garage {number}", str(10_001 + number), Telefoon="030-1234567", Adres="Molenweg 8", Plaats="Utrecht"
        )
    run_until_quiet(here)
    happens(here)

    check(here, news=news)
    check(here, news=0)


@pytest.mark.requirement("X-07")
def test_every_field_that_a_first_import_writes_was_in_the_plan() -> None:
    with world(tell(25)) as here:
        here.connect()

        check(here, news=40)
        check(here, news=5)


@pytest.mark.requirement("X-07")
def test_a_plan_shows_for_every_field_what_it_was_and_what_it_will_be(here: World) -> None:
    in_books(here, "Garage 0", "10001", Telefoon="030-1234567", Adres="Molenweg 8", Plaats="Utrecht")
    run_until_quiet(here)
    edit_customer(here, "Garage 0", PhoneNumber="030-7654321")
    edit_in_books(here, "Garage 0", Plaats="Zeist")
    plan = {each["side"]: each for each in here.plan()}

    assert plan["eboekhouden"]["fields"] == [["Phone number", "030-1234567", "030-7654321"]]
    assert [each[0] for each in plan["tribe"]["fields"]] == ["Invoice address"]
    assert "Utrecht" in str(plan["tribe"]["fields"][0][1])
    assert "Zeist" in str(plan["tribe"]["fields"][0][2])


@pytest.mark.requirement("X-03", "X-07")
@pytest.mark.parametrize("mishap", ["before", "after"])
def test_a_plan_finds_out_first_what_became_of_a_write_that_an_earlier_run_was_cut_off_in(
    here: World, mishap: Mishap
) -> None:
    in_books(here, "Garage 0", "10001")
    run_until_quiet(here)
    in_crm(here, "Bakkerij 1", "10002")
    sent: list[str] = []

    def is_create(request: Request) -> bool:
        return here.kind.over("add a relation")(request) and (sent.append(request.path) or True)  # type: ignore[func-returns-value]

    here.books.mishap(mishap, when=is_create)
    for _ in range(5):
        here.books.mishap(500, when=lambda request: bool(sent) and here.kind.over("list relations")(request))
    with pytest.raises(Unreachable):
        here.run()
    shown = [(each["verb"], each["side"]) for each in here.plan() if each["verb"] in ("create", "update")]
    made = len(here.kind.told(here.books))
    here.run()

    assert shown == [("create", here.kind.side) if mishap == "before" else ("update", "tribe")]
    assert made == (1 if mishap == "before" else 2)
    assert len(here.kind.told(here.books)) == 2
    run_until_quiet(here)
