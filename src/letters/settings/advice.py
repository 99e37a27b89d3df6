"""What is allowed and yet looks like a mistake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from letters.errors import Problem
from letters.model import Audience, Source, Topic
from letters.settings.addresses import normalised
from letters.settings.mail_lines import MADE_UP, say_made_up_sender
from letters.settings.problems import did_you_mean
from letters.settings.signing_keys import unaligned_keys
from letters.settings.types import Settings

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def warnings(settings: Settings) -> list[Problem]:
    """Settings that are valid, but probably not meant so: nothing is refused on their account."""
    return [
        *_undeclared(settings),
        *_ambiguous(settings),
        *_sources_twice(settings),
        *_lengths(settings),
        *_exposed(settings),
        *_unaligned(settings),
    ]


def _undeclared(settings: Settings) -> Iterator[Problem]:
    """Topics and audiences of editions that only a card could bring into being."""
    vocabularies: tuple[tuple[str, str, Sequence[Topic | Audience]], ...] = (
        ("audience", "audiences", settings.audiences),
        ("topic", "topics", settings.topics),
    )
    for index, edition in enumerate(settings.editions):
        for noun, field, vocabulary in vocabularies:
            known = [word.key for word in vocabulary]
            for place, key in enumerate(getattr(edition, field)):
                if key not in known:
                    yield Problem(
                        where="config/schedule.toml",
                        line=settings.line("schedule.toml", "edition", index, field, place),
                        what=f'edition "{edition.key}": {noun} "{key}" is not declared in config/topics.toml',
                        remedy=did_you_mean(key, known) or "declare it, unless cards are going to name it",
                    )


def _ambiguous(settings: Settings) -> Iterator[Problem]:
    """Names that mean two topics, or two audiences."""
    vocabularies: tuple[tuple[str, Sequence[Topic | Audience]], ...] = (
        ("topic", settings.topics),
        ("audience", settings.audiences),
    )
    for noun, vocabulary in vocabularies:
        owners: dict[str, str] = {}
        for index, word in enumerate(vocabulary):
            for name in dict.fromkeys(
                spelling.casefold() for spelling in (word.key, word.name, *word.aliases)
            ):
                if owners.setdefault(name, word.key) != word.key:
                    yield Problem(
                        where="config/topics.toml",
                        line=settings.line("topics.toml", noun, index),
                        what=f'{noun} "{word.key}": "{name}" also means {noun} "{owners[name]}"',
                        remedy="leave it to one of the two",
                    )


def _sources_twice(settings: Settings) -> Iterator[Problem]:
    """Two sources of one address, however it is written."""
    first: dict[str, Source] = {}
    for index, source in enumerate(settings.sources):
        other = first.setdefault(normalised(source.url), source)
        if other.key == source.key:
            continue
        spelling = "" if other.url == source.url else " in another spelling"
        yield Problem(
            where="config/sources.toml",
            line=settings.line("sources.toml", "source", index, "url"),
            what=f'source "{source.key}": has the address of source "{other.key}"{spelling}, so that every episode is there twice',
            remedy="remove one of the two",
        )


def _lengths(settings: Settings) -> Iterator[Problem]:
    """Lines that inboxes would cut, or leave room after: measured without the lead's texts, which editors write anew each time."""
    for index, edition in enumerate(settings.editions):
        bare = replace(MADE_UP, site=settings.site.title, edition=edition.title, lead="", takeaway="")
        lengths = (
            ("subject", bare.say, 0, 60, "phones show some 60 characters"),
            (
                "preheader",
                bare.say,
                40 if _is_fixed(edition.preheader) else 0,
                110,
                "inboxes show 40 to 110 characters, and fill up a shorter one from the mail",
            ),
            (
                "from_name",
                partial(say_made_up_sender, made_up=bare),
                0,
                25,
                "phones show some 25 characters of it",
            ),
        )
        for field, say, least, most, why in lengths:
            template = getattr(edition, field)
            if template and not least <= (length := len(say(template))) <= most:
                beside = (
                    "" if _is_fixed(template) else " on a made-up issue, the lead's own words not counted"
                )
                yield Problem(
                    where="config/schedule.toml",
                    line=settings.line("schedule.toml", "edition", index, field),
                    what=f'edition "{edition.key}": {field} comes to {length} characters{beside}; {why}',
                    remedy="say more" if length < least else "shorten it, and put what matters first",
                )


def _is_fixed(template: str) -> bool:
    return "{{" not in template and "{%" not in template


def _exposed(settings: Settings) -> Iterator[Problem]:
    """What others on the way could read."""
    delivery, site = settings.delivery, settings.site
    smtp = delivery.smtp
    if delivery.transport != "smtp":
        return
    if smtp.username and smtp.tls == "none" and smtp.host not in _LOOPBACK:
        yield Problem(
            where="config/letters.toml",
            line=settings.line("letters.toml", "delivery", "smtp", "tls"),
            what=f'[delivery.smtp]: tls "none" sends the password readably to "{smtp.host}"',
            remedy='set tls = "starttls" or "tls"',
        )
    address = urlsplit(site.base_url)
    if address.scheme == "http" and address.hostname not in _LOOPBACK:
        yield Problem(
            where="config/letters.toml",
            line=settings.line("letters.toml", "site", "base_url"),
            what="[site]: base_url is http, but one-click unsubscribing needs https (RFC 8058, section 3.1)",
            remedy="serve the site by https and say so here",
        )


def _unaligned(settings: Settings) -> Iterator[Problem]:
    """Signatures that receivers check and then do not count."""
    sender = settings.delivery.sender.domain
    for index in unaligned_keys(settings.delivery):
        domain = settings.delivery.dkim[index].domain
        yield Problem(
            where="config/letters.toml",
            line=settings.line("letters.toml", "delivery", "dkim", index, "domain"),
            what=f'[[delivery.dkim]] number {index + 1}: domain "{domain}" is neither "{sender}", which sends, nor a parent of it, '
            "so that DMARC does not count the signature",
            remedy=f'sign for "{sender}" too, or instead',
        )
