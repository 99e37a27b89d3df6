"""The settings, typed: one model per table of the four TOML files.

Each field's default, type and description is the one source of its validation, of the JSON Schema and of the guide.
Durations are written as ``"14d"``, ``"12h"``, ``"30m"``, ``"1s"`` or several of these together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr

from letters.model import Audience, Edition, Source, Topic
from letters.settings import values
from letters.settings.lines import Lines
from letters.settings.values import Duration, Title, at_least, parse_duration

__all__ = [
    "DeliverySettings",
    "DkimSettings",
    "ImapSettings",
    "LimitSettings",
    "PairSettings",
    "PublishSettings",
    "RelaySettings",
    "ReturnsSettings",
    "Secrets",
    "Settings",
    "SiteSettings",
    "SmtpSettings",
    "StoreSettings",
    "SubscribeSettings",
    "Table",
    "WatchSettings",
    "WebSettings",
    "Workspace",
    "parse_duration",
]


class Table(BaseModel):
    """A table of a TOML file: unknown keys are refused, nothing is changed once read."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SiteSettings(Table):
    """``[site]``: what readers see everywhere."""

    title: Title = Field(description="The publication's name.", examples=["Signal"])
    base_url: values.BaseUrl = Field(
        description="Where the published tree is reachable; links in feeds and mails start with it.",
        examples=["https://signal.example"],
    )
    language: values.Language = Field("en", description="Language of pages and mails (BCP 47).")
    zone: values.SiteZone = Field(
        "UTC", description="Time zone of dates on pages, and of subscribers who named none (IANA)."
    )
    description: values.Line = Field(
        "", description="One sentence about the publication, for feeds and the index page."
    )
    accent: values.Accent = Field("#0a5f57", description="The one accent colour, on light ground.")
    accent_dark: values.AccentDark = Field("#74cbbf", description="The accent colour on dark ground.")
    icon: values.OptionalWebUrl = Field(
        "", description="A small square picture for feed readers (512 pixels or less)."
    )
    image: values.OptionalWebUrl = Field(
        "", description="A large square picture; the cover in podcast apps (1400 to 3000 pixels)."
    )
    rights: values.Line = Field("", description="Whose the cards are, in words; in every feed and entry.")
    postal_address: values.Line = Field(
        "", description="The sender's postal address, for the foot of every mail."
    )
    contact: values.OptionalMailbox = Field(
        "", description="An address that people can write to; in List-Help and the User-Agent."
    )


class StoreSettings(Table):
    """``[store]``: where Letters remembers."""

    # Not in the repr: the one from the environment may hold a password.
    url: str = Field(
        "sqlite:///var/letters.db",
        min_length=1,
        repr=False,
        description="SQLAlchemy URL; LETTERS_DATABASE_URL wins. SQLite's path is relative to the workspace.",
    )


class WatchSettings(Table):
    """``[watch]``: manners towards publishers."""

    allow_private: tuple[values.PrivatePlace, ...] = Field(
        (),
        description='Private places that sources may live in: networks, or "host:port"; all others are refused.',
    )
    spacing: Duration = Field(
        timedelta(seconds=1), description="Between requests to one host; not applied to allow_private places."
    )
    every: Annotated[Duration, at_least("1m")] = Field(
        timedelta(minutes=30), description="How often a source is looked at, at the most."
    )
    slowest: Annotated[Duration, at_least("1m")] = Field(
        timedelta(days=1), description="How often it is looked at however quiet it is."
    )
    websub: bool = Field(
        True, description='Whether "letters run" subscribes at the hubs that sources name (WebSub).'
    )
    timeout: Annotated[Duration, at_least("1s")] = Field(
        timedelta(seconds=30), description="For one whole answer."
    )
    idle_timeout: Annotated[Duration, at_least("1s")] = Field(
        timedelta(seconds=15), description="Without a byte while an answer is awaited."
    )
    parse_timeout: Annotated[Duration, at_least("1s")] = Field(
        timedelta(seconds=20), description="For reading one document."
    )
    size_limit_mb: int = Field(20, ge=1, description="Larger documents are cut off and reported, in MB.")
    connections: int = Field(16, ge=1, description="Sources asked at the same time.")


class PairSettings(Table):
    """``[pair]``: how sure a pair has to be, how long to wait, and what to do then."""

    paired_from: float = Field(
        0.86, ge=0.5, le=1, description="From this probability on, a card is paired without anybody looking."
    )
    review_from: float = Field(
        0.15, ge=0.01, le=0.5, description="From this probability on, a person is asked about a pair."
    )
    wait: Duration = Field(timedelta(days=14), description="How long an episode waits for its card.")
    uncarded: Literal["report", "publish", "drop"] = Field("report", description="What happens to it then.")
    news_within: Duration = Field(
        timedelta(days=60), description="Pairs of older episodes are published, not mailed."
    )


class PublishSettings(Table):
    """``[publish]``: the published tree."""

    tree: str = Field(
        "feeds", min_length=1, description="Folder of the published tree, relative to the workspace."
    )
    undeclared: Literal["feed", "tag"] = Field(
        "feed", description="Topics and audiences only named in cards: a feed of their own, or a mere tag."
    )
    entries: int = Field(100, ge=1, description="How many entries a feed's document holds.")
    hub: values.OptionalWebUrl = Field(
        "", description="The WebSub hub that feeds name, where readers hear of changes at once."
    )
    license: values.OptionalWebUrl = Field(
        "", description="Where it says what others may do with the cards; in every feed and entry."
    )
    podcast_category: values.PodcastCategory = Field(
        "News", description='Where podcast apps list the feeds: of Apple\'s list, "Whole" or "Whole > Part".'
    )
    locked: bool = Field(True, description="Podcast hosts are told not to take the feeds over.")


class LimitSettings(Table):
    """``[[delivery.smtp.limit]]``, ``[[delivery.relay.limit]]``: more slowly to some destinations, which share the limit."""

    domains: tuple[Annotated[values.Domain, Field(min_length=1)], ...] = Field(
        min_length=1,
        description="The domains of recipients' addresses, as they stand in them.",
        examples=[("example.com", "example.net")],
    )
    rate: values.Rate = Field(None, description='At the most, such as "5/s" or "600/m"; empty: no limit.')
    daily_cap: int = Field(0, ge=0, description="Messages a day (UTC), at the most; 0: no limit.")


class SmtpSettings(Table):
    """``[delivery.smtp]``: the relay. Its password comes from LETTERS_SMTP_PASSWORD or `password_file`."""

    host: str = Field("localhost", min_length=1, description="The relay's host name.")
    port: int = Field(25, ge=1, le=65535, description="The relay's port.")
    tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection is protected."
    )
    socket: str = Field(
        "", description="A Unix socket instead of host and port, where the relay runs on this machine."
    )
    connections: int = Field(4, ge=1, le=100, description="Connections at the same time.")
    messages_per_connection: int = Field(
        0, ge=0, description="After so many messages a new connection is opened; 0: when the relay says so."
    )
    rate: values.Rate = Field(None, description='At the most, such as "10/s" or "600/m"; empty: no limit.')
    daily_cap: int = Field(0, ge=0, description="Messages a day (UTC), at the most; 0: no limit.")
    warm_up: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (),
        description="Messages on the first day of use, on the second and so on; `daily_cap` holds from then on.",
    )
    limit: tuple[LimitSettings, ...] = ()
    username: str = Field("", description="For AUTH; empty: none.")
    auth: Literal["auto", "plain", "login", "cram-md5", "xoauth2"] = Field(
        "auto", description="How to log in; for xoauth2 the password is an access token."
    )
    password_file: str = Field("", description="File that holds the password; LETTERS_SMTP_PASSWORD wins.")
    timeout: Annotated[Duration, at_least("1s")] = Field(
        timedelta(seconds=60),
        description="For one answer of the relay; ten times as long for the one to a whole message.",
    )
    ca_file: str = Field("", description="Certificates to trust instead of the system's.")


class DkimSettings(Table):
    """``[[delivery.dkim]]``: a key that signs every mail. The key itself is in a file or in the environment."""

    selector: values.Selector = Field(
        description="The key's name in the DNS: SELECTOR._domainkey.DOMAIN.", examples=["letters2026"]
    )
    domain: values.Domain = Field("", description="The domain that signs; empty: the sender's.")
    key_file: str = Field(
        "",
        description="File of the private key (PEM: RSA of 2048 bits or more, Ed25519); empty: var/dkim/SELECTOR.key.",
    )
    key_variable: values.Variable = Field(
        "", description="Environment variable that holds the key, instead of a file."
    )


class RelaySettings(SmtpSettings):
    """``[[delivery.relay]]``: one of several relays. Its password comes from LETTERS_SMTP_PASSWORD_NAME or `password_file`."""

    name: values.Key = Field(description="Its name in reports and meters; never changes.", examples=["first"])
    weight: int = Field(
        1, ge=1, le=1000, description="Its share of the messages, beside the others' weights."
    )


class DeliverySettings(Table):
    """``[delivery]``: how issues leave."""

    transport: Literal["outbox", "smtp"] = Field("outbox", description="Files under var/outbox/, or a relay.")
    from_: values.Mailbox = Field(
        alias="from", description="The sender.", examples=["Signal <news@signal.example>"]
    )
    reply_to: values.OptionalMailbox = Field("", description="Where answers go; empty: the sender.")
    list_domain: values.Domain = Field(
        "", description="Domain of List-Id and Message-ID; empty: the sender's."
    )
    unknown: Literal["resend", "leave"] = Field(
        "resend", description="Messages of which a crash left nobody knowing whether they were sent."
    )
    return_path: values.OptionalAddress = Field(
        "",
        description="Where bounces go, each to an address of its own: bounces+TOKEN@DOMAIN; empty: to the sender.",
        examples=["bounces@signal.example"],
    )
    unauthenticated: Literal["send", "hold"] = Field(
        "send", description="Issues to many readers while SPF, DKIM or DMARC of the sender's domain fails."
    )
    many: int = Field(
        1000, ge=1, description='More readers than these are many, for unauthenticated = "hold".'
    )
    processes: int = Field(
        0,
        ge=0,
        le=64,
        description="Processes that send a large issue together, sharing the connections; 0: one for each processor, but for one if nothing is signed.",
    )
    smtp: SmtpSettings = SmtpSettings()
    dkim: tuple[DkimSettings, ...] = ()
    relay: tuple[RelaySettings, ...] = Field(
        (),
        description="Several relays instead of [delivery.smtp]; one that fails leaves its share to the others.",
    )

    @property
    def sender(self) -> Address:
        """The sender's name and address."""
        name, address = parseaddr(self.from_)
        return Address(display_name=name, addr_spec=address)


class ImapSettings(Table):
    """``[returns.imap]``: a mailbox that bounces arrive in. Its password comes from LETTERS_IMAP_PASSWORD or `password_file`."""

    host: str = Field("", description="The server's host name; empty: no mailbox is read.")
    port: int = Field(993, ge=1, le=65535, description="The server's port.")
    tls: Literal["tls", "starttls", "none"] = Field("tls", description="How the connection is protected.")
    username: str = Field("", description="Who logs in.")
    password_file: str = Field("", description="File that holds the password; LETTERS_IMAP_PASSWORD wins.")
    folder: values.ImapFolder = Field("INBOX", description="The folder that is read.")
    done: values.OptionalImapFolder = Field(
        "", description="Folder that mails are moved to once taken in; empty: they are marked as seen."
    )
    timeout: Annotated[Duration, at_least("1s")] = Field(
        timedelta(seconds=30), description="Without a byte while an answer is awaited."
    )
    ca_file: str = Field("", description="Certificates to trust instead of the system's.")


class ReturnsSettings(Table):
    """``[returns]``: where bounces and complaints arrive. Secrets of webhooks come from the environment."""

    maildir: str = Field("", description="A maildir that bounces arrive in; empty: none.")
    ses_topics: tuple[str, ...] = Field(
        (), description="Amazon SNS topics (ARN) that may report here; empty: none may."
    )
    imap: ImapSettings = ImapSettings()


class WebSettings(Table):
    """``[web]``: the server of ``letters run``, usually behind a proxy that speaks HTTPS."""

    host: str = Field("127.0.0.1", min_length=1, description="The address it listens at.")
    port: int = Field(8000, ge=0, le=65535, description="Its port; 0 takes any that is free.")


class SubscribeSettings(Table):
    """``[subscribe]``: how people come."""

    open: bool = Field(True, description='Whether people can sign up by themselves, at "/subscribe".')
    confirm_within: Annotated[Duration, at_least("1h")] = Field(
        timedelta(days=7), description="How long a sign-up waits to be confirmed; then it is forgotten."
    )
    per_hour: int = Field(
        300, ge=1, description="Mails to confirm, at most, in an hour; sign-ups beyond it are asked to wait."
    )


class Secrets(Table):
    """What never stands in TOML."""

    #: Keys of signed links: the first signs, all are read.
    link_keys: tuple[SecretStr, ...]
    smtp_password: SecretStr | None = None
    imap_password: SecretStr | None = None
    #: In PEM, in the order of ``[[delivery.dkim]]``.
    dkim_keys: tuple[SecretStr, ...] = ()
    #: "user:password" of Postmark's webhook; Mailgun's signing key; SendGrid's public key (which is none, but comes with them).
    postmark_webhook: SecretStr | None = None
    mailgun_key: SecretStr | None = None
    sendgrid_key: SecretStr | None = None
    #: Passwords of ``[[delivery.relay]]``, by name.
    relay_passwords: Mapping[str, SecretStr] = {}


class Settings(Table):
    """Everything an operator set, checked as a whole."""

    site: SiteSettings
    store: StoreSettings
    watch: WatchSettings
    pair: PairSettings
    publish: PublishSettings
    delivery: DeliverySettings
    returns: ReturnsSettings = ReturnsSettings()
    web: WebSettings = WebSettings()
    subscribe: SubscribeSettings = SubscribeSettings()
    sources: tuple[Source, ...] = ()
    topics: tuple[Topic, ...] = ()
    audiences: tuple[Audience, ...] = ()
    editions: tuple[Edition, ...] = ()
    secrets: Secrets
    _lines: Mapping[str, Lines] = PrivateAttr(default_factory=dict)

    def remember_lines(self, lines: Mapping[str, Lines]) -> None:
        """Let `line` know where the values stand, by the name of the file."""
        self._lines = lines

    def line(self, file: str, *path: str | int) -> int | None:
        """The line of a value in ``config/FILE``; None for settings that were not read from files."""
        return self._lines[file].of(path) if file in self._lines else None

    def edition(self, key: str) -> Edition | None:
        return next((edition for edition in self.editions if edition.key == key), None)


class Workspace:
    """The folders of one workspace. Nothing is created by naming it."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.config = self.root / "config"
        self.cards = self.root / "cards"
        self.templates = self.root / "templates"
        self.var = self.root / "var"
        self.outbox = self.var / "outbox"
        self.journal = self.var / "journal"
        self.history = self.var / "history"
        self.secret_key = self.var / "secret.key"

    def tree(self, settings: Settings) -> Path:
        """The published tree."""
        return (self.root / settings.publish.tree).resolve()

    def shown(self, path: Path) -> str:
        """A path as people should see it: relative to the workspace when inside it."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)
