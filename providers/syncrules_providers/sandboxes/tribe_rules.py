"""What Tribe does by itself when something is written: it numbers, totals, sends, freezes, and keeps what must stay."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from syncrules_providers.sandboxes.tribe_model import EntityType, Model, Refused, declaration, status
from syncrules_providers.sandboxes.tribe_store import Row, Store

CENT = Decimal("0.01")

_STAYS_WRITABLE = {"ID", "Phase", "ImportId", "Payments"}
"""What may still be written on a frozen invoice."""
_PARENT, _CHILD = ("Relation",), ("Organization", "Person")
"""The two ends of a role."""


class Tenant(Store):
    """The rows of one tenant, with the manners of Tribe CRM."""

    def __init__(
        self,
        model: Model,
        *,
        stale_read_ms: float,
        auto_number_debtors: bool,
        freeze_after_sent: bool,
        country: str = "NL",
        rates: Mapping[str, Decimal] | None = None,
    ) -> None:
        super().__init__(model, stale_read_ms)
        self.country = country
        self.vat: Mapping[str, tuple[str, int, str]] = declaration()["countries"][country]["vat"]
        """A story's word for a percentage → VAT group, percentage, ledger account."""
        self.auto_number_debtors = auto_number_debtors
        self.freeze_after_sent = freeze_after_sent
        self.rates = rates or {}
        self._highest_debtor: int = declaration()["behaviour"]["first debtor number"]["value"] - 1
        self.own_relation = ""
        self.employee = ""
        self._settle_in()

    def put(self, key: str, row: Row | None) -> None:
        super().put(key, row)
        number = (row.get("DebtorNumber") if row is not None else None) or ""
        if number.isdecimal():
            self._highest_debtor = max(self._highest_debtor, int(number))

    def lookup(self, type_name: str, code: str) -> str:
        """Find the ID of a lookup row by its code.

        Raises:
            LookupError: there is none.
        """
        for key, row in self.by_type[type_name].items():
            if row["Code"] == code:
                return key
        raise LookupError(f"{type_name} has no row with code '{code}'")

    def insert(self, type_name: str, **values: Any) -> str:
        """Put a row that nobody can create through the API."""
        kind = self.model.types[type_name]
        key = self.new_id(kind)
        self.put(key, {**self._blank[type_name], "ID": key, "_Type": type_name, "CreationDate": self.now(), **values})
        return key

    def _settle_in(self) -> None:
        said = declaration()
        for type_name, rows in (said["lookups"] | said["countries"][self.country]["lookups"]).items():
            for place, (code, name) in enumerate(rows.items(), start=1):
                self.insert(
                    type_name, Code=code, Name=name, LocalizedName=name, IsDefault=place == 1, SortIndex=Decimal(place)
                )
        for code, percentage, _ in self.vat.values():
            key = self.lookup("Datastore.VatGroup", code)
            self.put(
                key,
                {
                    **self.rows[key],
                    "Percentage": Decimal(percentage),
                    "Country": self.lookup("Datastore.Country", self.country),
                },
            )
        tenant = said["tenant"]
        own = self.own_relation = self.insert("Relation.Organization", Name=tenant["organisation"])
        self.insert("Relationship.Organization.Identity", Relation=own, Organization=own)
        person = self.insert("Relation.Person", **tenant["employee"])
        self.employee = self.insert("Relationship.Person.Contact.Employee", Relation=own, Person=person)
        self.insert("ProductGroup", Name=tenant["product group"])
        self.settle()

    # The four moments of a write --------------------------------------------------------------------------------

    def _created(self, row: Row) -> None:
        match row["_Type"]:
            case "ProductLine":
                self._refuse_if_frozen(row["Activity"])
                self._take_from_product(row["ID"])
                self._total_line(row["ID"])
            case "Payment" if row["CreatedAt"] is None:
                self._set(row["ID"], CreatedAt=self.now())
            case "Address" if row["Relation"] is None and (row["Organization"] or row["Person"]):
                self._set(row["ID"], Relation=row["Organization"] or row["Person"])
            case "Activity.Invoice":
                self._begin_invoice(row["ID"])
            case name if name.endswith(".Customer"):
                self._number_debtor(row)

    def _changing(self, old: Row, body: Mapping[str, Any]) -> None:
        match old["_Type"]:
            case "Activity.Invoice" if {each for each in body if "@" not in each} - _STAYS_WRITABLE:
                self._refuse_if_frozen(old["ID"])
            case "ProductLine":
                self._refuse_if_frozen(old["Activity"])

    def _changed(self, old: Row, new: Row) -> None:
        match new["_Type"]:
            case "ProductLine":
                self._refuse_if_frozen(new["Activity"])
                self._total_line(new["ID"])
                if old["Activity"] != new["Activity"]:
                    self._total_invoice(old["Activity"])
            case "Payment" if new["UpdatedAt"] == old["UpdatedAt"]:
                self._set(new["ID"], UpdatedAt=self.now())
            case "Activity.Invoice":
                self._change_invoice(old, new)

    def _deleting(self, row: Row) -> None:
        """Refuse what must stay, and take along what hangs on a row."""
        key, kind = row["ID"], self.kind_of(row)
        hanging = {
            name: [source for source, nav in self.referrers.get(key, {}) if nav == name]
            for name in ("Relationship", "Activity", "Product")
        }
        if hanging["Relationship"] or hanging["Product"]:
            raise Refused(
                status("linked activities"), f"{kind.name} '{key}' cannot be deleted: activities are linked to it."
            )
        match kind.name:
            case "Activity.Invoice":
                self._refuse_if_frozen(key)
                self._take_along(hanging["Activity"])
                self._take_along([source for source, nav in self.referrers.get(key, {}) if nav == "Invoice"])
            case "ProductLine":
                self._refuse_if_frozen(row["Activity"])
                self.put(key, {**row, "Activity": None})
                self._total_invoice(row["Activity"])
            case _ if "Relation" in kind.ancestors:
                self._take_along(self._roles(key, (*_CHILD, *_PARENT)))
                self._take_along([source for source in self.by_type["Address"] if self.rows[source]["Relation"] == key])

    def _take_along(self, keys: list[str]) -> None:
        for key in keys:
            if key in self.rows:
                self.delete(self.kind_of(self.rows[key]), key)

    def _set(self, key: str, **values: Any) -> None:
        """Write what the system fills in by itself; this is no edit, so nothing is stamped."""
        self.put(key, {**self.rows[key], **values})

    # Relations and their roles ----------------------------------------------------------------------------------

    def _roles(self, relation: str, ends: tuple[str, ...]) -> list[str]:
        found = [source for source, nav in self.referrers.get(relation, {}) if nav in ends]
        return [each for each in dict.fromkeys(found) if "Relationship" in self.kind_of(self.rows[each]).ancestors]

    def _number_debtor(self, role: Row) -> None:
        child = self.rows[role["Organization"] if "Organization" in role else role["Person"]]
        if not self.auto_number_debtors or child["DebtorNumber"]:
            return
        stamp = {} if self._is_new(child["ID"]) else {"LastMutationDate": self.now()}
        self._set(child["ID"], DebtorNumber=str(self._highest_debtor + 1), **stamp)

    def upgrade(self, kind: EntityType, key: str, target: object, body: Mapping[str, Any]) -> Row:
        """Give a role another type, such as lead to customer; its ID stays.

        Raises:
            Refused: the types do not belong together, or the rest of the body is not right.
        """
        old = self.find(kind, key)
        new_kind = self.model.sets.get(target) if isinstance(target, str) else None
        stem = self.kind_of(old).ancestors[1]
        if new_kind is None or new_kind.abstract or not self.kind_of(old).upgrades or stem not in new_kind.ancestors:
            raise Refused(status("bad body"), f"{old['_Type']} cannot become '{target}'.")
        funnel = [each.name for each in self.model.concrete(stem)]
        rises = funnel.index(new_kind.name) >= funnel.index(old["_Type"])
        with self.transaction():
            blank = self._blank[new_kind.name]
            self.put(
                key,
                {name: old.get(name, value) for name, value in blank.items()}
                | {"_Type": new_kind.name, "UpgradeDate" if rises else "DowngradeDate": self.now()},
            )
            row = self.update(new_kind, key, body)
            self._created(row)
            return self.rows[key]

    def merge(self, winner: str, loser: str) -> None:
        """Move everything from one relation to another, and delete it.

        A role that the winner has already is not doubled: its activities move to the winner's role, and it goes.
        """
        if winner == loser or self.rows[winner]["_Type"] != self.rows[loser]["_Type"]:
            raise Refused(status("bad body"), "Only two different organisations, or persons, can be merged.")
        with self.transaction():
            own = {self.rows[each]["_Type"]: each for each in self._roles(winner, _CHILD)}
            for role in self._roles(loser, _CHILD):
                twin = own.get(self.rows[role]["_Type"])
                if twin is not None:
                    self._lead_elsewhere(role, twin, ("Relationship",))
                    self.put(role, None)
            self._lead_elsewhere(loser, winner, (*_CHILD, *_PARENT))
            self.put(loser, None)

    def _lead_elsewhere(self, old: str, new: str, names: tuple[str, ...]) -> None:
        for source, name in list(self.referrers.get(old, {})):
            self._set(source, **{name: new if name in names else None}, LastMutationDate=self.now())

    # Products ---------------------------------------------------------------------------------------------------

    def _take_from_product(self, line: str) -> None:
        row = self.rows[line]
        product = self.rows.get(row["Product"] or "")
        if product is not None:
            suggested = {
                "Description": product["Name"],
                "Price": product["SalesPrice"],
                "VatGroup": product["VatGroup"],
            }
            suggested["PurchasePrice"] = product["PurchasePrice"]
            self._set(line, **{name: value for name, value in suggested.items() if row[name] is None})

    # Invoices ---------------------------------------------------------------------------------------------------

    def phase(self, invoice: str) -> str:
        """Say the code of an invoice's phase."""
        row = self.rows[invoice]
        return str(self.rows[row["Phase"]]["Code"]) if row["Phase"] else "Draft"

    def _refuse_if_frozen(self, invoice: str | None) -> None:
        if invoice is None or invoice in self._unfinished or not self.freeze_after_sent:
            return
        if self.rows[invoice]["_Type"] == "Activity.Invoice" and self.phase(invoice) != "Draft":
            raise Refused(
                status("frozen invoice"), f"Invoice {self.rows[invoice]['Number']} is final and cannot be changed."
            )

    def _begin_invoice(self, key: str) -> None:
        row = self.rows[key]
        if row["Phase"] is None:
            self._set(key, Phase=self.lookup("Datastore.Phase.ActivityInvoice", "Draft"))
        self._total_invoice(key)
        if self.phase(key) != "Draft":
            self._finalise(key)

    def _change_invoice(self, old: Row, new: Row) -> None:
        key = new["ID"]
        was_draft = old["Phase"] is None or self.rows[old["Phase"]]["Code"] == "Draft"
        if self.phase(key) != "Draft" and was_draft:
            self._finalise(key)
        elif self.phase(key) == "Draft" and not was_draft and self.freeze_after_sent:
            raise Refused(status("frozen invoice"), f"Invoice {new['Number']} is final and cannot be a draft again.")
        if any(old[name] != new[name] for name in ("DiscountPercentage", "IsVatIncluded")):
            for line in self._lines(key):
                self._total_line(line)
        self._total_invoice(key)

    def _finalise(self, key: str) -> None:
        """Do what Send does: number, date and, if there is a term, the day it is due."""
        row = self.rows[key]
        date = row["InvoiceDate"] or self.now()
        due = row["ExpirationDate"]
        if due is None and row["PaymentTermInDays"] is not None:
            due = date + timedelta(days=row["PaymentTermInDays"])
        self._set(key, Number=row["Number"] or self._next_number(date.year), InvoiceDate=date, ExpirationDate=due)

    def _next_number(self, year: int) -> str:
        shape: str = declaration()["behaviour"]["invoice number"]["value"]
        taken = {each["Number"] for each in self.by_type["Activity.Invoice"].values()}
        return next(
            number
            for sequence in range(1, len(taken) + 2)
            if (number := shape.format(year=year, sequence=sequence)) not in taken
        )

    def _lines(self, invoice: str) -> list[str]:
        return [source for source, nav in self.referrers.get(invoice, {}) if nav == "Activity"]

    def _total_line(self, key: str) -> None:
        row = self.rows[key]
        invoice = self.rows[row["Activity"]]
        group = self.rows.get(row["VatGroup"] or "")
        rate = (group["Percentage"] if group else None) or Decimal(0)
        left = Decimal(1)
        for discount in (row["DiscountPercentage"], invoice.get("DiscountPercentage")):
            left *= 1 - (discount or Decimal(0)) / 100
        typed = ((row["Quantity"] or Decimal(0)) * (row["Price"] or Decimal(0)) * left).quantize(CENT, ROUND_HALF_UP)
        if invoice.get("IsVatIncluded"):
            included = typed
            excluded = (typed / (1 + rate / 100)).quantize(CENT, ROUND_HALF_UP)
        else:
            excluded = typed
            included = typed + (typed * rate / 100).quantize(CENT, ROUND_HALF_UP)
        totals = {
            "Total": typed,
            "TotalExcludingVat": excluded,
            "VatAmount": included - excluded,
            "TotalIncludingVat": included,
        }
        vat = {"VatPercentage": rate if group else None, "VatAmountIncludingDiscount": included - excluded}
        worth = self.rates.get(invoice.get("Currency") or "", Decimal(1))
        in_currency = {
            f"{name}InCurrency": (value * worth).quantize(CENT, ROUND_HALF_UP)
            for name, value in {**totals, **vat}.items()
            if name != "VatPercentage" and value is not None
        }
        purchase = {"TotalPurchasePrice": (row["Quantity"] or Decimal(0)) * (row["PurchasePrice"] or Decimal(0))}
        place = Decimal(len(self._lines(row["Activity"]))) if row["SortIndex"] is None else row["SortIndex"]
        self._set(
            key,
            **totals,
            **vat,
            **in_currency,
            **purchase,
            PriceInCurrency=row["Price"] and row["Price"] * worth,
            SortIndex=place,
        )
        self._total_invoice(row["Activity"])

    def _total_invoice(self, key: str | None) -> None:
        if key is None or key in self._unfinished or self.rows[key]["_Type"] != "Activity.Invoice":
            return
        lines = [self.rows[each] for each in self._lines(key)]
        sums = {
            name: sum((each[name] or Decimal(0) for each in lines), Decimal(0))
            for name in ("TotalExcludingVat", "VatAmount", "TotalIncludingVat")
        }
        in_currency = {
            f"{name}InCurrency": sum((each[f"{name}InCurrency"] or Decimal(0) for each in lines), Decimal(0))
            for name in sums
        }
        self._set(key, **sums, **in_currency, Amount=sums["TotalIncludingVat"])
