"""An article as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from syncrules.article.model import Article, Block, Item, List, Section, Table


def written(article: Article) -> str:
    """Write an article as Markdown, with one empty line between its parts."""
    parts = [f"# {article.title}", *([article.summary] if article.summary else [])]
    for each in article.sections:
        parts += _section(each, 2)
    return "\n\n".join(parts) + "\n"


def _section(section: Section, depth: int) -> Iterator[str]:
    yield f"{'#' * depth} {section.title}"
    for block in section.blocks:
        yield _block(block)
    for each in section.sections:
        yield from _section(each, depth + 1)


def _block(block: Block) -> str:
    match block:
        case Item():
            return block.text
        case List():
            return "\n".join(_items(block.items, "", ordered=block.ordered))
        case Table():
            return "\n".join(_table(block))


def _items(items: Sequence[Item], indent: str, *, ordered: bool) -> Iterator[str]:
    for number, each in enumerate(items, 1):
        mark = f"{number}. " if ordered else "- "
        yield f"{indent}{mark}{each.text}"
        yield from _items(each.items, indent + " " * len(mark), ordered=False)


def _table(table: Table) -> Iterator[str]:
    yield _line(table.headings)
    yield _line(["---"] * len(table.headings))
    for each in table.lines:
        yield _line(each.cells)


def _line(cells: Sequence[str]) -> str:
    return "".join(f"| {each} ".replace("  ", " ") for each in map(_cell, cells)) + "|"


def _cell(text: str) -> str:
    """Write a text so that it stays in its cell."""
    return " ".join(text.replace("|", "\\|").split())
