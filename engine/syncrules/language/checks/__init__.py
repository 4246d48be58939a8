"""What the grammar cannot see: names that lead nowhere, fields that cannot be written, rules that nobody can follow.

Every check reads a `Book` and notes what it finds there; none stops another.
"""

from syncrules.language.checks.book import Book as Book
from syncrules.language.checks.entities import check_entities
from syncrules.language.checks.kinds import check_kinds
from syncrules.language.checks.reach import check_reach
from syncrules.language.checks.rows import check_rows
from syncrules.language.checks.settings import check_preflights, check_settings
from syncrules.language.checks.sides import check_sides
from syncrules.language.checks.spelling import check_spelling


def check(book: Book) -> None:
    """Note everything that is wrong with a mapping, or worth knowing."""
    check_sides(book)
    check_settings(book)
    check_preflights(book)
    check_entities(book)
    check_rows(book)
    check_kinds(book)
    check_reach(book)
    check_spelling(book)
