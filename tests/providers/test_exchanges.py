"""Every sample exchange of the collected facts is replayed against the sandbox and, apart from it, against the transport."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from facts import FACTS, test_names

HERE = Path(__file__).parent
SYSTEMS: Mapping[str, Any] = yaml.safe_load((HERE / "exchanges.yaml").read_text(encoding="utf-8"))
BOTH = ["asked", "told"]

REQUEST = re.compile(r"\b(?:GET|POST|PUT|PATCH|DELETE) (?=/|https:|[A-Z]\w+[?( `])")
"""A request in plain HTTP, or one in words about a table."""
STATUS = re.compile(r"^\d{3}\b", re.MULTILINE)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def of_xml(text: str) -> Counter[str]:
    """Tell what is asked from what is told by the name of the first element below the envelope."""
    names = [
        next(each for each in re.findall(r"<(?:\w+:)?(\w+)", block) if each not in ("xml", "Envelope", "Body"))
        for kind, block in BLOCK.findall(text)
        if kind == "xml"
    ]
    return Counter("told" if re.search("(Response|Result|Fault)$", each) else "asked" for each in names)


def of_http(text: str) -> Counter[str]:
    return Counter(asked=len(REQUEST.findall(text)), told=len(STATUS.findall(text)))


def of_tribe(text: str) -> Counter[str]:
    told = [block for kind, block in BLOCK.findall(text) if kind == "json"]
    return Counter(asked=len(REQUEST.findall(text)), told=len(told) + text.count("→ 201 "))


def of_rest(text: str) -> Counter[str]:
    return of_http("\n".join(block for kind, block in BLOCK.findall(text) if kind == "http" and " /v1/" in block))


def of_silverfin(text: str) -> Counter[str]:
    endpoints, samples = text.partition("### 3.4")[0], text.rpartition("\n## 5.")[2]
    return of_http(samples) + Counter(example=sum(kind == "json" for kind, _ in BLOCK.findall(endpoints)))


SHOWN: Mapping[str, tuple[str, str, str, Callable[[str], Counter[str]]]] = {
    "tribe": ("tribe.md", "## 4.", "## 5.", of_tribe),
    "eboekhouden_soap": ("eboekhouden.md", "## 4.", "## 5.", of_xml),
    "eboekhouden_rest": ("eboekhouden.md", "## 4.", "## 5.", of_rest),
    "yuki": ("yuki.md", "## 5.", "## 6.", of_xml),
    "winbooks": ("winbooks.md", "## 5.", "## 6.", of_http),
    "silverfin": ("silverfin.md", "### 3.3", "## 6.", of_silverfin),
}
"""Where the facts show exchanges: the file, where they begin and end, and how they are counted."""
MIXED = {
    "test_eboekhouden_soap": "its last part plays whole rounds with the sandbox; the exchanges are replayed before it"
}


def called(system: str, side: str) -> dict[str, str]:
    """Give the exchanges of a system by the name that one side has for them."""
    return {each.get(side, name): name for name, each in SYSTEMS[system]["exchanges"].items()}


def replayed_against_sandbox(system: str) -> set[str]:
    """List what the file holds that the test of the sandbox goes through, exchange by exchange."""
    found = import_module(SYSTEMS[system]["sandbox"]).EXCHANGES
    rows = found.findall("exchange") if hasattr(found, "findall") else found
    return {str(each if isinstance(each, str) else each.get("name")) for each in rows}


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_exchange_is_replayed_against_the_sandbox(system: str) -> None:
    missing = called(system, "sandbox").keys() - replayed_against_sandbox(system)

    assert missing == set()


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_exchange_is_replayed_against_the_transport_or_it_is_said_why_it_is_never_asked(system: str) -> None:
    name = SYSTEMS[system]["transport"]
    module = import_module(name)
    tables = {**module.REPLAYED, **getattr(module, "REFUSED", {})}
    tests = test_names()
    for each, says in SYSTEMS[system]["exchanges"].items():
        elsewhere = [one if "::" in one else f"{name}.py::{one}" for one in says.get("tests", ())]

        assert (says.get("transport", each) in tables) + bool(elsewhere) + ("never" in says) == 1, each
        assert set(elsewhere) <= tests, each
        assert says.get("never", "because") != "", each


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_facts_show_as_many_exchanges(system: str) -> None:
    file, begin, end, count = SHOWN[system]
    if not (FACTS / file).exists():
        pytest.skip(f"the collected facts do not lie beside this repository: {FACTS / file}")
    part = (FACTS / file).read_text(encoding="utf-8").partition(f"\n{begin}")[2].partition(f"\n{end}")[0]
    ours = Counter(half for each in SYSTEMS[system]["exchanges"].values() for half in each.get("shows", BOTH))

    assert count(part) == ours


def imported(name: str) -> set[str]:
    """List what a module of the tests imports, and what the modules beside it import that it imports."""
    tree = ast.parse((HERE / f"{name}.py").read_text(encoding="utf-8"))
    plain = {each.name for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names}
    named = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    beside = {each for each in plain | named if (HERE / f"{each}.py").exists()}
    return (plain | named).union(*(imported(each) for each in beside))


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_two_replays_share_no_code_of_the_product(system: str) -> None:
    sandbox, transport = (
        {each for each in imported(SYSTEMS[system][side]) if each.startswith("syncrules_providers.")}
        for side in ("sandbox", "transport")
    )

    assert {each for each in sandbox if not each.startswith("syncrules_providers.sandboxes")} == set()
    if SYSTEMS[system]["transport"] not in MIXED:
        assert {each for each in transport if each.startswith("syncrules_providers.sandboxes")} == set()
