"""Start players: each finds an engine of its own, and plays what it is asked to.

Run by `faults.py`. This process imports the libraries, which takes longest, and no engine; for each player it is split in two.
A line with a folder and two pipes starts a player; a line with a mapping and a seed is answered with what came of it.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback

LIBRARIES = (
    "alembic", "babel", "click", "cryptography.fernet", "httpx", "jmespath", "jsonschema", "lxml.etree", "msgspec", "phonenumbers",
    "rich", "sqlalchemy", "sqlalchemy.dialects.sqlite", "yaml",
)  # fmt: skip


def serve(engine: str, asked: str, answered: str) -> None:
    """Play with this engine until nothing is asked any more."""
    sys.path.insert(0, engine)
    with open(asked, encoding="utf-8") as questions, open(answered, "w", encoding="utf-8") as answers:
        import playing

        import syncrules

        here = os.path.dirname(syncrules.__file__)
        print(json.dumps({"pid": os.getpid(), "engine": here}), file=answers, flush=True)
        for line in questions:
            print(json.dumps(playing.answer(**json.loads(line))), file=answers, flush=True)


def main() -> None:
    """Start a player for each line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever has ended is forgotten
    for each in LIBRARIES:
        importlib.import_module(each)
    for line in sys.stdin:
        asked = json.loads(line)
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                serve(asked["engine"], *asked["pipes"])
            except BaseException:
                traceback.print_exc()
            os._exit(0)


if __name__ == "__main__":
    main()
