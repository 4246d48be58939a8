"""A side that is only written to: sent whole, in batches, taken away again, and begun again when it is out of step."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partialmethod

import pytest
from mirror_world import MAPPING, Killed, Mirror, changed, mirror

from syncrules.errors import ProviderError
from syncrules.memory.memory import Memory

SALE = (("400", "121.00"), ("700", "-100.00"), ("451", "-21.00"))
COST = (("600", "10.00"), ("550", "-10.00"))


@pytest.fixture
def here() -> Iterator[Mirror]:
    """Two documents, sent."""
    with mirror() as made:
        made.books.put("years", "y1", Start="2026-01-01", End="2026-12-31")
        made.books.put("accounts", "a140", Code="140", Name="Carried")
        made.books.document("S1", *SALE)
        made.books.document("C1", *COST)
        made.run()
        yield made


def total(here: Mirror) -> Decimal:
    return sum((each["value"] for each in here.board.entries.values()), Decimal(0))


# Sent whole, in batches ------------------------------------------------------------------------------------------------


def test_what_cannot_be_read_back_is_sent_once_and_then_compared_with_its_own_past(here: Mirror) -> None:
    assert here.board.values == {
        "S1-0": "121.00",
        "S1-1": "-100.00",
        "S1-2": "-21.00",
        "C1-0": "10.00",
        "C1-1": "-10.00",
    }
    assert here.board.entries["S1-0"] == {
        "key": "S1-0",
        "account": "400",
        "value": Decimal("121.00"),
        "text": "S1 0",
        "day": "2026-02-01",
    }
    for whole in (False, True):
        result = here.run(whole=whole)

        assert (result.writes, here.board.calls) == (0, [])


def test_an_update_sends_the_whole_record(here: Mirror) -> None:
    here.books.put("lines", "S1-0", Text="Another")
    here.run()

    (call,) = here.board.calls
    (write,) = call.writes
    assert (write.verb, write.key) == ("update", "S1-0")
    assert write.record == {
        "key": "S1-0",
        "account": "400",
        "value": Decimal("121.00"),
        "text": "Another",
        "day": "2026-02-01",
    }


def test_a_value_that_was_emptied_is_left_out_of_what_replaces_the_record(here: Mirror) -> None:
    here.books.put("lines", "S1-0", Text=None)
    here.run()

    assert "text" not in here.board.entries["S1-0"]


def test_a_batch_holds_no_more_than_it_may_and_never_half_a_document(here: Mirror) -> None:
    for number in range(2, 6):
        here.books.document(f"S{number}", *SALE)
    here.run()

    calls = [call for call in here.board.calls if call.resource == "entries"]
    assert [len(call.writes) for call in calls] == [3, 3, 3, 3]
    assert all(len({each.key.partition("-")[0] for each in call.writes}) == 1 for call in calls)
    assert len({call.mark for call in calls}) == 4
    assert here.board.last == calls[-1].mark


def test_a_document_that_is_longer_than_a_batch_goes_in_several(here: Mirror) -> None:
    here.books.document("L1", *(("600", "1.00") for _ in range(9)), ("550", "-9.00"))
    here.books.document("S2", *COST)
    here.run()

    assert [len(call.writes) for call in here.board.calls if call.resource == "entries"] == [4, 4, 4]
    assert total(here) == 0


def test_one_line_goes_alone_before_a_document_that_fills_a_batch(here: Mirror) -> None:
    here.books.document("S2", ("400", "0.00"))
    here.books.document("S3", *COST, *COST)
    here.run()

    assert [len(call.writes) for call in here.board.calls if call.resource == "entries"] == [1, 4]


def test_a_document_is_not_torn_because_the_plan_is_read_in_pages(
    here: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Memory, "actions", partialmethod(Memory.actions, limit=4))
    for number in range(2, 6):
        here.books.document(f"S{number}", *SALE)
    here.run()

    assert [len(call.writes) for call in here.board.calls if call.resource == "entries"] == [3, 3, 3, 3]


def test_accounts_go_before_the_lines_that_point_to_them_and_only_if_one_does(here: Mirror) -> None:
    assert set(here.board.accounts) == {"400", "451", "550", "600", "700"}

    here.books.document("S2", ("140", "5.00"), ("400", "-5.00"))
    here.run()

    assert [call.resource for call in here.board.calls] == ["accounts", "entries"]
    assert here.board.accounts["140"] == {"number": "140", "name": "Carried"}
    assert here.states() == {}


def test_an_account_that_nobody_uses_says_so(here: Mirror) -> None:
    assert here.states() == {"Carried": ("excluded", "no line points to it")}


# What belongs together -------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-06")
def test_a_document_that_does_not_add_up_is_not_sent_and_comes_when_it_does(here: Mirror) -> None:
    here.books.document("S2", ("400", "121.00"), ("700", "-100.00"))
    here.run()

    assert not [each for each in here.board.entries if each.startswith("S2")]
    assert here.states()["S2 0"] == ("failed", "the document is balanced: 21.00 is not 0")

    here.books.document("S2", *SALE)
    here.run()

    assert len([each for each in here.board.entries if each.startswith("S2")]) == 3


def test_with_a_line_that_waits_the_rest_of_its_document_waits(here: Mirror) -> None:
    here.books.document("S2", ("400", "121.00"), ("", "-121.00"))
    here.run()

    assert not [each for each in here.board.entries if each.startswith("S2")]
    assert here.states()["S2 1"] == ("waiting", "no account")
    assert here.states()["S2 0"] == ("waiting", "waits with 'S2 1', to which it belongs: no account")

    here.books.document("S2", ("400", "121.00"), ("700", "-121.00"))
    here.run()

    assert here.board.values["S2-1"] == "-121.00"
    assert total(here) == 0


@pytest.mark.requirement("X-08")
def test_with_an_account_that_is_refused_the_documents_wait_that_point_to_it_and_no_other(here: Mirror) -> None:
    here.books.document("S2", ("400", "5.00"), ("999", "-5.00"))
    here.books.document("S3", *COST)
    here.board.refuses = lambda record: "there is no such account" if record.get("number") == "999" else ""
    here.run()

    assert {key.partition("-")[0] for key in here.board.entries} == {"S1", "C1", "S3"}
    waits = ("waiting", "the account it belongs to could not be written")
    assert {name: state for name, state in here.states().items() if name.startswith("S")} == {
        "S2 0": waits,
        "S2 1": waits,
    }


def test_one_that_is_refused_takes_its_document_with_it_and_nothing_else(here: Mirror) -> None:
    here.board.refuses = lambda record: "this text is not nice" if record.get("text") == "S3 1" else ""
    for number in range(2, 6):
        here.books.document(f"S{number}", *COST)
    here.run()

    sent = {each.partition("-")[0] for each in here.board.entries}
    assert sent == {"S1", "C1", "S2", "S4", "S5"}
    assert {each for each in here.states() if here.states()[each][0] == "failed"} == {"S3 0", "S3 1"}
    assert "The Board refused it: this text is not nice" in here.states()["S3 0"][1]
    assert here.run().writes == 0

    here.board.refuses = lambda _: ""
    here.books.put("lines", "S3-0", Text="nicer")
    here.books.put("lines", "S3-1", Text="nicer")
    here.run()

    assert total(here) == 0
    assert "S3-1" in here.board.entries


def test_a_line_that_takes_the_place_of_another_goes_in_one_call_although_changes_are_blind_to_deletions(
    here: Mirror,
) -> None:
    here.books.remove("lines", "S1-2")
    here.books.put(
        "lines", "S1-9", Doc="S1", Account={"Id": "a451", "Code": "451"}, Amount=Decimal("-21.00"), Text="new", Day="2026-02-01", Draft=False
    )  # fmt: skip
    here.run()

    (call,) = here.board.calls
    assert sorted((each.verb, each.key) for each in call.writes) == [("create", "S1-9"), ("delete", "S1-2")]
    assert total(here) == 0


# Deletion --------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("SF-04")
def test_what_was_deleted_goes_there_too_once_a_complete_read_shows_it(here: Mirror) -> None:
    here.books.remove("lines", "C1-0", "C1-1")
    here.run()

    assert "C1-0" in here.board.entries

    result = here.run(whole=True)

    assert result.counts["deleted"] == 2
    assert set(here.board.values) == {"S1-0", "S1-1", "S1-2"}
    assert here.known("line", "C1-0") is None
    assert here.run(whole=True).writes == 0


def test_what_comes_back_after_it_was_deleted_is_new(here: Mirror) -> None:
    here.books.remove("lines", "C1-0", "C1-1")
    here.run(whole=True)
    here.books.document("C1", *COST)
    here.run()

    assert here.board.values["C1-0"] == "10.00"


@pytest.mark.requirement("X-10")
@pytest.mark.parametrize("half", [True, False])
def test_a_list_that_is_empty_or_half_is_no_reason_to_delete(here: Mirror, half: bool) -> None:
    for number in range(10):
        here.books.document(f"T{number}", *COST)
    here.run()
    before, rows = dict(here.board.entries), here.books.tables["lines"]
    here.books.half = "lines" if half else ""
    here.books.tables["lines"] = rows if half else {}
    result = here.run(whole=True)

    assert result.stopped
    assert here.board.entries == before
    assert [name for _, name, _, _ in here.memory.brakes()] == ["deletions"]

    here.books.half, here.books.tables["lines"] = "", rows
    result = here.run(whole=True)

    assert (result.stopped, result.writes, here.memory.brakes()) == ([], 0, [])


@pytest.mark.requirement("X-10")
def test_many_deletions_go_when_somebody_says_so_and_that_holds_once(here: Mirror) -> None:
    for number in range(10):
        here.books.document(f"T{number}", *COST)
    here.run()
    gone = [f"T{number}-{place}" for number in range(4) for place in (0, 1)]
    rows = {each: dict(here.books.tables["lines"][each]) for each in gone}
    here.books.remove("lines", *gone)

    assert here.run(whole=True).stopped
    assert set(gone) <= set(here.board.entries)

    here.accept("line", "deletions")
    here.plan()
    result = here.run(whole=True)

    assert (result.stopped, result.counts["deleted"]) == ([], 8)
    assert not set(gone) & set(here.board.entries)

    here.books.tables["lines"].update(rows)
    here.run(whole=True)
    here.books.remove("lines", *gone)

    assert here.run(whole=True).stopped


@pytest.mark.requirement("X-10")
def test_a_changed_mapping_is_no_reason_to_delete(here: Mirror) -> None:
    here.text = changed(("where: {Draft: false}", 'where: {Draft: false, Day: {from: "2026-03-01"}}'))
    result = here.run()

    assert result.stopped == ["line: the mapping or its settings changed, and 5 would be deleted"]
    assert len(here.board.entries) == 5


def test_what_may_no_longer_come_in_is_taken_away_and_comes_back(here: Mirror) -> None:
    for each in ("C1-0", "C1-1"):
        here.books.put("lines", each, Draft=True)
    result = here.run()

    assert result.counts["deleted"] == 2
    assert "C1-0" not in here.board.entries
    assert here.states()["C1 0"][0] == "excluded"
    assert here.run(whole=True).writes == 0

    for each in ("C1-0", "C1-1"):
        here.books.put("lines", each, Draft=False)
    here.run()

    assert here.board.values["C1-0"] == "10.00"
    assert here.run(whole=True).writes == 0


def test_a_plan_shows_what_is_deleted_and_deletes_nothing(here: Mirror) -> None:
    here.books.remove("lines", "C1-0", "C1-1")
    here.clock.sleep(2 * 24 * 3600)
    planned = here.plan()

    assert [(each["verb"], each["key"]) for each in planned] == [("delete", "C1-0"), ("delete", "C1-1")]
    assert ["Value", "10", None] in planned[0]["fields"]
    assert "C1-0" in here.board.entries


# Lost answers and kills ------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize("mishap", ["lost before", "lost after"])
def test_a_batch_whose_answer_was_lost_is_sent_again_and_nothing_comes_twice(here: Mirror, mishap: str) -> None:
    here.books.document("S2", *COST)
    here.books.put("lines", "S1-0", Text="Another")
    here.board.next = [mishap]
    first = here.run()

    assert first.counts["unknown"]

    here.run()

    assert here.board.entries["S1-0"]["text"] == "Another"
    assert here.board.values["S2-0"] == "10.00"
    assert (total(here), here.board.emptied) == (Decimal(0), 1)
    assert here.run().writes == 0


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize("mishap", ["lost after", "killed after"])
def test_what_went_back_to_what_it_was_while_the_answer_was_lost_is_right_there_too(here: Mirror, mishap: str) -> None:
    here.books.put("lines", "S1-0", Text="Another")
    here.board.next = [mishap]
    if mishap.startswith("killed"):
        with pytest.raises(Killed):
            here.run()
    else:
        here.run()
    here.books.put("lines", "S1-0", Text="S1 0")
    here.run()

    assert here.board.entries["S1-0"]["text"] == "S1 0"


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize("mishap", ["killed before", "killed after", "lost before", "lost after"])
def test_what_is_deleted_while_it_is_not_known_whether_it_was_sent_is_not_left_there(here: Mirror, mishap: str) -> None:
    here.books.document("S2", *COST)
    here.board.next = [mishap]
    if mishap.startswith("killed"):
        with pytest.raises(Killed):
            here.run()
    else:
        here.run()
    here.books.remove("lines", "S2-0", "S2-1")
    here.run(whole=True)
    here.run(whole=True)

    assert set(here.board.values) == {"S1-0", "S1-1", "S1-2", "C1-0", "C1-1"}
    assert here.run(whole=True).writes == 0


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize("mishap", ["killed before", "killed after", "lost before", "lost after"])
def test_what_comes_back_while_it_is_not_known_whether_it_was_deleted_is_there(here: Mirror, mishap: str) -> None:
    rows = {each: dict(here.books.tables["lines"][each]) for each in ("C1-0", "C1-1")}
    here.books.remove("lines", *rows)
    here.board.next = [mishap]
    if mishap.startswith("killed"):
        with pytest.raises(Killed):
            here.run(whole=True)
    else:
        here.run(whole=True)
    here.books.tables["lines"].update(rows)
    here.run(whole=True)
    here.run(whole=True)

    assert here.board.values["C1-0"] == "10.00"
    assert total(here) == 0
    assert here.run(whole=True).writes == 0


def test_a_board_that_is_down_leaves_everything_to_the_next_run(here: Mirror) -> None:
    here.books.document("S2", *COST)
    here.board.next = ["down"]
    with pytest.raises(ProviderError, match="it is not there"):
        here.run()
    here.run()

    assert here.board.values["S2-0"] == "10.00"
    assert here.board.emptied == 1


def test_a_rhythm_goes_on_from_what_was_carried_out_and_not_from_what_was_tried() -> None:
    """Else what is sent once a day would come a day late wherever the board was down for a moment."""
    with mirror(MAPPING.replace("when: {books: at_once}", "when: {books: {every: {hours: 24}}}")) as here:
        here.books.document("S1", *SALE)
        here.run()
        here.clock.sleep(24 * 3600)
        here.books.document("S2", *COST)
        here.board.next = ["down"]
        with pytest.raises(ProviderError, match="it is not there"):
            here.run(due_only=True)

        here.run(due_only=True)
        assert here.board.values["S2-0"] == "10.00"

        here.books.document("S3", *COST)
        here.run(due_only=True)
        assert "S3-0" not in here.board.values


# Marks -----------------------------------------------------------------------------------------------------------------


def test_the_first_call_empties_what_may_be_there(here: Mirror) -> None:
    assert here.board.emptied == 1


@pytest.mark.requirement("X-16")
def test_a_lost_memory_begins_again_and_leaves_nothing_behind(here: Mirror) -> None:
    here.books.remove("lines", "C1-0", "C1-1")
    here.begin_anew()
    here.run()

    assert set(here.board.values) == {"S1-0", "S1-1", "S1-2"}
    assert here.board.emptied == 2
    assert here.run(whole=True).writes == 0


@pytest.mark.parametrize("mark", ["somebody else's", None])
def test_a_board_that_is_out_of_step_is_emptied_and_filled_again(here: Mirror, mark: str | None) -> None:
    here.board.last = mark
    here.board.entries.pop("S1-0")
    here.board.entries["strange"] = {"key": "strange", "value": Decimal(1)}
    result = here.run()

    assert len(here.board.entries) == 5
    assert (total(here), here.board.emptied) == (Decimal(0), 2)
    assert result.counts["updated"] == 10
    last = here.memory.last_run()
    assert last is not None
    assert "everything is sent again" in here.memory.notices(last["run"])[0][2]
    assert here.run(whole=True).writes == 0
    assert here.board.emptied == 2


def test_a_call_that_is_refused_because_it_is_out_of_step_begins_again_in_the_next_run(here: Mirror) -> None:
    here.books.document("S2", *COST)
    here.board.next = ["out of step"]
    with pytest.raises(ProviderError, match="not what was left here"):
        here.run()
    here.run()

    assert (len(here.board.entries), here.board.emptied, total(here)) == (7, 2, Decimal(0))


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize("moment", range(4))
@pytest.mark.parametrize("mishap", ["killed before", "killed after", "lost after", "lost before"])
def test_beginning_again_may_be_broken_off_anywhere(here: Mirror, mishap: str, moment: int) -> None:
    here.board.last = "somebody else's"
    here.board.next = [*[""] * moment, mishap]
    try:
        here.run()
    except (Killed, ProviderError):
        here.board.next = []
    here.run()
    here.run()

    assert (len(here.board.entries), total(here)) == (5, Decimal(0))
    assert here.run(whole=True).writes == 0


@pytest.mark.requirement("X-10")
def test_a_brake_keeps_a_board_that_is_out_of_step_as_it_is(here: Mirror) -> None:
    before = dict(here.board.entries)
    here.board.last = "somebody else's"
    rows, here.books.tables["lines"] = here.books.tables["lines"], {}
    result = here.run()

    assert result.stopped
    assert (here.board.entries, here.board.emptied) == (before, 1)

    here.books.tables["lines"] = rows
    here.run()

    assert (here.board.entries, here.board.emptied) == (before, 2)


# Whole lists -----------------------------------------------------------------------------------------------------------


def test_one_change_sends_the_complete_list(here: Mirror) -> None:
    here.books.put("years", "y2", Start="2027-01-01", End="2027-12-31")
    here.run()

    (call,) = here.board.calls
    assert call.records == [
        {"start": "2026-01-01", "end": "2026-12-31"},
        {"start": "2027-01-01", "end": "2027-12-31"},
    ]
    assert call.beside == {"carry": {"account": "140", "always": True}}
    assert here.run(whole=True).writes == 0


def test_what_travels_beside_a_list_sends_it_again_when_it_changes(here: Mirror) -> None:
    here.settings = {"carried to": "141"}
    (planned,) = here.plan()

    assert planned["fields"] == [["carry.account", "140", "141"]]

    here.run()

    assert here.board.carry == {"carry": {"account": "141", "always": True}}
    assert here.run(whole=True).writes == 0


def test_what_travels_beside_a_list_is_sent_until_it_has_arrived(here: Mirror) -> None:
    here.settings = {"carried to": "141"}
    here.board.next = ["down"]
    with pytest.raises(ProviderError, match="it is not there"):
        here.run()
    (planned,) = here.plan()

    assert planned["fields"] == [["carry.account", "140", "141"]]


def test_a_list_goes_in_one_call_however_long_its_plan_is(here: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Memory, "actions", partialmethod(Memory.actions, limit=2))
    for year in range(2027, 2032):
        here.books.put("years", f"y{year}", Start=f"{year}-01-01", End=f"{year}-12-31")
    here.run()

    (call,) = here.board.calls
    assert [each["start"][:4] for each in call.records] == [f"{year}" for year in range(2026, 2032)]


def test_what_is_taken_out_of_a_list_is_left_out_and_the_rest_stays() -> None:
    text = changed(
        ("books: {resource: years}", "books: {resource: years, where: {End: {filled: true}}}"),
        (
            "deleted: ignore}}\n    fields:\n      First day",
            "deleted: ignore, filtered_out: delete}}\n    fields:\n      First day",
        ),
    )
    with mirror(text) as here:
        for year in (2026, 2027, 2028):
            here.books.put("years", f"y{year}", Start=f"{year}-01-01", End=f"{year}-12-31")
        here.run()
        here.books.put("years", "y2026", End=None)
        here.run()

        assert [each["start"] for each in here.board.years] == ["2027-01-01", "2028-01-01"]


def test_no_list_is_sent_without_what_may_be_in_it_already(here: Mirror) -> None:
    here.books.put("years", "y2", Start="2027-01-01", End="2027-12-31")
    here.board.next = ["lost after"]
    here.run()
    here.books.put("years", "y2", End=None)
    here.books.put("years", "y3", Start="2028-01-01", End="2028-12-31")
    here.run()

    assert [each["start"] for each in here.board.years] == ["2026-01-01", "2027-01-01"]
    why = "'2027-01-01' may be there, and is not sent this time: a list without it would take it away"
    assert here.states()["y3"] == ("waiting", why)


@pytest.mark.parametrize("mishap", ["lost before", "lost after"])
def test_a_list_whose_answer_was_lost_is_sent_again(here: Mirror, mishap: str) -> None:
    here.books.put("years", "y2", Start="2027-01-01", End="2027-12-31")
    here.board.next = [mishap]
    here.run()
    here.run()

    assert [each["start"] for each in here.board.years] == ["2026-01-01", "2027-01-01"]
    assert here.run().writes == 0


def test_a_year_that_is_no_longer_told_stays_in_the_list(here: Mirror) -> None:
    here.books.put("years", "y2", Start="2027-01-01", End="2027-12-31")
    here.run()
    here.books.remove("years", "y1")
    here.books.put("years", "y2", End="2027-06-30")
    here.run(whole=True)

    assert here.board.years == [
        {"start": "2026-01-01", "end": "2026-12-31"},
        {"start": "2027-01-01", "end": "2027-06-30"},
    ]


def test_what_would_stand_under_the_id_of_another_waits_and_hinders_nobody(here: Mirror) -> None:
    here.books.put("years", "y2", Start="2026-01-01", End="2026-06-30")
    here.books.document("S9", *SALE)
    here.run()

    assert here.known("year", "y2").state == "waiting"  # type: ignore[union-attr]  # it is there
    assert "First day '2026-01-01' already stands for" in here.known("year", "y2").reason  # type: ignore[union-attr]  # it is there
    assert "S9-0" in here.board.entries
    assert [each["end"] for each in here.board.years] == ["2026-12-31"]

    here.books.put("years", "y2", Start="2027-01-01", End="2027-06-30")
    here.run()

    assert [each["end"] for each in here.board.years] == ["2026-12-31", "2027-06-30"]


def test_two_that_would_stand_under_one_id_do_not_come_together_either(here: Mirror) -> None:
    for each in ("y2", "y3"):
        here.books.put("years", each, Start="2027-01-01", End="2027-12-31")
    here.run()

    assert sorted(here.known("year", each).state for each in ("y2", "y3")) == ["synced", "waiting"]  # type: ignore[union-attr]  # both are there
    assert len(here.board.years) == 2
