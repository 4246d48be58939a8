"""What the e-Boekhouden sandbox refuses: every error of its table provoked once, and every sort of Fault."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from eboekhouden_talk import (
    ENVELOPE,
    ENVELOPE_12,
    LINE,
    NAMESPACE,
    PAID,
    Talk,
    invoice,
    mutation,
    payment,
    relation,
    talking,
)
from lxml import etree

from syncrules_providers.sandboxes import eboekhouden_tables as tables
from syncrules_providers.sandboxes.eboekhouden_soap import EboekhoudenSoapSandbox


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking() as talk:
        yield talk


@pytest.fixture
def sandbox(talk: Talk) -> EboekhoudenSoapSandbox:
    return talk.sandbox


# Errors, each provoked ------------------------------------------------------------------------------------------

BAD_LINES: dict[str, dict[str, Any]] = {
    "CMUT010": {"BedragInclBTW": "121.01"},
    "CMUT010.1": {"BedragBTW": "21.02", "BedragInclBTW": "121.02"},
    "CMUT011": {"BTWCode": "HOOG_INK_21"},
    "CMUT012": {"TegenrekeningCode": "1010"},
    "CMUT033": {"BTWCode": "NL21"},
    "CMUT098": {"KostenplaatsID": 77},
}
BAD_MUTATIONS: dict[str, dict[str, Any]] = {
    **{code: mutation({**LINE, **instead}) for code, instead in BAD_LINES.items()},
    "CMUT001": mutation(Rekening="9999"),
    "CMUT001.1": mutation(Soort="GeldOntvangen", Rekening="1300"),
    "CMUT003": mutation(InExBTW=""),
    "CMUT003.1": mutation(InExBTW="NE"),
    "CMUT004": mutation(Datum="2050-01-01T00:00:00"),
    "CMUT005": mutation(Omschrijving=""),
    "CMUT006": mutation(*[LINE] * 101),
    "CMUT008": mutation(Soort="OpeningsSaldo"),
    "CMUT013": mutation(Factuurnummer=""),
    "CMUT014": mutation(RelatieCode=""),
    "CMUT015": mutation(Soort="FactuurOntvangen", Rekening="1300"),
    "CMUT016": mutation(Rekening="1600"),
    "CMUT017": mutation(RelatieCode="nope"),
    "CMUT018": mutation(
        {**LINE, "BTWCode": "HOOG_INK_21"},
        Soort="FactuurOntvangen",
        Rekening="1600",
        RelatieCode="20017",
        Factuurnummer="L-1",
    ),
    "CMUT019": mutation(Factuurnummer="2026-0001"),
    "CMUT020": mutation(Datum="2025-12-31T00:00:00"),
    "CMUT021": payment(PAID, PAID),
    "CMUT023": payment(Factuurnummer=""),
    "CMUT024": payment(RelatieCode=""),
    "CMUT025": payment(RelatieCode="nope"),
    "CMUT026": payment(Factuurnummer="2026-0999"),
    "CMUT027": payment({**PAID, "TegenrekeningCode": "8000"}),
    "CMUT028": payment(Soort="FactuurbetalingVerstuurd"),
}
BAD_INVOICES: dict[str, dict[str, Any]] = {
    "CFACT004": invoice(Datum="1979-12-31T00:00:00"),
    "CFACT006": {**invoice(), "Regels": ""},
    "CFACT014": invoice(Betalingstermijn=-1),
    "CFACT024": invoice(Relatiecode=""),
    "CFACT025": invoice(Relatiecode="nope"),
    "CFACT026": invoice(Factuurnummer="2026-0001"),
    "CFACT027": invoice(Factuursjabloon=""),
    "CFACT028": invoice(Factuursjabloon="Kerst"),
    "CFACT029": invoice(PerEmailVerzenden="true"),
    "CFACT030": invoice(PerEmailVerzenden="true", EmailBericht="x"),
    "CFACT031": invoice(PerEmailVerzenden="true", EmailBericht="x", EmailVanAdres="a@b.example"),
    "CFACT032": invoice(BoekhoudmutatieOmschrijving=""),
    "CFACT033": invoice(AutomatischeIncasso="true"),
    "CFACT034": invoice(AutomatischeIncasso="true", IncassoIBAN="x"),
    "CFACT035": invoice(AutomatischeIncasso="true", IncassoIBAN="x", IncassoTnv="x"),
    "CFACT036": invoice(AutomatischeIncasso="true", IncassoIBAN="x", IncassoTnv="x", IncassoPlaats="x"),
    "CFACT037": invoice({"Code": ""}),
    "CFACT039": invoice({"Omschrijving": ""}),
    "CFACT040": invoice({"TegenrekeningCode": ""}),
    "CFACT041": invoice({"BTWCode": ""}),
    "CFACT042": invoice({"BTWCode": "NL21"}),
    "CFACT212": invoice({"KostenplaatsID": 77}),
}
BAD_RELATIONS: dict[str, dict[str, Any]] = {
    "CREL001": {"Code": "10042"},
    "CREL002": {"Code": ""},
    "CREL003": {"Bedrijf": ""},
    "CREL004": {"BP": "X"},
}
ACCOUNT = {"ID": 9008000, "Code": "8000", "Omschrijving": "Omzet", "Categorie": "VW", "Groep": "009"}
BAD_ACCOUNTS: dict[str, dict[str, Any]] = {
    "CGB001": {"Code": "1300"},
    "CGB002": {"Code": "8999", "Omschrijving": ""},
    "CGB005": {"Code": "8999", "Categorie": ""},
    "CGB006": {"Code": "8999", "Categorie": "DEB"},
    "CGN003": {"Code": ""},
}
TOO_LONG = ("CREL006", "CMUT099", "CFACT099", "CGB099")
LOGINS = {
    "E001.1": {"Username": "someone"},
    "E001.3": {"SecurityCode2": "else"},
}
SESSIONS = ("E002.1", "E002.2", "E002.3", "E002.4", "E002.5", "E003.1")
ONLY_BY_HAND = ("E001.2", "E001.5", "E001.7")


@pytest.mark.parametrize("code", BAD_MUTATIONS)
def test_a_wrong_mutation_is_refused_and_not_kept(sandbox: EboekhoudenSoapSandbox, talk: Talk, code: str) -> None:
    sandbox.post_invoice("L-1", "20017", vat_code="HOOG_INK_21", counter="7000", kind="FactuurOntvangen")
    sandbox.close_period(date(2025, 12, 31))
    bad = BAD_MUTATIONS[code]
    if code == "CMUT028":
        bad = {**bad, "RelatieCode": "20017", "Factuurnummer": "L-1"}
    before = sandbox.mutations()
    told = talk("AddMutatie", oMut=bad)

    assert (told.error, told["Mutatienummer"]) == (code.replace(".", ""), "0")
    assert sandbox.mutations() == before


def test_a_term_that_is_no_number_is_refused(talk: Talk) -> None:
    assert talk("AddMutatie", oMut=mutation(Betalingstermijn="")).error == "CMUT014"


def test_a_cent_between_percentage_and_vat_is_let_through(talk: Talk) -> None:
    near = {**LINE, "BedragBTW": "21.01", "BedragInclBTW": "121.01"}

    assert talk("AddMutatie", oMut=mutation(near)).error == ""


def test_a_percentage_that_is_not_that_of_the_code_is_refused(talk: Talk) -> None:
    other = {**LINE, "BTWCode": "LAAG_VERK_9"}

    assert talk("AddMutatie", oMut=mutation(other)).error == "CMUT0101"


@pytest.mark.parametrize(("day", "percentage", "tax"), [("2018-12-31", "6", "6.00"), ("2019-01-01", "9", "9.00")])
def test_the_old_low_rate_ended_with_2018(talk: Talk, day: str, percentage: str, tax: str) -> None:
    low = {**LINE, "BTWCode": "LAAG_VERK", "BTWPercentage": percentage, "BedragBTW": tax, "BedragInclBTW": f"10{tax}"}

    assert talk("AddMutatie", oMut=mutation(low, Datum=f"{day}T00:00:00")).error == ""


@pytest.mark.parametrize("code", BAD_INVOICES)
def test_a_wrong_invoice_is_refused(sandbox: EboekhoudenSoapSandbox, talk: Talk, code: str) -> None:
    told = talk("AddFactuur", oFact=BAD_INVOICES[code])

    assert (told.error, "Factuurnummer" in told.result) == (code, False)
    assert sandbox.books.invoices == {}


@pytest.mark.parametrize("code", BAD_RELATIONS)
def test_a_wrong_relation_is_refused_when_added_and_when_updated(
    sandbox: EboekhoudenSoapSandbox, talk: Talk, code: str
) -> None:
    before = sandbox.relations()
    other = sandbox.relation(Code="10043")["ID"]
    bad = relation(**BAD_RELATIONS[code])

    told = talk("AddRelatie", oRel=bad)

    assert told.error == code
    assert told["Rel_ID"] == "0"
    assert talk("UpdateRelatie", oRel={**bad, "ID": other}).error == code
    assert sandbox.relations() == before


def test_a_relation_that_is_not_there_cannot_be_updated(talk: Talk) -> None:
    assert talk("UpdateRelatie", oRel=relation(ID=7)).error == "CREL005"


@pytest.mark.parametrize("code", BAD_ACCOUNTS)
def test_a_wrong_account_is_refused_when_added_and_when_updated(talk: Talk, code: str) -> None:
    bad = {**ACCOUNT, **BAD_ACCOUNTS[code]}

    assert talk("AddGrootboekrekening", oGb={**bad, "ID": 0}).error == code
    assert talk("UpdateGrootboekrekening", oGb=bad).error == f"{code}1"


def test_an_account_that_is_not_there_cannot_be_updated(talk: Talk) -> None:
    assert talk("UpdateGrootboekrekening", oGb={**ACCOUNT, "ID": 7}).error == "CGB0991"


def test_text_that_is_too_long_is_refused_when_switched(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    sandbox.too_long = "refuse"
    long = "x" * 201
    errors = (
        talk("AddRelatie", oRel=relation(Bedrijf=long)).error,
        talk("AddMutatie", oMut=mutation(Omschrijving=long)).error,
        talk("AddFactuur", oFact=invoice({"Eenheid": long})).error,
        talk("AddGrootboekrekening", oGb={**ACCOUNT, "Omschrijving": long}).error,
    )

    assert errors == TOO_LONG


@pytest.mark.parametrize("code", LOGINS)
def test_wrong_codes_open_nothing(talk: Talk, code: str) -> None:
    told = talk.login(**LOGINS[code])

    assert (told.error, "SessionID" in told.result) == (code.replace(".", ""), False)


@pytest.mark.parametrize("code", ONLY_BY_HAND)
def test_the_vendor_may_refuse_a_login(sandbox: EboekhoudenSoapSandbox, talk: Talk, code: str) -> None:
    sandbox.refuse_login(code)

    assert talk.login().error == code.replace(".", "")


def test_a_session_goes_wrong_in_each_way(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    unknown = "{00000000-0000-0000-0000-000000000000}"
    assert talk("GetAdministraties", SecurityCode2="else").error == "E0021"
    assert talk("GetAdministraties", SessionID="").error == "E0021"
    assert talk("GetAdministraties", SessionID=unknown).error == "E0022"
    talk.ask("CloseSession", SessionID=talk.session)
    assert talk("GetAdministraties").error == "E0024"
    codes = {"SecurityCode1": sandbox.security_code1, "SecurityCode2": sandbox.security_code2}
    assert talk.ask("OpenSessionSub", Username="demo", **codes, Source="", AdministratieGUID="x").error == "E0025"


def test_every_error_of_the_table_is_provoked_by_a_test_here() -> None:
    twice = {f"{code}.1" for code in BAD_ACCOUNTS} | {"CGB099.1"}
    tried = {*BAD_MUTATIONS, *BAD_INVOICES, *BAD_RELATIONS, "CREL005", *BAD_ACCOUNTS, *twice, *TOO_LONG, *LOGINS}

    assert {*tried, *SESSIONS, *ONLY_BY_HAND} == set(tables.ERRORS)


# Faults ---------------------------------------------------------------------------------------------------------

RELATIONS = "<GetRelaties xmlns='{0}'>{1}</GetRelaties>"
FAULTY = {
    "broken XML": "<GetRelaties",
    "another operation than the header says": f"<GetSaldo xmlns='{NAMESPACE}' />",
    "no operation at all": "",
    "a number that is none": RELATIONS.format(NAMESPACE, "<cFilter><ID>x</ID></cFilter>"),
    "an empty number": RELATIONS.format(NAMESPACE, "<cFilter><ID /></cFilter>"),
    "elements out of order": RELATIONS.format(NAMESPACE, "<SecurityCode2 /><SessionID />"),
    "elements inside a text": RELATIONS.format(NAMESPACE, "<SessionID><b /></SessionID>"),
    "no namespace": "<GetRelaties />",
}


@pytest.mark.parametrize("what", FAULTY)
def test_what_cannot_be_understood_is_a_fault(talk: Talk, what: str) -> None:
    response = talk.post("GetRelaties", FAULTY[what])
    fault = etree.fromstring(response.content)[0][0]

    assert (response.status_code, fault.tag) == (500, f"{{{ENVELOPE}}}Fault")
    assert fault.findtext("faultcode") == "soap:Client"
    assert fault.find("detail") is not None


@pytest.mark.parametrize("action", ["", f"{NAMESPACE}/Nothing", "GetRelaties"])
def test_an_unknown_action_is_a_fault(sandbox: EboekhoudenSoapSandbox, talk: Talk, action: str) -> None:
    response = talk.post("", f"<Nothing xmlns='{NAMESPACE}' />", soapaction=f'"{action}"')

    assert response.status_code == 500
    assert sandbox.calls[-1].what == "unknown"


@pytest.mark.parametrize(
    ("name", "value"), [("Soort", "Verkoop"), ("Datum", "2-3-2026"), ("Datum", "2026-02-30T00:00:00")]
)
def test_a_value_of_a_wrong_type_is_a_fault(talk: Talk, name: str, value: str) -> None:
    with pytest.raises(AssertionError, match="Fault"):
        talk("AddMutatie", oMut=mutation(**{name: value}))


def test_a_missing_filter_makes_the_service_stumble(talk: Talk) -> None:
    with pytest.raises(AssertionError, match="soap:Server"):
        talk("GetRelaties")


def test_a_fault_in_soap_1_2_has_its_own_shape(talk: Talk) -> None:
    response = talk.post("", "<x />", envelope=ENVELOPE_12, **{"content-type": "application/soap+xml"})
    fault = etree.fromstring(response.content)[0][0]

    assert (response.status_code, fault[0][0].text) == (500, "soap:Sender")


def test_a_document_type_is_refused(talk: Talk) -> None:
    bomb = b"<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/hostname'>]><x>&y;</x>"
    headers = {"content-type": "text/xml", "soapaction": f'"{NAMESPACE}/GetRelaties"'}
    response = talk.http.post(f"{talk.sandbox.url}/soap.asmx", content=bomb, headers=headers)

    assert response.status_code == 500


def test_what_has_another_name_is_passed_over_and_so_is_missing(talk: Talk) -> None:
    misspelt = {("Relatiecode" if name == "RelatieCode" else name): value for name, value in mutation().items()}

    assert talk("AddMutatie", oMut=misspelt).error == "CMUT014"


def test_what_is_missing_arrives_as_nothing_zero_or_the_first_day(talk: Talk) -> None:
    bare = {"MutatieRegels": {"cMutatieRegel": [LINE]}}
    assert talk("AddMutatie", oMut=bare).error == "CMUT008"
    assert talk("AddMutatie", oMut={"Soort": "FactuurVerstuurd", **bare}).error == "CMUT004"


def test_elements_may_come_in_any_order_when_switched(sandbox: EboekhoudenSoapSandbox, talk: Talk) -> None:
    sandbox.element_order = "any"

    assert talk("GetRelaties", cFilter={"ID": 0, "Code": "10042"}).rows("Relaties")[0]["Code"] == "10042"
