"""What no source proves about WinBooks on Web: how it refuses, habits that can be switched, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Certainty = Literal["documented", "seen live by others", "inferred", "unverified"]

# Refusals -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Situation:
    """A refusal: its status, and what it says if nothing better is known; `error` is for the token address."""

    status: int
    message: str = ""
    error: str = ""
    certainty: Certainty = "unverified"
    """Of the status; no body was ever seen."""


SITUATIONS: Mapping[str, Situation] = {
    "bad access token": Situation(
        401, "Authorization has been denied for this request.", certainty="seen live by others"
    ),
    "bad grant": Situation(400, error="invalid_grant", certainty="inferred"),
    "bad token request": Situation(400, error="invalid_request", certainty="inferred"),
    "other grant": Situation(400, error="unsupported_grant_type", certainty="inferred"),
    "module not active": Situation(403, "Rest API module is not active"),
    "unknown folder": Situation(404, "There is no such folder.", certainty="inferred"),
    "no such address": Situation(404, "Nothing is found at this address."),
    "no such object": Situation(404, "There is no such object."),
    "wrong verb": Situation(405, "The requested resource does not support this method."),
    "validation": Situation(400, "The object is not right."),
    "duplicate code": Situation(409, "This code is in use."),
    "server fault": Situation(500, "An error has occurred."),
}
"""Every refusal of the sandbox. A read of an unknown code is none: it is answered with 204 and no body."""


class Refused(Exception):
    """The sandbox says no; `situation` is a row of the table above."""

    def __init__(self, situation: str, message: str = "") -> None:
        super().__init__(message or situation)
        self.situation = situation
        self.message = message


# Habits ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Habits:
    """What can be switched, because nobody could see which it is; each is explained in `ASSUMPTIONS`."""

    access_lifetime_s: float = 900
    exchange_lifetime_s: float = 3600
    trusted_lifetime_s: float = 30 * 86_400
    expires_in: Literal["text", "number"] = "text"
    refresh_rotates: bool = True
    chunk_objects: int = 101
    vat_tells_its_lines: bool = True
    beyond_level: Literal["absent", "null"] = "absent"
    spelling: Literal["live", "documented"] = "live"
    padded: tuple[str, ...] = ("Town", "Zip")
    padding: int = 2
    longest_code: int = 10
    empty_references: Literal["guid", "null"] = "guid"
    bulk_atomic: bool = True
    parts_touch_owner: bool = False
    numbers_documents: bool = False
    numbering: Literal["year", "period"] = "year"


@dataclass(frozen=True, slots=True)
class Assumption:
    """One thing that the sandbox does because it must do something: how sure it is, and the habit that turns it."""

    about: str
    here: str
    certainty: Certainty
    switches: tuple[str, ...] = field(default=())


def _assume(about: str, here: str, certainty: Certainty, *switches: str) -> Assumption:
    return Assumption(about, here, certainty, switches)


ASSUMPTIONS: tuple[Assumption, ...] = (
    # At the door
    _assume("statuses and bodies of refusals", "as in SITUATIONS", "unverified"),
    _assume("life of an access token", "the 900 seconds of the sample, not the day of the text", "documented",
        "access_lifetime_s"),
    _assume("life of an exchange token", "an hour, or thirty days for a trusted application; it can be used again",
        "unverified", "exchange_lifetime_s", "trusted_lifetime_s"),
    _assume("expires_in", "a text, as in the sample", "documented", "expires_in"),
    _assume("a refresh token that was used", "is dead, and so whoever does not keep the newest pair is locked out",
        "unverified", "refresh_rotates"),
    _assume("a pair whose exchange token has expired", "lives on; it dies with the entry of the application",
        "inferred"),
    _assume("the module is not active", "tokens are given, every call on the folder is 403", "unverified"),
    _assume("a folder on which the user has no rights", "does not exist for that user", "unverified"),
    _assume("capitals in addresses", "count, as in OAuth20/Token; in names of parameters they do not", "inferred"),
    _assume("an object with a code, addressed without it", "nothing is found there", "inferred"),
    # Answers
    _assume("the limit of an answer", "101 objects, nested ones counted; it is cut before an element of a list",
        "seen live by others", "chunk_objects"),
    _assume("ContinuePath", "opaque, good for the identical request only; it counts positions, so that what is added "
        "or deleted in between shifts the rest", "inferred"),
    _assume("a continued object", "says its own values again, and of the nested ones only what was not told yet",
        "inferred"),
    _assume("projections", "are cut as objects are", "unverified"),
    _assume("lists in a deep answer", "those of which a source speaks; a VAT code tells all its lines",
        "seen live by others", "vat_tells_its_lines"),
    _assume("the way back to an object that is being told", "is left out", "unverified"),
    _assume("what is beyond the asked level", "is absent", "seen live by others", "beyond_level"),
    _assume("TotalLevel of an answer", "the levels that are left", "inferred"),
    _assume("isShowId=false", "leaves out Id and every Id of a reference", "inferred"),
    _assume("names with two spellings", "live: Civility, Address_Id, DefaultAddress; documented: ThirdCivility, "
        "Addres_Id, DefautAddress; both are read", "seen live by others", "spelling"),
    _assume("texts with blanks at the end", "Town and Zip, two blanks", "documented", "padded", "padding"),
    _assume("what was never filled in", "is null for texts and days, zero for numbers, false for flags", "unverified"),
    _assume("friendly codes in answers", "are not told: a code is read from the nested object", "unverified"),
    _assume("Code of an object without one", "is absent", "inferred"),
    _assume("order without Orders", "in which they were made", "unverified"),
    # Questions
    _assume("capitals and blanks at the end", "do not count in codes and in criteria", "unverified"),
    _assume("nothing in a comparison", "is neither true nor false, as in SQL", "inferred"),
    _assume("empty references in criteria", "are the empty GUID, and ISEMPTY finds them", "unverified",
        "empty_references"),
    _assume("moments in criteria", "/Date(ms)/ or ISO 8601, whatever ValueTypes says", "unverified"),
    _assume("OR and AND", "group as NOT does", "inferred"),
    _assume("an association", "is an inner join: what has no partner is not told, what has two is told twice",
        "unverified"),
    _assume("properties in criteria", "belong to an alias; a path through a reference is refused", "unverified"),
    _assume("aggregates", "as in SQL: one row, or one for each value of GROUPBY", "unverified"),
    _assume("EntityType", "must be that of the address", "unverified"),
    # Writing
    _assume("a code", "has at most ten characters", "unverified", "longest_code"),
    _assume("a code in the body", "must be that of the address; by Id an object can get another code", "unverified"),
    _assume("members with an unknown name, technical ones, Version", "are passed over in silence", "unverified"),
    _assume("friendly codes in an object with TotalLevel 1", "are passed over in silence", "inferred"),
    _assume("a nested object of a table", "is looked up, never made", "unverified"),
    _assume("a nested Third without Code", "is refused, also in an update", "inferred"),
    _assume("a nested object without code and Id", "is a new one", "unverified"),
    _assume("elements of a list", "with Id are changed, without are added; those that are not named stay",
        "unverified"),
    _assume("a flag of which there is one for each Third", "leaves the address that had it", "unverified"),
    _assume("Third_Id of an Address", "is filled in when it is made within a Third; an Address that is made alone is in "
        "no Addresses from version 2.5 on", "unverified"),
    _assume("DefaultAddress", "the default invoicing address, else the first; refused in a body", "inferred"),
    _assume("answers to PUT and to arrays", "the Href of each object", "unverified"),
    _assume("answer to DELETE", "200 and no body", "unverified"),
    _assume("PUT and DELETE of what is not there", "404", "unverified"),
    _assume("deleting", "is refused while somebody refers to it; the Third of a deleted customer stays", "unverified"),
    _assume("an array of which one element is refused", "changes nothing at all", "unverified", "bulk_atomic"),
    _assume("a changed Third, Address or Contact", "leaves Modified of its owner as it was", "unverified",
        "parts_touch_owner"),
    # Books
    _assume("address and body of a new booking", "as of a DocumentHeader", "inferred"),
    _assume("a booking without DocNumber", "is refused", "unverified", "numbers_documents"),
    _assume("DocNumber", "counts in its journal for a year, and is there once", "documented", "numbering"),
    _assume("BookDate outside its period", "is accepted", "unverified"),
    _assume("whether a period is closed", "shows in refusals only", "unverified"),
    _assume("CentralAccountType of a line", "is that of its account, whatever the body says", "inferred"),
    _assume("amount of VAT", "is not held against the percentage", "unverified"),
    _assume("amounts with more than two decimals", "are rounded half up, then they must balance", "unverified"),
    _assume("a currency other than that of the folder", "needs CurrencyAmount and CurrencyRate", "inferred"),
    _assume("a hidden customer", "can still be booked on; a locked one cannot", "documented"),
    _assume("a part payment", "is in one GLMatch with its invoice; what is open is the sum of the group", "unverified"),
    _assume("a new or undone matching", "is a change of its lines, not of their header", "inferred"),
    # Tables
    _assume("properties of Contact, Third_Contact, BankAccount, Vat and Supplier", "as proposed in our description",
        "unverified"),
    _assume("properties of years, periods, journals, accounts and small tables",
        "Code and Name; a period and a journal have a BookYear, an account a CentralAccountType", "inferred"),
    _assume("names in tables", "in the language of the folder", "inferred"),
    _assume("a journal", "has one row, which refers to the newest book year", "inferred"),
    _assume("central account types other than CUSTOMER and V03", "SUPPLIER, V01, V02, V59", "unverified"),
    _assume("VAT codes other than 21, 6 and 0, internal codes other than 211400", "invented", "unverified"),
)  # fmt: skip
"""Everything that no source proves, in one place."""


# What is left out -----------------------------------------------------------------------------------------------

NOT_EMULATED: Mapping[str, str] = {
    "DocumentHeader, DocumentDetail, DocumentRow, JournalLog, Item, StockTransaction": (
        "Logistics is a module that the invented folders do not have, its tables are not known well enough, and what is "
        "made there is not booked."
    ),
    "DiscountCategory_Id, Tariff_Id, PayMode_Id and the other members for logistics": "As above.",
    "Custom": "Told empty and passed over when written: nobody saw a custom field travel.",
    "CODA": "No source tells the members of a CodaTransaction; the lines can refer to one, and none is there.",
    "OldestMatchedDate": "Always null: no source says what it means.",
    "Optimistic locking by Version": "No source shows a refusal; a Version in a body is passed over.",
    "Lengths of the import from files": "They belong to another door; only the ten characters of a code are kept.",
    "A limit of calls": "None is published; `mishap` can answer 429.",
    "VatBaseAmount and turnover on a VAT return": "No return is made, so nobody adds them up.",
    "Simulations, checked and imported bookings": "The flags are kept; nothing else follows from them.",
    "Names in several languages": "No source tells the names of those members.",
    "Rights of single users": "An application opens the folders that it was made for, and all of their objects.",
    "Deductibility and non-deductible VAT": "The rates are there to be referred to; no line is split by them.",
    "Join types other than equal properties": "No source shows one.",
    "Operators 24, 27, 28, 33, 36, 38 to 48, 50 to 54, 56, 59 to 64": (
        "No source shows how they are asked: SELECTTOP, FIRST, LAST, HAVING, MID, ROUND, NOW, FORMAT, CASEWHEN, CAST, "
        "CONSTANT, FROMALIAS, ROWNUMBER, DATEADD, DATEDIFF, ALL, EXISTS, CONCAT, LEFT, RIGHT, FUNCTION, SUBQUERY, "
        "DATEPART, UNION, UNIONALL, GROUPING, RANK, DENSERANK. They are refused by name."
    ),
    "Staging and the vendor's demo folder": "PARFIWEB_DEMO is not ours; the invented folders are.",
}
"""What the real system has and the sandbox does not, with the reason."""
