"""Products go one way, from e-Boekhouden to Tribe."""

from __future__ import annotations

from decimal import Decimal

import eb
import pytest
from world import World

PRODUCTS = "Product"
CHAIR: eb.Row = {
    "ArtikelCode": "ST-1",
    "ArtikelOmschrijving": "Stoel\nvan eikenhout",
    "Eenheid": "doos",
    "InkoopprijsExclBTW": Decimal("12.345"),
    "VerkoopprijsExclBTW": Decimal("49.985"),
    "BTWCode": "LAAG_VERK_9",
}


def chair(here: World) -> eb.Row:
    """Look at the product in Tribe as a person sees it."""
    row = here.crm.one(PRODUCTS)
    said = eb.of(row, "Code", "Name", "PurchasePrice", "SalesPrice", "IsInactive")
    return {**said, "Unit": row["Unit"]["Name"], "VatGroup": row["VatGroup"]["Code"]}


IN_TRIBE: eb.Row = {
    "Code": "ST-1",
    "Name": "Stoel",
    "PurchasePrice": Decimal("12.35"),
    "SalesPrice": Decimal("49.99"),
    "IsInactive": False,
    "Unit": "doos",
    "VatGroup": "NL9",
}


@pytest.mark.requirement("EB-11")
@pytest.mark.requirement("EB-19")
def test_a_product_comes_with_all_its_fields_and_may_be_edited_on_an_invoice(here: World) -> None:
    article = here.books.add_article(**CHAIR)
    here.connect()
    (planned,) = here.plan()
    here.run()
    row = here.crm.one(PRODUCTS)

    assert planned["changes"]["IsVatIncluded"] is False  # whatever Tribe would take it to be
    assert chair(here) == IN_TRIBE
    assert (row["IsPriceEditable"], row["IsDescriptionEditable"], row["IsVatEditable"]) == (True, True, True)
    assert (row["IsVatIncluded"], row["ProductGroup"]["Name"]) == (False, "Algemeen")
    assert str(row["ImportId"]).endswith(f":{article};")
    assert here.books.writes == []
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-11")
@pytest.mark.requirement("EB-19")
def test_every_field_that_changes_in_the_books_changes_in_tribe(here: World) -> None:
    article = here.books.add_article(**CHAIR)
    here.run()
    here.crm.edit(PRODUCTS, here.crm.one(PRODUCTS)["ID"], IsPriceEditable=False, Description="met de hand")
    here.run()
    here.books.edit_article(
        article,
        ArtikelCode="ST-2",
        ArtikelOmschrijving="Kruk",
        Eenheid="stuk",
        InkoopprijsExclBTW=Decimal("10"),
        VerkoopprijsExclBTW=Decimal("40.10"),
        BTWCode="GEEN",
    )
    here.run()
    row = here.crm.one(PRODUCTS)

    assert chair(here) == {
        "Code": "ST-2",
        "Name": "Kruk",
        "PurchasePrice": Decimal("10.00"),
        "SalesPrice": Decimal("40.10"),
        "IsInactive": False,
        "Unit": "stuk",
        "VatGroup": "NL0",
    }
    assert (row["IsPriceEditable"], row["Description"]) == (False, "met de hand")
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-19")
@pytest.mark.requirement("X-01")
def test_what_tribe_cannot_show_of_a_product_is_no_change(here: World) -> None:
    article = here.books.add_article(**CHAIR)
    here.run()
    here.books.edit_article(
        article,
        ArtikelOmschrijving="Stoel\nvan beukenhout",
        InkoopprijsExclBTW=Decimal("12.346"),
        GroepOmschrijving="Meubels",
        VerkoopprijsInclBTW=Decimal("1.00"),
    )
    here.run()

    assert here.writes == 0
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-19")
def test_a_unit_that_tribe_lacks_or_that_is_empty_becomes_the_chosen_one(here: World) -> None:
    here.settings["unit"] = "dag"
    strange = here.books.add_article(**{**CHAIR, "Eenheid": "emmertje"})
    here.books.add_article(**{**CHAIR, "ArtikelCode": "ST-3", "Eenheid": ""})
    here.run()
    units = {each["Code"]: each["Unit"]["Name"] for each in here.crm.rows(PRODUCTS)}
    quiet = eb.is_quiet(here)
    here.books.edit_article(strange, Eenheid="paar")
    here.run()

    assert units == {"ST-1": "dag", "ST-3": "dag"}
    assert quiet
    assert here.crm.one(PRODUCTS, Code="ST-1")["Unit"]["Name"] == "paar"


@pytest.mark.requirement("EB-19")
@pytest.mark.requirement("X-07")
@pytest.mark.parametrize(("unit", "becomes"), [("emmertje", "dag"), ("", "dag"), ("STUK", "stuk")])
def test_the_plan_shows_the_unit_that_is_written(here: World, unit: str, becomes: str) -> None:
    here.settings["unit"] = "dag"
    here.books.add_article(**{**CHAIR, "Eenheid": unit})
    here.connect()
    (planned,) = here.plan()
    here.run()

    assert ["Unit", None, becomes] in planned["fields"]
    assert chair(here)["Unit"] == becomes


@pytest.mark.requirement("EB-19")
@pytest.mark.requirement("X-16")
@pytest.mark.parametrize("unit", ["emmertje", "", "STUK"])
def test_a_product_whose_unit_tribe_lacks_is_linked_again_without_a_write(here: World, unit: str) -> None:
    here.settings["unit"] = "dag"
    here.books.add_article(**{**CHAIR, "Eenheid": unit})
    here.run()
    here.lose_state()
    here.run()

    assert here.writes == 0
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-19")
@pytest.mark.requirement("X-08")
def test_a_vat_code_for_which_nothing_is_set_up_keeps_the_product_waiting(here: World) -> None:
    article = here.books.add_article(**{**CHAIR, "BTWCode": "BU_EU_VERK"})
    here.books.add_article(ArtikelCode="OK", ArtikelOmschrijving="Tafel", Eenheid="stuk", BTWCode="GEEN")
    here.run()
    told = here.judged("Stoel\nvan eikenhout", entity="product")
    names = [each["Name"] for each in here.crm.rows(PRODUCTS)]
    here.books.edit_article(article, BTWCode="HOOG_VERK_21")
    here.run()

    assert names == ["Tafel"]
    assert told.state == "failed"
    assert "BU_EU_VERK" in told.reason
    assert here.crm.one(PRODUCTS, Code="ST-1")["VatGroup"]["Code"] == "NL21"


@pytest.mark.requirement("EB-11")
def test_a_product_that_is_made_in_tribe_never_travels(here: World) -> None:
    here.run()
    unit = here.crm.lookup("Datastore_Unit", "uur")
    group = here.crm.rows("ProductGroup")[0]["ID"]
    said = {"Unit": {"ID": unit}, "VatGroup": eb.vat_group(here), "ProductGroup": {"ID": group}}
    here.crm.add(PRODUCTS, Name="Advies", Code="ADV", **said)
    here.run()

    assert here.books.articles() == []
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-11")
@pytest.mark.requirement("X-19")
def test_a_field_that_is_edited_in_tribe_stays_until_it_changes_in_the_books(here: World) -> None:
    article = here.books.add_article(**CHAIR)
    here.run()
    product = here.crm.one(PRODUCTS)["ID"]
    here.crm.edit(PRODUCTS, product, SalesPrice=Decimal("55"), Name="Stoel Eik")
    here.run()
    told, edited = here.notices(), chair(here)
    here.books.edit_article(article, VerkoopprijsExclBTW=Decimal("60"))
    here.run()

    assert any("Sales price" in each for each in told)
    assert edited == {**IN_TRIBE, "SalesPrice": Decimal("55"), "Name": "Stoel Eik"}
    assert chair(here) == {**IN_TRIBE, "SalesPrice": Decimal("60.00"), "Name": "Stoel Eik"}
    assert here.books.article()["VerkoopprijsExclBTW"] == Decimal("60")
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-11")
@pytest.mark.requirement("X-16")
def test_a_product_is_known_by_its_id_whatever_its_code(here: World) -> None:
    article = here.books.add_article(**CHAIR)
    here.run()
    here.books.edit_article(article, ArtikelCode="ST-9")
    here.lose_state()
    here.run()

    assert chair(here) == {**IN_TRIBE, "Code": "ST-9"}
    assert here.crm.one(PRODUCTS)["Code"] == "ST-9"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-17")
def test_a_product_that_goes_out_of_use_becomes_inactive_and_comes_back(here: World) -> None:
    article = here.books.add_article(**CHAIR)
    here.run()
    here.books.edit_article(article, Actief=False)
    here.run()
    out_of_use, calls = chair(here), here.writes
    quiet = eb.is_quiet(here)
    here.books.edit_article(article, Actief=True)
    here.run()

    assert out_of_use == {**IN_TRIBE, "IsInactive": True}
    assert calls == 1
    assert quiet
    assert chair(here) == IN_TRIBE
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-17")
def test_a_product_that_is_not_in_use_does_not_come_until_it_is(here: World) -> None:
    article = here.books.add_article(**CHAIR, Actief=False)
    here.run()
    before, told = here.crm.rows(PRODUCTS), here.judged("Stoel\nvan eikenhout", entity="product")
    here.books.edit_article(article, Actief=True)
    here.run()

    assert before == []
    assert (told.state, told.reason) == ("excluded", "not in use in e-Boekhouden")
    assert chair(here) == IN_TRIBE


@pytest.mark.requirement("EB-17")
def test_a_person_who_makes_a_product_inactive_in_tribe_is_left_alone(here: World) -> None:
    here.books.add_article(**CHAIR)
    here.run()
    here.crm.edit(PRODUCTS, here.crm.one(PRODUCTS)["ID"], IsInactive=True)
    here.run()

    assert chair(here)["IsInactive"] is True
    assert here.books.article()["Actief"] is True
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-15")
def test_a_product_that_is_deleted_on_one_side_stays_on_the_other(here: World) -> None:
    kept = here.books.add_article(**CHAIR)
    lost = here.books.add_article(ArtikelCode="TA-1", ArtikelOmschrijving="Tafel", Eenheid="stuk", BTWCode="GEEN")
    here.run()
    here.books.remove_article(lost)
    here.crm.remove(PRODUCTS, here.crm.one(PRODUCTS, Code="ST-1")["ID"])
    here.run(whole=True)
    told = eb.told(here, "Tafel", "eboekhouden", "product")
    here.books.edit_article(kept, ArtikelOmschrijving="Kruk")
    here.run(whole=True)

    assert (told.state, told.reason) == ("excluded", "deleted in e-Boekhouden; a deletion does not travel")
    assert [each["Code"] for each in here.crm.rows(PRODUCTS)] == ["TA-1"]
    assert here.crm.one(PRODUCTS)["IsInactive"] is False
    assert [each["ArtikelCode"] for each in here.books.articles()] == ["ST-1"]
    assert eb.is_quiet(here)
