"""Whatever is written to the Tribe sandbox, its rows and their links agree, and a refusal changes nothing."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tribe_talk import STORY

from syncrules_providers.sandboxes import tribe_story
from syncrules_providers.sandboxes.tribe_model import EntityType, Refused, full_model
from syncrules_providers.sandboxes.tribe_rules import Tenant
from syncrules_providers.sandboxes.tribe_store import Row


def agree(tenant: Tenant) -> None:
    links: set[tuple[str, str, str]] = set()
    for key, row in tenant.rows.items():
        kind = tenant.kind_of(row)
        links |= {(row[nav.name], key, nav.name) for nav in kind.singles if row[nav.name] is not None}
        assert tenant.by_type[kind.name][key] is row
        assert all(row[name] not in (None, "") for name in kind.required)
    assert {target for target, _, _ in links} <= tenant.rows.keys()
    assert {(target, *each) for target, sources in tenant.referrers.items() for each in sources} == links
    assert sum(len(each) for each in tenant.by_type.values()) == len(tenant.rows)
    for key, invoice in tenant.by_type["Activity.Invoice"].items():
        lines = [row for row in tenant.by_type["ProductLine"].values() if row["Activity"] == key]
        assert (invoice["Amount"] or 0) == sum(row["TotalIncludingVat"] for row in lines)


def any_body(tenant: Tenant, kind: EntityType, dice: random.Random) -> dict[str, Any]:
    """Make a body of which some part may be right."""
    nested: list[Any] = [{"Name": "A", "LastName": "B"}, {"City": "Ede"}, {"Price": 2}, {"City": 5}, {}]
    body: dict[str, Any] = {}
    for each in dice.sample(list(kind.navigations.values()), min(2, len(kind.navigations))):
        fits = [key for key, row in tenant.rows.items() if each.target in tenant.kind_of(row).ancestors]
        choices = [*nested, *([{"ID": dice.choice(fits)}] * 4 if fits else [])]
        body[each.name] = [dice.choice(choices)] if each.by else dice.choice([*choices, None])
    name = dice.choice([each.name for each in kind.properties.values() if not each.computed])
    return {**body, name: dice.choice([None, "BRD-01", 5, True])}


def do_something(tenant: Tenant, row: Row, dice: random.Random) -> None:
    kind = tenant.kind_of(row)
    match dice.choice(["add", "edit", "edit", "edit", "remove", "upgrade", "merge"]):
        case "add":
            child = {"Organization": {"Name": "C", "InvoiceAddress": {}}} if "Organization" in kind.navigations else {}
            fixed = {"Name": "N", "Relation": {"ID": tenant.own_relation}, **child}
            known = {
                name: value for name, value in fixed.items() if name in kind.properties or name in kind.navigations
            }
            tenant.create(kind, {**any_body(tenant, kind, dice), **known})
        case "edit":
            words = tenant.model.types[dice.choice(kind.ancestors)]
            tenant.update(words, row["ID"], any_body(tenant, words, dice))
        case "remove":
            tenant.delete(kind, row["ID"])
        case "upgrade":
            tenant.upgrade(kind, row["ID"], dice.choice(list(tenant.model.sets)), {})
        case "merge":
            twin = dice.choice(list(tenant.by_type[kind.name]))
            if "Relation" in kind.ancestors and twin not in (row["ID"], tenant.own_relation):
                tenant.merge(row["ID"], twin)


@pytest.mark.parametrize("seed", range(12))
def test_rows_and_links_agree_after_anything(seed: int) -> None:
    dice = random.Random(seed)
    tenant = Tenant(
        full_model(),
        stale_read_ms=seed % 2 * 1_000_000,
        auto_number_debtors=dice.random() < 0.5,
        freeze_after_sent=dice.random() < 0.5,
    )
    tribe_story.load(tenant, STORY)
    at_first = dict(tenant.rows)
    done = 0
    for _ in range(150):
        before = dict(tenant.rows)
        try:
            do_something(tenant, tenant.rows[dice.choice(list(tenant.rows))], dice)
            done += 1
        except Refused:
            assert tenant.rows == before
        agree(tenant)

    assert done > 10
    if tenant.stale_read_ms:
        view = tenant.late_view()
        seen = {row["ID"]: row for name in ("Relation", "Relationship") for row in view.rows(name, tenant.model)}
        assert seen.items() <= at_first.items()
        assert len(seen) == sum("Tracked" in tenant.kind_of(row).ancestors for row in at_first.values()) - 2
