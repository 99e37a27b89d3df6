"""What is not in the tree: gone for good, with the way to what took its place, or never there."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import HttpMethod, Request, Response, route
from litestar.concurrency import sync_to_thread
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from markupsafe import Markup

from letters.web.answers import SiteAddress
from letters.web.front import raw_path_of
from letters.web.gone import Gone
from letters.web.pages import Site, root_of, site_of
from letters.web.tree import PublishedTree

_READ = [HttpMethod.GET, HttpMethod.HEAD]


@route("/", http_method=_READ)
async def no_home(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The root of a site of which nothing is published yet."""
    return await _answer(request)


@route("/{path:path}", http_method=_READ)
async def missing(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[bytes]:
    """Any address that nothing else answers."""
    del path  # as it came, it says more
    return await _answer(request)


async def _answer(request: Request[Any, Any, Any]) -> Response[bytes]:
    tree: PublishedTree = request.app.state.tree
    gone = tree.find_gone(raw_path_of(request.scope))
    if gone is None:
        raise NotFoundException
    return await sync_to_thread(_gone_page, site_of(request), gone)


def _gone_page(site: Site, gone: Gone) -> Response[bytes]:
    """410, which makes readers stop asking, and says where to go (decision 066)."""
    base_url = site.house.settings.site.base_url
    gettext = site.wording().gettext
    text = Markup("{}").format(gettext("What was published at this address has been taken away for good."))
    if gone.successor:
        href = root_of(base_url) + quote(gone.successor)
        link = Markup('<a href="{}">{}</a>').format(href, gone.successor)
        # The sentence is the operator's own, like a template; what is put into it is escaped above.
        text += Markup(" ") + Markup(gettext("It goes on here: %(link)s.", link=link))  # noqa: S704
    page = site.page("error", status=410, title=gettext("This is no longer published"), text=text)
    page.headers["Cache-Control"] = "public, max-age=300"
    # So that a program in another site's page can tell "gone" from "unreachable".
    page.headers["Access-Control-Allow-Origin"] = "*"
    if gone.successor:
        target = SiteAddress(base_url).url(gone.successor)
        page.headers["Link"] = f'<{target}>; rel="successor-version"'
        page.headers["Access-Control-Expose-Headers"] = "Link"
    return page


MISSING_ROUTES = [no_home, missing]
