"""What systems tell by webhooks, as their transports understand it: which delivery is genuine, and what is to be looked at."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest

from syncrules.manifest import Manifest
from syncrules.provider import Hint, find
from syncrules_providers.silverfin import Silverfin
from syncrules_providers.tribe import Tribe

# The test vector of our reading of the vendor's signature.
SECRET = "emulator-webhook-secret"
BODY = (
    b'{"webhookId":"3f0c6a52-6a1b-4f0e-9d55-0b7c5b0f7a10","payload":{"type":"EntityUpdateMutation",'
    b'"entityType":"Relation.Organization","entityId":"6d2f9f1e-2b0a-4f5e-8f0a-5a1f2c3d4e5f"}}'
)
SIGNATURE = "T9G+pXmVNilfN5f7rYJg+LBLRPBdNxXkYk7k5W8KrQzHXegKozZbqoZhtfRM+1Jmv9oCj6erf/ULd3ESx1Y91g=="
TOKENS = {"signing_token_1": "first", "signing_token_2": "second"}


def manifest(name: str) -> Manifest:
    return find(name).manifest


def tribe(body: bytes, signature: str, secret: str = SECRET) -> Any:
    given = {"webhook_secret": secret}
    return Tribe.hints(manifest("tribe"), given, {"x-tribe-signature": signature}, body)


def signed(token: str, body: bytes) -> str:
    return hmac.new(token.encode(), body, hashlib.sha256).hexdigest()


def silverfin(body: bytes, headers: Mapping[str, str], tokens: Mapping[str, str] = TOKENS) -> Any:
    return Silverfin.hints(manifest("silverfin"), tokens, headers, body)


def test_a_delivery_of_tribe_is_known_by_its_signature_and_tells_what_the_entity_is_part_of() -> None:
    told = tribe(BODY, SIGNATURE)

    assert {each.resource for each in told} >= {"organisations", "organisation customers", "organisation suppliers"}
    assert not {each.resource for each in told} & {"persons", "products", "invoices"}
    assert {(each.id, each.what) for each in told} == {("", "changed")}


@pytest.mark.requirement("X-15")
@pytest.mark.parametrize(
    ("body", "signature", "secret"),
    [(BODY + b" ", SIGNATURE, SECRET), (BODY, SIGNATURE, "another"), (BODY, SIGNATURE, ""), (BODY, "", SECRET), (BODY, "é", SECRET)],
    ids=["another body", "another secret", "no secret", "no signature", "letters that no signature has"],
)  # fmt: skip
def test_what_is_not_signed_by_tribe_tells_nothing(body: bytes, signature: str, secret: str) -> None:
    assert tribe(body, signature, secret) is None


@pytest.mark.parametrize("number", [1, 2])
def test_either_signature_of_silverfin_is_enough(number: int) -> None:
    body = json.dumps({"event": "sync.requested", "company": {"id": 77}}).encode()
    token = TOKENS[f"signing_token_{number}"]

    assert silverfin(body, {f"x-sf-signature-{number}": signed(token, body)}) == [Hint("companies", "77", "asked")]
    assert silverfin(body, {f"x-sf-signature-{3 - number}": signed(token, body)}) is None
    assert silverfin(body, {f"x-sf-signature-{number}": signed("", body)}, dict.fromkeys(TOKENS, "")) is None


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"event": "sync.company_removed", "company": {"id": 77}}, [Hint("companies")]),
        ({"event": "sync.requested"}, []),
        ([], []),
    ],
    ids=["it left", "no company", "no event"],
)
def test_what_silverfin_says_besides_asks_for_nothing_more_than_a_look(event: Any, expected: list[Hint]) -> None:
    body = json.dumps(event).encode()

    assert silverfin(body, {"x-sf-signature-1": signed("first", body)}) == expected
