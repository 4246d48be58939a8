"""A manifest says what a system offers; what it leaves out is neutral, and what leads nowhere is told at its place."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pair_world import BOX, SHELF, manifest, manifest_of

from syncrules.errors import SpecError
from syncrules.manifest import Active, Alike, Manifest, Refusal, Resource
from syncrules.manifest_reading import load_manifest

SMALL = """\
manifest: 1
provider: box
title: The Box
certainty: assumed
resources:
  things:
    title: things
    id: Id
    fields:
      Id: {type: string}
"""


def things(more: str = "", fields: str = "") -> Resource:
    """Read a small resource with more to say; both are lines of YAML."""
    return small(more, fields).resources["things"]


def small(more: str = "", fields: str = "", top: str = "") -> Manifest:
    text = top + SMALL + "".join(f"      {each}\n" for each in fields.splitlines())
    return manifest_of(text + "".join(f"    {each}\n" for each in more.splitlines()))


# What is not said -----------------------------------------------------------------------------------------------------


def test_what_a_manifest_does_not_say_does_no_harm() -> None:
    resource, whole = things(), small()

    assert (resource.creatable, resource.update, resource.deletable) == (False, "none", False)
    assert (resource.active, resource.changes, resource.missing) == ("always", None, "deleted")
    assert (resource.name_path, resource.key, resource.external_id) == ("Id", "Id", "")
    assert (whole.absent_means_empty, whole.in_flight, whole.lag) == (False, 1, timedelta(0))
    assert (whole.limits, whole.asks, whole.refusals) == ((), (), ())


def test_a_field_is_a_text_that_may_be_written_unless_it_says_otherwise() -> None:
    fields = things(fields="A: {}\nB: {readOnly: true}\nC: {derived: It is added up.}\nD: {reference: [things]}").fields

    assert (fields["A"].type, fields["A"].read_only, fields["A"].max_length, fields["A"].enum) == (
        "string",
        False,
        None,
        (),
    )
    assert fields["B"].read_only
    assert fields["C"].read_only
    assert (fields["D"].type, fields["D"].reference) == ("object", ("things",))


# What is said ---------------------------------------------------------------------------------------------------------


def test_spans_of_time_are_read_with_how_certain_they_are() -> None:
    resource = things(
        "changes: {since: [Id], overlap: {minutes: 5, certainty: seen}, sweep: {days: 7}, blind_to: [deletions]}"
    )

    assert resource.changes is not None
    assert (resource.changes.overlap, resource.changes.sweep) == (timedelta(minutes=5), timedelta(days=7))
    assert (resource.changes.since, resource.changes.blind_to) == (("Id",), ("deletions",))
    assert small(top="lag: {seconds: 90}\n").lag == timedelta(seconds=90)


def test_without_an_overlap_or_a_sweep_there_is_none() -> None:
    changes = things("changes: {since: [Id]}").changes

    assert changes is not None
    assert (changes.overlap, changes.sweep) == (timedelta(0), None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("active: hidden", "hidden"),
        ("active: always", "always"),
        ("active: {field: Id, inactive: x}", Active("Id", "x", "", False)),
        (
            "active: {field: Id, inactive: true, writable: true, stamp: Id}\nupdate: sent_fields",
            Active("Id", True, "Id", True),
        ),
    ],
)
def test_whether_a_record_is_in_use_may_be_seen_or_not(text: str, expected: object) -> None:
    assert things(text).active == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("create: none", (False, "", "", ())),
        ("create: {unknown_outcome: ask}", (True, "ask", "", ())),
        ("create: {unknown_outcome: repeat_safe, requires: [Id]}", (True, "repeat_safe", "", ("Id",))),
        ("create: {unknown_outcome: {look_up: Id}}", (True, "look_up", "Id", ())),
    ],
)
def test_how_a_lost_create_is_found_out_is_declared(text: str, expected: object) -> None:
    resource = things(text)

    assert (resource.creatable, resource.unknown_outcome, resource.look_up, resource.requires) == expected


def test_what_the_system_takes_a_new_record_for_is_declared_with_a_cure() -> None:
    overwrites = "[{same: [Id, Name], ignoring: '.-', cure: Rename one., certainty: seen}, {same: [Id], cure: Look.}]"
    resource = things(f"create: {{unknown_outcome: ask, overwrites: {overwrites}}}", fields="Name: {}")

    assert resource.overwrites == (Alike(("Id", "Name"), ".-", "Rename one."), Alike(("Id",), "", "Look."))


@pytest.mark.parametrize(
    ("record", "looks"),
    [
        ({"Kind": "B", "Name": "De Molen B.V."}, "b|demolenbv"),
        ({"Kind": "B", "Name": "de  molen-BV"}, "b|demolenbv"),
        ({"Kind": "B", "Name": ""}, ""),
        ({"Kind": "B"}, ""),
        ({"Kind": "B", "Name": ".-"}, ""),
    ],
)
def test_white_space_capitals_and_what_is_ignored_do_not_count(record: dict[str, str], looks: str) -> None:
    assert Alike(("Kind", "Name"), ".-", "").looks(record) == looks


def test_limits_and_questions_are_read_in_their_order() -> None:
    top = (
        "limits:\n  - {calls: 2, per: second}\n  - {calls: 5000, per: month, of: [things], shared: all programs}\n"
        "connection:\n  asks:\n    user: {title: User name}\n    code: {title: Code, secret: true, help: On the page.}\n"
    )
    whole = small(top=top)

    assert [(each.calls, each.per, each.of) for each in whole.limits] == [
        (2, "second", ()),
        (5000, "month", ("things",)),
    ]
    assert [(each.name, each.title, each.secret) for each in whole.asks] == [
        ("user", "User name", False),
        ("code", "Code", True),
    ]


def test_a_manifest_is_read_once_and_a_changed_one_anew(tmp_path: Path) -> None:
    file = tmp_path / "box.manifest.yaml"
    file.write_text(SMALL)
    first, again = load_manifest(file), load_manifest(file)
    file.write_text(SMALL.replace("The Box", "The Other Box"))

    assert first is again
    assert load_manifest(file).title == "The Other Box"


# Paths ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("Name", "Name"),
        ("Address", "Address"),
        ("Address.City", "City"),
        ("Group.Code", "Code"),
        ("Owner.Address.City", "City"),
        ("Lines.Net", "Net"),
        ("Lines.Group.Code", "Code"),
        ("Nmae", None),
        ("Name.City", None),
        ("Address.Nowhere", None),
        ("", None),
    ],
)
def test_a_path_leads_through_parts_lists_and_references(path: str, found: str | None) -> None:
    field = manifest("box").field_at("things", path)

    assert (field.name if field is not None else None) == found


def test_every_path_that_is_listed_leads_somewhere() -> None:
    box = manifest("box")
    paths = list(box.paths("things"))

    assert {"Name", "Address.City", "Lines.Group.Code"} <= set(paths)
    assert [each for each in paths if box.field_at("things", each) is None] == []
    assert len(paths) == len(set(paths))


# Records --------------------------------------------------------------------------------------------------------------


def test_a_record_is_known_by_its_id_or_by_several() -> None:
    one = things()
    two = manifest_of(SMALL.replace("id: Id", "id: [Id, Year]") + "      Year: {type: integer}\n").resources["things"]

    assert one.key_of({"Id": 7}) == "7"
    assert two.key_of({"Id": "a", "Year": 2026}) == "a / 2026"


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"Id": "7", "Name": {"Full": "Ada"}}, "Ada"),
        ({"Id": "7", "Name": {"Full": ""}}, "7"),
        ({"Id": "7", "Name": {}}, "7"),
        ({"Id": "7", "Name": None}, "7"),
        ({"Id": "7"}, "7"),
        ({"Id": "7", "Name": {"Full": 0}}, "0"),
    ],
)
def test_a_person_is_told_the_name_or_else_the_id(record: dict[str, Any], name: str) -> None:
    assert things("name: Name.Full", fields="Name: {}").name_of(record) == name


@pytest.mark.parametrize(
    ("code", "says", "given", "fits"),
    [
        ("E1", "", ("E1", "whatever"), True),
        ("E1", "", ("E2", "whatever"), False),
        ("", "already exists", ("", "It ALREADY exists."), True),
        ("", "already exists", ("409", "It does not."), False),
        ("409", "exists", ("409", "it exists"), True),
        ("409", "exists", ("400", "it exists"), False),
        ("409", "exists", ("409", "no"), False),
    ],
)
def test_a_refusal_is_known_by_its_code_its_words_or_both(
    code: str, says: str, given: tuple[str, str], fits: bool
) -> None:
    assert Refusal(code, says, "invalid", "", "").fits(*given) is fits


# What is wrong --------------------------------------------------------------------------------------------------------

WRONG = [
    # a part of The Box, what stands there instead, what is said of it
    ("of: Address", "of: Adress", "there is no type 'Adress'"),
    ("of: Line", "of: Lien", "there is no type 'Lien'"),
    ("Owner: {reference: [things]", "Owner: {reference: [thing]", "there is no resource 'thing'"),
    ("    id: Id\n    name", "    id: Key\n    name", "'Key' is not a field of things"),
    ("unknown_outcome: ask", "unknown_outcome: {look_up: Nubmer}", "'Nubmer' is not a field of things"),
    ("keys: [Number]", "keys: [Nubmer]", "'Nubmer' is not a field of things"),
    (
        "create: {unknown_outcome: ask}",
        "create: {unknown_outcome: ask, overwrites: [{same: [Name, Nubmer], cure: x}]}",
        "'Nubmer' is not a field of things",
    ),
    ("field: Off", "field: Of", "'Of' is not a field of things"),
    ("external_id: {field: Ref}", "external_id: {field: Rfe}", "'Rfe' is not a field of things"),
    (
        "external_id: {field: Ref}",
        "external_id: {field: Ref}\n    within: {resource: nowhere, at: Owner}",
        "there is no resource 'nowhere'",
    ),
    (
        "external_id: {field: Ref}",
        "external_id: {field: Ref}\n    within: {resource: groups, at: Owenr}",
        "'Owenr' is not a field of things",
    ),
    ("parts: {street: Street", "parts: {street: Stret", "'Stret' is not a field of Address"),
    ("update: sent_fields", "updates: sent_fields", "'updates' means nothing here"),
    (
        "type: boolean, title: Flag",
        "type: bool, title: Flag",
        "'bool' cannot stand after 'type': it takes string, integer,",
    ),
    ("certainty: assumed", "certainty: sure", "'sure' cannot stand after 'certainty': it takes certain,"),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG, ids=[each[2] for each in WRONG])
def test_what_leads_nowhere_is_told_at_its_place(old: str, new: str, message: str) -> None:
    text = BOX.replace(old, new, 1)
    assert text != BOX

    with pytest.raises(SpecError) as caught:
        manifest_of(text)

    (problem,) = caught.value.problems
    assert problem.message.startswith(message)
    assert problem.place is not None
    where = text.splitlines()[problem.place.line - 1 :][:8]
    assert any(new.strip().splitlines()[-1][:12].strip() in each for each in where) or "certainty" in new


@pytest.mark.parametrize("text", ["", "[1, 2]", "manifest: 1", "title: x\n\ty: z"])
def test_what_is_no_manifest_at_all_is_told(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        manifest_of(text)
    assert caught.value.problems


def test_all_that_is_wrong_is_told_at_once() -> None:
    text = SHELF.replace("of: Row", "of: Rwo").replace("reference: [items]", "reference: [itmes]", 1)

    with pytest.raises(SpecError) as caught:
        manifest_of(text)
    assert [each.message for each in caught.value.problems] == [
        "there is no resource 'itmes'",
        "there is no type 'Rwo'",
    ]


def test_what_is_kept_is_not_what_is_asked() -> None:
    asks = "connection:\n  asks: {code: {title: Which code?}}\n  keeps: [%s]\n"

    assert small(top=asks % "pass").keeps == ("pass",)
    assert small().keeps == ()
    with pytest.raises(SpecError) as caught:
        small(top=asks % "code")
    assert [each.message for each in caught.value.problems] == [
        "'code' is asked for: what is kept needs a name of its own"
    ]
