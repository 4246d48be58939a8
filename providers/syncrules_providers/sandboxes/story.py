"""The invented companies that every sandbox is seeded with: one story, told to each system in its own words.

Nothing here exists: names, numbers and addresses are made up, and the same `Story` always comes out of the same size.
Telephone numbers have a subscriber part that no operator hands out, banks are called BANK and TEST, and every address
on the net ends in `.example`.
"""

from __future__ import annotations

from dataclasses import dataclass

from syncrules_providers.sandboxes import story_cast, story_crowd
from syncrules_providers.sandboxes.story_words import Invoice, Product, Relation


@dataclass(frozen=True, slots=True)
class Story:
    relations: tuple[Relation, ...]
    products: tuple[Product, ...]
    invoices: tuple[Invoice, ...]


def tell(size: int = 300) -> Story:
    """Tell the story with `size` relations in the crowd, behind the named characters who are always there.

    A longer story begins with the shorter one.
    """
    return Story(
        relations=(*story_cast.RELATIONS, *story_crowd.relations(size)),
        products=(*story_cast.PRODUCTS, *story_crowd.products()),
        invoices=story_cast.INVOICES,
    )
