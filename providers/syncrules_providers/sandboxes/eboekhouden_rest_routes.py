"""Every address of e-Boekhouden's REST service, what may be done there, and who does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from syncrules_providers.sandboxes import eboekhouden_rest_booking as booking
from syncrules_providers.sandboxes import eboekhouden_rest_invoices as invoices
from syncrules_providers.sandboxes import eboekhouden_rest_ledgers as ledgers
from syncrules_providers.sandboxes import eboekhouden_rest_mutations as mutations
from syncrules_providers.sandboxes import eboekhouden_rest_products as products
from syncrules_providers.sandboxes import eboekhouden_rest_relations as relations
from syncrules_providers.sandboxes import eboekhouden_rest_tables as tables
from syncrules_providers.sandboxes.eboekhouden_books import Row
from syncrules_providers.sandboxes.eboekhouden_rest_asking import Asked

if TYPE_CHECKING:  # the sandbox is made of these routes
    from syncrules_providers.sandboxes.eboekhouden_rest import EboekhoudenRestSandbox

Routes = Mapping[str, Mapping[str, Callable[[Asked], Any]]]
"""By address and method: what answers, with the content of the answer if it has any."""


def routes(here: EboekhoudenRestSandbox) -> Routes:
    """Say who answers; what a switch says is looked up with every request, so that it may be turned at any time."""
    return {
        "session": {"POST": here.open_session, "DELETE": here.close_session},
        "administration": {"GET": lambda asked: here.listed(asked, here.administrations(), {}, _whole)},
        "administration/linked": {"GET": lambda asked: here.listed(asked, here.linked(), {}, _whole)},
        **_relations_and_products(here),
        **_ledgers(here),
        **_documents(here),
    }


def _whole(row: Row) -> Row:
    return row


def _relations_and_products(here: EboekhoudenRestSandbox) -> Routes:
    return {
        "relation": {
            "GET": lambda asked: here.listed(
                asked, here.books.relations.values(), relations.FILTERS, relations.in_list
            ),
            "POST": lambda asked: relations.add(here.books, asked, here.today()),
        },
        "relation/{id}": {
            "GET": lambda asked: relations.told(here.books, asked),
            "PATCH": lambda asked: relations.change(here.books, asked, null_clears=here.null_clears),
        },
        "product": {
            "GET": lambda asked: here.listed(
                asked,
                here.books.articles.values(),
                products.FILTERS,
                lambda row: products.in_list(here.books, row),
            ),
            "POST": lambda asked: products.add(here.books, asked, here.today()),
        },
        "product/groups": {"GET": lambda asked: here.listed(asked, products.groups(here.books), {}, _whole)},
        "product/{id}": {
            "GET": lambda asked: products.told(here.books, asked),
            "PATCH": lambda asked: products.change(here.books, asked, here.today(), null_clears=here.null_clears),
            "DELETE": lambda asked: products.remove(here.books, asked),
        },
        "unit": {"GET": lambda asked: here.listed(asked, products.units(here.books), products.UNIT_FILTERS, _whole)},
    }


def _ledgers(here: EboekhoudenRestSandbox) -> Routes:
    return {
        "ledger": {
            "GET": lambda asked: here.listed(
                asked,
                here.books.accounts.values(),
                ledgers.FILTERS,
                lambda row: ledgers.in_list(row, group=here.group_in_lists),
            ),
            "POST": lambda asked: ledgers.add(here.books, asked),
        },
        "ledger/{id}": {
            "GET": lambda asked: ledgers.told(here.books, asked),
            "PATCH": lambda asked: ledgers.change(here.books, asked, null_clears=here.null_clears),
        },
        "ledger/{id}/balance": {"GET": lambda asked: ledgers.balance(here.books, asked)},
        "costcenter": {
            "GET": lambda asked: here.listed(
                asked, here.books.centres.values(), ledgers.CENTRE_FILTERS, ledgers.centre_in_list
            ),
            "POST": lambda asked: ledgers.add_centre(here.books, asked),
        },
        "costcenter/{id}": {
            "GET": lambda asked: ledgers.centre_told(here.books, asked),
            "PATCH": lambda asked: ledgers.change_centre(here.books, asked, null_clears=here.null_clears),
            "DELETE": lambda asked: ledgers.remove_centre(here.books, asked),
        },
    }


def _documents(here: EboekhoudenRestSandbox) -> Routes:
    return {
        "mutation": {
            "GET": lambda asked: here.listed(
                asked,
                mutations.rows(here.books),
                mutations.FILTERS,
                lambda row: mutations.in_list(here.books, row),
            ),
            "POST": lambda asked: booking.post(
                here.books,
                asked,
                closed_until=here.closed_until,
                vat_per_row=here.vat_per_row,
                take_inactive=here.take_inactive,
            ),
        },
        "mutation/{id}": {
            "GET": lambda asked: mutations.told(
                here.books, asked, vat_per_row=here.vat_per_row, rows_name_invoices=here.rows_name_invoices
            ),
        },
        "mutation/invoice/outstanding": {
            "GET": lambda asked: here.listed(
                asked,
                mutations.outstanding(here.books, asked),
                mutations.OUTSTANDING_FILTERS,
                lambda row: mutations.open_item(here.books, row),
            )
        },
        "invoice": {
            "GET": lambda asked: here.listed(asked, invoices.rows(here.books), invoices.FILTERS, invoices.in_list),
            "POST": lambda asked: invoices.make(
                here.books, asked, here.today(), closed_until=here.closed_until, vat_per_row=here.vat_per_row
            ),
        },
        "invoice/{id}": {"GET": lambda asked: invoices.told(here.books, asked)},
        "invoicetemplate": {
            "GET": lambda asked: here.listed(asked, invoices.templates(asked.query), invoices.TEMPLATE_FILTERS, _whole),
        },
        "emailtemplate": {"GET": lambda asked: here.listed(asked, map(dict, tables.EMAIL_TEMPLATES), {}, _whole)},
    }
