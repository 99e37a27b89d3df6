"""What composing costs: an issue of 30 cards per distinct choice, beside the mjml package; and 10,000 subscribers.

    python benchmarks/compose.py [--mjml DIR] [--cards 30] [--choices 500]

The first part renders an issue of 30 cards for choices that leave all of it. The first choice pays for what all share: the
frame, and the HTML and text of each card in the detail that is shown, set once. A further distinct choice is ranking, headings,
the view, Jinja2 for both frames, putting the pieces in, and the size budget, to the finished mail; that it counts towards the goal.

Beside it runs the npm package mjml, warm in one Node process: its MJML step alone, without validation, so that it has the
least to do. Two markups, both of the whole mail with all its cards:

- in MJML's own elements: a section per group and of each card an mj-text per part, as a mail is commonly written in MJML.
  The goal is counted on this one;
- our own, which is sparse: few sections, and the cards as HTML within an mj-text, about which mjml is quick as well.

DIR is a folder in which "npm install mjml" was run; without Node or the package ours is printed alone.

The second part composes from a store: 10,000 subscribers with few and with many distinct choices, and a tenth of the subscribers
with as many. Times are milliseconds of the processor; memory is the peak of a process of its own.

Exit status 1 when a goal is missed: 8 times faster than mjml alone on markup in its elements; a tenth of the choices costs at most a fifth; ten times
the subscribers cost at most a fifth more; ten times the choices take at most 32 MB more memory.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import mjml

from letters.compose import compose
from letters.compose.issue import Press
from letters.compose.render import Renderer, SetPage
from letters.compose.view import CardView, IssueView
from letters.model import Card, Choice, Edition, Entry, Insights, Occurrence, Subscriber, SubscriberStatus
from letters.settings import Settings, Workspace
from letters.store import Store
from letters.store.entries import load_entries
from letters.store.subscribers import save_subscribers
from publish import NOW, Newsroom, make_settings

GOAL_FASTER, GOAL_FEWER_CHOICES, GOAL_MORE_SUBSCRIBERS, GOAL_MEMORY_MB = 8.0, 0.2, 1.2, 32.0
TOPICS, AUDIENCES = 60, 6
#: The newsroom's cards are ready from here on.
BEGIN = NOW - timedelta(days=900)
AT = datetime(BEGIN.year, BEGIN.month, BEGIN.day, 8, tzinfo=UTC) + timedelta(days=1)
EDITION = Edition(key="daily", title="Signals, daily", when="0 8 * * *")
_ROUNDS = 40

_WARM = """
import mjml2html from "mjml";
import { readFileSync } from "node:fs";
const markup = readFileSync(process.argv[2], "utf8"), rounds = Number(process.argv[3]);
const options = { validationLevel: "skip", beautify: false, minify: false, fonts: {} };
for (let i = 0; i < 10; i++) await mjml2html(markup, options);
const took = [];
for (let i = 0; i < rounds; i++) {
  const before = process.cpuUsage();
  await mjml2html(markup, options);
  const used = process.cpuUsage(before);
  took.push((used.user + used.system) / 1000);
}
console.log(JSON.stringify(took));
"""


class ShortNewsroom(Newsroom):
    """Cards of few words."""

    def _card(self, one: str, number: int) -> Card:
        return Card(
            id=one,
            address=f"card-{number}-{one[:6]}",
            title=self._text(8),
            summary=self._text(35),
            takeaway=self._text(18),
            insights=Insights(
                lead=self._text(12),
                principles=tuple(self._text(7) for _ in range(3)),
                in_practice=tuple(self._text(7) for _ in range(3)),
            ),
        )


class Recording(Renderer):
    """Keeps the view that it rendered last."""

    last: IssueView

    def set(self, view: IssueView) -> SetPage:
        self.last = view
        return super().set(view)


# --- one issue ---------------------------------------------------------------------------------------------


def make_entries(newsroom: type[Newsroom], cards: int) -> list[Entry]:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/letters.db")
        store.upgrade()
        newsroom(store, topics=TOPICS, audiences=AUDIENCES).add(cards)
        with store.read() as c:
            entries = load_entries(c)
        store.close()
    return entries


def compare(name: str, entries: Sequence[Entry], settings: Settings, folder: Path | None) -> bool:
    """Print ours beside theirs; False when the goal was missed."""
    renderer = Recording(None)
    press = Press(renderer, settings, EDITION, Occurrence(at=AT, local_date=AT.date()), 1)
    topics = frozenset(topic.key for entry in entries for topic in entry.topics)
    took: list[float] = []
    for number in range(_ROUNDS):
        # A topic that no card has: another choice, which leaves as much.
        choice = Choice(topics=topics | {f"nothing-{number}"})
        before = time.process_time()
        printed = press.print(entries, choice)
        took.append(1000 * (time.process_time() - before))
        assert len(printed.rendering.entries) == len(entries)
    ours = statistics.median(took)
    markup, html = renderer.markup(renderer.last), printed.rendering.html.encode()
    print(f"\n{name}: {len(entries)} cards, {len(markup):,} characters of MJML, {len(html):,} bytes of HTML")
    print(f"  ours, the first choice           {took[0]:8.2f} ms")
    print(f"  ours, each further choice        {ours:8.2f} ms   (median of {_ROUNDS}, least {min(took):.2f})")
    before = time.process_time()
    for _ in range(10):
        mjml.mjml2html(markup, fonts={})
    print(
        f"    (MRML over the whole of it     {100 * (time.process_time() - before):8.2f} ms; no choice needs it)"
    )
    elements = in_elements(renderer.last)
    theirs = measure_mjml(elements, folder)
    if theirs is None:
        return True
    before = time.process_time()
    for _ in range(10):
        mjml.mjml2html(elements, fonts={})
    mrml = 100 * (time.process_time() - before)
    print(
        f"  mjml, markup in its elements     {theirs:8.2f} ms   {theirs / ours:.1f} times ours (goal: {GOAL_FASTER:g});"
        f" {len(elements):,} characters; MRML on it {mrml:.2f} ms"
    )
    sparse = measure_mjml(markup, folder)
    if sparse is not None:
        print(
            f"  mjml, our sparse markup          {sparse:8.2f} ms   {sparse / ours:.1f} times ours (no goal)"
        )
    return theirs / ours >= GOAL_FASTER


def in_elements(view: IssueView) -> str:
    """The same mail in MJML's own elements: what of it is shown, and how large, is ours."""
    head = (
        f"<mjml><mj-head><mj-title>{escape(view.edition)}</mj-title>"
        f"<mj-preview>{escape(view.preheader)}</mj-preview><mj-attributes><mj-all font-family='Helvetica' />"
        "<mj-text padding='0 0 12px' font-size='17px' line-height='1.55' color='#1f1d1b' /></mj-attributes></mj-head><mj-body>"
    )
    opening = [_text(view.site, "caption"), _text(view.edition, "title"), _text(view.contents_line)]
    groups = [
        [_text(section.name, "caption"), *(part for card in group.cards for part in _card_elements(card))]
        for section in view.sections
        for group in section.groups
    ]
    also = [part for card in view.also for part in _card_elements(card)]
    footer = [
        _text(view.postal_address, "caption"),
        *(
            f"<mj-text font-size='14px'><a href='{escape(url)}'>{name}</a></mj-text>"
            for name, url in (("Change", view.preferences_url), ("Unsubscribe", view.unsubscribe_url))
        ),
    ]
    sections = "".join(
        f"<mj-section padding='0 20px'><mj-column>{''.join(parts)}</mj-column></mj-section>"
        for parts in (opening, *groups, also, footer)
        if parts
    )
    return f"{head}{sections}</mj-body></mjml>"


_STYLES = {
    "": "",
    "caption": " font-size='14px' color='#5c574f'",
    "title": " font-size='22px' line-height='1.25'",
    "takeaway": " container-background-color='#f7f5f0' padding='12px 16px'",
}


def _text(said: str, style: str = "") -> str:
    return f"<mj-text{_STYLES[style]}>{escape(said)}</mj-text>"


def _card_elements(card: CardView) -> Iterator[str]:
    """An element for each part of the card that there is."""
    yield _text(f"{card.show} · {card.date}", "caption")
    yield f"<mj-text{_STYLES['title']}><a href='{escape(card.url)}'>{escape(card.title)}</a></mj-text>"
    yield from map(_text, card.summary)
    yield from (_text(paragraph, "takeaway") for paragraph in card.takeaway)
    if card.insight:
        yield _text(card.insight)
    for label, items in (("Principles", card.principles), ("In practice", card.in_practice)):
        if items:
            yield _text(label, "caption")
            yield "<mj-text><ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul></mj-text>"
    if card.topics:
        yield _text(", ".join(card.topics), "caption")
    for link in card.links:
        yield f"<mj-button href='{escape(link.url)}' background-color='#0a5f57'>{escape(link.label)}</mj-button>"
    if not card.is_line:
        yield "<mj-divider border-width='1px' border-color='#ddd8ce' />"


def measure_mjml(markup: str, folder: Path | None) -> float | None:
    """Milliseconds of mjml on that markup, warm; None, and how to get it, when it is not here."""
    node = shutil.which("node")
    if node is None or folder is None or not (folder / "node_modules" / "mjml").is_dir():
        print("  mjml is not here; with Node: mkdir DIR && cd DIR && npm install mjml, then --mjml DIR")
        return None
    script, file = folder / "warm.mjs", folder / "issue.mjml"
    script.write_text(_WARM, encoding="utf-8")
    file.write_text(markup, encoding="utf-8")
    ran = subprocess.run(
        [node, str(script), str(file), str(_ROUNDS)], cwd=folder, capture_output=True, text=True, check=True
    )
    return statistics.median(json.loads(ran.stdout))


# --- many readers ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Composed:
    """What an issue cost."""

    milliseconds: float
    peak_mb: float


def measure_readers(subscribers: int, choices: int, cards: int) -> Composed:
    """Print what composing an issue for so many costs, in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        took = pool.apply(_compose_for, (subscribers, choices, cards))
    print(f"{subscribers:12,}{choices:9,}{took.milliseconds:11,.0f} ms{took.peak_mb:11,.0f} MB", flush=True)
    return took


def _compose_for(subscribers: int, choices: int, cards: int) -> Composed:
    with tempfile.TemporaryDirectory() as folder:
        settings = make_settings().model_copy(update={"editions": (EDITION,)})
        store = Store(f"sqlite:///{folder}/letters.db")
        store.upgrade()
        compose(store, settings, Workspace(Path(folder)), now=BEGIN - timedelta(days=1))
        ShortNewsroom(store, topics=TOPICS, audiences=AUDIENCES).add(cards)
        with store.write() as c:
            save_subscribers(c, (_reader(number, choices) for number in range(subscribers)), now=BEGIN)
        before = time.process_time()
        report = compose(store, settings, Workspace(Path(folder)), now=AT)
        took = 1000 * (time.process_time() - before)
        assert len(report.composed) == 1, report
        store.close()
    return Composed(took, getrusage(RUSAGE_SELF).ru_maxrss / 1024)


def _reader(number: int, choices: int) -> Subscriber:
    one = number % choices
    return Subscriber(
        email=f"reader-{number}@reader.example",
        editions=(EDITION.key,),
        status=SubscriberStatus.CONFIRMED,
        # Twenty topics of sixty, and no two choices alike.
        topics=tuple(random.Random(one).sample([f"topic-{each}" for each in range(TOPICS)], 20)),
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mjml", type=Path, metavar="DIR")
    parser.add_argument("--cards", type=int, default=30)
    parser.add_argument("--choices", type=int, default=500)
    options = parser.parse_args()
    settings = make_settings()
    met = [
        compare("short cards", make_entries(ShortNewsroom, options.cards), settings, options.mjml),
        compare(
            "long cards, shortened to fit", make_entries(Newsroom, options.cards), settings, options.mjml
        ),
    ]
    print(f"\n{'subscribers':>12}{'choices':>9}{'composed in':>14}{'peak memory':>14}")
    few, many = max(options.choices // 10, 1), options.choices
    less = measure_readers(10_000, few, options.cards)
    most = measure_readers(10_000, many, options.cards)
    fewer = measure_readers(1_000, many, options.cards)
    met += [
        less.milliseconds <= GOAL_FEWER_CHOICES * most.milliseconds,
        most.milliseconds <= GOAL_MORE_SUBSCRIBERS * fewer.milliseconds,
        most.peak_mb - less.peak_mb <= GOAL_MEMORY_MB,
    ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
