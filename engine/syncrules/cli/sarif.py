"""What was found in files as SARIF 2.1.0, which services that look at code can show."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

from syncrules.codes import Entry, catalogue
from syncrules.errors import Fix, Place, Problem

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
Data = dict[str, Any]


def written(found: Iterable[Sequence[Problem]]) -> str:
    """Write all problems, with the rules that they break and the fixes that are right."""
    told = [each for file in found for each in file]
    used = sorted({each.code for each in told if each.code})
    rules = [_rule(catalogue()[each]) for each in used]
    driver = {"name": "syncrules", "version": version("syncrules"), "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, used) for each in told],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def _rule(entry: Entry) -> Data:
    return {
        "id": entry.code,
        "name": "".join(each.title() for each in entry.name.replace("-", " ").split()),
        "shortDescription": {"text": entry.name},
        "fullDescription": {"text": f"{entry.means} {entry.why}"},
        "help": {"text": "\n".join(entry.lines())},
    }


def _result(each: Problem, used: list[str]) -> Data:
    text = f"{each.message}. {each.suggestion}".replace("..", ".") if each.suggestion else each.message
    result: Data = {"level": "error" if each.serious else "note", "message": {"text": text}}
    if each.code:
        result |= {"ruleId": each.code, "ruleIndex": used.index(each.code)}
    if each.place is not None:
        region = {"startLine": each.place.line, "startColumn": each.place.column}
        result["locations"] = [{"physicalLocation": {"artifactLocation": _file(each.place), "region": region}}]
    if each.fix is not None:
        result["fixes"] = [_fix(each.fix, str(each.suggestion))]
    return result


def _fix(fix: Fix, says: str) -> Data:
    region = {
        "startLine": fix.place.line,
        "startColumn": fix.place.column,
        "endLine": fix.end.line,
        "endColumn": fix.end.column,
    }
    change = {"deletedRegion": region, "insertedContent": {"text": fix.text}}
    return {
        "description": {"text": says or "Write this instead."},
        "artifactChanges": [{"artifactLocation": _file(fix.place), "replacements": [change]}],
    }


def _file(place: Place) -> Data:
    return {"uri": place.file.removesuffix(" (extended)").replace("\\", "/").replace(" ", "%20")}
