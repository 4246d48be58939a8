"""The SOAP transport of Yuki: what it asks, and what it makes of every answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import httpx
import pytest
from lxml import etree
from yuki_service import (
    BOOKS,
    CAMPING,
    COMPANY,
    DOMAIN,
    EXCHANGES,
    HOTEL,
    INVOICE,
    ITEM,
    KEY,
    LOGIN,
    MANIFEST,
    MOVED,
    NOOR,
    NUMBERS,
    SEEN,
    SESSION,
    WRONG,
    Clock,
    Service,
    as_answer,
    blow_up,
    body_of,
    connected,
    contact,
    contacts,
    everything,
    fault,
    result,
    serving,
    texts_of,
)

from syncrules.errors import LimitReached, LoginRefused, Nonsense, ProviderError, RecordGone, RecordRefused
from syncrules.limits import Limits
from syncrules_providers.yuki import Yuki

# Every known exchange, replayed ---------------------------------------------------------------------------------

REPLAYED: dict[str, tuple[Callable[[Yuki], Any], Callable[[Any], bool]]] = {
    "log in": (lambda yuki: yuki.account(), lambda made: made.id == BOOKS),
    "speak English": (lambda yuki: yuki.account(), lambda made: made.id == BOOKS),
    "choose a domain": (lambda yuki: yuki.account(), lambda made: made.id == BOOKS),
    "domains": (
        lambda yuki: everything(yuki, "domains"),
        lambda made: (
            (made[0]["ID"], made[0]["Name"], made[0]["URL"])
            == (DOMAIN, "bakkerij-de-molen", "bakkerij-de-molen.yukiworks.nl")
            and len(made) == 2
        ),
    ),
    "administrations": (
        lambda yuki: yuki.account(),
        lambda made: (made.id, made.title) == (BOOKS, "Bakkerij De Molen B.V."),
    ),
    "find a contact": (
        lambda yuki: yuki.find("contacts", "Code", "R1007"),
        lambda made: (
            [each["ID"] for each in made] == [HOTEL]
            and (made[0]["HID"], made[0]["Type"], made[0]["AddressLine_2"]) == (207, "Company", None)
            and (made[0]["IsCustomer"], made[0]["IsSupplier"], made[0]["IsActive"]) == (False, False, True)
            and made[0]["Modified"] == "2025-11-14T16:41:09+01:00"
            and made[0]["Created"] == "2025-02-03T09:05:00+01:00"
        ),
    ),
    "changed customers": (
        lambda yuki: next(yuki.read("contacts", "2025-11-14T15:00:00Z")),
        lambda made: (
            [each["ID"] for each in made] == [NOOR]
            and (made[0]["IsCustomer"], made[0]["IsSupplier"], made[0]["IsActive"]) == (True, False, True)
            and (made[0]["Type"], made[0]["MiddleName"], made[0]["Created"])
            == ("Person", "van den", "2025-05-01T10:00:00+02:00")
        ),
    ),
    "create a company": (
        lambda yuki: yuki.create("contacts", COMPANY),
        lambda made: made == {**COMPANY, "ID": CAMPING},
    ),
    "update a person": (
        lambda yuki: yuki.update("contacts", NOOR, MOVED, SEEN),
        lambda made: made == {**SEEN, **MOVED},
    ),
    "VAT codes": (
        lambda yuki: everything(yuki, "VAT codes"),
        lambda made: (
            [(each["type"], each["description"], str(each["percentage"]), each["startDate"]) for each in made]
            == [(1, "Btw hoog", "21.00", None), (2, "Btw laag", "9.00", "2019-01-01T00:00:00")]
        ),
    ),
    "ledger accounts": (
        lambda yuki: everything(yuki, "ledger accounts"),
        lambda made: (
            made == [{"code": "80001", "type": 1, "subtype": 0, "isEnabled": True, "description": "Omzet hoog"}]
        ),
    ),
    "push an invoice": (lambda yuki: yuki.create("sales invoices", INVOICE), lambda made: made == INVOICE),
    "look an invoice up": (
        lambda yuki: yuki.find("sales invoices", "Reference", "2025-0311"),
        lambda made: (
            len(made) == 1 and made[0].items() >= ITEM.items() and not made[0].keys() & {"PaymentMethod", "Subject"}
        ),
    ),
    "outstanding items": (
        lambda yuki: everything(yuki, "sales invoices"),
        lambda made: (
            [each["Reference"] for each in made] == ["2025-0311"]
            and made[0]["DocumentID"] == "d0c00000-0000-4000-8000-000000000311"
        ),
    ),
}
REFUSED: dict[str, tuple[Callable[[Yuki], Any], type[Exception], str]] = {
    "wrong key": (lambda yuki: yuki.account(), LoginRefused, "Yuki does not know this API key (Invalid access key)"),
    "update nobody": (
        lambda yuki: yuki.update("contacts", NOOR[:-12] + "00000000dead", MOVED, SEEN),
        RecordGone,
        "Contact with ID c0000000-0000-4000-8000-00000000dead not found",
    ),
    "push a wrong invoice": (
        lambda yuki: yuki.create("sales invoices", WRONG),
        RecordRefused,
        'Sales tax code with percentage "19.00" and type "1" cannot be found',
    ),
}
OTHERWISE: dict[str, dict[str, str]] = {
    # What changes while it is read would move to the last page: we read in the order of making. And a search that finds
    # somebody in use and out of use alike does not tell which: we ask for one after the other.
    "find a contact": {"sortOrder": "CreatedAsc", "active": "Active"},
    "changed customers": {"sortOrder": "CreatedAsc"},
}
"""What the document's samples ask differently, and why we do not."""


def asked_in(name: str) -> etree._Element:
    return EXCHANGES[name][0][0]


def replayed(name: str) -> tuple[Yuki, Service]:
    if name == "changed customers":
        # Nothing more is asked unless something has changed.
        changed = contacts("SearchContacts", contact(212))
        return serving(SearchContacts=changed, GetSuppliersAndCustomers=EXCHANGES[name])
    return serving(**{etree.QName(asked_in(name)).localname: EXCHANGES[name]})


def test_every_known_exchange_is_replayed() -> None:
    assert EXCHANGES.keys() == REPLAYED.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", REPLAYED)
def test_an_answer_becomes_what_it_says(name: str) -> None:
    provider, service = replayed(name)
    do, is_right = REPLAYED[name]

    made = do(provider)

    assert is_right(made), made
    assert texts_of(service.bodies(asked_in(name).tag.rpartition("}")[2])[0]) == texts_of(
        asked_in(name), **OTHERWISE.get(name, {})
    )


@pytest.mark.parametrize("name", REFUSED)
def test_an_error_in_an_answer_is_an_error_here(name: str) -> None:
    provider, service = replayed(name)
    do, kind, says = REFUSED[name]

    with pytest.raises(kind) as caught:
        do(provider)

    assert isinstance(caught.value, ProviderError)
    assert caught.value.says == says
    asked = texts_of(service.bodies(asked_in(name).tag.rpartition("}")[2])[0])
    assert [each for each in asked if each[1]] == [each for each in texts_of(asked_in(name)) if each[1]]


def test_a_request_names_its_service_its_action_and_its_encoding() -> None:
    provider, service = serving(
        ActiveVATCodesList=EXCHANGES["VAT codes"], ProcessSalesInvoices=EXCHANGES["push an invoice"]
    )
    everything(provider, "VAT codes")
    provider.create("sales invoices", INVOICE)

    assert [str(each.url) for each in service.asked[-2:]] == [
        "https://api.yukiworks.nl/ws/Vat.asmx",
        "https://api.yukiworks.nl/ws/Sales.asmx",
    ]
    last = service.asked[-1]
    assert last.method == "POST"
    assert last.headers["soapaction"] == '"http://www.theyukicompany.com/ProcessSalesInvoices"'
    assert last.headers["content-type"] == "text/xml; charset=utf-8"
    assert last.content.count(b"<?xml") == 1


def test_the_country_decides_on_the_address_and_a_given_address_stands() -> None:
    service = Service({"Authenticate": [fault("Invalid access key")]})
    for settings in ({"region": "be"}, {"url": "http://127.0.0.1:8/ws/"}):
        with pytest.raises(LoginRefused):
            connected(httpx.MockTransport(service), **settings).account()

    assert [str(each.url) for each in service.asked] == [
        "https://api.yukiworks.be/ws/Accounting.asmx",
        "http://127.0.0.1:8/ws/Accounting.asmx",
    ]


# Sessions -------------------------------------------------------------------------------------------------------

ENDED = fault("Server was unable to process request. ---&gt; The Session has expired", "soap:Client")


def test_nothing_is_sent_before_something_is_asked() -> None:
    provider, service = serving()
    provider.close()

    assert service.asked == []


def test_one_session_serves_all_services() -> None:
    provider, service = serving(ActiveVATCodesList=EXCHANGES["VAT codes"])
    provider.account()
    everything(provider, "VAT codes")
    provider.close()

    assert service.operations == [*LOGIN, "Administrations", "ActiveVATCodesList"]


def test_a_session_that_ends_in_the_middle_of_a_run_is_opened_again_with_its_language_and_domain() -> None:
    another = result("Authenticate", "another-session").replace(b"Result>another", b"Result> another")
    provider, service = serving(
        Authenticate=[EXCHANGES["log in"], another], ActiveVATCodesList=[ENDED, EXCHANGES["VAT codes"]]
    )

    assert len(everything(provider, "VAT codes")) == 2
    assert service.operations == [*LOGIN, "ActiveVATCodesList", *LOGIN, "ActiveVATCodesList"]
    assert [each["sessionID"] for each in service.said("ActiveVATCodesList")] == [SESSION, "another-session"]
    assert [each["sessionID"] for each in service.said("SetCurrentDomain")] == [SESSION, "another-session"]


def test_a_write_whose_session_had_ended_was_not_done_and_is_repeated_once() -> None:
    provider, service = serving(UpdateContact=[ENDED, EXCHANGES["create a company"]])

    assert provider.create("contacts", COMPANY)["ID"] == CAMPING
    assert service.after_login == ["UpdateContact", "UpdateContact"]


def test_a_session_that_never_holds_is_a_matter_of_the_login() -> None:
    provider, service = serving(UpdateContact=ENDED)

    with pytest.raises(LoginRefused, match="The Session has expired") as caught:
        provider.create("contacts", COMPANY)

    assert caught.value.cure
    assert service.after_login == ["UpdateContact", "UpdateContact"]


def test_threads_that_find_the_session_ended_open_one_for_all() -> None:
    sessions = iter(range(100))

    def log_in(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=result("Authenticate", f"session-{next(sessions)}"))

    def codes(request: httpx.Request) -> Any:
        expired = body_of(request)[0].text == "session-0"
        return ENDED if expired else as_answer(EXCHANGES["VAT codes"])

    provider, service = serving(Authenticate=log_in, ActiveVATCodesList=codes)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: len(everything(provider, "VAT codes")), range(24)))

    assert found == [2] * 24
    assert service.operations.count("Authenticate") == 2


def test_a_session_without_an_id_is_none() -> None:
    provider, _ = serving(Authenticate=result("Authenticate", ""))

    with pytest.raises(Nonsense, match="without telling its id"):
        provider.account()


# Whose books ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("says", "kind", "cure"),
    [
        ("Invalid access key", LoginRefused, "Copy the key again"),
        ("Domain has no active database", LoginRefused, "Check the country"),
        ("The domain is not licensed for this functionality", LoginRefused, "Yuki Sales Webservice"),
        ("Daily limit exceeded", LimitReached, "after midnight"),
    ],
)
@pytest.mark.parametrize("before", ["", "Server was unable to process request. ---&gt; "])
@pytest.mark.parametrize("status", [500, 200])
def test_a_refused_login_says_why_and_what_helps(
    says: str, kind: type[ProviderError], cure: str, before: str, status: int
) -> None:
    provider, _ = serving(Administrations=fault(before + says, status=status))

    with pytest.raises(kind) as caught:
        provider.account()

    assert type(caught.value) is kind
    assert says in caught.value.says
    assert cure in caught.value.cure


def test_what_a_key_opens_can_be_seen_before_anything_is_chosen() -> None:
    _, service = serving(Domains=EXCHANGES["domains"])
    start = connected(httpx.MockTransport(service), domain="", administration="")
    domains = everything(start, "domains")
    then = connected(httpx.MockTransport(service), administration="")
    administrations = everything(then, "administrations")

    assert [each["Name"] for each in domains] == ["bakkerij-de-molen", "molen-holding"]
    assert [(each["ID"], each["Name"], each["Active"]) for each in administrations] == [
        (BOOKS, "Bakkerij De Molen B.V.", True)
    ]
    assert service.operations == ["Authenticate", "SetLanguage", "Domains", *LOGIN, "Administrations"]


def administration(id_: str, domain: str) -> str:
    return f'<Administration ID="{id_}"><Name>{id_[:4]}</Name><DomainID>{domain}</DomainID><Active>true</Active></Administration>'


def test_only_administrations_of_the_chosen_domain_count_however_their_ids_are_written() -> None:
    other = DOMAIN[:-1] + "2"
    rows = administration(BOOKS.upper(), DOMAIN.upper()) + administration("ad000000-0000-4000-8000-000000000012", other)
    provider, _ = serving(
        Administrations=result("Administrations", f'<Administrations xmlns="">{rows}</Administrations>')
    )

    assert [each["ID"] for each in everything(provider, "administrations")] == [BOOKS]
    assert provider.account().id == BOOKS


def test_an_administration_that_the_key_does_not_open_is_refused() -> None:
    _, service = serving()

    with pytest.raises(LoginRefused, match="does not open the administration") as caught:
        connected(httpx.MockTransport(service), administration="ad000000-0000-4000-8000-000000000099").account()

    assert "Choose" in caught.value.cure


def test_the_key_and_the_session_are_never_repeated() -> None:
    for answers in (
        {"Authenticate": fault(f"Key {KEY} is odd")},
        {"SetLanguage": fault(f"{SESSION} speaks no English")},
        {"Administrations": fault(f"{SESSION} of {KEY} broke")},
        {"Administrations": f"{SESSION} <html>".encode()},
        {"Authenticate": f"{KEY} <html>".encode()},
    ):
        provider, _ = serving(**answers)

        with pytest.raises(ProviderError) as caught:
            provider.account()

        assert "***" in str(caught.value)
        assert KEY not in str(caught.value)
        assert SESSION not in str(caught.value)

    refused = as_answer(EXCHANGES["update nobody"]).content.replace(b"Contact with", f"{SESSION} with".encode())
    provider, _ = serving(UpdateContact=refused)
    with pytest.raises(RecordGone) as told:
        provider.update("contacts", NOOR, MOVED, SEEN)
    assert told.value.says.startswith("*** with")


def test_a_key_that_xml_cannot_carry_is_refused() -> None:
    with pytest.raises(LoginRefused, match="accessKey"):
        connected(httpx.MockTransport(blow_up), api_key="bel\x07").account()


# Limits and the rest --------------------------------------------------------------------------------------------


class Counted:
    """What a state store counts."""

    def __init__(self) -> None:
        self.calls: Counter[tuple[str, str]] = Counter()

    def count_call(self, scope: str, window: str) -> int:
        self.calls[scope, window] += 1
        return self.calls[scope, window]

    def begin_call(self, *_: object) -> float:
        pytest.fail("Yuki declares nothing for a second or a minute")

    def end_call(self, *_: object) -> None:
        pytest.fail("Yuki declares nothing for a second or a minute")

    def spend_call(self, *_: object) -> int:
        pytest.fail("there are no lanes here")

    def refuse_cut_off(self) -> None:
        """Nobody shares this."""

    def spent_calls(self, scope: str, window: str, _: object) -> dict[str, int]:
        return {"": self.calls[scope, window]}


def test_every_call_counts_and_the_thousand_and_first_of_a_day_is_not_made() -> None:
    counts = Counted()
    _, service = serving()
    limits = Limits(MANIFEST, "yuki/books", Clock(), counts)
    provider = connected(httpx.MockTransport(service), limits.call)

    for _ in range(1000 - len(LOGIN)):
        provider.account()

    with pytest.raises(LimitReached, match="the 1000 calls of all kinds"):
        provider.account()

    assert len(service.asked) == 1000
    assert counts.calls == {("yuki/books/all", "2025-11-20 Europe/Amsterdam"): 1001}


def test_the_countries_are_a_table_and_need_no_call() -> None:
    provider, service = serving()

    assert [each["code"] for each in everything(provider, "regions")] == ["nl", "be"]
    assert provider.fetch("regions", "be") == {"code": "be", "name": "Belgium"}
    assert service.asked == []


@pytest.mark.parametrize("text", ["12.50", "1e2", "-0.005"])
def test_a_percentage_is_read_exactly(text: str) -> None:
    answer = as_answer(EXCHANGES["VAT codes"]).content.replace(b"21.00", text.encode())
    provider, _ = serving(ActiveVATCodesList=answer)
    found = everything(provider, "VAT codes")[0]["percentage"]

    assert isinstance(found, Decimal)
    assert found == Decimal(text)


def test_every_number_of_a_document_is_declared_as_one() -> None:
    declared = {each.name for kind in MANIFEST.types.values() for each in kind.fields.values() if each.type == "number"}

    assert declared == NUMBERS
