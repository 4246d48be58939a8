"""The REST transport of e-Boekhouden: every known exchange replayed, every request held against the contract."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from eboekhouden_rest_service import (
    BICYCLES,
    EXCHANGES,
    INVOICE,
    MADE_THERE,
    MANIFEST,
    SEEN,
    SESSION,
    Service,
    body_of,
    everything,
    listed,
    query_of,
    relation,
    replaying,
    serving,
    told,
    where,
)
from jsonschema import Draft202012Validator

from syncrules.errors import (
    LoginRefused,
    Nonsense,
    RecordRefused,
)
from syncrules.manifest import Field
from syncrules_providers.eboekhouden_rest import EboekhoudenRest

# The description that was rebuilt from the vendor's does not travel with this repository; where it lies beside it, requests are held against it.
OPENAPI = Path(__file__).parents[2].parent / "shared" / "apis" / "specs" / "eboekhouden.openapi.json"


@pytest.fixture(scope="session")
def contract() -> dict[str, Any]:
    if not OPENAPI.exists():
        pytest.skip("the OpenAPI description does not lie beside this repository")
    found: dict[str, Any] = json.loads(OPENAPI.read_text(encoding="utf-8"))
    return found


# Every known exchange, replayed ---------------------------------------------------------------------------------

MARCH = {"type": "3", "date[range]": "2026-03-01,2026-03-31"}
AGAIN = {"code": "10044", "name": "Nog eens"}

REPLAYED: dict[str, tuple[Callable[[EboekhoudenRest], Any], Callable[[Any], bool]]] = {
    "administrations": (
        lambda provider: provider.account(),
        lambda made: "1111" not in made.id and made.title == "Jansen Demo B.V.",
    ),
    "relations": (
        lambda provider: everything(provider, "relations"),
        lambda made: (
            [(each["id"], each["code"], each["name"]) for each in made]
            == [(4100201, "10042", "Bakkerij De Korenaar"), (4100202, "10043", "Anna van der Meer")]
        ),
    ),
    "relation": (
        lambda provider: provider.fetch("relations", "4100201"),
        lambda made: made == EXCHANGES["relation"]["answer"],
    ),
    "no relations": (lambda provider: provider.find("relations", "code", "nope"), lambda made: made == []),
    "add a relation": (
        lambda provider: provider.create("relations", BICYCLES),
        lambda made: made == {**BICYCLES, "id": 4100203},
    ),
    "update a relation": (
        lambda provider: provider.update(
            "relations", "4100203", {"phoneNumber": "050-1111111", "inactive": False}, SEEN
        ),
        lambda made: made == {**SEEN, "phoneNumber": "050-1111111", "inactive": False},
    ),
    "products": (
        lambda provider: everything(provider, "products"),
        lambda made: [(each["id"], each["active"], str(each["priceExcl"])) for each in made] == [(501, True, "350.0")],
    ),
    "product": (
        lambda provider: provider.fetch("products", "501"),
        lambda made: (
            made.items() >= EXCHANGES["product"]["answer"].items()
            and (made["unit"]["singular"], made["group"]["description"]) == ("stuk", "Fietsen")
        ),
    ),
    "units": (
        lambda provider: everything(provider, "units"),
        lambda made: made == [{"id": 7, "singular": "stuk", "plural": "stuks"}],
    ),
    "post an invoice": (
        lambda provider: provider.create("mutations", INVOICE),
        lambda made: made == {**INVOICE, "id": 318},
    ),
    "make an invoice": (
        lambda provider: provider.create("invoices", MADE_THERE),
        lambda made: made == {**MADE_THERE, "id": 77, "invoiceNumber": "F00018"},
    ),
    "open items": (
        lambda provider: provider.fetch("open items", "318"),
        lambda made: (
            [str(made[each]) for each in ("totalAmount", "paidAmount", "outstandingAmount")]
            == ["412.60", "100.00", "312.60"]
        ),
    ),
    "payments": (
        lambda provider: list(provider._all(MANIFEST.resources["mutations"], MARCH)),
        lambda made: [(each["id"], each["rows"][0]["invoiceNumber"]) for each in made] == [(325, "2026-0017")],
    ),
    "payment": (
        lambda provider: provider.fetch("mutations", "325"),
        lambda made: made == EXCHANGES["payment"]["answer"],
    ),
    "ledger accounts": (
        lambda provider: provider.find("ledger accounts", "category", "DEB"),
        lambda made: made == EXCHANGES["ledger accounts"]["answer"]["items"],
    ),
}
REFUSED: dict[str, tuple[Callable[[EboekhoudenRest], Any], type[Exception], str]] = {
    "code in use": (lambda provider: provider.create("relations", AGAIN), RecordRefused, "REL_049"),
    "post it again": (lambda provider: provider.create("mutations", INVOICE), RecordRefused, "MUT_019"),
}
ELSEWHERE = {
    "log in": "in every other one, and in a test of its own",
    "log out": "has a test of its own",
    "session expired": "has tests of its own",
    "administrations of an accountant": "is never asked; what its answer means has a test of its own",
    "open items of nobody": "is never asked; what its answer means has a test of its own",
}


def replayed(name: str) -> tuple[EboekhoudenRest, Service]:
    return replaying(name, *(each for each in REFUSED if each != name))


def asked_like(name: str, service: Service) -> httpx.Request:
    """Find the request that was made for an exchange: what it asks, and besides at most for a page of it."""
    method, url = EXCHANGES[name]["asked"].split(" ")
    path, _, query = url.partition("?")
    request = next(each for each in service.asked if where(each) == f"{method} {path}")
    wanted = dict(each.split("=") for each in query.split("&") if each)

    assert query_of(request) | {"limit": "2000", "offset": "0"} == wanted | {"limit": "2000", "offset": "0"}
    assert body_of(request) == EXCHANGES[name].get("body")

    return request


def test_every_known_exchange_is_replayed() -> None:
    assert EXCHANGES.keys() == REPLAYED.keys() | REFUSED.keys() | ELSEWHERE.keys()


@pytest.mark.parametrize("name", REPLAYED)
def test_an_answer_becomes_what_it_says(name: str) -> None:
    provider, service = replayed(name)
    do, is_right = REPLAYED[name]

    made = do(provider)

    assert is_right(made), made
    assert asked_like(name, service).headers["authorization"] == SESSION


@pytest.mark.parametrize("name", REFUSED)
def test_an_error_in_an_answer_is_an_error_here(name: str) -> None:
    provider, service = replayed(name)
    do, kind, code = REFUSED[name]

    with pytest.raises(kind) as caught:
        do(provider)

    assert getattr(caught.value, "code", "") == code
    asked_like(name, service)


@pytest.mark.parametrize(
    ("name", "path", "resource"),
    [
        ("administrations of an accountant", "administration/linked", "administrations"),
        ("open items of nobody", "mutation/invoice/outstanding", "open items"),
    ],
)
def test_a_list_that_is_refused_is_no_empty_list(name: str, path: str, resource: str) -> None:
    provider, _ = serving({f"GET /v1/{path}": told(400, EXCHANGES[name]["answer"])})

    with pytest.raises((LoginRefused, Nonsense)) as caught:
        everything(provider, resource)

    assert getattr(caught.value, "code", "") == EXCHANGES[name]["answer"]["code"]


# Against the contract -------------------------------------------------------------------------------------------


def log_in_and_out(provider: EboekhoudenRest) -> None:
    everything(provider, "units")
    provider.close()


BESIDES: dict[str, Callable[[EboekhoudenRest], Any]] = {
    "a name with signs": lambda provider: provider.find("relations", "code", "50% A&B=[x] é"),
    "a product": lambda provider: provider.create(
        "products", {"code": "B", "description": "Bel", "vat": "GEEN", "ledgerId": 9008000, "priceExcl": Decimal("4.5")}
    ),
    "a price": lambda provider: provider.update("products", "501", {"priceExcl": Decimal("351.2345")}, {}),
    "an invoice by its number": lambda provider: provider.find("mutations", "invoiceNumber", "2026-0017"),
    "everything that can be emptied": lambda provider: provider.update(
        "relations",
        "4100203",
        {each.name: None for each in MANIFEST.resources["relations"].fields.values() if can_be_emptied(each)},
        SEEN,
    ),
    "everything that can be filled": lambda provider: provider.create("relations", filled("relations")),
    "an invoice with everything": lambda provider: provider.create("mutations", filled("mutations")),
    "an invoice made there with everything": lambda provider: provider.create("invoices", filled("invoices")),
    "each list": lambda provider: [everything(provider, each) for each in MANIFEST.resources],
    "the end": log_in_and_out,
}


def can_be_emptied(field: Field) -> bool:
    writable = not field.read_only and field.name not in ("name", "code", "companyRegistrationNumber")
    return writable and bool(
        field.wire.get("nullable") or (field.type == "string" and not field.enum and not field.format)
    )


def filled(resource: str) -> dict[str, Any]:
    """Make a record in which every field that can be written holds something."""
    return _filled(MANIFEST.resources[resource].fields)


def _filled(fields: Mapping[str, Field]) -> dict[str, Any]:
    usual: dict[str, Any] = {"string": "1", "integer": 1, "number": Decimal("12.50"), "boolean": True}
    special = {
        "vatCode": "AFW_VERK",
        "type": "B" if "gender" in fields else 2,
        "date": "2026-03-02",
        "iban": "NL69TEST0000000001",
    }

    def one(field: Field) -> Any:
        if field.of:
            inside = _filled(MANIFEST.types[field.of].fields)
            return [inside] if field.type == "array" else inside
        if field.name in special:
            return special[field.name]
        return "2026-03-02" if field.format == "date" else field.enum[0] if field.enum else usual[field.type]

    return {each.name: one(each) for each in fields.values() if not each.read_only}


def hold_against(contract: Mapping[str, Any], request: httpx.Request) -> None:
    """Hold a request against the description: its path, its questions with their operators, and its body."""
    paths = contract["paths"]
    template = min(
        (each for each in paths if re.fullmatch(re.sub(r"\{\w+\}", "[0-9]+", each), request.url.path)),
        key=lambda each: each.count("{"),
    )
    operation = paths[template][request.method.lower()]
    known = {each["name"]: each for each in operation.get("parameters", ()) if each["in"] == "query"}
    given = query_of(request)
    for name, text in given.items():
        plain, _, operator = name.rstrip("]").partition("[")
        shape = known[plain]["schema"]
        kind = shape.get("format", "")
        words = {"filter-string": "eq not_eq like not_like"}.get(kind, "eq not_eq gt gte lt lte range")
        assert not operator or (kind.startswith("filter-") and operator in words.split()), name
        value: Any = int(text) if shape["type"] == "integer" else text
        Draft202012Validator({**shape, "components": contract["components"]}).validate(value)
    assert {name for name, each in known.items() if each.get("required")} <= given.keys()
    if "requestBody" not in operation:
        assert not request.content
        return
    shape = operation["requestBody"]["content"]["application/json"]["schema"]
    assert request.headers["content-type"] == "application/json"
    body = json.loads(request.content)
    Draft202012Validator({**shape, "components": contract["components"]}).validate(body)
    strangers = set(body) - set(contract["components"]["schemas"][shape["$ref"].rpartition("/")[2]]["properties"])
    assert strangers == set()


@pytest.mark.parametrize("name", [*REPLAYED, *REFUSED, *BESIDES])
def test_every_request_follows_the_contract(name: str, contract: Mapping[str, Any]) -> None:
    provider, service = replayed(name) if name in EXCHANGES else replayed("relation")
    service.answers |= {
        "POST /v1/product": [told(201, {"id": 1})],
        "PATCH /v1/product/501": [told(204)],
        "POST /v1/mutation": service.answers.get("POST /v1/mutation", [told(201, {"id": 318})]),
        "POST /v1/relation": service.answers.get("POST /v1/relation", [told(201, {"id": 9})]),
        "POST /v1/invoice": service.answers.get("POST /v1/invoice", [told(201, {"id": 9})]),
        "GET /v1/relation/4100201": [told(200, relation())],
        "GET /v1/mutation/325": [told(200, EXCHANGES["payment"]["answer"])],
        "GET /v1/invoice": [listed()],
        "GET /v1/mutation/invoice/outstanding": [told(200, EXCHANGES["open items"]["answer"])],
    }
    with suppress(RecordRefused):
        do = (REPLAYED.get(name) or REFUSED[name])[0] if name in EXCHANGES else BESIDES[name]
        do(provider)

    assert service.asked
    for each in service.asked:
        hold_against(contract, each)


@pytest.mark.parametrize(
    ("resource", "shown", "sent"),
    [
        ("relations", ["Relation"], "CreateRelation"),
        ("products", ["Product"], "CreateProduct"),
        ("mutations", ["Mutation"], "CreateMutation"),
        ("invoices", ["Invoice"], "CreateInvoice"),
        ("open items", ["OutstandingInvoiceListItem"], ""),
        ("ledger accounts", ["Ledger", "LedgerListItem"], ""),
        ("units", ["UnitListItem"], ""),
        ("product groups", ["ProductGroup"], ""),
        ("administrations", ["AdministrationListItem"], ""),
    ],
)
def test_the_manifest_has_the_fields_of_the_contract_with_their_types_and_lengths(
    resource: str, shown: list[str], sent: str, contract: Mapping[str, Any]
) -> None:
    schemas = contract["components"]["schemas"]
    offer = MANIFEST.resources[resource]
    declared = {name: each for name, each in offer.fields.items() if name not in offer.wire.get("joined", {})}
    writing = schemas[sent]["properties"] if sent else {}
    left_out = {"invoices": {"print", "email", "directDebit"}}.get(resource, set())

    for each in shown:
        assert schemas[each]["properties"].keys() <= declared.keys()
    assert declared.keys() == {*schemas[shown[0]]["properties"], *writing} - left_out
    assert {each.name for each in declared.values() if not each.read_only} == writing.keys() - left_out
    for name, one in declared.items():
        shapes = [
            found["properties"][name] for found in (schemas[each] for each in shown) if name in found["properties"]
        ]
        kinds = {kind for shape in shapes for kind in kinds_of(shape)} or set(kinds_of(writing[name]))
        assert one.type in kinds, name
        if name in writing and one.type == "string":
            assert one.max_length == writing[name].get("maxLength"), name


def kinds_of(shape: Mapping[str, Any]) -> list[str]:
    kinds = shape.get("type", ["object", "string", "integer"] if "$ref" in shape else [])
    return [kinds] if isinstance(kinds, str) else kinds


def test_every_refusal_that_is_explained_can_occur(contract: Mapping[str, Any]) -> None:
    text = json.dumps(contract["components"])
    shared = ("API_", "SECURITY_", "EP_", "MODULE_", "PAKKET_")
    explained = [each.code for one in MANIFEST.resources.values() for each in one.refusals]
    elsewhere = {"MUT_001", "MUT_004", "MUT_005", "MUT_008", "MUT_009", "MUT_010", "MUT_011", "MUT_014", "MUT_015"}
    elsewhere |= {"MUT_020", "MUT_105", "MUT_109", "MUT_110", "MUT_111", "MUT_117", "MUT_118", "MUTA_003", "MUTA_008"}
    elsewhere |= {"REL_055", "REL_056", "ART_001"}

    assert [
        each for each in explained if each not in text and not each.startswith(shared) and each not in elsewhere
    ] == []
    assert len(explained) == len(set(explained))


def test_a_vat_code_that_the_contract_does_not_take_is_not_offered(contract: Mapping[str, Any]) -> None:
    taken = contract["components"]["schemas"]["VatCode"]["enum"]
    offered = [each["Code"] for each in MANIFEST.resources["VAT codes"].rows or () if each["Current"]]

    assert set(taken) <= set(offered)
    assert set(offered) - set(taken) == {"VERL_INK_L9"}  # in the vendor's prose, not in its list
