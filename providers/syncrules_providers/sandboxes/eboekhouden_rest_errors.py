"""Every code with which the sandbox of e-Boekhouden's REST service refuses something, and how that is said.

The codes are the vendor's; the texts are invented, as the vendor's are not published.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """The service does not do it.

    Args:
        code: the vendor's.
        name: the property or parameter that is to blame.
    """

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(f"{code}: {ERRORS[code]}")
        self.code = code
        self.name = name

    @property
    def status(self) -> int:
        return 404 if self.code in NOT_FOUND else 400


def demand(held: object, code: str, name: str = "") -> None:
    """Refuse what does not hold."""
    if not held:
        raise Refused(code, name)


def refusal_body(refusal: Refused, status: int) -> dict[str, Any]:
    """Say a refusal as the service says every one."""
    kind = "security" if refusal.code.startswith("SECURITY") else "validation"
    return {"type": kind, "code": refusal.code, "title": ERRORS[refusal.code], "status": status}


ERRORS: Mapping[str, str] = {
    "ERR_001": "Something went wrong.",
    "ERR_002": "Value invalid.",
    "DATA_01": "Body missing.",
    "PAGE_001": "limit must be 1 to 2000.",
    "PAGE_002": "offset may not be negative.",
    "MODULE_001": "Limit of the trial reached.",
    "MODULE_002": "Module not in the trial.",
    "PAKKET_001": "Limit of the subscription reached.",
    "PAKKET_002": "Not in the subscription.",
    "SECURITY_001": "No right.",
    "SECURITY_002": "No administration opened.",
    "SECURITY_003": "No access.",
    "SECURITY_004": "Not activated.",
    "SECURITY_005": "Payment overdue.",
    "SECURITY_006": "Not accessible.",
    "SECURITY_007": "Period closed by the accountant.",
    "SECURITY_008": "Period closed by the accountant.",
    "SECURITY_010": "Not authenticated.",
    "SECURITY_011": "Wrong domain.",
    "SECURITY_999": "Authentication failed.",
    "EP_001": "Only for accountants.",
    "EP_002": "Not for accountants.",
    "API_SESSION_001": "source missing.",
    "API_SESSION_002": "source invalid.",
    "API_SESSION_003": "accessToken missing.",
    "API_SESSION_004": "accessToken expired.",
    "REL_001": "Type must be B or P.",
    "REL_002": "Name missing.",
    "REL_003": "Name too long.",
    "REL_004": "Gender invalid.",
    "REL_006": "Code too long.",
    "REL_007": "IBAN invalid.",
    "REL_008": "Registration number must be digits.",
    "REL_009": "Contact too long.",
    "REL_010": "Salutation too long.",
    "REL_011": "Address too long.",
    "REL_012": "Postal code too long.",
    "REL_013": "City too long.",
    "REL_014": "Country too long.",
    "REL_015": "Second address too long.",
    "REL_016": "Second postal code too long.",
    "REL_017": "Second city too long.",
    "REL_018": "Second country too long.",
    "REL_019": "Phone number too long.",
    "REL_020": "Mobile phone number too long.",
    "REL_021": "Fax number too long.",
    "REL_022": "E-mail address too long.",
    "REL_023": "E-mail address invalid.",
    "REL_024": "E-mail address for invoices too long.",
    "REL_025": "E-mail address for invoices invalid.",
    "REL_026": "E-mail address for reminders too long.",
    "REL_027": "E-mail address for reminders invalid.",
    "REL_028": "Website too long.",
    "REL_029": "IBAN too long.",
    "REL_030": "Term of payment too low.",
    "REL_031": "Term of payment too high.",
    "REL_032": "BIC too long.",
    "REL_033": "Type of mandate missing.",
    "REL_034": "Id of mandate missing or too long.",
    "REL_035": "VAT number too long.",
    **{f"REL_{36 + each:03d}": f"Free text {each} too long." for each in range(1, 11)},
    "REL_047": "Note too long.",
    "REL_048": "Ledger unknown.",
    "REL_049": "Code exists.",
    "REL_050": "Registration number too long.",
    "REL_051": "Type of mandate invalid.",
    "REL_052": "Day of mandate missing.",
    "REL_055": "Relation not found.",
    "REL_056": "Peppol id is for companies only.",
    "REL_057": "Peppol id invalid.",
    "ART_001": "Product not found.",
    "ART_003": "Product cannot be deleted.",
    "ART_004": "Code missing.",
    "ART_005": "Description missing.",
    "ART_006": "Ledger missing.",
    "ART_007": "Code too long.",
    "ART_008": "Description too long.",
    "ART_009": "Ledger unknown.",
    "ART_010": "Cost centre inactive.",
    "ART_011": "Unit unknown.",
    "ART_012": "Group unknown.",
    "ART_013": "VAT code unknown.",
    "ART_014": "updateSubscriptions must be 0, 1 or 2.",
    "ART_015": "Cost centre unknown.",
    "ART_016": "Give one price, not both.",
    "ART_017": "VAT code missing.",
    "ART_018": "Price missing.",
    "ART_019": "This VAT code demands both prices.",
    "ART_020": "Price including VAT missing beside the other.",
    "ART_021": "Price excluding VAT missing beside the other.",
    "ART_022": "Another VAT code demands both prices.",
    "ART_023": "VAT code not allowed.",
    "ART_024": "Price excluding VAT too high.",
    "ART_025": "Price including VAT too high.",
    "ART_027": "Purchase price too high.",
    "ART_028": "Ledger of a wrong category.",
    "ART_029": "Price excluding VAT too low.",
    "ART_030": "Price including VAT too low.",
    "ART_032": "Purchase price too low.",
    "LEDG_001": "Code missing.",
    "LEDG_002": "Code too long.",
    "LEDG_003": "Description missing.",
    "LEDG_004": "Description too long.",
    "LEDG_005": "Category missing.",
    "LEDG_007": "Group too long.",
    "LEDG_009": "Ledger not found.",
    "LEDG_013": "Code exists.",
    "LEDG_014": "Category is in use by mutations.",
    "LEDG_017": "Code is that of a group.",
    "LEDG_018": "Category not allowed.",
    "LEDG_019": "Category is fixed.",
    "COST_001": "Cost centre not found.",
    "COST_002": "Cost centre in use.",
    "COST_003": "Description missing.",
    "COST_006": "Parent unknown.",
    "COST_007": "Parent not active.",
    "MUT_001": "Type invalid.",
    "MUT_002": "Invoice number missing.",
    "MUT_003": "Date missing.",
    "MUT_004": "Date invalid.",
    "MUT_005": "Period closed.",
    "MUT_007": "Ledger unknown.",
    "MUT_009": "Ledger of a wrong category.",
    "MUT_010": "Ledger must be CRED.",
    "MUT_011": "Ledger must be DEB.",
    "MUT_012": "Relation missing.",
    "MUT_013": "Relation unknown.",
    "MUT_014": "Relation not allowed.",
    "MUT_015": "Term of payment not allowed.",
    "MUT_016": "Term of payment invalid.",
    "MUT_017": "Must be IN or EX.",
    "MUT_018": "Invoice number too long.",
    "MUT_019": "Invoice number exists.",
    "MUT_020": "Invoice number exists for this relation.",
    "MUT_026": "Reverse charge must be EX.",
    "MUT_100": "Rows missing.",
    "MUT_101": "Too many rows.",
    "MUT_104": "Ledger of a row unknown.",
    "MUT_106": "Ledger of a row of a wrong category.",
    "MUT_107": "Ledger of a row must be CRED.",
    "MUT_108": "Ledger of a row must be DEB.",
    "MUT_109": "VAT code invalid.",
    "MUT_110": "VAT code must be for purchases.",
    "MUT_111": "VAT code must be for sales.",
    "MUT_112": "Relation of a row missing.",
    "MUT_113": "Relation of a row unknown.",
    "MUT_114": "Relation of a row not allowed.",
    "MUT_115": "Invoice unknown.",
    "MUT_116": "Invoice not allowed.",
    "MUT_117": "Cost centre unknown.",
    "MUT_120": "Invoice number of a row missing.",
    "MUT_300": "Mutation not found.",
    "MUTA_001": "Ledger missing.",
    "MUTA_002": "Type missing.",
    "MUTA_003": "vatAmount only with AFW.",
    "MUTA_004": "Ledger of a row missing.",
    "MUTA_005": "IN or EX missing.",
    "MUTA_006": "credDeb missing.",
    "MUTA_007": "credDeb must be C or D.",
    "MUTA_008": "Payment reference exists.",
    "MUTA_009": "Type unknown.",
    "FACT_001": "Relation missing.",
    "FACT_002": "Relation unknown.",
    "FACT_003": "Relation inactive.",
    "FACT_007": "Invoice number too long.",
    "FACT_009": "Invoice number must end with a digit.",
    "FACT_010": "Must be IN or EX.",
    "FACT_011": "Date invalid.",
    "FACT_014": "Reference too long.",
    "FACT_015": "Term of payment missing.",
    "FACT_016": "Term of payment invalid.",
    "FACT_017": "Text too long.",
    "FACT_018": "Template unknown.",
    "FACT_019": "Items missing.",
    "FACT_020": "E-mail template unknown.",
    "FACT_021": "Invoice not found.",
    "FACT_101": "Invoice number exists.",
    "FACT_102": "Limit of the trial reached.",
    "FACT_ITEM_001": "Description of an item missing.",
    "FACT_ITEM_003": "Code of an item too long.",
    "FACT_ITEM_005": "VAT code of an item missing.",
    "FACT_ITEM_006": "VAT code of an item invalid.",
    "FACT_ITEM_007": "Ledger of an item missing.",
    "FACT_ITEM_010": "Unit of an item unknown.",
    "FACT_ITEM_011": "Product of an item unknown.",
    "FACT_ITEM_012": "Ledger of an item unknown.",
    "FACT_ITEM_015": "vatAmount only with AFW_VERK.",
    "FACT_VERWERK_001": "Period closed.",
    "FACT_VERWERK_002": "Description for the books too long.",
    "FACT_VERWERK_003": "Payment reference too long.",
    "FACT_VERWERK_004": "Payment reference exists.",
}

NOT_FOUND = ("REL_055", "ART_001", "LEDG_009", "COST_001", "MUT_300", "FACT_021")
"""The codes that come with 404; every other one comes with 400, at the login also with 403."""

SECURITY_TYPES: Mapping[str, int] = {"SECURITY_002": 2, "SECURITY_003": 1}
"""2: no administration was opened; 1: no access; 0 for every other one."""

ACCOUNT_CODES = tuple(
    each
    for each in ERRORS
    if each.startswith(("MODULE", "PAKKET", "SECURITY")) or each in ("EP_002", "ERR_001", "FACT_102")
)
"""What the vendor says of an account rather than of a record: a person lets it happen with `refuse_login` or `refuse_calls`."""

INVENTED_CODES = ("COST_001", "COST_002")
"""Codes that stand for a refusal of which no source says the code."""
GUESSED_CODES = (
    *("REL_033", "REL_034", "REL_051", "REL_052"),
    *("ART_016", "ART_017", "ART_018", "ART_020", "ART_021", "ART_022", "ART_023"),
    *("ART_024", "ART_025", "ART_027", "ART_029", "ART_030", "ART_032"),
    *("LEDG_009", "LEDG_014", "COST_003", "COST_006", "COST_007"),
    *("FACT_011", "FACT_018", "FACT_019"),
    *(each for each in ERRORS if each.startswith("FACT_ITEM") and each != "FACT_ITEM_015"),
)
"""Codes that sources name in one breath with others, so that which of them means what is our guess."""
