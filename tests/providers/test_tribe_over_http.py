"""The Tribe transport and the Tribe sandbox, which know nothing of each other, over real HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files

import pytest

from syncrules.errors import (
    LoginRefused,
    Nonsense,
    OutcomeUnknown,
    ProviderError,
    RecordGone,
    RecordRefused,
    Unreachable,
)
from syncrules.http import Http
from syncrules.manifest import Manifest
from syncrules.manifest_reading import load_manifest
from syncrules.provider import Record
from syncrules_providers.sandboxes.server import Answer, Mishap, Request
from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.story_words import Address, Invoice, Line, Product, Relation
from syncrules_providers.sandboxes.tribe import TribeSandbox
from syncrules_providers.tribe import Tribe

Connect = Callable[..., Tribe]
MANIFEST = load_manifest(files("syncrules_providers") / "tribe.manifest.yaml")
CUSTOMERS = "Relationship_Organization_CommercialRelationship_Customer"
READ = [each.name for each in MANIFEST.resources.values()]
HARBOUR = Address("Havenkade", "3", "bis", postcode="3511 XD", city="Utrecht")
STORY = Story(
    relations=(
        Relation("business", "Touwslagerij Knoop", debtor_number="10077", in_crm=True, visit_address=HARBOUR),
        Relation(
            "business", "Zeilmakerij 't Fok & Zn + Co", debtor_number="10078", creditor_number="20078", in_crm=True
        ),
        Relation("business", "Meelhandel Zak", creditor_number="20079", roles=("supplier",), in_crm=True),
        Relation("business", "Misschien Later", debtor_number="10080", roles=("prospect",), in_crm=True),
        Relation("private", "Bo de Test", first="Bo", middle="de", last="Test", debtor_number="10081", in_crm=True),
    ),
    products=(Product("ANK-01", "Anker", "stuk", Decimal("4.10"), Decimal("12.50"), "high", in_crm=True),),
    invoices=(
        Invoice(
            "10077",
            "Trossen",
            (
                Line("Tros", Decimal(2), Decimal("100.00"), "high", "ANK-01"),
                Line("Zeef", Decimal(3), Decimal("0.335"), "low"),
            ),
            "Sent",
            "20260311",
            "2026-03-02",
        ),
    ),
)


class Hurry:
    """Real time, in which waiting takes none."""

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        pass


@pytest.fixture
def sandbox() -> Iterator[TribeSandbox]:
    with TribeSandbox(STORY) as started:
        yield started


@pytest.fixture
def connect() -> Iterator[Connect]:
    with ExitStack() as stack:

        def connected(sandbox: TribeSandbox, manifest: Manifest = MANIFEST, **settings: str) -> Tribe:
            answers = {
                "client_id": "demo-client",
                "client_secret": "demo-secret",
                "api_url": sandbox.url,
                "token_url": f"{sandbox.url}/oauth2/token",
            }
            http = stack.enter_context(closing(Http("Tribe CRM", Hurry())))
            return Tribe(manifest, answers | settings, http)

        yield connected


@pytest.fixture
def tribe(sandbox: TribeSandbox, connect: Connect) -> Tribe:
    return connect(sandbox)


def everything(tribe: Tribe, resource: str, since: str | None = None) -> list[Record]:
    return [each for page in tribe.read(resource, since) for each in page]


def only(records: list[Record]) -> Record:
    (record,) = records
    return record


def knoop(tribe: Tribe) -> Record:
    return only(tribe.find("organisation customers", "Organization.DebtorNumber", "10077"))


def test_the_account_is_the_own_organisation(sandbox: TribeSandbox, tribe: Tribe) -> None:
    assert tribe.account().id == sandbox.own_relation


@pytest.mark.parametrize("resource", READ)
def test_every_resource_can_be_read_whole_and_by_key_and_knows_its_fields(tribe: Tribe, resource: str) -> None:
    records = everything(tribe, resource)

    assert records or resource == "payments"
    for each in records[:3]:
        assert tribe.fetch(resource, each["ID"]) == each
        missing = set(MANIFEST.resources[resource].fields) - set(each)
        assert not missing, f"{resource} does not know {missing}"


@pytest.mark.parametrize("resource", [each for each in READ if MANIFEST.resources[each].changes])
def test_what_changed_can_be_asked_of_every_resource_that_tells(tribe: Tribe, resource: str) -> None:
    everybody = everything(tribe, resource)

    assert everything(tribe, resource, "2000-01-01T00:00:00Z") == everybody
    assert everything(tribe, resource, "2999-01-01T00:00:00Z") == []


def test_a_change_in_an_address_shows_its_customer_as_changed(sandbox: TribeSandbox, tribe: Tribe) -> None:
    before = datetime.now(UTC).isoformat()
    time.sleep(0.01)
    sandbox.edit("Address", knoop(tribe)["Organization"]["VisitingAddress"]["ID"], Street="Achterom")

    changed = only(everything(tribe, "organisation customers", before))
    assert changed["Organization"]["VisitingAddress"]["Street"] == "Achterom"


def test_a_list_longer_than_a_page_comes_whole(sandbox: TribeSandbox, connect: Connect) -> None:
    for number in range(23):
        sandbox.add("Relation_Organization", Name=f"Vloot {number:02}")
    tribe = connect(sandbox, replace(MANIFEST, wire={**MANIFEST.wire, "page": 5}))

    read = [each["ID"] for each in everything(tribe, "organisations")]
    assert len(read) == len(set(read)) == len(sandbox.rows("Relation_Organization"))


@pytest.mark.parametrize("cap", [2, 7])
def test_a_server_with_shorter_pages_than_ours_is_read_to_the_end(cap: int, connect: Connect) -> None:
    with TribeSandbox(STORY, page_size_max=cap) as sandbox:
        assert len(everything(connect(sandbox), "countries")) == len(sandbox.rows("Datastore_Country"))


def test_names_with_quotes_and_signs_are_found(tribe: Tribe) -> None:
    name = "Zeilmakerij 't Fok & Zn + Co"

    found = only(tribe.find("organisation customers", "Organization.Name", name))
    assert found["Organization"]["CreditorNumber"] == "20078"


def test_several_calls_at_once_share_one_login_and_one_look_at_our_own(sandbox: TribeSandbox, tribe: Tribe) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda number: tribe.create("organisation suppliers", {"Organization": {"Name": f"Vloot {number}"}}),
                range(12),
            )
        )

    words = [each.what for each in sandbox.calls]
    assert words.count("oauth2/token") == words.count("Relationship_Organization_Identity") == 1


def test_a_sent_invoice_brings_what_a_mapping_asks_of_it(tribe: Tribe) -> None:
    invoice = only(tribe.find("invoices", "Number", "20260311"))

    assert invoice["Phase"]["Code"] == "Sent"
    assert invoice["Relationship"]["ID"] == knoop(tribe)["ID"]
    assert invoice["Relationship"]["Organization"]["DebtorNumber"] == "10077"
    assert invoice["IsCredit"] is False
    assert [each["Description"] for each in invoice["ProductLines"]] == ["Tros", "Zeef"]
    assert "GeneralLedgerAccount" in invoice["ProductLines"][0]["Product"]
    assert sum(each["TotalIncludingVat"] for each in invoice["ProductLines"]) == invoice["TotalIncludingVat"]


def test_a_customer_is_created_with_organisation_and_address_and_found_again(
    sandbox: TribeSandbox, tribe: Tribe
) -> None:
    made = tribe.create(
        "organisation customers",
        {
            "ImportId": "boeken:1:7",
            "PaymentTermInDays": 14,
            "Organization": {
                "Name": "Kuiperij Duig",
                "DebtorNumber": "10090",
                "InvoiceAddress": {"Street": "Kade", "HouseNumber": Decimal(12), "Country": {"Code": "BE"}},
            },
        },
    )
    sandbox.add("Relation_Organization", Name="Later", ImportId="boeken:1:70")
    found = only(tribe.find("organisation customers", "ImportId", "boeken:1:7"))

    assert found["ID"] == made["ID"]
    assert found["Organization"]["InvoiceAddress"]["Country"]["Code"] == "BE"
    assert found["Organization"]["InvoiceAddress"]["HouseNumber"] == Decimal("12.0")
    assert sandbox.one(CUSTOMERS, ID=made["ID"])["Relation"]["ID"] == sandbox.own_relation


def test_a_person_and_a_supplier_are_created(tribe: Tribe) -> None:
    person = tribe.create(
        "person customers", {"ImportId": "p", "Person": {"LastName": "Proef", "Address": {"City": "Urk"}}}
    )
    supplier = tribe.create("organisation suppliers", {"ImportId": "s", "Organization": {"Name": "Hout"}})

    assert only(tribe.find("person customers", "ImportId", "p"))["Person"]["Address"]["City"] == "Urk"
    assert tribe.fetch("person customers", person["ID"]) is not None
    assert only(tribe.find("organisation suppliers", "ImportId", "s"))["ID"] == supplier["ID"]


def test_an_organisation_with_another_role_is_attached_and_not_doubled(sandbox: TribeSandbox, tribe: Tribe) -> None:
    prospect = only(tribe.find("organisations", "DebtorNumber", "10080"))
    count = len(sandbox.rows("Relation_Organization"))

    made = tribe.create(
        "organisation customers",
        {
            "ImportId": "boeken:1:8",
            "Organization": {
                "ID": prospect["ID"],
                "PhoneNumber": "053-0000080",
                "PostalAddress": {"Street": "Postbus"},
            },
        },
    )
    now = tribe.fetch("organisation customers", made["ID"])

    assert now is not None
    assert now["Organization"]["ID"] == prospect["ID"]
    assert now["Organization"]["PhoneNumber"] == "053-0000080"
    assert now["Organization"]["PostalAddress"]["Street"] == "Postbus"
    assert len(sandbox.rows("Relation_Organization")) == count


def test_an_update_reaches_role_organisation_and_addresses(sandbox: TribeSandbox, tribe: Tribe) -> None:
    seen = knoop(tribe)
    visit = seen["Organization"]["VisitingAddress"]["ID"]
    changes = {
        "PaymentTermInDays": 8,
        "Organization": {
            "Name": "Knoop BV",
            "VisitingAddress": {"HouseNumber": Decimal(5), "Country": {"Code": "DE"}},
            "InvoiceAddress": {"Street": "Kade", "City": "Goes"},
        },
    }

    after = tribe.update("organisation customers", seen["ID"], changes, seen)
    now = knoop(tribe)

    assert now["PaymentTermInDays"] == after["PaymentTermInDays"] == 8
    assert now["Organization"]["Name"] == after["Organization"]["Name"] == "Knoop BV"
    assert now["Organization"]["VisitingAddress"]["ID"] == visit
    assert now["Organization"]["VisitingAddress"]["HouseNumber"] == Decimal("5.0")
    assert now["Organization"]["VisitingAddress"]["Country"]["Code"] == "DE"
    assert now["Organization"]["VisitingAddress"]["Street"] == "Havenkade"
    assert now["Organization"]["InvoiceAddress"]["City"] == "Goes"
    assert [each.what for each in sandbox.writes] == ["Address", "Relation_Organization", CUSTOMERS]


def test_an_address_goes_and_another_comes(tribe: Tribe) -> None:
    seen = knoop(tribe)
    without = tribe.update("organisation customers", seen["ID"], {"Organization": {"VisitingAddress": None}}, seen)
    assert knoop(tribe)["Organization"]["VisitingAddress"] is None

    tribe.update("organisation customers", seen["ID"], {"Organization": {"VisitingAddress": {"City": "Edam"}}}, without)
    assert knoop(tribe)["Organization"]["VisitingAddress"]["City"] == "Edam"


def test_a_customer_becomes_former_and_a_customer_again(tribe: Tribe) -> None:
    seen = knoop(tribe)
    former = {"IsFormer": True, "FormerDate": "2026-03-02T00:00:00Z"}
    after = tribe.update("organisation customers", seen["ID"], former, seen)
    assert knoop(tribe)["IsFormer"] is True

    tribe.update("organisation customers", seen["ID"], {"IsFormer": False, "FormerDate": None}, after)
    assert knoop(tribe)["IsFormer"] is False


def test_a_product_is_created_with_what_it_needs_and_is_put_out_of_use(tribe: Tribe) -> None:
    example = only(tribe.find("products", "Code", "ANK-01"))
    made = tribe.create(
        "products",
        {
            "ImportId": "boeken:1:p1",
            "Code": "ANK-02",
            "Name": "Dreg",
            "SalesPrice": Decimal("9.95"),
            "Unit": {"Name": example["Unit"]["Name"]},
            "VatGroup": {"ID": example["VatGroup"]["ID"]},
            "ProductGroup": {"ID": example["ProductGroup"]["ID"]},
        },
    )
    now = tribe.update("products", made["ID"], {"IsInactive": True}, made)
    found = only(tribe.find("products", "ImportId", "boeken:1:p1"))

    assert now["IsInactive"] is found["IsInactive"] is True
    assert found["SalesPrice"] == Decimal("9.95")
    assert found["Unit"]["ID"] == example["Unit"]["ID"]


def test_a_paid_invoice_gets_its_payment_and_its_phase_and_nothing_else(tribe: Tribe) -> None:
    invoice = only(tribe.find("invoices", "Number", "20260311"))
    payment = tribe.create(
        "payments",
        {"Invoice": {"ID": invoice["ID"]}, "Amount": Decimal("243.10"), "Currency": "EUR", "Reference": "boeken:1:77"},
    )
    tribe.update("invoices", invoice["ID"], {"Phase": {"Code": "Paid"}, "ImportId": "boeken:1:311"}, invoice)

    assert only(tribe.find("payments", "Reference", "boeken:1:77"))["ID"] == payment["ID"]
    assert only(tribe.find("invoices", "Phase.Code", "Paid"))["ImportId"] == "boeken:1:311"
    with pytest.raises(RecordRefused):
        tribe.update("invoices", invoice["ID"], {"Subject": "Anders"}, invoice)


# Mishaps --------------------------------------------------------------------------------------------------------


def test_tokens_that_end_in_the_middle_are_renewed(sandbox: TribeSandbox, tribe: Tribe) -> None:
    tribe.account()
    sandbox.expire_tokens()
    seen = knoop(tribe)
    sandbox.expire_tokens()
    tribe.update("organisation customers", seen["ID"], {"PaymentTermInDays": 60}, seen)

    assert knoop(tribe)["PaymentTermInDays"] == 60


def test_a_wrong_secret_and_a_scope_too_many_are_told_apart(sandbox: TribeSandbox, connect: Connect) -> None:
    with pytest.raises(LoginRefused, match="client id or the client secret"):
        connect(sandbox, client_secret="fout-geheim").account()
    with pytest.raises(LoginRefused, match="scope 'read write offline' is not granted"):
        connect(sandbox, scope="read write offline").account()


def test_an_application_that_may_only_read_is_refused_each_write(sandbox: TribeSandbox, connect: Connect) -> None:
    tribe = connect(sandbox, scope="read")
    seen = knoop(tribe)

    with pytest.raises(RecordRefused):
        tribe.update("organisation customers", seen["ID"], {"PaymentTermInDays": 60}, seen)


def writing(request: Request) -> bool:
    return request.method in ("POST", "PUT") and "token" not in request.path


def listing(request: Request) -> bool:
    return request.method == "GET"


@pytest.mark.parametrize("kind", ["before", "after", 429, 500, 503])
def test_a_read_survives_one_mishap(sandbox: TribeSandbox, tribe: Tribe, kind: Mishap) -> None:
    sandbox.mishap(kind, when=listing)

    assert knoop(tribe)["Organization"]["Name"] == "Touwslagerij Knoop"


def test_a_read_of_garbage_is_nonsense(sandbox: TribeSandbox, tribe: Tribe) -> None:
    sandbox.mishap("garbage", when=listing)

    with pytest.raises(Nonsense):
        everything(tribe, "units")


@pytest.mark.parametrize("kind", [429, Answer(503, headers={"Retry-After": "0"})], ids=["429", "503 with a time"])
def test_a_write_that_was_certainly_not_done_is_sent_again(sandbox: TribeSandbox, tribe: Tribe, kind: Mishap) -> None:
    sandbox.mishap(kind, when=writing)
    tribe.create("organisation suppliers", {"ImportId": "s", "Organization": {"Name": "Hout"}})

    assert len(tribe.find("organisation suppliers", "ImportId", "s")) == 1


@pytest.mark.parametrize(("kind", "done"), [("before", 0), ("after", 1), ("garbage", 1), (500, 0), (503, 0)])
def test_a_create_whose_answer_is_lost_can_be_looked_up(
    sandbox: TribeSandbox, tribe: Tribe, kind: Mishap, done: int
) -> None:
    sandbox.mishap(kind, when=writing)

    with pytest.raises(OutcomeUnknown):
        tribe.create("organisation suppliers", {"ImportId": "s", "Organization": {"Name": "Hout"}})
    assert len(tribe.find("organisation suppliers", "ImportId", "s")) == done


def test_a_server_that_only_says_no_is_unreachable(sandbox: TribeSandbox, tribe: Tribe) -> None:
    for _ in range(5):
        sandbox.mishap(429, when=writing)

    with pytest.raises(Unreachable):
        tribe.create("organisation suppliers", {"Organization": {"Name": "Hout"}})


def test_what_was_merged_away_is_gone(sandbox: TribeSandbox, tribe: Tribe) -> None:
    loser = only(tribe.find("organisations", "DebtorNumber", "10078"))
    sandbox.merge(knoop(tribe)["Organization"]["ID"], loser["ID"])

    assert tribe.fetch("organisations", loser["ID"]) is None
    with pytest.raises(RecordGone):
        tribe.update("organisations", loser["ID"], {"Name": "Weg"}, loser)


def test_a_tribe_without_billing_says_which_module_is_missing(connect: Connect) -> None:
    with TribeSandbox(STORY, billing_module=False) as sandbox:
        tribe = connect(sandbox)
        assert everything(tribe, "products")

        with pytest.raises(ProviderError, match="Activity_Invoice") as caught:
            everything(tribe, "invoices")
        assert "module Billing" in caught.value.cure
