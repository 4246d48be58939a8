"""An e-Boekhouden of our own on loopback: its SOAP service over invented books, and a person at its screen.

What the service does where no source says what it should is listed in `eboekhouden_tables.ASSUMPTIONS`.
The WSDL is not ours to give away: a client brings its own and is told this address.
"""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as moment
from decimal import Decimal
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from syncrules_providers.sandboxes import eboekhouden_posting as posting
from syncrules_providers.sandboxes import eboekhouden_tables as tables
from syncrules_providers.sandboxes import soap_server as soap
from syncrules_providers.sandboxes.eboekhouden_books import Books, Refused, Row
from syncrules_providers.sandboxes.eboekhouden_screen import Screen
from syncrules_providers.sandboxes.eboekhouden_shapes import CONTRACT, NAMESPACE
from syncrules_providers.sandboxes.server import Answer, Request, Sandbox
from syncrules_providers.sandboxes.story import Story

PATH = "/soap.asmx"
WITHOUT_SESSION = ("OpenSession", "OpenSessionSub", "CloseSession")
UNKNOWN_OPERATION = "unknown"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NUMBERS = (soap.KINDS["long"], soap.KINDS["double"])


@dataclass(slots=True)
class Session:
    opened: float
    closed: bool = False


class EboekhoudenSoapSandbox(Screen, Sandbox):
    """Serve the books of one administration to whoever has the user name and the two codes."""

    country: ClassVar[str] = "NL"

    def __init__(
        self,
        story: Story | None = None,
        *,
        port: int = 0,
        latency: float = 0.0,
        username: str = "demo",
        security_code1: str = "00000000000000000000000000000001",
        security_code2: str = "11111111-2222-3333-4444-555555555555",
        company: str = "Jansen Demo B.V.",
        session_lifetime_s: float = 300,
        dotted_error_codes: bool = False,
        error_msg_style: Literal["empty", "childless", "absent"] = "empty",
        empty_list: Literal["absent", "empty"] = "absent",
        missing_clears: bool = True,
        too_long: Literal["truncate", "refuse"] = "truncate",
        element_order: soap.Order = "strict",
        getmutaties_per_month: int = 5000,
        getmutaties_rows: int = 500,
        vat_tolerance: Decimal = posting.VAT_TOLERANCE,
        closed_until: date | None = None,
        inactive_prefix: str = "ZZ ",
        days: Literal["bare", "with an offset"] = "bare",
        doubles: Literal["short", "binary"] = "short",
        today: Callable[[], date] = date.today,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(port=port, latency=latency)
        self.username = username
        self.security_code1 = security_code1
        self.security_code2 = security_code2
        self.company = company
        self.session_lifetime_s = session_lifetime_s
        self.dotted_error_codes = dotted_error_codes
        self.error_msg_style = error_msg_style
        self.empty_list = empty_list
        self.missing_clears = missing_clears
        self.too_long = too_long
        self.element_order = element_order
        self.getmutaties_per_month = getmutaties_per_month
        self.getmutaties_rows = getmutaties_rows
        self.vat_tolerance = vat_tolerance
        self.closed_until = closed_until
        self.inactive_prefix = inactive_prefix
        self.days = days
        self.doubles = doubles
        self.today = today
        self.books = Books()
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._refused_login: str | None = None
        self._getmutaties: dict[tuple[int, int], int] = {}
        self._operations: Mapping[str, Callable[[Row], Row]] = {
            "OpenSession": self._open_session,
            "OpenSessionSub": self._open_session_sub,
            "CloseSession": self._close_session,
            "AutoLogin": self._auto_login,
            "GetAdministraties": self._get_administraties,
            "GetRelaties": self._get_relaties,
            "AddRelatie": self._add_relatie,
            "UpdateRelatie": self._update_relatie,
            "GetArtikelen": self._get_artikelen,
            "GetGrootboekrekeningen": self._get_grootboekrekeningen,
            "AddGrootboekrekening": self._add_grootboekrekening,
            "UpdateGrootboekrekening": self._update_grootboekrekening,
            "GetKostenplaatsen": self._get_kostenplaatsen,
            "AddMutatie": self._add_mutatie,
            "GetMutaties": self._get_mutaties,
            "GetOpenPosten": self._get_open_posten,
            "AddFactuur": self._add_factuur,
            "GetFacturen": self._get_facturen,
            "GetSaldo": self._get_saldo,
            "GetSaldi": self._get_saldi,
        }
        if story is not None:
            self.load(story)

    @property
    def answers(self) -> dict[str, str]:
        return {
            "username": self.username,
            "security_code_1": self.security_code1,
            "security_code_2": self.security_code2,
            "url": self.url + PATH,
        }

    def change_password(self, new_code1: str) -> None:
        """Choose a new password, as a person: it brings a new code 1, and the old one breaks without a word."""
        with self.lock:
            self.security_code1 = new_code1

    # The road of one request ------------------------------------------------------------------------------------

    def describe(self, request: Request) -> tuple[str, bool]:
        if request.method != "POST":
            return request.path.partition("?")[2] or request.path, False
        operation = soap.action_of(request, NAMESPACE)
        if operation is None and soap.version_of(request) == "1.2":
            try:
                operation = soap.opened(request, "1.2", NAMESPACE).operation
            except soap.Fault:
                operation = None
        if operation not in CONTRACT.operations:
            return UNKNOWN_OPERATION, False
        return operation, operation.startswith(("Add", "Update"))

    def respond(self, request: Request) -> Answer:
        if request.path.partition("?")[0].lower() != PATH or request.method == "GET":
            return Answer(404)
        if request.method != "POST":
            return Answer(405, headers={"Allow": "GET, POST"})
        version = soap.version_of(request)
        if version is None:
            return Answer(415)
        try:
            call = soap.opened(request, version, NAMESPACE)
            return soap.enveloped(version, self._answer(call))
        except soap.Fault as fault:
            return soap.faulted(version, fault)

    def _otherwise(self) -> dict[str, Callable[[Any], str]]:
        """Give what is written otherwise than usual: midnight with the offset of Amsterdam, amounts as sums of doubles are."""
        writes: dict[str, Callable[[Any], str]] = {}
        if self.days == "with an offset":
            writes["dateTime"] = lambda day: datetime.combine(day, moment(), AMSTERDAM).isoformat()
        if self.doubles == "binary":
            writes["double"] = lambda value: repr(math.nextafter(float(value), 0.0))
        return writes

    def _answer(self, call: soap.Call) -> str:
        operation = CONTRACT.operations.get(call.operation)
        if operation is None:
            raise soap.Fault(f"Server did not recognize the action {call.operation}.")
        asked = CONTRACT.received(call.element, operation.asks, self.element_order)
        error = ""
        try:
            if operation.name not in WITHOUT_SESSION:
                self._check_session(asked)
            told = self._operations[operation.name](asked)
        except Refused as refusal:
            error = refusal.code
            # What cannot be nothing in .NET is zero beside an error.
            told = {each.name: 0 for each in operation.answers.fields if each.kind in NUMBERS}
        return self._result(operation, told, error)

    def _result(self, operation: soap.Operation, told: Row, error: str) -> str:
        response = f'{operation.name}Response xmlns="{NAMESPACE}"'
        if not operation.answers.fields:
            return f"<{response} />"
        message = self._error_object(error)
        if self.empty_list == "absent":
            told = {name: value for name, value in told.items() if value != []}
        row = message if operation.bare else {"ErrorMsg": message, **told}
        inside = "" if row is None else CONTRACT.write(row, operation.answers, self._otherwise())
        result = f"<{operation.name}Result>{inside}</{operation.name}Result>" if row is not None else ""
        return f"<{response}>{result}</{operation.name}Response>"

    def _error_object(self, code: str) -> Row | None:
        if code:
            shown = code if self.dotted_error_codes else code.replace(".", "")
            return {"LastErrorCode": shown, "LastErrorDescription": tables.ERRORS[code]}
        styles: Mapping[str, Row | None] = {
            "empty": {"LastErrorCode": "", "LastErrorDescription": ""},
            "childless": {},
            "absent": None,
        }
        return styles[self.error_msg_style]

    # Sessions ---------------------------------------------------------------------------------------------------

    def _open_session(self, asked: Row) -> Row:
        if self._refused_login:
            raise Refused(self._refused_login)
        if (asked["Username"], asked["SecurityCode1"]) != (self.username, self.security_code1):
            raise Refused("E001.1")
        if asked["SecurityCode2"] != self.security_code2:
            raise Refused("E001.3")
        session = f"{{{uuid.uuid4()}}}".upper()
        self._sessions[session] = Session(self._clock())
        return {"SessionID": session}

    def _open_session_sub(self, asked: Row) -> Row:
        self._close_session(self._open_session(asked))
        raise Refused("E002.5")

    def _close_session(self, asked: Row) -> Row:
        session = self._sessions.get(_braced(asked["SessionID"]))
        if session is not None:
            session.closed = True
        return {}

    def _check_session(self, asked: Row) -> None:
        if not asked["SessionID"] or asked["SecurityCode2"] != self.security_code2:
            raise Refused("E002.1")
        session = self._sessions.get(_braced(asked["SessionID"]))
        if session is None:
            raise Refused("E002.2")
        if session.closed:
            raise Refused("E002.4")
        if self._clock() - session.opened >= self.session_lifetime_s:
            raise Refused("E002.3")

    def _auto_login(self, asked: Row) -> Row:
        if asked["Username"] != self.username:
            raise Refused("E002.1")
        return {"Token": str(uuid.uuid4())}

    def _get_administraties(self, asked: Row) -> Row:
        row = {"Bedrijf": self.company, "Plaats": "Utrecht", "Guid": self.security_code2, "StartBoekjaar": ""}
        return {"Administraties": [row]}

    # Relations and articles -------------------------------------------------------------------------------------

    def _get_relaties(self, asked: Row) -> Row:
        wanted = _object(asked, "cFilter")
        word = wanted["Trefwoord"].casefold()
        rows: Any = self.books.relations.values()
        if wanted["ID"]:
            rows = filter(None, [self.books.relations.get(wanted["ID"])])
        if wanted["Code"]:
            rows = (each for each in rows if each["Code"] == wanted["Code"])
        if word:
            rows = (each for each in rows if _mentions(each, word))
        return {"Relaties": list(rows)}

    def _add_relatie(self, asked: Row) -> Row:
        row = self._shortened(_object(asked, "oRel"), "cRelatie", "CREL006")
        _check_relation(row)
        return {"Rel_ID": self.books.add_relation({**row, "ID": 0, "NieuwsbriefgroepenCount": 0}, self.today())}

    def _update_relatie(self, asked: Row) -> Row:
        received = _object(asked, "oRel")
        row = self._shortened(received, "cRelatieUpdate", "CREL006")
        _check_relation(row)
        if row["ID"] not in self.books.relations:
            raise Refused("CREL005")
        kept = {"AddDatum", "NieuwsbriefgroepenCount"}
        if not self.missing_clears:
            kept |= {name for name, value in row.items() if value == "" and name not in received.sent}
        self.books.change_relation(row["ID"], {name: value for name, value in row.items() if name not in kept})
        return {}

    def _shortened(self, row: Row, shape: str, refusal: str) -> Row:
        """Cut off texts for which there is no room, or refuse them."""
        short = dict(row)
        for field in CONTRACT.shapes[shape].fields:
            value = row[field.name]
            if field.many:
                short[field.name] = [self._shortened(each, str(field.kind), refusal) for each in value]
            elif field.longest is not None and len(value) > field.longest:
                if self.too_long == "refuse":
                    raise Refused(refusal)
                short[field.name] = value[: field.longest]
        return short

    def _get_artikelen(self, asked: Row) -> Row:
        wanted = _object(asked, "cFilter")
        texts = {name: value.casefold() for name, value in wanted.items() if name != "ArtikelID" and value}
        return {
            "Artikelen": [
                each
                for each in self.books.articles.values()
                if wanted["ArtikelID"] in (0, each["ArtikelID"])
                and all(each[name].casefold() == value for name, value in texts.items())
            ]
        }

    # Ledger accounts, cost centres, balances --------------------------------------------------------------------

    def _get_grootboekrekeningen(self, asked: Row) -> Row:
        wanted = _object(asked, "cFilter")
        return {
            "Rekeningen": [
                each
                for each in self.books.accounts.values()
                if wanted["ID"] in (0, each["ID"])
                and wanted["Code"] in ("", each["Code"])
                and wanted["Categorie"] in ("", each["Categorie"])
            ]
        }

    def _add_grootboekrekening(self, asked: Row) -> Row:
        row = self._shortened(_object(asked, "oGb"), "cGrootboekrekening", "CGB099")
        return {"Gb_ID": posting.add_account(self.books, row)}

    def _update_grootboekrekening(self, asked: Row) -> Row:
        posting.change_account(self.books, self._shortened(_object(asked, "oGb"), "cGrootboekrekening", "CGB099.1"))
        return {}

    def _get_kostenplaatsen(self, asked: Row) -> Row:
        wanted = _object(asked, "cFilter")
        return {
            "Kostenplaatsen": [
                each
                for each in self.books.centres.values()
                if wanted["KostenplaatsID"] in (0, each["KostenplaatsId"])
                and wanted["KostenplaatsParentID"] in (0, each["KostenplaatsParentId"])
                and wanted["Omschrijving"] in ("", each["Omschrijving"])
            ]
        }

    def _get_saldo(self, asked: Row) -> Row:
        wanted = _object(asked, "cFilter")
        return {"Saldo": self._balance(wanted["GbCode"], wanted)}

    def _get_saldi(self, asked: Row) -> Row:
        wanted = _object(asked, "cFilter")
        return {
            "Saldi": [
                {**each, "Saldo": self._balance(each["Code"], wanted)}
                for each in self.books.accounts.values()
                if wanted["Categorie"] in ("", each["Categorie"])
            ]
        }

    def _balance(self, account: str, wanted: Row) -> Decimal:
        return self.books.balance(account, wanted["KostenPlaatsId"], wanted["DatumVan"], wanted["DatumTot"])

    # Mutations and invoices -------------------------------------------------------------------------------------

    def _add_mutatie(self, asked: Row) -> Row:
        row = self._shortened(_object(asked, "oMut"), "cMutatie", "CMUT099")
        number = posting.post(self.books, row, closed_until=self.closed_until, vat_tolerance=self.vat_tolerance)
        return {"Mutatienummer": number}

    def _get_mutaties(self, asked: Row) -> Row:
        month = (self.today().year, self.today().month)
        self._getmutaties[month] = self._getmutaties.get(month, 0) + 1
        if self._getmutaties[month] > self.getmutaties_per_month:
            raise Refused("E003.1")
        wanted = _object(asked, "cFilter")
        found = [
            each
            for each in self.books.mutations.values()
            if wanted["MutatieNr"] in (0, each["MutatieNr"])
            and (wanted["MutatieNrVan"] or 0) <= each["MutatieNr"]
            and (not wanted["MutatieNrTm"] or each["MutatieNr"] <= wanted["MutatieNrTm"])
            and wanted["Factuurnummer"] in ("", each["Factuurnummer"])
            and wanted["DatumVan"] <= each["Datum"] <= wanted["DatumTm"]
        ]
        return {"Mutaties": [self.books.as_told(each) for each in found[-self.getmutaties_rows :]]}

    def _get_open_posten(self, asked: Row) -> Row:
        kind = {"Debiteuren": "FactuurVerstuurd", "Crediteuren": "FactuurOntvangen"}[asked["OpSoort"]]
        return {"Openposten": list(self.books.open_items(kind))}

    def _add_factuur(self, asked: Row) -> Row:
        row = self._shortened(_object(asked, "oFact"), "cFactuur", "CFACT099")
        return {"Factuurnummer": posting.make_invoice(self.books, row, closed_until=self.closed_until)}

    def _get_facturen(self, asked: Row) -> Row:
        wanted = _object(asked, "cFilter")
        outstanding = {each["MutFactuur"]: each["Openstaand"] for each in self.books.open_items()}
        return {
            "Facturen": [
                {**each, "TotaalOpenstaand": self._outstanding(each, outstanding)}
                for each in self.books.invoices.values()
                if wanted["Factuurnummer"] in ("", each["Factuurnummer"])
                and wanted["Relatiecode"] in ("", each["Relatiecode"])
                and wanted["DatumVan"] <= each["Datum"] <= wanted["DatumTm"]
            ]
        }

    def _outstanding(self, invoice: Row, outstanding: Mapping[str, Decimal]) -> Decimal:
        # An invoice that was never booked cannot be paid either.
        booked = self.books.invoiced(invoice["Factuurnummer"], "FactuurVerstuurd")
        amount: Decimal = invoice["TotaalInclBTW"]
        return outstanding.get(invoice["Factuurnummer"], Decimal(0)) if booked else amount


def _object(asked: Row, name: str) -> soap.Received:
    """Take the object that an operation is about; without it the service itself stumbles."""
    found = asked[name]
    if not isinstance(found, soap.Received):
        raise soap.Fault(f"Server was unable to process request. {name} is nothing.", blame="Server")
    return found


def _check_relation(row: Row) -> None:
    for name, code in (("Code", "CREL002"), ("Bedrijf", "CREL003")):
        if not row[name]:
            raise Refused(code)
    if row["BP"] not in ("B", "P"):
        raise Refused("CREL004")


def _mentions(relation: Row, word: str) -> bool:
    searched = ("Code", "Bedrijf", "Plaats", "Contactpersoon", "Email")
    return relation["BP"].casefold() == word or any(word in relation[each].casefold() for each in searched)


def _braced(session: str) -> str:
    return f"{{{session.strip('{}')}}}".upper()
