"""The e-Boekhouden sandbox over SOAP: the published exchanges, the vendor's own client contract, and every quirk."""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest
import zeep
from eboekhouden_talk import (
    ENVELOPE_12,
    EXCHANGES,
    LINE,
    NAMESPACE,
    NUMBERS,
    RELATION_FIELDS,
    TODAY,
    WSDL,
    Talk,
    invoice,
    judge,
    mutation,
    needs_wsdl,
    payment,
    relation,
    talking,
    tree,
    xml,
)
from lxml import etree

from syncrules_providers.sandboxes import eboekhouden_tables as tables
from syncrules_providers.sandboxes.eboekhouden_shapes import CONTRACT, KINDS_OF_MUTATION
from syncrules_providers.sandboxes.eboekhouden_soap import EboekhoudenSoapSandbox
from syncrules_providers.sandboxes.soap_server import Kind
from syncrules_providers.sandboxes.story import tell


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking() as talk:
        yield talk


@pytest.fixture
def sandbox(talk: Talk) -> EboekhoudenSoapSandbox:
    return talk.sandbox


# The contract ---------------------------------------------------------------------------------------------------


def test_the_published_exchanges_come_out_as_published() -> None:
    with EboekhoudenSoapSandbox(username="jansen-demo", today=lambda: TODAY) as sandbox, httpx.Client() as http:
        talk, session = Talk(sandbox, http), ""
        prepare_as_published(sandbox)
        for exchange in EXCHANGES.findall("exchange"):
            name = str(exchange.get("name"))
            prepare_exchange(sandbox, name)
            asked, expected = (exchange[0][0], exchange[1][0])
            body = (
                etree.tostring(asked, with_tail=False)
                .decode()
                .replace("{AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE}", session)
            )
            response = talk.post(etree.QName(asked).localname, body)
            told = etree.fromstring(response.content)[0][0]
            for each in told.iter(f"{{{NAMESPACE}}}SessionID"):
                session, each.text = str(each.text), "{AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE}"

            assert (name, response.status_code) == (name, int(exchange.get("status", "200")))
            assert (name, tree(told)) == (name, tree(expected))
            assert [each.tag for each in told.iter()] == [each.tag for each in expected.iter()], name


def prepare_as_published(sandbox: EboekhoudenSoapSandbox) -> None:
    published = tree(EXCHANGES.find("exchange[@name='relations']/told")[0])  # type: ignore[index]  # it is there
    row = published["GetRelatiesResult"]["Relaties"]["cRelatie"]
    numbers = {"ID": int(row["ID"]), **dict.fromkeys(NUMBERS, 0), "AddDatum": date(2025, 11, 3)}
    sandbox.add_relation(**{**row, **numbers})
    sandbox.count_on(relation=4100203, mutation=318, invoice=18)
    prices = ("InkoopprijsExclBTW", "VerkoopprijsExclBTW", "VerkoopprijsInclBTW", "BtwPercentage")
    published = tree(EXCHANGES.find("exchange[@name='articles']/told")[0])  # type: ignore[index]  # it is there
    for each in published["GetArtikelenResult"]["Artikelen"]["cArtikel"]:
        exact = {name: Decimal(each[name]) for name in prices}
        fields = {**each, **exact, "KostenplaatsID": 0, "Actief": each["Actief"] == "true"}
        sandbox.add_article(**{name: value for name, value in fields.items() if name != "ArtikelID"})


def prepare_exchange(sandbox: EboekhoudenSoapSandbox, name: str) -> None:
    match name:
        case "open items":
            sandbox.count_on(mutation=325)
            sandbox.pay("2026-0017", "100.00", day=date(2026, 3, 10))
        case "limit reached":
            sandbox.getmutaties_per_month = 0
        case "session expired":
            sandbox.getmutaties_per_month = 5000
            sandbox.expire_sessions()


@needs_wsdl
def test_types_have_the_elements_of_the_wsdl_in_its_order() -> None:
    schema = "{http://www.w3.org/2001/XMLSchema}"
    types = {each.get("name"): each for each in etree.parse(str(WSDL)).iter(f"{schema}complexType")}
    compared = [name for name in CONTRACT.shapes if name in types]
    for name in compared:
        theirs = [
            (each.get("name"), str(each.get("type")).partition(":")[2]) for each in types[name].iter(f"{schema}element")
        ]
        ours = [
            (
                each.name,
                each.kind.name if isinstance(each.kind, Kind) else f"ArrayOf{each.kind[0].upper()}{each.kind[1:]}",
            )
            for each in CONTRACT.shapes[name].fields
        ]

        assert [(each, "" if kind == "anyType" else kind) for each, kind in ours] == theirs, name
    assert set(CONTRACT.shapes) - set(compared) == {"cRelatieUpdate"}


@needs_wsdl
@pytest.mark.parametrize("wrong", ["<GetSaldoResult><Saldo>veel</Saldo></GetSaldoResult>", "<Saldo>1</Saldo>"])
def test_an_answer_that_does_not_fit_the_wsdl_is_noticed(wrong: str) -> None:
    told = f'<GetSaldoResponse xmlns="{NAMESPACE}">{wrong}</GetSaldoResponse>'
    answer = f'<e:Envelope xmlns:e="{ENVELOPE_12}"><e:Body>{told}</e:Body></e:Envelope>'

    with pytest.raises(etree.DocumentInvalid):
        judge(httpx.Response(200, content=answer.encode()))


@needs_wsdl
def test_operations_ask_and_answer_what_the_wsdl_says() -> None:
    schema = "{http://www.w3.org/2001/XMLSchema}"
    root = etree.parse(str(WSDL))
    for name, operation in CONTRACT.operations.items():
        asked = root.find(f".//{schema}element[@name='{name}']")
        assert asked is not None
        result = root.find(f".//{schema}complexType[@name='cResult{name.removesuffix('Sub')}']")
        told = [] if result is None else [str(each.get("name")) for each in result.iter(f"{schema}element")]

        assert [each.name for each in operation.asks.fields] == [
            str(each.get("name")) for each in asked.iter(f"{schema}element")
        ][1:]
        assert operation.bare or [each.name for each in operation.answers.fields] == told
    assert len(CONTRACT.operations) == 20


def test_every_operation_is_answered(talk: Talk) -> None:
    filters = {"cFilter": {"ID": 0, "MutatieNr": 0, "KostenPlaatsId": 0}}
    days = {"cFilter": {"KostenPlaatsId": 0, "DatumVan": "2026-01-01T00:00:00", "DatumTot": "2026-12-31T00:00:00"}}
    account = {"oGb": {"ID": 0}}
    objects: dict[str, dict[str, Any]] = {
        "GetRelaties": filters,
        "GetArtikelen": filters,
        "GetGrootboekrekeningen": filters,
        "GetKostenplaatsen": filters,
        "GetMutaties": filters,
        "GetFacturen": {"cFilter": {}},
        "GetSaldo": {"cFilter": {"GbCode": "1300", **days["cFilter"]}},
        "GetSaldi": days,
        "GetOpenPosten": {"OpSoort": "Debiteuren"},
        "AddMutatie": {"oMut": mutation()},
        "AddRelatie": {"oRel": relation()},
        "UpdateRelatie": {"oRel": relation(ID=4100201)},
        "AddFactuur": {"oFact": invoice()},
        "AddGrootboekrekening": account,
        "UpdateGrootboekrekening": account,
    }
    for name in CONTRACT.operations:
        if name not in ("OpenSession", "OpenSessionSub", "CloseSession", "AutoLogin"):
            assert talk(name, **objects.get(name, {})).status == 200
    codes = {"SessionID": talk.session, "SecurityCode2": talk.sandbox.security_code2}
    assert talk.ask("AutoLogin", Username="demo", **codes)["Token"]


@needs_wsdl
@pytest.mark.parametrize("binding", ["soapAppSoap", "soapAppSoap12"])
def test_zeep_can_do_the_whole_round(sandbox: EboekhoudenSoapSandbox, binding: str) -> None:
    client = zeep.Client(str(WSDL))  # type: ignore[no-untyped-call]  # zeep is only half typed
    try:
        address = f"{sandbox.url}/soap.asmx"
        service = client.create_service(f"{{{NAMESPACE}}}{binding}", address)  # type: ignore[no-untyped-call]  # as above
        opened = service.OpenSession("demo", sandbox.security_code1, sandbox.security_code2, "test")
        codes = (opened.SessionID, sandbox.security_code2)
        relations = service.GetRelaties(*codes, {"Trefwoord": "", "Code": "10042", "ID": 0}).Relaties.cRelatie
        articles = service.GetArtikelen(*codes, {"ArtikelCode": "BEL-09"}).Artikelen.cArtikel
        booked = service.AddMutatie(*codes, {**mutation(), "Datum": TODAY})
        items = service.GetOpenPosten(*codes, "Debiteuren").Openposten.cOpenPost
        found = service.GetMutaties(
            *codes, {"MutatieNr": booked.Mutatienummer, "DatumVan": date(1980, 1, 1), "DatumTm": TODAY}
        )
        service.CloseSession(opened.SessionID)
    finally:
        client.transport.session.close()

    assert relations[0].Bedrijf == "Bakkerij De Korenaar"
    assert [(each.Actief, each.VerkoopprijsExclBTW) for each in articles] == [(False, Decimal("4.50"))]
    assert booked.ErrorMsg.LastErrorCode is None
    assert [each.Openstaand for each in items] == [121.0, 121.0]
    assert found.Mutaties.cMutatieList[0].MutatieRegels.cMutatieListRegel[0].BedragInclBTW == Decimal("121.00")


def test_soap_1_2_is_understood_with_and_without_action(talk: Talk) -> None:
    body = f'<OpenSession xmlns="{NAMESPACE}"><Username>demo</Username></OpenSession>'
    for action in (f'; action="{NAMESPACE}/OpenSession"', ""):
        media = f"application/soap+xml; charset=utf-8{action}"
        response = talk.post("", body, envelope=ENVELOPE_12, **{"content-type": media, "soapaction": ""})

        assert response.headers["content-type"].startswith("application/soap+xml")
        assert "E0011" in response.text
        assert talk.sandbox.calls[-1].what == "OpenSession"


def test_there_is_no_wsdl_here(sandbox: EboekhoudenSoapSandbox) -> None:
    assert httpx.get(f"{sandbox.url}/soap.asmx?wsdl").status_code == 404


def test_every_assumption_with_a_switch_names_one_that_exists() -> None:
    switches = inspect.signature(EboekhoudenSoapSandbox).parameters

    assert {each.switch for each in tables.ASSUMPTIONS if each.switch} <= set(switches)


# Sessions -------------------------------------------------------------------------------------------------------


def test_a_session_lives_for_five_minutes(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    assert talk("GetAdministraties").error == ""
    sandbox.expire_sessions()
    assert talk("GetAdministraties").error == "E0023"
    talk.login()
    assert talk("GetAdministraties").error == ""


def test_a_new_password_breaks_code_1_and_says_no_more_than_that(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    old = sandbox.security_code1
    sandbox.change_password("00000000000000000000000000000002")

    assert talk("GetAdministraties").error == ""
    assert talk.login(SecurityCode1=old).error == "E0011"
    assert talk.login().error == ""


def test_the_braces_of_a_session_may_be_left_out(talk: Talk) -> None:
    assert talk.session.startswith("{")
    assert len(talk.session) == 38
    talk.session = talk.session.strip("{}")

    assert talk("GetAdministraties").error == ""


def test_closing_a_session_tells_nothing_at_all(talk: Talk) -> None:
    told = talk.ask("CloseSession", SessionID="nonsense")

    assert (told.result, told.error) == (None, "")


def test_error_codes_have_dots_when_switched(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    sandbox.dotted_error_codes = True
    sandbox.expire_sessions()

    assert talk("GetAdministraties").error == "E002.3"


@pytest.mark.parametrize(
    ("style", "shown"),
    [
        ("empty", "<ErrorMsg><LastErrorCode /><LastErrorDescription /></ErrorMsg>"),
        ("childless", "<ErrorMsg />"),
        ("absent", "<GetKostenplaatsenResult><Kostenplaatsen>"),
    ],
)
def test_a_success_can_say_so_in_three_ways(
    sandbox: EboekhoudenSoapSandbox, talk: Talk, style: Any, shown: str
) -> None:
    sandbox.error_msg_style = style

    assert shown in talk("GetKostenplaatsen", cFilter={}).text


# Relations ------------------------------------------------------------------------------------------------------


def test_days_may_be_told_with_an_offset(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    sandbox.post_invoice("2026-0002", "10042", day=date(2026, 7, 1))
    sandbox.days = "with an offset"

    assert [each["MutDatum"] for each in talk.open_items()] == [
        "2026-03-02T00:00:00+01:00",
        "2026-07-01T00:00:00+02:00",
    ]


def test_amounts_may_be_what_binary_sums_leave(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    sandbox.pay("2026-0001", "21.00")
    sandbox.doubles = "binary"
    (item,) = talk.open_items()

    assert (item["Bedrag"], item["Voldaan"], item["Openstaand"]) == (
        "120.99999999999999",
        "20.999999999999996",
        "99.99999999999999",
    )


def test_all_relations_come_with_all_their_fields_in_one_call(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    found = talk.relations()

    assert len(found) == len(sandbox.relations()) == sum(each.in_books for each in tell(20).relations)
    assert all(len(each) == len(RELATION_FIELDS) for each in found)


def test_nothing_found_is_no_container(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    nothing = {"Trefwoord": "", "Code": "nope", "ID": 0}
    assert "Relaties" not in talk("GetRelaties", cFilter=nothing).result
    sandbox.empty_list = "empty"
    assert talk("GetRelaties", cFilter=nothing).result["Relaties"] == ""


def test_relations_are_found_by_code_id_and_word(talk: Talk) -> None:
    assert [each["Bedrijf"] for each in talk.relations(Code="00017")] == ["Zaadhandel Kiem"]
    assert [each["Code"] for each in talk.relations(ID=4100201)] == ["10042"]
    assert {each["Code"] for each in talk.relations(Trefwoord="KORENAAR")} == {"10042"}
    assert {each["BP"] for each in talk.relations(Trefwoord="p")} >= {"P"}


def test_a_relation_no_longer_in_use_shows_it_only_in_its_name(talk: Talk) -> None:
    assert [each["Bedrijf"] for each in talk.relations(Code="10060")] == ["ZZ Uitgedoofd Vuur"]


def test_a_new_relation_gets_its_number_and_its_date_from_the_server(
    sandbox: EboekhoudenSoapSandbox, talk: Talk
) -> None:
    told = talk("AddRelatie", oRel=relation(ID=5, AddDatum="1999-01-01", Site="anna.example"))
    row = sandbox.relation(Code="A1")

    assert int(told["Rel_ID"]) == row["ID"] != 5
    assert (row["AddDatum"], row["Bedrijf"], row["Site"], row["IBAN"]) == (TODAY, "Anna & Zn.", "anna.example", "")


def test_an_update_clears_what_it_leaves_out(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    before = sandbox.relation(Code="10042")
    told = talk("UpdateRelatie", oRel=relation(ID=before["ID"], Code="10042", Telefoon="1"))
    after = sandbox.relation(Code="10042")

    assert told.error == ""
    assert (after["Telefoon"], after["Notitie"], after["AddDatum"]) == ("1", "", before["AddDatum"])


def test_an_update_keeps_what_it_leaves_out_when_switched_but_clears_what_it_empties(
    sandbox: EboekhoudenSoapSandbox, talk: Talk
) -> None:
    sandbox.missing_clears = False
    before = sandbox.relation(Code="10042")
    talk("UpdateRelatie", oRel=relation(ID=before["ID"], Code="10042", Telefoon=""))
    after = sandbox.relation(Code="10042")

    assert (after["Telefoon"], after["Notitie"]) == ("", before["Notitie"])


def test_text_that_is_too_long_is_cut_in_silence(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    long = {"Contactpersoon": "c" * 60, "Site": "s" * 60}
    added = talk("AddRelatie", oRel=relation(**long))
    assert (added.error, sandbox.relation(Code="A1")["Site"]) == ("", "s" * 50)

    assert len(sandbox.relation(Code="A1")["Contactpersoon"]) == 60
    talk("UpdateRelatie", oRel=relation(ID=added["Rel_ID"], **long))
    assert len(sandbox.relation(Code="A1")["Contactpersoon"]) == 50


def test_a_relation_with_a_new_code_takes_its_invoices_along(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    sandbox.edit_relation(sandbox.relation(Code="10042")["ID"], Code="99999")

    assert talk.open_items()[0]["RelCode"] == "99999"


def test_twenty_thousand_relations_come_within_seconds() -> None:
    with EboekhoudenSoapSandbox(tell(20_000)) as sandbox, httpx.Client(timeout=60) as http:
        talk = Talk(sandbox, http)
        talk.login()
        codes = {"SessionID": talk.session, "SecurityCode2": sandbox.security_code2}
        body = xml({**codes, "cFilter": {"ID": 0}})
        started = time.perf_counter()
        response = talk.post("GetRelaties", f'<GetRelaties xmlns="{NAMESPACE}">{body}</GetRelaties>')

        assert time.perf_counter() - started < 10
        assert response.text.count("<cRelatie>") > 15_000


# Articles -------------------------------------------------------------------------------------------------------


def test_inactive_articles_come_along(talk: Talk) -> None:
    found = {each["ArtikelCode"]: each for each in talk("GetArtikelen", cFilter={}).rows("Artikelen")}

    assert found["BEL-09"]["Actief"] == "false"
    assert found["DEC-01"]["VerkoopprijsExclBTW"] == "0.012345"
    assert found["NUL-01"]["BtwPercentage"] == "0.00"


def test_articles_and_accounts_are_found_by_what_a_filter_says(talk: Talk) -> None:
    def articles(**wanted: Any) -> list[str]:
        return [each["ArtikelCode"] for each in talk("GetArtikelen", cFilter=wanted).rows("Artikelen")]

    def accounts(**wanted: Any) -> list[str]:
        return [each["Code"] for each in talk("GetGrootboekrekeningen", cFilter=wanted).rows("Rekeningen")]

    assert articles(ArtikelCode="bel-09") == ["BEL-09"]
    assert articles(ArtikelCode="BEL") == []
    assert articles(ArtikelID=0, GroepCode="nobody's") == []
    assert accounts(Categorie="DEB") == ["1300"]
    assert accounts(Code="1300", Categorie="CRED") == []


def test_line_breaks_arrive_as_line_feeds(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    (found,) = talk("GetArtikelen", cFilter={"ArtikelCode": "OMS-01"}).rows("Artikelen")

    assert "\r\n" in sandbox.article(ArtikelCode="OMS-01")["ArtikelOmschrijving"]
    assert "\r" not in found["ArtikelOmschrijving"]
    assert "\n" in found["ArtikelOmschrijving"]


# Open items and mutations ---------------------------------------------------------------------------------------


def test_a_posted_invoice_is_an_open_item_until_it_is_paid(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    assert talk("AddMutatie", oMut=mutation()).error == ""
    sandbox.pay("2026-0100", "21.50")
    item = talk.open_items()[1]
    assert (item["Bedrag"], item["Voldaan"], item["Openstaand"]) == ("121", "21.5", "99.5")

    rest = sandbox.pay("2026-0100")
    assert [each["MutFactuur"] for each in talk.open_items()] == ["2026-0001"]

    sandbox.reverse_payment(rest)
    assert talk.open_items()[1]["Openstaand"] == "99.5"


def test_a_payment_over_the_api_counts_too(talk: Talk) -> None:
    assert talk("AddMutatie", oMut=payment()).error == ""

    assert talk.open_items()[0]["Voldaan"] == "50"


def test_a_credit_note_is_open_below_zero(talk: Talk) -> None:
    below = {
        **LINE,
        "BedragInvoer": "-10.00",
        "BedragExclBTW": "-10.00",
        "BedragBTW": "-2.10",
        "BedragInclBTW": "-12.10",
    }
    talk("AddMutatie", oMut=mutation(below))

    assert talk.open_items()[1]["Openstaand"] == "-12.1"


def test_debtors_and_creditors_are_kept_apart(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    sandbox.post_invoice("L-1", "20017", vat_code="HOOG_INK_21", counter="7000", kind="FactuurOntvangen")

    assert [each["MutFactuur"] for each in talk.open_items("Crediteuren")] == ["L-1"]
    assert [each["MutFactuur"] for each in talk.open_items()] == ["2026-0001"]


def test_one_payment_of_two_invoices_has_a_line_for_each(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    sandbox.post_invoice("2026-0002", "10042")
    sandbox.pay_several({"2026-0001": None, "2026-0002": "1.00"})
    found = talk.mutations()[-1]

    assert found["Factuurnummer"] == "2026-0001,2026-0002"
    assert [each["Factuurnummer"] for each in found["MutatieRegels"]["cMutatieListRegel"]] == ["2026-0001", "2026-0002"]


def test_mutations_are_the_last_five_hundred_with_both_bounds_included(
    sandbox: EboekhoudenSoapSandbox, talk: Talk
) -> None:
    for number in range(2, 503):
        sandbox.post_invoice(f"M-{number}", "10042")
    numbers = [int(each["MutatieNr"]) for each in talk.mutations()]
    window = [int(each["MutatieNr"]) for each in talk.mutations(MutatieNrVan=2, MutatieNrTm=4)]

    assert numbers == list(range(3, 503))
    assert window == [2, 3, 4]


def test_a_filter_without_days_finds_no_mutation(talk: Talk) -> None:
    assert len(talk.mutations()) == 1
    assert talk("GetMutaties", cFilter={"MutatieNr": 0}).rows("Mutaties") == []


def test_the_calls_of_a_month_run_out_and_come_back(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    sandbox.getmutaties_per_month = 2
    errors = [talk("GetMutaties", cFilter={"MutatieNr": 0}).error for _ in range(3)]
    sandbox.today = lambda: date(2026, 4, 1)

    assert errors == ["", "", "E0031"]
    assert talk("GetMutaties", cFilter={"MutatieNr": 0}).error == ""


def test_an_invoice_made_here_is_numbered_booked_and_listed(talk: Talk) -> None:
    number = talk("AddFactuur", oFact=invoice())["Factuurnummer"]
    (found,) = talk("GetFacturen", cFilter={"DatumVan": "1980-01-01", "DatumTm": "2049-12-31"}).rows("Facturen")

    assert (number, found["Factuurnummer"]) == ("F00001", "F00001")
    assert (found["TotaalInclBTW"], found["TotaalOpenstaand"]) == ("847", "847")
    assert (
        'xsi:type="xsd:string"' in talk("GetFacturen", cFilter={"DatumVan": "1980-01-01", "DatumTm": "2049-12-31"}).text
    )
    assert [each["MutFactuur"] for each in talk.open_items()] == ["2026-0001", "F00001"]


def test_balances_follow_from_the_mutations(talk: Talk) -> None:
    every = {"KostenPlaatsId": 0, "DatumVan": "2026-01-01T00:00:00", "DatumTot": "2026-12-31T00:00:00"}
    balances = {each["Code"]: each["Saldo"] for each in talk("GetSaldi", cFilter=every).rows("Saldi")}

    assert (balances["1300"], balances["8000"], balances["1500"], balances["1010"]) == ("121", "-100", "-21", "0")
    assert talk("GetSaldo", cFilter={"GbCode": "1300", **every})["Saldo"] == "121"


def test_a_ledger_account_is_added_and_changed(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    account = {"ID": 0, "Code": "8500", "Omschrijving": "Omzet nieuw", "Categorie": "VW", "Groep": "009"}
    number = talk("AddGrootboekrekening", oGb=account)["Gb_ID"]
    talk("UpdateGrootboekrekening", oGb={**account, "ID": number, "Omschrijving": "Omzet anders"})

    assert {"ID": int(number), **account, "Omschrijving": "Omzet anders"} | {"ID": int(number)} in sandbox.accounts()


# The person, and mishaps ----------------------------------------------------------------------------------------


def test_only_adding_and_updating_counts_as_writing(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    talk.relations()
    talk("AddRelatie", oRel=relation())

    assert [each.what for each in sandbox.writes] == ["AddRelatie"]


def test_a_lost_answer_leaves_the_invoice_posted(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    sandbox.mishap("after")
    with pytest.raises(httpx.TransportError):
        talk("AddMutatie", oMut=mutation())

    assert talk("AddMutatie", oMut=mutation()).error == "CMUT019"


def test_a_person_may_ask_only_for_what_exists_once(sandbox: EboekhoudenSoapSandbox) -> None:
    with pytest.raises(AssertionError, match="2 rows"):
        sandbox.relation(Bedrijf="Dubbelganger")
    with pytest.raises(AssertionError, match="no field"):
        sandbox.add_relation(Naam="x")


def test_loading_another_story_begins_anew(sandbox: EboekhoudenSoapSandbox) -> None:
    sandbox.load(tell(0))

    assert sandbox.mutations() == []
    assert len(sandbox.relations()) == sum(each.in_books for each in tell(0).relations)


def test_kinds_of_mutation_are_those_that_can_be_booked() -> None:
    assert set(tables.KINDS) == set(KINDS_OF_MUTATION) - {"OpeningsSaldo"}
