"""The Yuki sandbox as a service: published exchanges, the vendor's own description, sessions, keys and limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from importlib.resources import files
from typing import Any

import httpx
import pytest
import zeep
from facts import FACTS
from lxml import etree
from yuki_talk import (
    ENVELOPES,
    EVERYTHING,
    EXCHANGES,
    NAMESPACE,
    SESSION,
    WSDL,
    Talk,
    add_zeezicht,
    invoice,
    judge,
    local,
    needs_wsdl,
    talking,
    texts,
    xml,
)

from syncrules import yaml
from syncrules_providers.sandboxes import yuki_tables as tables
from syncrules_providers.sandboxes.yuki import YukiSandbox
from syncrules_providers.sandboxes.yuki_assumptions import ASSUMPTIONS, Switches
from syncrules_providers.sandboxes.yuki_shapes import OWN, SERVICES
from syncrules_providers.sandboxes.yuki_story import ADMINISTRATION, DOMAIN, HOLDING

ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
PUBLISHED_SESSION = "5e55f00d-0000-4000-8000-00000000abcd"


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking() as talk:
        yield talk


@pytest.fixture
def sandbox(talk: Talk) -> YukiSandbox:
    return talk.sandbox


# The exchanges --------------------------------------------------------------------------------------------------


def same(one: etree._Element, other: etree._Element) -> bool:
    """Say whether two elements are the same but for blanks between elements."""
    return (
        (one.tag, sorted(one.items()), (one.text or "").strip(), len(one))
        == (other.tag, sorted(other.items()), (other.text or "").strip(), len(other))
    ) and all(map(same, one, other))


def holds(told: etree._Element, part: etree._Element) -> bool:
    """Say whether an element tells everything of a part, in its order; it may tell more."""
    if (told.tag, sorted(told.items())) != (part.tag, sorted(part.items())):
        return False
    if not len(part):
        return (told.text or "").strip() == (part.text or "").strip()
    rest = iter(told)
    return all(any(holds(each, wanted) for each in rest) for wanted in part)


def test_the_published_exchanges_come_out_as_published() -> None:
    with talking(language="en") as talk:
        prepare_as_published(talk.sandbox)
        exchanges = EXCHANGES.findall("exchange")
        for exchange in exchanges:
            name = str(exchange.get("name"))
            prepare_exchange(talk.sandbox, name)
            asked, expected = exchange[0][0], exchange[1][0]
            body = etree.tostring(asked, with_tail=False).decode().replace(PUBLISHED_SESSION, talk.session)
            response = talk.post(str(exchange.get("service")), body, soapaction=f'"{NAMESPACE}{local(asked)}"')
            told = etree.fromstring(response.content)[0][0]
            for each in told.iter(f"{{{NAMESPACE}}}AuthenticateResult"):
                talk.session, each.text = str(each.text), PUBLISHED_SESSION

            assert response.status_code == int(exchange.get("status", "200")), name
            assert same(told, expected), (name, response.text)
    assert len(exchanges) == 16


def prepare_as_published(sandbox: YukiSandbox) -> None:
    moments = {
        "1007": (datetime(2025, 2, 3, 9, 5, 0), datetime(2025, 11, 14, 16, 41, 9)),
        "1012": (datetime(2025, 5, 1, 10, 0, 0), datetime(2025, 11, 14, 16, 52, 30)),
    }
    for row in EXCHANGES.iter("Contact"):
        if row.get("ID"):
            number = str(row.get("ID"))[-4:]
            told: dict[str, Any] = texts(row)
            flags = {name: told.get(name) == "True" for name in ("IsCustomer", "IsSupplier")}
            fields = {name: told[name] for name in told if name not in ("HID", "Name")}
            created, modified = moments[number]
            sandbox.count_on(contact=int(number))
            sandbox.add_contact(told["Name"], **{**fields, **flags, "Created": created, "Modified": modified})
    sandbox.edit_administration(Postcode="3512 AB")
    sandbox.count_on(contact=1020, item=311)


def prepare_exchange(sandbox: YukiSandbox, name: str) -> None:
    match name:
        case "VAT codes":
            sandbox.books.vat_codes = sandbox.books.vat_codes[:2]
        case "ledger accounts":
            sandbox.books.accounts = {"80001": sandbox.books.accounts["80001"]}
        case "push an invoice":
            sandbox.books.accounts = {each.code: each for each in tables.ACCOUNTS["nl"]}
            sandbox.set_customer("c0000000-0000-4000-8000-000000001007")


@pytest.mark.skipif(not (FACTS / "yuki.md").exists(), reason="the record of Yuki does not lie beside this repository")
def test_every_exchange_of_the_record_is_replayed() -> None:
    section = (FACTS / "yuki.md").read_text(encoding="utf-8").split("\n## 5.")[1].split("\n## 6.")[0]
    samples = [
        part
        for block in re.findall(r"```xml\n(.*?)```", section, re.DOTALL)
        for part in etree.fromstring(f"<_>{block}</_>")
    ]
    parts = [each[0][0] if local(each) == "Envelope" else each for each in samples]
    ours = [each for each in EXCHANGES.iter() if isinstance(each.tag, str)]

    assert [etree.tostring(part).decode() for part in parts if not any(holds(each, part) for each in ours)] == []
    assert len(parts) == 23


# Operations -----------------------------------------------------------------------------------------------------


@needs_wsdl
def test_session_operations_ask_what_the_description_says() -> None:
    schema = "{http://www.w3.org/2001/XMLSchema}"
    root = etree.parse(str(WSDL))
    compared = 0
    for name, operation in SERVICES["archive"].operations.items():
        asked = root.find(f".//{schema}element[@name='{name}']")
        if asked is None:
            continue
        compared += 1
        theirs = [str(each.get("name")) for each in asked.iter(f"{schema}element")][1:]
        result = root.find(f".//{schema}element[@name='{name}Result']")

        assert [each.name for each in operation.asks.fields] == theirs
        assert (result is None) == name.startswith("Set")
    assert compared == len(SERVICES["archive"].operations) - 1  # all but AdministrationsWithInternalCustomerCode


@needs_wsdl
def test_an_answer_that_does_not_fit_the_description_is_noticed() -> None:
    told = f'<DomainsResponse xmlns="{NAMESPACE}"><Domains/></DomainsResponse>'
    answer = f'<e:Envelope xmlns:e="{ENVELOPES["text/xml"]}"><e:Body>{told}</e:Body></e:Envelope>'

    with pytest.raises(etree.DocumentInvalid):
        judge(httpx.Response(200, content=answer.encode(), headers={"content-type": "text/xml"}))


def call(talk: Talk, service: str, name: str) -> Any:
    """Call an operation with something for each parameter."""
    given = {
        **EVERYTHING,
        **dict.fromkeys(("sessionID", "sessionId"), SESSION),
        **dict.fromkeys(("administrationID", "administrationId"), ADMINISTRATION),
        **dict.fromkeys(("startDate", "endDate", "dateOutstanding"), "2025-11-20"),
        "sortOrder": "Name" if service == "contact" else "DateAsc",
        "includeBankTransactions": "true",
        "contactType": "Customer",
        "language": "en",
        "accessKey": talk.sandbox.api_key,
        "clientID": "program",
        "clientSecret": "not-a-secret",
        "userName": "anna",
        "password": "not-a-password",
        "Reference": "2025-0311",
        "administrationName": "Bakkerij De Molen B.V.",
        "xmlDoc": "",
    }
    return talk.raw(
        service, name, xml({each.name: given[each.name] for each in SERVICES[service].operations[name].asks.fields})
    )


def test_every_operation_of_every_service_is_answered(talk: Talk) -> None:
    talk.sandbox.portal.clients["program"] = "not-a-secret"
    talk.sandbox.portal.users["anna"] = ("not-a-password", talk.sandbox.portal.keys[talk.sandbox.api_key])
    documents = ("UpdateContact", "ProcessSalesInvoices")
    asked = [(service, name) for service, contract in SERVICES.items() for name in contract.operations]
    refused = [name for service, name in asked if call(talk, service, name).status != 200]

    assert set(refused) == set(documents)
    assert len(SERVICES) == 14
    assert not [name for _, name in asked if re.search("Delete|Remove", name)]


def test_what_is_no_operation_is_a_fault(talk: Talk) -> None:
    told = talk("Contact", "GetContact")

    assert (told.status, told.code) == (500, "soap:Client")
    assert talk.sandbox.calls[-1].what == "unknown"


class Offline(zeep.Transport):
    """Brings the one type that the description takes from the net, and nothing else."""

    def _load_remote_data(self, url: str) -> bytes:
        assert url == ENCODING
        return f"""<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="{ENCODING}">
            <complexType name="Array"/></schema>""".encode()


@needs_wsdl
@pytest.mark.parametrize("binding", ["ArchiveSoap", "ArchiveSoap12"])
def test_zeep_can_enter_and_choose(sandbox: YukiSandbox, binding: str) -> None:
    client = zeep.Client(str(WSDL), transport=Offline())  # type: ignore[no-untyped-call]  # zeep is only half typed
    try:
        address = f"{sandbox.url}/ws/Archive.asmx"
        service = client.create_service(f"{{{NAMESPACE}}}{binding}", address)  # type: ignore[no-untyped-call]  # as above
        session = service.Authenticate(sandbox.api_key)
        domains = service.Domains(session)
        service.SetCurrentDomain(session, HOLDING)
        current = service.GetCurrentDomain(session)
        administrations = service.Administrations(session)
        companies = service.Companies(session)
        id = service.AdministrationID(session, "Molen Holding B.V.")
        nobody = service.AdministrationID(session, "Niemand")
        languages = service.SupportedLanguages(session)
        service.SetLanguage(session, "en")
        language = service.Language(session)
        with pytest.raises(zeep.exceptions.Fault, match="Invalid access key"):
            service.Authenticate("nobody's")
        with pytest.raises(zeep.exceptions.Fault, match="Invalid client"):
            service.AuthenticateClient("program", "wrong", sandbox.api_key)
        with pytest.raises(zeep.exceptions.Fault, match="Invalid user name"):
            service.AuthenticateByUserName("anna", "wrong")
    finally:
        client.transport.session.close()

    assert [each.get("ID") for each in domains] == [DOMAIN, HOLDING]
    assert (current.tag, current[0].get("ID"), local(current[0][0])) == ("Domains", HOLDING, "Name")
    assert [each.findtext("Active") for each in administrations] == ["true", "false"]
    assert {each.findtext("DomainID") for each in administrations} == {HOLDING}
    assert [local(each) for each in companies[0]] == ["Name", "Active"]
    assert id == administrations[0].get("ID")
    assert nobody is None
    assert [each.get("Code") for each in languages] == ["nl-be", "en"]
    assert language == "en"


# The wire -------------------------------------------------------------------------------------------------------


def test_the_body_says_what_is_meant_and_the_header_need_not(talk: Talk) -> None:
    body = f'<Authenticate xmlns="{NAMESPACE}"><accessKey>{talk.sandbox.api_key}</accessKey></Authenticate>'
    sent: list[dict[str, str]] = [{}, {"soapaction": ""}, {"soapaction": f'"{NAMESPACE}Authenticate"'}]
    for headers in sent:
        assert talk.post("Contact", body, **headers).status_code == 200
        assert talk.sandbox.calls[-1].what == "Authenticate"
    wrong = talk.post("Contact", body, soapaction=f'"{NAMESPACE}Domains"')

    assert wrong.status_code == 500
    assert talk.post("Contact", body, soapaction='"urn:elsewhere"').status_code == 500


def test_the_answer_has_the_version_of_the_question(talk: Talk) -> None:
    body = f'<Authenticate xmlns="{NAMESPACE}"><accessKey>nobody\'s</accessKey></Authenticate>'
    media = "application/soap+xml"
    response = talk.post("Contact", body, media=media, soapaction=f'"{NAMESPACE}Authenticate"')
    plain = talk.http.post(f"{talk.sandbox.url}/ws/Contact.asmx", content=body, headers={"content-type": "text/html"})

    assert response.status_code == 500
    assert response.headers["content-type"].startswith(media)
    assert "soap:Receiver" in response.text
    assert plain.status_code == 415


def test_names_of_files_are_in_any_case_and_descriptions_are_not_here(talk: Talk) -> None:
    body = f'<Authenticate xmlns="{NAMESPACE}"><accessKey>{talk.sandbox.api_key}</accessKey></Authenticate>'

    assert [talk.post(each, body).status_code for each in ("Vat", "vat", "Pettycash", "PettyCash")] == [200] * 4
    assert talk.post("Authentication", body).status_code == 404
    assert [
        talk.http.get(f"{talk.sandbox.url}/ws/Contact.asmx{each}").status_code for each in ("?WSDL", "?op=Domains")
    ] == [
        404,
        404,
    ]
    assert talk.http.put(f"{talk.sandbox.url}/ws/Contact.asmx").status_code == 405


def test_parameters_keep_their_order_and_strangers_are_passed_over(talk: Talk) -> None:
    add_zeezicht(talk.sandbox)
    turned = dict(reversed({"sessionID": SESSION, **EVERYTHING}.items()))
    found = talk("Contact", "SearchContacts", **EVERYTHING, searchQuery="nobody")
    refused = talk.raw("Contact", "SearchContacts", xml(turned))
    talk.sandbox.switches.element_order = "any"

    assert len(found.rows()) == 1
    assert (refused.status, refused.code) == (500, "soap:Client")
    assert talk.raw("Contact", "SearchContacts", xml(turned)).status == 200


def test_what_is_missing_has_a_value_and_what_is_empty_has_none(talk: Talk) -> None:
    add_zeezicht(talk.sandbox)
    only_domain = talk("Contact", "SearchContacts", domainID=DOMAIN)
    empty = [
        talk("Contact", "SearchContacts", **{**EVERYTHING, name: ""})
        for name in (*("searchOption", "sortOrder", "modifiedAfter", "active", "pageNumber"),)
    ]
    no_role = talk("Contact", "GetSuppliersAndCustomers", **EVERYTHING)
    empty_role = talk("Contact", "GetSuppliersAndCustomers", **EVERYTHING, contactType="")
    items = talk.books("Accounting", "OutstandingDebtorItems")

    assert len(only_domain.rows()) == 1
    assert [each.status for each in empty] == [500] * 5
    assert [no_role.status, empty_role.status] == [500, 500]
    assert "is not a valid value for" in no_role.fault
    assert items.status == 200


def test_a_bad_value_is_named_in_the_fault(talk: Talk) -> None:
    told = talk("Contact", "SearchContacts", **{**EVERYTHING, "searchOption": "x"})

    assert f"'x' is not a valid value for {tables.SEARCH_OPTION}" in told.fault


def test_a_document_is_inside_its_result_or_a_text_that_holds_it(talk: Talk) -> None:
    inside = talk("Contact", "Domains")
    talk.sandbox.switches.escaped_results = True
    talk.http.event_hooks = {}  # the description wants the document itself; some have seen a text
    text = talk("Contact", "Domains")

    assert inside.document.tag == "Domains"
    assert same(etree.fromstring(text.value), inside.document)


def test_each_service_spells_its_parameters_its_own_way(talk: Talk) -> None:
    add_zeezicht(talk.sandbox)
    inside = talk.push(invoice()).text
    capitals = talk("Sales", "ProcessSalesInvoices", administrationID=ADMINISTRATION, xmlDoc="")
    small = talk.raw("Sales", "GetSalesItems", xml({"sessionId": SESSION, "administrationId": ADMINISTRATION}))
    items = talk("Sales", "GetSalesItems", administrationID=ADMINISTRATION)

    assert "<Succeeded>true</Succeeded>" in inside
    assert "session" in capitals.fault
    assert "session" in small.fault
    assert [each["description"] for each in items.rows()] == ["Bezorging"]


def test_simple_operations_can_be_asked_without_an_envelope(talk: Talk) -> None:
    url = f"{talk.sandbox.url}/ws"
    session = talk.http.get(f"{url}/Accounting.asmx/Authenticate", params={"accessKey": talk.sandbox.api_key})
    value = {"sessionID": str(etree.fromstring(session.content).text)}
    domains = talk.http.post(f"{url}/contact.asmx/Domains", data=value)
    accounts = talk.http.get(
        f"{url}/AccountingInfo.asmx/GetGLAccountScheme", params={**value, "administrationID": ADMINISTRATION}
    )
    documents = [
        talk.http.get(f"{url}/{service}.asmx/{each}", params=value)
        for service, each in {
            "ProcessSalesInvoices": "Sales", "UpdateContact": "Contact", "SearchContacts": "Contact",
            "GetSuppliersAndCustomers": "Contact", "Nothing": "Contact",
        }.items()
        for service, each in [(each, service)]
    ]  # fmt: skip
    missing = talk.http.get(f"{url}/Contact.asmx/Domains")
    dead = talk.http.get(f"{url}/Contact.asmx/Domains", params={"sessionID": "nobody's"})
    xml_posted = talk.http.post(f"{url}/Contact.asmx/Domains", content="<a/>", headers={"content-type": "text/xml"})

    assert etree.fromstring(session.content).tag == f"{{{NAMESPACE}}}string"
    assert domains.headers["content-type"].startswith("text/xml")
    assert etree.fromstring(domains.content).tag == "Domains"
    assert etree.fromstring(accounts.content).tag == f"{{{NAMESPACE}}}ArrayOfGlAccount"
    assert [each.status_code for each in documents] == [500] * 5
    assert [each.status_code for each in (missing, dead, xml_posted)] == [500, 500, 500]
    assert "sessionID" in missing.text
    assert "session" in dead.text
    assert dead.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("service", "operation", "more"),
    [
        ("Contact", "Administrations", {}),
        ("Contact", "AdministrationID", {"administrationName": "Bakkerij De Molen B.V."}),
        ("Vat", "ActiveVATCodesList", {"administrationID": ADMINISTRATION}),
        (
            "Accounting",
            "OutstandingDebtorItems",
            {"administrationID": ADMINISTRATION, "includeBankTransactions": "true", "sortOrder": "DateAsc"},
        ),
        ("Sales", "GetSalesItems", {"administrationID": ADMINISTRATION}),
        ("Contact", "SetLanguage", {"language": "en"}),
    ],
)
def test_what_others_ask_by_get_is_answered(talk: Talk, service: str, operation: str, more: dict[str, str]) -> None:
    given = {"sessionID": talk.session, **more}

    assert talk.http.get(f"{talk.sandbox.url}/ws/{service}.asmx/{operation}", params=given).status_code == 200


def test_a_request_of_more_than_four_megabytes_is_refused(talk: Talk) -> None:
    told = talk("Contact", "Domains", padding="x" * 4 * 1024 * 1024)

    assert told.fault == "Maximum request length exceeded."


def test_the_platform_may_speak_before_the_business_does(talk: Talk) -> None:
    talk.sandbox.switches.asmx_wording = True

    assert talk.login("nobody's").fault == "Server was unable to process request. ---> Invalid access key"


def test_every_switch_of_an_assumption_exists_and_every_switch_is_assumed() -> None:
    named = {each.switch for each in ASSUMPTIONS if each.switch}

    assert named == {each.name for each in fields(Switches)}


# Keys, sessions, domains ----------------------------------------------------------------------------------------


def test_a_session_lives_for_a_day_and_is_good_for_every_service(talk: Talk) -> None:
    talk.clock.turn(hours=23, minutes=59)
    alive = [talk(service, "Domains").status for service in ("Contact", "Sales", "Vat", "Accounting")]
    talk.clock.turn(minutes=1)
    told = talk("Contact", "Domains")

    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", talk.session)
    assert alive == [200] * 4
    assert (told.status, told.code) == (500, "soap:Client")
    assert "session" in told.fault
    assert "expired" in told.fault
    assert talk.raw("Contact", "Domains", "").fault == told.fault
    assert talk.login().status == talk("Contact", "Domains").status == 200
    talk.sandbox.expire_sessions()
    assert talk("Contact", "Domains").fault == told.fault


def test_a_key_opens_what_it_was_made_for(talk: Talk) -> None:
    sandbox = talk.sandbox
    sandbox.make_key("of the domain")
    sandbox.make_key("inside", domains=(HOLDING,), administration="ad000000-0000-4000-8000-000000000021")
    sandbox.make_key("reads", rights=("Contacts (read-only)",))

    talk.login("of the domain")
    assert [each["ID"] for each in talk("Contact", "Domains").rows()] == [DOMAIN]
    talk.login("inside")
    assert [each["Name"] for each in talk("Contact", "Administrations").rows()] == ["Molen Holding B.V."]
    talk.login("reads")
    assert talk("Contact", "SearchContacts", **EVERYTHING).status == 200
    assert "rights" in talk.update({"Type": "2", "FullName": "Nieuw"}).fault
    assert "rights" in talk.books("AccountingInfo", "GetGLAccountScheme").fault
    sandbox.revoke_key("reads")
    assert "session" in talk("Contact", "Domains").fault
    assert talk.login("reads").fault == "Invalid access key"


def test_the_current_domain_is_that_of_one_session(talk: Talk) -> None:
    told = talk("Contact", "SetCurrentDomain", domainID=HOLDING)
    chosen = talk("Contact", "GetCurrentDomain").rows()
    talk.login()

    assert told.result is None
    assert [each["ID"] for each in chosen] == [HOLDING]
    assert [each["ID"] for each in talk("Contact", "GetCurrentDomain").rows()] == [DOMAIN]
    assert talk("Contact", "SetCurrentDomain", domainID="nobody's").status == 500


def test_administrations_are_those_of_the_current_domain(talk: Talk) -> None:
    here = talk("Contact", "Administrations").rows()
    with_code = talk("Accounting", "AdministrationsWithInternalCustomerCode").rows()
    talk.sandbox.switches.administrations_of = "all"
    everywhere = talk("Contact", "Administrations").rows()

    assert [(each["ID"], each["DomainID"], each["Active"]) for each in here] == [(ADMINISTRATION, DOMAIN, "true")]
    assert list(with_code[0])[-1] == "InternalCustomerCode"
    assert [each["Active"] for each in everywhere] == ["true", "true", "false"]


def test_contacts_are_asked_of_a_domain_and_books_of_an_administration(talk: Talk) -> None:
    other = "ad000000-0000-4000-8000-000000000021"
    wrong = talk("Contact", "SearchContacts", **{**EVERYTHING, "domainID": ADMINISTRATION})
    swapped = talk("AccountingInfo", "GetGLAccountScheme", administrationID=DOMAIN)
    elsewhere = talk("AccountingInfo", "GetGLAccountScheme", administrationID=other)
    talk.sandbox.switches.outside_current_domain = "serve"
    served = talk("AccountingInfo", "GetGLAccountScheme", administrationID=other)

    assert [each.status for each in (wrong, swapped, elsewhere, served)] == [500, 500, 500, 200]
    assert talk("Contact", "SearchContacts", **{**EVERYTHING, "domainID": HOLDING}).rows() == []


def test_programs_and_persons_may_enter_otherwise(talk: Talk) -> None:
    talk.sandbox.portal.clients["program"] = "not-a-secret"
    talk.sandbox.portal.users["anna"] = ("not-a-password", talk.sandbox.portal.keys[talk.sandbox.api_key])
    for operation in ("AuthenticateClient", "AuthenticateByUserName"):
        talk.session = call(talk, "contact", operation).value

        assert talk("Contact", "Domains").status == 200


def test_a_key_of_the_other_country_fails_late_or_at_once(talk: Talk) -> None:
    talk.sandbox.make_key("belgian", region="be")
    talk.login("belgian")

    assert talk("Contact", "Administrations").status == 200
    assert talk.books("AccountingInfo", "GetGLAccountScheme").fault == "Domain has no active database"
    assert talk("Contact", "SearchContacts", **EVERYTHING).fault == "Domain has no active database"
    talk.sandbox.switches.wrong_region = "invalid key"
    assert talk.login("belgian").fault == "Invalid access key"


def test_a_domain_out_of_use_has_no_database(talk: Talk) -> None:
    talk.sandbox.domain.active = False

    assert talk.books("Vat", "ActiveVATCodesList").fault == "Domain has no active database"


def test_a_belgian_yuki_has_other_books() -> None:
    with talking() as dutch, talking(region="be") as belgian:
        codes = {
            name: [each["code"] for each in talk.books("AccountingInfo", "GetGLAccountScheme").rows()]
            for name, talk in {"nl": dutch, "be": belgian}.items()
        }
        rates = {(each["type"], each["percentage"]) for each in belgian.books("Vat", "ActiveVATCodesList").rows()}
        urls = [talk("Contact", "Domains").rows()[0]["URL"] for talk in (dutch, belgian)]

        assert "80001" in codes["nl"]
        assert "700000" in codes["be"]
        assert {("21", "12.00"), ("2", "6.00")} <= rates
        assert [each.rpartition(".")[2] for each in urls] == ["nl", "be"]
        assert [talk.sandbox.answers["url"].endswith("/ws/") for talk in (dutch, belgian)] == [True, True]


def test_labels_follow_the_language_of_the_session(talk: Talk) -> None:
    contact = add_zeezicht(talk.sandbox)
    talk.sandbox.book_invoice("2025-0300", contact)
    dutch = talk.outstanding()[0]
    talk("Contact", "SetLanguage", language="en")
    english = talk.outstanding()[0]

    assert (dutch["Type"], dutch["PaymentMethod"]) == ("Verkoopfactuur", "Overschrijving")
    assert (english["Type"], english["PaymentMethod"]) == ("Sales invoice", "Electronic transfer")
    assert talk("Contact", "Language").value == "en"
    assert talk("Contact", "SetLanguage", language="tlh").status == 500


# The calls of a day ---------------------------------------------------------------------------------------------


def test_a_domain_has_a_thousand_calls_a_day_and_a_new_day_begins_at_midnight() -> None:
    with talking() as talk:
        assert talk.sandbox.calls_today() == 1  # the login
        talk.sandbox.spend_calls(998)

        assert talk("Contact", "Domains").status == 200
        assert [talk("Contact", "Domains").fault, talk.login().fault] == ["Daily limit exceeded"] * 2
        talk.clock.turn(hours=13, minutes=59)
        assert talk("Contact", "Domains").fault == "Daily limit exceeded"
        talk.clock.turn(minutes=1)
        assert talk("Contact", "Domains").status == 200
        assert not [name for name in talk.post("Contact", "<a/>").headers if "limit" in name or name == "retry-after"]


def test_a_paid_feature_gives_more_calls(talk: Talk) -> None:
    for feature, calls in tables.ALLOWANCES.items():
        talk.sandbox.set_allowance(calls)
        talk.sandbox.spend_calls(calls - talk.sandbox.calls_today() - 1)

        assert talk("Contact", "Domains").status == 200, feature
        assert talk("Contact", "Domains").fault == "Daily limit exceeded"
    assert list(tables.ALLOWANCES.values()) == [1000, 5000, 10000]


def test_each_domain_has_its_own_calls(talk: Talk) -> None:
    talk("Contact", "SetCurrentDomain", domainID=HOLDING)
    talk.sandbox.spend_calls(1000)

    assert talk("Contact", "Domains").status == 200
    assert talk("Contact", "SetCurrentDomain", domainID=DOMAIN).fault == "Daily limit exceeded"


def test_entering_may_be_free(talk: Talk) -> None:
    talk.sandbox.switches.authenticate_counts = False
    before = talk.sandbox.calls_today()
    talk.login()

    assert talk.sandbox.calls_today() == before


def test_a_domain_without_the_licence_has_no_sales_service(talk: Talk) -> None:
    talk.sandbox.domain.licensed = False
    told = [talk.push(invoice()), talk.books("Sales", "GetSalesItems")]

    assert [each.fault for each in told] == ["The domain is not licensed for this functionality"] * 2
    assert talk.books("Vat", "ActiveVATCodesList").status == 200


# As a system of ours --------------------------------------------------------------------------------------------


def test_a_call_is_named_by_its_operation_and_documents_write(talk: Talk) -> None:
    add_zeezicht(talk.sandbox)
    talk.sandbox.calls.clear()
    talk.search()
    talk.update({"Type": "2", "FullName": "Camping Het Duin"})
    talk.push(invoice())
    talk.http.get(f"{talk.sandbox.url}/ws/Contact.asmx/Domains", params={"sessionID": talk.session})
    talk.http.get(f"{talk.sandbox.url}/elsewhere")

    assert [each.what for each in talk.sandbox.calls] == [
        *("SearchContacts", "UpdateContact", "ProcessSalesInvoices", "Domains", "/elsewhere"),
    ]
    assert [each.what for each in talk.sandbox.writes] == ["UpdateContact", "ProcessSalesInvoices"]


def test_a_lost_answer_can_be_looked_up(talk: Talk) -> None:
    add_zeezicht(talk.sandbox)
    talk.sandbox.mishap("before")
    with pytest.raises(httpx.RemoteProtocolError):
        talk.push(invoice())
    nothing = talk.checked("2025-0311")
    talk.sandbox.mishap("after", when=lambda request: b"ProcessSalesInvoices" in request.body)
    with pytest.raises(httpx.RemoteProtocolError):
        talk.push(invoice())
    there = talk.checked("2025-0311")
    again = talk.push(invoice()).invoices()

    assert nothing == []
    assert len(there) == 1
    assert again[0]["Succeeded"] == "false"


def test_it_says_what_a_connection_is_asked() -> None:
    text = (files("syncrules_providers") / "yuki.manifest.yaml").read_text(encoding="utf-8")
    manifest = yaml.load(text, "yuki.manifest.yaml").data
    with YukiSandbox.seeded(0) as sandbox:
        answers = sandbox.answers

        assert answers["url"] == f"{sandbox.url}/ws/"
    assert answers.keys() == manifest["connection"]["asks"].keys()


def test_what_is_offered_beyond_the_session_operations_is_what_five_services_have() -> None:
    own = {name: sorted(set(SERVICES[name.lower()].operations) - set(SERVICES["archive"].operations)) for name in OWN}

    assert {name: len(each) for name, each in own.items() if each} == {
        "Accounting": 6,
        "AccountingInfo": 2,
        "Contact": 3,
        "Sales": 3,
        "Vat": 1,
    }
