"""Which addresses a page, or an address alone, gives as feeds; and finding them at a real server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from watching import item, make_settings, rss

from httpserver import HttpServer, Reply
from letters.errors import FetchError, ForbiddenAddressError, UsageError
from letters.watch.discover import How, addresses_of, candidates, guesses, known_feed
from letters.watch.finding import Finding, NoFeedError, find_feeds
from letters.watch.found import format_of

PAGE = "https://show.example/blog/about"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CHANNEL = "UC" + "a1-B_c2D3e4F5g6H7i8J9k"[:22]


def urls(page: str, *, url: str = PAGE) -> list[str]:
    return [candidate.url for candidate in candidates(page, url=url)]


# --- what a page states -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="alternate" type="application/rss+xml" href="/feed">',
        '<LINK REL="Alternate Home" TYPE="Application/Atom+XML; charset=utf-8" HREF=" /feed ">',
        "<link rel=alternate type=application/feed+json href=/feed>",
        '<link rel="feed" href="/feed">',
        '<link href="feed:https://show.example/feed" rel="alternate" type="text/xml">',
        '<base href="https://show.example/"><link rel="alternate" type="application/rss+xml" href="feed">',
        '<a href="/feed">News</a>',
        '<a href="https://show.example/feed"><img src="x.png" alt="RSS"></a>',
        '<script type="application/json">{"feedUrl":"https:\\/\\/show.example\\/feed"}</script>',
    ],
)
@pytest.mark.parametrize(
    "page", ["<html><head>{}</head><body>x</body></html>", "<!doctype html><body><div>{}</div>", "{}"]
)
def test_a_feed_that_a_page_names_is_found(link: str, page: str) -> None:
    assert urls(page.format(link)) == ["https://show.example/feed"]


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="alternate stylesheet" type="text/xml" href="/feed">',
        '<link rel="alternate" hreflang="de" href="/de">',
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/12">',
        '<link rel="alternate" type="application/json+oembed" href="/oembed?url=x">',
        '<link rel="stylesheet" href="/rss.css">',
        '<link rel="alternate" type="application/rss+xml" href="javascript:feed">',
        '<link rel="alternate" type="application/rss+xml" href="http://[::1/feed">',
        '<a href="/feedback">Write to us</a>',
        '<a href="/about">We feed two hundred people a day in the kitchen behind the town hall of ours</a>',
    ],
)
def test_what_is_no_feed_is_not_taken_for_one(link: str) -> None:
    assert urls(f"<html><head>{link}</head></html>") == []


def test_feeds_of_comments_come_last_and_links_after_what_is_stated() -> None:
    page = (
        '<a href="/podcast.rss">x</a>'
        '<link rel="alternate" type="application/rss+xml" title="Show » Comments Feed" href="/comments/feed/">'
        '<link rel="alternate" type="application/rss+xml" title="Beitrag » Kommentar-Feed" href="/1/feed/">'
        '<link rel="alternate" type="application/rss+xml" title="Show » Feed" href="/feed/">'
    )
    found = candidates(page, url="https://show.example/")
    assert [(one.url.removeprefix("https://show.example"), one.how) for one in found] == [
        ("/feed/", How.STATED),
        ("/podcast.rss", How.LINKED),
        ("/comments/feed/", How.STATED),
        ("/1/feed/", How.STATED),
    ]


def test_one_feed_in_two_spellings_is_one_candidate() -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="{}">'
    page = link.format("https://show.example/feed/") + link.format("http://www.show.example/feed#top")
    assert urls(page) == ["https://show.example/feed/"]


def test_the_usual_places_are_few_and_near_the_page_first() -> None:
    near = [guess.url for guess in guesses("https://show.example/blog/")]
    assert near[0] == "https://show.example/blog/feed"
    assert "https://show.example/feed" in near
    assert len(near) <= 8
    far = [guess.url for guess in guesses("https://show.example")]
    assert (far[0], far[-1]) == ("https://show.example/feed", "https://show.example/?feed=rss2")


@given(
    st.text(max_size=400),
    st.sampled_from(["<a href='", '<link rel=alternate type=text/xml href="', "<base href=", ""]),
)
def test_no_page_is_too_broken_to_be_read(text: str, start: str) -> None:
    for candidate in candidates(start + text, url=PAGE):
        assert candidate.url.startswith(("http://", "https://"))


@pytest.mark.parametrize(
    "piece", ["<div>", "<a href='x'>feed", "<!--", '<link rel="', "<script>", '"feedUrl":"']
)
def test_a_page_of_one_thing_a_hundred_thousand_times_ends(piece: str) -> None:
    # Work that grows with the square of the page would take hours here.
    assert len(candidates(piece * 100_000, url=PAGE)) <= 1


# --- YouTube, Apple, addresses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "feed"),
    [
        (f"https://www.youtube.com/channel/{CHANNEL}", f"channel_id={CHANNEL}"),
        (f"https://m.youtube.com/channel/{CHANNEL}/videos?view=0", f"channel_id={CHANNEL}"),
        ("https://youtube.com/playlist?list=PLabcdefghij0123", "playlist_id=PLabcdefghij0123"),
        ("https://www.youtube.com/watch?v=abcdefghijk&list=PLabcdefghij0123", "playlist_id=PLabcdefghij0123"),
    ],
)
def test_youtube_channels_and_playlists_need_no_asking(page: str, feed: str) -> None:
    assert known_feed(page) == f"https://www.youtube.com/feeds/videos.xml?{feed}"


@pytest.mark.parametrize(
    "page",
    [
        "https://www.youtube.com/@handle",
        "https://www.youtube.com/watch?v=abcdefghijk&list=RDabcdefghijk",
        "https://www.youtube.com/channel/UCshort",
        f"https://youtube.example/channel/{CHANNEL}",
        "https://www.youtube.com/playlist",
    ],
)
def test_other_pages_of_youtube_have_to_be_asked(page: str) -> None:
    assert known_feed(page) == ""


@pytest.mark.parametrize(
    "stated",
    [
        f'<link rel="canonical" href="https://www.youtube.com/channel/{CHANNEL}">',
        f'<meta itemprop="identifier" content="{CHANNEL}">',
        f'<meta itemprop="channelId" content="{CHANNEL}">',
        f'<link rel="alternate" type="application/rss+xml" href="https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}">',
    ],
)
@pytest.mark.parametrize("path", ["@handle", "c/name", "user/name"])
def test_a_youtube_handle_becomes_the_channel_that_its_page_states(stated: str, path: str) -> None:
    page = f"<html><head>{stated}</head><body></body></html>"
    assert urls(page, url=f"https://www.youtube.com/{path}") == [
        f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}"
    ]


def test_a_refusal_shows_no_password() -> None:
    for words in ("ftp://ada:secret@show.example/f", "ada:secret@show.example/f"):
        with pytest.raises(UsageError) as caught:
            addresses_of(words)
        assert "secret" not in str(caught.value)


def test_data_that_looks_like_youtubes_means_nothing_elsewhere() -> None:
    assert urls(f'<meta itemprop="channelId" content="{CHANNEL}">') == []


@pytest.mark.parametrize(
    ("words", "addresses"),
    [
        ("show.example/feed", ["https://show.example/feed", "http://show.example/feed"]),
        ("localhost:8080/feed", ["https://localhost:8080/feed", "http://localhost:8080/feed"]),
        ("feed://show.example/f", ["https://show.example/f", "http://show.example/f"]),
        ("feed:http://show.example/f", ["http://show.example/f"]),
        (" HTTPS://show.example/f#top ", ["https://show.example/f"]),
    ],
)
def test_an_address_may_lack_its_scheme(words: str, addresses: list[str]) -> None:
    assert addresses_of(words) == addresses


@pytest.mark.parametrize(
    "words", ["", "ftp://show.example/f", "mailto:desk@show.example", "two words\n", "file:///etc"]
)
def test_what_is_no_web_address_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match="wanted one such as"):
        addresses_of(words)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'<?xml version="1.0"?><rss xmlns:a="b" version="2.0"><channel/></rss>', "RSS 2.0"),
        (b"<rss version='0.92'>", "RSS 0.92"),
        (b'<rdf:RDF xmlns="http://purl.org/rss/1.0/">', "RSS 1.0"),
        (b'<feed xmlns="http://www.w3.org/2005/Atom">', "Atom 1.0"),
        (b'<feed version="0.3" xmlns="http://purl.org/atom/ns#">', "Atom 0.3"),
        (b'{"version": "https:\\/\\/jsonfeed.org\\/version\\/1.1"}', "JSON Feed 1.1"),
        (b"<channel>", "RSS"),
    ],
)
def test_formats_are_named(body: bytes, name: str) -> None:
    assert format_of(body) == name


# --- at a real server ---------------------------------------------------------------------------------------


def find(server: HttpServer, words: str, **watching: object) -> Finding:
    settings = make_settings(allow=(server.place,), **watching)
    return find_feeds(settings, words, now=NOW)


def atom(*numbers: int, title: str = "The Show") -> str:
    entries = "".join(
        f"<entry><id>urn:{n}</id><title>Episode {n}</title><link href='https://show.example/{n}'/>"
        f"<updated>2026-01-0{n}T12:00:00Z</updated></entry>"
        for n in numbers
    )
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>{title}</title>{entries}</feed>"


def test_a_feed_is_itself(http_server: HttpServer) -> None:
    url = http_server.serve("/feed", rss(item(1), item(2)))
    [feed] = find(http_server, url).feeds
    assert (feed.url, feed.title, feed.format, feed.entries) == (url, "The Show", "RSS 2.0", 2)
    assert feed.newest == datetime(2026, 1, 3, 12, tzinfo=UTC)
    assert len(http_server.requests) == 1


def test_without_its_scheme_an_address_that_speaks_no_tls_is_found(http_server: HttpServer) -> None:
    url = http_server.serve("/feed", rss(item(1)))
    assert find(http_server, url.removeprefix("http://")).feeds[0].url == url


def test_the_feed_behind_a_page_is_found_and_read(http_server: HttpServer) -> None:
    http_server.serve("/feed", rss(item(1)))
    page = http_server.serve(
        "/", "<html><link rel=alternate type=application/rss+xml href=/feed>", content_type="text/html"
    )
    assert [feed.url for feed in find(http_server, page).feeds] == [http_server.url("/feed")]
    assert http_server.count("/rss") == 0


def test_one_feed_in_two_formats_is_one_and_comments_are_another(http_server: HttpServer) -> None:
    http_server.serve("/comments", rss(item(7), title="Comments on The Show"))
    http_server.serve("/atom", atom(1, 2))
    http_server.serve("/rss", rss(item(1), item(2)))
    page = http_server.serve(
        "/",
        "".join(
            f"<link rel=alternate type=application/{kind}+xml href=/{path}>"
            for kind, path in (("rss", "comments"), ("atom", "atom"), ("rss", "rss"))
        ),
        content_type="text/html",
    )
    first, second = find(http_server, page).feeds
    assert (first.url, first.also) == (http_server.url("/atom"), (http_server.url("/rss"),))
    assert second.is_about_comments


def test_a_feed_that_the_page_names_in_vain_is_told_beside_the_one_that_is_there(
    http_server: HttpServer,
) -> None:
    http_server.serve("/feed", rss(item(1)))
    page = http_server.serve("/", "<a href=/old.rss>RSS</a><a href=/feed>RSS</a>", content_type="text/html")
    found = find(http_server, page)
    assert [feed.url for feed in found.feeds] == [http_server.url("/feed")]
    assert "404 Not Found" in str(found.problems[0])


def test_the_usual_places_are_tried_up_to_the_first_feed(http_server: HttpServer) -> None:
    http_server.serve("/feed.xml", rss(item(1)))
    page = http_server.serve("/", "<html>nothing here", content_type="text/html")
    assert [feed.url for feed in find(http_server, page).feeds] == [http_server.url("/feed.xml")]
    assert [request.path for request in http_server.requests] == [
        "/",
        "/feed",
        "/rss",
        "/atom.xml",
        "/feed.xml",
    ]


def test_a_site_that_answers_every_path_with_its_page_has_no_feed(http_server: HttpServer) -> None:
    page = http_server.serve("/", "<html>x", content_type="text/html")
    for guess in guesses(page):
        http_server.serve(guess.url.removeprefix(http_server.url("")), "<html>x", content_type="text/html")
    with pytest.raises(NoFeedError, match="give the feed's own address"):
        find(http_server, page)
    assert len(http_server.requests) <= 9


def test_a_server_that_is_busy_is_not_guessed_at(http_server: HttpServer) -> None:
    page = http_server.serve("/", "<html>x", content_type="text/html")
    http_server.on("/feed", Reply(429))
    with pytest.raises(NoFeedError):
        find(http_server, page)
    assert [request.path for request in http_server.requests] == ["/", "/feed"]


def test_a_server_that_is_busy_at_the_feed_it_names_is_not_guessed_at(http_server: HttpServer) -> None:
    http_server.on("/mine.rss", Reply(503))
    page = http_server.serve("/", "<a href=/mine.rss>RSS</a><a href=/b.rss>RSS</a>", content_type="text/html")
    with pytest.raises(NoFeedError, match="503 Service Unavailable"):
        find(http_server, page)
    assert [request.path for request in http_server.requests] == ["/", "/mine.rss"]


def test_only_permanent_redirects_change_what_is_written_down(http_server: HttpServer) -> None:
    """R60."""
    feed = http_server.serve("/new", rss(item(1)))
    http_server.redirect("/cdn", "/new", 302)
    moved = http_server.redirect("/old", "/new", 301)
    away = http_server.redirect("/away", "/new", 302)
    mixed = http_server.redirect("/mixed", "/cdn", 308)
    assert find(http_server, moved).feeds[0].url == feed
    assert find(http_server, away).feeds[0].url == away
    assert find(http_server, mixed).feeds[0].url == http_server.url("/cdn")


def test_a_name_and_password_stay_in_the_address(http_server: HttpServer) -> None:
    http_server.serve("/new", rss(item(1)))
    given = http_server.redirect("/old", "/new", 301).replace("http://", "http://ada:secret@")
    assert find(http_server, given).feeds[0].url == given


def test_private_places_are_not_asked(http_server: HttpServer) -> None:
    """R63."""
    url = http_server.serve("/feed", rss(item(1)))
    with pytest.raises(ForbiddenAddressError):
        find_feeds(make_settings(allow=()), url, now=NOW)
    assert http_server.requests == []


def test_a_page_cannot_lead_to_a_private_place(http_server: HttpServer) -> None:
    """R63."""
    page = http_server.serve("/", "<a href='http://127.0.0.1:1/feed'>RSS</a>", content_type="text/html")
    with pytest.raises(NoFeedError, match="not on the public internet"):
        find(http_server, page)


@pytest.mark.parametrize(
    ("body", "words"),
    [(b"%PDF-1.7", "PDF"), (b"", "empty"), (b'{"a": 1}', "JSON"), (b"<sitemap/>", "not a feed")],
)
def test_what_is_neither_feed_nor_page_is_told_as_what_it_is(
    http_server: HttpServer, body: bytes, words: str
) -> None:
    url = http_server.serve("/thing", body, content_type="application/octet-stream")
    with pytest.raises(NoFeedError, match=words):
        find(http_server, url)
    assert len(http_server.requests) == 1


def test_an_address_that_is_not_there_is_told_with_its_answer(http_server: HttpServer) -> None:
    with pytest.raises(FetchError, match="404 Not Found"):
        find(http_server, http_server.url("/none"))
