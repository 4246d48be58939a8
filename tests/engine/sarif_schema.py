"""What SARIF 2.1.0 demands of the parts that we write: names, types, what must be there; written down from the standard."""

from __future__ import annotations

from typing import Any


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 1}
MESSAGE = _object(["text"], text=TEXT)
FILE = _object(["uri"], uri={"type": "string", "pattern": "^[^ \\\\]+$"})
REGION = _object(["startLine"], startLine=COUNT, startColumn=COUNT, endLine=COUNT, endColumn=COUNT)
RULE = _object(["id"], id=TEXT, name=TEXT, shortDescription=MESSAGE, fullDescription=MESSAGE, help=MESSAGE)
LOCATION = _object(
    ["physicalLocation"], physicalLocation=_object(["artifactLocation"], artifactLocation=FILE, region=REGION)
)
CHANGE = _object(
    ["artifactLocation", "replacements"],
    artifactLocation=FILE,
    replacements={
        "type": "array",
        "minItems": 1,
        "items": _object(["deletedRegion"], deletedRegion=REGION, insertedContent=MESSAGE),
    },
)
FIX = _object(
    ["artifactChanges"], description=MESSAGE, artifactChanges={"type": "array", "minItems": 1, "items": CHANGE}
)
RESULT = _object(
    ["message"],
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level={"enum": ["none", "note", "warning", "error"]},
    message=MESSAGE,
    locations={"type": "array", "items": LOCATION},
    fixes={"type": "array", "items": FIX},
)
DRIVER = _object(["name"], name=TEXT, version=TEXT, rules={"type": "array", "items": RULE})
RUN = _object(
    ["tool"],
    tool=_object(["driver"], driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": RESULT},
)
ESSENTIALS = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    **_object(["version", "runs"], version={"const": "2.1.0"}, runs={"type": "array", "items": RUN}),
}
ESSENTIALS["properties"]["$schema"] = {"type": "string", "format": "uri"}
