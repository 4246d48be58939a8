"""Pages over HTTP: for whoever came in. htmx runs in them, from our own address; nothing that stands on a page does, and nothing comes from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler

from syncrules.errors import StateError
from syncrules.serving.web.entrance import Entrance

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    # Whoever is told no referrer at all is told no origin either when a form is sent from here.
    "referrer-policy": "same-origin",
}
"""Stand in every answer to a browser."""
STYLE = "/page.css"
SCRIPT = "/htmx.js"


class Page(Protocol):
    """Takes what stands behind the path, by name; gives the HTTP status, and HTML."""

    def __call__(self, asked: Mapping[str, str], /) -> tuple[int, str]: ...


def site(
    pages: Mapping[str, Page], style: str, script: str, entrance: Entrance, *, refused: str, left: str, away: str
) -> list[HTTPRouteHandler]:
    """Make what answers browsers; whatever asks the state store does so in a thread of its own.

    Args:
        pages: path → page.
        style: what they look like (CSS).
        script: what keeps them up to date (JavaScript).
        refused: what whoever did not come in is shown (HTML).
        left: what whoever went out is shown (HTML).
        away: what is shown while nobody can say who came in: the state store is away (HTML).
    """

    def cannot(_: Request[Any, Any, Any], __: StateError) -> Response[str]:
        return _html(503, away)

    def shown(path: str, page: Page) -> HTTPRouteHandler:
        @get(
            path, name=path, sync_to_thread=True, guards=[entrance.named_rightly], exception_handlers={StateError: cannot},
            include_in_schema=False,
        )  # fmt: skip
        def show(request: Request[Any, Any, Any]) -> Response[str]:
            return _html(*page(dict(request.query_params))) if entrance.admits(request) else _html(401, refused)

        return show

    def cookie(pass_: str, seconds: int | None = None) -> Cookie:
        return Cookie(
            key=entrance.cookie, value=pass_, max_age=seconds, httponly=True, samesite="lax", secure=entrance.secure
        )

    @get(
        "/enter", name="enter", sync_to_thread=True, guards=[entrance.named_rightly], exception_handlers={StateError: cannot},
        include_in_schema=False,
    )  # fmt: skip
    def enter(request: Request[Any, Any, Any]) -> Response[str]:
        pass_ = entrance.enter(request.query_params.get("ticket", ""))
        if pass_ is None:
            return _html(401, refused)
        return Response("", status_code=303, headers={**HEADERS, "location": "/"}, cookies=[cookie(pass_)])

    @post(
        "/leave", name="leave", sync_to_thread=True, guards=[entrance.named_rightly, entrance.asked_here],
        exception_handlers={StateError: cannot}, include_in_schema=False,
    )  # fmt: skip
    def leave(request: Request[Any, Any, Any]) -> Response[str]:
        if not entrance.admits(request):
            return _html(401, refused)
        entrance.leave(request.cookies[entrance.cookie])
        return _html(200, left, cookie("", 0))

    @get(STYLE, name="style", guards=[entrance.named_rightly], include_in_schema=False)
    async def look() -> Response[str]:
        return Response(style, media_type="text/css", headers=HEADERS)

    @get(SCRIPT, name="script", guards=[entrance.named_rightly], include_in_schema=False)
    async def run() -> Response[str]:
        return Response(script, media_type="text/javascript", headers=HEADERS)

    return [*(shown(path, page) for path, page in pages.items()), enter, leave, look, run]


def _html(status: int, text: str, *cookies: Cookie) -> Response[str]:
    return Response(text, status_code=status, media_type="text/html", headers=HEADERS, cookies=cookies)
