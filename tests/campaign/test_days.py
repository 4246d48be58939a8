"""No day moves: not by a time zone, not when a clock changes, and not by how a system writes it.

A day is looked at as whoever drew the invoice up saw it on the calendar; then it goes through the mapping and the spelling of the
transport, and is read again here, apart from both.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import amounts
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from test_amounts import INVOICE

from syncrules.journey.rules import compile_rules
from syncrules.manifest import Field
from syncrules.vocabulary.values import as_day
from syncrules_providers import rest, soap_values
from syncrules_providers.torm_values import Dialect, day_told

ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Amsterdam", "Europe/Brussels", "UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York",
        "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "Africa/Casablanca",
    )
]  # fmt: skip
CHANGES = [
    date(2026, 3, 29),
    date(2026, 10, 25),
    date(2026, 3, 8),
    date(2026, 11, 1),
    date(2026, 4, 5),
    date(2024, 2, 29),
]
"""Days on which clocks change in some of these zones, and one that not every year has."""
BRUSSELS = ZoneInfo("Europe/Brussels")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WINBOOKS = amounts.loaded("tribe-winbooks").manifests["winbooks"]

DAYS = st.builds(lambda day, off: day + timedelta(days=off), st.sampled_from(CHANGES), st.integers(-2, 2)) | st.dates(
    date(1981, 1, 2), date(2049, 1, 1)
)
TIMES = st.integers(0, 24 * 60 - 1) | st.sampled_from([0, 1, 30, 59, 60, 119, 120, 150, 179, 180, 1439])
"""Minutes after midnight."""
BOUNDED = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(params=["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let the clock of this machine be that of the other end of the world."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


# How a day is written and read --------------------------------------------------------------------------------------


def moment(day: date, minutes: int, zone: tzinfo, written_in: tzinfo) -> str | None:
    """Write the moment at which the calendar in a zone showed this day; None where the clock skips that moment."""
    local = datetime(day.year, day.month, day.day, *divmod(minutes, 60), tzinfo=zone)
    there_and_back = local.astimezone(UTC).astimezone(zone)
    if there_and_back.replace(tzinfo=None) != local.replace(tzinfo=None):
        return None
    return local.astimezone(written_in).isoformat().replace("+00:00", "Z")


def written(text: str) -> date:
    """Read a day from a text that names no zone."""
    found = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)(T00:00:00)?", text)
    assert found, f"{text} is no day"
    return date(int(found[1]), int(found[2]), int(found[3]))


def counted(text: str) -> date:
    """Read a day from milliseconds: it is the same in Greenwich and where the books are."""
    found = re.fullmatch(r"/Date\((-?\d+)\)/", text)
    assert found, f"{text} is no moment"
    there = EPOCH + timedelta(milliseconds=int(found[1]))
    assert there.date() == there.astimezone(BRUSSELS).date()
    return there.date()


def field(system: str, resource: str, name: str) -> Field:
    mapping = amounts.loaded(amounts.BOOKS[system].mapping)
    return mapping.manifests[mapping.sides[1]].resources[resource].fields[name]


def in_a_body(each: Field, value: str) -> str:
    """Spell a day as the REST transport does in a body."""
    sent: str = rest.write({each.name: each}, {}, {each.name: value})[each.name]
    return sent


Sent = Callable[[Mapping[str, Any]], tuple[date, date]]


def soap_mutation(changes: Mapping[str, Any]) -> tuple[date, date]:
    day = written(soap_values.spelled(field("e-Boekhouden over SOAP", "mutations", "Datum"), changes["Datum"]))
    return day, day + timedelta(days=int(changes["Betalingstermijn"]))


def rest_mutation(changes: Mapping[str, Any]) -> tuple[date, date]:
    day = written(in_a_body(field("e-Boekhouden over REST", "mutations", "date"), changes["date"]))
    return day, day + timedelta(days=int(changes["termOfPayment"]))


def yuki_invoice(changes: Mapping[str, Any]) -> tuple[date, date]:
    day, due = (
        written(soap_values.spelled(field("Yuki", "sales invoices", name), changes[name]))
        for name in ("Date", "DueDate")
    )
    return day, due


def winbooks_booking(changes: Mapping[str, Any]) -> tuple[date, date]:
    day, due = (counted(day_told(name, changes[name])) for name in ("BookDate", "DueDate"))
    return day, due


SENT: Mapping[str, Sent] = {
    "e-Boekhouden over SOAP": soap_mutation,
    "e-Boekhouden over REST": rest_mutation,
    "Yuki": yuki_invoice,
    "WinBooks": winbooks_booking,
}


# There ----------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-06", "EB-20", "YU-15", "WB-07")
@pytest.mark.parametrize("name", sorted(SENT))
@BOUNDED
@given(
    day=DAYS,
    minutes=TIMES,
    zone=st.sampled_from(ZONES),
    offset=st.none() | st.integers(-12 * 60, 14 * 60),
    term=st.integers(0, 120),
    how=st.sampled_from(["days", "same time", "midnight"]),
)
def test_the_days_of_an_invoice_arrive_as_those_on_the_calendar(
    machine: str, name: str, day: date, minutes: int, zone: ZoneInfo, offset: int | None, term: int, how: str
) -> None:
    written_in = zone if offset is None else timezone(timedelta(minutes=offset))
    at = moment(day, minutes, zone, written_in)
    due = moment(day + timedelta(days=term), 0 if how == "midnight" else minutes, zone, written_in)
    event(f"in the summer or the winter that the clock changes to: {day in CHANGES}")
    if at is None or due is None:
        return
    terms = {"PaymentTermInDays": term, "ExpirationDate": None} if how == "days" else {"PaymentTermInDays": None, "ExpirationDate": due}  # fmt: skip
    decision = amounts.decide(name, {**INVOICE, "InvoiceDate": at, **terms}, zone)

    assert decision.judgements == {}
    assert SENT[name](decision.actions[0].changes) == (day, day + timedelta(days=term))


# And back -------------------------------------------------------------------------------------------------------------

DIALECT = Dialect(WINBOOKS.wire, WINBOOKS.types)
BOOK_DATE = WINBOOKS.types["BookingHeader"].fields["BookDate"]


def ledger_rows(zone: tzinfo) -> Iterator[tuple[str, str, Any]]:
    """List the rows of days between WinBooks and Silverfin: entity, where it is read, the row."""
    entities = compile_rules(amounts.loaded("winbooks-silverfin"), {}, zone).entities
    for name, rules in entities.items():
        for row in rules.rows:
            if any(operator.name == "day" for operator, _ in row.operators):
                yield name, str(row.row.sides["winbooks"]), row


@pytest.mark.requirement("X-06")
@pytest.mark.parametrize("where", [UTC, BRUSSELS], ids=["Greenwich", "Brussels"])
@BOUNDED
@given(day=DAYS, zone=st.sampled_from(ZONES))
def test_a_day_of_the_ledger_arrives_as_that_day_however_its_midnight_is_counted(
    machine: str, where: tzinfo, day: date, zone: ZoneInfo
) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=where)
    said = {"BookDate": f"/Date({(midnight - EPOCH) // timedelta(milliseconds=1)})/"}
    read = DIALECT.read({"BookDate": BOOK_DATE}, said, lambda *_: None)["BookDate"]

    assert read == day.isoformat()

    rows = LEDGER.setdefault(zone.key, list(ledger_rows(zone)))
    assert len(rows) == 4
    for _, path, row in rows:
        record: dict[str, Any] = {}
        *above, last = path.split(".")
        inner = record
        for step in above:
            inner = inner.setdefault(step, {})
        inner[last] = read
        carried = row.carry("winbooks", row.read("winbooks", record), None, None)
        assert written(str(carried)) == day


LEDGER: dict[str, list[tuple[str, str, Any]]] = {}


@pytest.mark.requirement("X-06")
@BOUNDED
@given(day=DAYS, tail=st.sampled_from(["", "T00:00:00", "T00:00:00Z", "T00:00:00+02:00", "T23:59:59+01:00"]))
def test_a_day_that_another_system_writes_is_the_day_that_it_wrote(machine: str, day: date, tail: str) -> None:
    """Whatever stands behind it: nobody there meant another day."""
    declared = field("e-Boekhouden over SOAP", "open items", "MutDatum")
    text = soap_values.understood(declared, day.isoformat() + tail)

    assert date.fromisoformat(as_day(text)) == day


def test_the_machine_is_where_it_is_said_to_be(machine: str) -> None:
    assert os.environ["TZ"] == machine
    assert datetime.now().astimezone().utcoffset() != timedelta(0)
