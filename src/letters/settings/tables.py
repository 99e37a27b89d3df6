"""The four TOML files as they are written: their tables, and the nouns these make.

The tables of ``letters.toml`` are in `letters.settings.types`, since they are settings as they stand.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationInfo, field_validator

from letters.model import RECIPIENT_ZONE, Audience, Edition, GroupBy, Source, Topic
from letters.settings import values
from letters.settings.types import (
    DeliverySettings,
    PairSettings,
    PublishSettings,
    ReturnsSettings,
    SiteSettings,
    StoreSettings,
    SubscribeSettings,
    Table,
    WatchSettings,
    WebSettings,
)
from letters.settings.values import Duration, Key, Title, at_least


class SourceTable(Table):
    """``[[source]]``: a feed to watch."""

    key: Key = Field(description="Its name in commands and reports; never changes.", examples=["a16z"])
    url: values.SourceUrl = Field(
        description="The feed's address: RSS, Atom, RDF or JSON Feed.",
        examples=["https://feeds.example/a16z"],
    )
    show: values.Line = Field(
        "", description="The show as a card's credit names it; empty: the feed's title."
    )
    names: tuple[Title, ...] = Field((), description="Other names of the show, now or formerly.")
    backfill: int = Field(
        0,
        ge=0,
        description="Of the entries found at the first look, how many of the newest count as new.",
    )

    def value(self) -> Source:
        return Source(**self.model_dump())


class _Vocabulary(Table):
    key: Key = Field(
        description="Its name in addresses and in editions; never changes.", examples=["open-source-ai"]
    )
    name: Title = Field(description="As readers see it.", examples=["Open-Source AI"])
    aliases: tuple[Title, ...] = Field((), description="Other spellings that cards use.")


class TopicTable(_Vocabulary):
    """``[[topic]]``: what cards are about."""

    def value(self) -> Topic:
        return Topic(**self.model_dump())


class AudienceTable(_Vocabulary):
    """``[[audience]]``: whom cards are best for."""

    def value(self) -> Audience:
        return Audience(**self.model_dump())


class EditionTable(Table):
    """``[[edition]]``: a newsletter, who gets what, when."""

    key: Key = Field(
        description="Its name in addresses and lists; never changes.", examples=["policy-weekly"]
    )
    title: Title = Field(description="As readers see it.", examples=["AI policy, weekly"])
    audiences: tuple[Key, ...] = Field((), description="Cards for any of these; empty: all.")
    topics: tuple[Key, ...] = Field((), description="And on any of these; empty: all.")
    group_by: Literal["topic", "audience", "audience-topic"] = Field(
        "topic", description="What its sections are."
    )
    when: values.When = Field(
        description="Cron: minute, hour, day of month, month, day of week.", examples=["0 8 * * MON"]
    )
    zone: values.EditionZone = Field(
        "UTC", description=f'Time zone of `when` (IANA), or "{RECIPIENT_ZONE}": each reader\'s own.'
    )
    empty: Literal["skip", "note"] = Field(
        "skip", description="With no card to send: nothing, or a short mail that says so."
    )
    approval: Literal["auto", "manual"] = Field(
        "auto", description="Sent when composed, or when an operator approves."
    )
    catch_up: Literal["latest", "none"] = Field(
        "latest", description="After downtime: the latest missed issue if less than `grace` late, or none."
    )
    grace: Duration = Field(timedelta(hours=12), description="How late an issue may still be sent.")
    window: Annotated[Duration, at_least("1m")] = Field(
        timedelta(days=5),
        description="How long after its hour mails may still leave; later than that they are not sent but reported.",
    )
    uncarded: bool = Field(False, description="Also list episodes that got no card in time.")
    min_cards: int = Field(
        0,
        ge=0,
        description="With fewer cards than this the issue is put off, and its cards go into the next one.",
    )
    min_cards_wait: int = Field(
        3, ge=0, description="How many issues in a row a card may be put off; then it goes out all the same."
    )
    max_cards: int = Field(
        0, ge=0, description="How many are shown with their texts; the rest are lines at the end. 0: all."
    )
    subject: values.MailLine = Field("", description="Template of the subject; empty: the shipped one.")
    preheader: values.MailLine = Field(
        "", description="Template of what inboxes show after the subject; empty: the first card's takeaway."
    )
    from_name: values.SenderLine = Field(
        "", description="Template of the sender's name; empty: the one in [delivery] from."
    )
    language: values.Language = Field("", description="Language of its mails (BCP 47); empty: the site's.")
    look: Literal["digest", "brief", "single"] = Field(
        "digest",
        description="How its mails look: cards in full, a title and one line each, or the best card as a letter.",
    )

    @field_validator("max_cards")
    @classmethod
    def _leave_room(cls, value: int, info: ValidationInfo) -> int:
        least = info.data.get("min_cards", 0)
        if 0 < value < least:
            raise ValueError(f"is {value}, and min_cards is {least}; raise max_cards or lower min_cards")
        return value

    def value(self) -> Edition:
        return Edition(**self.model_dump() | {"group_by": GroupBy(self.group_by)})


class LettersFile(Table):
    """``config/letters.toml``: the site, storage, delivery, limits."""

    site: SiteSettings
    store: StoreSettings = StoreSettings()
    watch: WatchSettings = WatchSettings()
    pair: PairSettings = PairSettings()
    publish: PublishSettings = PublishSettings()
    delivery: DeliverySettings
    returns: ReturnsSettings = ReturnsSettings()
    web: WebSettings = WebSettings()
    subscribe: SubscribeSettings = SubscribeSettings()


class SourcesFile(Table):
    """``config/sources.toml``: the feeds to watch."""

    source: tuple[SourceTable, ...] = ()


class TopicsFile(Table):
    """``config/topics.toml``: the vocabulary."""

    topic: tuple[TopicTable, ...] = ()
    audience: tuple[AudienceTable, ...] = ()


class ScheduleFile(Table):
    """``config/schedule.toml``: the newsletters."""

    edition: tuple[EditionTable, ...] = ()


#: The files by name; the order in which problems are told.
FILES: Final[dict[str, type[Table]]] = {
    "letters.toml": LettersFile,
    "sources.toml": SourcesFile,
    "topics.toml": TopicsFile,
    "schedule.toml": ScheduleFile,
}
