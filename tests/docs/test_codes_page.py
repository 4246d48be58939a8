"""The page about the codes says what the catalogue says."""

from codes_page import PAGE, page


def test_the_page_says_what_the_catalogue_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page().rstrip("\n") + "\n", "run: python tests/docs/codes_page.py"
