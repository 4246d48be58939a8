"""The crowd of the story: as many plain companies, persons and products as asked for, drawn from a fixed deck.

The numbers that these functions make are invented, yet formally right: their check digits hold.
"""

from __future__ import annotations

import random
import string
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Literal, TypeVar

from syncrules_providers.sandboxes.story_words import Address, Product, Relation

T = TypeVar("T")

FIRST_CODE = 300_001
"""The crowd is numbered from here, far away from the codes of the cast."""

TRADES = (
    "Bakkerij", "Slagerij", "Garage", "Drukkerij", "Bouwbedrijf", "Kwekerij", "Brouwerij", "Installatiebureau",
    "Schildersbedrijf", "Adviesbureau", "Tandartspraktijk", "Fietsenmaker", "Kaashandel", "Meubelmakerij", "Rederij",
    "Boekhandel", "Loodgietersbedrijf", "Transportbedrijf", "Apotheek", "Hoveniersbedrijf",
)  # fmt: skip
NAMES = (
    "De Korenbloem", "Het Anker", "Noorderlicht", "De Gouden Eik", "Zeezicht", "Molenzicht", "De Drie Kronen",
    "Horizon",
    "De Vuurtoren", "Zilverberk", "Waterland", "De Toekomst", "Klaverblad", "Oosterpoort", "De Zwaluw", "Polderblik",
    "Morgenster", "De Linde", "Havenkwartier", "Ijsvogel", "Rozenhof", "De Steenuil", "Duinrand", "Veenlust",
)  # fmt: skip
FORMS = ("B.V.", "V.O.F.", "& Zonen", "Holding B.V.", "Nederland B.V.", "")
GIVEN = (
    "Anna", "Bram", "Chantal", "Daan", "Els", "Femke", "Gijs", "Hanna", "Iris", "Joost", "Karin", "Lars", "Maaike",
    "Niels",
    "Olga", "Pieter", "Quinten", "Roos", "Sanne", "Thijs", "Ursula", "Vera", "Wouter", "Xandra", "Yara", "Zeger",
)  # fmt: skip
PREFIXES = ("", "", "", "", "van", "de", "van der", "van den", "ter", "van de")
SURNAMES = (
    "Bakker", "Jansen", "Visser", "Smit", "Mulder", "Dekker", "Brouwer", "Vos", "Haan", "Berg", "Linden", "Heide",
    "Dijk",
    "Kuipers", "Postma", "Hoekstra", "Meulen", "Brink", "Velde", "Beek", "Schipper", "Veenstra", "Koster", "Willems",
)  # fmt: skip
STREETS = (
    "Dorpsstraat", "Molenweg", "Singel", "Havenkade", "Lindelaan", "Kerkplein", "Oude Gracht", "Stationsweg",
    "Parallelweg",
    "Burgemeester Testlaan", "Korte Achterstraat", "Laan van Voorbeeld", "Zeedijk", "Eikenlaan", "Industrieweg",
)  # fmt: skip
PLACES = (
    ("3511", "Utrecht", "030"), ("9711", "Groningen", "050"), ("1011", "Amsterdam", "020"), ("3011", "Rotterdam",
    "010"),
    ("6211", "Maastricht", "043"), ("7511", "Enschede", "053"), ("8911", "Leeuwarden", "058"), ("4811", "Breda", "076"),
)  # fmt: skip
UNITS = ("stuk", "uur", "doos", "kg", "meter", "set")
GOODS = (
    "Stoel", "Tafel", "Lamp", "Kast", "Plank", "Schroef", "Emmer", "Verf", "Kwast", "Ladder", "Zaag", "Hamer",
    "Advies", "Montage", "Onderhoud", "Transport", "Brood", "Kaas", "Boek",
)  # fmt: skip
COLOURS = ("rood", "blauw")


def vat_number(number: int) -> str:
    """Invent a Dutch VAT number whose check digit holds; where none can, that of a number ten million further."""
    digits = f"{number:08d}"
    check = sum(weight * int(digit) for weight, digit in zip(range(9, 1, -1), digits, strict=True)) % 11
    return vat_number(number + 10_000_000) if check == 10 else f"NL{digits}{check}B01"


def belgian_vat_number(number: int) -> str:
    """Invent a Belgian enterprise number whose check digits hold."""
    return f"BE{number:08d}{97 - number % 97:02d}"


def german_vat_number(number: int) -> str:
    """Invent a German VAT number whose check digit holds."""
    product = 10
    for digit in f"{number:08d}":
        product = 2 * ((product + int(digit)) % 10 or 10) % 11
    return f"DE{number:08d}{(11 - product) % 10}"


def iban(number: int, bank: Literal["BANK", "TEST"] = "BANK") -> str:
    """Invent a Dutch IBAN whose check digits hold."""
    return with_check_digits("NL", f"{bank}{number:010d}")


def with_check_digits(country: str, account: str) -> str:
    """Put the check digits of an IBAN between its country and its account."""
    digits = "".join(str(int(each, 36)) for each in account + country)
    return f"{country}{98 - int(digits + '00') % 97:02d}{account}"


def relations(size: int) -> Iterator[Relation]:
    """Draw the crowd: four in five only in the books, the others on both sides or only in the CRM.

    One in four is a private person.
    """
    deck = random.Random(20_260_302)
    for index in range(size):
        code = str(FIRST_CODE + index)
        where = deck.random()
        both, only_crm = 0.80 <= where < 0.92, where >= 0.92
        person = deck.random() < 0.25
        postcode, city, area = _pick(deck, PLACES)
        known = {
            "code": None if only_crm else code,
            "debtor_number": code if both or only_crm else None,
            "in_books": not only_crm,
            "in_crm": both or only_crm,
            "phone": f"{area}-00{index % 100_000:05d}" if deck.random() < 0.8 else None,
            "invoice_address": _address(deck, postcode, city),
        }
        yield _person(deck, index, known) if person else _company(deck, index, known, postcode, city)


def products() -> Iterator[Product]:
    """Stack the shelves: every good in every colour."""
    deck = random.Random(20_260_303)
    for index, (good, colour) in enumerate((good, colour) for good in GOODS for colour in COLOURS):
        purchase = Decimal(100 + int(deck.random() * 20_000)) / 100
        yield Product(
            code=f"ART-{index + 1:03d}",
            name=f"{good} {colour}",
            unit=_pick(deck, UNITS),
            purchase_price=purchase,
            sales_price=(purchase * Decimal("1.4")).quantize(Decimal("0.01")),
            vat="low" if good in ("Brood", "Kaas", "Boek") else "high",
            group="Diensten" if good in ("Advies", "Montage", "Onderhoud", "Transport") else "Algemeen",
            in_crm=index % 7 == 0,
        )


def _company(deck: random.Random, index: int, known: Mapping[str, object], postcode: str, city: str) -> Relation:
    trade, name, form = _pick(deck, TRADES), _pick(deck, NAMES), _pick(deck, FORMS)
    host = f"{_plain(trade)}-{index + 1}.example"
    has_post = deck.random() < 0.3
    return Relation(
        kind="business",
        name=f"{trade} {name} {form}".strip(),
        email=f"info@{host}" if deck.random() < 0.7 else None,
        website=f"www.{host}" if deck.random() < 0.6 else None,
        vat_number=vat_number(10_000 + index) if deck.random() < 0.8 else None,
        coc_number=f"{index + 1:08d}" if deck.random() < 0.8 else None,
        iban=iban(index + 1) if deck.random() < 0.6 else None,
        bic="BANKNL2A" if deck.random() < 0.4 else None,
        postal_address=_post_box(index, postcode, city) if has_post else None,
        note=f"Klant sinds {2005 + index % 20}" if deck.random() < 0.2 else None,
        payment_term_days=_pick(deck, (14, 30, 30, 60)),
        **known,  # type: ignore[arg-type]  # one literal dictionary above, spelled as the fields are
    )


def _person(deck: random.Random, index: int, known: Mapping[str, object]) -> Relation:
    first, middle, last = _pick(deck, GIVEN), _pick(deck, PREFIXES), _pick(deck, SURNAMES)
    return Relation(
        kind="private",
        name=" ".join(filter(None, (first, middle, last))),
        first=first,
        middle=middle,
        last=last,
        mobile=f"06-00{index % 1_000_000:06d}" if deck.random() < 0.5 else None,
        email=f"{_plain(first)}.{_plain(last)}{index + 1}@post.example" if deck.random() < 0.7 else None,
        iban=iban(index + 1, "TEST") if deck.random() < 0.4 else None,
        **known,  # type: ignore[arg-type]  # as above
    )


def _address(deck: random.Random, postcode: str, city: str) -> Address:
    return Address(
        street=_pick(deck, STREETS),
        number=str(1 + int(deck.random() * 240)),
        suffix=_pick(deck, ("", "", "", "", "", "A", "B", "bis")),
        postcode=f"{postcode} {_pick(deck, ('XA', 'XB', 'XC', 'ZX'))}",
        city=city,
    )


def _post_box(index: int, postcode: str, city: str) -> Address:
    return Address("Postbus", str(index % 900 + 1), postcode=f"{postcode[:3]}0 XB", city=city)


def _pick(deck: random.Random, among: Sequence[T]) -> T:
    # `random()` alone is promised to stay the same in every Python, `choice()` is not.
    return among[int(deck.random() * len(among))]


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(each for each in decomposed if each in string.ascii_lowercase)
