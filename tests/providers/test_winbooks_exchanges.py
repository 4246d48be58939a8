"""The WinBooks transport in every sample exchange: what it asks is what is known, and it takes the answer for what it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from winbooks_line import CUSTOMERS, HEADERS, JOURNALS, PERIODS, TABLES, Line, books, customer, cut, third

from syncrules.provider import Record

EXCHANGES: Mapping[str, Any] = {
    each["name"]: each
    for each in yaml.safe_load(Path(__file__).with_name("winbooks_exchanges.yaml").read_text(encoding="utf-8"))
}
GIVEN = {"text": "1f0c", "guid": "5d7f0d58-0000-4000-8000-000000000903", "date": "/Date(1760000500000)/"}
"""What the service gives, made up, by its kind."""
PERIOD = GIVEN["guid"]
LUMEN: Record = {
    "Code": "LUMEN", "VatApplicable": 1, "IsLocked": False, "IsHidden": False, "VatCode": "21",
    "GLAccountDefaultCode": "700000", "GLAccountCentralCode": "400000", "PayCodeCode": "30",
    "Third": {
        "Name": "Lumen Lighting", "VatNumber": "0123456749", "WebSite": "www.lumen.example", "CivilityCode": "NV",
        "VatCountryCode": "BE", "LanguageCode": "nl", "CurrencyCode": "EUR",
        "InvoicingAddress": {
            "Address1": "Kaai 12", "Zip": "9000", "Town": "Gent", "PhoneNo": "+3290000000", "CountryCode": "BE",
        },
    },
}  # fmt: skip
SALE: Record = {
    "JournalCode": "VERK", "CustomerCode": "LUMEN", "CurrencyCode": "EUR", "BookDate": "2026-09-15",
    "DueDate": "2026-10-15", "PayCodeCode": "30", "Reference": "2026-4021",
    "GLTransactions": [
        {
            "LineOrder": 0, "CentralAccountTypeCode": "CUSTOMER", "GLAccountCode": "400000", "Amount": Decimal("242.00"),
            "VatBaseAmount": Decimal("200.00"), "TurnOverAmount": Decimal("200.00"), "VatTaxAmount": Decimal("42.00"),
            "CommentBooking": "Invoice 2026-4021",
        },
        {"LineOrder": 1, "GLAccountCode": "700000", "VatCode": "21", "Amount": Decimal("-200.00")},
        {
            "LineOrder": 2, "CentralAccountTypeCode": "V03", "GLAccountCode": "451000", "VatCode": "21",
            "Amount": Decimal("-42.00"), "VatBaseAmount": Decimal("200.00"),
        },
    ],
}  # fmt: skip
FIRST_LINE_ONLY = "the sample has it on the first line only, and it may be left out"
MORE = {
    "a sale is booked": {
        "Reference": "by it a document is found again whose answer was lost",
        "$type": FIRST_LINE_ONLY,
        "TotalLevel": FIRST_LINE_ONLY,
    },
    "the period of a month is picked": {"Alias": "it is what WinBooks takes where none is given"},
}
"""What is sent beside what the sample sends, and why. Of the changed customers another order is asked for, see there."""
LESS = {
    "a customer is made with its address": {
        "MemoType": "no memo is sent that would have a type",
        "Address2": "the sample has it empty, and what is empty is left out of a new record",
    },
}
"""What the sample sends and we do not, and why."""


def told(name: str) -> Any:
    """Make the answer of an exchange, with what the service gives made up."""
    return _made_up(EXCHANGES[name]["told"]["body"])


def _made_up(content: Any) -> Any:
    if isinstance(content, str):
        return re.sub(r"<(text|guid|date)(?::\w+)?>", lambda kind: GIVEN[kind[1]], content)
    if isinstance(content, dict):
        return {name: _made_up(each) for name, each in content.items()}
    return [_made_up(each) for each in content] if isinstance(content, list) else content


def known(name: str) -> Any:
    """Give the body that an exchange sends."""
    content = EXCHANGES[name]["ask"]["body"]
    return content | ({"BookPeriod_Id": PERIOD} if "BookPeriod_Id" in content else {})


def besides(sent: Any, sample: Any, at: str = "") -> list[str]:
    """List the members that the one has and the other has not, or with another value."""
    if isinstance(sent, dict) and isinstance(sample, dict):
        return [
            each
            for name, value in sent.items()
            for each in (besides(value, sample[name], name) if name in sample else [name])
        ]
    if isinstance(sent, list) and isinstance(sample, list) and len(sent) == len(sample):
        return [each for one, other in zip(sent, sample, strict=True) for each in besides(one, other, at)]
    return [] if sent == sample else [f"{at}: {sent}"]


def logs_in(name: str) -> None:
    line = Line({JOURNALS: [[TABLES["Journals"][0]]]}, tokens=[told(name)])
    line.winbooks().account()
    (login,) = line.logins
    ask = EXCHANGES[name]["ask"]

    assert f"POST {login.path}" == f"POST {ask['POST']}"
    assert {each: login.headers[each] for each in ask["headers"]} == ask["headers"]
    assert "&".join(f"{each}={value}" for each, value in login.body.items()) == ask["form"]
    assert line.asked[0].headers["authorization"] == f"Bearer {GIVEN['text']}"
    assert line.kept == [("refresh_token", GIVEN["text"])]


def makes_a_customer(name: str) -> None:
    line = books(thirds=[[], [third()]], **{"POST Customer/LUMEN": [told(name)]})

    assert line.winbooks().create("customers", LUMEN)["Code"] == "LUMEN"
    (sent,) = line.asking("POST Customer/LUMEN")
    assert f"POST {sent.path}" == f"POST {EXCHANGES[name]['ask']['POST']}"
    assert besides(sent.body, known(name)) == []
    assert set(besides(known(name), sent.body)) == set(LESS[name])


def reads_what_changed(name: str) -> None:
    """Ask for what the sample asks for, in an order that does not change while it is read."""
    (row,) = told(name)
    whole = customer(1, **{each: row[each] for each in ("Code", "Modified", "IsHidden")})
    nothing: list[Any] = [[] for _ in range(8)]
    line = books(customers=[cut([whole], GIVEN["text"]), cut([]), *nothing, [whole], *nothing])
    found = [each for page in line.winbooks().read("customers", "2025-10-09T08:53:20Z") for each in page]
    first, second = line.asking(CUSTOMERS)[:2]
    sample = known(name)

    assert [(each["Code"], each["IsHidden"], each["Modified"]) for each in found][:1] == [
        ("LUMEN", False, "2025-10-09T09:01:40+00:00")
    ]
    assert first.path.partition("?")[0] == EXCHANGES[name]["ask"]["POST"].partition("?")[0]
    assert [first.body[each] for each in ("EntityType", "FirstResult")] == [sample["EntityType"], 0]
    assert first.body["Conditions"] == sample["Conditions"]
    assert (second.body, second.headers["continuepath"]) == (first.body, GIVEN["text"])


def books_a_sale(name: str) -> None:
    line = Line({PERIODS: [[{"Id": PERIOD, "Number": 9}]], HEADERS: [[4020]], "POST GLTransHeader": [told(name)]})

    assert line.winbooks().create("bookings", SALE)["Id"] == GIVEN["guid"]
    (sent,) = line.asking("POST GLTransHeader")
    assert sent.path.partition("?")[0] == EXCHANGES[name]["ask"]["POST"]
    assert set(besides(sent.body, known(name))) == set(MORE[name])
    assert besides(known(name), sent.body) == []


def picks_the_period(name: str) -> None:
    line = Line({PERIODS: [told(name)], HEADERS: [[4020]], "POST GLTransHeader": [told("a sale is booked")]})
    line.winbooks().create("bookings", SALE)
    (asked,) = line.asking(PERIODS)
    (sent,) = line.asking("POST GLTransHeader")

    assert asked.path.partition("?")[0] == EXCHANGES[name]["ask"]["POST"]
    assert set(besides(asked.body, known(name))) == set(MORE[name])
    assert besides(known(name), asked.body) == []
    assert sent.body["BookPeriod_Id"] == PERIOD


REPLAYED: Mapping[str, Callable[[str], None]] = {
    "an exchange token becomes a pair": logs_in,
    "a customer is made with its address": makes_a_customer,
    "customers changed since a moment": reads_what_changed,
    "the period of a month is picked": picks_the_period,
    "a sale is booked": books_a_sale,
}
"""The sample exchanges of the description."""


@pytest.mark.parametrize("name", REPLAYED)
def test_what_is_asked_is_what_is_known_and_the_answer_is_understood(name: str) -> None:
    REPLAYED[name](name)
