"""A person at the screen of WinBooks: what a test does to relations and to the licence without the API, and what it sees.

Everything happens under the lock of the sandbox, so it may happen while the server runs.
Every method works in the first folder, unless `folder` names another. Rows that are handed out are copies.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.winbooks_access import Licence
from syncrules_providers.sandboxes.winbooks_assumed import Habits
from syncrules_providers.sandboxes.winbooks_folder import PERSON, Folder, Row
from syncrules_providers.sandboxes.winbooks_objects import EMPTY
from syncrules_providers.sandboxes.winbooks_saving import Saver


class Screen:
    """The half of the sandbox that a person sees; the other half answers the API."""

    lock: threading.RLock
    folders: dict[str, Folder]
    licence: Licence
    habits: Habits
    licence_module: bool
    email: str
    exchange_token: str

    @contextmanager
    def at_screen(self, folder: str = "") -> Iterator[tuple[Folder, Saver]]:
        """Sit down in a folder."""
        with self.lock:
            here = self.folders[folder] if folder else next(iter(self.folders.values()))
            here.who = PERSON
            yield here, Saver(here, self.habits)

    def load(self, story: Story, folder: str = "") -> None:
        """Enter what a story says that the books know."""
        from syncrules_providers.sandboxes import winbooks_story

        with self.at_screen(folder) as (here, saver):
            winbooks_story.load(here, saver, story)

    # Looking ----------------------------------------------------------------------------------------------------

    def rows(self, om: str, *, folder: str = "", deep: bool = True) -> list[dict[str, Any]]:
        """Copy all rows of an OM; deep ones with what they refer to and with their lists, but for the lines of a VAT code."""
        with self.at_screen(folder) as (here, _):
            return [_picture(here, om, row, deep) for row in here.rows[om].values()]

    def one(self, om: str, *, folder: str = "", **equals: Any) -> dict[str, Any]:
        """Copy the one row whose values are these.

        Raises:
            AssertionError: There is no such row, or more than one.
        """
        with self.at_screen(folder) as (here, _):
            found = [row for row in here.rows[om].values() if all(row[name] == value for name, value in equals.items())]
            assert len(found) == 1, f"{len(found)} rows of {om} where {equals}"
            return _picture(here, om, found[0], deep=True)

    def customers(self, folder: str = "") -> list[dict[str, Any]]:
        return self.rows("Customer", folder=folder)

    def customer(self, code: str, folder: str = "") -> dict[str, Any]:
        return self.one("Customer", Code=code, folder=folder)

    def suppliers(self, folder: str = "") -> list[dict[str, Any]]:
        return self.rows("Supplier", folder=folder)

    def supplier(self, code: str, folder: str = "") -> dict[str, Any]:
        return self.one("Supplier", Code=code, folder=folder)

    # Relations --------------------------------------------------------------------------------------------------

    def add(self, om: str, folder: str = "", /, **values: Any) -> str:
        """Add an object as a body says it, nested objects included, and return its Id."""
        with self.at_screen(folder) as (_, saver):
            return str(saver.create(om, values)["Id"])

    def edit(self, om: str, key: str, folder: str = "", /, **values: Any) -> None:
        """Change an object by its Id."""
        with self.at_screen(folder) as (_, saver):
            saver.update(om, key, values)

    def remove(self, om: str, key: str, folder: str = "", /) -> None:
        """Delete an object by its Id."""
        with self.at_screen(folder) as (_, saver):
            saver.delete(om, key)

    def add_customer(self, code: str, name: str, *, folder: str = "", om: str = "Customer", **third: Any) -> str:
        """Add a customer with its Third, which may have other values too."""
        return self.add(om, folder, Code=code, Third={"Code": code, "Name": name, **third})

    def add_supplier(self, code: str, name: str, *, folder: str = "", **third: Any) -> str:
        """Add a supplier with its Third, which may have other values too."""
        return self.add_customer(code, name, folder=folder, om="Supplier", **third)

    def edit_customer(self, code: str, *, folder: str = "", **values: Any) -> None:
        self.edit("Customer", self._key("Customer", code, folder), folder, **values)

    def edit_supplier(self, code: str, *, folder: str = "", **values: Any) -> None:
        self.edit("Supplier", self._key("Supplier", code, folder), folder, **values)

    def edit_third(self, code: str, *, folder: str = "", **values: Any) -> None:
        self.edit("Third", self._key("Third", code, folder), folder, **values)

    def edit_address(self, code: str, *, folder: str = "", **values: Any) -> None:
        """Change the address of a Third that counts; it gets one if it has none."""
        with self.at_screen(folder) as (here, saver):
            third = self._key("Third", code, folder)
            address = here.default_address(third)
            flags = {"IsInvoicing": True, "IsInvoicingDefault": True}
            if address is not None:
                saver.update("Address", address["Id"], values)
            elif here.version == "2.4":
                saver.create("Address", {**flags, **values, "Third_Id": third})
            else:
                saver.create("Third_Address", {**flags, "Third_Id": third, "Address": values})

    def edit_contact(self, code: str, *, folder: str = "", **values: Any) -> None:
        """Change the default contact of a Third; it gets one if it has none."""
        with self.at_screen(folder) as (here, saver):
            third = self._key("Third", code, folder)
            links = here.referring("Third_Contact", "Third_Id", third)
            found = next((each["Contact_Id"] for each in links if each["IsDefault"]), None)
            if found is not None:
                saver.update("Contact", found, values)
            else:
                saver.create("Third_Contact", {"IsDefault": True, "Third_Id": third, "Contact": values})

    def deactivate_customer(self, code: str, *, hidden: bool = True, locked: bool = True, folder: str = "") -> None:
        """Take a customer out of use: hide it, lock it, or both."""
        self.edit_customer(code, folder=folder, IsHidden=hidden, IsLocked=locked)

    def reactivate_customer(self, code: str, *, folder: str = "") -> None:
        self.edit_customer(code, folder=folder, IsHidden=False, IsLocked=False)

    def remove_customer(self, code: str, *, folder: str = "") -> None:
        """Delete a customer; its Third stays."""
        self.remove("Customer", self._key("Customer", code, folder), folder)

    def _key(self, om: str, code: str, folder: str) -> str:
        with self.at_screen(folder) as (here, _):
            row = here.by_code(om, code)
            assert row is not None, f"there is no {om} '{code}'"
            return str(row["Id"])

    # The licence ------------------------------------------------------------------------------------------------

    def let_in(self, email: str = "", **how: Any) -> str:
        """Add an external application and return the exchange token; from now on `answers` tells these two."""
        with self.lock:
            self.email = email or self.email
            self.exchange_token = self.licence.let_in(self.email, **how)
            return self.exchange_token

    def revoke(self, exchange_token: str = "") -> None:
        """Delete an external application: every token that it was given is dead."""
        with self.lock:
            self.licence.throw_out(exchange_token or self.exchange_token)

    def expire_exchange_token(self) -> None:
        """Let every exchange token be too old."""
        with self.lock:
            self.licence.expire_exchange_tokens()

    def expire_tokens(self) -> None:
        """Let every access token end now; refresh tokens live on."""
        with self.lock:
            self.licence.expire_access_tokens()

    def forget_refresh_tokens(self) -> None:
        """Let no refresh token work any more."""
        with self.lock:
            self.licence.forget_refresh_tokens()

    def switch_module(self, active: bool, folder: str = "") -> None:
        """Switch the REST API module of a folder on or off, or that of the whole licence."""
        with self.lock:
            if folder:
                self.folders[folder].module_active = active
            else:
                self.licence_module = active


def _picture(folder: Folder, om: str, row: Row, deep: bool, above: tuple[str, ...] = ()) -> dict[str, Any]:
    """Copy a row; deep, with what it refers to inside it, but never the way back."""
    picture = {name: value for name, value in row.items() if not name.startswith("_")}
    if not deep or len(above) > 3:
        return picture
    above = (*above, row["Id"])
    for each in folder.model[om].references.values():
        other: Mapping[str, Any] | None = folder.row(each.target, row[each.id_field])
        if other is not None and row[each.id_field] != EMPTY and other["Id"] not in above:
            picture[each.name] = _picture(folder, each.target, other, True, above)
    for entry in folder.model[om].lists.values() if om != "Vat" else ():
        picture[entry.name] = [
            _picture(folder, entry.target, each, True, above) for each in folder.listed(entry, row["Id"])
        ]
    return picture
