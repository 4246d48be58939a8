"""What TORM is asked and how its answers are read: questions to the letter, answers that were cut, days that stay days."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from winbooks_line import HOST, MANIFEST, NOTHING, SETTINGS, STAMP, Line, cut, guid

from syncrules.errors import LoginRefused, Nonsense, OutcomeUnknown, RecordGone, RecordRefused
from syncrules.manifest import Field
from syncrules_providers.torm import NotReadable, Service
from syncrules_providers.torm_answers import joined
from syncrules_providers.torm_questions import Asking, Question
from syncrules_providers.torm_values import Dialect, Unreadable, Unwritable, day_told, moment_of, moment_told

ASKING = Asking(MANIFEST.wire)
DIALECT = Dialect(MANIFEST.wire, MANIFEST.types)
CUSTOMERS = "POST Customers/ExecuteCriteria"
PERIODS = "POST BookPeriods/ExecuteCriteria"


def service(line: Line) -> Service:
    return line.winbooks()._torm


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"Id": guid(number), **more}


# Questions ------------------------------------------------------------------------------------------------------


def test_changed_customers_are_asked_for_as_the_vendor_shows_it() -> None:
    line = Line({CUSTOMERS: [[row(1)]]})
    asked = Question("Customer", (ASKING.since("Modified", "2025-10-09T08:53:20Z"),), order=("Modified",), level=3)

    assert list(service(line).pages(asked)) == [[row(1)]]

    (call,) = line.asked
    assert call.path == "/app/Customers/Folder/DEMO_BV/ExecuteCriteria?maxLevel=3"
    assert call.headers["authorization"] == "Bearer acc-1"
    assert call.headers["accept"] == call.headers["content-type"] == "application/json"
    assert call.body == {
        "EntityType": "Winbooks.TORM.OM.Customer, Winbooks.TORM.OM",
        "Alias": "this",
        "Conditions": [
            {
                "Operator": 3,
                "PropertyName": "Modified",
                "OtherPropertyName": "",
                "Values": ["/Date(1760000000000)/"],
                "ValueTypes": ["System.DateTime, mscorlib"],
            }
        ],
        "Orders": [{"PropertyName": "Modified", "Alias": None, "Projections": None, "Ascending": True}],
        "FirstResult": 0,
        "MaxResult": 100,
    }


def test_a_join_names_the_joined_property_left_and_ours_right() -> None:
    routes = {
        "third": {"om": "Third", "left": "Id", "right": "Third_Id"},
        "contact": {"om": "Contact", "left": "Id", "right": "Contact_Id", "owner": "third"},
    }
    asked = Question(
        "Address", (ASKING.equal("third.Code", "BEBOP"),), ("third", "contact"), show=("Id",), routes=routes
    )

    assert ASKING.spelt(asked, None, None) == {
        "EntityType": "Winbooks.TORM.OM.Address, Winbooks.TORM.OM",
        "Alias": "this",
        "Association": {
            "third": {
                "AliasName": "third",
                "Type": "Winbooks.TORM.OM.Third, Winbooks.TORM.OM",
                "JoinType": 1,
                "LeftProperty": "Id",
                "RightProperty": "Third_Id",
            },
            "contact": {
                "AliasName": "contact",
                "Type": "Winbooks.TORM.OM.Contact, Winbooks.TORM.OM",
                "JoinType": 1,
                "LeftProperty": "Id",
                "RightProperty": "Contact_Id",
                "OwnerAlias": "third",
            },
        },
        "Conditions": [
            {"Operator": 0, "PropertyName": "third.Code", "OtherPropertyName": "", "Values": ["BEBOP"]},
        ],
        "ProjectionsList": [{"PropertyName": "Id", "Operator": 22}],
    }


def test_a_page_is_never_asked_for_without_its_first_row() -> None:
    asked = ASKING.spelt(Question("Customer", order=("Created", "-Id")), 0, 50)

    assert (asked["FirstResult"], asked["MaxResult"]) == (0, 50)
    assert [(each["PropertyName"], each["Ascending"]) for each in asked["Orders"]] == [("Created", True), ("Id", False)]
    assert not {"FirstResult", "MaxResult"} & ASKING.spelt(Question("Customer"), None, None).keys()


def test_a_reference_that_leads_somewhere_is_neither_nothing_nor_the_empty_id() -> None:
    assert ASKING.referring("Customer_Id") == (
        {"Operator": 8, "PropertyName": "Customer_Id", "OtherPropertyName": "", "Values": []},
        {
            "Operator": 21,
            "PropertyName": "",
            "OtherPropertyName": "",
            "Values": [
                {"Operator": 0, "PropertyName": "Customer_Id", "OtherPropertyName": "", "Values": [NOTHING]},
            ],
        },
    )


@pytest.mark.parametrize(
    ("om", "kind"),
    [
        ("Third_Address", "Winbooks.TORM.OM.Third_Address, Winbooks.TORM.OM"),
        ("GLTransHeader", "Winbooks.TORM.OM.Accounting.GLTransHeader, Winbooks.TORM.OM"),
    ],
)
def test_a_type_is_named_with_its_place(om: str, kind: str) -> None:
    assert DIALECT.typed(om, {})["$type"] == kind


def test_a_code_with_an_accent_and_a_slash_stays_one_step_of_the_address() -> None:
    line = Line({"GET Customer/H%C3%89LO%C3%8FSE%2F2": [row(1)]})

    assert service(line).one("Customer", "HÉLOÏSE/2") == row(1)


def test_an_address_of_the_api_may_lie_below_a_path_and_end_with_a_slash() -> None:
    line = Line({"GET Customer/A": [row(1)]})

    line.winbooks(url=f"{HOST}/wow/v2/")._torm.one("Customer", "A")

    assert [each.path for each in line.logins] == ["/wow/v2/OAuth20/Token"]
    assert [each.path for each in line.asked] == ["/wow/v2/app/Customer/A/Folder/DEMO_BV?maxLevel=1"]


# Answers that were cut ------------------------------------------------------------------------------------------


def test_an_answer_that_was_cut_is_asked_for_again_with_what_it_named() -> None:
    line = Line({CUSTOMERS: [cut([row(1), row(2)], "1f0c"), cut([row(3)], "2a"), cut([row(4)])]})

    assert service(line).ask(Question("Customer")) == [row(1), row(2), row(3), row(4)]
    assert [each.headers.get("continuepath") for each in line.asked] == [None, "1f0c", "2a"]
    assert len({(each.path, str(each.body)) for each in line.asked}) == 1


def test_an_object_that_was_cut_in_two_is_one_object() -> None:
    first = {"Id": guid(2), "Code": "B", "Memo": "old", "Third": {"Name": "Bolt"}, "Lines": [row(7, Text="a"), row(8)]}
    rest = {"Id": guid(2), "Code": "B", "Memo": "new", "Third": {"Zip": "1000"}, "Lines": [row(8, Text="b"), row(9)]}
    line = Line({CUSTOMERS: [cut([row(1), first], "x"), cut([rest, row(3)], "y"), cut([row(3, Code="C")])]})

    assert service(line).ask(Question("Customer")) == [
        row(1),
        {
            "Id": guid(2),
            "Code": "B",
            "Memo": "new",
            "Third": {"Name": "Bolt", "Zip": "1000"},
            "Lines": [row(7, Text="a"), row(8, Text="b"), row(9)],
        },
        row(3, Code="C"),
    ]


def test_a_single_object_is_put_together_as_well() -> None:
    whole = "GET Customer/A"
    line = Line({whole: [cut({"Id": guid(1), "Vat": {"Lines": [row(5)]}}, "x"), cut({"Vat": {"Lines": [row(6)]}})]})

    assert service(line).one("Customer", "A", level=3) == {"Id": guid(1), "Vat": {"Lines": [row(5), row(6)]}}
    assert all(each.path.endswith("?maxLevel=3") for each in line.asked)


def test_halves_are_told_by_their_id_and_without_one_by_their_code() -> None:
    assert joined([{"Code": "A", "x": 1}], [{"Code": "A", "y": 2}]) == [{"Code": "A", "x": 1, "y": 2}]
    assert joined([row(1, Code="A")], [row(2, Code="A")]) == [row(1, Code="A"), row(2, Code="A")]
    assert joined([["a", "b"]], [["a", "c"]]) == [["a", "b"], ["a", "c"]]
    assert joined([{"x": 1}], [{"y": 2}]) == [{"x": 1}, {"y": 2}]


def test_what_the_second_half_does_not_tell_stays_as_the_first_one_told_it() -> None:
    assert joined({"Third": {"Name": "Bolt"}, "Memo": "x"}, {"Third": None, "Memo": None}) == {
        "Third": {"Name": "Bolt"},
        "Memo": None,
    }


@given(st.lists(st.integers(0, 9), max_size=8, unique=True), st.data())
def test_wherever_a_list_is_cut_it_is_put_together_again(numbers: list[int], data: st.DataObject) -> None:
    rows = [row(each, Lines=[row(10 * each + 1), row(10 * each + 2)]) for each in numbers]
    at: int = data.draw(st.integers(0, len(rows)))
    before, after = rows[:at], rows[at:]
    in_the_middle: bool = data.draw(st.booleans())
    if after and in_the_middle:
        lines = after[0]["Lines"]
        before = [*before, after[0] | {"Lines": lines[:1]}]
        after = [row(numbers[at], Lines=lines[1:]), *after[1:]]

    assert joined(before, after) == rows


def test_an_answer_that_never_ends_is_nonsense() -> None:
    line = Line({CUSTOMERS: [cut([row(1)], "x"), cut([row(2)], "x")]})

    with pytest.raises(Nonsense, match="goes on for ever"):
        service(line).ask(Question("Customer"))


# Pages ----------------------------------------------------------------------------------------------------------


class Books:
    """A list that answers page by page, and may change between two of them."""

    def __init__(self, count: int, most: int = 100) -> None:
        self.rows = [row(each) for each in range(count)]
        self.most = most
        self.changes: list[Any] = []
        self.asked: list[int] = []

    def pop(self, _: int) -> list[dict[str, Any]]:
        body = self.line.asked[-1].body
        first, size = body["FirstResult"], min(body["MaxResult"], self.most)
        self.asked.append(first)
        found = self.rows[first : first + size]
        if self.changes:
            self.changes.pop(0)(self.rows)
        return found

    def __bool__(self) -> bool:
        return True

    def read(self) -> list[str]:
        self.line = Line({CUSTOMERS: self})  # answers as a list would, one at a time
        return [each["Id"] for page in service(self.line).pages(Question("Customer")) for each in page]


@pytest.mark.parametrize("count", [0, 1, 2, 99, 100, 101, 199, 200, 350])
@pytest.mark.parametrize("most", [100, 40])
def test_a_list_is_read_to_its_end_also_where_the_server_caps_its_pages(count: int, most: int) -> None:
    books = Books(count, most)

    assert books.read() == [guid(each) for each in range(count)]


def test_no_row_slips_through_when_others_are_taken_away_while_we_read() -> None:
    books = Books(250)
    books.changes = [lambda rows: rows.__delitem__(slice(0, 30)), lambda _: None]
    still_there = {guid(each) for each in range(30, 250)}

    assert still_there <= set(books.read())
    assert books.asked[1] > books.asked[2]


def test_no_row_slips_through_when_one_is_edited_and_jumps_to_the_end() -> None:
    books = Books(150)
    books.changes = [lambda rows: rows.append(rows.pop(5))]

    assert set(books.read()) == {guid(each) for each in range(150)}


def test_a_server_that_always_answers_the_same_page_is_not_believed() -> None:
    books = Books(100)
    books.changes = [lambda rows: None] * 1000
    same = books.rows
    books.rows = type("Same", (list,), {"__getitem__": lambda self, _: list(same)})(same)

    with pytest.raises(Nonsense, match="do not follow each other"):
        books.read()


def test_many_ids_are_asked_for_in_several_questions_and_each_once() -> None:
    line = Line({CUSTOMERS: [[row(1)], [row(2)]]})
    ids = [guid(each) for each in range(150)]

    assert service(line).among(Question("Customer"), "Id", [*ids, *ids]) == [row(1), row(2)]
    asked = [each.body["Conditions"][0] for each in line.asked]
    assert [each["Operator"] for each in asked] == [7, 7]
    assert asked[0]["Values"] + asked[1]["Values"] == ids


def test_without_ids_nothing_is_asked() -> None:
    line = Line()

    assert service(line).among(Question("Customer"), "Id", []) == []
    assert line.asked == []


# Days -----------------------------------------------------------------------------------------------------------


DAY = Field("Day", format="date")
MOMENT = Field("At", format="date-time")


def read(field: Field, value: Any) -> Any:
    return DIALECT.read({field.name: field}, {field.name: value}, lambda *_: None).get(field.name, "not told")


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("/Date(1520491871000)/", "2018-03-08T06:51:11+00:00"),
        ("/Date(1760000000123)/", "2025-10-09T08:53:20.123000+00:00"),
        ("/Date(-1000)/", "1969-12-31T23:59:59+00:00"),
        ("/Date(1760000000000+0200)/", "2025-10-09T08:53:20+00:00"),
    ],
)
def test_a_moment_is_told_in_greenwich(text: str, iso: str) -> None:
    assert read(MOMENT, text) == iso


@pytest.mark.requirement("X-06")
@pytest.mark.parametrize(
    "day",
    ["2026-03-28", "2026-03-29", "2026-03-30", "2026-10-24", "2026-10-25", "2026-10-26", "2026-12-31", "2024-02-29"],
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Brussels"])
def test_a_day_is_the_same_day_whether_it_comes_as_midnight_here_or_in_greenwich(day: str, zone: str) -> None:
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))

    assert read(DAY, f"/Date({int(midnight.timestamp()) * 1000})/") == day


@given(st.dates(date(1971, 1, 1), date(2999, 12, 31)))
def test_a_day_goes_there_and_back_as_the_same_day(day: date) -> None:
    assert read(DAY, day_told("Day", day.isoformat())) == day.isoformat()


@given(st.dates(date(1971, 1, 1), date(2100, 12, 31)), st.integers(-14 * 60, 14 * 60))
def test_a_day_with_an_offset_is_the_day_of_the_clock_that_wrote_it(day: date, minutes: int) -> None:
    offset = timedelta(minutes=minutes)
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - offset
    sign, hours = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    written = f"/Date({(moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)}{sign}{hours[0]:02}{hours[1]:02})/"

    assert read(DAY, written) == day.isoformat()


@pytest.mark.requirement("X-06")
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "Europe/Brussels"])
def test_the_zone_of_the_machine_moves_no_day(zone: str) -> None:
    program = (
        "from syncrules_providers.torm_values import *; from syncrules.manifest_reading import *;"
        "from importlib.resources import files;"
        "m = load_manifest(files('syncrules_providers') / 'winbooks.manifest.yaml'); d = Dialect(m.wire, m.types);"
        "f = {'D': Field('D', format='date')};"
        "days = ['2026-03-29', '2026-10-25', '2026-09-15'];"
        "print(*[day_told('D', each) for each in days],"
        " *[d.read(f, {'D': day_told('D', each)}, print)['D'] for each in days])"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "TZ": zone}, capture_output=True, text=True, check=True
    )

    assert told.stdout.split() == [
        "/Date(1774742400000)/",
        "/Date(1792886400000)/",
        "/Date(1789430400000)/",
        "2026-03-29",
        "2026-10-25",
        "2026-09-15",
    ]


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("far_away")
def test_a_moment_without_an_offset_is_in_greenwich_wherever_the_machine_stands() -> None:
    assert moment_told("2025-10-09T08:53:20") == moment_told("2025-10-09T10:53:20+02:00") == "/Date(1760000000000)/"


@pytest.mark.parametrize("text", ["/Date(-62135596800000)/", "/Date(-62135600400000)/", "/Date(-62135589600000)/"])
@pytest.mark.parametrize("field", [DAY, MOMENT])
def test_the_first_day_of_the_calendar_is_no_day(text: str, field: Field) -> None:
    assert read(field, text) is None


@pytest.mark.parametrize(
    "value", ["2026-09-15", "/Date()/", "/Date(1e5)/", "/Date(9999999999999999)/", "soon", 5, True]
)
def test_what_is_no_day_is_nonsense_and_not_an_empty_field(value: Any) -> None:
    with pytest.raises(Unreadable, match="Day holds"):
        read(DAY, value)


def test_no_day_is_made_of_what_is_none() -> None:
    with pytest.raises(Unwritable, match="'soon' is not a day"):
        day_told("BookDate", "soon")
    assert moment_of("yesterday") is None


# Values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "wanted"),
    [
        (Field("Code"), "2000  ", "2000"),
        (Field("Code"), 4711, "4711"),
        (Field("Code"), "", ""),
        (Field("Code"), None, None),
        (Field("Match", format="uuid"), NOTHING, None),
        (Field("Match", format="uuid"), guid(1), guid(1)),
        (Field("Amount", type="number"), 1210, Decimal(1210)),
        (Field("Amount", type="number"), Decimal("-0.10"), Decimal("-0.10")),
        (Field("Amount", type="number", decimals=2), 1210, Decimal("1210.00")),
        (Field("Amount", type="number", decimals=2), Decimal("0.5"), Decimal("0.50")),
        (Field("Amount", type="number", decimals=2), Decimal("0.505"), Decimal("0.505")),
        (
            Field("Amount", type="number", decimals=2),
            Decimal("12345678901234567890.1"),
            Decimal("12345678901234567890.10"),
        ),
        (Field("Amount", type="number", decimals=2), Decimal("1E+60"), Decimal("1E+60")),
        (Field("Number", type="integer"), 4021, 4021),
        (Field("Locked", type="boolean"), False, False),
    ],
)
def test_a_value_is_read_as_its_field_says(field: Field, value: Any, wanted: Any) -> None:
    found = read(field, value)

    assert (str(found), type(found)) == (str(wanted), type(wanted))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (Field("Amount", type="number"), "12"),
        (Field("Amount", type="number"), True),
        (Field("Number", type="integer"), Decimal("1.5")),
        (Field("Number", type="integer"), True),
        (Field("Locked", type="boolean"), 1),
        (Field("Code"), True),
        (Field("Code"), {"a": 1}),
    ],
)
def test_a_value_that_does_not_fit_is_never_read_as_another(field: Field, value: Any) -> None:
    with pytest.raises(Unreadable, match=field.name):
        read(field, value)


def test_what_an_answer_leaves_out_is_not_told() -> None:
    assert DIALECT.read({"Code": Field("Code"), "Name": Field("Name")}, {"Code": "A"}, lambda *_: None) == {"Code": "A"}


@pytest.mark.requirement("X-06")
def test_an_amount_keeps_its_digits_both_ways() -> None:
    from syncrules_providers.torm import _encoder
    from syncrules_providers.torm_values import decoded

    fields = {"Amount": Field("Amount", type="number")}
    amounts = ["0.1", "1210.00", "-99999999999999.99", "0.30000000000000004"]
    sent = [_encoder.encode(DIALECT.write("GLTrans", fields, {"Amount": Decimal(each)}, new=True)) for each in amounts]

    assert [each.rpartition(b'"Amount":')[2].rstrip(b"}").decode() for each in sent] == amounts
    assert [str(decoded(each)["Amount"]) for each in sent] == amounts


def test_levels_are_counted_from_the_innermost_object() -> None:
    line = DIALECT.typed("GLTrans", {"Amount": 1})

    assert line["TotalLevel"] == 2
    assert DIALECT.typed("GLTransHeader", {"GLTransactions": [line, line], "Journal": 1})["TotalLevel"] == 3


# Refusals -------------------------------------------------------------------------------------------------------


def test_a_missing_object_is_none_and_a_missing_folder_is_not() -> None:
    closed = {"GET Customer/A": [(204, None)], "GET Customer/B": [(404, {"Message": "?"})]}
    line = Line(closed | {"POST Journals/ExecuteCriteria": [(404, {"Message": "?"})]})

    assert service(line).one("Customer", "A") is None
    with pytest.raises(LoginRefused, match="no folder with this company code"):
        service(line).one("Customer", "B")


def test_what_is_refused_in_an_open_folder_does_not_end_the_run_as_a_login() -> None:
    line = Line({"GET Gadgets": [(404, {"Message": "No such model"})], "POST Journals/ExecuteCriteria": [[row(1)]]})

    with pytest.raises(NotReadable, match="Gadget cannot be read: No such model"):
        list(service(line).all("Gadget"))


def test_no_list_is_an_empty_list() -> None:
    assert service(Line({CUSTOMERS: [(204, None)]})).ask(Question("Customer")) == []


@pytest.mark.parametrize("answer", [(200, b"<html>"), (200, b"{}"), (200, b'"a"'), (302, None), (207, None)])
def test_what_is_no_list_is_nonsense(answer: object) -> None:
    with pytest.raises(Nonsense):
        service(Line({CUSTOMERS: [answer]})).ask(Question("Customer"))


@pytest.mark.parametrize("answer", [(200, b"<html>"), (200, b"[1]"), (302, None)])
def test_what_is_no_object_is_nonsense(answer: object) -> None:
    with pytest.raises(Nonsense):
        service(Line({"GET Customer/A": [answer]})).one("Customer", "A")


def test_a_refused_write_says_what_the_system_said_and_with_which_status() -> None:
    line = Line({"PUT Customer/A": [(400, {"Message": "Unknown  code\n'30X'"})]})

    with pytest.raises(RecordRefused, match=r"^WinBooks on Web: Unknown code '30X'") as caught:
        service(line).write("PUT", "Customer", {}, "A")
    assert caught.value.code == "400"


@pytest.mark.parametrize("body", [b"", b"<html>oops</html>", b'{"Message": null}', b"[]"])
def test_a_refusal_without_a_sentence_gives_its_status(body: bytes) -> None:
    with pytest.raises(RecordRefused, match="refused with status 422"):
        service(Line({"PUT Customer/A": [(422, body)]})).write("PUT", "Customer", {}, "A")


def test_a_write_to_what_is_gone_says_so_only_when_it_is_seen_to_be_gone() -> None:
    journals = {"POST Journals/ExecuteCriteria": [[row(1)], [row(1)]]}
    gone = Line(journals | {"PUT Customer/A": [(404, None)], "GET Customer/A": [(204, None)]})
    there = Line(journals | {"PUT Customer/A": [(404, None)], "GET Customer/A": [row(1)]})

    with pytest.raises(RecordGone):
        service(gone).write("PUT", "Customer", {}, "A")
    with pytest.raises(RecordRefused, match="status 404"):
        service(there).write("PUT", "Customer", {}, "A")


def test_a_write_into_a_folder_that_was_closed_ends_the_run() -> None:
    closed = [(403, {"Message": "Rest API module is not active"})]
    line = Line({"PUT Customer/A": [*closed], "POST Journals/ExecuteCriteria": [*closed]})

    with pytest.raises(LoginRefused, match="module is not active"):
        service(line).write("PUT", "Customer", {}, "A")


@pytest.mark.parametrize(
    "answer", [(500, {"Message": "An error has occurred."}), (502, None), (302, None), (503, None)]
)
def test_a_write_whose_outcome_nobody_knows_is_not_repeated(answer: object) -> None:
    line = Line({"PUT Customer/A": [answer]})

    with pytest.raises(OutcomeUnknown):
        service(line).write("PUT", "Customer", {}, "A")
    assert len(line.asked) == 1


@pytest.mark.requirement("X-15")
def test_no_secret_is_repeated_from_a_refusal() -> None:
    secrets = ["acc-1", "ref-1", SETTINGS["exchange_token"]]
    line = Line({"PUT Customer/A": [(400, {"Message": f"bad: {' '.join(secrets)}"})]})

    with pytest.raises(RecordRefused) as caught:
        service(line).write("PUT", "Customer", {}, "A")
    assert str(caught.value).count("***") == 3
    assert not any(each in f"{caught.value} {caught.value.cure} {caught.value.code}" for each in secrets)


def test_the_period_of_a_day_is_asked_for_as_the_vendor_shows_it() -> None:
    line = Line({PERIODS: [[row(9, Number=9, Modified=STAMP)]]})

    found = line.winbooks().look_up("bookings", "period of a day", {"BookDate": "2026-09-15"})

    assert found == guid(9)
    (asked,) = line.asked
    assert asked.body.pop("Alias") == "this"
    assert asked.body == {
        "EntityType": "Winbooks.TORM.OM.Accounting.BookPeriod, Winbooks.TORM.OM",
        "Conditions": [
            {"Operator": 0, "PropertyName": "RelatedYear", "OtherPropertyName": "", "Values": [2026]},
            {"Operator": 0, "PropertyName": "RelatedMonth", "OtherPropertyName": "", "Values": [9]},
            {
                "Operator": 21,
                "PropertyName": "",
                "OtherPropertyName": "",
                "Values": [{"Operator": 0, "PropertyName": "Number", "OtherPropertyName": "", "Values": [0]}],
            },
        ],
        "Orders": [{"PropertyName": "Number", "Alias": None, "Projections": None, "Ascending": True}],
        "FirstResult": 0,
        "MaxResult": 1,
    }
