"""Contacts over the SOAP transport of Yuki: read from several lists, written as one document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from yuki_service import (
    CAMPING,
    COMPANY,
    EXCHANGES,
    HOTEL,
    INVOICE,
    MANIFEST,
    MOVED,
    NOOR,
    SEEN,
    SPACE,
    Service,
    as_answer,
    body_of,
    contact,
    contacts,
    enveloped,
    everything,
    fault,
    operation_of,
    result,
    serving,
    words,
)

from syncrules.errors import LimitReached, LoginRefused, Nonsense, OutcomeUnknown, ProviderError, RecordRefused
from syncrules_providers.yuki import Yuki

# Read ----------------------------------------------------------------------------------------------

Book = dict[str, tuple[bool, bool, bool]]


def answering(book: Book, rows_of: Callable[[str], str] | None = None) -> Callable[[httpx.Request], httpx.Response]:
    """Answer both contact operations from a book: id → customer, supplier, active."""

    def answer(request: httpx.Request) -> httpx.Response:
        operation = operation_of(request)
        asked = {etree.QName(each).localname: each.text or "" for each in body_of(request)}
        wanted = {"Both": (True, False), "Active": (True,), "Inactive": (False,)}[asked["active"]]
        role = {"Customer": 0, "Supplier": 1}.get(asked.get("contactType", ""))
        found = [
            id_
            for id_, says in book.items()
            if says[2] in wanted and (role is None or says[role]) and asked["searchValue"] in ("", id_)
        ]
        start = (int(asked["pageNumber"]) - 1) * 100
        return httpx.Response(
            200,
            content=contacts(
                operation,
                *((rows_of or (lambda id_: contact(int(id_[-12:]))))(id_) for id_ in found[start : start + 100]),
            ),
        )

    return answer


def ids(*numbers: int) -> list[str]:
    return [f"c0000000-0000-4000-8000-{number:012}" for number in numbers]


def over(book: Book) -> tuple[Yuki, Service]:
    return serving(SearchContacts=answering(book), GetSuppliersAndCustomers=answering(book))


KINDS: Book = dict(
    zip(
        ids(1, 2, 3, 4, 5, 6, 7),
        [
            (True, False, True),
            (False, True, True),
            (False, False, True),
            (True, True, True),
            (True, False, False),
            (False, True, False),
            (False, False, False),
        ],
        strict=True,
    )
)


def test_every_contact_comes_once_with_its_role_and_whether_it_is_in_use() -> None:
    provider, _ = over(KINDS)
    found = everything(provider, "contacts")

    assert sorted(each["ID"] for each in found) == ids(1, 2, 3, 4, 5, 6, 7)
    assert {each["ID"]: (each["IsCustomer"], each["IsActive"]) for each in found} == {
        id_: (customer, active) for id_, (customer, _, active) in KINDS.items()
    }
    assert {each["ID"] for each in found if each.get("IsSupplier") is False} == set(ids(3, 7))


def test_a_rows_own_word_about_its_role_stands() -> None:
    row = contact(1, "<IsSupplier>True</IsSupplier><IsCustomer>True</IsCustomer>")
    provider, _ = serving(GetSuppliersAndCustomers=contacts("GetSuppliersAndCustomers", row))
    (found,) = everything(provider, "contacts")

    assert (found["IsSupplier"], found["IsCustomer"]) == (True, True)


def test_all_contacts_are_read_in_pages_of_a_hundred() -> None:
    provider, service = over(dict.fromkeys(ids(*range(1, 251)), (True, False, True)))
    pages = list(provider.read("contacts"))

    assert [len(each) for each in pages] == [100, 100, 50]
    customers = [each for each in service.said("GetSuppliersAndCustomers") if each["contactType"] == "Customer"]
    assert [(each["active"], each["pageNumber"]) for each in customers] == [
        ("Active", "1"),
        ("Active", "2"),
        ("Active", "3"),
        ("Inactive", "1"),
    ]
    assert {(each["sortOrder"], each["searchOption"], each["searchValue"]) for each in customers} == {
        ("CreatedAsc", "All", "")
    }


def test_a_last_page_that_is_full_is_followed_by_one_that_is_empty() -> None:
    provider, service = over(dict.fromkeys(ids(*range(1, 201)), (True, False, True)))

    assert len(everything(provider, "contacts")) == 200
    assert [each["pageNumber"] for each in service.said("GetSuppliersAndCustomers")][:3] == ["1", "2", "3"]


def test_a_server_that_repeats_a_page_is_not_asked_for_ever() -> None:
    full = contacts("GetSuppliersAndCustomers", *(contact(each) for each in range(1, 101)))
    provider, service = serving(GetSuppliersAndCustomers=full)

    assert len(everything(provider, "contacts")) == 100
    assert len(service.said("GetSuppliersAndCustomers")) == 8


def test_when_nothing_has_changed_one_call_is_enough() -> None:
    provider, service = serving()

    assert everything(provider, "contacts", "2025-11-14T15:00:00Z") == []
    assert service.after_login == ["SearchContacts"]
    assert service.said("SearchContacts")[0].items() >= {
        "searchOption": "All", "searchValue": "", "active": "Both", "pageNumber": "1", "modifiedAfter": "2025-11-14T16:00:00",
    }.items()  # fmt: skip


def test_what_changed_is_read_with_its_role_since_the_moment_as_yukis_clock_shows_it() -> None:
    provider, service = over({ids(1)[0]: (True, False, True)})
    found = everything(provider, "contacts", "2026-07-01T22:30:00Z")

    assert [(each["ID"], each["IsCustomer"], each["IsActive"]) for each in found] == [(ids(1)[0], True, True)]
    asked = service.said("SearchContacts") + service.said("GetSuppliersAndCustomers")
    assert {each["modifiedAfter"] for each in asked} == {"2026-07-02T00:30:00"}


def test_one_contact_is_fetched_with_as_few_calls_as_tell_all_about_it() -> None:
    calls = {}
    for id_ in KINDS:
        provider, service = over(KINDS)
        found = provider.fetch("contacts", id_)

        assert found is not None
        assert (found["ID"], found["IsCustomer"], found["IsActive"]) == (id_, KINDS[id_][0], KINDS[id_][2])
        calls[id_] = len(service.after_login)
    assert list(calls.values()) == [1, 2, 3, 1, 4, 5, 6]

    provider, service = over(KINDS)
    assert provider.fetch("contacts", ids(99)[0]) is None
    assert {each["searchOption"] for each in service.said("SearchContacts")} == {"ID"}


def test_what_yuki_calls_a_hit_is_compared_again() -> None:
    rows = [contact(1, "<Code>R10</Code>"), contact(2, "<Code>R1</Code>"), contact(3, "<Code>r1</Code>")]
    provider, service = serving(SearchContacts=contacts("SearchContacts", *rows))

    assert [each["HID"] for each in provider.find("contacts", "Code", "R1")] == [2]
    assert [each["ID"] for each in provider.find("contacts", "HID", "3")] == ids(3)
    assert [(each["searchOption"], each["searchValue"]) for each in service.said("SearchContacts")][::2] == [
        ("Code", "R1"),
        ("HID", "3"),
    ]


def test_what_has_no_search_option_is_looked_for_among_all() -> None:
    rows = [contact(1, "<City>Utrecht</City>"), contact(2, "<City>Utrecht-Oost</City>"), contact(3)]
    provider, service = serving(SearchContacts=contacts("SearchContacts", *rows))

    assert [each["HID"] for each in provider.find("contacts", "City", "Utrecht")] == [1]
    assert [each["HID"] for each in provider.find("contacts", "Code", "")] == [1, 2, 3]
    assert {each["searchOption"] for each in service.said("SearchContacts")} == {"All"}


def test_what_xml_cannot_carry_is_nowhere() -> None:
    provider, service = serving()

    assert provider.find("contacts", "Code", "bel\x07") == []
    assert provider.find("sales invoices", "Reference", "\x00") == []
    assert service.after_login == []


def only(row: str) -> dict[str, Any]:
    provider, _ = serving(GetSuppliersAndCustomers=contacts("GetSuppliersAndCustomers", row))
    (found,) = everything(provider, "contacts")
    return found


def test_texts_are_trimmed_and_empty_ones_are_nothing() -> None:
    found = only(contact(1, "<Code>  R7 </Code><City/><Tags> </Tags><Later>something new</Later><Note/>"))

    assert (found["Code"], found["City"], found["Tags"]) == ("R7", None, None)
    assert (found["Later"], found["Note"]) == ("something new", None)
    assert "PhoneWork" not in found


def test_an_id_is_the_same_however_it_is_written() -> None:
    assert only(contact(1, id_=NOOR.upper()))["ID"] == NOOR


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        ("7/21/2024 8:03:07 PM", "2024-07-21T20:03:07+02:00"),
        ("12/1/2025 12:00:00 AM", "2025-12-01T00:00:00+01:00"),
        ("2025-11-14T16:41:09", "2025-11-14T16:41:09+01:00"),
        ("2025-11-14T15:41:09Z", "2025-11-14T15:41:09+00:00"),
    ],
)
def test_a_stamp_becomes_a_moment(stamp: str, moment: str) -> None:
    assert only(contact(1, f"<Modified>{stamp}</Modified>"))["Modified"] == moment


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (contact(1, "<Modified>21-7-2024 20:03</Modified>"), "Modified holds '21-7-2024 20:03'"),
        (contact(1, "<IsCustomer>perhaps</IsCustomer>"), "IsCustomer holds 'perhaps'"),
        (contact(1).replace("<HID>1", "<HID>one"), "HID holds 'one'"),
        (contact(1, "<City><Name>Utrecht</Name></City>"), "City holds elements"),
        (contact(1).replace("ID=", "Id=", 1), "has no ID"),
        (contact(1, id_=" "), "has no ID"),
        ("<Relation/>", "it holds Relation where Contact was expected"),
    ],
)
def test_what_does_not_fit_is_an_error_and_never_empty(row: str, why: str) -> None:
    with pytest.raises(Nonsense, match="cannot be used") as caught:
        only(row)

    assert why in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        b"not XML",
        contacts("GetSuppliersAndCustomers", contact(1))[:-40],
        enveloped('<SearchContactsResponse xmlns="http://www.theyukicompany.com/"/>'),
        b'<!DOCTYPE x [<!ENTITY e "boom">]>' + contacts("GetSuppliersAndCustomers", contact(1, "<City>&e;</City>")),
    ],
)
def test_what_is_no_answer_is_nonsense(answer: bytes) -> None:
    provider, _ = serving(GetSuppliersAndCustomers=answer)

    with pytest.raises(Nonsense, match="cannot be read"):
        everything(provider, "contacts")


def test_an_answer_without_a_result_is_not_an_empty_list() -> None:
    void = enveloped('<GetSuppliersAndCustomersResponse xmlns="http://www.theyukicompany.com/"/>')
    provider, _ = serving(GetSuppliersAndCustomers=void)

    with pytest.raises(Nonsense, match="no result where Contacts was expected"):
        everything(provider, "contacts")


@pytest.mark.parametrize("inside", ["", '<Contacts xmlns=""/>', "\n  "])
def test_a_result_without_rows_is_an_empty_list(inside: str) -> None:
    empty = {each: result(each, inside) for each in ("GetSuppliersAndCustomers", "SearchContacts")}
    provider, _ = serving(**empty)

    assert everything(provider, "contacts") == []


@pytest.mark.parametrize("declaration", ["", '<?xml version="1.0" encoding="utf-16"?>'])
def test_a_result_may_be_xml_written_as_a_text(declaration: str) -> None:
    text = f"{declaration}<Contacts>{contact(1, '<City>Den Haag &amp; omstreken</City>')}</Contacts>"
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    provider, _ = serving(GetSuppliersAndCustomers=result("GetSuppliersAndCustomers", escaped))
    (found,) = everything(provider, "contacts")

    assert (found["HID"], found["City"]) == (1, "Den Haag & omstreken")


def test_a_fault_that_nobody_knows_is_told_in_its_own_words() -> None:
    provider, _ = serving(GetSuppliersAndCustomers=fault("You may not do this"))

    with pytest.raises(Nonsense, match="GetSuppliersAndCustomers was answered with a fault: You may not do this"):
        everything(provider, "contacts")


@pytest.mark.parametrize("status", [302, 404])
def test_another_status_is_no_answer(status: int) -> None:
    provider, _ = serving(GetSuppliersAndCustomers=httpx.Response(status))

    with pytest.raises(Nonsense, match=str(status)):
        everything(provider, "contacts")


def test_a_read_whose_answer_is_lost_is_asked_again() -> None:
    def lost(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("gone", request=request)

    provider, service = serving(ActiveVATCodesList=[lost, httpx.Response(503), EXCHANGES["VAT codes"]])

    assert len(everything(provider, "VAT codes")) == 2
    assert service.after_login.count("ActiveVATCodesList") == 3


# Written -------------------------------------------------------------------------------------------

# As the vendor's description of the document has them.
CONTACT_ORDER = words(
    """
    ID Type Code FirstName MiddleName LastName FullName AddressLine_1 AddressLine_2 PostCode City
    MailAddressLine_1 MailAddressLine_2 MailPostCode MailCity Country
    WorkAddressLine_1 WorkAddressLine_2 WorkPostCode WorkCity WorkCountry
    PhoneHome PhoneWork MobileHome MobileWork EmailHome EmailWork VATNumber CoCNumber
    """
)
UPDATED = EXCHANGES["update a person"]


def sent(service: Service, operation: str = "UpdateContact") -> dict[str, str]:
    """Give what the document of the last call holds, in its order."""
    (document,) = service.bodies(operation)[-1][2]
    return {etree.QName(each).localname: each.text or "" for each in document}


def updating(changes: dict[str, Any], seen: dict[str, Any]) -> dict[str, str]:
    answer = as_answer(UPDATED).content.replace(NOOR.encode(), str(seen["ID"]).encode())
    provider, service = serving(UpdateContact=answer)
    provider.update("contacts", str(seen["ID"]), changes, seen)
    return sent(service)


def test_every_element_of_a_contact_is_sent_in_the_order_of_the_document() -> None:
    fields = [each for each in MANIFEST.resources["contacts"].fields.values() if not each.read_only]
    record = {each.name: f"{each.name}é <&>" for each in fields if each.name != "Type"} | {"Type": "Person"}
    elements = updating({"Code": "R1"}, record | {"ID": NOOR})

    assert list(elements) == CONTACT_ORDER
    names = {"FullName": "Name", "PostCode": "Postcode", "MailPostCode": "MailPostcode"}
    names |= {"EmailHome": "EMailHome", "EmailWork": "EMailWork"}
    assert {name: text for name, text in elements.items() if name not in ("ID", "Type", "Code")} == {
        name: record[names.get(name, name)] for name in CONTACT_ORDER if name not in ("ID", "Type", "Code")
    }
    assert (elements["ID"], elements["Type"], elements["Code"]) == (NOOR, "0", "R1")


def test_an_update_sends_the_whole_contact_and_nothing_empty() -> None:
    elements = updating({"MobileHome": "06 0000 0099"}, SEEN)

    assert elements == {
        "ID": NOOR,
        "Type": "0",
        "Code": "R1012",
        "FirstName": "Noor",
        "MiddleName": "van den",
        "LastName": "Akker",
        "FullName": "Noor van den Akker",
        "AddressLine_1": "Lindelaan 21",
        "PostCode": "3500 CC",
        "City": "Utrecht",
        "Country": "NL",
        "MobileHome": "06 0000 0099",
        "EmailHome": "noor@akker.example",
    }


@pytest.mark.parametrize(("name", "value"), [("Country", "NLD"), ("Country", "N")])
def test_a_value_that_does_not_fit_its_field_is_not_sent(name: str, value: str) -> None:
    provider, service = serving()

    with pytest.raises(RecordRefused) as caught:
        provider.create("contacts", {**COMPANY, name: value})
    assert "nothing was sent" in caught.value.cure
    assert service.asked == []


def test_what_was_emptied_is_sent_empty_and_what_was_empty_is_not() -> None:
    elements = updating({"MobileHome": None, "MiddleName": "", "PhoneWork": None}, SEEN)

    assert (elements["MobileHome"], elements["MiddleName"]) == ("", "")
    assert "PhoneWork" not in elements


OFFICE = {
    "ID": HOTEL,
    "Type": "Company",
    "Name": "Hotel Zeezicht B.V.",
    "Code": "R1007",
    "AddressLine_1": "Strandweg 8",
}
OFFICE |= {"AddressLine_2": "2e etage", "Postcode": "2202 ZZ", "City": "Noordwijk", "Country": "NL"}


def work(elements: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in elements.items() if name.startswith("Work")}


def test_the_address_of_a_company_goes_into_both_places_when_it_moves() -> None:
    elements = updating({"AddressLine_1": "Kade 1", "AddressLine_2": None}, OFFICE)

    assert elements["AddressLine_1"] == "Kade 1"
    assert work(elements) == {
        "WorkAddressLine_1": "Kade 1",
        "WorkAddressLine_2": "",
        "WorkPostCode": "2202 ZZ",
        "WorkCity": "Noordwijk",
        "WorkCountry": "NL",
    }


def test_a_work_address_that_nobody_can_see_is_left_alone_otherwise() -> None:
    assert work(updating({"PhoneWork": "071 000 00 01"}, OFFICE)) == {}
    assert work(updating({"AddressLine_1": "Kade 1"}, SEEN | {"Name": "Noor"})) == {}


def test_an_id_comes_back_the_same_however_it_is_written() -> None:
    answer = as_answer(EXCHANGES["create a company"]).content.replace(CAMPING.encode(), CAMPING.upper().encode())
    provider, _ = serving(UpdateContact=answer)

    assert provider.create("contacts", COMPANY)["ID"] == CAMPING


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (COMPANY | {"Website": "hetduin.example"}, "Website: there is no such element"),
        (COMPANY | {"IsCustomer": True, "Nonsense": "x"}, "IsCustomer, Nonsense: there is no such element"),
        (COMPANY | {"Type": "Ghost"}, "Type cannot be 'Ghost': Yuki has only Company and Person"),
        (COMPANY | {"City": "bel\x07"}, "City holds a character"),
        (COMPANY | {"City": 7}, "City cannot be sent"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_it_is_sent(record: dict[str, Any], why: str) -> None:
    provider, service = serving()

    with pytest.raises(RecordRefused) as caught:
        provider.create("contacts", record)

    assert why in caught.value.says
    assert service.after_login == []


@pytest.mark.parametrize("resource", ["VAT codes", "ledger accounts", "domains"])
def test_what_cannot_be_written_is_refused(resource: str) -> None:
    provider, service = serving()

    with pytest.raises(RecordRefused, match="there is no create"):
        provider.create(resource, {"code": "1"})
    with pytest.raises(RecordRefused, match="there is no update"):
        provider.update("sales invoices", "2025-0311", {"Subject": "x"}, INVOICE)
    assert service.asked == []


def contact_told(*inside: str) -> bytes:
    rows = "".join(f'<{name} xmlns="">{text}</{name}>' for name, _, text in (each.partition("=") for each in inside))
    name = "urn:xmlns:http://www.theyukicompany.com:contactResponse"
    return result("UpdateContact", f'<ContactResponse xmlns="{name}">{rows}</ContactResponse>')


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (contact_told("Failed=Postcode is too long"), RecordRefused),
        (contact_told("Failed=Postcode is too long", f"Succeeded=updated {NOOR}"), RecordRefused),
        (contact_told("Succeeded=Well done"), OutcomeUnknown),
        (contact_told(f"Succeeded=Well done {HOTEL}"), OutcomeUnknown),
        (contact_told(), OutcomeUnknown),
        (result("UpdateContact", ""), OutcomeUnknown),
        (enveloped(f'<UpdateContactResponse xmlns="{SPACE}"/>'), OutcomeUnknown),
        (b"<html>Service unavailable</html>", OutcomeUnknown),
        (httpx.Response(500, content=b"Runtime Error"), OutcomeUnknown),
        (httpx.Response(503), OutcomeUnknown),
        (fault("Something went wrong"), OutcomeUnknown),
        (fault("'Dog' is not a valid value for ContactType"), RecordRefused),
        (
            fault("The 'PostCode' element is invalid - The value 'x' is invalid according to its datatype"),
            RecordRefused,
        ),
        (fault("Daily limit exceeded"), LimitReached),
        (fault("Invalid access key"), LoginRefused),
    ],
)
def test_what_an_answer_to_a_write_means(answer: Any, kind: type[ProviderError]) -> None:
    provider, service = serving(UpdateContact=answer)

    with pytest.raises(kind) as caught:
        provider.update("contacts", NOOR, MOVED, SEEN)

    assert type(caught.value) is kind
    assert service.after_login == ["UpdateContact"]


def test_a_refused_contact_is_told_in_the_words_of_yuki() -> None:
    provider, _ = serving(UpdateContact=contact_told("Failed=Postcode is too long", "Failed=City is missing"))

    with pytest.raises(RecordRefused) as caught:
        provider.create("contacts", COMPANY)

    assert caught.value.says == "Postcode is too long; City is missing"


def test_a_write_that_was_certainly_not_done_is_repeated() -> None:
    provider, service = serving(UpdateContact=[httpx.Response(429), EXCHANGES["create a company"]])

    assert provider.create("contacts", COMPANY)["ID"] == CAMPING
    assert len(service.after_login) == 2


def test_a_lost_answer_to_a_new_contact_can_be_looked_up() -> None:
    def lost(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("gone", request=request)

    row = contact(1020, "<Code>R1020</Code>", id_=CAMPING)
    provider, service = serving(UpdateContact=lost, SearchContacts=contacts("SearchContacts", row))

    with pytest.raises(OutcomeUnknown):
        provider.create("contacts", COMPANY)

    assert service.after_login == ["UpdateContact"]
    look_up = MANIFEST.resources["contacts"].look_up
    assert [each["ID"] for each in provider.find("contacts", look_up, str(COMPANY[look_up]))] == [CAMPING]


def test_a_new_contact_may_have_neither_the_code_nor_the_name_of_another() -> None:
    # Yuki would take it for that one, and write over it.
    assert [each.same for each in MANIFEST.resources["contacts"].overwrites] == [("Code",), ("Type", "Name")]


def named(number: int, name: str, code: str = "", kind: str = "Company") -> str:
    row = contact(number, f"<Code>{code}</Code>" if code else "")
    return row.replace(f"<Name>Nr {number}", f"<Name>{name}").replace("<Type>Company", f"<Type>{kind}")


def taken_for(*answers: Any, **new: str) -> tuple[list[int], list[tuple[str, str]]]:
    """Ask whom Yuki would take a new company for: the numbers of those, and how it was searched."""
    provider, service = serving(SearchContacts=[contacts("SearchContacts", *each) for each in answers])
    found = provider.taken_for("contacts", {"Type": "Company", "City": "Ede", **new})
    asked = service.said("SearchContacts")
    assert service.after_login == ["SearchContacts"] * len(asked)
    assert {(each["active"], each["modifiedAfter"], each["sortOrder"]) for each in asked} <= {
        ("Both", "", "CreatedAsc")
    }
    return [each["HID"] for each in found], [(each["searchOption"], each["searchValue"]) for each in asked]


def test_whom_yuki_would_take_a_new_one_for_is_asked_in_one_call_for_each_way_it_does_so() -> None:
    asked = [("Code", "R1"), ("Name", "Bakkerij")]

    assert taken_for([], Name="Bakkerij De Korst", Code="R1") == ([], asked)
    assert taken_for([named(1, "Molen", "R1")], Name="Bakkerij De Korst", Code="R1") == ([1], asked[:1])
    assert taken_for([], [named(2, "Bakkerij De Korst")], Name="Bakkerij De Korst", Code="R1") == ([2], asked)


def test_of_a_new_one_without_a_code_or_a_name_only_the_other_is_asked_for() -> None:
    assert taken_for([], Name="Molen") == ([], [("Name", "Molen")])
    assert taken_for([], Name="Molen", Code=" ") == ([], [("Name", "Molen")])
    assert taken_for([], Name="-", Code="R1") == ([], [("Code", "R1")])
    assert taken_for([], Type="") == ([], [])


def test_what_yuki_calls_a_hit_is_no_likeness_yet() -> None:
    hits = [
        named(1, "Molen B.V. in Ede"), named(2, "MOLEN-B.V."), named(3, "Molen BV", kind="Person"), named(4, "Molen, B V"), named(5, ""),
    ]  # fmt: skip

    assert taken_for(hits, Name="Molen BV") == ([2, 4], [("Name", "Molen")])
    assert taken_for([named(1, "x", "R10"), named(2, "x", "r1")], [], Name="x", Code="R1")[0] == [2]


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("De Molen", "Molen"),
        ("Groothandel-Van den Berg, B.V.", "Groothandel"),
        ('"Het Anker"', "Anker"),
        ("A.B.C.", "A"),
        ("Hof van  Den", "Hof"),
        ("Jansen & Zn.", "Jansen"),
        ("Čapek\u00a0s.r.o.", "Čapek"),
    ],
)
def test_a_name_is_asked_for_by_its_longest_word_whatever_stands_between_its_words_there(name: str, word: str) -> None:
    _, asked = taken_for([], Name=name)

    assert asked == [("Name", word)]


def test_a_likeness_may_stand_on_a_later_page() -> None:
    full = [named(each, f"Bakkerij {each}") for each in range(1, 101)]

    assert taken_for(full, [named(101, "Bakkerij")], Name="Bakkerij")[0] == [101]


def test_nobody_has_a_name_that_xml_cannot_carry() -> None:
    assert taken_for([], Name="bel\x07", Code="\x00") == ([], [])


@pytest.mark.parametrize(("answer", "kind"), [(fault("Daily limit exceeded"), LimitReached), (b"<html>", Nonsense)])
def test_where_nobody_answers_whom_a_new_one_is_taken_for_nothing_is_concluded(
    answer: Any, kind: type[ProviderError]
) -> None:
    provider, _ = serving(SearchContacts=answer)

    with pytest.raises(kind):
        provider.taken_for("contacts", COMPANY)


PRINTABLE = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="￾￿"), min_size=1)
TEXTS = [
    each.name
    for each in MANIFEST.resources["contacts"].fields.values()
    if each.type == "string" and not each.read_only and each.name != "Type" and each.max_length is None
]


@given(st.dictionaries(st.sampled_from(TEXTS), PRINTABLE, min_size=1))
def test_every_text_leaves_as_it_is(texts: dict[str, str]) -> None:
    provider, service = serving(UpdateContact=EXCHANGES["create a company"])
    provider.create("contacts", texts)

    assert sorted(sent(service).values()) == sorted(texts.values())
