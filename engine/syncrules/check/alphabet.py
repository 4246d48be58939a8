"""What stands in fields: as people fill them in, as other programs do, and as nobody would who means well.

The first of each list is the plain one, from which a counterexample differs as little as it can. All of it is invented.
"""

from __future__ import annotations

from collections.abc import Mapping

REAL: Mapping[str, tuple[str, ...]] = {
    "text": ("Bakkerij De Korenaar", "Zoë & Zn. B.V.", "S.A. L'Étoile", "O'Brien \"Ltd\"", "4711", "Jansen/De Boer"),
    "phone": (
        "030-0000001", "+31 (0)30 000 00 01", "0031300000001", "02 000 00 01", "+32 2 000 00 01", "06-00000001", "0800-0001",
        "030-0000001 tst 12", "+31300000001;ext=8", "030-0000001 / 06-00000001", "ask for Ada", "+49 30 000001", "112", "(030) 0000001",
        "0470 00 00 01", "030.000.00.01", "00-0", "+", "030-0000001 x7", "030\u20130000001",
    ),
    "email": ("post@voorbeeld.example", "Post@Voorbeeld.example", "a.b+c@sub.voorbeeld.example", "straße@voorbeeld.example",
              "INFO@VOORBEELD.EXAMPLE", "ä@voorbeeld.example", "a@b"),
    "website": ("www.voorbeeld.example", "https://www.voorbeeld.example/", "HTTP://Voorbeeld.example/Prijzen", "voorbeeld.example/?next=/",
                "https://https://voorbeeld.example", "voorbeeld.example/#top", "www.voorbeeld.example//", "http://", "//voorbeeld.example"),
    "vat_number": ("NL000000000B01", "NL 0000.00.000.B01", "be 0000.000.000", "BE0000000000", "000000000B01", "none", "FR0X000000000",
                   "EL000000000", "NL000000000B01 (old)", "ATU00000000", "B01"),
    "coc_number": ("00000001", "0000 0001", "0000.000.001", "HRB 12345", "1", "RCS Paris B 000"),
    "iban": ("NL69TEST0000000001", "NL69 TEST 0000 0000 01", "nl69test0000000001", "BE00 0000 0000 0000", "NL42TEST0000000002", "4711"),
    "bic": ("TESTNL2A", "TESTNL2AXXX", "testnl2axxx", "TEST NL 2A", "TESTNL2A123", "none"),
    "postcode": ("1000 AB", "1000AB", "1000 ab", "B-1000", "00-950", "SW1A 1AA", "1000"),
    "digits": ("+++000/0000/00000+++", "000000000000", "12a", "0"),
    "trimmed": ("Ada", " Ada ", "Ada  Bos"),
    "number": ("D1001", "1001", "0001001", "d1001", "D 1001", "D-1001", " D1001", "10010000000"),
    "street": ("Kerkstraat", "Plein 1944", "Rue de la Loi", "1e Dorpsstraat", "Straat 12", "Hoofdweg 7 bis", "12", "Kaai 12A", "Laan,"),
    "house_number": ("12", "12A", "12-14", "0", "12.0", "99999", "100000", "A", "1 bis"),
    "suffix": ("A", "bis", "-2", "/3", "III", "bte 4", "2 hoog", "4", "bus 12", "12", "a1", "."),
    "line": ("Kerkstraat 12", "Kerkstraat 12A", "Kerkstraat 12 bis", "Rue de la Loi 16 bte 4", "Plein 1944", "Plein 1944 7", "Postbus 1",
             "12 Main Street", "Kerkstraat 12-14", "Kerkstraat 12 - 14 A", "Kerkstraat", "Kerkstraat 12,", "Kerkstraat 12-III", "12",
             "t.n.v. A. Bos, Kerkstraat 12", "Kerkstraat 12/3", "Kerkstraat  12  A"),
    "extra": ("t.n.v. de administratie", "2e verdieping", "Postbus 1"),
    "city": ("Utrecht", "'s-Hertogenbosch", "Bruxelles", "Liège"),
    "country": ("NL", "BE", "DE", "nl", "UK", "XX"),
    "country_name": ("Nederland", "België", "Belgique", "Duitsland", "the netherlands", "NL", "Atlantis", "Deutschland"),
    "first": ("Anna", "Anna Maria", "A.", "drs. Anna", "Jean-Luc", "van", "Anna de"),
    "middle": ("van der", "de", "Van den", "'t", "van", "d'", "El"),
    "last": ("Meer", "De Smedt", "van den Berghe", "Bos-de Vries", "Meer jr.", "O'Brien", "de", "Van den Berghe", "Bos, MSc"),
    "initials": ("A.", "A.B.", "AB"),
    "full": ("Anna van der Meer", "Luc De Smedt", "Meer, Anna van der", "Bos", "Anna Maria Bos", "de Vries, Jan", "Anna", "van der Meer",
             "Bakkerij Bos, Ede", "A, b, c", "Anna van der"),
    "first_line": ("Fietsbel", "Fietspomp", "Zadel\nzwart", "Fietsbel\nmet veer", "\nFietsbel", "Fietsbel\r\nrood", " \n ", "Fietsbel\u2028rood"),
    "currency": ("EUR", "USD", "eur"),
}  # fmt: skip  # lists of values
"""Hint → what people write there."""

ODD: tuple[str, ...] = (
    " ", "  x  ", "\u00a0", "\t", "a\nb", "\r\n", "a\tb", "\x1f", "a\x7fb", "\u200b", "\ufeffa", "a\u2028b", "e\u0301te\u0301", "été",
    "\ufb01n", "straße", "İi", "ıI", "שלום 12", "\u202eabc", "مرحبا", "😀", "👩\u200d👩\u200d👧", "𝔘nicode", "0", "007", "-0", "1e5", "1.50", "1,5",
    "'", '"', "<b>&amp;</b>", "null", "None", "true", "a|b", "a || b", "a;b", "\\n", "%00", "=1+1", "١٢٣", "²", "Ⅷ", "STRASSE", "ﬀ", "\u0345a", "a\u0301\u0301",
)  # fmt: skip  # a list of values
"""Texts of which at least one has broken a program somewhere."""

PIECES: tuple[str, ...] = (
    "a", "B", "é", "e\u0301", "ß", " ", "  ", "0", "12", "007", "-", ".", ",", "/", "\n", "\u00a0", "NL", "be", "van ", "de ", "x", "(", ")", "+31",
    "😀", "ש", "&", "'", "@", "#", "bis", "III", "1944", "\u200b", "Ñ",
)  # fmt: skip  # a list of values
"""Pieces of which stranger texts are put together."""

DAYS = ("2026-03-15", "2024-02-29", "2028-02-29", "2000-02-29", "2026-03-29", "2026-10-25", "2026-12-31", "2027-01-01", "2026-02-28",
        "1980-01-01", "2049-12-31", "1999-12-31", "9999-12-31", "1900-01-01")  # fmt: skip  # a list of values
"""Leap days, the days on which the clock changes, and the ends of years."""

CLOCKS = ("T10:00:00Z", "T00:00:00Z", "T22:59:59Z", "T23:00:00Z", "T23:59:59.999Z", "T00:30:00Z", "T01:00:00Z", "T00:30:00+01:00",
          "T02:30:00+02:00", "T00:00:00", "T23:59:59", "T12:00:00.1234567Z")  # fmt: skip  # a list of values
"""Times of day, about midnight here and in Greenwich, with a zone and without."""

NUMBERS = ("12.50", "0", "1", "-1", "0.01", "-0.01", "0.005", "1.005", "2.675", "-2.675", "0.125", "99.995", "0.1", "0.30000000000000004", "1E+2", "0.00",
           "12.0", "21", "100", "1234567.89", "99999999999.99", "-99999999999.99", "0.000001", "123456789012345678", "3.3333333333")  # fmt: skip  # a list of values
WHOLE = (30, 0, 1, 7, 12, -1, 99, 100, 366, 9999, 10000, 2**31 - 1, 2**31, 10**12)
