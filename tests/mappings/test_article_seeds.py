"""What the help articles say that people know of these integrations, statement by statement: where ours says it, or why it does not.

Each statement stands here in our own words. Those of the field tables are in `field_tables.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from syncrules.article import beside
from syncrules.article.model import Fact
from syncrules.language import spec


@dataclass(frozen=True, slots=True)
class Said:
    """A statement, and the fact of our article that makes it."""

    statement: str
    says: str
    entities: str = ""
    """Those of whom it must be said, separated by commas."""
    slots: tuple[tuple[str, Any], ...] = ()
    over: str = ""
    """The mapping whose article says it, where it is another one than the first."""


@dataclass(frozen=True, slots=True)
class Left:
    """A statement that no mapping decides, and why."""

    statement: str
    because: str


def said(statement: str, says: str, entities: str = "", over: str = "", **slots: Any) -> Said:
    return Said(statement, says, entities, tuple(slots.items()), over)


PRAISE = "praise: it promises nothing that a mapping decides"
SCREENS = "a button of the vendor's own shop, which is not part of this"
SOON = {"kind": "at_once", "minutes": 0, "daily": "", "on_request": ""}
DAILY = {"kind": "every", "minutes": 1440, "daily": "", "on_request": ""}

STATEMENTS: dict[str, list[Said | Left]] = {
    "tribe-eboekhouden": [
        said("it connects the books with Tribe", "what.connects", side="tribe", other="eboekhouden"),
        Left("it saves time, prevents double entry and errors", PRAISE),
        said("relations are synchronised, both ways", "way.both", "organisation, person"),
        said("products are synchronised, from e-Boekhouden to Tribe only", "way.one", "product", side="eboekhouden", other="tribe"),
        said("invoices are synchronised, from Tribe to e-Boekhouden", "way.one", "invoice", side="tribe", other="eboekhouden"),
        said("the first import brings business and private customers into Tribe", "import.from", "organisation, person", side="eboekhouden"),
        said("duplicates are looked for by the unique id of e-Boekhouden first", "match.id_kept", "organisation, person, product", side="eboekhouden"),
        said("then by the debtor or the creditor number", "match.rows", "organisation", tiers=[{"kind": "any", "rows": ["Debtor number"]}, {"kind": "any", "rows": ["Creditor number"]}]),
        said("inactive relations do not come into Tribe", "inactive.skip", "organisation, person", over="tribe-eboekhouden-rest", side="eboekhouden"),
        said("… but over SOAP nobody sees whether they are inactive", "inactive.hidden", "organisation, person", side="eboekhouden"),
        said("changes in Tribe go to e-Boekhouden immediately", "changed.update", "organisation, person", side="tribe", rhythm=SOON),
        said("changes in e-Boekhouden come to Tribe every 24 hours", "changed.update", "organisation, person, product", side="eboekhouden", rhythm=DAILY),
        said("after the first import the unique id alone counts", "match.id_kept", "organisation, person", side="eboekhouden", other="tribe"),
        said("without a debtor number a new customer does not go to e-Boekhouden; automatic numbering is the cure", "need.always", "organisation, person", name="no debtor number", to="eboekhouden", cure="Fill in the debtor number, or switch automatic numbering on in Tribe."),
        said("new products come to Tribe periodically", "created.create", "product", side="eboekhouden", rhythm=DAILY),
        said("products are known by their e-Boekhouden id alone", "match.nothing", "product"),
        said("invoices are made and sent in Tribe; those made in the books stay there", "not.text", text="Invoices that are made in e-Boekhouden"),
        said("an invoice goes once it is marked as sent", "admitted.all", "invoice", where={"Phase.Code": "Sent"}),
        said("… immediately, as an open item", "created.create", "invoice", side="tribe", rhythm=SOON),
        said("payments come back every 24 hours", "state.follows", "payment, paid status", side="eboekhouden", rhythm=DAILY),
        said("an invoice needs a payment term", "need.always", "invoice", name="no payment term"),
        said("before activating, check the debtor numbers of customers", "check.plain", name="Customers without a debtor number"),
        said("… and the creditor numbers of suppliers", "check.plain", name="Suppliers without a creditor number"),
        said("… because that prevents duplicates", "check.intro"),
        Left("open the marketplace, the tab Financial, choose e-Boekhouden, click Activate", SCREENS),
        said("enter the user name", "ask.help", ask="username"),
        said("enter the first security code", "ask.help", ask="security_code_1"),
        said("enter the second security code", "ask.help", ask="security_code_2"),
        said("log in", "step.logged_in"),
        said("retrieve the configuration", "step.retrieve", sides=["tribe", "eboekhouden"]),
        said("link the VAT groups", "question.stop_suggested", setting="VAT groups"),
        said("link the ledger accounts", "question.report_suggested", setting="revenue accounts"),
        said("activate and start the first import; it starts at once and may take some time", "step.start"),
        said("deleting in one system never deletes in the other", "deleted.never"),
        said("deleting in Tribe does not delete in e-Boekhouden", "deleted.ignore", "organisation, person, product, invoice", side="tribe"),
        said("deleting in e-Boekhouden does not delete in Tribe", "deleted.ignore", "organisation, person, product, invoice", side="eboekhouden"),
        said("a relation deactivated in e-Boekhouden stays active in Tribe", "deactivated.ignore", "organisation, person", side="eboekhouden"),
        said("a product deactivated in e-Boekhouden becomes inactive in Tribe, almost immediately", "deactivated.deactivate", "product", side="eboekhouden", rhythm={**DAILY, "minutes": 15}),
        said("visit addresses are not synchronised", "row.neither", "organisation", row=["Visit address"]),
        said("price, description and VAT of a product may be edited by default", "constants.new", "product", side="tribe", set={"ProductGroup": {"setting": "product group"}, "IsVatIncluded": False, "IsPriceEditable": True, "IsDescriptionEditable": True, "IsVatEditable": True}),
        Left("both systems stay aligned with little manual effort", PRAISE),
    ],
    "tribe-yuki": [
        said("it connects Tribe with Yuki", "what.connects", side="tribe", other="yuki"),
        Left("it keeps data aligned without manual work and reduces errors", PRAISE),
        Left("use it if Tribe is used for invoicing and Yuki for bookkeeping", "advice on when to buy it"),
        said("contacts are synchronised, both ways", "way.both", "organisation, person"),
        said("invoices are synchronised, from Tribe to Yuki", "way.one", "invoice", side="tribe", other="yuki"),
        said("make and copy the API key in Yuki under Settings, Integrations, Webservice", "ask.help", ask="api_key"),
        Left("open the marketplace from Tribe, the tab Financial, choose Yuki", SCREENS),
        said("choose the domain", "ask.help", ask="domain"),
        said("confirm the administration", "ask.help", ask="administration"),
        said("review which contacts are imported: companies", "question.stop_suggested", setting="take over companies"),
        said("… and private clients", "question.stop_suggested", setting="take over persons"),
        said("review which contacts are exported: companies", "question.stop_suggested", setting="send companies"),
        said("… and private customers", "question.stop_suggested", setting="send persons"),
        said("choose whether suppliers are retrieved too", "question.stop_suggested", setting="suppliers"),
        said("activate and start the first import; it may take some time", "step.start"),
        said("Tribe gives the debtor numbers", "row.numbered", "organisation, person", row=["Debtor number"], side="tribe"),
        said("automatic numbering must be on before activating", "check.cure", name="Automatic numbering of debtors is off in Tribe"),
        said("the first import brings private clients into Tribe", "import.from", "person", side="yuki"),
        said("… and suppliers", "import.from", "organisation supplier", side="yuki"),
        said("… if that is enabled", "enabled.if", "organisation supplier", setting="suppliers"),
        said("inactive contacts are not imported", "inactive.skip", "organisation, organisation supplier, person", side="yuki"),
        said("new contacts in Yuki come to Tribe periodically", "created.create", "organisation", side="yuki", rhythm={**DAILY, "minutes": 60}),
        said("changes in Yuki come to Tribe periodically", "changed.update", "organisation, person", side="yuki", rhythm={**DAILY, "minutes": 60}),
        said("changes in Tribe go to Yuki", "changed.update", "organisation, person", side="tribe"),
        said("a contact is recognised by an id (Yuki has no field for one of Tribe: Tribe keeps that of Yuki)", "match.id_kept", "organisation, person", side="yuki", other="tribe"),
        said("contacts are sent without the type customer or supplier, which is set by hand in Yuki", "by_hand.after", "organisation, person", name="Set the Customer checkbox in Yuki"),
        said("invoices are made and sent in Tribe", "not.text", text="Invoices that are made in Yuki"),
        said("an invoice goes when it is set to sent", "admitted.all", "invoice", where={"Phase.Code": "Sent"}),
        said("… and carries no id of another connector", "need.created", "invoice", name="sent by another connector"),
        said("… by itself", "created.create", "invoice", side="tribe"),
        said("all lines and details are included", "row", "invoice", row=["Invoice lines"]),
        said("it appears as an outstanding item", "way.one", "invoice", about="Sent invoices become outstanding items."),
        said("payments do not come back and are updated by hand in Tribe", "not.text", text="Payments; they must be updated by hand in Tribe"),
        said("Yuki takes invoices for contacts marked as customer only", "need.always", "invoice", name="the contact is not a customer in Yuki"),
        said("a new contact in Tribe is made in Yuki as a company", "created.create", "organisation", side="tribe"),
        said("… or a person", "created.create", "person", side="tribe"),
        said("the checkboxes are not set by themselves", "not.text", text="The Customer and Supplier checkboxes of Yuki; they must be set by hand in Yuki"),
        Left("agree in your office on who sets the checkbox, and when", "advice on how an office works"),
        said("deleting in one system never deletes in the other", "deleted.never"),
        said("what is removed from Tribe remains in Yuki", "deleted.ignore", "organisation, person, invoice", side="tribe"),
        said("what is removed from Yuki remains in Tribe", "deleted.ignore", "organisation, person, invoice", side="yuki"),
        said("a contact deactivated in Yuki stays active in Tribe", "deactivated.ignore", "organisation, organisation supplier, person", side="yuki"),
        said("the billing address is synchronised by default", "row", "organisation", row=["Billing address"], to="both"),
        said("Tribe leads for contacts", "conflict.leading", "organisation, person", side="tribe"),
        said("… and for invoices: a later change there is not carried on", "changed.report", "invoice", side="tribe"),
    ],
    "tribe-winbooks": [
        said("it connects Tribe with WinBooks", "what.connects", side="tribe", other="winbooks"),
        Left("it reduces manual entry and keeps records consistent", PRAISE),
        said("relations are synchronised", "way.both", "customer, supplier, private customer"),
        said("invoices are synchronised", "way.one", "invoice", side="tribe"),
        said("payments are synchronised", "state.follows", "payment, paid status", side="winbooks"),
        said("an invoice that is sent goes", "admitted.all", "invoice", where={"Phase.Code": "Sent"}),
        said("… as a booked invoice", "way.one", "invoice", about="Sent invoices become booked invoices."),
        Left("open the marketplace, choose Financial and WinBooks, click Activate", SCREENS),
        said("enter the connection details: the address of the token", "ask.help", ask="email"),
        said("… the token", "ask.help", ask="exchange_token"),
        said("… the folder", "ask.help", ask="folder"),
        said("map the VAT groups", "question.stop_suggested", setting="VAT groups"),
        said("configure the other settings", "question.stop_suggested", setting="sales journal"),
        said("deletions do not travel", "deleted.never"),
        said("a relation deactivated in WinBooks is deactivated in Tribe", "deactivated.deactivate", "customer, supplier, private customer", side="winbooks", other="tribe"),
        said("invoice lines are synchronised", "row", "invoice", row=["Invoice lines"]),
        Left("it keeps CRM and accounting aligned", PRAISE),
    ],
    "winbooks-silverfin": [
        said("it connects WinBooks on Web with Silverfin", "what.connects", side="winbooks", other="silverfin"),
        said("any change in WinBooks reaches Silverfin", "changed.update", "book year, account, transaction", side="winbooks"),
        said("… one way", "way.one", "book year, account, transaction", side="winbooks", other="silverfin"),
        said("only an administrator sets it up for a firm", "ask.help", ask="firm"),
        Left("in the firm overview open Syncs, add a bookkeeping sync, choose WinBooks on Web, click Connect", SCREENS),
        said("fill in the address and the exchange token", "ask.help", ask="email"),
        said("make the token in WinBooks under External applications with an account with full access; trust the application to have more time; without that section ask support", "ask.help", ask="exchange_token"),
        said("the firm is connected first, then the client file", "note.text", side="silverfin", text="A user with the role Admin connects the firm first; then a client file can choose its reference."),
        said("the company code is the reference", "step.scope", scope={"winbooks": ["folders", "Code"], "silverfin": ["companies", "sync_reference"]}),
        said("it is found in the company switcher", "scope.unknown"),
        said("the folder is named by its company code", "ask.help", ask="folder"),
    ],
}  # fmt: skip


def rows() -> Iterator[Any]:
    for mapping, statements in STATEMENTS.items():
        for each in statements:
            if isinstance(each, Said):
                yield pytest.param(each.over or mapping, each, id=f"{mapping}: {each.statement}")


def makes(fact: Fact, wanted: Said) -> bool:
    return fact.says == wanted.says and all(fact.slots.get(name) == value for name, value in wanted.slots)


@pytest.mark.requirement("X-14")
@pytest.mark.parametrize(("mapping", "wanted"), list(rows()))
def test_the_article_makes_the_statement(mapping: str, wanted: Said) -> None:
    facts = [each for each in beside.write(spec.load(mapping), "en").facts() if makes(each, wanted)]
    of = {entity for each in facts for entity in each.entities}

    assert facts
    assert set(wanted.entities.split(", ")) - {""} <= of


def test_what_is_left_out_says_why() -> None:
    left = [each for statements in STATEMENTS.values() for each in statements if isinstance(each, Left)]

    assert left
    assert all(each.statement and each.because for each in left)


def test_every_help_article_that_people_know_is_gone_through() -> None:
    assert set(STATEMENTS) == {each for each in spec.names() if not each.endswith("-rest")}
