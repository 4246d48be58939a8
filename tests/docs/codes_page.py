"""Print the catalogue of problems as a page of the manual.

Run `python tests/docs/codes_page.py` after it changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from syncrules.codes import MARK, Entry, catalogue

PAGE = Path(__file__).parents[2] / "mappings" / "codes.md"
HEAD = """\
# What validate tells

Every problem that `syncrules validate` tells has a code; `syncrules validate --explain CODE` shows what stands here.
This page is printed from [`codes.yaml`](../engine/syncrules/codes.yaml): change that, and run `python tests/docs/codes_page.py`.
In an example, « stands before the place that is pointed at.
A code is never given to something else.
"""


def page() -> str:
    """Print the whole page."""
    rows = [f"| [{each.code}](#{_anchor(each)}) | {each.name} | {each.kind} |" for each in catalogue().values()]
    table = "\n".join(["| code | name | in |", "| --- | --- | --- |", *rows])
    return "\n".join([HEAD, table, *(_entry(each) for each in catalogue().values())])


def _anchor(entry: Entry) -> str:
    return f"{entry.code} {entry.name}".lower().replace(" ", "-").replace(",", "").replace("`", "")


def _entry(entry: Entry) -> str:
    return "\n".join(["", f"## {entry.code} {entry.name}", "", entry.means, entry.why, "", *_examples(entry)])


def _examples(entry: Entry) -> Iterator[str]:
    for title, text in (("Instead of", entry.bad), ("write", entry.good)):
        yield f"{title}"
        yield ""
        yield "```text"
        yield from (text.replace("\t", "→").strip("\n") or "(nothing)").splitlines()
        yield "```"
        yield ""


if __name__ == "__main__":
    assert MARK in page()
    PAGE.write_text(page().rstrip("\n") + "\n", encoding="utf-8")
