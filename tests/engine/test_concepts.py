"""Every concept keeps its promises: there and back changes nothing, and what did not change is not taken apart."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from syncrules.vocabulary import address_line, countries, person_names
from syncrules.vocabulary.concepts import CONCEPTS, Concept
from syncrules.vocabulary.values import CannotCarry, squeezed

patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the first example loads word lists
Parts = Mapping[str, Any]
RICH = ("street", "number", "suffix", "extra", "postcode", "city", "country")
POOR = ("line", "postcode", "city", "country_name")
TWO_LINES = ("line", "line_2", "postcode", "city", "country")
NO_COUNTRY = ("line", "line_2", "postcode", "city")
NO_SUFFIX = ("street", "number", "postcode", "city", "country")
SPLIT = ("first", "middle", "last")
NO_MIDDLE = ("first", "last")
WITH_INITIALS = ("first", "middle", "last", "initials")
ALSO_FULL = ("full", "first", "last")
FULL = ("full",)


def cross(concept: Concept, parts: Parts, wanted: tuple[str, ...], present: Parts) -> dict[str, Any]:
    return concept.write(concept.read(parts), wanted, present)


EXAMPLES = [(each, *example) for each in CONCEPTS.values() for example in each.examples]


@pytest.mark.parametrize(("concept", "here", "there"), EXAMPLES, ids=[each.name for each, *_ in EXAMPLES])
def test_an_example_says_what_happens(concept: Concept, here: Parts, there: Parts) -> None:
    assert cross(concept, here, tuple(there), {}) == there


@pytest.mark.parametrize("concept", CONCEPTS.values(), ids=CONCEPTS)
def test_every_concept_is_described(concept: Concept) -> None:
    assert concept.doc.count(".") >= 1
    assert concept.examples
    assert concept.whole in concept.parts
    assert concept.context <= set(concept.parts)
    assert concept.read_only <= set(concept.parts)
    assert all(set(here) | set(there) <= set(concept.parts) for here, there in concept.examples)


@pytest.mark.parametrize("concept", CONCEPTS.values(), ids=CONCEPTS)
@pytest.mark.parametrize("nothing", [None, "", " \t"])
def test_nothing_is_nothing_everywhere(concept: Concept, nothing: object) -> None:
    parts = dict.fromkeys(concept.parts, nothing)
    writable = tuple(each for each in concept.parts if each not in concept.context | concept.read_only)

    assert concept.read(parts) is None
    assert concept.key(parts) is None
    assert concept.write(None, writable, {}) == dict.fromkeys(writable)


# --- Properties of all -----------------------------------------------------------------------------------------------

anything = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.decimals(),
    st.integers(-(10**30), 10**30),
    st.booleans(),
    st.sampled_from(["12", "12.0", "A", "-2", "/2", "bis", "Jan", "van der", "De", "Jan de Vries", "Vries, Jan de"]),
    st.sampled_from(["Kaai", "Kaai 12 A", "Plein 1944", "NL", "nl", "België", "Hollandia", "1234ab", "Gent"]),
    st.sampled_from(["2026-01-31", "2028-02-29T00:00:00", "9999-12-31", "30", "BE0123456789", Decimal("12.0"), 0]),
)


def sides(concept: Concept) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(concept.parts, anything))


def without_floats(value: object) -> bool:
    if isinstance(value, dict):
        return all(without_floats(each) for each in value.values())
    return not isinstance(value, float)


@pytest.mark.parametrize("concept", CONCEPTS.values(), ids=CONCEPTS)
@patiently
@given(data=st.data())
def test_only_cannot_carry_is_ever_raised(concept: Concept, data: st.DataObject) -> None:
    here, there = data.draw(sides(concept)), data.draw(sides(concept))
    wanted = tuple(there) or (concept.whole,)
    try:
        value = concept.read(here)
        written = concept.write(value, wanted, data.draw(st.sampled_from([there, {}])))
    except CannotCarry:
        return

    assert set(written) == set(wanted)
    assert without_floats(value)
    assert without_floats(written)


@pytest.mark.parametrize("concept", CONCEPTS.values(), ids=CONCEPTS)
@patiently
@given(data=st.data())
def test_the_normal_form_is_stable_and_can_be_kept_as_json(concept: Concept, data: st.DataObject) -> None:
    key = concept.key(data.draw(sides(concept)))

    assert json.loads(json.dumps(key)) == key
    if isinstance(key, dict):
        assert concept.key(key) == key


# --- Address ---------------------------------------------------------------------------------------------------------

ADDRESS = CONCEPTS["address"]

LINES = [
    ("Dorpsstraat 12", "Dorpsstraat", "12", ""),
    ("Dorpsstraat 12 2", "Dorpsstraat", "12", "2"),
    ("Dorpsstraat 12-2", "Dorpsstraat", "12", "2"),
    ("Dorpsstraat 12 - 14", "Dorpsstraat", "12", "14"),
    ("Dorpsstraat 12 t/m 16", "Dorpsstraat", "12", "t/m 16"),
    ("Dorpsstraat 12 en 14", "Dorpsstraat", "12", "en 14"),
    ("Plein 1944", "Plein 1944", "", ""),
    ("Plein 1944 12", "Plein 1944", "12", ""),
    ("Plein 12", "Plein", "12", ""),
    ("Laan 1940-1945", "Laan 1940-1945", "", ""),
    ("Laan 1940-1945 12b", "Laan 1940-1945", "12", "b"),
    ("Hoofdweg 1944", "Hoofdweg", "1944", ""),
    ("Laan van 4 mei 12", "Laan van 4 mei", "12", ""),
    ("Plein van 10 mei 1940", "Plein van 10 mei 1940", "", ""),
    ("18 Septemberplein 5", "18 Septemberplein", "5", ""),
    ("18 Septemberplein", "18 Septemberplein", "", ""),
    ("Kaai 12A", "Kaai", "12", "A"),
    ("Kaai 12 A", "Kaai", "12", "A"),
    ("Kaai 12a2", "Kaai", "12", "a2"),
    ("Kaai 12 bis", "Kaai", "12", "bis"),
    ("Kaai 12bis", "Kaai", "12", "bis"),
    ("Kaai 12 bis A", "Kaai", "12", "bis A"),
    ("Kaai 12/2", "Kaai", "12", "/2"),
    ("Kaai 12.2", "Kaai", "12", ".2"),
    ("Kaai 12 bus 0301", "Kaai", "12", "bus 0301"),
    ("Kaai 12, 2 hoog", "Kaai", "12", "2 hoog"),
    ("Kaai  12\thuis", "Kaai", "12", "huis"),
    ("Kaai 012", "Kaai 012", "", ""),
    ("Kaai 12 bij de brug", "Kaai 12 bij de brug", "", ""),
    ("Kaai", "Kaai", "", ""),
    ("12", "12", "", ""),
    ("1e Hugo de Grootstraat 5-III", "1e Hugo de Grootstraat", "5", "III"),
    ("2e Oosterparkstraat 101 hs", "2e Oosterparkstraat", "101", "hs"),
    ("Eerste Straat 5 1e verdieping", "Eerste Straat", "5", "1e verdieping"),
    ("Postbus 12", "Postbus", "12", ""),
    ("Postbus 20018", "Postbus", "20018", ""),
    ("Antwoordnummer 1234567", "Antwoordnummer 1234567", "", ""),
    ("Rue de la Loi 16 bte 4", "Rue de la Loi", "16", "bte 4"),
    ("Rue de la Loi, 16 boîte 4", "Rue de la Loi", "16", "boîte 4"),
    ("Rue du 8 mai 1945", "Rue du 8 mai 1945", "", ""),
    ("Rue du 8 mai 1945 12", "Rue du 8 mai 1945", "12", ""),
    ("12 rue de la Loi", "12 rue de la Loi", "", ""),
    ("Chaussée de Gand 1 B 7", "Chaussée de Gand", "1", "B 7"),
    ("Grote Markt 1 AB", "Grote Markt", "1", "AB"),
    ("", "", "", ""),
]


@pytest.mark.parametrize(("line", "street", "number", "suffix"), LINES, ids=[line or "empty" for line, *_ in LINES])
def test_a_line_is_taken_apart(line: str, street: str, number: str, suffix: str) -> None:
    parts = address_line.split(line)

    assert parts == address_line.Parts(street, number, suffix)
    assert address_line.split(address_line.join(parts)) == parts


@patiently
@given(st.one_of(st.text(), st.from_regex(r"[A-Za-z]{1,8} [0-9]{1,5}[ /.,A-Za-z0-9-]{0,12}", fullmatch=True)))
def test_a_line_that_is_split_and_joined_splits_into_the_same(line: str) -> None:
    parts = address_line.split(line)

    assert address_line.split(address_line.join(parts)) == parts
    assert address_line.same(line, address_line.join(parts))


@pytest.mark.parametrize(("line", "street", "number", "suffix"), LINES[:-1], ids=[line for line, *_ in LINES[:-1]])
def test_a_line_that_did_not_change_keeps_its_spelling(line: str, street: str, number: str, suffix: str) -> None:
    rich = cross(ADDRESS, {"line": line}, RICH, {})

    assert cross(ADDRESS, rich, ("line",), {"line": line}) == {"line": line}


@pytest.mark.parametrize(
    "rich",
    [
        {"street": "Dorpsstraat 12", "number": None, "suffix": "2"},
        {"street": "Plein", "number": Decimal("1944.0"), "suffix": None},
        {"street": "Plein 1944", "number": None, "suffix": None},
        {"street": "Kaai", "number": Decimal("12.0"), "suffix": "A"},
        {"street": "Kaai", "number": "12", "suffix": "-A"},
        {"street": "Kaai 12A", "number": None, "suffix": None},
        {"street": "12 rue", "number": "12A", "suffix": "B"},
    ],
)
def test_a_line_that_did_not_change_is_never_split_again(rich: Parts) -> None:
    line = cross(ADDRESS, rich, ("line",), {})

    assert cross(ADDRESS, line, ("street", "number", "suffix"), rich) == rich


word = st.sampled_from(["Kaai", "Dorpsstraat", "Plein 1944", "Plein", "12", "rue de la Loi", "1e Straat", "mei", "Ä b"])
door = st.sampled_from([None, "", "12", "12.0", Decimal("12.0"), 7, "1944", "12A", "A", "012", "12-2"])
suffix = st.sampled_from([None, "", "A", "bis", "2", "-2", "/2", "III", "bte 4", "t/m 9", "x y z", "bis 2"])
PART = {
    "street": st.one_of(st.none(), word, st.text(max_size=8)),
    "number": door,
    "suffix": st.one_of(suffix, st.text(max_size=4)),
    "line": st.one_of(st.none(), st.sampled_from([line for line, *_ in LINES]), st.text(max_size=15)),
    "extra": st.sampled_from([None, "Hal 3", "t.a.v. Ada"]),
    "line_2": st.sampled_from([None, "Hal 3", "t.a.v. Ada"]),
    "postcode": st.sampled_from([None, "1234 AB", "1234ab", "9000", " "]),
    "city": st.sampled_from([None, "Gent", "Den Haag", ""]),
    "country": st.sampled_from([None, "NL", "be", "Nederland"]),
    "country_name": st.sampled_from([None, "Nederland", "holland", "Belgique", "BE"]),
}


@patiently
@given(data=st.data())
def test_an_address_that_crossed_and_comes_back_changes_nothing(data: st.DataObject) -> None:
    shapes = st.sampled_from([RICH, POOR, TWO_LINES, NO_COUNTRY, NO_SUFFIX])
    here = data.draw(shapes.flatmap(lambda shape: st.fixed_dictionaries({name: PART[name] for name in shape})))
    there = data.draw(shapes.flatmap(lambda shape: st.fixed_dictionaries({name: PART[name] for name in shape})))
    known = data.draw(st.sampled_from([there, {}]))

    written = cross(ADDRESS, here, tuple(there), known)
    back = cross(ADDRESS, written, tuple(here), here)
    again = cross(ADDRESS, back, tuple(there), written)

    assert ADDRESS.key(back) == ADDRESS.key(here)
    assert ADDRESS.key(again) == ADDRESS.key(written)


def test_a_country_alone_is_no_address() -> None:
    assert ADDRESS.read({"line": "", "city": None, "country_name": "Nederland"}) is None
    assert cross(ADDRESS, {"line": None, "country": "NL"}, ("line", "country"), {"country": "NL"}) == {
        "line": None,
        "country": None,
    }


@pytest.mark.parametrize(
    ("name", "code"),
    [("Nederland", "NL"), ("nederland ", "NL"), ("Holland", "NL"), ("The Netherlands", "NL"), ("Pays-Bas", "NL"),
     ("Niederlande", "NL"), ("NL", "NL"), ("NLD", "NL"), ("Belgie", "BE"), ("België", "BE"), ("Belgique", "BE"),
     ("Belgien", "BE"), ("Duitsland", "DE"), ("Allemagne", "DE"), ("Deutschland", "DE"), ("U.K.", "GB"),
     ("Engeland", "GB"), ("Verenigd Koninkrijk", "GB"), ("Royaume Uni", "GB"), ("VS", "US"), ("U.S.A.", "US"),
     ("Tsjechische Republiek", "CZ"), ("Luxemburg", "LU"), ("Ivoorkust", "CI"), ("Curaçao", "CW")],
)  # fmt: skip  # a table
def test_a_country_is_known_by_many_names(name: str, code: str) -> None:
    assert countries.code_of(name) == code


@pytest.mark.parametrize("name", ["Hollandia", "Europa", "ZZ", "", "?"])
def test_an_unknown_country_stops_only_where_a_code_is_needed(name: str) -> None:
    parts = {"line": "Kaai 1", "country_name": name or "-"}

    assert cross(ADDRESS, parts, POOR, {})["country_name"] == (name or "-")
    with pytest.raises(CannotCarry, match="is not known"):
        cross(ADDRESS, parts, RICH, {})


def test_the_name_of_a_country_keeps_its_spelling_while_it_means_the_same() -> None:
    here = {"street": "Kaai", "number": "1", "suffix": None, "country": "BE"}

    assert cross(ADDRESS, here, POOR, {"line": "Kaai 1", "country_name": "Belgique"})["country_name"] == "Belgique"
    assert cross(ADDRESS, here, POOR, {"line": "Kaai 1", "country_name": "Frankrijk"})["country_name"] == "België"


def test_what_the_other_side_cannot_know_is_left_alone_until_they_move() -> None:
    there = {"street": "Kaai", "number": "1", "suffix": None, "extra": "Hal 3", "postcode": "9000", "country": "BE"}
    spelling = cross(ADDRESS, {"line": "Kaay 1", "postcode": "9000"}, tuple(there), there)
    moved = cross(ADDRESS, {"line": "Markt 5", "postcode": "8000"}, tuple(there), there)

    assert (spelling["street"], spelling["extra"], spelling["country"]) == ("Kaay", "Hal 3", "BE")
    assert (moved["street"], moved["extra"], moved["country"]) == ("Markt", None, "BE")


def test_a_house_number_without_a_place_for_its_suffix_takes_it_along() -> None:
    assert cross(ADDRESS, {"line": "Kaai 12 bis"}, ("street", "number"), {}) == {"street": "Kaai", "number": "12 bis"}


# --- Name of a person ------------------------------------------------------------------------------------------------

NAME = CONCEPTS["person_name"]

NAMES = [
    ("Ada Jansen", "Ada", "", "Jansen"),
    ("Ada", "", "", "Ada"),
    ("Anna Maria Jansen", "Anna Maria", "", "Jansen"),
    ("Jan van der Berg", "Jan", "van der", "Berg"),
    ("van der Berg", "", "van der", "Berg"),
    ("Berg, Jan van der", "Jan", "van der", "Berg"),
    ("van der Berg, Jan", "Jan", "van der", "Berg"),
    ("Berg, van den", "", "van den", "Berg"),
    ("Vries, P.J. de", "P.J.", "de", "Vries"),
    ("Jansen,Ada", "Ada", "", "Jansen"),
    ("Peeters Janssens, Luc", "Luc", "", "Peeters Janssens"),
    ("J. ten Have", "J.", "ten", "Have"),
    ("Jan uit den Boogaard", "Jan", "uit den", "Boogaard"),
    ("Anna Maria in 't Veld", "Anna Maria", "in 't", "Veld"),
    ("J.P. van 't Hek", "J.P.", "van 't", "Hek"),
    ("Piet op den Kamp", "Piet", "op den", "Kamp"),
    ("Wim de la Fontaine", "Wim", "de la", "Fontaine"),
    ("Ada ter Horst", "Ada", "ter", "Horst"),
    ("Ada het Hart", "Ada", "het", "Hart"),
    ("Jan de Vries van der Berg", "Jan", "de", "Vries van der Berg"),
    ("Els Jansen-van Dijk", "Els", "", "Jansen-van Dijk"),
    ("Jansen-van Dijk, Els", "Els", "", "Jansen-van Dijk"),
    ("Els van Dijk-Jansen", "Els", "van", "Dijk-Jansen"),
    ("Luc De Smedt", "Luc", "", "De Smedt"),
    ("De Smedt Luc", "", "", "De Smedt Luc"),
    ("De Smedt, Luc", "Luc", "", "De Smedt"),
    ("Jan Van den Berghe", "Jan", "", "Van den Berghe"),
    ("Marie-Claire D'Hondt", "Marie-Claire", "", "D'Hondt"),
    ("Mohamed El Amrani", "Mohamed", "", "El Amrani"),
    ("JAN VAN DER BERG", "JAN", "", "VAN DER BERG"),
    ("Dr. ir. Ada de Boer", "Dr. ir. Ada", "de", "Boer"),
    ("Jan Smit jr.", "Jan", "", "Smit jr."),
    ("Jan (Piet) de Vries", "Jan (Piet)", "de", "Vries"),
    ("Smit, Jan, jr.", "", "", "Smit, Jan, jr."),
    ("Jan de", "Jan", "", "de"),
    ("  ", "", "", ""),
]


@pytest.mark.parametrize(("full", "first", "middle", "last"), NAMES, ids=[full for full, *_ in NAMES])
def test_a_name_is_taken_apart(full: str, first: str, middle: str, last: str) -> None:
    assert person_names.split(full) == person_names.Name(first, middle, last)


@patiently
@given(st.text())
def test_no_word_of_a_name_is_lost(full: str) -> None:
    spoken = person_names.spoken(full)

    assert sorted(spoken.replace(",", " ").split()) == sorted(squeezed(full).replace(",", " ").split())


@pytest.mark.parametrize(
    "rich",
    [
        {"first": "Jan", "middle": None, "last": "van der Berg"},
        {"first": None, "middle": "van der", "last": "Berg"},
        {"first": "Jan Piet", "middle": "", "last": None},
        {"first": "Luc", "middle": "De", "last": "Smedt"},
        {"first": "Ada", "middle": None, "last": "Peeters Janssens"},
    ],
)
@pytest.mark.parametrize("poor", [FULL, NO_MIDDLE])
def test_a_name_that_did_not_change_is_never_split_again(rich: Parts, poor: tuple[str, ...]) -> None:
    assert cross(NAME, cross(NAME, rich, poor, {}), SPLIT, rich) == rich


def test_a_side_without_a_place_for_the_prefix_has_it_in_front_of_the_last_name() -> None:
    here = {"first": "Ada", "middle": "van der", "last": "Meer"}

    assert cross(NAME, here, NO_MIDDLE, {}) == {"first": "Ada", "last": "van der Meer"}
    assert cross(NAME, {"first": "Ada", "last": "van der Meer"}, SPLIT, {}) == here


def test_a_whole_name_in_another_order_keeps_its_spelling() -> None:
    here = {"first": "Ada", "middle": "van der", "last": "Meer"}

    assert cross(NAME, here, FULL, {"full": "Meer, Ada van der"}) == {"full": "Meer, Ada van der"}


def test_the_whole_name_is_read_only_where_there_is_no_last_name() -> None:
    assert NAME.read({"full": "Ada B.V.", "first": "Ada", "last": "Jansen"}) == {"first": "Ada", "last": "Jansen"}
    assert NAME.read({"full": "Ada Jansen", "first": "Ada", "last": None}) == {"full": "Ada Jansen"}


NAME_PART = st.one_of(
    st.sampled_from(
        [None, "", "Ada", "Jan Piet", "van der", "De", "Meer", "Peeters Janssens", "van Dam", "J.P.", "jr."]
    ),
    st.text(max_size=8),
)
FULL_NAME = st.one_of(st.sampled_from([full for full, *_ in NAMES]), st.none(), st.text(max_size=12))


@patiently
@given(data=st.data())
def test_a_name_that_crossed_and_comes_back_changes_nothing(data: st.DataObject) -> None:
    shapes = st.sampled_from([SPLIT, NO_MIDDLE, WITH_INITIALS, ALSO_FULL, FULL]).flatmap(
        lambda shape: st.fixed_dictionaries({name: FULL_NAME if name == "full" else NAME_PART for name in shape})
    )
    here, there = data.draw(shapes), data.draw(shapes)
    known = data.draw(st.sampled_from([there, {}]))

    written = cross(NAME, here, tuple(there), known)
    back = cross(NAME, written, tuple(here), here)
    again = cross(NAME, back, tuple(there), written)

    assert NAME.key(back) == NAME.key(here)
    assert NAME.key(again) == NAME.key(written)


WITH_COMMAS = st.one_of(
    NAME_PART, st.sampled_from([",", ",e", "Jan,", "Vries, Jan", "Smit, jr."]), st.text("aB, ", max_size=6)
)


@pytest.mark.parametrize("shape", [SPLIT, NO_MIDDLE, WITH_INITIALS])
@patiently
@given(data=st.data())
def test_a_name_in_parts_goes_into_one_text_that_is_read_in_the_same_order(
    shape: tuple[str, ...], data: st.DataObject
) -> None:
    here = data.draw(st.fixed_dictionaries(dict.fromkeys(shape, WITH_COMMAS)))

    text = cross(NAME, here, FULL, {})
    anew = cross(NAME, text, shape, {})

    assert cross(NAME, anew, FULL, {}) == text
    assert cross(NAME, text, shape, here) == here or squeezed(text["full"]) == ""


def test_a_comma_in_a_part_of_a_name_does_not_turn_it_round() -> None:
    here = {"first": "Anna", "middle": "van der", "last": ",e"}

    assert cross(NAME, here, FULL, {}) == {"full": "Anna van der e"}
    assert cross(NAME, {"full": "Anna van der e"}, SPLIT, {}) == {"first": "Anna", "middle": "van der", "last": "e"}
    assert cross(NAME, {"full": "Anna van der e"}, SPLIT, here) == here


# --- Terms and amounts -----------------------------------------------------------------------------------------------

TERM = CONCEPTS["payment_term"]


@pytest.mark.parametrize(
    ("date", "days", "due"),
    [("2026-01-31", 30, "2026-03-02"), ("2028-01-31", 29, "2028-02-29"), ("2026-12-31", 1, "2027-01-01"),
     ("2026-03-15", 0, "2026-03-15"), ("2028-02-28T23:30:00Z", "2", "2028-03-01"),
     ("2026-02-28", Decimal("1.0"), "2026-03-01")],
)  # fmt: skip  # a table
def test_a_payment_term_is_a_day_or_a_number_of_days(date: str, days: object, due: str) -> None:
    assert cross(TERM, {"date": date, "days": days}, ("due",), {}) == {"due": due}
    assert cross(TERM, {"date": date, "due": due}, ("days",), {}) == {"days": int(str(days).removesuffix(".0"))}


@pytest.mark.parametrize(
    "parts",
    [{"date": "2026-03-15", "due": "2026-03-14"}, {"date": "2026-03-15", "days": -1},
     {"date": "2026-03-15", "days": "1.5"},
     {"date": "2026-03-15", "days": "soon"}, {"date": "2026-02-30", "days": 1}, {"date": None, "days": 1},
     {"date": "2026-03-15", "days": 10**9}],
)  # fmt: skip  # a table
def test_a_payment_term_that_cannot_be_is_refused(parts: Parts) -> None:
    with pytest.raises(CannotCarry):
        cross(TERM, parts, ("days", "due"), {})


def test_the_day_counts_where_a_side_says_both() -> None:
    here = {"date": "2026-03-01", "due": "2026-03-15", "days": 30}

    assert cross(TERM, here, ("date", "days"), {"date": "2026-03-02", "days": 1}) == {"date": "2026-03-02", "days": 14}


days_from_now = st.integers(0, 400).map(
    lambda days: (datetime.date(2027, 12, 1) + datetime.timedelta(days)).isoformat()
)
TERM_PART = {
    "date": st.dates(datetime.date(2027, 1, 1), datetime.date(2027, 11, 30)).map(str),
    "due": st.one_of(st.none(), days_from_now, days_from_now.map(lambda day: f"{day}T00:00:00")),
    "days": st.one_of(st.none(), st.integers(0, 90), st.sampled_from(["30", Decimal("30.0")])),
}


@patiently
@given(data=st.data())
def test_a_term_that_crossed_and_comes_back_changes_nothing(data: st.DataObject) -> None:
    shapes = st.sampled_from([("date", "due"), ("date", "days"), ("date", "due", "days")]).flatmap(
        lambda shape: st.fixed_dictionaries({name: TERM_PART[name] for name in shape})
    )
    here, there = data.draw(shapes), data.draw(shapes)
    known = data.draw(st.sampled_from([there, {}]))

    written = cross(TERM, here, tuple(there), known) | {"date": here["date"]}  # the date has a row of its own
    back = cross(TERM, written, tuple(here), here)

    assert TERM.key(back) == TERM.key(here)


def test_a_payment_term_comes_back_as_written() -> None:
    here = {"date": "2026-03-01", "due": "2026-03-15T00:00:00", "days": None}
    there = cross(TERM, here, ("date", "days"), {})

    assert there == {"date": "2026-03-01", "days": 14}
    assert cross(TERM, there, ("due",), here) == {"due": "2026-03-15T00:00:00"}


def test_what_is_paid_is_exact() -> None:
    parts = {"total": Decimal("1000000000000000000000000000.10"), "open": "0.03"}

    assert CONCEPTS["paid_part"].read(parts) == Decimal("1000000000000000000000000000.07")


@pytest.mark.parametrize("value", [None, Decimal(5)])
def test_what_is_worked_out_from_others_is_never_put_there(value: object) -> None:
    with pytest.raises(CannotCarry, match="cannot be put there"):
        CONCEPTS["paid_part"].write(value, ("total", "open"), {})


def test_what_is_paid_is_not_guessed() -> None:
    with pytest.raises(CannotCarry):
        CONCEPTS["paid_part"].read({"total": Decimal(5), "open": None})


def test_nothing_divided_by_no_pieces_has_a_price() -> None:
    with pytest.raises(CannotCarry):
        CONCEPTS["unit_price"].read({"net": Decimal(5), "quantity": 0})


def test_a_value_is_written_where_it_was_found() -> None:
    first_filled = CONCEPTS["first_filled"]

    assert first_filled.write("new", ("first", "second"), {"first": "", "second": "old"}) == {
        "first": "",
        "second": "new",
    }
    assert first_filled.write("new", ("first", "second"), {}) == {"first": "new", "second": None}
    assert first_filled.write(None, ("first", "second"), {"first": "a", "second": "b"}) == {
        "first": None,
        "second": None,
    }


@patiently
@given(
    st.sampled_from([None, "BE", "NL"]), st.sampled_from([None, "0123.456.789", "001234567B01", "BE0123456789", "?"])
)
def test_a_vat_number_comes_back_as_written(country: str | None, digits: str | None) -> None:
    vat_number = CONCEPTS["vat_number"]
    here = {"country": country, "digits": digits}
    full = cross(vat_number, here, ("full",), {})

    assert vat_number.key(cross(vat_number, full, ("country", "digits"), here)) == vat_number.key(here)
    assume(vat_number.read(here) is not None)
    assert cross(vat_number, full, ("country", "digits"), here) == here


@patiently
@given(st.sampled_from([None, "", "BE", "NL", "nl", "N"]), st.text("NLnl-. 0B", max_size=7))
@example("NL", "-NL0")
def test_a_vat_number_that_is_made_anew_from_the_whole_is_the_same(country: str | None, digits: str) -> None:
    vat_number = CONCEPTS["vat_number"]
    here = {"country": country, "digits": digits}
    anew = cross(vat_number, cross(vat_number, here, ("full",), {}), ("country", "digits"), {})

    assert vat_number.key(anew) == vat_number.key(here)
