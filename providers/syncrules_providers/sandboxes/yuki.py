"""A Yuki of our own on loopback: its classic web services over invented books, and a person at its screen.

What the services do where no source says what they should is listed in `yuki_assumptions.ASSUMPTIONS`, and what of the
vendor's services is not here in `yuki_assumptions.NOT_EMULATED`.
The WSDLs are not ours to give away: a client brings its own and is told this address.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal, Self
from urllib.parse import parse_qsl

from lxml import etree

from syncrules_providers.sandboxes import soap_server as soap
from syncrules_providers.sandboxes import yuki_tables as tables
from syncrules_providers.sandboxes.server import Answer, Request, Sandbox
from syncrules_providers.sandboxes.story import Story, tell
from syncrules_providers.sandboxes.yuki_assumptions import Switches
from syncrules_providers.sandboxes.yuki_portal import Portal, YukiFault
from syncrules_providers.sandboxes.yuki_screen import Screen
from syncrules_providers.sandboxes.yuki_services import Services
from syncrules_providers.sandboxes.yuki_shapes import NAMESPACE, SERVICES, fits_a_form, now_in_amsterdam
from syncrules_providers.sandboxes.yuki_story import ADMINISTRATION, DOMAIN, lay_out

PLACE = re.compile(r"/ws/(?P<service>\w+)\.asmx(?:/(?P<operation>\w+))?", re.IGNORECASE)
FORM = "application/x-www-form-urlencoded"
WRITING = ("UpdateContact", "ProcessSalesInvoices")
UNKNOWN_OPERATION = "unknown"


class YukiSandbox(Screen, Sandbox):
    """Serve two domains with three administrations to whoever has the access key.

    The first administration holds the story, the others are empty.
    """

    def __init__(
        self,
        story: Story | None = None,
        *,
        port: int = 0,
        latency: float = 0.0,
        api_key: str = "11111111-aaaa-4bbb-8ccc-222222222222",
        region: tables.Region = "nl",
        language: Literal["nl-be", "en"] = "nl-be",
        bundle: str = "Small",
        awkward: bool = False,
        session_lifetime: timedelta = timedelta(hours=24),
        calls_per_day: int = tables.ALLOWANCES["free"],
        switches: Switches | None = None,
        now: Callable[[], datetime] = now_in_amsterdam,
    ) -> None:
        super().__init__(port=port, latency=latency)
        self.api_key = api_key
        self.switches = switches or Switches()
        self.now = now
        self.portal = Portal(region, language, now, session_lifetime, self.switches)
        self.portal.allowance = calls_per_day
        self.services = Services(self.portal, self.switches, now, bundle)
        lay_out(self.portal, api_key)
        if story is not None:
            self.load(story, awkward=awkward)

    @classmethod
    def seeded(cls, size: int, *, port: int = 0, country: str = "") -> Self:
        return cls(tell(size), port=port, awkward=True)

    @property
    def answers(self) -> dict[str, str]:
        return {
            "api_key": self.api_key,
            "region": self.portal.region,
            "domain": DOMAIN,
            "administration": ADMINISTRATION,
            "url": f"{self.url}/ws/",
        }

    # The road of one request ------------------------------------------------------------------------------------

    def describe(self, request: Request) -> tuple[str, bool]:
        place = PLACE.fullmatch(request.path.partition("?")[0])
        if place is None or place["service"].lower() not in SERVICES:
            return request.path.partition("?")[0], False
        operation = place["operation"]
        if operation is None and request.method == "POST":
            operation = soap.action_of(request, NAMESPACE) or _named_in_body(request)
        if operation not in SERVICES[place["service"].lower()].operations:
            return UNKNOWN_OPERATION, False
        return operation, operation in WRITING

    def respond(self, request: Request) -> Answer:
        place = PLACE.fullmatch(request.path.partition("?")[0])
        contract = SERVICES.get(place["service"].lower()) if place else None
        if place is None or contract is None:
            return Answer(404)
        if request.method not in ("GET", "POST"):
            return Answer(405, headers={"Allow": "GET, POST"})
        if place["operation"]:
            return self._form(request, contract, place["operation"])
        if request.method == "GET":
            return Answer(404)
        version = soap.version_of(request)
        if version is None:
            return Answer(415)
        try:
            return soap.enveloped(version, self._envelope(request, version, contract))
        except soap.Fault as fault:
            return soap.faulted(version, self._worded(fault))

    def _envelope(self, request: Request, version: soap.Version, contract: soap.Contract) -> str:
        if len(request.body) > tables.LARGEST_REQUEST:
            raise YukiFault("size")
        call = soap.opened(request, version, NAMESPACE, needs_action=False)
        operation = contract.operations.get(call.operation)
        if operation is None:
            raise soap.Fault(
                f"Server did not recognize the value of HTTP Header SOAPAction: {NAMESPACE}{call.operation}."
            )
        asked = contract.received(call.element, operation.asks, self.switches.element_order)
        told = self.services.call(operation.name, asked)
        return told.as_result(operation.name, escaped=self.switches.escaped_results)

    def _worded(self, fault: soap.Fault) -> soap.Fault:
        """Put the platform's own words in front of what the business refused, if it does so."""
        if not self.switches.asmx_wording or fault.blame == "Client":
            return fault
        return soap.Fault(f"Server was unable to process request. ---> {fault.text}", blame=fault.blame)

    # Without an envelope ----------------------------------------------------------------------------------------

    def _form(self, request: Request, contract: soap.Contract, name: str) -> Answer:
        """Answer GET, or a form that was posted: a bare result, or an error in plain text."""
        operation = contract.operations.get(name)
        if operation is None or not fits_a_form(operation):
            return _plain(f"Request format is unrecognized for URL unexpectedly ending in '/{name}'.")
        if request.method == "POST" and request.headers.get("content-type", "").partition(";")[0].strip() != FORM:
            return _plain(f"Request format is unrecognized for URL unexpectedly ending in '/{name}'.")
        sent = request.path.partition("?")[2] if request.method == "GET" else request.body.decode()
        values = dict(parse_qsl(sent, keep_blank_values=True))
        missing = next((each.name for each in operation.asks.fields if each.name not in values), None)
        if missing is not None:
            return _plain(f"Missing parameter: {missing}.")
        element = etree.Element(f"{{{NAMESPACE}}}{name}")
        for each in operation.asks.fields:
            etree.SubElement(element, f"{{{NAMESPACE}}}{each.name}").text = values[each.name]
        try:
            told = self.services.call(name, contract.received(element, operation.asks))
        except soap.Fault as fault:
            return _plain(self._worded(fault).text)
        head = '<?xml version="1.0" encoding="utf-8"?>' if told.as_form() else ""
        return Answer(200, f"{head}{told.as_form()}".encode(), {"Content-Type": "text/xml; charset=utf-8"})


def _plain(text: str) -> Answer:
    return Answer(500, text.encode(), {"Content-Type": "text/plain; charset=utf-8"})


def _named_in_body(request: Request) -> str | None:
    """Say which operation the body means, where no header does."""
    version = soap.version_of(request)
    if version is None:
        return None
    try:
        return soap.opened(request, version, NAMESPACE, needs_action=False).operation
    except soap.Fault:
        return None
