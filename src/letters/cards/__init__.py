"""Cards: what editors write about episodes, as files in the workspace and as values.

In come files (plain text, Markdown with front matter, JSON); out come `Card` values with an identity that outlives edits,
renames and lost databases, their topics and audiences by the vocabulary, and problems for a person to mend.
"""

from letters.cards.reading import ReadCard, read_card, read_card_bytes
from letters.cards.sync import CardsReport, check_cards, sync_cards
from letters.cards.vocabulary import Vocabulary
from letters.cards.wording import normalise_card
from letters.cards.write import write_card

__all__ = [
    "CardsReport",
    "ReadCard",
    "Vocabulary",
    "check_cards",
    "normalise_card",
    "read_card",
    "read_card_bytes",
    "sync_cards",
    "write_card",
]
