"""The Silverfin transport in every sample exchange: what it asks is what is known, and it takes the answer for what it says."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from silverfin_line_talk import API, TOKEN, Talk

from syncrules.errors import LoginRefused
from syncrules.provider import Write
from syncrules_providers.silverfin_webhooks import is_signed

_COUNTED = yaml.safe_load(Path(__file__).with_name("silverfin_exchanges.yaml").read_text(encoding="utf-8"))
EXCHANGES: Mapping[str, Any] = {
    each["name"]: each for each in json.loads(json.dumps(_COUNTED["exchanges"]), parse_float=Decimal)
}
CLIENT = {"client_id": "CID", "client_secret": "SEC", "code": "AUTH1"}
COPIED = {"redirect_uri": "urn:ietf:wg:oauth:2.0:oob"}
"""Where a code is copied by hand it goes to no address, as in the flow that the vendor describes for it."""
APART = {"accounts", "extra_field_labels"}
"""Accounts travel in a call of their own; a label that no line uses is sent all the same."""


def given(content: Any) -> Any:
    """Make up what the service gives: a word in angles becomes the word."""
    if isinstance(content, str):
        return re.sub(r"<(\w+)>", r"\1", content)
    if isinstance(content, dict):
        return {name: given(each) for name, each in content.items()}
    return [given(each) for each in content] if isinstance(content, list) else content


def asks(name: str) -> tuple[str, str]:
    """Give the method with the address behind the firm, and the question."""
    what, _, query = given(EXCHANGES[name]["asks"]).replace(API, "").partition("?")
    return what, query


def sends(name: str) -> Any:
    return given(EXCHANGES[name].get("with"))


def answer(name: str) -> tuple[int, Any]:
    return EXCHANGES[name]["told"], given(EXCHANGES[name].get("body", {}))


def talk(*names: str, tokens: tuple[str, ...] = ()) -> Talk:
    """Prepare the answers of some exchanges."""
    prepared = {"?".join(filter(None, asks(each))): [answer(each)] for each in names}
    return Talk(
        {"GET /user/firm": [{"id": 1001, "name": "Kantoor Demo"}], **prepared}, [answer(each) for each in tokens]
    )


def exchanges_a_code(name: str) -> None:
    line = talk(tokens=(name,))
    line.silverfin(**CLIENT).account()
    method, query = asks(name)
    known = dict(each.split("=") for each in query.split("&"))

    assert method == f"POST {TOKEN}"
    assert line.logins == [{**known, **COPIED}]
    assert line.asked[0].headers["authorization"] == "Bearer a1"
    assert json.loads(line.kept[-1][1])["refresh_token"] == "r1"


def refreshes_a_pair(name: str) -> None:
    line = talk(tokens=(name,))
    line.silverfin(**CLIENT, grant=json.dumps({"refresh_token": "r1"})).account()

    assert line.logins == [{**sends(name), **COPIED}]
    assert line.asked[0].headers["authorization"] == "Bearer a2"
    assert json.loads(line.kept[-1][1])["refresh_token"] == "r2"


def is_refused_a_used_token(name: str) -> None:
    line = talk(tokens=(name, name))

    with pytest.raises(LoginRefused):
        line.silverfin(**CLIENT, grant=json.dumps({"refresh_token": "r1"})).account()
    assert line.logins[0] == {**sends(name), **COPIED}
    assert (line.asked, line.kept) == ([], [])


def lists_companies(name: str) -> None:
    assert [each for page in talk(name).silverfin().read("companies") for each in page] == answer(name)[1]


def reads_the_state(name: str) -> None:
    assert talk(name).file().mark() == answer(name)[1]["sync_point"]


def sets_years(name: str) -> None:
    line, body = talk(name), sends(name)
    flags = {each: value for each, value in body["years"][-1].items() if each.startswith("compute_")}
    bounds = [{each: value for each, value in year.items() if each.endswith("_date")} for year in body["years"]]
    line.file().replace_all("years", bounds, {**flags, "retained_earnings_account": body["retained_earnings_account"]})

    assert line.asked[0].body == body


def resets(name: str) -> None:
    line = talk(name)
    line.file().empty()

    assert [(each.what, each.body) for each in line.asked] == [(asks(name)[0], None)]


def submits(name: str) -> None:
    line, body = talk(name), sends(name)
    writes = []
    for each in body["actions"]:
        ((verb, sent),) = each.items()
        sent.pop("analytical_codes", None)  # there are none in the sample, and none in what we know of a transaction
        record = {field: value for field, value in sent.items() if field != "extra_fields"}
        record |= {"due_date": sent["extra_fields"][0]} if "extra_fields" in sent else {}
        writes.append(Write("delete", sent["id"], {}) if verb == "delete" else Write("create", sent["id"], record))
    line.file().write_many("transactions", writes, body["sync_point"])
    (asked,) = line.asked

    assert without(asked.body) == without(body)
    assert asked.body["extra_field_labels"] == ["Due date"]


def without(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: each for name, each in body.items() if name not in APART}


def names_accounts(name: str) -> None:
    line, body = talk(name), sends(name)
    writes = [Write("create", each["number"], each) for each in body["accounts"]]
    line.file().write_many("accounts", writes, body["sync_point"])

    assert line.asked[0].body["accounts"] == body["accounts"]


def submits_with_accounts(name: str) -> None:
    submits(name)
    names_accounts(name)


def knows_the_signature(name: str) -> None:
    body = json.dumps(sends(name)).encode()
    signed = {"X-SF-SIGNATURE-1": "5c1f", "X-SF-SIGNATURE-2": hmac.new(b"two", body, hashlib.sha256).hexdigest()}

    assert is_signed(body, signed, ("one", "two"))
    assert not is_signed(body + b" ", signed, ("one", "two"))


def reads_the_limits(name: str) -> None:
    (page,) = talk(name).silverfin().read("locales")

    assert [each["code"] for each in page] == answer(name)[1]["account_name_locales"]


def sends_references(name: str) -> None:
    line = talk(name)
    line.silverfin().replace_all("sync references", sends(name)["sync_references"], {})

    assert line.asked[0].body == sends(name)


def lists_one_that_was_pushed_to(name: str) -> None:
    path, _ = asks(name)
    line = Talk({f"{path}?page=1&per_page=50": [answer(name)]})

    assert [each for page in line.silverfin().read("companies") for each in page] == answer(name)[1]


REPLAYED: Mapping[str, Callable[[str], None]] = {
    "a code is exchanged": exchanges_a_code,
    "a pair is refreshed": refreshes_a_pair,
    "a refresh token is used again": is_refused_a_used_token,
    "the companies of the sync": lists_companies,
    "the state of a company": reads_the_state,
    "the years of a company": sets_years,
    "a reset of everything": resets,
    "one sale and one deletion": submits_with_accounts,
    "somebody clicks the arrows": knows_the_signature,
    "the limits": reads_the_limits,
    "the references": sends_references,
    "the settings of a company": sets_years,
    "one line with everything": submits_with_accounts,
    "a company that was pushed to": lists_one_that_was_pushed_to,
}


@pytest.mark.parametrize("name", REPLAYED)
def test_what_is_asked_is_what_is_known_and_the_answer_is_understood(name: str) -> None:
    REPLAYED[name](name)
