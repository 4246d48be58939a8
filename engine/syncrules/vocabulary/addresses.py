"""A postal address: what a side's parts say, and how that is written into the parts of another side.

What the other side has now stays wherever it means the same, so that no line is taken apart that did not change.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncrules.vocabulary import address_line, countries
from syncrules.vocabulary.operators import OPERATORS
from syncrules.vocabulary.values import Value, as_text, squeezed

Parts = Mapping[str, Value]

_IN_THE_LINE = ("street", "number", "suffix")


def read(parts: Parts) -> Value:
    said = {name: squeezed(value) for name, value in parts.items()}
    if not any(said.get(name) for name in (*_IN_THE_LINE, "line", "postcode", "city")):
        return None
    value: dict[str, Value] = {
        name: said[name] or None for name in ("postcode", "city", "country", "country_name") if name in said
    }
    if "extra" in said or "line_2" in said:
        value["extra"] = said.get("extra") or said.get("line_2") or None
    if "line" in said and not any(said.get(name) for name in _IN_THE_LINE):
        value["line"] = said["line"] or None
    elif "number" in said or "suffix" in said:
        door = address_line.read_door(said.get("number", ""), said.get("suffix", ""))
        value |= {"street": said.get("street") or None, "number": door[0] or None, "suffix": door[1] or None}
    elif "street" in said:
        value["line"] = said["street"] or None
    return value


def _line(value: Parts | None) -> str:
    if value is None:
        return ""
    parts = address_line.Parts(*(value.get(name) or "" for name in _IN_THE_LINE))
    return value.get("line") or address_line.join(parts)


def key(parts: Parts) -> Value:
    value = read(parts)
    if value is None:
        return None
    key = {name: each for name, each in value.items() if each or name in _IN_THE_LINE}
    if "postcode" in key:
        key["postcode"] = _same_postcode(key["postcode"])
    for name in ("country", "country_name"):
        if name in key:
            key[name] = countries.code_if_known(key[name])
    return key


def _same_postcode(text: Value) -> Value:
    normal = OPERATORS["postcode"].key
    return normal(text, None) if normal is not None else text


def write(value: Parts, wanted: tuple[str, ...], present: Parts) -> dict[str, Value]:
    """Write an address into the parts wanted."""
    there = read(present) or {}
    line, line_there = _line(value), _line(there)
    knows_line = "line" in value or "street" in value
    same_line = not knows_line or (line == line_there) or bool(line_there and address_line.same(line, line_there))
    same_postcode = bool(value.get("postcode")) and _same_postcode(value["postcode"]) == _same_postcode(
        there.get("postcode")
    )
    result: dict[str, Value] = {}
    for name in wanted:
        match name:
            case "street" | "number" | "suffix" | "line":
                result[name] = present.get(name) if same_line else None
            case "extra" | "line_2" if "extra" in value:
                result[name] = value["extra"]
            case "extra" | "line_2":
                result[name] = present.get(name) if (knows_line and same_line) or same_postcode else None
            case "postcode" if same_postcode:
                result[name] = present.get(name)
            case "country" if "country" in value or "country_name" in value:
                result[name] = _country_code(value, present.get(name))
            case "country_name" if "country" in value or "country_name" in value:
                result[name] = _country_name(value, present.get(name))
            case _:
                result[name] = value[name] if name in value else present.get(name)
    if not same_line:
        result |= _street_parts(value, line, wanted)
    return result


def _street_parts(value: Parts, line: str, wanted: tuple[str, ...]) -> dict[str, Value]:
    if "line" in value:
        parts = address_line.split(line)
    else:
        parts = address_line.Parts(*(value.get(name) or "" for name in _IN_THE_LINE))
    result: dict[str, Value] = {"line": line, "street": parts.street, "number": parts.number, "suffix": parts.suffix}
    if "suffix" not in wanted:
        result["number"] = address_line.door(parts.number, parts.suffix)
    if "number" not in wanted:
        result["street"] = line
    return {name: text or None for name, text in result.items() if name in wanted}


def _country_code(value: Parts, present: Value) -> Value:
    said = value.get("country") or value.get("country_name")
    if said is None or countries.same_country(said, as_text(present)):
        return None if said is None else present
    return said if value.get("country") and len(said) == 2 else countries.code_of(said)


def _country_name(value: Parts, present: Value) -> Value:
    said = value.get("country") or value.get("country_name")
    if said is None or countries.same_country(said, as_text(present)):
        return None if said is None else present
    return value.get("country_name") or countries.name_of(said)
