"""Two invented systems with fields of every kind, and a mapping between them that obeys all its laws, until a test breaks one."""

from __future__ import annotations

from contextlib import chdir
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from syncrules.check.checking import Part, jobs
from syncrules.check.hunt import Luck
from syncrules.errors import UsageError
from syncrules.language import spec
from syncrules.language.model import Spec
from syncrules.manifest import Manifest
from syncrules.manifest_reading import load_manifest

STALL = """
manifest: 1
provider: stall
title: The Stall
certainty: assumed
resources:
  clients:
    title: clients
    id: Id
    name: Name
    active: {field: Away, inactive: true, writable: true}
    missing: {means: deleted}
    create: {requires: [Name], unknown_outcome: ask}
    update: sent_fields
    delete: by_id
    external_id: {field: Ref}
    fields:
      Id: {type: string, readOnly: true}
      Ref: {type: string}
      Name: {type: string, minLength: 1, maxLength: 80, title: Name}
      Number: {type: string, maxLength: 15, title: Client number}
      Phone: {type: string, maxLength: 50, title: Phone}
      Mail: {type: string, maxLength: 80, format: email, title: Email}
      Chamber: {type: string, maxLength: 20, title: Chamber number}
      Note: {type: string, maxLength: 200, title: Note}
      Kind: {type: string, enum: [B, P, X], title: Kind}
      Member: {type: boolean, title: Member}
      Away: {type: boolean, title: Away}
      Limit: {type: number, decimals: 2, title: Limit}
      Rate: {type: number, title: Rate}
      Count: {type: integer, title: Visits}
      Since: {type: string, format: date-time, title: Client since}
      First: {type: string, maxLength: 40, title: First name}
      Last: {type: string, maxLength: 40, title: Last name}
      Seen: {type: string, title: Seen}
"""

TOME = """
manifest: 1
provider: tome
title: The Tome
certainty: assumed
resources:
  folk:
    title: folk
    id: Id
    name: Name
    active: {field: Out, inactive: true, writable: true}
    missing: {means: deleted}
    create: {requires: [Name], unknown_outcome: {look_up: Number}}
    update: sent_fields
    delete: by_id
    fields:
      Id: {type: integer, readOnly: true}
      Name: {type: string, minLength: 1, maxLength: 80, title: Full name}
      Number: {type: string, maxLength: 15, title: Number}
      Phone: {type: string, maxLength: 50, title: Telephone}
      Mail: {type: string, maxLength: 80, format: email, title: Mail}
      Chamber: {type: string, maxLength: 20, title: Chamber}
      Short: {type: string, maxLength: 50, title: Remark}
      Tiny: {type: string, maxLength: 4, title: Tiny}
      Sort: {type: string, enum: [C, H], title: Sort}
      Kind: {type: string, enum: [B, P], title: Kind}
      Joined: {type: string, enum: [J, N], title: Joined}
      Out: {type: boolean, title: Out}
      Limit: {type: number, decimals: 2, title: Limit}
      Whole: {type: number, decimals: 0, title: Whole}
      Visits: {type: integer, minimum: 0, title: Visits}
      Day: {type: string, format: date, title: Day}
      Spoken: {type: string, maxLength: 90, title: Spoken}
      Long: {type: string, maxLength: 300, title: Long}
      Other: {type: string, format: email, title: Other mail}
      Date: {type: string, format: date, title: Date}
"""

LAWFUL = """\
syncrules: 1
title: The Tome for The Stall
sides:
  stall: {provider: stall}
  tome: {provider: tome}
entities:
  client:
    about: Everybody who buys.
    stall: {resource: clients}
    tome: {resource: folk}
    to: both
    first_import: {from: tome}
    link: {id_of: tome, kept_in: stall}
    match:
      - any: [Number]
    leading: stall
    when: {stall: at_once, tome: {every: {hours: 24}}}
    events:
      stall: {created: create, changed: update, deactivated: ignore, deleted: ignore}
      tome: {created: create, already_inactive: skip, changed: update, deactivated: deactivate, reactivated: reactivate, deleted: ignore}
    fields:
      Name: {stall: Name, tome: Name}
      Number: {stall: Number, tome: Number}
      Phone: {stall: Phone, tome: Phone, as: phone}
      Email: {stall: Mail, tome: Mail, as: email}
      Chamber: {stall: Chamber, tome: Chamber, as: coc_number}
      Note: {stall: Note, tome: Long, too_long: report}
      Member: {stall: Member, tome: Joined, values: [{stall: true, tome: J}, {stall: false, tome: N}]}
      Limit: {stall: Limit, tome: Limit, as: negated}
      Since: {stall: Since, tome: Day, as: day, to: tome}
      Spoken:
        stall: {first: First, last: Last}
        tome: {full: Spoken}
        as: person_name
        to: tome
"""


@cache
def provider(name: str) -> Manifest:
    """Give the manifest of one of the two systems."""
    texts = {"stall": STALL, "tome": TOME}
    if name not in texts:
        raise UsageError(f"no provider named '{name}' is installed", cure="Installed are: stall, tome.")
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.manifest.yaml"
        path.write_text(texts[name], encoding="utf-8")
        return load_manifest(path)


def with_row(text: str) -> str:
    """Put a row into the lawful mapping, instead of the one that has its name, or as the last."""
    name = text.partition(":")[0]
    lines = [each for each in LAWFUL.splitlines() if not each.startswith(f"      {name}: {{")]
    return "\n".join([*lines, f"      {text}", ""])


def load(text: str) -> Spec:
    """Load a mapping from a folder of its own."""
    with TemporaryDirectory() as folder, chdir(folder):
        Path("mapping.yaml").write_text(text, encoding="utf-8")
        return spec.load("mapping.yaml", provider)


def checked(of: Spec, only: str = "", examples: int = 200, seed: int = 1) -> list[Part]:
    """Check a mapping, without a memory of earlier times."""
    return [each.run(Luck(examples, seed)) for each in jobs(of, only=only)]
