"""What a mapping says of one pair of books, and what it says once for the whole connection.

A test that asks for a value of the pair (`{scope: field}`) becomes that value here: nothing behind this knows of pairs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from syncrules.language.model import Spec
from syncrules.records import encode, normal, reader


def outside(spec: Spec) -> Spec:
    """Take what happens once for the connection; without a scope that is everything."""
    if not spec.scope:
        return spec
    return replace(spec, entities={name: each for name, each in spec.entities.items() if each.outside_scope})


def inside(spec: Spec, record: Mapping[str, Any]) -> Spec:
    """Take what happens for one pair of books.

    Args:
        record: the record that names the pair.
    """
    used: dict[str, Any] = {}
    entities = {name: _bound(each, record, used) for name, each in spec.entities.items() if not each.outside_scope}
    # When one of these values changes, every record is decided about anew.
    digest = hashlib.blake2b(encode([spec.digest, sorted(used.items())]), digest_size=32).hexdigest()
    return replace(spec, entities=entities, digest=digest)


def alone(spec: Spec) -> Spec:
    """Take all of it as if there were just one pair of books, named by a record in which nothing is filled in."""
    if not spec.scope:
        return spec
    own = inside(spec, {}).entities
    return replace(spec, scope={}, entities={name: own.get(name, each) for name, each in spec.entities.items()})


def _bound(value: Any, record: Mapping[str, Any], used: dict[str, Any]) -> Any:
    """Put the values of a record where its fields are named."""
    match value:
        case {"from": {"scope": str(path)}}:
            return {"from": _value(path, record, used)}
        case {"scope": str(path)}:
            found = _value(path, record, used)
            return [] if found is None else found  # nothing is as what is not there
        case Mapping():
            return {key: _bound(each, record, used) for key, each in value.items()}
        case tuple():
            return tuple(_bound(each, record, used) for each in value)
        case list():
            return [_bound(each, record, used) for each in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return replace(
                value, **{each.name: _bound(getattr(value, each.name), record, used) for each in fields(value)}
            )
        case _:
            return value


def _value(path: str, record: Mapping[str, Any], used: dict[str, Any]) -> Any:
    used[path] = normal(reader(path, absent=None)(record))
    return used[path]
