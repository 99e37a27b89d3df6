"""Pages made at request time, in the look of the site; what every answer to a mail's link has in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar
from urllib.parse import urlsplit

from jinja2 import Environment
from litestar import Request, Response
from litestar.concurrency import sync_to_thread
from litestar.enums import MediaType

from letters.links import Links
from letters.settings import Settings, Workspace
from letters.store import Store
from letters.text import Wording, Wordings, make_environment, render

P = ParamSpec("P")
T = TypeVar("T")


class WebHouse(Protocol):
    """What the site needs of a house."""

    @property
    def workspace(self) -> Workspace: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def store(self) -> Store: ...


#: Gives the house by the newest settings; called in several threads.
HouseProvider = Callable[[], WebHouse]

#: For pages whose address holds a token: it must not be indexed, kept by a cache, or told to another site.
PRIVATE_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}


class Site:
    """The house at the moment of a request, and pages in its look."""

    def __init__(self, house: HouseProvider) -> None:
        self._house = house

    @property
    def house(self) -> WebHouse:
        return self._house()

    def links(self) -> Links:
        settings = self.house.settings
        keys = [key.get_secret_value() for key in settings.secrets.link_keys]
        return Links(keys, settings.site.base_url)

    def wording(self, language: str = "") -> Wording:
        """What Letters says in a reader's language, if it is one that we speak; else in the site's."""
        return _wordings(self.house.workspace.templates).of(self._spoken(language))

    def page(self, name: str, *, status: int = 200, language: str = "", **values: object) -> Response[bytes]:
        """The page of ``templates/web/NAME.html``, with `site`, `root`, `status` and `values`.

        `language` is the reader's, where it is known; what we do not speak is said in the site's.
        """
        settings = self.house.settings
        environment = _environment(self.house.workspace.templates)
        root = root_of(settings.site.base_url)
        spoken = self._spoken(language)
        shown = {"site": settings.site, "root": root, "status": status, "language": spoken, **values}
        html = render(environment, f"web/{name}.html", **shown)
        return Response(
            html.encode(), status_code=status, media_type=MediaType.HTML, headers=dict(PRIVATE_HEADERS)
        )

    def text(self, name: str) -> str:
        """The words of ``templates/text/NAME.txt``, as one line."""
        environment = _environment(self.house.workspace.templates)
        return " ".join(render(environment, f"text/{name}.txt", site=self.house.settings.site).split())

    def _spoken(self, language: str) -> str:
        is_spoken = bool(language) and _wordings(self.house.workspace.templates).speaks(language)
        return language if is_spoken else self.house.settings.site.language


def root_of(base_url: str) -> str:
    """The way to the site's root from any page, without naming the host: error pages stand at any depth."""
    return urlsplit(base_url).path.rstrip("/") + "/"


def in_thread(function: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """A handler that touches files or the store, run in a thread so that others are answered meanwhile.

    Litestar's own `sync_to_thread` wraps a handler twice when its path has a second one (2.25), and then answers 500.
    """

    @wraps(function)
    async def handler(*args: P.args, **kwargs: P.kwargs) -> T:
        return await sync_to_thread(function, *args, **kwargs)

    return handler


def site_of(request: Request[Any, Any, Any]) -> Site:
    site: Site = request.app.state.site
    return site


@lru_cache(maxsize=4)
def _wordings(workspace_templates: Path) -> Wordings:
    return Wordings(workspace_templates)


@lru_cache(maxsize=4)
def _environment(workspace_templates: Path) -> Environment:
    return make_environment(workspace_templates)
