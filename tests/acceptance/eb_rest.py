"""e-Boekhouden over REST in a small world: the same people and papers, other requests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

import httpx
from eb import EBoekhouden, Row

from syncrules_providers.sandboxes.eboekhouden_rest import EboekhoudenRestSandbox
from syncrules_providers.sandboxes.server import Answer, Request, Sandbox
from syncrules_providers.sandboxes.story import Story


class OverRest(EBoekhouden):
    """What a world must know of e-Boekhouden over REST."""

    paths: ClassVar[Mapping[str, tuple[str, str]]] = {
        "list relations": ("GET", "relation"),
        "list articles": ("GET", "product"),
        "list open items": ("GET", "mutation/invoice/outstanding"),
        "read a relation": ("GET", "relation/{id}"),
        "read an article": ("GET", "product/{id}"),
        "add a relation": ("POST", "relation"),
        "change a relation": ("PATCH", "relation/{id}"),
        "find an invoice": ("GET", "mutation"),
        "book an invoice": ("POST", "mutation"),
    }
    """What a connection asks of the books → method and path."""
    code: ClassVar[str] = "code"
    one_by_one: ClassVar[bool] = True
    secrets: ClassVar[Mapping[str, str]] = {"token": "token"}
    amounts: ClassVar[str] = "IN"
    longest_text: ClassVar[int] = 50
    credential: ClassVar[str] = "token"
    others: ClassVar[Mapping[str, str]] = {
        "guid": "99999999-8888-7777-6666-555555555555",
        "company": "Jansen Beheer B.V.",
        "token": "another-token",
    }
    cure: ClassVar[str] = "new token"

    def sandbox(self, story: Story, **how: Any) -> Any:
        return EboekhoudenRestSandbox(story, **how)

    def answers(self, books: Any) -> dict[str, Any]:
        return dict(books.answers)

    def account(self, code: str) -> Any:
        return 9_000_000 + int(code)

    def over(self, what: str) -> Callable[[Request], bool]:
        method, path = self.paths[what]
        there = re.compile(rf"/v1/{path.replace('{id}', '[0-9]+')}([?].*)?")
        return lambda request: request.method == method and there.fullmatch(request.path) is not None

    def asked(self, books: Sandbox, what: str) -> int:
        return sum((each.method, each.what) == self.paths[what] for each in books.calls)

    def nothing(self, what: str) -> Answer:
        return Answer(200, b'{"items": [], "count": 0}', {"Content-Type": "application/json; charset=utf-8"})

    def spoil(self, books: Any, credential: str) -> None:
        books.renew_token(credential)

    def told(self, books: Any) -> dict[str, Row]:
        """Ask for them, with a client that is not ours."""
        with httpx.Client(base_url=f"{books.url}/v1/", trust_env=False, verify=False) as client:
            asked = client.post("session", json={"accessToken": books.token, "source": "look"}).json()
            client.headers["Authorization"] = asked["token"]

            def every(path: str) -> dict[int, Row]:
                ids = [each["id"] for each in client.get(path, params={"limit": 2000}).json()["items"] if each["id"]]
                return {id_: json.loads(client.get(f"{path}/{id_}").content, parse_float=Decimal) for id_ in ids}

            found = {str(id_): each for id_, each in every("relation").items()}
            found |= {f"mutation {id_}": each for id_, each in every("mutation").items()}
            client.delete("session")
        return found


BOOKS = OverRest()
