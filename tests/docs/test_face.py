"""The face of the package: what a plugin author may use, and how little it costs to look at it."""

import inspect
import subprocess
import sys

import pytest

import syncrules
from syncrules import errors, http, manifest, provider

HEAVY = ["httpx", "sqlalchemy", "alembic", "lxml", "jsonschema", "rich", "cryptography"]


def test_every_name_of_the_face_is_there_and_in_order() -> None:
    assert [name for name in syncrules.__all__ if not hasattr(syncrules, name)] == []
    assert syncrules.__all__ == sorted(syncrules.__all__)
    assert dir(syncrules) == syncrules.__all__


def test_whatever_a_provider_may_raise_is_on_the_face() -> None:
    raised = {
        name
        for name, each in inspect.getmembers(errors, inspect.isclass)
        if issubclass(each, errors.ProviderError | errors.UsageError)
    }

    assert raised <= set(syncrules.__all__)


def test_whatever_a_provider_is_given_or_gives_is_on_the_face() -> None:
    assert {"Account", "Provider", "Record", "Manifest", "Resource", "Field", "Type", "Http", "Response"} <= set(
        syncrules.__all__
    )


def test_a_name_of_the_face_is_the_one_of_the_file_that_owns_it() -> None:
    for name in syncrules.__all__:
        owner = next(each for each in (errors, manifest, http, provider) if hasattr(each, name))

        assert getattr(syncrules, name) is getattr(owner, name)


def test_a_name_that_is_not_there_is_told() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Gadget'"):
        syncrules.Gadget  # type: ignore[attr-defined]  # noqa: B018 — looking is what is tested


@pytest.mark.parametrize("what", ["import syncrules", "import syncrules.cli.commands"])
def test_looking_at_the_package_loads_nothing_heavy(what: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", f"import sys; {what}; print(*sys.modules)"], capture_output=True, text=True, check=True
    )

    assert set(HEAVY) & set(told.stdout.split()) == set()
