"""An invented Tribe CRM tenant on loopback: tokens, OData and webhook registration, in Tribe's own protocol.

It shares no code with our transport, so that each can prove the other wrong.
What nobody outside Tribe knows for sure is declared in `tribe.yaml`, with its certainty.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from syncrules_providers.sandboxes import tribe_story
from syncrules_providers.sandboxes.courier import Courier
from syncrules_providers.sandboxes.odata import (
    Shape,
    bad_query,
    read_filter,
    read_flag,
    read_options,
    read_order,
    read_shape,
    read_whole_number,
    show,
    sort,
)
from syncrules_providers.sandboxes.server import Answer, Request, Sandbox
from syncrules_providers.sandboxes.story import Story, tell
from syncrules_providers.sandboxes.tribe_model import (
    EntityType,
    Model,
    Refused,
    declaration,
    full_model,
    metadata_json,
    metadata_xml,
    read_guid,
    say_moment,
    status,
)
from syncrules_providers.sandboxes.tribe_rules import Tenant
from syncrules_providers.sandboxes.tribe_store import Row, View, no_such
from syncrules_providers.sandboxes.tribe_webhooks import signature, told

_ODATA = "/v1/odata"
_WEBHOOKS = "/v1/webhooks"
_TOKEN = "/oauth2/token"
_EMPLOYEES = "Relationship_Person_Contact_Employee"
_DEPTH = 3
"""How many links away a person at the screen still sees everything."""
_JSON = {"Content-Type": "application/json;odata.metadata=minimal", "OData-Version": "4.0"}


class TribeSandbox(Sandbox):
    """Serve one invented Tribe CRM tenant, and let a person work in it.

    Args:
        story: who and what is in it at the start.
        page_size_default: rows on a page for which no $top was asked.
        page_size_max: rows on any page.
        stale_read_ms: how far queries lag behind writes.
        token_lifetime_s: seconds that a token works.
        billing_module: whether the tenant has invoices, lines and payments at all.
        auto_number_debtors: whether who becomes a customer gets a debtor number.
        freeze_after_sent: whether a sent invoice is final.
        country: where the tenant is, NL or BE: its VAT groups and ledger accounts.
        rates: what one unit of the currency of the tenant is worth in others; no rate is a rate of one.
        webhook_pauses: seconds before each further try of a delivery that nobody took.
    """

    def __init__(
        self,
        story: Story | None = None,
        *,
        port: int = 0,
        latency: float = 0.0,
        client_id: str = "demo-client",
        client_secret: str = "demo-secret",
        webhook_secret: str = "demo-webhook-secret",
        page_size_default: int = 100,
        page_size_max: int = 1000,
        stale_read_ms: int = 0,
        token_lifetime_s: float = 3600,
        billing_module: bool = True,
        auto_number_debtors: bool = False,
        freeze_after_sent: bool = True,
        country: str = "NL",
        rates: Mapping[str, Decimal] | None = None,
        webhook_pauses: Sequence[float] = (1, 2, 4, 8, 16),
    ) -> None:
        super().__init__(port=port, latency=latency)
        self.client_id = client_id
        self.client_secret = client_secret
        self.webhook_secret = webhook_secret
        self.page_size_default = page_size_default
        self.page_size_max = page_size_max
        self.token_lifetime_s = token_lifetime_s
        self.billing_module = billing_module
        self._models = {True: full_model(), False: full_model().without("billing")}
        self._tenant = Tenant(
            full_model(),
            stale_read_ms=stale_read_ms,
            auto_number_debtors=auto_number_debtors,
            freeze_after_sent=freeze_after_sent,
            country=country,
            rates=rates,
        )
        self._tokens: dict[str, tuple[float, frozenset[str]]] = {}
        """When each token ends, and what it may do."""
        self._webhooks: dict[str, dict[str, Any]] = {}
        header = declaration()["behaviour"]["webhook signature"]["value"]
        self.courier = Courier(lambda body: {header: signature(self.webhook_secret, body)}, webhook_pauses)
        self._last_query: tuple[object, list[Row]] = (None, [])
        if story is not None:
            self.load(story)
        self._tenant.happened = self._tell

    @classmethod
    def seeded(cls, size: int, *, port: int = 0, country: str = "") -> Self:
        return cls(tell(size), port=port, country=country or "NL")

    @property
    def answers(self) -> dict[str, str]:
        return {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "api_url": self.url,
            "token_url": self.url + _TOKEN,
            "webhook_secret": self.webhook_secret,
        }

    def start(self) -> Self:
        self.courier.start()
        return super().start()

    def stop(self) -> None:
        super().stop()
        self.courier.stop()

    def load(self, story: Story) -> None:
        """Put what the CRM knows of a story into this tenant."""
        with self.lock:
            tribe_story.load(self._tenant, story)

    # A person at the screen -------------------------------------------------------------------------------------

    def add(self, set_name: str, **props: Any) -> str:
        """Add a row, deep like a POST, and return its ID."""
        with self.lock:
            return str(self._tenant.create(self._model.set(set_name), props)["ID"])

    def edit(self, set_name: str, key: str, **props: Any) -> None:
        """Change some properties of a row."""
        with self.lock:
            self._tenant.update(self._model.set(set_name), key, props)

    def remove(self, set_name: str, key: str) -> None:
        """Delete a row, where Tribe lets a person do that."""
        with self.lock:
            self._tenant.delete(self._model.set(set_name), key)

    def rows(self, set_name: str) -> list[dict[str, Any]]:
        """Copy all rows of a set, with what they link to three levels deep; invoices with their lines and payments."""
        with self.lock:
            view = self._tenant.view()
            return [self._picture(view, row) for row in view.rows(self._model.set(set_name).name, self._model)]

    def one(self, set_name: str, **equals: Any) -> dict[str, Any]:
        """Copy the one row whose properties are these; `Organization__DebtorNumber` looks through a link.

        Raises:
            AssertionError: there is no such row, or more than one.
        """
        with self.lock:
            view = self._tenant.view()
            rows = view.rows(self._model.set(set_name).name, self._model)
            found = [
                row for row in rows if all(self._reach(view, row, path) == wanted for path, wanted in equals.items())
            ]
            assert len(found) == 1, f"{set_name} has {len(found)} rows with {equals}"
            return self._picture(view, found[0])

    def send_invoice(self, key: str) -> None:
        """Press Send: the invoice gets its number and date, and is final."""
        self.edit("Activity_Invoice", key, Phase={"ID": self.lookup("Datastore_Phase_ActivityInvoice", "Sent")})

    def make_former(self, set_name: str, key: str) -> None:
        """End a role: who had it is a former customer or supplier from now on."""
        self.edit(set_name, key, IsFormer=True, FormerDate=self._tenant.now())

    def merge(self, winner: str, loser: str) -> None:
        """Merge two relations: what the second one had moves to the first, and the second one is deleted."""
        with self.lock:
            self._tenant.merge(winner, loser)

    def keep_back(self, *keys: str) -> None:
        """Let these rows belong to a team of which the integration is no member: it is told of them no more."""
        with self.lock:
            self._tenant.kept_back.update(keys)

    def lookup(self, set_name: str, code: str) -> str:
        """Find the ID of a lookup row, such as a phase or a country, by its code."""
        with self.lock:
            return self._tenant.lookup(self._model.set(set_name).name, code)

    def expire_tokens(self) -> None:
        """Let every token end now."""
        with self.lock:
            self._tokens.clear()

    @property
    def stale_read_ms(self) -> float:
        """How far queries lag behind writes; set it to 0 and they have caught up."""
        return self._tenant.stale_read_ms

    @stale_read_ms.setter
    def stale_read_ms(self, milliseconds: float) -> None:
        with self.lock:
            self._tenant.stale_read_ms = milliseconds

    @property
    def own_relation(self) -> str:
        """The ID of the organisation whose tenant this is: the parent of every role."""
        return self._tenant.own_relation

    def _picture(self, view: View, row: Row, path: tuple[str, ...] = ()) -> dict[str, Any]:
        """Copy a row with what it links to; the way back and what is farther than three links are told by ID only."""
        kind, path = self._tenant.kind_of(row), (*path, row["ID"])
        picture = {each.name: _plain(view.value(row, each.name)) for each in kind.properties.values()}
        for nav in kind.singles:
            other = view.row(row[nav.name])
            if other is not None and (other["ID"] in path or len(path) > _DEPTH):
                picture[nav.name] = {"ID": other["ID"]}
            else:
                picture[nav.name] = self._picture(view, other, path) if other is not None else None
        for name in ("ProductLines", "Payments"):
            if name in kind.navigations and len(path) == 1:
                lines = view.many(row["ID"], kind.navigations[name])
                picture[name] = [self._picture(view, each, path) for each in lines]
        return picture

    def _reach(self, view: View, row: Row | None, path: str) -> Any:
        *steps, last = path.split("__") if not path.startswith("_") else [path]
        for step in steps:
            row = view.row(row.get(step)) if row is not None else None
        return _plain(view.value(row, last)) if row is not None else None

    # The protocol -----------------------------------------------------------------------------------------------

    @property
    def _model(self) -> Model:
        return self._models[self.billing_module]

    def describe(self, request: Request) -> tuple[str, bool]:
        path = unquote(request.path.partition("?")[0])
        if path.startswith(_ODATA):
            match = re.match(r"/?([$\w]*)", path.removeprefix(_ODATA))
            return (match.group(1) if match else "") or "service document", request.method not in ("GET", "HEAD")
        return path.strip("/"), path.startswith(_WEBHOOKS) and request.method != "GET"

    def respond(self, request: Request) -> Answer:
        path, _, query = request.path.partition("?")
        path = unquote(path)
        try:
            if path == _TOKEN:
                return self._token(request)
            if path != _WEBHOOKS and not path.startswith((_WEBHOOKS + "/", _ODATA + "/")) and path != _ODATA:
                raise Refused(404, f"Nothing is found at {path}.")
            options = read_options(query)
            self._check_bearer(request, options)
            if request.method == "PATCH":
                raise Refused(status("patch"), "PATCH is not allowed; use PUT.")
            if path.startswith(_WEBHOOKS):
                return self._webhook(request, path.removeprefix(_WEBHOOKS).strip("/"))
            return self._odata(request, path.removeprefix(_ODATA).strip("/"), options)
        except Refused as error:
            headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
            return _json(error.status, {"error": {"code": None, "message": error.message}}, headers)
        except Exception as error:  # a fault of the sandbox must not look like a lost connection
            return _json(500, {"error": {"code": "500", "message": repr(error)}})

    # Tokens -----------------------------------------------------------------------------------------------------

    def _token(self, request: Request) -> Answer:
        if request.method != "POST":
            raise Refused(405, "A token is asked for with POST.")
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return _token_refused("token request", "The body must be a form.")
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        if "grant_type" not in form:
            return _token_refused("token request", "The form lacks grant_type.")
        if form["grant_type"] != "client_credentials":
            return _token_refused("grant refused", f"The grant '{form['grant_type']}' is not supported.")
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return _token_refused("client refused", "Client authentication failed.")
        granted: list[str] = declaration()["behaviour"]["scopes"]["value"]
        asked = form.get("scope", "").split() or granted
        if not set(asked) <= set(granted):
            return _token_refused("scope refused", f"The application may not ask for '{' '.join(asked)}'.")
        token = self._new_token(" ".join(asked))
        self._tokens[token] = (time.monotonic() + self.token_lifetime_s, frozenset(asked))
        return _json(
            200,
            {
                "access_token": token,
                "token_type": "bearer",
                "expires_in": int(self.token_lifetime_s),
                "scope": " ".join(asked),
            },
        )

    def _new_token(self, scope: str) -> str:
        """Make a token that looks like a signed one; only this sandbox knows it."""
        parts = ({"alg": "none", "typ": "JWT"}, {"sub": self.client_id, "scp": scope, "jti": time.monotonic_ns()})
        written = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts]
        return ".".join((*written, "sandbox"))

    def _check_bearer(self, request: Request, options: Mapping[str, str]) -> None:
        word, _, token = request.headers.get("authorization", "").partition(" ")
        if word.lower() != "bearer":
            token = options.get("access_token", "")
        ends, scopes = self._tokens.get(token, (0.0, frozenset[str]()))
        if time.monotonic() >= ends:
            raise Refused(status("no bearer"), "The access token is missing, unknown or expired.")
        needed = "read" if request.method == "GET" else "write"
        if needed not in scopes:
            raise Refused(status("scope too small"), f"The token lacks the scope '{needed}'.")

    # Webhooks: who is told of what ----------------------------------------------------------------------------------

    @property
    def webhooks(self) -> list[dict[str, Any]]:
        """Who is told of what, as the API shows it."""
        return list(self._webhooks.values())

    def _tell(self, old: Row | None, new: Row | None) -> None:
        for each in told(self.webhooks, old, new):
            self.courier.put(each)

    def _webhook(self, request: Request, key: str) -> Answer:
        match request.method, key:
            case "GET", "":
                return _json(200, self.webhooks)
            case "POST", "":
                return self._register(_read_body(request))
            case "DELETE", _ if key in self._webhooks:
                del self._webhooks[key]
                self._tenant.put(key, None)
                return Answer(status("deleted"))
            case "DELETE", _ if key:
                raise Refused(status("unknown key"), f"There is no webhook '{key}'.")
        raise Refused(405, f"{request.method} is not allowed here.")

    def _register(self, body: Mapping[str, Any]) -> Answer:
        entity_type, url, headers = body.get("entityType"), body.get("webhookUrl"), body.get("headers", [])
        if entity_type not in {each.name for each in self._model.sets.values()}:
            raise Refused(status("bad body"), f"Entity type not found: {entity_type}")
        parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
            raise Refused(status("bad body"), "webhookUrl must be an https address.")
        if not isinstance(headers, list) or not all(
            isinstance(each, dict) and set(each) == {"name", "value"} for each in headers
        ):
            raise Refused(status("bad body"), "headers must be a list of name and value.")
        key = self._tenant.insert("Webhook", EntityType=entity_type, WebhookUrl=url)
        self._webhooks[key] = {"id": key, "entityType": entity_type, "webhookUrl": url, "headers": headers}
        return _json(status("created"), self._webhooks[key])

    # OData ------------------------------------------------------------------------------------------------------

    def _odata(self, request: Request, path: str, options: Mapping[str, str]) -> Answer:
        if path in ("", "$metadata"):
            if request.method != "GET":
                raise Refused(405, f"{request.method} is not allowed here.")
            return self._metadata(options) if path else _json(200, self._service_document())
        segments = path.split("/")
        if segments[0] == "$batch" or segments[-1] in ("$count", "$ref", "$value"):
            raise Refused(status("unevidenced option"), f"{segments[-1]} is not supported.")
        kind, key = self._address(segments[0])
        match request.method:
            case "GET" if key is None and len(segments) == 1:
                return self._collection(kind, options)
            case "GET" if key is not None:
                return self._single(kind, key, segments[1:], options)
            case "POST" if key is None and len(segments) == 1:
                return self._post(kind, _read_body(request))
            case "PUT" if key is not None and len(segments) == 1:
                body = _read_body(request)
                if "ID" in body and read_guid(body["ID"]) != key:
                    raise Refused(status("bad body"), "The ID in the body is not the one in the address.")
                return self._saved("updated", kind, self._tenant.update(kind, key, body))
            case "DELETE" if key is not None and len(segments) == 1:
                self._tenant.delete(kind, key)
                return Answer(status("deleted"))
        raise Refused(405, f"{request.method} is not allowed here.")

    def _address(self, segment: str) -> tuple[EntityType, str | None]:
        """Read a set name, and the bare GUID behind it if there is one."""
        if segment == "GetCurrentEmployee()":
            return self._model.set(_EMPLOYEES), self._tenant.employee
        match = re.fullmatch(r"(\w+)(?:\((.*)\))?", segment)
        if match is None:
            raise Refused(status("unknown set"), f"Entity type not found: {segment}")
        kind = self._model.set(match.group(1))
        if match.group(2) is None:
            return kind, None
        key = read_guid(match.group(2))
        if key is None:
            raise bad_query(f"The key '{match.group(2)}' is not a GUID.")
        return kind, self._told(kind, key)

    def _told(self, kind: EntityType, key: str) -> str:
        """Give an ID back, unless nobody is told of its row."""
        if key in self._tenant.kept_back:
            raise no_such(kind, key)
        return key

    def _collection(self, kind: EntityType, options: Mapping[str, str]) -> Answer:
        view = self._tenant.late_view()
        query = (kind.name, options.get("$filter"), options.get("$orderby"), self._tenant.version, self.billing_module)
        if self._last_query[0] != query or not view.is_current:
            # Pages of one query are cut from one list, as long as nobody writes in between.
            self._last_query = (
                query if view.is_current else None,
                self._matching(view, kind, view.rows(kind.name, self._model), options),
            )
        return self._page(view, kind, self._last_query[1], options)

    def _matching(self, view: View, kind: EntityType, rows: list[Row], options: Mapping[str, str]) -> list[Row]:
        if "$filter" in options:
            fits = read_filter(self._model, kind, options["$filter"])
            rows = [row for row in rows if fits(view, row)]
        if "$orderby" in options:
            rows = sort(view, rows, read_order(self._model, kind, options["$orderby"]))
        return rows

    def _page(self, view: View, kind: EntityType, rows: list[Row], options: Mapping[str, str]) -> Answer:
        shape = read_shape(self._model, kind, options)
        size = min(read_whole_number(options, "$top", self.page_size_default), self.page_size_max)
        skip = read_whole_number(options, "$skip", 0)
        answer: dict[str, Any] = {"@odata.context": f"$metadata#{kind.set_name}"}
        if read_flag(options, "$count"):
            answer["@odata.count"] = len(rows)
        answer["value"] = [show(self._model, view, row, shape) for row in rows[skip : skip + size]]
        return _json(200, answer)

    def _single(self, kind: EntityType, key: str, path: list[str], options: Mapping[str, str]) -> Answer:
        view = self._tenant.late_view()
        row = view.row(key)
        if row is None or row["_Type"] not in {each.name for each in self._model.concrete(kind.name)}:
            raise no_such(kind, key)
        for place, step in enumerate(path, start=1):
            nav = kind.navigations.get(step)
            if nav is None:
                raise Refused(404, f"The navigation '{step}' is not defined in type '{kind.name}'.")
            kind = self._model.types[nav.target]
            if nav.by is not None:
                if place < len(path):
                    raise bad_query(f"'{step}' is a collection and cannot be followed further.")
                return self._page(view, kind, self._matching(view, kind, view.many(row["ID"], nav), options), options)
            row = view.row(row.get(step))
            if row is None:
                return Answer(204)
        for each in ("$filter", "$orderby", "$top", "$skip", "$count"):
            if each in options:
                raise bad_query(f"{each} is for collections.")
        return self._entity(200, view, row, read_shape(self._model, kind, options))

    def _post(self, kind: EntityType, body: dict[str, Any]) -> Answer:
        if "ID" not in body:
            return self._saved("created", kind, self._tenant.create(kind, body))
        # The trap of this API: an ID makes a create into an update.
        key = read_guid(body["ID"])
        if key is None:
            raise Refused(status("bad body"), "ID must be a GUID.")
        self._told(kind, key)
        target = body.pop("_UpgradeType", None)
        if target is not None:
            row = self._tenant.upgrade(kind, key, target, body)
            return self._saved("updated", self._tenant.kind_of(row), row)
        return self._saved("updated", kind, self._tenant.update(kind, key, body))

    def _saved(self, situation: str, kind: EntityType, row: Row) -> Answer:
        return self._entity(status(situation), self._tenant.view(), row, read_shape(self._model, kind, {}))

    def _entity(self, code: int, view: View, row: Row, shape: Shape) -> Answer:
        return _json(
            code, {"@odata.context": f"$metadata#{shape.kind.set_name}/$entity", **show(self._model, view, row, shape)}
        )

    def _metadata(self, options: Mapping[str, str]) -> Answer:
        if options.get("$format", "xml") in ("json", "application/json"):
            return _json(200, metadata_json(self._model))
        return Answer(200, metadata_xml(self._model).encode(), {"Content-Type": "application/xml"})

    def _service_document(self) -> dict[str, Any]:
        sets = [{"name": each, "kind": "EntitySet", "url": each} for each in self._model.sets]
        return {"@odata.context": "$metadata", "value": sets}


def _plain(value: Any) -> Any:
    return say_moment(value) if isinstance(value, datetime) else value


def _read_body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body, parse_float=Decimal)
    except ValueError as error:
        raise Refused(status("bad body"), "The body is not JSON.") from error
    if not isinstance(body, dict):
        raise Refused(status("bad body"), "The body must be a JSON object.")
    return body


def _json(code: int, content: object, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(
        code, json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(), {**_JSON, **(headers or {})}
    )


def _token_refused(situation: str, why: str) -> Answer:
    row = declaration()["behaviour"][situation]
    content = {"error": row["error"], "error_description": why, "error_hint": "", "status_code": row["status"]}
    return Answer(row["status"], json.dumps(content).encode(), {"Content-Type": "application/json;charset=UTF-8"})
