"""What the WinBooks sandbox takes: partial objects, nested ones, friendly codes, arrays, and deletions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from winbooks_talk import EQ, NOBODY, Talk, condition, talking

from syncrules_providers.sandboxes.winbooks import WinBooksSandbox

EVE = {"Code": "EVE", "Third": {"Code": "EVE", "Name": "Eve"}}
STREET = {"Address1": "Kaai 1", "Zip": "9000", "Town": "Gent", "PhoneNo": "+32 9 000 00 00", "CountryCode": "BE"}


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking() as talk:
        yield talk


@pytest.fixture
def sandbox(talk: Talk) -> WinBooksSandbox:
    return talk.sandbox


# Making -----------------------------------------------------------------------------------------------------------------


def test_a_customer_is_a_role_on_a_third(talk: Talk, sandbox: WinBooksSandbox) -> None:
    told = talk.saved("POST", "Customer/EVE", EVE)

    assert told == {"Href": f"{sandbox.url}/app/Customer/EVE/Folder/DEMO_BV"}
    customer = sandbox.customer("EVE")
    assert (customer["Third"]["Code"], customer["Third"]["Name"], customer["Version"]) == ("EVE", "Eve", 1)
    assert customer["Third_Id"] == sandbox.one("Third", Code="EVE")["Id"]


def test_one_third_can_be_customer_and_supplier(talk: Talk, sandbox: WinBooksSandbox) -> None:
    talk.saved("POST", "Customer/EVE", EVE)
    talk.saved("POST", "Supplier/EVE", {"Code": "EVE", "ThirdCode": "EVE", "GLAccountCentralCode": "440000"})

    assert sandbox.supplier("EVE")["Third_Id"] == sandbox.customer("EVE")["Third_Id"]
    assert sandbox.supplier("BEIDE")["Third_Id"] == sandbox.customer("BEIDE")["Third_Id"]


def test_a_nested_third_that_exists_is_changed_not_made_again(talk: Talk, sandbox: WinBooksSandbox) -> None:
    talk.saved("POST", "Customer/PAPIER", {"Code": "PAPIER", "Third": {"Code": "PAPIER", "Name": "Papier"}})

    assert sandbox.supplier("PAPIER")["Third"]["Name"] == "Papier"
    assert len([each for each in sandbox.rows("Third") if each["Code"] == "PAPIER"]) == 1


def test_contacts_addresses_and_accounts_are_made_with_their_third(talk: Talk, sandbox: WinBooksSandbox) -> None:
    person = {"FirstName": "Eve", "Name": "van Test", "Email": "eve@post.example", "CivilityCode": "MEVR"}
    third = {
        **{"Code": "EVE", "Name": "Eve van Test", "LanguageCode": "fr"},
        "Addresses": [{"IsInvoicing": True, "IsInvoicingDefault": True, "Address": STREET}],
        "Contacts": [{"IsDefault": True, "Contact": {**person, "MobileNo": "+32 470 00 00 01"}}],
        "BankAccounts": [{"Iban": "BE00 0000 0000 0001", "IsDefault": True}],
    }
    talk.saved("POST", "Customer/EVE", {"Code": "EVE", "VatApplicable": 3, "Third": third})
    told = talk.whole("GET", "Customer/EVE?maxLevel=4")["Third"]

    assert (told["Language"]["Code"], told["BankAccounts"][0]["Iban"]) == ("fr", "BE00 0000 0000 0001")
    assert told["Addresses"][0]["Address"]["PhoneNo"] == "+32 9 000 00 00"
    contact = sandbox.customer("EVE")["Third"]["Contacts"][0]["Contact"]
    assert (contact["Email"], contact["Civility"]["Code"], contact["MobileNo"]) == (
        "eve@post.example",
        "MEVR",
        "+32 470 00 00 01",
    )


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"Third": {"Code": "EVE"}}, 400, "Code is missing"),
        ({"Code": "", "Third": {"Code": "EVE"}}, 400, "Code is missing"),
        ({"Code": "EVE"}, 400, "Third is missing"),
        ({"Code": "EVE", "Third": {"Name": "Eve"}}, 400, "Third: Code is missing"),
        ({"Code": "EVE", "Third": {"Code": "EVA"}}, 400, "not the same"),
        ({"Code": "EVA", "Third": {"Code": "EVA"}}, 400, "not that of the address"),
        ({"Code": "EVE", "ThirdCode": "NOBODY"}, 400, "there is no Third 'NOBODY'"),
        ({**EVE, "Third_Id": "5d7f0d58-0000-4000-8000-000000000903"}, 400, "there is no Third"),
        ({**EVE, "VatCode": "99"}, 400, "there is no Vat '99'"),
        ({**EVE, "Vat": {"Code": "99"}}, 400, "there is no Vat '99'"),
        ({**EVE, "VatApplicable": "yes"}, 400, "cannot be read as int"),
        ({**EVE, "LastReminderDate": "soon"}, 400, "cannot be read as date"),
        ({**EVE, "Third_Id": "nonsense"}, 400, "cannot be read as guid"),
        ({**EVE, "$type": "Winbooks.TORM.OM.Supplier, Winbooks.TORM.OM"}, 400, "is not Customer"),
        ({"Code": "EVE", "Third": {**EVE["Third"], "DefaultAddress": STREET}}, 400, "DefaultAddress"),  # type: ignore[dict-item]  # a literal above
        ({"Code": "EVE", "Third": {**EVE["Third"], "Addresses": {}}}, 400, "must be an array"),  # type: ignore[dict-item]  # as above
        ([], 400, "An object is wanted"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_made(
    talk: Talk, sandbox: WinBooksSandbox, body: Any, status: int, says: str
) -> None:
    before = (len(sandbox.customers()), len(sandbox.rows("Third")))
    refused = talk.refused("POST", "Customer/EVE", body)

    assert refused[0] == status
    assert says in refused[1]
    assert (len(sandbox.customers()), len(sandbox.rows("Third"))) == before
    assert talk.send("GET", "Customer/EVE").status_code == 204


def test_a_body_that_is_no_json_is_refused(talk: Talk) -> None:
    address = f"{talk.url}/app/Customer/EVE/Folder/DEMO_BV"
    headers = {"Authorization": f"Bearer {talk.access}"}

    for content in (b"{", b'{"Code": NaN}', b""):
        assert talk.http.post(address, headers=headers, content=content).status_code == 400


def test_a_code_is_taken_once_in_any_capitals(talk: Talk) -> None:
    talk.saved("POST", "Customer/EVE", EVE)

    assert talk.refused("POST", "Customer/EVE", EVE) == (409, "Customer: Code 'EVE' is in use.")
    assert talk.refused("POST", "Customer/eve", {"Code": "eve", "Third": {"Code": "eve"}})[0] == 409


def test_a_code_has_ten_characters_unless_switched() -> None:
    with talking(ledger=False) as talk:
        long = {"Code": "ELEVENCHARS", "Third": {"Code": "ELEVENCHARS"}}
        assert talk.refused("POST", "Customer/ELEVENCHARS", long)[0] == 400
        talk.sandbox.habits.longest_code = 15
        assert talk.saved("POST", "Customer/ELEVENCHARS", long)


def test_names_and_values_are_taken_mildly(talk: Talk, sandbox: WinBooksSandbox) -> None:
    talk.saved(
        "POST",
        "Customer/4713",
        {
            "code": 4713,
            "memotype": "1",
            "ISHIDDEN": "true",
            "Third": {"Code": 4713, "Website": "eve.example"},
            "Odd": 1,
        },
    )

    told = talk.get("Customer/4713?maxLevel=2")
    assert (told["Code"], told["MemoType"], told["IsHidden"]) == ("4713", 1, True)
    assert told["Third"]["WebSite"] == "eve.example"
    assert "Odd" not in told


def test_days_are_taken_in_two_forms(talk: Talk) -> None:
    for said in ("/Date(1520491871000)/", "/Date(1520491871000+0100)/", "2018-03-08T06:51:11Z", "2018-03-08T06:51:11"):
        talk.saved("PUT", "Customer/10042", {"LastReminderDate": said})
        assert talk.get("Customer/10042")["LastReminderDate"] == "/Date(1520491871000)/"


def test_references_are_written_by_id_code_or_object(talk: Talk) -> None:
    seven = talk.key("PayCode", "7")
    for body in ({"PayCode_Id": seven}, {"PayCodeCode": "7"}, {"PayCode": {"Code": "7"}}, {"PayCode": {"Id": seven}}):
        talk.saved("PUT", "Customer/10042", {"PayCode_Id": NOBODY})
        assert talk.get("Customer/10042")["PayCode_Id"] == NOBODY
        talk.saved("PUT", "Customer/10042", body)
        assert talk.get("Customer/10042")["PayCode_Id"] == seven, body
    for empty in ({"PayCodeCode": ""}, {"PayCodeCode": None}, {"PayCode": None}, {"PayCode_Id": None}):
        talk.saved("PUT", "Customer/10042", {"PayCode_Id": seven})
        talk.saved("PUT", "Customer/10042", empty)
        assert talk.get("Customer/10042")["PayCode_Id"] == NOBODY, empty


def test_two_accounts_of_a_customer_have_odd_ids(talk: Talk) -> None:
    talk.saved("PUT", "Customer/10042", {"GLAccountDefaultCode": "700100", "GLAccountCentralCode": "499000"})

    told = talk.get("Customer/10042")
    assert (told["GLAccount_Id"], told["GLAccount2_Id"]) == (
        talk.key("GLAccount", "700100"),
        talk.key("GLAccount", "499000"),
    )


def test_friendly_codes_need_a_level_below_them(talk: Talk) -> None:
    before = talk.get("Customer/10042")["PayCode_Id"]
    talk.saved("PUT", "Customer/10042", {"TotalLevel": 1, "PayCodeCode": "7", "Memo": "x"})
    assert (talk.get("Customer/10042")["PayCode_Id"], talk.get("Customer/10042")["Memo"]) == (before, "x")

    talk.saved("PUT", "Customer/10042", {"TotalLevel": 2, "PayCodeCode": "7"})
    assert talk.get("Customer/10042")["PayCode_Id"] == talk.key("PayCode", "7")


# Changing ---------------------------------------------------------------------------------------------------------------


def test_an_update_leaves_what_it_does_not_name(talk: Talk) -> None:
    before = talk.get("Customer/10042")
    talk.saved("PUT", "Customer/10042", {"Memo": ""})
    after = talk.get("Customer/10042")

    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"Memo", "Version", "Modified", "ModifiedBy"}
    assert (after["Memo"], after["Version"]) == ("", before["Version"] + 1)


def test_a_version_in_a_body_is_passed_over(talk: Talk) -> None:
    talk.saved("PUT", "Customer/10042", {"Memo": "x", "Version": 99, "Modified": "/Date(0)/", "CreatedBy": NOBODY})

    told = talk.get("Customer/10042")
    assert told["Version"] == 2
    assert told["Modified"] != "/Date(0)/"
    assert told["CreatedBy"] != told["ModifiedBy"] != NOBODY


def test_a_nested_third_is_changed_by_its_code(talk: Talk, sandbox: WinBooksSandbox) -> None:
    talk.saved("PUT", "Customers", [{"Code": "10042", "Third": {"Code": "10042", "Name": "De Halm"}}])

    third = sandbox.customer("10042")["Third"]
    assert (third["Name"], third["WebSite"]) == ("De Halm", "www.halm.example")
    assert talk.refused("PUT", "Customer/10042", {"Third": {"Name": "Nobody"}}) == (400, "Third: Code is missing.")


def test_a_changed_third_does_not_touch_its_customer_unless_switched(talk: Talk, sandbox: WinBooksSandbox) -> None:
    before = talk.get("Customer/10042")["Modified"]
    talk.saved("PUT", "Third/10042", {"Name": "De Halm"})
    assert talk.get("Customer/10042")["Modified"] == before

    sandbox.habits.parts_touch_owner = True
    talk.saved("PUT", "Third/10042", {"Name": "De Halm"})
    assert talk.get("Customer/10042")["Modified"] != before


def test_an_address_is_changed_by_its_id_without_a_code_in_the_address(talk: Talk, sandbox: WinBooksSandbox) -> None:
    address = sandbox.customer("10042")["Third"]["Addresses"][0]["Address"]
    talk.saved("PUT", "Address", {"Id": address["Id"], "Town": "Brugge", "Zip": "8000"})

    changed = sandbox.one("Address", Id=address["Id"])
    assert (changed["Town"], changed["Address1"]) == ("Brugge", "Dorpsstraat 12 bis")
    assert talk.refused("PUT", "Address", {"Town": "x"}) == (400, "Address: Id is missing.")
    unknown = {"Id": "5d7f0d58-0000-4000-8000-000000000903", "Town": "x"}
    assert talk.refused("PUT", "Address", unknown)[0] == 404


def test_elements_of_a_list_are_changed_by_id_and_added_without(talk: Talk, sandbox: WinBooksSandbox) -> None:
    third = sandbox.one("Third", Code="10042")
    first = third["Addresses"][0]
    talk.saved(
        "PUT",
        "Third/10042",
        {"Addresses": [{"Id": first["Id"], "IsPosting": True}, {"Index": 9, "IsDelivering": True, "Address": STREET}]},
    )
    after = sandbox.one("Third", Code="10042")["Addresses"]

    assert len(after) == len(third["Addresses"]) + 1
    assert (after[0]["IsPosting"], after[0]["Address"]["Town"]) == (True, "Gent")
    assert (after[-1]["Index"], after[-1]["Address"]["Third_Id"]) == (9, third["Id"])


def test_a_default_flag_stands_on_one_address(talk: Talk, sandbox: WinBooksSandbox) -> None:
    third = sandbox.one("Third", Code="10042")["Id"]
    talk.saved("POST", "Third_Address", {"Third_Id": third, "IsInvoicingDefault": True, "Address": STREET})
    addresses = sandbox.one("Third", Code="10042")["Addresses"]

    assert [each["IsInvoicingDefault"] for each in addresses].count(True) == 1
    assert talk.get("Third/10042?maxLevel=2")["DefaultAddress"]["Address1"] == "Kaai 1"


def test_an_address_inside_an_address_needs_its_id(talk: Talk, sandbox: WinBooksSandbox) -> None:
    holder = sandbox.one("Third", Code="10042")["Addresses"][0]
    talk.saved("PUT", "Third_Address", {"Id": holder["Id"], "Address": {"Id": holder["Address_Id"], "Town": "Brugge"}})
    assert sandbox.one("Third_Address", Id=holder["Id"])["Address"]["Town"] == "Brugge"

    talk.saved("PUT", "Third_Address", {"Id": holder["Id"], "Address": {"Town": "Oostende"}})
    after = sandbox.one("Third_Address", Id=holder["Id"])
    assert (after["Address"]["Town"], after["Address"]["Address1"]) == ("Oostende", None)
    assert after["Address_Id"] != holder["Address_Id"]


def test_a_third_address_needs_an_address(talk: Talk) -> None:
    assert talk.refused("POST", "Third_Address", {"ThirdCode": "10042"})[1] == "Third_Address: Address is missing."


def test_an_object_gets_another_code_by_its_id_alone(talk: Talk, sandbox: WinBooksSandbox) -> None:
    key = talk.key("Customer", "10042")
    assert talk.refused("PUT", "Customer/10042", {"Code": "10043"})[0] == 400
    assert talk.refused("PUT", f"Customer/{key}", {"Code": "BEBOP"})[0] == 409

    talk.saved("PUT", f"Customer/{key}", {"Code": "10043"})
    assert sandbox.customer("10043")["Id"] == key
    assert talk.send("GET", "Customer/10042").status_code == 204


# Folders up to 2.4 ------------------------------------------------------------------------------------------------------


def test_in_an_older_folder_the_flags_stand_on_the_address(sandbox: WinBooksSandbox) -> None:
    body = {**EVE["Third"], "Addresses": [{**STREET, "IsInvoicing": True, "IsInvoicingDefault": True}]}  # type: ignore[dict-item]  # a literal above
    with Talk(sandbox, "DEMO_SRL") as talk:
        talk.saved("POST", "Customer/EVE", {"Code": "EVE", "Third": body})
        third = talk.get("Third/EVE?maxLevel=2")

        assert third["Addresses"][0]["Address1"] == "Kaai 1"
        assert third["Addresses"][0]["IsInvoicingDefault"] is True
        assert third["DefaultAddress"]["Id"] == third["Addresses"][0]["Id"]
        assert talk.refused("GET", "Third_Addresss") == (404, "There is no Third_Addresss.")
        newer = {"$type": "Winbooks.TORM.OM.Third_Address, Winbooks.TORM.OM", "Address": STREET}
        assert talk.refused("PUT", "Third/EVE", {"Addresses": [newer]})[0] == 400


# Many at once -----------------------------------------------------------------------------------------------------------


def test_many_are_made_and_changed_in_one_call(talk: Talk, sandbox: WinBooksSandbox) -> None:
    bodies = [{"Code": code, "Third": {"Code": code}} for code in ("EVA", "EVE")]
    told = talk.saved("POST", "Customers", bodies)
    assert [each["Href"].split("/")[-3] for each in told] == ["EVA", "EVE"]

    key = talk.key("Customer", "EVE")
    talk.saved("PUT", "Customers", [{"Code": "EVA", "Memo": "a"}, {"Id": key, "Memo": "e"}])
    assert (sandbox.customer("EVA")["Memo"], sandbox.customer("EVE")["Memo"]) == ("a", "e")
    assert talk.refused("POST", "Customers", bodies[0]) == (400, "The body must be an array.")
    assert talk.refused("PUT", "Customers", [{"Memo": "x"}]) == (400, "Customer: Code is missing.")
    assert talk.refused("PUT", "Customers", [{"Code": "NOBODY"}])[0] == 404


def test_of_many_all_or_none_are_taken_unless_switched(talk: Talk, sandbox: WinBooksSandbox) -> None:
    bodies = [{"Code": "EVA", "Third": {"Code": "EVA"}}, {"Code": "BEBOP", "Third": {"Code": "BEBOP"}}]
    assert talk.refused("POST", "Customers", bodies)[0] == 409
    assert talk.send("GET", "Customer/EVA").status_code == talk.send("GET", "Third/EVA").status_code == 204

    sandbox.habits.bulk_atomic = False
    assert talk.refused("POST", "Customers", bodies)[0] == 409
    assert talk.get("Customer/EVA")["Code"] == "EVA"


# Deleting ---------------------------------------------------------------------------------------------------------------


def test_a_deleted_customer_leaves_its_third(talk: Talk, sandbox: WinBooksSandbox) -> None:
    third = talk.get("Customer/10042")["Third_Id"]
    assert talk.saved("DELETE", "Customer/10042") is None
    assert talk.send("GET", "Customer/10042").status_code == 204
    assert sandbox.one("Third", Code="10042")["Id"] == third

    talk.saved("POST", "Customer/10042", {"Code": "10042", "Third": {"Code": "10042"}})
    assert sandbox.customer("10042")["Third_Id"] == third
    assert talk.ask("Customer", condition("Third_Id", EQ, third)) != []


def test_who_is_referred_to_cannot_be_deleted(talk: Talk, sandbox: WinBooksSandbox) -> None:
    talk.book(talk.sale())
    for path in ("Customer/10042", "Third/20017", "GLAccount/400000", "Vat/21", "Journal/VERK", "Currency/EUR"):
        assert talk.refused("DELETE", path)[0] == 400, path
    assert talk.refused("DELETE", "Customer/10042")[1] == "Customer: it cannot be deleted, because it is in use."


def test_a_third_takes_its_parts_along(talk: Talk, sandbox: WinBooksSandbox) -> None:
    third = sandbox.one("Third", Code="10042")
    talk.saved("DELETE", "Customer/10042")
    talk.saved("DELETE", "Third/10042")

    for om in ("Third_Address", "Address", "Third_Contact", "BankAccount"):
        assert all(each["Third_Id"] != third["Id"] for each in sandbox.rows(om, deep=False)), om
    assert talk.send("GET", "Third/10042").status_code == 204
