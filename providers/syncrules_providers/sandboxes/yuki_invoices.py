"""What `ProcessSalesInvoices` makes of a document that keeps to its schema: one invoice after another, each on its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from syncrules_providers.sandboxes import yuki_documents as documents
from syncrules_providers.sandboxes import yuki_tables as tables
from syncrules_providers.sandboxes.yuki_assumptions import Switches
from syncrules_providers.sandboxes.yuki_books import Books, Invoice, Line, Product, cents
from syncrules_providers.sandboxes.yuki_contacts import ADDRESS, BILLED_ADDRESS, Row
from syncrules_providers.sandboxes.yuki_shapes import Told, document, leaves, node, yes_or_no

FILLED_IN = {
    **dict(zip(BILLED_ADDRESS, ADDRESS, strict=True)),
    **{name: name for name in ("FirstName", "MiddleName", "LastName", "Website", "CoCNumber", "VATNumber")},
    **{name: name for name in ("PhoneHome", "MobileHome")},
    "ContactCode": "Code",
    "CountryCode": "Country",
    "BankAccount": "IBAN",
}
"""What the block of a contact may fill in, and in which field."""


class Refused(Exception):
    """This invoice is not taken; the text is the message."""

    def __init__(self, message: str, **told: object) -> None:
        super().__init__(tables.MESSAGES[message].format(**told))


@dataclass(frozen=True, slots=True)
class Report:
    """How it went with one invoice."""

    invoice: documents.Sent
    contact: str
    message: str = ""
    processed: bool = False
    emailed: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """Where an invoice is looked at: the books, the day, and in which language it is refused."""

    books: Books
    switches: Switches
    today: date
    language: str
    bundle: str

    def process(self, sent: Sequence[documents.Sent]) -> Told:
        """Take the invoices one by one until too many were wrong, and report on each that was looked at."""
        reports: list[Report] = []
        for each in sent:
            if sum(1 for report in reports if report.message) == tables.MOST_FAILURES:
                break
            reports.append(self._report(each))
        return self._told(reports, skipped=len(sent) - len(reports))

    def _report(self, sent: documents.Sent) -> Report:
        name = sent["Contact"].get("FullName", "")
        try:
            contact = self._contact(sent["Contact"])
            name = contact["Name"]
            booked, emailed = _yes(sent, "Process"), _yes(sent, "EmailToCustomer")
            self._check(sent, contact)
            self.books.keep(self._invoice(sent, contact))
            return Report(sent, name, processed=booked, emailed=emailed)
        except Refused as refusal:
            return Report(sent, name, str(refusal))

    # The contact ------------------------------------------------------------------------------------------------

    def _contact(self, block: documents.Sent) -> Row:
        """Find the contact, or make it; what stands in the block fills only what is empty."""
        email = block.get("EmailAddress", "")
        if any(each in email for each in ",; "):
            raise Refused("email", email=email)
        kind = block.get("ContactType", "Person")
        fields = {of: block[name] for name, of in FILLED_IN.items() if block.get(name)}
        if email:
            fields["EMailWork" if kind == "Company" else "EMailHome"] = email
        found = self.books.contacts.billed_to(block)
        if found is None:
            for needed in ("FullName", "CountryCode"):
                if not block.get(needed):
                    raise Refused("new contact", what=needed)
            return self.books.contacts.add({**fields, "Name": block["FullName"], "Type": kind, "IsCustomer": True})
        filled = self.switches.blanks_filled == "always" or not block.get("ContactCode")
        blank = {name: value for name, value in fields.items() if filled and not found[name]}
        if not found["IsCustomer"]:
            if self.switches.not_a_customer == "refuse":
                raise Refused("not a customer", contact=found["Name"])
            blank["IsCustomer"] = True
        if blank:
            self.books.contacts.change(found["ID"], blank)
        return found

    # The invoice ------------------------------------------------------------------------------------------------

    def _check(self, sent: documents.Sent, contact: Row) -> None:
        booked, emailed = _yes(sent, "Process"), _yes(sent, "EmailToCustomer")
        if self.bundle == "Minimal" and (emailed or not booked):
            raise Refused("bundle")
        if sent.get("DocumentBase64") and not booked:
            raise Refused("pdf")
        if emailed and contact["Country"] not in tables.COUNTRIES:
            raise Refused("country")
        method = sent.get("PaymentMethod", "")
        known = {*tables.PAYMENT_METHODS, *(each for _, each in tables.CUSTOM_PAYMENT_METHODS), ""}
        if method not in known:
            raise Refused("method", method=method)
        if booked and sent.get("Reference") and self.books.booked(sent["Reference"]):
            raise Refused(f"duplicate {self.language}", number=sent["Reference"])
        closed = self.books.closed_until
        if booked and closed is not None and _day(sent, "Date", self.today) <= closed:
            first = closed + timedelta(days=1)
            raise Refused("closed", day=f"{first:%d-%m-%Y}", administration=self.books.row["Name"])

    def _invoice(self, sent: documents.Sent, contact: Row) -> Invoice:
        day, booked = _day(sent, "Date", self.today), _yes(sent, "Process")
        lines = [self._line(each, day, contact) for each in sent["InvoiceLines"]]
        reference = sent.get("Reference", "")
        return Invoice(
            reference=reference if reference or not booked else self.books.next_reference(day.year),
            subject=sent.get("Subject", ""),
            day=day,
            due=_day(sent, "DueDate", day + timedelta(days=tables.DEFAULT_TERM_DAYS)),
            contact=contact["ID"],
            payment_method=sent.get("PaymentMethod") or "Unspecified",
            lines=lines,
            booked=booked,
            currency=sent.get("Currency") or "EUR",
            payment_reference=sent.get("PaymentID", ""),
            document=sent.get("DocumentFileName", "") if sent.get("DocumentBase64") else "",
        )

    def _line(self, sent: documents.Sent, day: date, contact: Row) -> Line:
        asked = sent["Product"]
        percentage, kind = Decimal(asked["VATPercentage"].strip()), int(asked["VATType"])
        self._check_vat(percentage, kind, day, contact, asked)
        product = self._product(asked, percentage, kind)
        price = Decimal(asked["SalesPrice"].strip())
        if not price and self.switches.zero_price == "catalogue":
            price = product.price
        quantity = Decimal(sent["ProductQuantity"].strip())
        net, vat = amounts(quantity * price, percentage, included=_yes(asked, "VATIncluded"))
        if sent.get("LineAmount"):
            net = Decimal(sent["LineAmount"].strip())
            vat = cents(net * percentage / 100)
        if sent.get("LineVATAmount"):
            vat = Decimal(sent["LineVATAmount"].strip())
        return Line(
            sent.get("Description") or asked["Description"], quantity, net, vat, kind, percentage, product.account
        )

    def _check_vat(self, percentage: Decimal, kind: int, day: date, contact: Row, asked: documents.Sent) -> None:
        country = contact["Country"] or self.books.home
        fitting = [
            each
            for each in self.books.vat_codes
            if (each.type, each.percentage) == (kind, percentage) and each.valid(day, country)
        ]
        if not fitting:
            raise Refused("vat", percentage=asked["VATPercentage"], type=asked["VATType"])
        abroad = country in tables.EU and country != self.books.home
        if abroad and fitting[0].within_eu and not contact["VATNumber"]:
            raise Refused("eu")

    def _product(self, asked: documents.Sent, percentage: Decimal, kind: int) -> Product:
        """Find the product by its description, or make it; what is sent now overwrites what was known of it."""
        description, price = asked["Description"], Decimal(asked["SalesPrice"].strip())
        known = self.books.products.get(description)
        code = asked.get("GLAccountCode", "")
        if known is not None and (self.switches.account_of_known_product == "keep" or not code):
            code = known.account
        code = code or tables.DEFAULT_ACCOUNT[self.books.region]
        account = self.books.accounts.get(code)
        if account is None:
            raise Refused("account unknown", code=code)
        if not account.enabled:
            raise Refused("account disabled")
        if known is None:
            return self.books.product(description, price=price, vat_type=kind, percentage=percentage, account=code)
        known.price, known.vat_type, known.percentage, known.account = price or known.price, kind, percentage, code
        return known

    # The answer -------------------------------------------------------------------------------------------------

    def _told(self, reports: Sequence[Report], *, skipped: int) -> Told:
        failed = sum(1 for each in reports if each.message)
        totals = {
            "TimeStamp": self.today.isoformat(),
            "AdministrationId": self.books.row["ID"],
            "TotalSucceeded": str(len(reports) - failed),
            "TotalFailed": str(failed),
            "TotalSkipped": str(skipped),
        }
        rows = "".join(node("Invoice", leaves(self._row(each)), xmlns="") for each in reports)
        return document("SalesInvoicesImportResponse", leaves(totals, xmlns="") + rows, documents.INVOICES_RESPONSE)

    def _row(self, report: Report) -> dict[str, str]:
        row = {
            "Succeeded": yes_or_no(not report.message),
            "Processed": yes_or_no(report.processed),
            "EmailSent": yes_or_no(report.emailed),
            "Reference": report.invoice.get("Reference", ""),
            "Subject": report.invoice.get("Subject", ""),
            "Contact": report.contact,
            "Message": report.message,
        }
        return row if self.switches.contact_in_response else {name: row[name] for name in row if name != "Contact"}


def amounts(amount: Decimal, percentage: Decimal, *, included: bool = False) -> tuple[Decimal, Decimal]:
    """Calculate net and VAT of one line, each to the cent."""
    amount = cents(amount)
    net = cents(amount * 100 / (100 + percentage)) if included else amount
    return net, amount - net if included else cents(net * percentage / 100)


def _yes(sent: documents.Sent, name: str) -> bool:
    return str(sent.get(name, "")).strip() in ("true", "1")


def _day(sent: documents.Sent, name: str, otherwise: date) -> date:
    text = str(sent.get(name, "")).strip()
    return date.fromisoformat(text[:10]) if text else otherwise
