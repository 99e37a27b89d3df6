"""The validator of the tests: each of its rules is tripped by a document that breaks it, and by nothing else."""

from __future__ import annotations

import pytest

from feed_validator import RULES, validate

RSS_URL, ATOM_URL, JSON_URL = (f"https://signal.example/all.{form}" for form in ("rss", "atom", "json"))

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:fh="http://purl.org/syndication/history/1.0"
  xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:podcast="https://podcastindex.org/namespace/1.0">
<channel>
<title>Signal</title><link>https://signal.example/</link><description>Of lamps.</description><language>en</language><copyright>Signal</copyright>
<pubDate>Mon, 02 Mar 2026 09:00:00 +0000</pubDate>
<category domain="https://signal.example/topics/">Lamps</category>
<image><url>https://signal.example/i.png</url><title>Signal</title><link>https://signal.example/</link></image>
<atom:link rel="self" type="application/rss+xml" href="https://signal.example/all.rss"/>
<itunes:author>Signal</itunes:author><itunes:explicit>false</itunes:explicit><itunes:owner><itunes:email>a@signal.example</itunes:email></itunes:owner>
<itunes:category text="News"><itunes:category text="Tech News"/></itunes:category>
<podcast:guid>4fc40c39-2853-5881-893e-8a78a8c49909</podcast:guid><podcast:locked>yes</podcast:locked><itunes:block>Yes</itunes:block><podcast:block>yes</podcast:block>
<item>
<title>One</title><link>https://signal.example/1</link><description>First.</description><content:encoded>&lt;p&gt;The &lt;a href="https://a.example/"&gt;first&lt;/a&gt;.&lt;/p&gt;</content:encoded>
<guid isPermaLink="false">tag:signal.example,2026:1</guid><pubDate>Mon, 02 Mar 2026 09:00:00 +0000</pubDate><dc:creator>Desk</dc:creator>
<enclosure url="https://a.example/1.mp3" length="7" type="audio/mpeg"/><source url="https://a.example/1">The Lamp Show</source>
<itunes:duration>60</itunes:duration><podcast:person>Ada Keeper</podcast:person><podcast:transcript url="https://a.example/1.vtt" type="text/vtt"/>
</item>
<item><title>Two</title><guid isPermaLink="false">tag:signal.example,2026:2</guid></item>
</channel></rss>"""

ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xmlns:fh="http://purl.org/syndication/history/1.0">
<id>tag:signal.example,2026:0</id><title type="text">Signal</title><updated>2026-03-02T09:00:00Z</updated><author><name>Signal</name></author>
<link rel="self" type="application/atom+xml" href="https://signal.example/all.atom"/><link rel="hub" href="https://hub.example/"/>
<icon>https://signal.example/i.png</icon>
<entry><id>tag:signal.example,2026:1</id><title>One</title><updated>2026-03-02T09:00:00Z</updated><content type="html">&lt;p&gt;First.&lt;/p&gt;</content>
<category term="lamps" scheme="https://signal.example/topics/" label="Lamps"/><contributor><name>Ada Keeper</name></contributor>
<link rel="alternate" type="text/html" href="https://signal.example/1"/><link rel="enclosure" length="7" href="https://a.example/1.mp3"/></entry>
<entry><id>tag:signal.example,2026:2</id><title>Two</title><updated>2026-03-03T09:00:00Z</updated><link href="https://signal.example/2"/></entry>
</feed>"""

JSON = """{"version": "https://jsonfeed.org/version/1.1", "title": "Signal", "feed_url": "https://signal.example/all.json",
"language": "en", "authors": [{"name": "Signal"}], "next_url": "https://signal.example/old.json",
"hubs": [{"type": "WebSub", "url": "https://hub.example/"}], "_atom": {"about": "https://a.example/", "rights": "Signal"},
"items": [{"id": "tag:signal.example,2026:1", "url": "https://signal.example/1", "title": "One", "content_html": "<p>First.</p>", "tags": ["Lamps"],
"date_published": "2026-03-02T09:00:00Z", "attachments": [{"url": "https://a.example/1.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 7}]},
{"id": "tag:signal.example,2026:2", "content_text": "Second."}]}"""

DOCUMENTS = {RSS_URL: RSS, ATOM_URL: ATOM, JSON_URL: JSON}

BROKEN = [
    # rule, document, what is replaced, by what
    ("well-formed", RSS_URL, "</channel>", ""),
    ("well-formed", RSS_URL, 'encoding="UTF-8"', 'encoding="US-ASCII"'),
    ("well-formed", JSON_URL, '"Signal",', '"Signal"'),
    ("character", RSS_URL, "<title>One", "<title>One\x85"),
    ("character", JSON_URL, '"One"', '"One\\u0007"'),
    ("address", RSS_URL, "https://signal.example/1<", "https://signal.example/ä<"),
    ("address", RSS_URL, "https://signal.example/1<", "https://signal.example/1%2<"),
    ("address", RSS_URL, "https://a.example/1.mp3", "/1.mp3"),
    ("address", ATOM_URL, "<id>tag:signal.example,2026:2", "<id>2"),
    ("address", ATOM_URL, "https://hub.example/", "https:///"),
    ("address", RSS_URL, "https://a.example/1.mp3", "https://a.example/1.mp3?a[]=1"),
    ("address", ATOM_URL, "tag:signal.example,2026:2", "urn:uuid:2"),
    ("address", ATOM_URL, "https://signal.example/2", "https://signal.example/2#a#b"),
    ("address", JSON_URL, '"https://signal.example/1"', '"a b"'),
    ("media-type", RSS_URL, "audio/mpeg", "mp3"),
    ("media-type", JSON_URL, "audio/mpeg", "audio"),
    ("language", RSS_URL, "<language>en<", "<language>en_US<"),
    ("language", ATOM_URL, 'xml:lang="en"', 'xml:lang="English!"'),
    ("language", JSON_URL, '"language": "en"', '"language": "e"'),
    ("number", RSS_URL, 'length="7"', 'length="-1"'),
    ("number", ATOM_URL, 'length="7"', 'length=""'),
    ("number", JSON_URL, '"size_in_bytes": 7', '"size_in_bytes": 7.5'),
    ("missing", RSS_URL, "<description>Of lamps.</description>", ""),
    ("missing", RSS_URL, "<title>Two</title>", ""),
    ("missing", RSS_URL, '<guid isPermaLink="false">tag:signal.example,2026:2</guid>', ""),
    ("missing", ATOM_URL, "<updated>2026-03-03T09:00:00Z</updated>", ""),
    ("missing", ATOM_URL, "<name>Ada Keeper</name>", ""),
    ("missing", ATOM_URL, 'term="lamps" ', ""),
    ("missing", JSON_URL, '"mime_type": "audio/mpeg", ', ""),
    ("missing", JSON_URL, '"title": "Signal", ', ""),
    ("missing", JSON_URL, '{"name": "Signal"}', "{}"),
    ("duplicate", RSS_URL, "<title>Two</title>", "<title>Two</title><title>Three</title>"),
    ("duplicate", ATOM_URL, "<icon>", "<icon>https://a.example/</icon><icon>"),
    ("duplicate", JSON_URL, '"language": "en"', '"language": "en", "language": "de"'),
    ("unknown", RSS_URL, "<title>Two</title>", "<titel>Two</titel><title>Two</title>"),
    ("unknown", RSS_URL, "<enclosure ", "<enclosure size='7' "),
    ("unknown", RSS_URL, '<rss version="2.0"', '<rss version="0.91"'),
    ("unknown", ATOM_URL, "<icon>", "<image>x</image><icon>"),
    ("unknown", ATOM_URL, "feed ", "RDF ", "/feed", "/RDF"),
    ("unknown", JSON_URL, '"id": "tag:signal.example,2026:2"', '"id": "tag:signal.example,2026:2", "category": "Lamps"'),
    ("id-unique", RSS_URL, "tag:signal.example,2026:2", "tag:signal.example,2026:1"),
    ("id-unique", ATOM_URL, "tag:signal.example,2026:2", "tag:signal.example,2026:1"),
    ("id-unique", JSON_URL, "tag:signal.example,2026:2", "tag:signal.example,2026:1"),
    ("self", RSS_URL, 'rel="self"', 'rel="related"'),
    ("self", ATOM_URL, "https://signal.example/all.atom", "https://signal.example/other.atom"),
    ("self", JSON_URL, "https://signal.example/all.json", "https://signal.example/other.json"),
    ("plausible-date", RSS_URL, "Mon, 02 Mar 2026", "Thu, 01 Jan 1970"),
    ("plausible-date", ATOM_URL, "2026-03-02", "1970-01-01"),
    ("html-nesting", RSS_URL, "&lt;/a&gt;.&lt;/p&gt;", ".&lt;/p&gt;&lt;/a&gt;"),
    ("html-nesting", JSON_URL, "</p>", ""),
    ("html-nesting", JSON_URL, "<p>First.</p>", "<p/>First."),
    ("html-harmless", ATOM_URL, "First.", "First.&lt;script&gt;&lt;/script&gt;"),
    ("html-harmless", JSON_URL, "<p>", "<p onclick='x()'>"),
    ("html-harmless", RSS_URL, '"https://a.example/"&gt;', '"javascript:x()"&gt;'),
    ("html-absolute", RSS_URL, '"https://a.example/"&gt;', '"/a"&gt;'),
    ("escaped-twice", RSS_URL, "<title>One", "<title>AT&#x26;amp;T"),
    ("escaped-twice", ATOM_URL, "First.", "AT&amp;amp;amp;T"),
    ("escaped-twice", JSON_URL, '"One"', '"AT&amp;T"'),
    ("rss-date", RSS_URL, "Mon, 02 Mar 2026", "Tue, 02 Mar 2026"),
    ("rss-date", RSS_URL, "02 Mar 2026", "32 Mar 2026"),
    ("rss-date", RSS_URL, "Mon, 02 Mar 2026 09:00:00 +0000", "2026-03-02T09:00:00Z"),
    ("rss-permalink", RSS_URL, ' isPermaLink="false">tag:signal.example,2026:2', ">tag:signal.example,2026:2"),
    ("order", RSS_URL, "</item>\n</channel>", "</item><ttl>60</ttl></channel>"),
    ("order", RSS_URL, "<description>First.</description>", ""),
    ("rss-image", RSS_URL, "<title>Signal</title><link>https://signal.example/</link></image>", "<title>S</title></image>"),
    ("rss-image", RSS_URL, "https://signal.example/i.png", "https://signal.example/i.webp"),
    ("rss-character-data", RSS_URL, "<title>One", "<title>AT&amp;T"),
    ("rss-same-twice", RSS_URL, "</copyright>", "</copyright><dc:rights>Signal</dc:rights>"),
    ("rss-author", RSS_URL, "<dc:creator>Desk</dc:creator>", "<author>Desk</author>"),
    ("atom-date", ATOM_URL, "2026-03-03T09:00:00Z", "2026-03-03T09:00:00.5+01:00"),
    ("atom-date", ATOM_URL, "2026-03-03T09", "2026-02-30T09"),
    ("atom-author", ATOM_URL, "<author><name>Signal</name></author>", ""),
    ("atom-alternate", ATOM_URL, '<link href="https://signal.example/2"/>', ""),
    ("atom-alternate", ATOM_URL, '<link href="https://signal.example/2"/>', '<link href="https://a.example/"/><link href="https://b.example/"/>'),
    ("atom-link", ATOM_URL, "<icon>", '<link rel="hub" href="https://other.example/"/><icon>'),
    ("order", ATOM_URL, "</feed>", "<rights>Signal</rights></feed>"),
    ("atom-updated", ATOM_URL, "2026-03-03", "2026-03-02"),
    ("atom-text", ATOM_URL, 'type="html"', 'type="text/html"'),
    ("link-relation", ATOM_URL, 'rel="hub"', 'rel="hubbub"'),
    ("history", ATOM_URL, "<icon>", "<fh:archive/><icon>"),
    ("history", RSS_URL, "<podcast:guid>", "<fh:archive/><podcast:guid>"),
    ("history", ATOM_URL, 'rel="enclosure" length="7"', 'rel="next-archive"'),
    ("history", ATOM_URL, "<icon>", '<link rel="prev-archive" href="https://signal.example/all.atom"/><icon>'),
    ("itunes-feed", RSS_URL, "<itunes:owner><itunes:email>a@signal.example</itunes:email></itunes:owner>", ""),
    ("itunes-feed", RSS_URL, "<itunes:email>a@signal.example</itunes:email>", ""),
    ("itunes-feed", RSS_URL, "<language>en</language>", ""),
    ("itunes-value", RSS_URL, "<itunes:explicit>false", "<itunes:explicit>no"),
    ("itunes-value", RSS_URL, "<itunes:duration>60", "<itunes:duration>1 minute"),
    ("itunes-value", RSS_URL, 'text="Tech News"', 'text="Books"'),
    ("podcast-value", RSS_URL, "4fc40c39-", "4fc40c3-"),
    ("itunes-value", RSS_URL, "<itunes:block>Yes", "<itunes:block>true"),
    ("podcast-value", RSS_URL, "<podcast:locked>yes", "<podcast:locked>true"),
    ("podcast-value", RSS_URL, "<podcast:block>yes", "<podcast:block>Yes"),
    ("podcast-value", RSS_URL, "Ada Keeper", ""),
    ("json-version", JSON_URL, "version/1.1", "version/1"),
    ("json-type", JSON_URL, '"tag:signal.example,2026:2"', "2"),
    ("json-type", JSON_URL, '["Lamps"]', '"Lamps"'),
    ("json-type", JSON_URL, '["Lamps"]', '[""]'),
    ("json-content", JSON_URL, '"content_text": "Second."', '"title": "Two"'),
    ("json-extension", JSON_URL, '"about": "https://a.example/", ', ""),
    ("json-next", JSON_URL, "https://signal.example/old.json", "https://signal.example/all.json"),
]  # fmt: skip


@pytest.mark.parametrize("url", DOCUMENTS)
def test_a_document_that_keeps_the_rules_is_let_pass(url: str) -> None:
    assert validate(DOCUMENTS[url].encode(), url) == []


@pytest.mark.parametrize(("rule", "url", "changes"), [(rule, url, rest) for rule, url, *rest in BROKEN])
def test_a_document_that_breaks_a_rule_is_found_out(rule: str, url: str, changes: list[str]) -> None:
    document = DOCUMENTS[url]
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        document = document.replace(old, new)
    assert document != DOCUMENTS[url]
    assert {finding.rule for finding in validate(document.encode(), url)} == {rule}


def test_every_rule_has_a_document_that_breaks_it() -> None:
    assert {rule for rule, *_ in BROKEN} == set(RULES)
