"""Pages made at request time, in the look of the site; what every answer to a mail's link has in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from jinja2 import Environment
from litestar import Request, Response
from litestar.enums import MediaType

from letters.links import Links
from letters.settings import Settings, Workspace
from letters.store import Store
from letters.text import make_environment, render


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

    def page(self, name: str, *, status: int = 200, **values: object) -> Response[bytes]:
        """The page of ``templates/web/NAME.html``, with `site`, `root` and `values`."""
        settings = self.house.settings
        environment = _environment(self.house.workspace.templates)
        root = root_of(settings.site.base_url)
        html = render(environment, f"web/{name}.html", site=settings.site, root=root, **values)
        return Response(
            html.encode(), status_code=status, media_type=MediaType.HTML, headers=dict(PRIVATE_HEADERS)
        )


def root_of(base_url: str) -> str:
    """The way to the site's root from any page, without naming the host: error pages stand at any depth."""
    return urlsplit(base_url).path.rstrip("/") + "/"


def site_of(request: Request[Any, Any, Any]) -> Site:
    site: Site = request.app.state.site
    return site


@lru_cache(maxsize=4)
def _environment(workspace_templates: Path) -> Environment:
    return make_environment(workspace_templates)
