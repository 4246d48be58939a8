"""What no source proves about Yuki, in one place: what the sandbox does, how sure that is, and the switch that turns it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True)
class Switches:
    """The guesses that can be turned; a test turns them while the sandbox runs."""

    element_order: Literal["strict", "any"] = "strict"
    """Parameters out of their order are a fault."""
    asmx_wording: bool = False
    """Faults of the business begin with the words of the platform."""
    escaped_results: bool = False
    """A document is told as a text that holds it."""
    administrations_of: Literal["current domain", "all"] = "current domain"
    outside_current_domain: Literal["refuse", "serve"] = "refuse"
    """What becomes of a call about an administration in another domain than the session's current one."""
    wrong_region: Literal["no database", "invalid key"] = "no database"
    authenticate_counts: bool = True
    empty_values: Literal["as published", "empty", "absent"] = "as published"
    """Which elements of a contact are there without a value."""
    repeats_last_page: bool = False
    """A page behind the last one is the last one again, instead of empty."""
    both_means: Literal["or", "and"] = "or"
    role_touches_modified: bool = True
    activity_touches_modified: bool = True
    left_out: Literal["keeps", "clears"] = "keeps"
    empty_element: Literal["clears", "keeps"] = "clears"
    unknown_in_contact: Literal["ignore", "refuse"] = "ignore"
    company_address: Literal["work", "own"] = "work"
    """Which of the two addresses of a company is shown when both are sent."""
    not_a_customer: Literal["refuse", "mark"] = "refuse"
    account_of_known_product: Literal["overwrite", "keep"] = "overwrite"
    zero_price: Literal["as sent", "catalogue"] = "as sent"
    blanks_filled: Literal["always", "found by name"] = "always"
    """Which contacts get from an invoice what they lack: every one, or those that were found by their name alone."""
    contact_in_response: bool = True


@dataclass(frozen=True, slots=True)
class Assumption:
    about: str
    here: str
    certainty: Literal["seen live by others", "said by another vendor", "inferred", "unverified"]
    switch: str = ""


ASSUMPTIONS: tuple[Assumption, ...] = (
    # Protocol
    Assumption("parameters out of order", "are a fault", "seen live by others", "element_order"),
    Assumption("parameters with an unknown name", "are passed over in silence", "seen live by others"),
    Assumption("a missing value", "is the first value, 0, false, or the year 1; a page 0 is the first", "inferred"),
    Assumption("a missing or empty role", "is a fault", "seen live by others"),
    Assumption("SOAPAction", "may be left out, but must not name another operation than the body", "inferred"),
    Assumption("words in front of a fault", "none", "inferred", "asmx_wording"),
    Assumption("a document in a text", "never, though several operations are said to", "seen live by others",
        "escaped_results"),
    Assumption("names of the enumerations in a fault", "invented", "unverified"),
    Assumption("errors of GET and posted forms", "plain text with status 500", "inferred"),
    Assumption("requests above 4 MB", "are a fault", "inferred"),
    Assumption("a moment with a zone", "is turned into the time of Amsterdam", "unverified"),
    # Sessions, domains, limits
    Assumption("an unknown or expired session", "soap:Client, a text with 'session' and 'expired'", "unverified"),
    Assumption("a key without the right", "faults at the call, in invented words", "unverified"),
    Assumption("rights of Vat and of the reference data", "come with Financial", "unverified"),
    Assumption("Authenticate", "counts as a call of the first domain that the key sees", "unverified",
        "authenticate_counts"),
    Assumption("refused calls", "count, unless nobody knows of which domain", "unverified"),
    Assumption("the new day of the allowance", "begins at midnight in Amsterdam", "seen live by others"),
    Assumption("Administrations", "tells those of the current domain", "unverified", "administrations_of"),
    Assumption("an administration of another domain", "cannot be found before SetCurrentDomain", "unverified",
        "outside_current_domain"),
    Assumption("a foreign key on this host", "logs in and fails at the first read of the books",
        "seen live by others", "wrong_region"),
    Assumption("language of a new session", "nl-be; only it and en are known", "unverified"),
    Assumption("texts of which one language is known", "are told in that one in every session", "unverified"),
    Assumption("Companies", "tells the administrations", "unverified"),
    Assumption("an unknown name for AdministrationID", "is answered without a result", "unverified"),
    Assumption("sign-in by client or by user", "wrong ones fault in invented words", "unverified"),
    # Contacts
    Assumption("Type of a person", "is told as Person", "inferred"),
    Assumption("elements without a value", "as in the published rows: some empty, most absent", "seen live by others",
        "empty_values"),
    Assumption("order of elements that no example shows", "beside their kin", "unverified"),
    Assumption("Created and Modified", "in the time of Amsterdam", "unverified"),
    Assumption("modifiedAfter", "strictly later, by the second", "unverified"),
    Assumption("a new role", "touches Modified", "unverified", "role_touches_modified"),
    Assumption("activity", "touches Modified", "unverified", "activity_touches_modified"),
    Assumption("search by ID, HID, Code, numbers and ContactType", "equal, upper and lower case alike", "unverified"),
    Assumption("search by anything else", "a part of it, upper and lower case alike", "seen live by others"),
    Assumption("Tags", "one text with commas", "unverified"),
    Assumption("a page behind the last", "is empty", "seen live by others", "repeats_last_page"),
    Assumption("contactType Both", "customer or supplier", "unverified", "both_means"),
    Assumption("contactType None", "contacts without a role", "unverified"),
    Assumption("records with equal values of the sort order", "by HID", "unverified"),
    # UpdateContact
    Assumption("an element that is left out", "keeps its value", "unverified", "left_out"),
    Assumption("an empty element", "clears the value", "unverified", "empty_element"),
    Assumption("an unknown element, Website and bank account among them", "is passed over", "unverified",
        "unknown_in_contact"),
    Assumption("order and values against the schema", "a fault", "inferred"),
    Assumption("a parameter that holds no such document", "an opaque fault in the words of the platform", "inferred"),
    Assumption("address of a company with both groups", "the work address", "unverified", "company_address"),
    Assumption("work address of a person", "is not shown", "unverified"),
    Assumption("name match", "upper and lower case differ; inactive contacts are found too", "unverified"),
    Assumption("the most recent of several", "was created last", "unverified"),
    Assumption("a code that another contact has", "is taken", "unverified"),
    Assumption("an update without a difference", "touches Modified", "unverified"),
    Assumption("texts of Failed and of a creation", "invented", "unverified"),
    # Sales invoices
    Assumption("a contact that is not a customer", "refuses the invoice with the word 'customer'", "unverified",
        "not_a_customer"),
    Assumption("ledger account of a known product", "is overwritten", "said by another vendor",
        "account_of_known_product"),
    Assumption("price 0", "stays 0", "unverified", "zero_price"),
    Assumption("element Contact of a result", "is there", "seen live by others", "contact_in_response"),
    Assumption("a contact found by its code", "gets what it lacks from the invoice too", "unverified", "blanks_filled"),
    Assumption("which error comes first", "contact, document, number, period, then the lines; one at a time",
        "unverified"),
    Assumption("contacts and products of a refused invoice", "stay, if they were made before the refusal",
        "unverified"),
    Assumption("an invoice for a contact out of use", "is booked", "unverified"),
    Assumption("a code that several contacts have", "means the one created last", "unverified"),
    Assumption("a missing Date, DueDate or GLAccountCode", "today, thirty days later, revenue of the high rate",
        "unverified"),
    Assumption("an unknown payment method or ledger account", "refuses the invoice in invented words", "unverified"),
    Assumption("LineAmount", "is without VAT; what is not sent is calculated", "inferred"),
    Assumption("negative quantities", "make a credit note with negative amounts", "unverified"),
    Assumption("an invoice of nothing", "is booked and not outstanding", "unverified"),
    Assumption("Reference of an invoice that Yuki numbers", "stays empty in the result", "unverified"),
    Assumption("a number of a draft", "is not looked at", "inferred"),
    Assumption("currencies", "taken as sent, never converted", "unverified"),
    Assumption("the minimal bundle", "refuses drafts and e-mail with the text about the licence", "unverified"),
    Assumption("the English text about a number that exists", "invented", "unverified"),
    # Outstanding items
    Assumption("CheckOutstandingItem", "looks in all administrations of the current domain, at what is still open",
        "unverified"),
    Assumption("PaymentReference of an item", "is the PaymentID of its invoice", "unverified"),
    Assumption("bank transactions", "have a type of an invented number, and no id without a contact",
        "seen live by others"),
    Assumption("elements of an item that are empty", "are left out, and those of Check are fewer", "inferred"),
)  # fmt: skip
"""Everything that no source proves."""


NOT_EMULATED: Mapping[str, str] = {
    "descriptions and help pages of the services": "they are not ours to give away",
    "what nine services offer beside the session operations, and `Upload`": "no provider needs it",
    "the schemas at their addresses": "they were not at hand; ours are written from what is known",
    "that GET shows the key in the URL": "advice to a client; here it is answered like anything else",
    "reading transactions and documents": "no provider needs it",
    "invoices counted against a bundle": "nobody tells what happens when it is used up",
    "making a trial domain": "a person does that, with an accountant's account",
    "the newer REST interface": "contacts and invoices were not seen there",
    "how parameters are noted down": "a reading aid, not a fact about Yuki",
    "the element Status of a domain": "one client reads it; what it says is not recorded",
    "ProcessRecognizedSalesInvoices": "what it does otherwise than its sister is not recorded",
    "descriptions of accounts in three languages": "whether they are filled is not recorded",
    "GetContactDefaultValues": "the shape of its answer is not recorded",
    "OutstandingDebtorItemsWithLanguage": "the name of the element it adds is not recorded",
    "RecipientEmail, EmailInvoice, EmailReminder": "where their values come from is not recorded",
    "orders, Peppol, layouts, notes, projects, remarks, contact persons": "taken and forgotten: no operation that we need tells them again",
    "price lists and other currencies": "taken and forgotten; nothing is converted",
    "another vendor's choice of address": "a matter of mappings",
}
"""What of the vendor's services is not here, whole or in part, with the reason."""
