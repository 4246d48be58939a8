"""How a body becomes rows: partial objects, friendly codes, nested objects and lists, as far as the vendor's own mapper goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncrules_providers.sandboxes import winbooks_posting as posting
from syncrules_providers.sandboxes.winbooks_assumed import Habits, Refused
from syncrules_providers.sandboxes.winbooks_folder import Folder, Row
from syncrules_providers.sandboxes.winbooks_objects import EMPTY, ListOf, Om, Property, Reference
from syncrules_providers.sandboxes.winbooks_wire import coerce, collated, is_guid, stored

ROLES = ("Customer", "Supplier")
PARTS = ("Third", "Address", "Third_Address", "Contact", "Third_Contact", "BankAccount")
"""What may be made inside another object; everything else is only looked up there."""
_ONE_FOR_EACH_THIRD = ("IsInvoicingDefault", "IsPostingDefault", "IsDeliveringDefault")


class Saver:
    """Carry out what a body asks of a folder, all of it or nothing."""

    def __init__(self, folder: Folder, habits: Habits) -> None:
        self._folder = folder
        self._habits = habits

    def create(self, om: Om | str, body: object, code: str | None = None) -> Row:
        """Make an object, with what is nested in it.

        Args:
            code: what the address says, if it says a code.

        Raises:
            Refused: The body is not right; nothing was written.
        """
        om = self._folder.model[om] if isinstance(om, str) else om
        with self._folder.transaction():
            key = self._create(om, _object(body), code)
            self._settle()
            return self._folder.rows[om.name][key]

    def update(self, om: Om | str, key: str, body: object, code: str | None = None) -> Row:
        """Change what the body names, and nothing else.

        Raises:
            Refused: There is no such object, or the body is not right; nothing was written.
        """
        om = self._folder.model[om] if isinstance(om, str) else om
        with self._folder.transaction():
            self._update(om, key, _object(body), code)
            self._settle()
            return self._folder.rows[om.name][key]

    def delete(self, om: Om | str, key: str) -> None:
        """Take an object away, with the elements of its lists.

        Raises:
            Refused: Somebody refers to it, or the books are closed.
        """
        om = self._folder.model[om] if isinstance(om, str) else om
        with self._folder.transaction():
            self.drop(om, key)
            self._settle()

    def drop(self, om: Om | str, key: str) -> None:
        """Take an object away as a part of a change that is not finished yet."""
        om = self._folder.model[om] if isinstance(om, str) else om
        posting.guard(self._folder, om, key)
        owned = _owned(om)
        if self._folder.is_in_use(om, key, [(each.target, each.by) for each in owned]):
            raise Refused("validation", f"{om.name}: it cannot be deleted, because it is in use.")
        for each in owned:
            # From behind, because a line may refer to one before it.
            for row in reversed(self._folder.referring(each.target, each.by, key)):
                self.drop(self._folder.model[each.target], row["Id"])
        row = self._folder.rows[om.name][key]
        self._folder.forget(om, key)
        if om.name == "GLTrans":
            self._folder.touched.append((self._folder.model["GLTransHeader"], row["GLTransHeader_Id"]))

    def key_of(self, om: Om, body: Mapping[str, Any]) -> str | None:
        """Find what an object in a body means: its Id, else its code; None if there is no such row.

        Raises:
            Refused: It says neither.
        """
        said = _said(body)
        if is_guid(said.get("id")) and said["id"] != EMPTY:
            row = self._folder.row(om, str(said["id"]).lower())
        elif om.has_code and said.get("code") not in (None, ""):
            row = self._folder.by_code(om, str(said["code"]))
        else:
            raise Refused("validation", f"{om.name}: {'Code' if om.has_code else 'Id'} is missing.")
        return row["Id"] if row is not None else None

    # One object -------------------------------------------------------------------------------------------------

    def _create(self, om: Om, body: Mapping[str, Any], code: str | None, by: Mapping[str, str] | None = None) -> str:
        values, nested, lists = self._read(om, body)
        self._check_code(om, values, code, required=True)
        values |= by or {}
        for each, inside in nested:
            values[each.id_field] = self._nested(om, values, each, inside)
        if om.name in ROLES and values.get("Third_Id", EMPTY) == EMPTY:
            raise Refused("validation", f"{om.name}: Third is missing.")
        if om.name == "Third_Address" and values.get("Address_Id", EMPTY) == EMPTY:
            raise Refused("validation", "Third_Address: Address is missing.")
        posting.number(self._folder, om, values, self._habits)
        key = self._folder.new_id(om)
        self._folder.write(om, key, values)
        self._elements(om, key, lists)
        return key

    def _update(
        self, om: Om, key: str, body: Mapping[str, Any], code: str | None, by: Mapping[str, str] | None = None
    ) -> None:
        row = self._folder.row(om, key)
        if row is None:
            raise Refused("no such object", f"{om.name}: there is none with this Id.")
        posting.guard(self._folder, om, key)
        values, nested, lists = self._read(om, body)
        self._check_code(om, values, code, required=False, row=row)
        values |= by or {}
        for each, inside in nested:
            values[each.id_field] = self._nested(om, {**row, **values}, each, inside)
        self._folder.write(om, key, values)
        self._elements(om, key, lists)

    def _check_code(
        self, om: Om, values: Mapping[str, Any], addressed: str | None, *, required: bool, row: Row | None = None
    ) -> None:
        if not om.has_code:
            return
        code = values.get("Code") or ""
        if not code.strip():
            if required or "Code" in values:
                raise Refused("validation", f"{om.name}: Code is missing.")
            return
        if addressed is not None and not is_guid(addressed) and collated(addressed) != collated(code):
            raise Refused("validation", f"{om.name}: Code '{code}' is not that of the address, '{addressed}'.")
        if len(code) > self._habits.longest_code:
            raise Refused("validation", f"{om.name}: Code '{code}' is longer than {self._habits.longest_code}.")
        taken = self._folder.by_code(om, code)
        if taken is not None and (row is None or taken["Id"] != row["Id"]):
            raise Refused("duplicate code", f"{om.name}: Code '{code}' is in use.")

    def _nested(self, om: Om, values: Mapping[str, Any], reference: Reference, inside: object) -> str:
        """Find or make the object that is nested in another, and change it as the body says."""
        target = self._folder.model[reference.target]
        if inside is None:
            return EMPTY
        body = _object(inside)
        said = _said(body)
        has_key = is_guid(said.get("id")) or (target.has_code and said.get("code") not in (None, ""))
        is_its_third = om.name in ROLES and target.name == "Third"
        if is_its_third and "code" in said and collated(str(said["code"])) != collated(str(values["Code"])):
            raise Refused("validation", f"{om.name}: Code and Third.Code are not the same.")
        key = self.key_of(target, body) if has_key or target.has_code else None
        if key is None and target.name not in PARTS:
            raise Refused("validation", f"{om.name}: there is no {target.name} '{said.get('code', said.get('id'))}'.")
        if key is None:
            if is_guid(said.get("id")):
                raise Refused("validation", f"{om.name}: there is no {target.name} with this Id.")
            return self._create(target, body, None)
        if target.name in PARTS:
            self._update(target, key, body, None)
        return key

    def _elements(self, om: Om, owner: str, lists: list[tuple[ListOf, object]]) -> None:
        for entry, elements in lists:
            target = self._folder.model[entry.target]
            if not isinstance(elements, list):
                raise Refused("validation", f"{om.name}: {entry.name} must be an array.")
            for each in elements:
                body = _object(each)
                key = _said(body).get("id")
                if is_guid(key) and key != EMPTY:
                    self._update(target, str(key).lower(), body, None, {entry.by: owner})
                else:
                    self._create(target, body, None, {entry.by: owner})

    # What a body says -------------------------------------------------------------------------------------------

    def _read(
        self, om: Om, body: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[tuple[Reference, object]], list[tuple[ListOf, object]]]:
        """Sort a body into values to write, objects that are nested in it, and lists."""
        said = _said(body)
        self._check_type(om, said)
        if om.name == "Third" and said.keys() & {"defaultaddress", "defautaddress"}:
            raise Refused("validation", "Third: DefaultAddress cannot be written.")
        # A depth of one says that there is nothing below to look a code up in.
        friendly = coerce("int", said.get("totallevel", 2), "TotalLevel") != 1
        values: dict[str, Any] = {}
        nested: list[tuple[Reference, object]] = []
        lists: list[tuple[ListOf, object]] = []
        for name, value in said.items():
            match om.members.get(name):
                case ("property", Property() as each):
                    values[each.name] = stored(each.name, each.kind, coerce(each.kind, value, f"{om.name}.{each.name}"))
                case ("id", Reference() as each):
                    values[each.id_field] = self._by_id(om, each, value)
                case ("code", Reference() as each) if friendly and self._folder.model[each.target].has_code:
                    values[each.id_field] = self._by_code(om, each, value)
                case ("nested", Reference() as each):
                    nested.append((each, value))
                case ("list", ListOf() as each) if value is not None:
                    lists.append((each, value))
        for name in values.keys() & set(self._habits.padded):
            values[name] = values[name].rstrip() if values[name] is not None else None
        return values, nested, lists

    def _check_type(self, om: Om, said: Mapping[str, Any]) -> None:
        kind = said.get("$type")
        if kind is not None and self._folder.model.typed(str(kind)) is not om:
            raise Refused("validation", f"$type '{kind}' is not {om.name}.")

    def _by_id(self, om: Om, reference: Reference, value: object) -> str:
        key = str(coerce("guid", value, f"{om.name}.{reference.id_field}"))
        if key != EMPTY and self._folder.row(reference.target, key) is None:
            raise Refused("validation", f"{om.name}.{reference.id_field}: there is no {reference.target} '{value}'.")
        return key

    def _by_code(self, om: Om, reference: Reference, value: object) -> str:
        if value in (None, ""):
            return EMPTY
        row = self._folder.by_code(reference.target, str(value))
        if row is None:
            raise Refused("validation", f"{om.name}.{reference.code_field}: there is no {reference.target} '{value}'.")
        return str(row["Id"])

    # Afterwards -------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Look at everything that was written: flags that can stand only once, owners, and books that must balance."""
        for om, key in list(self._folder.touched):
            row = self._folder.row(om, key)
            if row is not None and om.name == "Third_Address":
                self._tell_address(row)
            if row is not None and "IsInvoicingDefault" in om.properties:
                self._give_up_flags(om, row)
            if self._habits.parts_touch_owner and row is not None and om.name in PARTS:
                self._touch_owners(row.get("Third_Id", key))
        posting.check(self._folder, self._habits)
        self._folder.touched.clear()

    def _tell_address(self, holder: Row) -> None:
        address = self._folder.rows["Address"].get(holder["Address_Id"])
        if address is not None and address["Third_Id"] == EMPTY:
            self._folder.amend("Address", address["Id"], {"Third_Id": holder["Third_Id"]})

    def _give_up_flags(self, om: Om, row: Row) -> None:
        flags = [name for name in _ONE_FOR_EACH_THIRD if row[name]]
        for other in self._folder.referring(om.name, "Third_Id", row["Third_Id"]) if flags else ():
            given_up = {name: False for name in flags if other[name]}
            if given_up and other["Id"] != row["Id"]:
                self._folder.write(om, other["Id"], given_up)

    def _touch_owners(self, third: str) -> None:
        for name in ROLES:
            for role in self._folder.referring(name, "Third_Id", third):
                self._folder.write(self._folder.model[name], role["Id"], {})


def _owned(om: Om) -> list[ListOf]:
    """List what goes with an object when it goes."""
    lists = [each for each in om.lists.values() if om.name != "Vat"]
    return [*lists, ListOf("", "Address", "Third_Id")] if om.name == "Third" else lists


def _object(body: object) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise Refused("validation", "An object is wanted here.")
    return body


def _said(body: Mapping[str, Any]) -> dict[str, Any]:
    """Say a body by names in small letters, because capitals do not count."""
    return {name.lower(): value for name, value in body.items()}
