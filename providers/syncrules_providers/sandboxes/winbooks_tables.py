"""What a new folder holds by itself, in Dutch and in French: accounts, VAT codes, journals, periods and small tables.

The numbers of the accounts are those of the Belgian chart; which of them this company uses is invented.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from syncrules_providers.sandboxes.winbooks_folder import Folder
from syncrules_providers.sandboxes.winbooks_objects import EMPTY

CURRENCY = "EUR"
"""In what the books of every folder are kept."""

VAT_ACCOUNTS = ("411", "451")
"""How the accounts begin on which VAT stands: a line there needs a VAT code."""

ACCOUNTS = (
    ("100000", "Kapitaal", "Capital"),
    ("140000", "Overgedragen resultaat", "Résultat reporté"),
    ("240000", "Meubilair en rollend materieel", "Mobilier et matériel roulant"),
    ("240009", "Afschrijvingen op meubilair", "Amortissements sur mobilier"),
    ("340000", "Voorraad handelsgoederen", "Stock de marchandises"),
    ("400000", "Handelsdebiteuren", "Clients"),
    ("411000", "Terug te vorderen btw", "TVA à récupérer"),
    ("440000", "Leveranciers", "Fournisseurs"),
    ("451000", "Te betalen btw 21 %", "TVA à payer 21 %"),
    ("451100", "Te betalen btw 12 %", "TVA à payer 12 %"),
    ("451200", "Te betalen btw 6 %", "TVA à payer 6 %"),
    ("451900", "Rekening-courant btw", "Compte courant TVA"),
    ("453000", "Ingehouden voorheffing", "Précompte retenu"),
    ("455000", "Bezoldigingen", "Rémunérations"),
    ("499000", "Wachtrekening", "Compte d'attente"),
    ("550000", "Bank", "Banque"),
    ("570000", "Kas", "Caisse"),
    ("580000", "Interne overboekingen", "Virements internes"),
    ("604000", "Aankopen van handelsgoederen", "Achats de marchandises"),
    ("609400", "Voorraadwijziging handelsgoederen", "Variation des stocks de marchandises"),
    ("610000", "Huur", "Loyers"),
    ("612000", "Energie", "Énergie"),
    ("613000", "Erelonen", "Honoraires"),
    ("620000", "Bezoldigingen bedienden", "Rémunérations des employés"),
    ("630200", "Afschrijvingen", "Amortissements"),
    ("654000", "Koersverschillen", "Différences de change"),
    ("657000", "Bankkosten", "Frais bancaires"),
    ("658000", "Betalingsverschillen", "Différences de paiement"),
    ("700000", "Verkopen", "Ventes"),
    ("700100", "Diensten", "Prestations de services"),
    ("700200", "Verkopen buiten België", "Ventes hors Belgique"),
    ("708000", "Toegestane kortingen", "Remises accordées"),
)
"""Number, and name in Dutch and in French."""

CENTRAL = {
    "400000": "CUSTOMER",
    "440000": "SUPPLIER",
    "411000": "V59",
    "451000": "V03",
    "451100": "V02",
    "451200": "V01",
}
"""The central account type of an account: who or what its lines are about."""


@dataclass(frozen=True, slots=True)
class Vat:
    code: str
    internal: str
    rate: int
    nl: str
    fr: str
    account: str = ""
    """Where the VAT of a line with this code goes; empty where there is none."""


VAT_CODES = (
    Vat("21", "211400", 21, "Nationale verkopen 21 %", "Ventes nationales 21 %", "451000"),
    Vat("12", "211300", 12, "Nationale verkopen 12 %", "Ventes nationales 12 %", "451100"),
    Vat("6", "211200", 6, "Nationale verkopen 6 %", "Ventes nationales 6 %", "451200"),
    Vat("0", "211100", 0, "Nationale verkopen 0 %", "Ventes nationales 0 %"),
    Vat("MC", "211900", 0, "Medecontractant", "Cocontractant"),
    Vat("EU", "221100", 0, "Leveringen binnen de EU", "Livraisons intracommunautaires"),
    Vat("EX", "231100", 0, "Uitvoer", "Exportations"),
    Vat("A21", "111400", 21, "Nationale aankopen 21 %", "Achats nationaux 21 %", "411000"),
    Vat("A6", "111200", 6, "Nationale aankopen 6 %", "Achats nationaux 6 %", "411000"),
    Vat("A0", "111100", 0, "Nationale aankopen 0 %", "Achats nationaux 0 %"),
)

JOURNALS = {
    "sale": ("VERK", "Verkopen", "VEN", "Ventes"),
    "sale credit": ("VCN", "Creditnota's verkoop", "NCV", "Notes de crédit ventes"),
    "purchase": ("AANK", "Aankopen", "ACH", "Achats"),
    "purchase credit": ("ACN", "Creditnota's aankoop", "NCA", "Notes de crédit achats"),
    "bank": ("BANK", "Bank", "BNQ", "Banque"),
    "cash": ("KAS", "Kas", "CAI", "Caisse"),
    "misc": ("DIV", "Diverse verrichtingen", "OD", "Opérations diverses"),
}
"""Kind: code and name in a Dutch folder, code and name in a French one. Only VERK was seen."""

PAY_CODES = (("0", 0), ("7", 7), ("14", 14), ("30", 30), ("60", 60))
"""Code, and days."""

CIVILITIES = {
    "DHR": "De heer", "MEVR": "Mevrouw", "ME": "Meester", "M": "Monsieur", "MR": "Mr.", "MME": "Madame",
    "NV": "Naamloze vennootschap", "BVBA": "Besloten vennootschap", "VZW": "Vereniging zonder winstoogmerk",
    "OND": "Onderneming", "AVO": "Andere vennootschap", "ETS": "Établissements",
    "ASBL": "Association sans but lucratif", "SPRL": "Société privée", "SA": "Société anonyme",
}  # fmt: skip

SMALL_TABLES = {
    "Country": (("BE", "België", "Belgique"), ("NL", "Nederland", "Pays-Bas"), ("FR", "Frankrijk", "France"),
        ("DE", "Duitsland", "Allemagne"), ("LU", "Luxemburg", "Luxembourg"), ("GB", "Verenigd Koninkrijk", "Royaume-Uni"),
        ("US", "Verenigde Staten", "États-Unis")),
    "Language": (("nl", "Nederlands", "Néerlandais"), ("fr", "Frans", "Français"), ("en", "Engels", "Anglais")),
    "Currency": (("EUR", "Euro", "Euro"), ("USD", "Amerikaanse dollar", "Dollar américain"),
        ("GBP", "Pond sterling", "Livre sterling")),
    "CustomerCategory": (("HANDEL", "Handelaars", "Commerçants"), ("PART", "Particulieren", "Particuliers")),
    "CentralAccountType": (("CUSTOMER", "Klanten", "Clients"), ("SUPPLIER", "Leveranciers", "Fournisseurs"),
        ("V01", "Btw verkopen 6 %", "TVA ventes 6 %"), ("V02", "Btw verkopen 12 %", "TVA ventes 12 %"),
        ("V03", "Btw verkopen 21 %", "TVA ventes 21 %"), ("V59", "Aftrekbare btw", "TVA déductible")),
    "DeductibilityRate": (("100", "Volledig", "Entièrement"), ("50", "Voor de helft", "Pour moitié")),
    "GLTemplate": (("STD", "Standaard", "Standard"),),
}  # fmt: skip
"""OM: code, and name in Dutch and in French."""

OPENING, CLOSING = 0, 13
"""The numbers of the periods before the first month and after the last."""


def furnish(folder: Folder, years: Iterable[int]) -> None:
    """Put everything into a folder that is there before anybody has entered anything."""
    french = folder.language == "fr"
    for om, table in SMALL_TABLES.items():
        for code, nl, fr in table:
            folder.add(om, Code=code, Name=fr if french else nl)
    for code, name in CIVILITIES.items():
        folder.add("ThirdCivility", Code=code, Name=name)
    for code, days in PAY_CODES:
        folder.add("PayCode", Code=code, Name=f"{days} {'jours' if french else 'dagen'}", _days=days)
    for vat in VAT_CODES:
        folder.add(
            "Vat",
            Code=vat.code,
            InternalCode=vat.internal,
            Name=vat.fr if french else vat.nl,
            Rate=Decimal(vat.rate).quantize(Decimal("0.01")),
        )
    for code, nl, fr in ACCOUNTS:
        folder.add(
            "GLAccount",
            Code=code,
            Name=fr if french else nl,
            CentralAccountType_Id=id_of(folder, "CentralAccountType", CENTRAL[code]) if code in CENTRAL else EMPTY,
        )
    newest = EMPTY
    for year in years:
        newest = add_year(folder, year)
    for kind, (code_nl, nl, code_fr, fr) in JOURNALS.items():
        names = {"Code": code_fr if french else code_nl, "Name": fr if french else nl}
        folder.add("Journal", **names, BookYear_Id=newest, _kind=kind)


def add_year(folder: Folder, year: int) -> str:
    """Open a book year: an opening period, twelve months, a closing period."""
    key = folder.add("BookYear", Code=str(year))
    for number in range(OPENING, CLOSING + 1):
        month = min(max(number, 1), 12)
        folder.add("BookPeriod", BookYear_Id=key, RelatedYear=year, RelatedMonth=month, Number=number, _closed=False)
    return key


def id_of(folder: Folder, om: str, code: str) -> str:
    """Find the Id of what has this code, which must be there."""
    row = folder.by_code(om, code)
    assert row is not None, f"{folder.code} has no {om} '{code}'"
    return str(row["Id"])


def journal(folder: Folder, kind: str) -> str:
    """Say the code of the journal of a kind in a folder."""
    return JOURNALS[kind][2 if folder.language == "fr" else 0]


def period(folder: Folder, year: int, number: int) -> str:
    """Find the Id of a period by its number in the year: 1 to 12 are the months."""
    for row in folder.rows["BookPeriod"].values():
        if (row["RelatedYear"], row["Number"]) == (year, number):
            return str(row["Id"])
    raise LookupError(f"{folder.code} has no period {year}/{number}")
