"""What `UpdateContact` makes of a document: which contact it means, what changes in it, and what is answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from syncrules_providers.sandboxes import yuki_documents as documents
from syncrules_providers.sandboxes import yuki_tables as tables
from syncrules_providers.sandboxes.yuki_assumptions import Switches
from syncrules_providers.sandboxes.yuki_contacts import KIND_OF, Contacts
from syncrules_providers.sandboxes.yuki_shapes import Told, document, leaves

READ_AS: Mapping[str, str] = {
    "FullName": "Name",
    "PostCode": "Postcode",
    "MailPostCode": "MailPostcode",
    "EmailHome": "EMailHome",
    "EmailWork": "EMailWork",
}
"""The elements that are read under another name than they are written; the others keep theirs."""
WORK: Mapping[str, str] = {
    "WorkAddressLine_1": "AddressLine_1",
    "WorkAddressLine_2": "AddressLine_2",
    "WorkPostCode": "PostCode",
    "WorkCity": "City",
    "WorkCountry": "Country",
}
"""The work address, and the address of which it takes the place in a company."""


class Failed(Exception):
    """The document is well formed, and Yuki does not do what it says."""


def update(contacts: Contacts, sent: documents.Sent, switches: Switches, today: date) -> Told:
    """Create or change a contact as a document says, and tell how it went: a refusal is no fault."""
    try:
        said = {"Succeeded": _carry_out(contacts, sent, switches)}
    except Failed as failed:
        said = {"Failed": str(failed)}
    inside = leaves({"TimeStamp": today.isoformat(), **said}, xmlns="")
    return document("ContactResponse", inside, documents.CONTACT_RESPONSE)


def _carry_out(contacts: Contacts, sent: documents.Sent, switches: Switches) -> str:
    kind = KIND_OF.get(sent.get("Type", ""))
    if sent.get("Type") and kind is None:
        raise Failed(tables.CONTACT_MESSAGES["type"].format(type=sent["Type"]))
    if sent.get("ID"):
        found = contacts.rows.get(sent["ID"].lower())
        if found is None:
            raise Failed(tables.CONTACT_MESSAGES["unknown"].format(id=sent["ID"]))
    else:
        found = contacts.meant_by(sent)
    if found is None and kind is None:
        raise Failed(tables.CONTACT_MESSAGES["type"].format(type=sent.get("Type", "")))
    if found is None and not sent.get("FullName"):
        raise Failed(tables.CONTACT_MESSAGES["name"])
    fields = _fields(sent, kind or (found or {})["Type"], switches)
    if found is None:
        return tables.CONTACT_MESSAGES["created"].format(id=contacts.add(fields)["ID"])
    contacts.change(found["ID"], fields)
    return tables.CONTACT_MESSAGES["updated"].format(id=found["ID"])


def _fields(sent: documents.Sent, kind: str, switches: Switches) -> dict[str, str]:
    """Say by the names of the reading side what becomes of each field."""
    written = {name: value for name, value in sent.items() if name not in ("ID", "Type", *WORK)}
    work = {own: sent[name] for name, own in WORK.items() if name in sent}
    if kind == "Company":
        written = {**written, **work} if switches.company_address == "work" else {**work, **written}
    if switches.left_out == "clears":
        every = [each for each in documents.contact_elements() if each not in ("ID", "Type", *WORK)]
        written = {**dict.fromkeys(every, ""), **written}
    if switches.empty_element == "keeps":
        written = {name: value for name, value in written.items() if value}
    return {"Type": kind} | {READ_AS.get(name, name): value for name, value in written.items()}
