"""Links of mails that are counted, where the edition asks for it, on both databases."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from datetime import date

from deliver_kit import World, rendering

from letters.links import Links
from letters.model import Rendering
from letters.store.clicks import add_click, count_clicks, find_counted, give_places

URL = "https://media.example/1?a=1&b=2"


def linked(choice: str = "", *urls: str, padding: int = 0) -> Rendering:
    plain = rendering(choice)
    more = "".join(f'<a href="{url.replace("&", "&amp;")}">x</a>' for url in urls)
    return replace(plain, html=plain.html + more + "." * padding, text=plain.text + "\n".join(urls))


def with_clicks(world: World) -> World:
    editions = tuple(replace(edition, clicks=True) for edition in world.settings.editions)
    world.settings = world.settings.model_copy(update={"editions": editions})
    return world


def parts(content: bytes) -> tuple[str, str]:
    message = email.message_from_bytes(content, policy=email.policy.default)
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    return str(text.get_content()), str(html.get_content())


def test_links_lead_over_the_site_and_are_the_same_for_all(world: World) -> None:
    with_clicks(world)
    world.add_readers(2)
    issue = world.add_issue(linked("", URL, "https://media.example/2", URL))
    world.deliver()
    tokens = []
    for content in world.outbox().values():
        text, html = parts(content)
        assert URL in text
        assert "media.example" not in html
        assert 'href="https://signal.example/unsubscribe/' in html
        tokens.append(re.findall(r'href="https://signal\.example/to/([^"]+)"', html))
    links = Links(["k"], "https://signal.example")
    assert tokens[0] == tokens[1]
    assert [links.read_counted(token) for token in tokens[0]] == [(issue.id, 1), (issue.id, 2), (issue.id, 1)]
    with world.store.read() as c:
        first = find_counted(c, issue.id, 1)
        assert first is not None
        assert first.url == URL
        assert first.sent_at is not None
        assert find_counted(c, issue.id, 3) is None


def test_nothing_is_counted_unless_asked(lite: World) -> None:
    lite.add_readers(1)
    issue = lite.add_issue(linked("", URL))
    lite.deliver()
    [content] = lite.outbox().values()
    assert 'href="https://media.example/1?a=1&amp;b=2"' in parts(content)[1]
    with lite.store.read() as c:
        assert count_clicks(c, issue.id) == []


def test_a_mail_that_would_be_too_long_goes_out_uncounted(lite: World) -> None:
    with_clicks(lite)
    lite.add_readers(1)
    lite.add_issue(linked("", "https://a.example/", padding=98_850))
    lite.deliver()
    [content] = lite.outbox().values()
    assert 'href="https://a.example/"' in parts(content)[1]


def test_places_stay_and_clicks_add_up(world: World) -> None:
    issue = world.add_issue()
    with world.store.write() as c:
        assert give_places(c, issue.id, ["a", "b", "a"]) == {"a": 1, "b": 2}
    with world.store.write() as c:
        assert give_places(c, issue.id, ["c", "b"]) == {"a": 1, "b": 2, "c": 3}
        for day, place in ((23, 1), (23, 1), (24, 1), (24, 3)):
            add_click(c, issue.id, place, day=date(2026, 11, day))
    with world.store.read() as c:
        found = {link.url: (link.total, link.days) for link in count_clicks(c, issue.id)}
    assert found == {
        "a": (3, {date(2026, 11, 23): 2, date(2026, 11, 24): 1}),
        "b": (0, {}),
        "c": (1, {date(2026, 11, 24): 1}),
    }
