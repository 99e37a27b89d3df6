"""Every complaint of the configuration names file, line, what was found, what was wanted and what mends it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from letters.errors import SettingsError, WorkspaceNotFoundError
from letters.model import Audience, Edition, GroupBy, Source, Topic
from letters.settings import Settings, Workspace, load_settings, warnings

KEY = "k" * 32
LETTERS = '[site]\ntitle = "Signal"\nbase_url = "https://signal.example"\n[delivery]\nfrom = "Signal <news@signal.example>"\n'

Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a workspace of these files; keywords are files without ending, and `environ`."""

    def run(letters: str = LETTERS, *, environ: dict[str, str] | None = None, **files: str) -> Settings:
        config = tmp_path / "config"
        config.mkdir(exist_ok=True)
        for name, text in {"letters": letters, **files}.items():
            (config / f"{name}.toml").write_text(text)
        return load_settings(Workspace(tmp_path), {"LETTERS_SECRET": KEY} if environ is None else environ)

    return run


@pytest.fixture
def complaints(load: Load) -> Callable[..., list[str]]:
    """What loading such a workspace says."""

    def run(letters: str = LETTERS, **keywords: str | dict[str, str]) -> list[str]:
        with pytest.raises(SettingsError) as caught:
            load(letters, **keywords)
        return [str(problem) for problem in caught.value.problems]

    return run


Complaints = Callable[..., list[str]]

# --- what is accepted ------------------------------------------------------------------------------------


def test_the_least_that_is_required_is_enough(load: Load) -> None:
    settings = load()
    assert settings.site.title == "Signal"
    assert settings.site.zone == "UTC"
    assert settings.delivery.sender.addr_spec == "news@signal.example"
    assert settings.editions == settings.sources == settings.topics == settings.audiences == ()


def test_the_nouns_of_the_other_files_come_out_as_values(load: Load) -> None:
    settings = load(
        sources='[[source]]\nkey = "a"\nurl = "https://a.example/feed"\nnames = ["A", "B"]\nbackfill = 3\n',
        topics='[[topic]]\nkey = "t"\nname = "T"\naliases = ["tee"]\n[[audience]]\nkey = "p"\nname = "P"\n',
        schedule='[[edition]]\nkey = "e"\ntitle = "E"\nwhen = "0 8 * * MON"\nzone = "recipient"\n'
        'group_by = "audience-topic"\ngrace = "1d12h"\naudiences = ["p"]\n',
    )
    assert settings.sources == (Source(key="a", url="https://a.example/feed", names=("A", "B"), backfill=3),)
    assert settings.topics == (Topic(key="t", name="T", aliases=("tee",)),)
    assert settings.audiences == (Audience(key="p", name="P"),)
    assert settings.editions == (
        Edition(
            key="e",
            title="E",
            when="0 8 * * MON",
            zone="recipient",
            group_by=GroupBy.AUDIENCE_TOPIC,
            grace=timedelta(hours=36),
            audiences=("p",),
        ),
    )
    assert settings.edition("e") == settings.editions[0]
    assert settings.edition("f") is None


# One accepted value per check; the rejected ones follow below.
@pytest.mark.parametrize(
    ("table", "line", "value"),
    [
        ("site", 'language = "pt-BR"', "pt-BR"),
        ("site", 'zone = "Europe/Berlin"', "Europe/Berlin"),
        ("site", 'accent = "#075"', "#007755"),
        ("site", 'accent_dark = "#FFF"', "#ffffff"),
        ("site", 'contact = "desk@signal.example"', "desk@signal.example"),
        ("watch", 'every = "1h30m"', timedelta(minutes=90)),
        ("watch", 'timeout = "5s"', timedelta(seconds=5)),
        ("watch", "size_limit_mb = 1", 1),
        ("watch", 'allow_private = ["10.0.0.0/8", "127.0.0.1:8900", "[::1]:80", "intranet:80"]', None),
        ("pair", 'uncarded = "drop"', "drop"),
        ("pair", 'wait = "2w"', timedelta(days=14)),
        ("publish", 'tree = "public/tree"', "public/tree"),
        ("publish", "entries = 1", 1),
        ("web", "port = 0", 0),
        ("subscribe", 'confirm_within = "1d"', timedelta(days=1)),
        ("store", 'url = "postgresql://letters@localhost/letters"', "postgresql://letters@localhost/letters"),
    ],
)
def test_a_good_value_is_taken(load: Load, table: str, line: str, value: object) -> None:
    name = line.partition(" ")[0]
    letters = (
        LETTERS.replace("[site]\n", f"[site]\n{line}\n")
        if table == "site"
        else f"{LETTERS}[{table}]\n{line}\n"
    )
    found = getattr(getattr(load(letters), table), name)
    assert value is None or found == value


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://signal.example/", "https://signal.example"),
        ("HTTPS://Signal.Example/Sub//", "https://signal.example/Sub"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_the_base_url_is_kept_without_a_slash_at_its_end(load: Load, written: str, kept: str) -> None:
    assert load(LETTERS.replace("https://signal.example", written)).site.base_url == kept


def test_files_with_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path, load: Load) -> None:
    load()
    (tmp_path / "config" / "letters.toml").write_bytes(
        b"\xef\xbb\xbf" + LETTERS.replace("\n", "\r\n").encode()
    )
    assert load_settings(Workspace(tmp_path), {"LETTERS_SECRET": KEY}).site.title == "Signal"


def test_a_folder_without_letters_toml_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceNotFoundError, match=r"has no config/letters\.toml, so it is no workspace"):
        load_settings(Workspace(tmp_path), {})


# --- letters.toml: what is refused -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('titel = "x"', '[site]: titel is no key that is known here; did you mean "title"?'),
        ('wait = "1d"', "[site]: wait is no key that is known here; it belongs in [pair]"),
        ("language = 5", "[site]: language is 5, wanted text in quotes"),
        ('language = "english!"', '[site]: language "english!" is no language tag; wanted one such as "en", "en-US" or "pt-BR"'),
        ('zone = "Europe/Berln"', '[site]: zone "Europe/Berln" is not a time zone; did you mean "Europe/Berlin"?'),
        ('zone = "recipient"', '[site]: zone "recipient" is no place; wanted an IANA name such as "Europe/Berlin"'),
        ('accent = "green"', '[site]: accent "green" is no colour; wanted one such as "#0a5f57"'),
        (
            'accent = "#74cbbf"',
            '[site]: accent "#74cbbf" has a contrast of 1.74 on #f7f5f0, wanted 4.5 or more; "#2e7c71" is the nearest that passes',
        ),
        (
            'accent_dark = "#0a5f57"',
            '[site]: accent_dark "#0a5f57" has a contrast of 2.18 on #211f1c, wanted 4.5 or more; "#10978a" is the nearest that passes',
        ),
        ('icon = "/icon.png"', '[site]: icon "/icon.png" is no web address; wanted one such as "https://signal.example"'),
        ('image = "https://u:p@s.example/i.png"', "[site]: image holds a name or a password, which every reader would see; wanted the plain address"),
        ('rights = "a\\nb"', '[site]: rights "a\\nb" holds line breaks or control characters; wanted one line of text'),
        ('contact = "nobody"', '[site]: contact "nobody" is no mail address; wanted one such as "Signal <news@signal.example>"'),
        ('description = "a\\nb"', '[site]: description "a\\nb" holds line breaks or control characters; wanted one line of text'),
        (
            'api_key = "x"',
            "[site]: api_key is a secret, and secrets never stand in TOML; put the key of links into LETTERS_SECRET or var/secret.key, the relay's password into LETTERS_SMTP_PASSWORD",
        ),
    ],
)  # fmt: skip
def test_a_bad_line_of_the_site_is_told_with_its_line(complaints: Complaints, line: str, words: str) -> None:
    assert complaints(LETTERS.replace("[site]\n", f"[site]\n{line}\n")) == [f"config/letters.toml:2: {words}"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://signal.example", '"ftp://signal.example" is no web address; wanted one such as "https://signal.example"'),
        ("https://", '"https://" is no web address; wanted one such as "https://signal.example"'),
        ("https://s.example/?a", '"https://s.example/?a" has a query or a fragment; wanted the plain address that links start with'),
        ("https://u:p@s.example", "holds a name or a password, which every reader would see; wanted the plain address"),
        ("//u:p@s.example", '"//s.example" is no web address; wanted one such as "https://signal.example"'),
    ],
)  # fmt: skip
def test_a_base_url_that_links_cannot_start_with_is_refused(
    complaints: Complaints, url: str, words: str
) -> None:
    assert complaints(LETTERS.replace("https://signal.example", url)) == [
        f"config/letters.toml:3: [site]: base_url {words}"
    ]


@pytest.mark.parametrize(
    "sender", ["Signal", "a@", "@b.example", "a@b@c", "Signal <a b@c.example>", "a@-x.example"]
)
def test_a_sender_that_is_no_mail_address_is_refused(complaints: Complaints, sender: str) -> None:
    assert complaints(LETTERS.replace("Signal <news@signal.example>", sender)) == [
        f'config/letters.toml:5: [delivery]: from "{sender}" is no mail address; wanted one such as "Signal <news@signal.example>"'
    ]


def test_a_sender_with_a_line_break_cannot_smuggle_in_a_header(complaints: Complaints) -> None:
    assert complaints(LETTERS.replace("Signal <", "Signal\\r\\nBcc: x <")) == [
        'config/letters.toml:5: [delivery]: from "Signal\\r\\nBcc: x <news@signal.example>" holds line breaks or control characters; wanted one line of text'
    ]


@pytest.mark.parametrize(
    ("table", "line", "words"),
    [
        ("watch", 'every = "5 minutes"', '[watch]: every "5 minutes" is no duration; wanted one such as "14d", "12h", "1h30m" or "1s"'),
        ("watch", "every = 5", '[watch]: every 5 is no duration; wanted one such as "14d", "12h", "1h30m" or "1s"'),
        ("watch", 'every = "1s"', '[watch]: every "1s" is too short; wanted "1m" or more'),
        ("watch", 'timeout = "0s"', '[watch]: timeout "0s" is too short; wanted "1s" or more'),
        ("watch", "size_limit_mb = 0", "[watch]: size_limit_mb is 0, wanted 1 or more"),
        ("watch", "connections = true", "[watch]: connections is true, wanted a whole number"),
        ("watch", "connections = 1.5", "[watch]: connections is 1.5, wanted a whole number"),
        ("watch", 'allow_private = "10.0.0.0/8"', '[watch]: allow_private is "10.0.0.0/8", wanted a list such as ["a", "b"]'),
        (
            "watch",
            'allow_private = ["here"]',
            '[watch]: allow_private, item 1 "here" is no private place; wanted a network such as "10.0.0.0/8", or "127.0.0.1:8900"',
        ),
        ("pair", 'uncarded = "reprot"', '[pair]: uncarded is "reprot", wanted "report", "publish" or "drop"; did you mean "report"?'),
        ("pair", 'wait = "101y"', '[pair]: wait "101y" is no duration; wanted one such as "14d", "12h", "1h30m" or "1s"'),
        ("pair", 'wait = "9999999w"', '[pair]: wait "9999999w" is too long; wanted "36500d" or less'),
        ("pair", "wait = 1979-05-27", '[pair]: wait 1979-05-27 is no duration; wanted one such as "14d", "12h", "1h30m" or "1s"'),
        ("publish", 'tree = "."', '[publish]: tree is ".", which holds other things than the published tree; wanted a folder of its own, such as "feeds"'),
        ("publish", 'tree = "var/tree"', '[publish]: tree is "var/tree", which holds other things than the published tree; wanted a folder of its own, such as "feeds"'),
        ("publish", 'tree = ""', "[publish]: tree is empty, wanted text"),
        ("publish", "undeclared = 1", '[publish]: undeclared is 1, wanted "feed" or "tag"'),
        ("publish", 'hub = "hub.example"', '[publish]: hub "hub.example" is no web address; wanted one such as "https://signal.example"'),
        ("publish", 'license = "CC BY 4.0"', '[publish]: license "CC BY 4.0" is no web address; wanted one such as "https://signal.example"'),
        ("publish", 'podcast_category = "Tech News"', '[publish]: podcast_category "Tech News" is no category of Apple\'s list; did you mean "News > Tech News"?'),
        ("publish", 'podcast_category = "Qxqx"', '[publish]: podcast_category "Qxqx" is no category of Apple\'s list; wanted one such as "News" or "News > Tech News"'),
        ("publish", "locked = 1", "[publish]: locked is 1, wanted true or false"),
        ("delivery.smtp", "port = 70000", "[delivery.smtp]: port is 70000, wanted 65535 or less"),
        ("delivery.smtp", 'ca_file = "nope.pem"', '[delivery.smtp]: ca_file names "nope.pem", which is not there; wanted a file of PEM certificates'),
        ("delivery.smtp", 'password_file = "nope"', '[delivery.smtp]: password_file names "nope", which does not exist; write the password into it, or set LETTERS_SMTP_PASSWORD'),
        ("delivery.smtp", 'password = "hunter2"', "[delivery.smtp]: password is a secret, and secrets never stand in TOML; put it into LETTERS_SMTP_PASSWORD, or into a file that password_file in [delivery.smtp] names"),
        ("store", 'url = "mysql://h/d"', '[store]: url names a database of kind "mysql"; wanted one such as "sqlite:///var/letters.db" or "postgresql://letters@localhost/letters"'),
        ("store", 'url = "nonsense"', '[store]: url is no database address; wanted one such as "sqlite:///var/letters.db" or "postgresql://letters@localhost/letters"'),
        ("store", 'url = "postgresql://u:hunter2@h/d"', "[store]: url holds a password, and secrets never stand in TOML; put the whole address into LETTERS_DATABASE_URL"),
    ],
)  # fmt: skip
def test_a_bad_line_of_another_table_is_told_with_its_line(
    complaints: Complaints, table: str, line: str, words: str
) -> None:
    assert complaints(f"{LETTERS}[{table}]\n{line}\n") == [f"config/letters.toml:7: {words}"]


def test_a_publication_says_whose_it_is_and_where_its_hub_is(load: Load) -> None:
    settings = load(
        LETTERS.replace("[site]\n", '[site]\nicon = "https://signal.example/icon.png"\nrights = "© Signal"\n')
        + '[publish]\nhub = "https://hub.example/"\nlicense = "https://license.example/by/4.0"\n'
        + 'podcast_category = "News > Tech News"\n'
    )
    assert (settings.site.icon, settings.site.image) == ("https://signal.example/icon.png", "")
    assert (settings.site.rights, settings.publish.hub) == ("© Signal", "https://hub.example/")
    assert settings.publish.license == "https://license.example/by/4.0"
    assert (settings.publish.podcast_category, settings.publish.locked) == ("News > Tech News", True)


def test_a_domain_has_to_be_one(complaints: Complaints, load: Load) -> None:
    assert (
        load(f'{LETTERS}list_domain = "Lists.Signal.Example"\n').delivery.list_domain
        == "lists.signal.example"
    )
    assert complaints(f'{LETTERS}list_domain = "a b"\n') == [
        'config/letters.toml:6: [delivery]: list_domain "a b" is no domain; wanted one such as "signal.example"'
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[paire]", 'paire is no table that is known here; did you mean "pair"?'),
        ("[[edition]]", "edition is no table that is known here; it belongs in config/schedule.toml, as [[edition]]"),
        ("[zzz]", 'zzz is no table that is known here; known are "site", "store", "watch", "pair", "publish", "delivery", "returns", "web", "subscribe"'),
        ("['a\\nb']", r"'a\\nb' is no table that is known here; known are"),
        ("[[store]]", "store is a list, wanted a table [store]"),
    ],
)  # fmt: skip
def test_a_table_that_is_not_known_is_told(complaints: Complaints, text: str, words: str) -> None:
    (complaint,) = complaints(f"{LETTERS}{text}\n")
    assert complaint.startswith(f"config/letters.toml:6: {words}")


def test_what_is_required_is_told_with_an_example(complaints: Complaints) -> None:
    assert complaints("[site]\n") == [
        'config/letters.toml: [delivery]: from is missing; add from = "Signal <news@signal.example>"',
        'config/letters.toml:1: [site]: title is missing; add title = "Signal"',
        'config/letters.toml:1: [site]: base_url is missing; add base_url = "https://signal.example"',
    ]


# --- the other files -------------------------------------------------------------------------------------

EDITION = '[[edition]]\nkey = "e"\ntitle = "E"\nwhen = "0 8 * * MON"\n'


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('zone = "America/NewYork"', 'zone "America/NewYork" is not a time zone; did you mean "America/New_York"?'),
        ('group_by = "topics"', 'group_by is "topics", wanted "topic", "audience" or "audience-topic"; did you mean "topic"?'),
        ('empty = "none"', 'empty is "none", wanted "skip" or "note"; did you mean "note"?'),
        ('approval = "by hand"', 'approval is "by hand", wanted "auto" or "manual"'),
        ('catch_up = "all"', 'catch_up is "all", wanted "latest" or "none"'),
        ('grace = "-1h"', 'grace "-1h" is no duration; wanted one such as "14d", "12h", "1h30m" or "1s"'),
        ('uncarded = "yes"', 'uncarded is "yes", wanted true or false'),
        ("min_cards = -1", "min_cards is -1, wanted 0 or more"),
        ("min_cards_wait = -1", "min_cards_wait is -1, wanted 0 or more"),
        ('max_cards = "all"', 'max_cards is "all", wanted a whole number'),
        ('topics = "ai"', 'topics is "ai", wanted a list such as ["a", "b"]'),
        ('topics = ["ai", "Open Models"]', 'topics, item 2 "Open Models" is no key, wanted small letters and digits joined by single hyphens; "open-models" would do'),
        ("audiences = [1]", "audiences, item 1 is 1, wanted text in quotes"),
        ('subject = "{{ title"', 'subject is no template: "{{ title": unexpected end of template, expected \'end of print statement\'.'),
        ('subject = "a\\nb"', 'subject "a\\nb" holds line breaks or control characters; wanted one line of text'),
        ('subjekt = ""', 'subjekt is no key that is known here; did you mean "subject"?'),
    ],
)  # fmt: skip
def test_a_bad_line_of_an_edition_is_told_with_its_name(
    complaints: Complaints, line: str, words: str
) -> None:
    assert complaints(schedule=f"{EDITION}{line}\n") == [f'config/schedule.toml:5: edition "e": {words}']


def test_an_issue_cannot_want_more_cards_than_it_may_have(complaints: Complaints, load: Load) -> None:
    assert complaints(schedule=f"{EDITION}min_cards = 5\nmax_cards = 3\n") == [
        'config/schedule.toml:6: edition "e": max_cards is 3, and min_cards is 5; raise max_cards or lower min_cards'
    ]
    (edition,) = load(LETTERS, schedule=f"{EDITION}min_cards = 5\nmax_cards = 0\n").editions
    assert (edition.min_cards, edition.max_cards, edition.min_cards_wait) == (5, 0, 3)


def test_a_good_subject_is_taken(load: Load) -> None:
    schedule = EDITION + "subject = \"{{ lead }}, {{ count | count('card') }}\"\n"
    assert load(schedule=schedule).editions[0].subject.startswith("{{ lead }}")


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("0 8 * *", '"0 8 * *" has 4 fields, wanted five'),
        ("0 25 * * *", '"0 25 * * *" is no cron expression'),
        ("0 8 31 2 *", '"0 8 31 2 *" never happens, wanted a date that exists'),
    ],
)
def test_a_schedule_that_never_fires_is_refused(complaints: Complaints, when: str, words: str) -> None:
    (complaint,) = complaints(schedule=EDITION.replace("0 8 * * MON", when))
    assert complaint.startswith(f'config/schedule.toml:4: edition "e": when {words}')


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('key = "A B"\nurl = "https://a.example"', '2: source "A B": key "A B" is no key, wanted small letters and digits joined by single hyphens; "a-b" would do'),
        ('key = "a"', '1: source "a": url is missing; add url = "https://feeds.example/a16z"'),
        ('url = "https://a.example"', '1: source number 1: key is missing; add key = "a16z"'),
        ('key = "a"\nurl = "feed.xml"', '3: source "a": url "feed.xml" is no web address; wanted one such as "https://signal.example"'),
        ('key = "a"\nurl = "https://a.example"\nbackfill = -1', '4: source "a": backfill is -1, wanted 0 or more'),
        ('key = "a"\nurl = "https://a.example"\nnames = [" "]', '4: source "a": names, item 1 is empty, wanted text'),
    ],
)  # fmt: skip
def test_a_bad_source_is_told_with_its_name(complaints: Complaints, text: str, words: str) -> None:
    assert complaints(sources=f"[[source]]\n{text}\n") == [f"config/sources.toml:{words}"]


@pytest.mark.parametrize(
    ("file", "noun"),
    [("sources", "source"), ("topics", "topic"), ("topics", "audience"), ("schedule", "edition")],
)
def test_a_key_that_stands_twice_is_told_with_both_lines(
    complaints: Complaints, file: str, noun: str
) -> None:
    rest = (
        'url = "https://a.example"'
        if noun == "source"
        else 'title = "E"\nwhen = "0 8 * * *"'
        if noun == "edition"
        else 'name = "N"'
    )
    text = f'[[{noun}]]\nkey = "one"\n{rest}\n\n[[{noun}]]\n{rest}\nkey = "one"\n'
    line = text[: text.rindex("key")].count("\n") + 1
    assert complaints(**{file: text}) == [
        f'config/{file}.toml:{line}: {noun} "one": key stands in line 2 already; give one of the two another key'
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("topic = 5", "1: topic is 5, wanted tables under [[topic]]"),
        ("[topic]", "1: topic is a table, wanted tables under [[topic]]"),
        ("\ntopic = [3]", "2: topic number 1 is 3, wanted tables under [[topic]]"),
    ],
)
def test_a_list_of_tables_has_to_be_one(complaints: Complaints, text: str, words: str) -> None:
    assert complaints(topics=text) == [f"config/topics.toml:{words}"]


# --- files that are no TOML ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = \n", '1: is no TOML: invalid value; text stands in quotes, as in key = "text"'),
        ("\n[x]\n[x]\n", "3: is no TOML: cannot declare ('x',) twice; a table stands there twice; lists of tables are written [[like this]]"),
        ("\na 5\n", "2: is no TOML: expected '=' after a key in a key/value pair; each line is key = value"),
        ('\na = "x\n', "2: is no TOML: illegal character"),
    ],
)  # fmt: skip
def test_broken_toml_is_told_with_its_line(complaints: Complaints, text: str, words: str) -> None:
    (complaint,) = complaints(schedule=text)
    assert complaint.startswith(f"config/schedule.toml:{words}")


def test_a_file_that_is_not_utf8_is_told_with_its_line(
    load: Load, complaints: Complaints, tmp_path: Path
) -> None:
    load()
    (tmp_path / "config" / "topics.toml").write_bytes(b'a = 1\nb = "\xe4"\n')
    assert complaints() == ["config/topics.toml:2: is not UTF-8, as TOML has to be; save it as UTF-8"]


def test_a_file_that_cannot_be_read_is_told(load: Load, complaints: Complaints, tmp_path: Path) -> None:
    load()
    (tmp_path / "config" / "topics.toml").mkdir()
    assert complaints() == ["config/topics.toml: cannot be read: is a directory"]


def test_all_problems_of_all_files_are_told_at_once_in_their_order(complaints: Complaints) -> None:
    found = complaints(
        '[site]\ntitle = 1\n[store]\nurl = "x"\n',
        schedule="[[edition]]\n",
        topics="broken",
        sources='[[source]]\nkey = "a"\n',
        environ={},
    )
    assert [line.split(": ")[0] for line in found] == [
        "config/letters.toml",
        "config/letters.toml:1",
        "config/letters.toml:2",
        "config/letters.toml:4",
        "config/sources.toml:1",
        "config/topics.toml:1",
        *["config/schedule.toml:1"] * 3,
        "var/secret.key",
    ]


# --- secrets and the environment -------------------------------------------------------------------------


def test_keys_of_links_come_from_the_environment_newest_first(load: Load) -> None:
    new, old = "n" * 32, "o" * 32
    settings = load(environ={"LETTERS_SECRET": f"{new}, {old}"})
    assert [key.get_secret_value() for key in settings.secrets.link_keys] == [new, old]


def test_keys_of_links_come_from_the_file_else_newest_first(tmp_path: Path, load: Load) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret.key").write_text("n" * 32 + "\n\n" + "o" * 32 + "\n")
    assert [key.get_secret_value()[0] for key in load(environ={}).secrets.link_keys] == ["n", "o"]


def test_without_a_key_nothing_can_be_signed(complaints: Complaints) -> None:
    assert complaints(environ={}) == [
        'var/secret.key: there is no key to sign links with; set LETTERS_SECRET, or write a key into var/secret.key; a new one is made by "openssl rand -hex 32"'
    ]


def test_a_key_that_can_be_guessed_is_refused_without_showing_it(complaints: Complaints) -> None:
    assert complaints(environ={"LETTERS_SECRET": f"{KEY},hunter2"}) == [
        'LETTERS_SECRET: key number 2 has 7 characters, wanted 16 or more; a new one is made by "openssl rand -hex 32"'
    ]


SMTP = f'{LETTERS}transport = "smtp"\n[delivery.smtp]\nusername = "signal"\n'


def test_the_relays_password_comes_from_the_environment_or_a_file(tmp_path: Path, load: Load) -> None:
    (tmp_path / "relay.password").write_text("from file\n")
    with_file = f'{SMTP}password_file = "relay.password"\n'
    for environ, wanted in (
        ({"LETTERS_SMTP_PASSWORD": "from environment"}, "from environment"),
        ({}, "from file"),
    ):
        password = load(with_file, environ={"LETTERS_SECRET": KEY, **environ}).secrets.smtp_password
        assert password is not None
        assert password.get_secret_value() == wanted


def test_a_login_without_a_password_is_refused(complaints: Complaints) -> None:
    assert complaints(SMTP) == [
        "config/letters.toml:8: [delivery.smtp]: username is given, but no password; set LETTERS_SMTP_PASSWORD, or name a file with password_file"
    ]


def test_secrets_are_never_shown(load: Load) -> None:
    environ = {
        "LETTERS_SECRET": KEY,
        "LETTERS_SMTP_PASSWORD": "hunter2",
        "LETTERS_DATABASE_URL": "postgresql://u:hunter2@h/d",
    }
    settings = load(environ=environ)
    assert settings.store.url == "postgresql://u:hunter2@h/d"
    for shown in (repr(settings), str(settings)):
        assert "hunter2" not in shown
        assert KEY not in shown


def test_the_database_of_the_environment_wins(load: Load) -> None:
    environ = {"LETTERS_SECRET": KEY, "LETTERS_DATABASE_URL": "postgresql://h/d"}
    assert load(environ=environ).store.url == "postgresql://h/d"


def test_a_bad_database_of_the_environment_is_told_without_showing_it(complaints: Complaints) -> None:
    assert complaints(environ={"LETTERS_SECRET": KEY, "LETTERS_DATABASE_URL": "hunter2"}) == [
        'LETTERS_DATABASE_URL: is no database address; wanted one such as "sqlite:///var/letters.db" or "postgresql://letters@localhost/letters"'
    ]


def test_relative_paths_are_those_of_the_workspace(tmp_path: Path, load: Load) -> None:
    assert load().store.url == f"sqlite:///{tmp_path.resolve()}/var/letters.db"
    (tmp_path / "ca.pem").touch()
    settings = load(f'{LETTERS}[delivery.smtp]\nca_file = "ca.pem"\n[store]\nurl = "sqlite:////srv/a.db"\n')
    assert settings.delivery.smtp.ca_file == str(tmp_path.resolve() / "ca.pem")
    assert settings.store.url == "sqlite:////srv/a.db"


# --- warnings --------------------------------------------------------------------------------------------


def test_a_workspace_without_oddities_has_no_warnings(load: Load) -> None:
    topics = '[[topic]]\nkey = "ai"\nname = "AI"\n'
    assert warnings(load(topics=topics, schedule=f'{EDITION}topics = ["ai"]\n')) == []


def test_topics_and_audiences_that_are_not_declared_are_named_with_the_nearest(load: Load) -> None:
    settings = load(
        topics='[[topic]]\nkey = "open-models"\nname = "Open models"\n',
        schedule=EDITION + 'topics = ["open-models",\n  "open-modles"]\naudiences = ["nurse"]\n',
    )
    assert [str(problem) for problem in warnings(settings)] == [
        'config/schedule.toml:7: edition "e": audience "nurse" is not declared in config/topics.toml; declare it, unless cards are going to name it',
        'config/schedule.toml:6: edition "e": topic "open-modles" is not declared in config/topics.toml; did you mean "open-models"?',
    ]


def test_a_name_that_means_two_topics_is_told(load: Load) -> None:
    topics = '[[topic]]\nkey = "ai"\nname = "AI"\n[[topic]]\nkey = "ml"\nname = "ML"\naliases = ["ai"]\n'
    assert [str(problem) for problem in warnings(load(topics=topics))] == [
        'config/topics.toml:4: topic "ml": "ai" also means topic "ai"; leave it to one of the two'
    ]


def test_an_address_that_is_watched_twice_is_told(load: Load) -> None:
    sources = (
        '[[source]]\nkey = "a"\nurl = "https://a.example"\n[[source]]\nkey = "b"\nurl = "https://a.example"\n'
    )
    assert [str(problem) for problem in warnings(load(sources=sources))] == [
        'config/sources.toml:6: source "b": has the address of source "a", so that every episode is there twice; remove one of the two'
    ]


def test_mail_that_others_could_read_or_that_cannot_be_left_by_one_click_is_told(load: Load) -> None:
    letters = SMTP.replace("https", "http") + 'host = "relay.example"\ntls = "none"\n'
    settings = load(letters, environ={"LETTERS_SECRET": KEY, "LETTERS_SMTP_PASSWORD": "x"})
    assert [str(problem) for problem in warnings(settings)] == [
        'config/letters.toml:10: [delivery.smtp]: tls "none" sends the password readably to "relay.example"; set tls = "starttls" or "tls"',
        "config/letters.toml:3: [site]: base_url is http, but one-click unsubscribing needs https (RFC 8058, section 3.1); serve the site by https and say so here",
    ]


def test_files_of_the_relay_come_out_whole(load: Load, tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("secret")
    table = '[delivery.smtp]\nsocket = "var/relay.sock"\npassword_file = "pw"\n'
    smtp = load(LETTERS + table).delivery.smtp
    assert (smtp.socket, smtp.password_file) == (str(tmp_path / "var/relay.sock"), str(tmp_path / "pw"))
    from_environment = {"LETTERS_SECRET": KEY, "LETTERS_SMTP_PASSWORD": "other"}
    assert load(LETTERS + table, environ=from_environment).delivery.smtp.password_file == ""
