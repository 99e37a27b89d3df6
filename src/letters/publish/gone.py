"""Feeds that are no more, and where their readers should go (RFC 9110 section 15.5.11).

A feed stays for ever, even empty. It is gone only by an operator's word: its topic or audience was declared and is so no more, or
means another one by now, and it holds nothing any longer. Its documents are taken out of the tree. What was there and where to go is
written beside them, for the server to answer with; it is published again as soon as there is something in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from letters.publish.addresses import FORMATS

#: Hidden; the server reads it.
NAME = ".gone"


@dataclass(frozen=True, slots=True)
class Gone:
    """Keys of topics and audiences that are no more, each with the one that it means now, if it means any."""

    topics: Mapping[str, str] = field(default_factory=dict)
    audiences: Mapping[str, str] = field(default_factory=dict)

    def __contains__(self, path: object) -> bool:
        """Whether the feed of that path is about one of them."""
        topic, audience = _keys(str(path))
        return topic in self.topics or audience in self.audiences

    def successor(self, path: str) -> str:
        """The path of the feed to go to; empty when there is none."""
        topic, audience = _keys(path)
        topic, audience = self.topics.get(topic, topic), self.audiences.get(audience, audience)
        if path.startswith("audiences/"):
            return f"audiences/{audience}" if audience else ""
        if path.count("/") > 1 and topic and audience:
            return f"topics/{topic}/{audience}"
        return f"topics/{topic}" if topic else f"audiences/{audience}" if audience else ""


def _keys(path: str) -> tuple[str, str]:
    """The topic and the audience that a feed is about."""
    kind, _, rest = path.partition("/")
    first, _, second = rest.partition("/")
    if kind == "topics":
        return first, second
    return ("", first) if kind == "audiences" else ("", "")


def gone_keys(
    withdrawn: Iterable[str], meanings: Mapping[str, str], *, declared: Iterable[str]
) -> dict[str, str]:
    """Of topics or audiences those that are no more, and what each means now; `meanings` says of all keys what they mean."""
    standing = set(declared)
    gone = {key: "" for key in withdrawn if key not in standing}
    return gone | {key: means for key, means in meanings.items() if means != key and means in standing}


def write_gone(gone: Gone, paths: Iterable[str], *, existing: Iterable[str]) -> bytes:
    """As JSON: by address from the tree's root, where to go instead, or nothing."""
    known, addresses = set(existing), {}
    for path in sorted(paths):
        successor = gone.successor(path)
        successor = successor if successor in known else ""
        addresses[f"{path}/"] = f"{successor}/" if successor else ""
        for form in FORMATS:
            addresses[f"{path}.{form}"] = f"{successor}.{form}" if successor else ""
    return (json.dumps(addresses, indent=1) + "\n").encode()
