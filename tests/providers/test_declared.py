"""Systems without a transport can be declared and found, and say kindly that they cannot run yet."""

import pytest

from syncrules import provider
from syncrules.errors import UsageError

DECLARED = ["silverfin"]


@pytest.mark.parametrize("name", DECLARED)
def test_a_declared_system_is_found_with_its_manifest(name: str) -> None:
    found = provider.find(name)

    assert found.manifest.provider == name
    assert found.manifest.resources


@pytest.mark.parametrize("name", DECLARED)
def test_a_declared_system_cannot_be_run_and_says_what_can_be_done(name: str) -> None:
    found = provider.find(name)

    with pytest.raises(UsageError, match="comes with a later version") as caught:
        found.make(found.manifest, {}, None)  # type: ignore[arg-type]  # it must refuse before it looks at its transport
    assert "validate" in caught.value.cure


@pytest.mark.parametrize("name", DECLARED)
def test_whatever_can_be_created_says_how_a_lost_answer_is_resolved(name: str) -> None:
    manifest = provider.find(name).manifest

    assert all(each.unknown_outcome for each in manifest.resources.values() if each.creatable)


@pytest.mark.parametrize("name", DECLARED)
def test_a_secret_is_asked_for_as_one(name: str) -> None:
    secret = {each.name for each in provider.find(name).manifest.asks if each.secret}

    assert secret & {"client_secret"}
