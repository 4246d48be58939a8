"""Relations over e-Boekhouden's REST service: what may be sent of them, what is refused, and how they are told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from syncrules_providers.sandboxes.eboekhouden_books import Books, Row
from syncrules_providers.sandboxes.eboekhouden_rest_asking import Asked, Filter, columns, properties, read
from syncrules_providers.sandboxes.eboekhouden_rest_errors import Refused, demand

HOME = ZoneInfo("Europe/Amsterdam")
LONGEST_TERM = 9999

PROPERTIES = properties("""
type=BP                             text 1 REL_001 REL_001
code=Code                           text 15 REL_006
name=Bedrijf                        text 100 REL_003
salutation=Aanhef                   text 50 REL_010
contact=Contactpersoon              text 50 REL_009
gender=Geslacht                     text 1 REL_004
address=Adres                       text 150 REL_011
postalCode=Postcode                 text 50 REL_012
city=Plaats                         text 50 REL_013
country=Land                        text 50 REL_014
address2=Adres2                     text 150 REL_015
postalCode2=Postcode2               text 50 REL_016
city2=Plaats2                       text 50 REL_017
country2=Land2                      text 50 REL_018
phoneNumber=Telefoon                text 50 REL_019
mobilePhoneNumber=GSM               text 50 REL_020
faxNumber=FAX                       text 50 REL_021
emailAddress=Email                  text 150 REL_022
emailAddressInvoice                 text 150 REL_024
emailAddressReminder                text 150 REL_026
website=Site                        text 50 REL_028
note=Notitie                        text 40000 REL_047
vatNumber=BTWNummer                 text 50 REL_035
inactive                            flag
termOfPayment                       int
companyRegistrationNumber=KvkNummer text 50 REL_050
iban=IBAN                           text 50 REL_029
bic=BIC                             text 20 REL_032
freeText1=Def1                      text 100 REL_037
freeText2=Def2                      text 100 REL_038
freeText3=Def3                      text 100 REL_039
freeText4=Def4                      text 100 REL_040
freeText5=Def5                      text 100 REL_041
freeText6=Def6                      text 100 REL_042
freeText7=Def7                      text 100 REL_043
freeText8=Def8                      text 100 REL_044
freeText9=Def9                      text 100 REL_045
freeText10=Def10                    text 100 REL_046
doNotReceiveNewsletters=GeenEmail   flag
ledgerId=Gb_ID                      int
mandate                             flag
mandateType                         text 1 REL_051
mandateId                           text 35 REL_034
mandateSignedDate                   day
peppolId                            text
""")

FILTERS: Mapping[str, Filter] = {
    name: Filter("text", itemgetter(column))
    for name, column in {
        "code": "Code",
        "type": "BP",
        "email": "Email",
        "name": "Bedrijf",
        "contact": "Contactpersoon",
        "city": "Plaats",
    }.items()
}
_EMAILS = {"emailAddress": "REL_023", "emailAddressInvoice": "REL_025", "emailAddressReminder": "REL_027"}


def in_list(row: Row) -> Row:
    """Tell of a relation as little as the list does."""
    return {"id": row["ID"], "type": row["BP"], "code": row["Code"]}


def told(books: Books, asked: Asked) -> Row:
    """Tell everything of one relation; what is empty is nothing."""
    row = books.relations.get(asked.id)
    if row is None:
        raise Refused("REL_055")
    moment = datetime.combine(row["AddDatum"], datetime.min.time(), HOME)
    return {
        "id": row["ID"],
        "date": moment.isoformat(),
        **{each.name: row[each.column] or None for each in PROPERTIES},
        "termOfPayment": row["termOfPayment"],
        "inactive": row["inactive"],
        "mandate": row["mandate"],
        "doNotReceiveNewsletters": row["GeenEmail"],
        "isClubOrAssociationMember": int(row["LA"]) or None,
    }


def add(books: Books, asked: Asked, today: date) -> Row:
    sent = read(asked.body, PROPERTIES)
    _check(books, {"name": "", **sent}, 0)
    # Nobody says how the service makes up a code; ours is the id.
    code = sent.get("code") or str(books.next["relation"])
    demand(books.relation_by_code(code) is None, "REL_049", "code")
    relation = books.add_relation({**_columns(sent), "Code": code}, today)
    return {"id": relation, "code": code}


def change(books: Books, asked: Asked, *, null_clears: bool) -> None:
    if asked.id not in books.relations:
        raise Refused("REL_055")
    sent = read(asked.body, PROPERTIES, null_clears=null_clears)
    _check(books, {"name": "", **sent}, asked.id)
    if not sent.get("code"):
        # A relation has a code, so an empty one can only mean the code that it has.
        sent.pop("code", None)
    books.change_relation(asked.id, _columns(sent))


def _columns(sent: Row) -> Row:
    row = columns(sent, PROPERTIES)
    if "GeenEmail" in row:
        row["GeenEmail"] = int(row["GeenEmail"])
    if "Gb_ID" in row:
        row["Gb_ID"] = row["Gb_ID"] or 0
    return row


def _check(books: Books, sent: Row, relation: int) -> None:
    """Check a relation as it would be afterwards, in the order of its properties."""
    before: Row = books.relations.get(relation, {})
    demand(sent.get("type", "B") in ("B", "P"), "REL_001", "type")
    demand(sent["name"], "REL_002", "name")
    demand(sent.get("gender", "") in ("", "m", "v", "a"), "REL_004", "gender")
    if sent.get("code"):
        other = books.relation_by_code(sent["code"])
        demand(other is None or other["ID"] == relation, "REL_049", "code")
    for name, code in _EMAILS.items():
        demand(not sent.get(name) or re.fullmatch(r"[^@\s]+@[^@\s]+", sent[name]), code, name)
    term = sent.get("termOfPayment") or 0
    demand(term >= 0, "REL_030", "termOfPayment")
    demand(term <= LONGEST_TERM, "REL_031", "termOfPayment")
    number = sent.get("companyRegistrationNumber", "")
    demand(not number or number.isdecimal(), "REL_008", "companyRegistrationNumber")
    demand(not sent.get("iban") or _is_iban(sent["iban"]), "REL_007", "iban")
    demand(not sent.get("ledgerId") or sent["ledgerId"] in books.accounts, "REL_048", "ledgerId")
    _check_mandate({**before, **sent}, sent)
    if sent.get("peppolId"):
        demand(sent.get("type", before.get("BP", "B")) == "B", "REL_056", "peppolId")
        demand(re.fullmatch(r"\d{4}:\S+", sent["peppolId"]), "REL_057", "peppolId")


def _check_mandate(after: Row, sent: Row) -> None:
    demand(sent.get("mandateType", "") in ("", "E", "D"), "REL_051", "mandateType")
    if sent.get("mandate"):
        demand(after.get("mandateType"), "REL_033", "mandateType")
        demand(after.get("mandateId"), "REL_034", "mandateId")
        demand(after.get("mandateSignedDate"), "REL_052", "mandateSignedDate")


def _is_iban(text: str) -> bool:
    """Compute the remainder of 97 that every IBAN leaves."""
    number: Any = text.replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{2}\d\d[A-Z0-9]{8,30}", number):
        return False
    return int("".join(str(int(each, 36)) for each in number[4:] + number[:4])) % 97 == 1
