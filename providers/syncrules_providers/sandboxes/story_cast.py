"""The named characters of the story: each stands for one case in which a careless synchronisation goes wrong.

A company that both systems know with different details is told twice: as the CRM knows it, and as the books do.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from syncrules_providers.sandboxes.story_crowd import (
    belgian_vat_number,
    german_vat_number,
    iban,
    vat_number,
    with_check_digits,
)
from syncrules_providers.sandboxes.story_words import Address, Invoice, Line, Product, Relation

UTRECHT = Address("Molenweg", "8", postcode="3511 XA", city="Utrecht")
GRONINGEN = Address("Singel", "3", postcode="9711 XC", city="Groningen")
ANTWERP = Address("Voorbeeldstraat", "17", postcode="2000", city="Antwerpen", country="BE")
BERLIN = Address("Musterweg", "4", postcode="10115", city="Berlin", country="DE")


def _dotted(number: str) -> str:
    return f"{number[:2]} {number[2:6]}.{number[6:8]}.{number[8:11]}.{number[11:]}".lower()


_ON_BOTH_SIDES = (
    Relation(
        "business", "Bakkerij De Korenaar", code="10042", debtor_number="10042", in_crm=True, phone="030-0000001",
        mobile="06-00000001", email="info@korenaar.example", website="www.korenaar.example",
        vat_number=vat_number(1001),
        coc_number="00001001", iban=iban(1001), bic="BANKNL2A", invoice_address=UTRECHT,
        postal_address=Address("Postbus", "12", postcode="3500 XB", city="Utrecht"),
        visit_address=Address("Achterom", "2", postcode="3511 XB", city="Utrecht"),
        note="Levert op dinsdag; sleutel bij de buren.\nTweede regel van de notitie.", payment_term_days=14,
        why="everything filled in and the same on both sides, with a note that no mapping touches",
    ),
    Relation(
        "business", "Drukkerij Inktvis B.V.", code="10043", in_books=True, phone="050-0000002",
        email="info@inktvis.example",
        vat_number=vat_number(1002), coc_number="00001002", invoice_address=GRONINGEN, payment_term_days=30,
        why="in both systems under the same number: the telephone as the books have it",
    ),
    Relation(
        "business", "Drukkerij Inktvis B.V.", debtor_number="10043", in_books=False, in_crm=True, phone="050-0000099",
        email="info@inktvis.example", vat_number=vat_number(1002), coc_number="00001002", invoice_address=GRONINGEN,
        payment_term_days=30, why="in both systems under the same number: the telephone as the CRM has it",
    ),
    Relation(
        "business", "Loodgieter Lekvrij", code="10044", debtor_number=None, phone="+31 30 0000004",
        website="https://lekvrij.example/",
        vat_number=_dotted(vat_number(1004)),
        iban="nl" + iban(1004)[2:4] + " bank 0000 0010 04", invoice_address=UTRECHT,
        why="the same details as in the CRM, only written otherwise: as the books write them",
    ),
    Relation(
        "business", "Loodgieter Lekvrij", debtor_number="10044", in_books=False, in_crm=True, phone="030-0000004",
        website="lekvrij.example",
        vat_number=vat_number(1004), iban=iban(1004), invoice_address=UTRECHT,
        why="the same details as in the books, only written otherwise: as the CRM writes them",
    ),
    Relation(
        "business", "Zaadhandel Kiem", code="00017", debtor_number="00017", in_crm=True, phone="030-0000017",
        invoice_address=Address("Lindelaan", "12", "bis", postcode="3511 XC", city="Utrecht"), payment_term_days=30,
        why="a code with leading zeros, and a house number with `bis`",
    ),
    Relation(
        "business", "Zaadhandel Kiem filiaal", code="17", phone="030-0000018",
        invoice_address=Address("Lindelaan", "12", "A", postcode="3511 XC", city="Utrecht"),
        why="the same code as another without its leading zeros: not the same relation",
    ),
    Relation(
        "business", "Frituur 't Hoekje BV", code="10045", debtor_number="10045", in_crm=True, phone="+32 2 000 00 45",
        vat_number=belgian_vat_number(10_000_045), iban=with_check_digits("BE", "000000004545"), bic="BANKBEBB",
        invoice_address=ANTWERP,
        payment_term_days=30, why="a customer in Belgium",
    ),
    Relation(
        "business", "Bäckerei Ångström & Łódź GmbH", code="10046", debtor_number="10046", in_crm=True,
        phone="+49 30 23125 046",
        vat_number=german_vat_number(10_000_046), iban=with_check_digits("DE", "000000000000000046"), bic="TESTDEFF",
        invoice_address=BERLIN,
        payment_term_days=60, why="a customer in Germany whose name needs Unicode and an ampersand",
    ),
    Relation(
        "business", "Cafe\u0301 Zoe\u0308", code="10047", debtor_number="10047", in_crm=True, phone="043-0000047",
        invoice_address=Address("Plein 1944", postcode="6211 XA", city="Maastricht"), payment_term_days=14,
        why="a name with combining characters, and a street that ends in a year and has no house number",
    ),
    Relation(
        "business", "Stille Vennootschap", code="10048", debtor_number="10048", in_crm=True, phone="", mobile="",
        email="", website="",
        vat_number="", coc_number="", iban="", bic="", note="", why="empty texts where others have nothing at all",
    ),
    Relation("business", "Kale Kip", code="10049", debtor_number="10049", in_crm=True,
        why="nothing but a name and a number"),
)  # fmt: skip

_MATCHING = (
    Relation(
        "business", "Nummerloos Advies", in_books=False, in_crm=True, phone="020-0000050",
        email="info@nummerloos.example",
        invoice_address=UTRECHT, why="a customer in the CRM without a debtor number",
    ),
    Relation(
        "business", "Tweeling Noord", code="10050", debtor_number="10050", in_crm=True, phone="050-0000050",
        why="two customers in the CRM have this debtor number: nobody may guess",
    ),
    Relation(
        "business", "Tweeling Zuid", debtor_number="10050", in_books=False, in_crm=True, phone="043-0000050",
        why="two customers in the CRM have this debtor number: nobody may guess",
    ),
    Relation(
        "business", "Meelfabriek De Zak", code="20017", creditor_number="20017", roles=("supplier",), in_crm=True,
        phone="010-0000017", invoice_address=GRONINGEN, why="a supplier that is found by its creditor number",
    ),
    Relation(
        "business", "Verpakkingen Rond", code="20018", creditor_number="20018", roles=("customer",), in_crm=True,
        phone="010-0000018", why="a customer without a debtor number, whose creditor number is a code of the books",
    ),
    Relation(
        "business", "Misschien Morgen", code="10051", debtor_number="10051", roles=("prospect",), in_crm=True,
        phone="053-0000051",
        why="only a prospect in the CRM, with a debtor number that is a code of the books",
    ),
    Relation(
        "business", "Dubbelrol Handel", code="10052", debtor_number="10052", creditor_number="20052", roles=("customer",
        "supplier"),
        in_crm=True, phone="053-0000052",
        why="customer and supplier at once: its debtor number is one code of the books",
    ),
    Relation(
        "business", "Dubbelrol Handel (inkoop)", code="20052", phone="053-0000052",
        why="the creditor number of a company that the books also know as a debtor",
    ),
    Relation(
        "business", "Kruislings Een", code="10053", debtor_number="10054", in_crm=True,
        why="the CRM gives it the number that the books give to another",
    ),
    Relation("business", "Kruislings Twee", code="10054",
        why="its code is the debtor number of another company in the CRM"),
    Relation(
        "private", "Sam Wissel", "Sam", "", "Wissel", code="10055",
        why="a private person in the books, a company in the CRM",
    ),
    Relation(
        "business", "Wissel Klussen", debtor_number="10055", in_books=False, in_crm=True,
        why="a company in the CRM, a private person in the books",
    ),
    Relation(
        "business", "Leverancier Zonder Nummer", roles=("supplier",), in_books=False, in_crm=True,
        why="a supplier in the CRM without a creditor number",
    ),
)  # fmt: skip

_AWKWARD = (
    Relation("business", "Uitgedoofd Vuur", code="10060", active_in_books=False,
        why="no longer in use in the books, unknown to the CRM"),
    Relation(
        "business", "Ruststand B.V.", code="10061", debtor_number="10061", in_crm=True, active_in_books=False,
        phone="058-0000061",
        why="no longer in use in the books, still a customer in the CRM",
    ),
    Relation("private", "Ria Stil", "Ria", "", "Stil", code="10062", active_in_books=False,
        why="a person no longer in use in the books"),
    Relation(
        "business", "Webwinkel Lange Adem", debtor_number="10063", in_books=False, in_crm=True,
        website="https://www.een-bijzonder-lang-webadres-dat-nergens-past.example/winkel",
        why="a website longer than the fifty characters that the books have room for",
    ),
    Relation(
        "business",
        "Stichting tot Behoud van Buitengewoon Lange Namen en Andere Overdreven Benamingen in Noord, Zuid en Oost",
        debtor_number="10064", in_books=False, in_crm=True,
        why="a name longer than the hundred characters that the books have room for",
    ),
    Relation(
        "business", "Ver Weg", debtor_number="NUMMER-DAT-TE-LANG-IS", in_books=False, in_crm=True,
        why="a debtor number longer than the fifteen characters that the books have room for",
    ),
    Relation(
        "business", "Jansen & Zn. <import> \"export\"", code="KL-0065", debtor_number="KL-0065", in_crm=True,
        why="a code with letters, and a name in which XML has an opinion",
    ),
    Relation("business", "  Spatiebalk  ", code="10066", why="blanks around the name"),
    Relation("business", "Dubbelganger", code="10067", phone="020-0000067", why="the same name as another relation"),
    Relation("business", "Dubbelganger", code="10068", phone="020-0000068", why="the same name as another relation"),
    Relation(
        "business", "Fout Gespeld", code="10069", debtor_number="10069", in_crm=True, phone="bel na zessen",
        email="geen-adres",
        vat_number="NL12345", coc_number="0000-69", iban="NL00BANK0000000069", bic="BANK",
        why="telephone, VAT number, CoC number, IBAN and BIC that are not formed as they should",
    ),
    Relation(
        "business", "Ateliers de l'Exemple", code="10070", in_books=True, vat_number=belgian_vat_number(10_000_070),
        invoice_address=Address("Rue de l'Exemple", "5", "boîte 3", postcode="1000", city="Bruxelles", country="BE"),
        why="only in the books, in Belgium, with a box number",
    ),
    Relation(
        "business", "Kantoor Hoog", debtor_number="10071", in_books=False, in_crm=True, phone="020-0000071",
        invoice_address=Address("Torenplein", "100", "-III", "14e verdieping", "1011 XA", "Amsterdam"),
        why="an address with an extra line, for which the books have no place",
    ),
    Relation("business", "Half Adres", code="10072", invoice_address=Address("", city="Breda"),
        why="a city and no street"),
)  # fmt: skip

_PERSONS = (
    Relation(
        "private", "Jan van der Berg", "Jan", "van der", "Berg", code="10080", debtor_number="10080", in_crm=True,
        phone="030-0000080",
        mobile="06-00000080", email="jan@vanderberg.example", invoice_address=UTRECHT,
        why="a name with a prefix, on both sides",
    ),
    Relation(
        "private", "Marieke in 't Veld", "Marieke", "in 't", "Veld", code="10081", mobile="06-00000081",
        email="marieke@veld.example",
        invoice_address=GRONINGEN, why="a prefix with an apostrophe, only in the books",
    ),
    Relation("private", "Ruud ten Have", "Ruud", "ten", "Have", code="10082", mobile="06-00000082",
        why="a short prefix"),
    Relation(
        "private", "Władysława Şahin-Ørsted", "Władysława", "", "Şahin-Ørsted", code="10083",
        why="letters far from ASCII",
    ),
    Relation("private", "J.P. de Vries-van den Hoek", "J.P.", "de", "Vries-van den Hoek", code="10084",
        why="initials and a double name"),
    Relation("private", "Cher", "", "", "Cher", code="10085", why="a person with one name"),
    Relation(
        "private", "Zoë Nummerloos", "Zoë", "", "Nummerloos", in_books=False, in_crm=True, email="zoe@post.example",
        why="a private customer in the CRM without a debtor number",
    ),
    Relation(
        "private", "Anne Marie van 't Hof", "Anne Marie", "van 't", "Hof", debtor_number="10086", in_books=False,
        in_crm=True,
        mobile="06-00000086", invoice_address=UTRECHT, why="two first names, only in the CRM",
    ),
)  # fmt: skip

RELATIONS: tuple[Relation, ...] = (*_ON_BOTH_SIDES, *_MATCHING, *_AWKWARD, *_PERSONS)


def _euro(text: str) -> Decimal:
    return Decimal(text)


PRODUCTS: tuple[Product, ...] = (
    Product("FTS-01", "Stadsfiets blauw", "stuk", _euro("210.00"), _euro("350.00"), "high", group="Fietsen",
        in_crm=True, why="on both sides"),
    Product("BEL-09", "Bel (uit assortiment)", "", _euro("0"), _euro("4.50"), "high", active=False,
        why="inactive, without a unit"),
    Product("BEL-08", "Bel koper", "stuk", _euro("3.10"), _euro("8.95"), "high", active=False, in_crm=True,
        why="inactive, known to the CRM"),
    Product("PAL-01", "Europallet", "pallet", _euro("6.00"), _euro("12.50"), "high",
        why="a unit that the CRM does not know"),
    Product("OMS-01", "Servicebeurt\r\nInclusief kleine onderdelen\r\nExclusief banden", "uur", _euro("0"),
        _euro("65.00"), "high",
            group="Diensten", why="a description of several lines"),
    Product("NUL-01", "Cursus fietsreparatie", "stuk", _euro("40.00"), _euro("95.00"), "zero", why="no VAT"),
    Product("DEC-01", "Kogellagerkogel", "stuk", _euro("0.00345"), _euro("0.012345"), "high",
        why="prices with many decimals"),
    Product("LAAG-1", "Fietsboek", "stuk", _euro("9.17"), _euro("18.34"), "low", why="the low rate"),
    Product("00042", "Ventiel", "stuk", _euro("0.20"), _euro("1.00"), "high", why="a code with leading zeros"),
    Product("ÅÄÖ-1", "Smörgåsbord & <korting>", "set", _euro("12.00"), _euro("20.00"), "low",
        why="Unicode in code and name"),
    Product("CRM-01", "Advies op maat", "uur", _euro("0"), _euro("110.00"), "high", in_books=False, in_crm=True,
        why="only in the CRM"),
)  # fmt: skip


def _line(
    description: str,
    quantity: str,
    price: str,
    vat: Literal["high", "low", "zero"] = "high",
    product: str | None = None,
) -> Line:
    return Line(description, Decimal(quantity), Decimal(price), vat, product)


_BIKE = _line("Stadsfiets blauw", "1", "350.00", product="FTS-01")
_SERVICE = _line("Servicebeurt", "1.5", "65.00", product="OMS-01")
_BOOK = _line("Fietsboek", "2", "18.34", "low", "LAAG-1")
_COURSE = _line("Cursus fietsreparatie", "1", "95.00", "zero", "NUL-01")

INVOICES: tuple[Invoice, ...] = (
    Invoice("10042", "Fiets maart", (_BIKE,), "Sent", "2026-0001", "2026-03-02", 14, why="sent, one line"),
    Invoice("10042", "Boeken en fietsen", (_BIKE, _SERVICE, _BOOK), "Sent", "2026-0002", "2026-03-03", 14,
        why="three lines, two rates of VAT"),
    Invoice("10042", "Nog te versturen", (_BIKE,), "Draft", date="2026-03-04", why="a draft, without a number"),
    Invoice("10042", "Al betaald", (_SERVICE,), "Paid", "2026-0003", "2026-01-15", 14,
        why="paid before anything was synchronised"),
    Invoice("10042", "Retour fiets", (_line("Retour stadsfiets", "-1", "350.00", product="FTS-01"),), "Sent",
        "2026-0004", "2026-03-05", 14,
            why="a credit note"),
    Invoice("10043", "Zonder termijn", (_BIKE,), "Sent", "2026-0005", "2026-03-06", None,
        why="sent without a payment term"),
    Invoice("", "Advies", (_line("Advies", "3", "110.00"),), "Sent", "2026-0006", "2026-03-07", 30, "Nummerloos Advies",
            why="for a customer without a debtor number"),
    Invoice("10046", "Ångström: " + "größte Lieferung aller Zeiten, Łódź " * 6, (_BIKE,), "Sent", "2026-0007",
        "2026-03-08", 60,
            why="a subject in Unicode, longer than two hundred characters"),
    Invoice("10047", "Losse regel", (_line("Fooienpot", "1", "12.34"),), "Sent", "2026-0008", "2026-03-09", 14,
        why="a line without a product"),
    Invoice("10048", "", (_BOOK,), "Sent", "2026-0009", "2026-03-09", 30, why="no subject"),
    Invoice("10049", "Cursus", (_COURSE,), "Sent", "2026-0010", "2026-03-10", 30, why="no VAT at all"),
    Invoice("00017", "Kogels", (_line("Kogellagerkogel", "333", "0.012345", product="DEC-01"),), "Sent", "2026-0011",
        "2026-03-10", 30,
            why="a price with many decimals, for a customer with leading zeros"),
    Invoice("10045", "Halve centen", tuple(_line("Ventiel", "1", "0.50", product="00042") for _ in range(3)), "Sent",
        "2026-0012",
            "2026-03-11", 30, why="VAT of half a cent on every line"),
    Invoice("10050", "Voor de tweeling", (_BIKE,), "Sent", "2026-0013", "2026-03-11", 30,
        why="two customers have this number"),
    Invoice("10061", "Laatste rekening", (_SERVICE,), "Sent", "2026-0014", "2026-03-12", 30,
        why="for a relation no longer in use in the books"),
    Invoice("10080", "Reparatie", (_SERVICE, _line("Korting", "1", "-10.00")), "Sent", "2026-0015", "2026-03-12", 14,
            why="for a private person, with a discount as a negative line"),
    Invoice("10086", "Nieuwe klant", (_BIKE,), "Sent", "2026-0016", "2026-03-13", 14,
        why="its customer must first go to the books"),
    Invoice("10049", "Gratis", (_line("Weggevertje", "1", "0"),), "Sent", "2026-0017", "2026-03-13", 30,
        why="an amount of nothing"),
    Invoice("10049", "Contant", (_BOOK,), "Sent", "2026-0018", "2026-03-13", 0, why="due on the day itself"),
    Invoice("10049", "Schrikkeldag", (_BOOK,), "Sent", "2028-0001", "2028-02-29", 30, why="dated on a leap day"),
    Invoice("10042", "Advies april", (_line("Advies op maat", "2", "110.00", product="CRM-01"),), "Sent", "2026-0019",
        "2026-04-01", 14,
            why="a product that the books do not have"),
    Invoice("10043", "Werk in uitvoering", (_SERVICE,), "Draft", date="2026-04-02", why="a draft"),
    Invoice("10045", "Levering april", (_BIKE, _BOOK), "Sent", "2026-0020", "2026-04-03"),
    Invoice("10046", "Levering april", (_BOOK,), "Paid", "2026-0021", "2026-04-03", 60),
    Invoice("10047", "Feestelijke opening", (_COURSE, _BOOK, _BIKE), "Sent", "2026-0022", "2026-04-06", 14,
        why="three rates of VAT"),
)  # fmt: skip
