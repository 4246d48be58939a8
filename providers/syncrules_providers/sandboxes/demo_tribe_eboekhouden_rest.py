"""What happens in the demo between Tribe and e-Boekhouden over REST: the same days, and what only REST can see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from syncrules_providers.sandboxes import demo_tribe_eboekhouden as over_soap


class Demo(over_soap.Demo):
    """The story as over SOAP, in which somebody also takes a relation out of use."""

    system: ClassVar[str] = "eboekhouden-rest"

    waits: ClassVar[Mapping[str, str]] = {**over_soap.Demo.waits, "Ruststand B.V.": "not in use in e-Boekhouden"}

    def __init__(self, systems: Mapping[str, Any]) -> None:
        super().__init__(systems)
        self.idle = {each["Bedrijf"] for each in self.books.relations() if each["inactive"]} - self._names_in_tribe()

    @property
    def parts(self) -> Sequence[tuple[str, Sequence[over_soap.Chapter]]]:
        *before, (heading, chapters) = super().parts
        goes = ("In e-Boekhouden, Zaadhandel Kiem is taken out of use.", self.relation_goes)
        return (*before, (heading, (*chapters, goes)))

    def relation_goes(self) -> None:
        self.books.deactivate_relation(self.books.relation(Code="00017")["ID"])

    def checks(self) -> Iterator[tuple[str, bool]]:
        """Say what must be so now, and whether it is."""
        yield from super().checks()
        kiem = self._organisation("00017")["ID"]
        roles = [each for each in self.crm.rows(over_soap.CUSTOMERS) if each["Organization"]["ID"] == kiem]
        yield "whom the books took out of use stays active in Tribe", [each["IsFormer"] for each in roles] == [False]
        came = self.idle & self._names_in_tribe()
        yield f"none of the {len(self.idle)} that were not in use came to Tribe", bool(self.idle) and not came

    def _names_in_tribe(self) -> set[str]:
        persons = self.crm.rows("Relation_Person")
        names = {" ".join(filter(None, (each["FirstName"], each["MiddleName"], each["LastName"]))) for each in persons}
        return names | {each["Name"] for each in self.crm.rows("Relation_Organization")}
