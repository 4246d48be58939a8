"""Which entity types the Tribe sandbox has, read from `tribe.yaml`, and what it says about them in `$metadata`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any, Literal
from xml.sax.saxutils import quoteattr

import yaml

Kind = Literal["Guid", "String", "Double", "Int64", "Boolean", "DateTimeOffset"]


class Refused(Exception):
    """The sandbox says no, with an HTTP status and a sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    kind: Kind
    required: bool = False
    computed: bool = False
    """The system fills it, so nobody may write it."""
    display: bool = False
    """Its value is the display name, composed at the moment of asking."""
    default: object = None
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Navigation:
    name: str
    target: str
    by: str | None = None
    """For a collection: the navigation of the target that leads back here."""
    required: bool = False
    tells: tuple[str, ...] = ()
    """Navigations of the other end that are filled, when empty, with the row that links to it."""


@dataclass(frozen=True, slots=True)
class EntityType:
    name: str
    """Dotted, as `_Type` shows it."""
    ancestors: tuple[str, ...]
    """Itself first, then what it is like, up to the root."""
    abstract: bool
    read_only: bool
    deletable: bool
    upgrades: bool
    """Rows may move to a sibling type."""
    module: str | None
    unique: str | None
    display: tuple[str, ...]
    properties: Mapping[str, Property]
    navigations: Mapping[str, Navigation]

    @property
    def set_name(self) -> str:
        return self.name.replace(".", "_")

    @property
    def required(self) -> list[str]:
        """What a row cannot be without."""
        properties = [each.name for each in self.properties.values() if each.required]
        return properties + [each.name for each in self.navigations.values() if each.required]

    @property
    def singles(self) -> list[Navigation]:
        return [each for each in self.navigations.values() if each.by is None]


class Model:
    """The entity types of one tenant, each by its dotted name and by the name of its set."""

    def __init__(self, types: Iterable[EntityType]) -> None:
        self.types = {each.name: each for each in types}
        self.sets = {each.set_name: each for each in self.types.values() if each.name not in _WITHOUT_A_SET}
        self._concrete = {
            name: tuple(each for each in self.types.values() if name in each.ancestors and not each.abstract)
            for name in self.types
        }

    def set(self, name: str) -> EntityType:
        """Find an entity type by the name of its set.

        Raises:
            Refused: there is no such set.
        """
        if name not in self.sets:
            raise Refused(status("unknown set"), f"Entity type not found: {name}")
        return self.sets[name]

    def concrete(self, name: str) -> tuple[EntityType, ...]:
        """List the types whose rows a set of this type shows."""
        return self._concrete[name]

    def without(self, module: str) -> Model:
        """Make the model of a tenant that did not buy a module."""
        left = [each for each in self.types.values() if each.module != module]
        names = {each.name for each in left}
        return Model(
            replace(each, navigations={name: nav for name, nav in each.navigations.items() if nav.target in names})
            for each in left
        )


@cache
def declaration() -> Mapping[str, Any]:
    """Read `tribe.yaml` once."""
    loaded: Mapping[str, Any] = yaml.safe_load(files(__package__).joinpath("tribe.yaml").read_text("utf-8"))
    return loaded


def status(situation: str) -> int:
    """Look up the HTTP status that the declaration gives to a situation."""
    found: int = declaration()["behaviour"][situation]["status"]
    return found


@cache
def full_model() -> Model:
    """Read the types, each with what it inherits."""
    said = declaration()["types"]
    made: dict[str, EntityType] = {}
    for name, words in said.items():
        base = made.get(words.get("like", ""))
        without = words.get("without", ())
        requires = words.get("requires", ())
        properties = {
            **(base.properties if base else {}),
            **{key: _property(key, text) for key, text in words.get("properties", {}).items()},
        }
        navigations = {
            **(base.navigations if base else {}),
            **{key: _navigation(key, row) for key, row in words.get("navigations", {}).items()},
        }
        made[name] = EntityType(
            name=name,
            ancestors=(name, *(base.ancestors if base else ())),
            abstract=words.get("abstract", False),
            read_only=words.get("read_only", base.read_only if base else False),
            deletable=words.get("deletable", True),
            upgrades=words.get("upgrades", base.upgrades if base else False),
            module=words.get("module"),
            unique=words.get("unique"),
            display=tuple(words.get("display", base.display if base else ())),
            properties=properties,
            navigations={
                key: replace(nav, required=True) if key in requires else nav
                for key, nav in navigations.items()
                if key not in without
            },
        )
    return Model(made.values())


def coerce(declared: Property, value: object) -> object:
    """Turn a value from a JSON body, or from a person's keyboard, into what the sandbox keeps.

    Raises:
        Refused: it is not of the declared type.
    """
    if value is None:
        return None
    fits = _COERCE[declared.kind](value)
    if fits is None:
        raise Refused(
            status("bad body"), f"Invalid value for property '{declared.name}': Edm.{declared.kind} expected."
        )
    return fits


def read_moment(text: str) -> datetime | None:
    """Read a date-time literal; it must carry its zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo is not None and "T" in text else None


def say_moment(moment: datetime) -> str:
    """Write a moment as Tribe does: UTC, milliseconds only where there are any."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    milliseconds = moment.microsecond // 1000
    return f"{text}.{milliseconds:03d}Z" if milliseconds else f"{text}Z"


def read_guid(text: object) -> str | None:
    """Read a GUID in its one written form, with hyphens; upper and lower case are the same."""
    if not isinstance(text, str) or len(text) != 36:
        return None
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None


def metadata_xml(model: Model) -> str:
    """Write the model as an EDMX document."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>',
        '<Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="Tribe">',
    ]
    for each in model.sets.values():
        lines.append(f"<EntityType Name={quoteattr(each.set_name)}" + (' Abstract="true">' if each.abstract else ">"))
        lines.append('<Key><PropertyRef Name="ID"/></Key>')
        lines += [f'<Property Name={quoteattr(one.name)} Type="Edm.{one.kind}"/>' for one in each.properties.values()]
        for nav in each.navigations.values():
            target = "Tribe." + model.types[nav.target].set_name
            shown = f"Collection({target})" if nav.by else target
            lines.append(f"<NavigationProperty Name={quoteattr(nav.name)} Type={quoteattr(shown)}/>")
        lines.append("</EntityType>")
    lines.append(
        '<Function Name="GetCurrentEmployee"><ReturnType Type="Tribe.Relationship_Person_Contact_Employee"/></Function>'
    )
    lines.append('<EntityContainer Name="Container">')
    lines += [f"<EntitySet Name={quoteattr(each)} EntityType={quoteattr('Tribe.' + each)}/>" for each in model.sets]
    lines.append('<FunctionImport Name="GetCurrentEmployee" Function="Tribe.GetCurrentEmployee"/>')
    lines.append("</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>")
    return "\n".join(lines)


def metadata_json(model: Model) -> dict[str, Any]:
    """Write the model as a CSDL document in JSON."""
    schema: dict[str, Any] = {}
    for each in model.sets.values():
        schema[each.set_name] = {
            "$Kind": "EntityType",
            "$Key": ["ID"],
            **({"$Abstract": True} if each.abstract else {}),
            **{one.name: {"$Type": f"Edm.{one.kind}", "$Nullable": True} for one in each.properties.values()},
            **{
                nav.name: {
                    "$Kind": "NavigationProperty",
                    "$Type": "Tribe." + model.types[nav.target].set_name,
                    **({"$Collection": True} if nav.by else {}),
                }
                for nav in each.navigations.values()
            },
        }
    schema["Container"] = {
        "$Kind": "EntityContainer",
        **{each: {"$Collection": True, "$Type": "Tribe." + each} for each in model.sets},
    }
    return {"$Version": "4.0", "$EntityContainer": "Tribe.Container", "Tribe": schema}


_WITHOUT_A_SET = ("Entity", "Tracked")


def _property(name: str, text: str) -> Property:
    kind, *words = [each.strip() for each in text.split(",")]
    default = next((each.removeprefix("default ") for each in words if each.startswith("default ")), None)
    declared = Property(
        name,
        kind,  # type: ignore[arg-type]  # tests walk the whole declaration
        required="required" in words,
        computed="computed" in words or "display" in words,
        display="display" in words,
        assumed="assumed" in words,
    )
    return declared if default is None else replace(declared, default=coerce(declared, yaml.safe_load(default)))


def _navigation(name: str, row: Mapping[str, Any]) -> Navigation:
    return Navigation(
        name, row.get("to") or row["many"], row.get("by"), row.get("required", False), tuple(row.get("tells", ()))
    )


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return read_moment(value) if isinstance(value, str) else None


_COERCE: dict[Kind, Callable[[object], object]] = {
    "Guid": read_guid,
    "String": lambda value: value if isinstance(value, str) else None,
    "Double": _number,
    "Int64": lambda value: value if isinstance(value, int) and not isinstance(value, bool) else None,
    "Boolean": lambda value: value if isinstance(value, bool) else None,
    "DateTimeOffset": _moment,
}
