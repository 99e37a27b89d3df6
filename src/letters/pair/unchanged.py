"""Whether anything changed since the last decision: digests of what it depends on, cheap beside making it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from sqlalchemy import Connection

from letters.pair.weights import MATCHER, PAIRED_FROM, REVIEW_BEST_FROM, REVIEW_FROM, WEIGHTS
from letters.store.pairings import load_decisions, load_matter, load_settled, load_uncarded


def digest_matter(c: Connection, names: Mapping[str, tuple[str, ...]]) -> str:
    """Of what is given to pairing: episodes, live cards, what shows are called (by source), and the matcher itself."""
    matcher = (MATCHER, sorted(WEIGHTS.items()), PAIRED_FROM, REVIEW_FROM, REVIEW_BEST_FROM)
    return _digest(matcher, sorted(names.items()), load_matter(c))


def digest_held(c: Connection) -> str:
    """Of what pairing made of it: decisions, published pairs, and episodes published without a card."""
    return _digest(*(sorted(held.items()) for held in (load_decisions(c), load_settled(c), load_uncarded(c))))


def _digest(*values: object) -> str:
    return hashlib.sha256(json.dumps(values, default=str).encode()).hexdigest()
