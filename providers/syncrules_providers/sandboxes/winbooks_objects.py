"""Every object of WinBooks on Web that the sandbox has: what it says of itself, whom it refers to, and the lists it holds.

The vendor calls an object model an OM, and so does this file.
One line below is one OM: a plain name is a text, `Name:kind` another value, `Name>Target@Field` a reference whose Id
travels in that field, and `Name*Target.Reference` the list of those that refer here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

Kind = Literal["text", "int", "decimal", "decimal?", "bool", "date", "guid"]
Version = Literal["2.4", "2.5"]

EMPTY = "00000000-0000-0000-0000-000000000000"
"""What a reference says that refers to nothing."""

ASSEMBLY = "Winbooks.TORM.OM"

_FLAGS = (
    "IsInvoicing:bool IsInvoicingDefault:bool IsPosting:bool IsPostingDefault:bool IsDelivering:bool "
    "IsDeliveringDefault:bool"
)
_ADDRESS = """Index:int Name Address1 Address2 Number Box Zip Town PhoneNo FaxNo MemoType:int Memo Third> Country>"""
_ROLE = """Code VatApplicable:int IsLocked:bool IsHidden:bool MemoType:int Memo ConditionalDiscountRate:decimal
    ConditionalDiscountDays:decimal Third> Vat> GLAccountDefault>GLAccount@GLAccount_Id
    GLAccountCentral>GLAccount@GLAccount2_Id GLTemplate> PayCode>"""

_OBJECTS = f"""
Customer: {_ROLE} LastReminderLevel:int LastReminderDate:date IsReminderBlocked:bool CommodityCode
    Category>CustomerCategory@CustomerCategory_Id
Supplier: {_ROLE}
Third: Code Name VatNumber WebSite Civility>ThirdCivility@ThirdCivility_Id VatCountry>Country Language> Currency>
    Addresses*{{holder}}.Third Contacts*Third_Contact.Third BankAccounts*BankAccount.Third
Address: {_ADDRESS} {{flags}}
Third_Address: Index:int {_FLAGS} Third> Contact> Address>
Third_Contact: Index:int IsDefault:bool Third> Contact>
Contact: Name FirstName PhoneNo MobileNo FaxNo Email MemoType:int Memo Civility>ThirdCivility@ThirdCivility_Id
    Language>
BankAccount: Index:int AccountNumber Iban Bic IsDefault:bool Third>
ThirdCivility: Code Name
Country: Code Name
Language: Code Name
Currency: Code Name
CustomerCategory: Code Name
Accounting.Vat: Code InternalCode Name Rate:decimal GLTransactions*GLTrans.Vat
Accounting.GLAccount: Code Name CentralAccountType>
Accounting.CentralAccountType: Code Name
Accounting.DeductibilityRate: Code Name
Accounting.GLTemplate: Code Name
Accounting.PayCode: Code Name
Accounting.Journal: Code Name BookYear>
Accounting.BookYear: Code
Accounting.BookPeriod: RelatedYear:int RelatedMonth:int Number:int BookYear>
Accounting.GLMatch: Code
Accounting.CodaTransaction: Memo
Accounting.GLTransHeader: DocNumber:int BookDate:date DueDate:date IsLocked:bool IsImported:bool IsTemp:bool
    IsChecked:bool IsDoc:bool BookPeriod> Journal> PayCode> GLTransactions*GLTrans.GLTransHeader
Accounting.GLTrans: LineOrder:int ValueDate:date Amount:decimal Amount2:decimal? VatBaseAmount:decimal?
    TurnOverAmount:decimal? VatTaxAmount:decimal? IsNegativeBooking:bool IsVatInputByUser:bool IsVatAllocation:bool
    OldestMatchedDate:date CurrencyAmount:decimal? CurrencyRate:decimal? CurrencyVatBaseAmount:decimal?
    CurrencyVatTaxAmount:decimal? CommentBooking CommentBooking2 CommentExternal Reference BankStatementReference
    VatDate:date VatEvent:int IsCoda:bool GLTransHeader> BookPeriod> Currency> GLAccount>
    GLAccount2>GLAccount CentralAccountType> Vat> DeductibilityRate> Customer> Supplier> GLTrans> GLMatch>
    CodaTransaction> VatPeriod>BookPeriod
"""

ALSO_IN_ADDRESS = {"VatAccount": "Vat"}
"""Names in an address that mean another OM."""
ALSO_AS_TYPE = {"Accounting.VatAccount": "Vat", "Civility": "ThirdCivility"}
"""Type names that a source uses beside the one that answers bear."""
SPELLINGS: Mapping[tuple[str, str], str] = {
    ("Third", "Civility"): "ThirdCivility",
    ("Third", "DefaultAddress"): "DefautAddress",
    ("Third_Address", "Address_Id"): "Addres_Id",
    ("GLTrans", "GLMatchCode"): "GLMacthCode",
}
"""Members that the documents spell in another way than live calls; both are understood."""


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Reference:
    name: str
    target: str
    id_field: str
    code_field: str
    """The friendly code; it means nothing where the target has no code."""


@dataclass(frozen=True, slots=True)
class ListOf:
    name: str
    target: str
    by: str
    """The Id field of the target that leads back here."""


Member = (
    tuple[Literal["property"], Property]
    | tuple[Literal["id", "code", "nested"], Reference]
    | tuple[Literal["list"], ListOf]
)

TECHNICAL: Mapping[str, Property] = {
    each.name.lower(): each
    for each in (
        *(Property(name, "guid") for name in ("Id", "Folder_Id", "CreatedBy", "ModifiedBy")),
        *(Property(name, "date") for name in ("Created", "Modified")),
        Property("Version", "int"),
    )
}
"""What every object has; it can be asked for and is never written."""


@dataclass(frozen=True, slots=True)
class Om:
    name: str
    type: str
    """As `$type` says it, without the assembly."""
    properties: Mapping[str, Property]
    references: Mapping[str, Reference]
    lists: Mapping[str, ListOf]
    members: Mapping[str, Member]
    """Everything that a body may say, in lower case, in every spelling."""

    @property
    def has_code(self) -> bool:
        return "Code" in self.properties

    @property
    def full_type(self) -> str:
        return f"{self.type}, {ASSEMBLY}"

    def column(self, name: str) -> Property | None:
        """Find what can be asked for in a query: a value, or the Id of a reference."""
        member = self.members.get(name.lower())
        if member is None:
            return TECHNICAL.get(name.lower())
        match member:
            case ("property", Property() as each):
                return each
            case ("id", Reference() as each):
                return Property(each.id_field, "guid")
        return None


class Model:
    """The OMs of a folder of one version."""

    def __init__(self, version: Version) -> None:
        text = _OBJECTS.format(
            holder="Third_Address" if version == "2.5" else "Address", flags="" if version == "2.5" else _FLAGS
        )
        found = [_om(*entry.split(":", 1)) for entry in re.split(r"\n(?=[\w.]+: )", text.strip())]
        self.oms: dict[str, Om] = {
            each.name: each for each in found if version == "2.5" or each.name != "Third_Address"
        }

    def __getitem__(self, name: str) -> Om:
        return self.oms[name]

    def addressed(self, name: str) -> tuple[Om, bool] | None:
        """Find the OM that a word in an address means, and whether it means all of them: the plural adds an s."""
        for word, many in ((name, False), (name.removesuffix("s"), True)):
            om = self.oms.get(ALSO_IN_ADDRESS.get(word, word))
            if om is not None:
                return om, many
        return None

    def typed(self, said: str) -> Om | None:
        """Find the OM of a full type name."""
        name, _, assembly = said.partition(",")
        path = name.strip().removeprefix(f"{ASSEMBLY}.")
        if assembly.strip() != ASSEMBLY or path == name.strip():
            return None
        if path in ALSO_AS_TYPE:
            return self.oms[ALSO_AS_TYPE[path]]
        om = self.oms.get(path.rpartition(".")[2])
        return om if om is not None and om.type == name.strip() else None

    def referring(self, target: str) -> Iterator[tuple[Om, Reference]]:
        """Tell who may refer to an OM."""
        for om in self.oms.values():
            for each in om.references.values():
                if each.target == target:
                    yield om, each


@cache
def model(version: Version) -> Model:
    return Model(version)


def _om(path: str, text: str) -> Om:
    name = path.rpartition(".")[2]
    properties: dict[str, Property] = {}
    references: dict[str, Reference] = {}
    lists: dict[str, ListOf] = {}
    for token in text.split():
        member, sign, rest = re.fullmatch(r"(\w+)([:>*]?)(.*)", token).groups()  # type: ignore[union-attr]  # our own text
        match sign:
            case "*":
                target, _, by = rest.partition(".")
                lists[member] = ListOf(member, target, f"{by}_Id")
            case ">":
                target, _, field = rest.partition("@")
                references[member] = Reference(member, target or member, field or f"{member}_Id", f"{member}Code")
            case _:
                properties[member] = Property(member, cast(Kind, rest or "text"))
    members = _members(name, properties, references, lists)
    return Om(name, f"{ASSEMBLY}.{path}", properties, references, lists, members)


def _members(
    om: str, properties: Mapping[str, Property], references: Mapping[str, Reference], lists: Mapping[str, ListOf]
) -> dict[str, Member]:
    members: dict[str, Member] = {name: ("property", each) for name, each in properties.items()}
    for each in references.values():
        members |= {each.id_field: ("id", each), each.code_field: ("code", each), each.name: ("nested", each)}
    members |= {name: ("list", entry) for name, entry in lists.items()}
    for (owner, name), other in SPELLINGS.items():
        if owner == om and name in members:
            members[other] = members[name]
    return {name.lower(): each for name, each in members.items()}
