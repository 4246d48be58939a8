"""A file of answers, with everything that `connect` would ask."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from syncrules import yaml
from syncrules.connection import DAYS_OF_HISTORY
from syncrules.errors import SpecError, UsageError

OF_ALL = ("settings", "time zone", DAYS_OF_HISTORY)
"""What stands in it besides the answers of each side."""


def read_answers(file: str) -> dict[str, Any]:
    """Read a file of answers; what is wrong in it is told without quoting it, because secrets stand in it.

    Raises:
        UsageError: it cannot be read, or is not a file of answers.
        SpecError: it is not YAML.
    """
    try:
        document = yaml.load(Path(file).read_text(encoding="utf-8"), file)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not a text in UTF-8"
        raise UsageError(f"the file '{file}' cannot be read: {why}", cure="Check its path and rights.") from error
    if document.problems:
        raise SpecError([replace(each, excerpt="", message=_unquoted(each.message)) for each in document.problems])
    if not isinstance(document.data, dict):
        raise UsageError(
            f"'{file}' holds no answers", cure="Write `side:`, and below it `name: answer`, for each side."
        )
    return document.data


def _unquoted(message: str) -> str:
    return re.sub(r"(['\"]).*\1", "'…'", message)


def days(answers: Mapping[str, Any]) -> dict[str, int]:
    """Take for how many days what happened to records is kept, where that is said.

    Raises:
        UsageError: it is no number of days.
    """
    said = answers.get(DAYS_OF_HISTORY)
    if said is None:
        return {}
    if isinstance(said, bool) or not isinstance(said, int) or said < 1:
        raise UsageError(
            f"'{DAYS_OF_HISTORY}' cannot be '{said}'",
            cure="Give a whole number of days, 1 or more; without one it is 400.",
        )
    return {DAYS_OF_HISTORY: said}
