"""The consent page of Silverfin: who may let an application work with which firm.

Only an Admin of the firm can allow a sync; everybody else is told to ask one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from syncrules_providers.sandboxes import silverfin_pages as pages
from syncrules_providers.sandboxes.server import Answer
from syncrules_providers.sandboxes.silverfin_oauth import COPY, SYNC, Consents
from syncrules_providers.sandboxes.silverfin_office import Office
from syncrules_providers.sandboxes.silverfin_wire import Readings, Refused

ASKED = ("client_id", "redirect_uri", "response_type", "scope", "state")


class ConsentDesk:
    """Ask people for their consent, and send their answer where the application wants it.

    Args:
        redirects: where an answer may go.
        scopes: what the application may ask for.
    """

    def __init__(
        self,
        office: Office,
        consents: Consents,
        readings: Readings,
        client_id: str,
        application: str,
        redirects: Sequence[str],
        scopes: Sequence[str],
    ) -> None:
        self._office = office
        self._consents = consents
        self._readings = readings
        self._client_id = client_id
        self._application = application
        self._redirects = redirects
        self._scopes = scopes

    def give(self, user: int, firm: int, scopes: frozenset[str], redirect: str = COPY, *, hurry: bool = True) -> str:
        """Consent as somebody, and return the code.

        Raises:
            Refused: who it is does not work for this firm, or is no Admin and a sync is asked for.
        """
        role = self._office.users[user].roles.get(firm)
        if role is None:
            raise Refused(self._readings["other firm"], "You do not work for this firm.")
        if SYNC in scopes:
            if role != "Admin":
                raise Refused(
                    self._readings["not an admin"],
                    f"You are a {role}. Only an Admin can set up a synchronisation for the firm; ask one.",
                )
            self._office.connect(self._office.firms[firm], self._application)
        return self._consents.allow(firm, user, scopes, redirect, hurry=hurry)

    def ask(self, firm: str, asked: Mapping[str, str]) -> Answer:
        """Show the page; a firm in the address is only chosen beforehand."""
        refused = self._check(asked)
        if refused is not None:
            return refused
        people = {str(each.id): f"{each.name} ({each.position})" for each in self._office.users.values()}
        firms = {str(each.id): f"{each.name} ({each.id})" for each in self._office.firms.values()}
        hidden = {each: asked[each] for each in ASKED if each in asked}
        return pages.consent(self._application, self._wanted(asked), people, firms, firm, hidden)

    def decide(self, form: Mapping[str, str]) -> Answer:
        """Carry out what was pressed."""
        refused = self._check(form)
        if refused is not None:
            return refused
        if form.get("answer") != "authorise":
            return self._back(form, error="access_denied", error_description="The consent was not given.")
        user, firm = (form.get(each, "") for each in ("user", "firm"))
        if user not in map(str, self._office.users) or firm not in map(str, self._office.firms):
            return pages.sentence(self._readings["no consent page"], "Nothing was authorised", "Nobody was chosen.")
        try:
            code = self.give(int(user), int(firm), frozenset(self._wanted(form)), form["redirect_uri"])
        except Refused as no:
            return pages.sentence(no.status, "Nothing was authorised", no.message)
        return self._back(form, code=code, authorized_firm_id=firm)

    def _check(self, asked: Mapping[str, str]) -> Answer | None:
        if asked.get("client_id") != self._client_id:
            return pages.sentence(self._readings["no consent page"], "Error", "The application is unknown.")
        if asked.get("redirect_uri") not in self._redirects:
            return pages.sentence(self._readings["no consent page"], "Error", "The redirect_uri is not registered.")
        if asked.get("response_type") != "code":
            return self._back(asked, error="unsupported_response_type", error_description="Only code is supported.")
        if not set(self._wanted(asked)) <= set(self._scopes):
            return self._back(asked, error="invalid_scope", error_description="A scope is unknown or not allowed.")
        return None

    def _wanted(self, asked: Mapping[str, str]) -> list[str]:
        return asked.get("scope", "").split()

    def _back(self, asked: Mapping[str, str], **said: str) -> Answer:
        """Send an answer to the application, or show it if it is to be copied."""
        if asked["redirect_uri"] == COPY:
            if "code" not in said:
                return pages.sentence(200, "Nothing was authorised", f"{said['error']}: {said['error_description']}")
            return Answer(302, headers={"Location": f"/oauth/authorize/native?{urlencode(said)}"})
        state = {"state": asked["state"]} if "state" in asked else {}
        joint = "&" if "?" in asked["redirect_uri"] else "?"
        return Answer(302, headers={"Location": f"{asked['redirect_uri']}{joint}{urlencode({**said, **state})}"})
