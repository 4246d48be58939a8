"""What e-Boekhouden knows by heart, in tables: accounts, VAT codes, kinds of mutation, errors, and what we only assume.

The chart of accounts and the texts of the errors are invented; the codes and the percentages are the vendor's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

ACCOUNTS = (
    ("0100", "Inventaris", "BAL", "001"),
    ("0500", "Eigen vermogen", "BAL", "002"),
    ("1000", "Kas", "FIN", "003"),
    ("1010", "Bank", "FIN", "003"),
    ("1300", "Debiteuren", "DEB", "004"),
    ("1500", "Btw te betalen hoog", "AF19", "005"),
    ("1510", "Btw te betalen laag", "AF6", "005"),
    ("1520", "Btw te betalen overig", "AFOVERIG", "005"),
    ("1530", "Btw te vorderen", "VOOR", "005"),
    ("1540", "Btw rekening-courant", "BTWRC", "005"),
    ("1600", "Crediteuren", "CRED", "006"),
    ("2000", "Kruisposten", "BAL", "002"),
    ("4000", "Algemene kosten", "VW", "007"),
    ("7000", "Inkopen", "VW", "008"),
    ("8000", "Omzet hoog", "VW", "009"),
    ("8010", "Omzet laag", "VW", "009"),
    ("8020", "Omzet nul", "VW", "009"),
    ("8030", "Omzet diensten", "VW", "009"),
)
"""Code, description, category and group of an invented chart."""

COST_CENTRES = (("Winkel", 0), ("Werkplaats", 1))
"""Description, and the id of the one above it; they are numbered from 1."""

TEMPLATES = ("Factuursjabloon",)

# VAT codes ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Vat:
    """`percentage` is what a line must say; None means that any will do."""

    side: Literal["sale", "purchase", "none"]
    percentage: Decimal | None
    account: str | None = None
    """The category of the account on which the VAT lands."""


def _vat(side: Literal["sale", "purchase", "none"], percentage: int | None, account: str | None = None) -> Vat:
    return Vat(side, None if percentage is None else Decimal(percentage), account)


VAT_CODES: Mapping[str, Vat] = {
    "HOOG_VERK_21": _vat("sale", 21, "AF19"),
    "LAAG_VERK_9": _vat("sale", 9, "AF6"),
    "HOOG_VERK": _vat("sale", 19, "AF19"),
    "LAAG_VERK": _vat("sale", 9, "AF6"),
    "VERL_VERK": _vat("sale", 0),
    "VERL_VERK_L9": _vat("sale", 0),
    "BU_EU_VERK": _vat("sale", 0),
    "BI_EU_VERK": _vat("sale", 0),
    "BI_EU_VERK_D": _vat("sale", 0),
    "AFST_VERK": _vat("sale", 0),
    "AFW_VERK": _vat("sale", None, "AFOVERIG"),
    "AFW": _vat("purchase", None, "VOOR"),
    "HOOG_INK_21": _vat("purchase", 21, "VOOR"),
    "LAAG_INK_9": _vat("purchase", 9, "VOOR"),
    "HOOG_INK": _vat("purchase", 19, "VOOR"),
    "LAAG_INK": _vat("purchase", 9, "VOOR"),
    "VERL_INK": _vat("purchase", 0),
    "VERL_INK_L9": _vat("purchase", 0),
    "BU_EU_INK": _vat("purchase", 0),
    "BI_EU_INK": _vat("purchase", 0),
    "GEEN": _vat("none", 0),
}
OLD_LOW_RATES = ("LAAG_VERK", "LAAG_INK")
NEW_LOW_RATE_FROM = date(2019, 1, 1)


def vat_percentage(code: str, day: date) -> Decimal | None:
    """Say the percentage that belongs to a code on a day; None when it is free."""
    return Decimal(6) if code in OLD_LOW_RATES and day < NEW_LOW_RATE_FROM else VAT_CODES[code].percentage


STORY_VAT: Mapping[Literal["high", "low", "zero"], tuple[str, str]] = {
    "high": ("HOOG_VERK_21", "8000"),
    "low": ("LAAG_VERK_9", "8010"),
    "zero": ("GEEN", "8020"),
}
"""The VAT code and the revenue account of the rates of the story."""

# Kinds of mutation ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KindOfMutation:
    """What a kind of mutation demands: of its account, of its counter accounts, and of what else it must name."""

    account: tuple[str, ...]
    wrong_account: str
    counter: tuple[str, ...]
    wrong_counter: str
    vat: tuple[str, ...]
    invoice: Literal["new", "existing", "none"] = "none"
    one_line: bool = False
    debit: bool = True
    """The account itself is debited."""


ANY_COUNTER = ("BAL", "VW", "AF6", "AF19", "AFOVERIG", "VOOR", "BTWRC")
ANY_VAT = ("sale", "purchase", "none")

KINDS: Mapping[str, KindOfMutation] = {
    "FactuurOntvangen": KindOfMutation(
        ("CRED",), "CMUT015", ("BAL", "VW"), "CMUT012", ("purchase", "none"), invoice="new", debit=False
    ),
    "FactuurVerstuurd": KindOfMutation(("DEB",), "CMUT016", ("BAL", "VW"), "CMUT012", ("sale", "none"), invoice="new"),
    "FactuurbetalingOntvangen": KindOfMutation(
        ("FIN",), "CMUT001.1", ("DEB",), "CMUT027", ("none",), invoice="existing", one_line=True
    ),
    "FactuurbetalingVerstuurd": KindOfMutation(
        ("FIN",), "CMUT001.1", ("CRED",), "CMUT028", ("none",), invoice="existing", one_line=True, debit=False
    ),
    "GeldOntvangen": KindOfMutation(("FIN",), "CMUT001.1", ANY_COUNTER, "CMUT012", ("sale", "none")),
    "GeldUitgegeven": KindOfMutation(("FIN",), "CMUT001.1", ANY_COUNTER, "CMUT012", ("purchase", "none"), debit=False),
    "Memoriaal": KindOfMutation((*ANY_COUNTER, "FIN"), "CMUT001.1", (*ANY_COUNTER, "FIN"), "CMUT012", ANY_VAT),
}

PAYMENTS: Mapping[str, str] = {
    "FactuurbetalingOntvangen": "FactuurVerstuurd",
    "FactuurbetalingVerstuurd": "FactuurOntvangen",
}
"""Which kind of payment pays which kind of invoice."""

# Errors ---------------------------------------------------------------------------------------------------------

ERRORS: Mapping[str, str] = {
    "E001.1": "Ongeldige inloggegevens",
    "E001.2": "Er is geen administratie",
    "E001.3": "Tweede beveiligingscode klopt niet",
    "E001.5": "Deze gebruiker heeft hiervoor geen rechten",
    "E001.7": "De gegevens konden niet worden nagegaan",
    "E002.1": "Sessiegegevens kloppen niet",
    "E002.2": "Deze sessie is niet bekend",
    "E002.3": "Sessie verlopen",
    "E002.4": "Sessie is al gesloten",
    "E002.5": "Alleen voor een accountant",
    "E003.1": "Limiet bereikt",
    "CREL001": "Code bestaat al",
    "CREL002": "Code ontbreekt",
    "CREL003": "Bedrijf ontbreekt",
    "CREL004": "Zakelijk of particulier ontbreekt",
    "CREL005": "Deze relatie is niet bekend",
    "CREL006": "Een tekst is te lang",
    "CMUT001": "Deze rekening is niet bekend",
    "CMUT001.1": "Rekening van een verkeerde soort",
    "CMUT003": "Inclusief of exclusief ontbreekt",
    "CMUT003.1": "Inclusief of exclusief klopt niet",
    "CMUT004": "Datum ontbreekt of valt erbuiten",
    "CMUT005": "Omschrijving ontbreekt",
    "CMUT006": "Te weinig of te veel regels",
    "CMUT008": "Deze soort mutatie is niet bekend",
    "CMUT010": "Exclusief plus btw is niet inclusief",
    "CMUT010.1": "De btw past niet bij het percentage",
    "CMUT011": "De btw-code past niet bij de soort",
    "CMUT012": "Tegenrekening ontbreekt of is van een verkeerde soort",
    "CMUT013": "Factuurnummer ontbreekt",
    "CMUT014": "Relatie of betalingstermijn ontbreekt",
    "CMUT015": "Rekening moet een crediteurenrekening zijn",
    "CMUT016": "Rekening moet een debiteurenrekening zijn",
    "CMUT017": "Deze relatie is niet bekend",
    "CMUT018": "Dit factuurnummer bestaat al bij deze relatie",
    "CMUT019": "Factuurnummer bestaat al",
    "CMUT020": "Deze periode is afgesloten",
    "CMUT021": "Hier past maar een regel",
    "CMUT023": "Factuurnummer van de betaling ontbreekt",
    "CMUT024": "Relatie van de betaling ontbreekt",
    "CMUT025": "De relatie van de betaling is niet bekend",
    "CMUT026": "Deze betaling hoort bij geen factuur",
    "CMUT027": "Tegenrekening moet een debiteurenrekening zijn",
    "CMUT028": "Tegenrekening moet een crediteurenrekening zijn",
    "CMUT033": "Deze btw-code is niet bekend",
    "CMUT098": "Deze kostenplaats is niet bekend",
    "CMUT099": "Een tekst is te lang",
    "CFACT004": "Datum ontbreekt of valt erbuiten",
    "CFACT006": "Te weinig of te veel regels",
    "CFACT014": "Betalingstermijn klopt niet",
    "CFACT024": "Relatie ontbreekt",
    "CFACT025": "Deze relatie is niet bekend",
    "CFACT026": "Factuurnummer bestaat al",
    "CFACT027": "Geen sjabloon gekozen",
    "CFACT028": "Dit sjabloon is er niet",
    "CFACT029": "Tekst van de e-mail ontbreekt",
    "CFACT030": "Afzender van de e-mail ontbreekt",
    "CFACT031": "Onderwerp van de e-mail ontbreekt",
    "CFACT032": "Omschrijving voor de boekhouding ontbreekt",
    "CFACT033": "Rekening voor de incasso ontbreekt",
    "CFACT034": "Naam voor de incasso ontbreekt",
    "CFACT035": "Plaats voor de incasso ontbreekt",
    "CFACT036": "Omschrijving van de incasso ontbreekt",
    "CFACT037": "Code ontbreekt in een regel",
    "CFACT039": "Omschrijving ontbreekt in een regel",
    "CFACT040": "Tegenrekening ontbreekt in een regel",
    "CFACT041": "Btw-code ontbreekt in een regel",
    "CFACT042": "Btw-code van een regel is niet bekend",
    "CFACT099": "Een tekst is te lang",
    "CFACT212": "Kostenplaats van een regel is niet bekend",
    "CGB001": "Code bestaat al",
    "CGB001.1": "Code bestaat al",
    "CGB002": "Omschrijving ontbreekt",
    "CGB002.1": "Omschrijving ontbreekt",
    "CGB005": "Categorie ontbreekt",
    "CGB005.1": "Categorie ontbreekt",
    "CGB006": "Categorie mag hier niet",
    "CGB006.1": "Categorie mag hier niet",
    "CGB099": "Een tekst is te lang",
    "CGB099.1": "Een tekst is te lang, of deze rekening is niet bekend",
    "CGN003": "Code ontbreekt",
    "CGN003.1": "Code ontbreekt",
}
"""The codes as the manual writes them; the texts are ours."""

INVENTED_CODES = (
    *("CREL002", "CREL003", "CREL004", "CREL005", "CREL006", "CMUT098", "CMUT099", "CFACT099", "CGB099", "CGB099.1"),
)
"""Codes that stand for a refusal of which no source says the code."""

# What nobody told us --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Assumption:
    """One thing that the sandbox does because it must do something: how sure it is, and the switch that turns it."""

    about: str
    here: str
    certainty: Literal["documented", "seen live by others", "inferred", "unverified"]
    switch: str | None = None


ASSUMPTIONS: tuple[Assumption, ...] = (
    Assumption("spelling of error codes", "without dots; CMUT010.1 becomes CMUT0101", "seen live by others",
        "dotted_error_codes"),
    Assumption("the error object of a success", "there, with empty children", "seen live by others", "error_msg_style"),
    Assumption("a list without hits", "its container is absent", "seen live by others", "empty_list"),
    Assumption("life of a session", "five minutes from its opening, used or not", "unverified", "session_lifetime_s"),
    Assumption("sessions after a new password", "stay open until they expire", "unverified"),
    Assumption("braces around a session", "may be left out", "seen live by others"),
    Assumption("text missing from UpdateRelatie", "is cleared", "inferred", "missing_clears"),
    Assumption("numbers missing from UpdateRelatie", "become zero, as .NET cannot tell the difference", "inferred"),
    Assumption("text that is too long", "is cut off in silence", "unverified", "too_long"),
    Assumption("elements out of order", "are a Fault, although .NET itself may be milder", "inferred", "element_order"),
    Assumption("elements with an unknown name", "are passed over in silence", "inferred"),
    Assumption("a missing number, day, boolean or text", "is 0, 0001-01-01, false or empty", "inferred"),
    Assumption("a missing filter or object", "is a Fault of the server", "unverified"),
    Assumption("body and shape of a Fault", "as ASP.NET makes them, with invented texts", "inferred"),
    Assumption("a 1.2 request without action", "is understood by the element in its body", "inferred"),
    Assumption("days in an answer", "are midnight without an offset", "seen live by others", "days"),
    Assumption("amounts that are doubles", "are written as short as they are", "unverified", "doubles"),
    Assumption("line breaks inside a text", "are sent as they are, so that a parser sees a bare line feed", "inferred"),
    Assumption("relations no longer in use", "come along like others; their name begins with a word", "unverified",
        "inactive_prefix"),
    Assumption("codes of relations", "upper and lower case differ", "unverified"),
    Assumption("Trefwoord", "any part of code, name, place, contact or e-mail; a single B or P also the kind",
        "seen live by others"),
    Assumption("texts in the filter of articles", "must be equal, upper and lower case alike", "unverified"),
    Assumption("filter of ledger accounts", "takes every category", "unverified"),
    Assumption("codes of refused relations other than a double code", "CREL002 to CREL006", "unverified"),
    Assumption("codes of other refusals without a known code", "end in 098 or 099", "unverified"),
    Assumption("the last 500 mutations", "the highest numbers, told in rising order", "unverified", "getmutaties_rows"),
    Assumption("the 5,000 calls", "count for each calendar month, refused ones too", "unverified",
        "getmutaties_per_month"),
    Assumption("empty days in a filter of GetMutaties and GetFacturen", "mean the year 1, so nothing is found",
        "inferred"),
    Assumption("Factuurnummer in the filter of GetMutaties", "looks at the head, not at the lines", "unverified"),
    Assumption("one payment of several invoices", "has their numbers in its head with commas between",
        "seen live by others"),
    Assumption("room between amount times percentage and VAT", "a cent, also at the edge", "unverified",
        "vat_tolerance"),
    Assumption("percentage other than that of the VAT code", "is refused with CMUT010.1", "unverified"),
    Assumption("reverse charge on a line", "percentage 0 and VAT 0", "inferred"),
    Assumption("AFW_VERK and AFW", "are for sales and for purchases", "unverified"),
    Assumption("BedragInvoer", "is kept and not checked", "unverified"),
    Assumption("a number that exists", "CMUT019 for an invoice sent, CMUT018 for one received from the same relation",
        "inferred"),
    Assumption("a term of payment", "up to four digits, else CMUT014", "inferred"),
    Assumption("which error comes first", "from the head to the lines, one at a time", "unverified"),
    Assumption("a payment of more than is open", "is accepted; what is open turns negative", "unverified"),
    Assumption("the reversal of a payment", "is a payment of the negative amount; a person may also remove one",
        "unverified"),
    Assumption("balances", "debit minus credit, both days included, every account told", "unverified"),
    Assumption("invoices made in the books", "numbered F00001 and on; AddMutatie never shows in GetFacturen",
        "inferred"),
)  # fmt: skip
"""Everything that no source proves, in one place."""
