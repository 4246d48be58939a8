"""What e-Boekhouden's REST service knows by heart, what we only assume of it, and what we leave out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from syncrules_providers.sandboxes import eboekhouden_tables as tables
from syncrules_providers.sandboxes.eboekhouden_tables import Assumption, Vat

KINDS: Mapping[int, str] = {
    1: "FactuurOntvangen",
    2: "FactuurVerstuurd",
    3: "FactuurbetalingOntvangen",
    4: "FactuurbetalingVerstuurd",
    5: "GeldOntvangen",
    6: "GeldUitgegeven",
    7: "Memoriaal",
}
"""The number of each kind of mutation; 0 is the opening balance, which can only be read."""
KIND_NUMBERS: Mapping[str, int] = {"OpeningsSaldo": 0, **{kind: number for number, kind in KINDS.items()}}

INVOICES, PAYMENTS = (1, 2), (3, 4)

CATEGORIES = ("BAL", "VW", "FIN", "DEB", "CRED")
"""The categories in which an account can be opened over REST."""

INVOICE_TEMPLATES = (
    {"id": 11, "name": tables.TEMPLATES[0], "active": True, "type": "E"},
    {"id": 12, "name": "Oud sjabloon", "active": False, "type": "E"},
    {"id": 13, "name": "Acceptgiro", "active": True, "type": "A"},
)
EMAIL_TEMPLATES = (
    {"id": 21, "name": "Factuur", "useInvoice": True, "useQuote": False, "useMailing": False},
    {"id": 22, "name": "Nieuwsbrief", "useInvoice": False, "useQuote": False, "useMailing": True},
)

PLURALS: Mapping[str, str] = {"uur": "uren", "doos": "dozen", "dag": "dagen", "rol": "rollen"}
"""Units that get more than an s."""

# VAT ------------------------------------------------------------------------------------------------------------

VAT_CODES: Mapping[str, Vat] = {
    **{code: vat for code, vat in tables.VAT_CODES.items() if code not in ("HOOG_VERK", "HOOG_INK")},
    "VERL_INK_L": Vat("purchase", Decimal(0)),
}
"""The old high rate is known to SOAP only, the oldest low reverse charge to REST only."""
DIVERGENT_VAT = ("AFW", "AFW_VERK")
"""Codes of which the amount of VAT is given by whoever books."""


def vat_of(code: object, day: date) -> Vat | None:
    """Find a VAT code that may be used on a day; the old low rates end where REST lets them end."""
    vat = VAT_CODES.get(code) if isinstance(code, str) else None
    if vat is not None and code in tables.OLD_LOW_RATES:
        return Vat(vat.side, Decimal(6), vat.account) if day < tables.NEW_LOW_RATE_FROM else None
    return vat


# What nobody told us --------------------------------------------------------------------------------------------

ASSUMPTIONS: tuple[Assumption, ...] = (
    Assumption("an access token that is not known", "403 with SECURITY_999", "unverified"),
    Assumption("an access token that has ended", "400 with API_SESSION_004", "inferred"),
    Assumption("sessions when the access token ends", "stay open until they expire", "unverified"),
    Assumption("life of a session", "an hour from its opening, used or not", "seen live by others",
        "session_lifetime_s"),
    Assumption("source", "letters, digits, _ and blanks, at most ten", "seen live by others", "strict_source"),
    Assumption("Bearer before a session", "is accepted", "seen live by others", "bearer_accepted"),
    Assumption("status and type of EP_001", "400 and validation", "unverified", "accountant"),
    Assumption("too many calls", "429 without a body, with Retry-After; off unless switched on", "unverified",
        "calls_per_minute"),
    Assumption("a media type other than JSON", "415 without a body", "inferred"),
    Assumption("an address that is none, and a method that is none there", "404 and 405 without a body", "inferred"),
    Assumption("an id that is no number", "404 as for an id that is not there", "unverified"),
    Assumption("names of properties and parameters", "upper and lower case alike; unknown ones are passed over",
        "inferred"),
    Assumption("a number in quotes", "is taken for a number, as .NET does for the web", "inferred"),
    Assumption("a value of another type, or one for which no code is known", "400 with ERR_002", "unverified"),
    Assumption("a property that is null when something is changed", "counts as not sent", "inferred", "null_clears"),
    Assumption("`errors` of a refusal", "an object of texts for each property", "unverified", "errors_style"),
    Assumption("which error comes first", "from the head to the rows, one at a time", "unverified"),
    Assumption("a list in which nothing is", "items is an empty list", "documented", "empty_items"),
    Assumption("what is empty in a detail", "is left out of a relation and null elsewhere", "unverified", "empties"),
    Assumption("order of a list", "by id, rising; the opening balance first", "unverified", "order"),
    Assumption("upper and lower case in a text filter", "alike", "seen live by others"),
    Assumption("a parameter that comes twice", "400 with ERR_002", "unverified"),
    Assumption("a parameter without a value", "is no filter", "inferred"),
    Assumption("an operator or a value that a parameter does not take", "400 with ERR_002", "unverified"),
    Assumption("an operator on a parameter that takes none", "is passed over", "inferred"),
    Assumption("the filter email", "looks at emailAddress alone", "unverified"),
    Assumption("the filter invoiceNumber of mutations", "looks at the head, where several numbers have commas between",
        "unverified"),
    Assumption("a code that the service makes up", "is the id of the relation", "unverified"),
    Assumption("an empty code when a relation is changed", "means the code that it has", "unverified"),
    Assumption("codes of relations", "upper and lower case differ", "unverified"),
    Assumption("an IBAN", "is valid if it leaves 1 when divided by 97", "inferred"),
    Assumption("an e-mail address", "is valid with something before and behind one @", "inferred"),
    Assumption("a term of payment of a relation", "0 to 9999", "unverified"),
    Assumption("a mandate", "demands type, id and day when it is switched on", "unverified"),
    Assumption("relations and products that are not in use", "come along in the lists", "inferred"),
    Assumption("the group of an account in a list", "is null", "seen live by others", "group_in_lists"),
    Assumption("the other price of a product", "is worked out and rounded to cents; a new VAT code keeps the price "
        "without VAT", "unverified"),
    Assumption("a product on an invoice that was made here", "cannot be deleted", "unverified"),
    Assumption("plural of a unit", "its singular with an s, but for a few words", "unverified"),
    Assumption("a mutation for a relation that is not in use", "is booked", "unverified", "take_inactive"),
    Assumption("a term of payment that is not sent", "is that of the relation, else 0", "unverified"),
    Assumption("termOfPayment with a kind other than 1 and 2", "MUT_015", "unverified"),
    Assumption("relationId in the head", "is demanded by kinds 1 and 2, allowed by 3 and 4, refused by the others",
        "unverified"),
    Assumption("inExVat", "is demanded by kinds 1, 2, 5 and 6; IN for the others", "unverified"),
    Assumption("VAT", "is worked out on the sum of a code, the last row takes the cents", "unverified", "vat_per_row"),
    Assumption("AFW_VERK and AFW", "are for sales and for purchases", "documented"),
    Assumption("a reverse charge", "books no VAT on the invoice", "inferred"),
    Assumption("amount of a mutation in the list", "the sum of its rows, VAT included", "inferred"),
    Assumption("a row without a text of its own", "bears the text of the head", "unverified"),
    Assumption("rows of a payment", "say their invoice and relation", "documented", "rows_name_invoices"),
    Assumption("a payment of more than is open", "is accepted; what is open turns negative", "unverified"),
    Assumption("GET of the mutation with id 0", "404, although lists show it", "unverified"),
    Assumption("type of a balance", "the category of the account", "unverified"),
    Assumption("a cost centre", "can be removed if nothing is booked on it and none is below it", "unverified"),
)  # fmt: skip
"""Everything that no source proves, in one place; a switch is a parameter of the sandbox."""

# What is left out -----------------------------------------------------------------------------------------------

NOT_EMULATED: Mapping[str, str] = {
    "member": "for associations; no customer, product or invoice is there",
    "ledger/balances": "its shape is not known; ledger/{id}/balance is there",
    "swagger, openapi and scalar pages": "the vendor's specification is not ours to give away",
    "Belgian accounts": "their VAT codes and their host belong to another country's books; SECURITY_011 can be let happen",
    "order of a list asked by the client": "the service has no parameter for it",
    "bursts that are slowed down": "nobody says how much; `latency` slows every answer",
    "mailing of an invoice": "the invoice is kept as mailed, nothing leaves; what is refused with FACT_EMAIL_ and SMTP_ "
    "codes is not told apart by any source",
    "direct debit of an invoice": "is kept and not collected; the FACT_INCASSO_ codes are not told apart by any source",
    "subscriptions": "there are none, so updateSubscriptions changes nothing",
    "links to PDF files": "lead nowhere",
    "stock": "inStockManagement is kept, nothing is counted",
    "limits of a trial or a subscription": "no number is known; `refuse_calls` lets their refusals happen",
    "JSON Patch": "the media type is declared, but the body is an ordinary object",
    "PascalCase in answers": "only examples of the specification have it, live answers do not",
    "a currency": "the API has none",
}
"""What the service has or is said to do and this sandbox does not, with the reason."""

NOT_EMULATED_ADDRESSES = ("member", "ledger/balances")
"""What begins like this is answered with 501, so that nobody takes it for something that is not there."""

UNKNOWN_RULE = "no source says what is refused with it"
NEVER_MET = "cannot come about over HTTP, or in books like these"
CODES_NOT_EMULATED: Mapping[str, str] = {
    **dict.fromkeys(("REL_005", "ART_026", "ART_031", "FACT_004", "FACT_005", "FACT_008"), UNKNOWN_RULE),
    **dict.fromkeys(("FACT_012", "FACT_013", "LEDG_010", "LEDG_011", "LEDG_012", "LEDG_015", "LEDG_016"), UNKNOWN_RULE),
    **dict.fromkeys(("COST_004", "COST_005", "COST_008", "COST_011", "COST_012"), UNKNOWN_RULE),
    **dict.fromkeys((f"FACT_ITEM_{each:03d}" for each in (2, 4, 8, 9, 13, 14)), UNKNOWN_RULE),
    **dict.fromkeys(("MUT_021", "MUT_022", "MUT_118", "MUT_901"), UNKNOWN_RULE),
    **dict.fromkeys(("REL_054", "ART_002", "FACT_006"), NEVER_MET),
    **dict.fromkeys(("MUT_008", "MUT_025", "MUT_105"), NEVER_MET),
    "FACT_EMAIL_*": "nothing is mailed",
    "FACT_INCASSO_*": "nothing is collected",
    "SMTP_*": "nothing is mailed",
}
"""Codes of the vendor with which nothing is refused here; * stands for every number."""
