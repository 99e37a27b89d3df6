"""Composing: from ready pairs to a dated issue, rendered once per distinct choice of its subscribers.

In come the store's entries, the editions' settings and the moment; out come issues in the store: composed ones with their
number, entries and final renderings, skipped ones with the reason in words. Whatever is run twice or killed, an issue
exists once per edition, local date and slot, whole or not at all.
"""

from letters.compose.edge import ComposeReport, complete_renderings, compose, explain, preview
from letters.compose.explain import ExplainedEntry, Explanation, NotTaken

__all__ = [
    "ComposeReport",
    "ExplainedEntry",
    "Explanation",
    "NotTaken",
    "complete_renderings",
    "compose",
    "explain",
    "preview",
]
