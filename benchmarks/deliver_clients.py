"""The clients that ``benchmarks/deliver.py`` compares, each run as a process of its own.

    python benchmarks/deliver_clients.py letters --port 2525 --messages 10000 --connections 10 --store sqlite:////tmp/x/letters.db

Prints one JSON object: seconds by the clock and of CPU time, with all its processes, and the peak memory of the largest of them in kB. Making the store, the readers
and the issue is not counted; all that ``letters deliver`` does is, to the last row of the ledger. Freezing the audience comes before the first
command to a relay, and is a figure of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path

import aiosmtplib
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from letters.deliver import deliver
from letters.deliver.audience import freeze
from letters.model import (
    Edition,
    Issue,
    IssueState,
    Occurrence,
    PersonalLink,
    Rendering,
    Subscriber,
    SubscriberStatus,
)
from letters.settings import Settings, Workspace
from letters.settings.types import (
    DeliverySettings,
    DkimSettings,
    PairSettings,
    PublishSettings,
    Secrets,
    SiteSettings,
    SmtpSettings,
    StoreSettings,
    WatchSettings,
)
from letters.store import Store
from letters.store.issues import add_issue
from letters.store.subscribers import save_subscribers

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
#: Octets of text and of HTML before they are encoded; with headers and encoding a message has 30 kB, as one of ``smtp-source`` does.
TEXT_SIZE, HTML_SIZE = 6_000, 18_000
WORDS = tuple(
    re.findall(
        r"\w+",
        "policy model open source audit market energy grid chip export treaty court ruling draft lobby vote budget school clinic "
        "city water border patent privacy labour union strike pension housing harbour rail satellite naïve façade Grüße résumé",
    )
)


@dataclass(frozen=True)
class Options:
    port: int
    messages: int
    connections: int
    store: str
    #: The kinds of keys that sign: "rsa", "rsa,ed25519", or none.
    keys: str
    #: How many processes send; 0: as many as there are cores.
    processes: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("client", choices=sorted(CLIENTS))
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--store", default="")
    parser.add_argument("--keys", default="")
    parser.add_argument("--processes", type=int, default=0)
    given = vars(parser.parse_args())
    CLIENTS[given.pop("client")](Options(**given))
    return 0


@contextmanager
def measured(**more: float) -> Iterator[None]:
    """Print what the block took, and more that was measured."""
    clock, cpu = time.perf_counter(), cpu_seconds()
    yield
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - clock,
                "cpu": cpu_seconds() - cpu,
                "peak_kb": max(resource.getrusage(one).ru_maxrss for one in who),
                **more,
            }
        ),
        flush=True,
    )


def cpu_seconds() -> float:
    """Of this process, and of those it started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def prose(size: int) -> str:
    """Lines of words, the same at each call."""
    chance = random.Random(2026)
    text = ""
    while len(text) < size:
        text += " ".join(chance.choices(WORDS, k=12)) + ".\n"
    return text[:size]


# --- Letters ---------------------------------------------------------------------------------------------


def letters(options: Options) -> None:
    """All of Letters: audience, claims, journal, ledger."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        store = Store(options.store or f"sqlite:///{folder}/letters.db")
        store.upgrade()
        settings = make_settings(options)
        issue = fill(store, options.messages)
        began = time.perf_counter()
        with store.write() as c:
            freeze(c, issue, settings.editions[0], settings, now=NOON)
        with measured(freezing=time.perf_counter() - began):
            report = deliver(store, settings, workspace, now=NOON)
        store.close()
    if report.sent != options.messages or report.problems:
        sys.exit(f"sent {report.sent} of {options.messages}: {report.problems[:3]}")


def make_settings(options: Options) -> Settings:
    keys = {kind: make_key(kind) for kind in options.keys.split(",") if kind}
    smtp = SmtpSettings(host="127.0.0.1", port=options.port, tls="none", connections=options.connections)
    return Settings(
        site=SiteSettings(title="Signal", base_url="https://signal.example"),
        store=StoreSettings(),
        watch=WatchSettings(),
        pair=PairSettings(),
        publish=PublishSettings(),
        delivery=DeliverySettings(
            **{"from": "Signal <news@signal.example>"},
            transport="smtp",
            processes=options.processes,
            smtp=smtp,
            dkim=tuple(DkimSettings(selector=kind) for kind in keys),
        ),
        editions=(Edition(key="weekly", title="AI policy, weekly", when="0 8 * * MON"),),
        secrets=Secrets(link_keys=(SecretStr("the key of a benchmark"),), dkim_keys=tuple(keys.values())),
    )


def make_key(kind: str) -> SecretStr:
    """A private key in PEM."""
    private = rsa_key() if kind == "rsa" else ed25519.Ed25519PrivateKey.generate()
    return SecretStr(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def fill(store: Store, readers: int) -> Issue:
    """Put an approved issue and its readers into the store."""
    with store.write() as c:
        save_subscribers(c, map(reader, range(readers)), now=NOON)
        issue = add_issue(
            c,
            edition="weekly",
            occurrence=Occurrence(at=NOON, local_date=date(2026, 11, 23)),
            number=1,
            state=IssueState.APPROVED,
            composed_at=NOON,
            renderings=(rendering(),),
        )
    assert issue is not None, "the store was empty"
    return issue


def reader(number: int) -> Subscriber:
    return Subscriber(
        email=f"reader-{number}@mail{number % 50}.example",
        name=f"Reader {number}",
        editions=("weekly",),
        status=SubscriberStatus.CONFIRMED,
        uid=f"uid{number:012d}",
    )


def rendering() -> Rendering:
    leave, choose = PersonalLink.UNSUBSCRIBE.value, PersonalLink.PREFERENCES.value
    return Rendering(
        choice="",
        subject="Seven episodes for your week",
        preheader="",
        html=f'<html lang="en"><p>{prose(HTML_SIZE)}</p><a href="{choose}">Choose</a> <a href="{leave}">Leave</a></html>',
        text=f"{prose(TEXT_SIZE)}\n\nChoose: {choose}\nLeave: {leave}\n",
        entries=("e1",),
    )


# --- peers -----------------------------------------------------------------------------------------------


def email_message(options: Options) -> None:
    """What most programs do: an EmailMessage for each recipient, and aiosmtplib to send it."""
    page = rendering()

    def message(number: int) -> EmailMessage:
        leave, choose = (f"https://signal.example/{path}/uid{number:012d}.{'s' * 43}" for path in "up")
        marks = {PersonalLink.UNSUBSCRIBE.value: leave, PersonalLink.PREFERENCES.value: choose}
        text, html = page.text, page.html
        for mark, url in marks.items():
            text, html = text.replace(mark, url), html.replace(mark, url)
        built = EmailMessage()
        built["From"] = "Signal <news@signal.example>"
        built["To"] = f"Reader {number} <reader-{number}@mail{number % 50}.example>"
        built["Subject"] = page.subject
        built["Date"] = format_datetime(NOON)
        built["Message-ID"] = make_msgid(domain="signal.example")
        built["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        built.set_content(text)
        built.add_alternative(html, subtype="html")
        return built

    async def work(numbers: Iterator[int]) -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=options.port, start_tls=False) as smtp:
            for number in numbers:
                await smtp.send_message(message(number))

    async def send_all() -> None:
        numbers = iter(range(options.messages))
        await asyncio.gather(*(work(numbers) for _ in range(options.connections)))

    with measured():
        asyncio.run(send_all())


def signatures(options: Options) -> None:
    """Nothing but RSA-2048 signatures, on all cores: what no client that signs can be faster than."""
    key = rsa_key()
    cores = len(os.sched_getaffinity(0))
    digest, scheme, ready = b"d" * 32, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256())

    def work() -> None:
        for _ in range(options.messages // cores):
            key.sign(digest, scheme, ready)

    threads = [threading.Thread(target=work) for _ in range(cores)]
    with measured():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


CLIENTS: dict[str, Callable[[Options], None]] = {
    "letters": letters,
    "email-message": email_message,
    "signatures": signatures,
}

if __name__ == "__main__":
    sys.exit(main())
