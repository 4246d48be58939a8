"""e-Boekhouden in a small world: how it is connected, and people and papers, the same in both systems where a test wants so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from crm import *  # noqa: F403 who tests e-Boekhouden also finds the people of Tribe here
from crm import Row
from world import CUSTOMERS, PERSONS, World

from syncrules_providers.sandboxes.eboekhouden_soap import EboekhoudenSoapSandbox
from syncrules_providers.sandboxes.server import Answer, Request, Sandbox
from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.tribe import TribeSandbox

VAT_CODES = {"NL21": "HOOG_VERK_21", "NL9": "LAAG_VERK_9", "NL0": "GEEN"}


class EBoekhouden:
    """What a world must know of e-Boekhouden, over SOAP; `eb_rest` says what is otherwise over REST."""

    side: ClassVar[str] = "eboekhouden"
    country: ClassVar[str] = "NL"
    incidental: ClassVar[frozenset[str]] = frozenset({"AddDatum", "MutatieNr"})
    calls: ClassVar[Mapping[str, str]] = {
        "list relations": "GetRelaties",
        "list articles": "GetArtikelen",
        "list open items": "GetOpenPosten",
        "add a relation": "AddRelatie",
        "change a relation": "UpdateRelatie",
        "find an invoice": "GetMutaties",
        "book an invoice": "AddMutatie",
    }
    """What a connection asks of the books → the operation."""
    code: ClassVar[str] = "Code"
    """The code of a relation, as the protocol calls it."""
    one_by_one: ClassVar[bool] = False
    """Whether each relation is read by itself."""
    amounts: ClassVar[str] = "EX"
    """Whether the amounts that a connection types exclude VAT or include it (IN)."""
    longest_text: ClassVar[int] = 200
    """How long the description of an entry may be."""
    secrets: ClassVar[Mapping[str, str]] = {"security_code_1": "security_code1", "security_code_2": "security_code2"}
    """The secret answers → what the sandbox calls them."""
    credential: ClassVar[str] = "security_code_1"
    """The answer that a person may have to give anew."""
    others: ClassVar[Mapping[str, str]] = {
        "security_code2": "99999999-8888-7777-6666-555555555555",
        "company": "Jansen Beheer B.V.",
        "username": "beheer",
    }
    """What makes the sandbox of another administration."""
    cure: ClassVar[str] = "security code 1"
    """What is said of it then."""

    def sandbox(self, story: Story, **how: Any) -> Any:
        return EboekhoudenSoapSandbox(story, **how)

    def answers(self, books: Any) -> dict[str, Any]:
        return {
            "username": books.username,
            "security_code_1": books.security_code1,
            "security_code_2": books.security_code2,
            "url": f"{books.url}/soap.asmx",
        }

    def usual_settings(self, crm: TribeSandbox, books: Any) -> dict[str, Any]:
        return {
            "VAT groups": {row["ID"]: VAT_CODES[row["Code"]] for row in crm.rows("Datastore_VatGroup")},
            "revenue accounts": {code: self.account(code) for code in ("8000", "8010", "8020")},
            "default revenue account": self.account("8000"),
            "debtors account": self.account("1300"),
            "product group": crm.rows("ProductGroup")[0]["ID"],
            "unit": "stuk",
        }

    def account(self, code: str) -> Any:
        """Say how a setting is answered with this ledger account."""
        return code

    def enter(self, books: Any, name: str, code: str, **fields: Any) -> int:
        number: int = books.add_relation(**{"Code": code, "Bedrijf": name, "BP": "B", **fields})
        return number

    def edit(self, books: Any, name: str, **fields: Any) -> None:
        books.edit_relation(books.relation(Bedrijf=name)["ID"], **fields)

    def contents(self, books: Any) -> dict[str, list[dict[str, Any]]]:
        return {
            "relations": books.relations(),
            "mutations": books.mutations(),
            "open items": books.open_items(),
            "articles": books.articles(),
        }

    def known_as(self, books: Any) -> dict[str, str]:
        relations = {str(each["ID"]): each["Code"] for each in books.relations()}
        return relations | {str(each["MutatieNr"]): each["Factuurnummer"] for each in books.mutations()}

    # What goes over the wire -----------------------------------------------------------------------------------------

    def over(self, what: str) -> Callable[[Request], bool]:
        """Recognise the requests with which a connection does this."""
        operation = f'/{self.calls[what]}"'
        return lambda request: operation in request.headers.get("soapaction", "")

    def asked(self, books: Sandbox, what: str) -> int:
        """Count how often the last run did this."""
        return sum(each.what == self.calls[what] for each in books.calls)

    def nothing(self, what: str) -> Answer:
        """Answer to a list with nothing in it."""
        operation, space = self.calls[what], "http://www.e-boekhouden.nl/soap"
        body = (
            '<?xml version="1.0" encoding="utf-8"?>'
            '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
            f'<soap:Body><{operation}Response xmlns="{space}"><{operation}Result><ErrorMsg><LastErrorCode/></ErrorMsg>'
            f"</{operation}Result></{operation}Response></soap:Body></soap:Envelope>"
        )
        return Answer(200, body.encode(), {"Content-Type": "text/xml; charset=utf-8"})

    def spoil(self, books: Any, credential: str) -> None:
        """Let this be the credential that opens the books, and the one before of no use any more."""
        books.change_password(credential)

    def told(self, books: Any) -> dict[str, Row]:
        """Tell every relation and mutation in the words of the protocol: id → record."""
        found = {str(each["ID"]): each for each in books.relations()}
        return found | {f"mutation {each['MutatieNr']}": each for each in books.mutations()}


BOOKS = EBoekhouden()

KORST: Row = {
    "Code": "10042",
    "Bedrijf": "Bakkerij De Korst",
    "BP": "B",
    "Telefoon": "030-1234567",
    "Site": "www.dekorst.example",
    "BTWNummer": "NL123456782B01",
    "KvkNummer": "30123456",
    "BIC": "BANKNL2A",
    "IBAN": "NL91ABNA0417164300",
    "Adres": "Dorpsstraat 12 bis",
    "Postcode": "3511 AA",
    "Plaats": "Utrecht",
    "Land": "Nederland",
    "Adres2": "Postbus 75",
    "Postcode2": "B-9000",
    "Plaats2": "Gent",
    "Land2": "België",
}
"""A business relation in which every field that travels is filled."""
KORST_ASIDE: Row = {
    "Notitie": "Belt liever niet",
    "Def1": "vrij veld",
    "Def10": "nog een",
    "GSM": "06-11111111",
    "Email": "administratie@dekorst.example",
    "Contactpersoon": "Ans Bakker",
    "Gb_ID": 9_008_000,
    "GeenEmail": 1,
}
"""What else the books know of it; none of this is ours."""
KORST_IN_TRIBE: Row = {
    "Name": "Bakkerij De Korst",
    "DebtorNumber": "10042",
    "CreditorNumber": None,
    "PhoneNumber": "030-1234567",
    "Website": "www.dekorst.example",
    "VATNumber": "NL123456782B01",
    "ChamberOfCommerceNumber": "30123456",
    "BIC": "BANKNL2A",
    "IBAN": "NL91ABNA0417164300",
    "EmailAddress": None,
    "FinancialEmailAddress": None,
}
KORST_INVOICE_ADDRESS: Row = {
    "Street": "Dorpsstraat",
    "HouseNumber": 12,
    "HouseNumberSuffix": "bis",
    "Postalcode": "3511 AA",
    "City": "Utrecht",
    "Country": "NL",
}
KORST_POSTAL_ADDRESS: Row = {
    "Street": "Postbus",
    "HouseNumber": 75,
    "HouseNumberSuffix": None,
    "Postalcode": "B-9000",
    "City": "Gent",
    "Country": "BE",
}

ANNA: Row = {
    "Code": "20001",
    "Bedrijf": "Anna van der Meer",
    "BP": "P",
    "Telefoon": "020-1234567",
    "GSM": "06-12345678",
    "Email": "anna@voorbeeld.example",
    "BIC": "BANKNL2A",
    "IBAN": "NL91ABNA0417164300",
    "Adres": "Kade 3a",
    "Postcode": "1011 AB",
    "Plaats": "Amsterdam",
    "Land": "Nederland",
}
"""A private relation in which every field that travels is filled."""
ANNA_ASIDE: Row = {"Site": "anna.example", "KvkNummer": "1", "Adres2": "Postbus 1", "Notitie": "vaste klant"}
ANNA_IN_TRIBE: Row = {
    "FirstName": "Anna",
    "MiddleName": "van der",
    "LastName": "Meer",
    "DebtorNumber": "20001",
    "PhoneNumber": "020-1234567",
    "MobilePhoneNumber": "06-12345678",
    "EmailAddress": "anna@voorbeeld.example",
    "BIC": "BANKNL2A",
    "IBAN": "NL91ABNA0417164300",
}
ANNA_ADDRESS: Row = {
    "Street": "Kade",
    "HouseNumber": 3,
    "HouseNumberSuffix": "a",
    "Postalcode": "1011 AB",
    "City": "Amsterdam",
    "Country": "NL",
}


# Both sides at once --------------------------------------------------------------------------------------------------


def known_customer(here: World, **said: Any) -> str:
    """Enter the bakery in the books, import it, and give the ID of the customer in Tribe."""
    here.books.add_relation(**{**KORST, **KORST_ASIDE, **said})
    here.run()
    return str(here.crm.rows(CUSTOMERS)[0]["ID"])


def known_person(here: World, **said: Any) -> str:
    """Enter Anna in the books, import her, and give the ID of the customer in Tribe."""
    here.books.add_relation(**{**ANNA, **ANNA_ASIDE, **said})
    here.run()
    return str(here.crm.rows(PERSONS)[0]["ID"])
