"""Letters turns feeds and the cards editors write about their episodes into feeds and newsletters."""

__version__ = "0.1.0"
