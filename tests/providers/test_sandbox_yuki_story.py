"""The story as Yuki knows it, what a person does at its screen, and the shell that starts it."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from yuki_talk import Talk, add_zeezicht, talking

from syncrules_providers.sandboxes.story import tell
from syncrules_providers.sandboxes.yuki import YukiSandbox
from syncrules_providers.sandboxes.yuki_story import AWKWARD


def test_the_contacts_are_those_that_the_story_says_the_books_know() -> None:
    story = tell(40)
    with talking(story) as talk:
        told = {
            (each["Name"], each.get("Code", "")): each["Type"] for each in talk.search() + talk.search(pageNumber=2)
        }

    known = [each for each in story.relations if each.in_books]
    assert told == {(each.name, each.code): "Company" if each.kind == "business" else "Person" for each in known}


def test_roles_and_use_are_those_of_the_story() -> None:
    with talking(tell(0)) as talk:
        roles = {name: {each["Name"] for each in talk.with_roles(name)} for name in ("Customer", "Supplier", "None")}
        inactive = {each["Name"] for each in talk.search(active="Inactive")}

    assert roles["Supplier"] == {"Meelfabriek De Zak", "Dubbelrol Handel"}
    assert roles["None"] == {"Misschien Morgen"}
    assert "Dubbelrol Handel" in roles["Customer"]
    assert inactive == {"Uitgedoofd Vuur", "Ruststand B.V.", "Ria Stil"}


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("10042", {"Name": "Bakkerij De Korenaar", "AddressLine_1": "Molenweg 8", "MailAddressLine_1": "Postbus 12",
                   "PhoneWork": "030-0000001", "EMailWork": "info@korenaar.example", "Website": "www.korenaar.example"}),
        ("00017", {"AddressLine_1": "Lindelaan 12 bis", "Postcode": "3511 XC", "City": "Utrecht", "Country": "NL"}),
        ("10080", {"Type": "Person", "FirstName": "Jan", "MiddleName": "van der", "LastName": "Berg",
                   "PhoneHome": "030-0000080", "MobileHome": "06-00000080", "EMailHome": "jan@vanderberg.example"}),
        ("10046", {"Name": "Bäckerei Ångström & Łódź GmbH", "Country": "DE"}),
        ("KL-0065", {"Name": 'Jansen & Zn. <import> "export"'}),
    ],
)  # fmt: skip
def test_a_relation_is_told_in_the_words_of_yuki(code: str, fields: dict[str, str]) -> None:
    with talking(tell(0)) as talk:
        row = talk.one(Code=code)

    assert {name: row[name] for name in fields} == fields


def test_the_products_are_there_and_no_invoice_is() -> None:
    story = tell(0)
    with talking(story) as talk:
        items = [each["description"] for each in talk.books("Sales", "GetSalesItems").rows()]

        assert talk.outstanding() == []
    assert len(items) == sum(each.in_books for each in story.products)
    assert "Stadsfiets blauw" in items


def test_the_awkward_contacts_of_yuki_come_along_when_seeded() -> None:
    with YukiSandbox.seeded(0) as seeded:
        rows = seeded.contacts()

    codes = Counter(each["Code"] for each in rows)
    names = Counter(each["Name"] for each in rows)
    assert len(rows) == len(AWKWARD) + sum(each.in_books for each in tell(0).relations)
    assert (codes["Y2001"], names["Kwekerij Dubbel"], codes[""]) == (2, 2, 5)
    assert [each["Name"] for each in rows if each["Type"] == "Person" and not each["FirstName"]] == [
        *("Cher", "Wim van der Alleen"),
    ]


def test_the_same_story_gives_the_same_ids() -> None:
    ids = []
    for _ in range(2):
        with YukiSandbox.seeded(30) as sandbox:
            ids.append([(each["ID"], each["HID"], each["Created"]) for each in sandbox.contacts()])

    assert ids[0] == ids[1]


# A person at the screen -----------------------------------------------------------------------------------------


def named(talk: Talk, active: str = "Active") -> list[str]:
    return [each["Name"] for each in talk.search(active=active)]


def test_a_person_may_do_with_a_contact_what_a_program_may_not() -> None:
    with talking() as talk:
        sandbox = talk.sandbox
        id = sandbox.add_contact("Nieuw", Code="N1")
        sandbox.set_customer(id)
        sandbox.set_supplier(id)
        both = talk.with_roles("Customer") == talk.with_roles("Supplier") != []
        sandbox.set_customer(id, False)
        sandbox.edit_contact(id, Name="Nieuwer")
        sandbox.deactivate(id)
        gone = named(talk)
        sandbox.reactivate(id)
        back = named(talk)
        sandbox.remove_contact(id)

        assert both
        assert (gone, back, named(talk, "Both")) == ([], ["Nieuwer"], [])
        assert talk.with_roles("Customer") == []


def test_rows_to_look_at_are_copies() -> None:
    with talking() as talk:
        add_zeezicht(talk.sandbox)
        talk.sandbox.contacts()[0]["Name"] = "Veranderd"
        talk.sandbox.book_invoice("A", talk.sandbox.contact(Code="R1007")["ID"])
        talk.sandbox.invoice("A")["subject"] = "Veranderd"

        assert talk.sandbox.contact(Code="R1007")["Name"] == "Hotel Zeezicht B.V."
        assert talk.sandbox.invoice("A")["subject"] == "Factuur A"
        assert (talk.sandbox.invoice("A")["total"], talk.sandbox.outstanding()) == (
            Decimal("121.00"),
            {"A": Decimal("121.00")},
        )


def test_the_screen_knows_its_fields() -> None:
    with talking() as talk:
        with pytest.raises(AssertionError, match="Telefoon"):
            talk.sandbox.add_contact("Nieuw", Telefoon="030-0000001")
        with pytest.raises(AssertionError, match="one of contact"):
            talk.sandbox.count_on(relation=7)
        with pytest.raises(AssertionError, match="0 rows"):
            talk.sandbox.contact(Name="Niemand")
