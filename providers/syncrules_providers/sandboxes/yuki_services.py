"""What each operation of Yuki's web services answers, once it is known who asks and what.

How it travels is the affair of `yuki`; a refusal on the way is a fault, a refusal of the business stands in the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from syncrules_providers.sandboxes import yuki_accounting as accounting
from syncrules_providers.sandboxes import yuki_documents as documents
from syncrules_providers.sandboxes import yuki_tables as tables
from syncrules_providers.sandboxes import yuki_update
from syncrules_providers.sandboxes.soap_server import Received
from syncrules_providers.sandboxes.yuki_assumptions import Switches
from syncrules_providers.sandboxes.yuki_books import Books
from syncrules_providers.sandboxes.yuki_invoices import Desk
from syncrules_providers.sandboxes.yuki_portal import Domain, Portal, Session, YukiFault
from syncrules_providers.sandboxes.yuki_shapes import NOTHING, Told, document, leaves, node, text, typed

Handler = Callable[[Session, Received], Told]

ADMINISTRATION = (
    *(
        "Name",
        "AddressLine",
        "Postcode",
        "City",
        "Country",
        "CoCNumber",
        "VATNumber",
        "StartDate",
        "DomainID",
        "Active",
    ),
)


@dataclass(slots=True)
class Services:
    """All operations, over one portal."""

    portal: Portal
    switches: Switches
    now: Callable[[], datetime]
    bundle: str
    """What the customer has of Yuki: the smallest one takes no drafts and sends no e-mail."""
    _handlers: Mapping[str, Handler] = field(init=False)

    def __post_init__(self) -> None:
        self._handlers = {
            "Domains": self._domains,
            "GetCurrentDomain": self._get_current_domain,
            "SetCurrentDomain": self._set_current_domain,
            "Administrations": self._administrations,
            "AdministrationsWithInternalCustomerCode": self._administrations_with_code,
            "AdministrationID": self._administration_id,
            "Companies": self._companies,
            "Language": lambda session, _: text(session.language),
            "SupportedLanguages": self._supported_languages,
            "SetLanguage": self._set_language,
            "SearchContacts": self._search_contacts,
            "GetSuppliersAndCustomers": self._get_suppliers_and_customers,
            "UpdateContact": self._update_contact,
            "ProcessSalesInvoices": self._process_sales_invoices,
            "GetSalesItems": self._get_sales_items,
            "GetGLAccountScheme": self._get_gl_account_scheme,
            "GetCustomPaymentMethods": self._get_custom_payment_methods,
            "ActiveVATCodesList": self._active_vat_codes_list,
            "OutstandingDebtorItems": self._outstanding,
            "OutstandingDebtorItemsByDate": self._outstanding,
            "OutstandingDebtorItemsByDateOutstanding": self._outstanding,
            "OutstandingDebtorWithPaymentReference": self._outstanding_with_reference,
            "CheckOutstandingItem": self._check_outstanding_item,
            "CheckOutstandingItemAdmin": self._check_outstanding_item_admin,
        }

    def call(self, operation: str, asked: Received) -> Told:
        """Answer one call, which counts among those of its domain today.

        Raises:
            YukiFault: the key, the session, the day's calls, the domain or a right is not there.
        """
        match operation:
            case "Authenticate":
                return text(self.portal.enter(asked["accessKey"]))
            case "AuthenticateClient":
                return text(self.portal.enter_as_program(asked["clientID"], asked["clientSecret"], asked["accessKey"]))
            case "AuthenticateByUserName":
                return text(self.portal.enter_as_user(asked["userName"], asked["password"]))
            case "SalesInvoiceSchemaPath":
                return text(f"http://www.yukiworks.{self.portal.region}/schemas/SalesInvoices.xsd")
        session = self.portal.session(asked.get("sessionID") or asked.get("sessionId") or "")
        domain = self.portal.domain(session, asked.get("domainID", ""))
        self.portal.count(domain.id)
        right = tables.RIGHTS.get(operation, "")
        if right and not session.key.may(right):
            raise YukiFault("right")
        return self._handlers[operation](session, asked)

    # Domains, administrations, languages ------------------------------------------------------------------------

    def _domains(self, session: Session, _: Received) -> Told:
        rows = ""
        for each in (self.portal.domains[id] for id in session.key.domains):
            address = f"{each.name}.yukiworks.{self.portal.region}"
            rows += node("Domain", leaves({"Name": each.name, "URL": address}), ID=each.id)
        return document("Domains", rows)

    def _get_current_domain(self, session: Session, _: Received) -> Told:
        current = self.portal.domains[session.domain]
        return document("Domains", node("Domain", leaves({"Name": current.name}), ID=current.id))

    def _set_current_domain(self, session: Session, asked: Received) -> Told:
        session.domain = self.portal.domain(session, asked["domainID"]).id
        return NOTHING

    def _administrations(self, session: Session, _: Received) -> Told:
        return self._administration_rows(session, ADMINISTRATION)

    def _administrations_with_code(self, session: Session, _: Received) -> Told:
        return self._administration_rows(session, (*ADMINISTRATION, "InternalCustomerCode"))

    def _administration_rows(self, session: Session, names: Iterable[str]) -> Told:
        rows = (each.row for each in self.portal.administrations(session).values())
        inside = (node("Administration", leaves({name: row[name] for name in names}), ID=row["ID"]) for row in rows)
        return document("Administrations", "".join(inside))

    def _administration_id(self, session: Session, asked: Received) -> Told:
        for id, each in self.portal.administrations(session).items():
            if each.row["Name"] == asked["administrationName"]:
                return text(id)
        return NOTHING

    def _companies(self, session: Session, _: Received) -> Told:
        rows = (each.row for each in self.portal.administrations(session).values())
        inside = (
            node("Company", leaves({name: row[name] for name in ("Name", "Active")}), ID=row["ID"]) for row in rows
        )
        return document("Companies", "".join(inside))

    def _supported_languages(self, session: Session, _: Received) -> Told:
        return document(
            "Languages",
            "".join(
                node("Language", leaves({"Description": english, "NativeDescription": own}), Code=code)
                for code, (english, own) in tables.LANGUAGES.items()
            ),
        )

    def _set_language(self, session: Session, asked: Received) -> Told:
        if asked["language"].lower() not in tables.LANGUAGES:
            raise YukiFault("language")
        session.language = asked["language"].lower()
        return NOTHING

    # Contacts ---------------------------------------------------------------------------------------------------

    def _domain(self, session: Session, asked: Received) -> Domain:
        domain = self.portal.domain(session, asked["domainID"])
        self.portal.check_readable(session, domain)
        return domain

    def _search_contacts(self, session: Session, asked: Received) -> Told:
        contacts = self._domain(session, asked).contacts
        rows = contacts.search(asked)
        return document("Contacts", "".join(contacts.told(each, with_roles=False) for each in rows))

    def _get_suppliers_and_customers(self, session: Session, asked: Received) -> Told:
        if "contactType" not in asked.sent:
            raise YukiFault("role")
        contacts = self._domain(session, asked).contacts
        rows = contacts.search(asked, asked["contactType"])
        return document("Contacts", "".join(contacts.told(each, with_roles=True) for each in rows))

    def _update_contact(self, session: Session, asked: Received) -> Told:
        contacts = self._domain(session, asked).contacts
        try:
            sent = documents.contact(asked["xmlDoc"], unknown=self.switches.unknown_in_contact)
        except documents.NotThis:
            raise YukiFault("document") from None
        except documents.Wrong as wrong:
            raise YukiFault("schema", reason=str(wrong)) from None
        return yuki_update.update(contacts, sent, self.switches, self.now().date())

    # Sales ------------------------------------------------------------------------------------------------------

    def _books(self, session: Session, asked: Received) -> Books:
        return self.portal.books(session, asked.get("administrationID") or asked.get("administrationId") or "")

    def _process_sales_invoices(self, session: Session, asked: Received) -> Told:
        books = self._books(session, asked)
        self._check_licence(books)
        try:
            sent = documents.invoices(asked["xmlDoc"])
        except documents.NotThis:
            raise YukiFault("document") from None
        except documents.Wrong as wrong:
            raise YukiFault("schema", reason=str(wrong)) from None
        desk = Desk(books, self.switches, self.now().date(), session.language, self.bundle)
        return desk.process(sent)

    def _get_sales_items(self, session: Session, asked: Received) -> Told:
        books = self._books(session, asked)
        self._check_licence(books)
        rows = ({"id": each.id, "description": each.description} for each in books.products.values())
        return typed("SalesItem", rows)

    def _check_licence(self, books: Books) -> None:
        if not self.portal.domains[books.row["DomainID"]].licensed:
            raise YukiFault("licence")

    # The books --------------------------------------------------------------------------------------------------

    def _get_gl_account_scheme(self, session: Session, asked: Received) -> Told:
        return accounting.accounts(self._books(session, asked))

    def _get_custom_payment_methods(self, session: Session, asked: Received) -> Told:
        self._books(session, asked)
        rows = ({"ID": id, "Description": description} for id, description in tables.CUSTOM_PAYMENT_METHODS)
        return typed("PaymentMethod", rows)

    def _active_vat_codes_list(self, session: Session, asked: Received) -> Told:
        return accounting.vat_codes(self._books(session, asked), self.now().date())

    def _outstanding(self, session: Session, asked: Received) -> Told:
        return accounting.outstanding(self._books(session, asked), asked, session.language)

    def _outstanding_with_reference(self, session: Session, asked: Received) -> Told:
        return accounting.outstanding(self._books(session, asked), asked, session.language, with_reference=True)

    def _check_outstanding_item(self, session: Session, asked: Received) -> Told:
        looked_in = self.portal.administrations(session).values()
        return accounting.checked(looked_in, asked["Reference"], session.language)

    def _check_outstanding_item_admin(self, session: Session, asked: Received) -> Told:
        return accounting.checked([self._books(session, asked)], asked["Reference"], session.language)
