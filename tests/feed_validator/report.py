"""The rules by name, and what was found against them."""

from __future__ import annotations

from dataclasses import dataclass

#: By name: what a document has to keep, and who says so.
RULES = {
    # Any document.
    "well-formed": "XML 1.0, JSON (RFC 8259); in UTF-8",
    "character": "no controls, no replacement characters (XML 1.0, section 2.2; W3C: BadCharacters)",
    "address": "an absolute URI of ASCII, with whole percent escapes (RFC 3986)",
    "media-type": "type/subtype (RFC 9110, section 8.3.1)",
    "language": "a language tag (RFC 5646)",
    "number": "a whole number that is not negative",
    "missing": "required elements and fields are there and not empty",
    "duplicate": "what may stand once stands once",
    "unknown": "no element, attribute or field that the specification does not know",
    "id-unique": "an identifier stands once in a document",
    "self": "the document names its own address (RSS profile; RFC 4287, section 4.1.1; JSON Feed feed_url)",
    "plausible-date": "no date before 1990 (W3C: ImplausibleDate)",
    # HTML in any of them.
    "html-nesting": "elements are closed in the order in which they were opened",
    "html-harmless": "no script, style, handler, form or frame (W3C: SecurityRisk)",
    "html-absolute": "no relative address (W3C: ContainsRelRef)",
    "escaped-twice": "no character reference is left in what a reader shows",
    # RSS 2.0 and the RSS Advisory Board's profile.
    "rss-date": "RFC 822 with a year of four digits, and the weekday of that day",
    "rss-permalink": "only a web address is a permalink; isPermaLink says false of any other guid",
    "order": "entries come after the feed's own elements, content:encoded after description (W3C: MisplacedItem)",
    "rss-image": "the image bears the channel's own title and link, and is a GIF, JPEG or PNG",
    "rss-character-data": "in titles, & and < are written as &#x26; and &#x3C; (RSS profile; W3C: CharacterData)",
    "rss-same-twice": "no Dublin Core beside the core element of the same meaning (W3C: DuplicateSemantics)",
    "rss-author": "author holds a mail address",
    # Atom 1.0.
    "atom-date": "RFC 3339, whole seconds in UTC, which all readers understand",
    "atom-author": "the feed, or each of its entries, has an author (section 4.1.1)",
    "atom-alternate": "an entry without content has an alternate; no two of one type and language (section 4.1.2)",
    "atom-link": "a feed has no two links of one relation, type and language (W3C: DuplicateAtomLink)",
    "atom-updated": "no two entries of one feed were updated at the same time (W3C: DuplicateUpdated)",
    "atom-text": "a text construct says its type (section 3.1)",
    "link-relation": "a registered relation (section 4.2.7.2)",
    "history": "archives link to the current feed, and no entry links to pages (RFC 5005)",
    # Apple's and Podcasting 2.0's elements.
    "itunes-feed": "a podcast has a language, a category, an owner to write to, and says whether it is explicit (Apple)",
    "itunes-value": "true or false, a known category, a duration, a positive number, at most 255 characters (Apple)",
    "podcast-value": "a UUID, yes or no, a number, a name of 128 characters at most (Podcasting 2.0)",
    # JSON Feed 1.1.
    "json-version": "the address of version 1.1",
    "json-type": "strings are strings, lists are lists",
    "json-content": "an item has content_html or content_text",
    "json-extension": "an extension begins with an underscore and says in about what it is",
    "json-next": "next_url leads elsewhere than feed_url",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of a rule."""

    rule: str
    where: str
    found: str


class Report:
    """Collects findings."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def add(self, rule: str, where: str, found: object) -> None:
        assert rule in RULES, rule
        self.findings.append(Finding(rule, where, str(found)[:200]))

    def check(self, kept: object, rule: str, where: str, found: object) -> None:
        if not kept:
            self.add(rule, where, found)
