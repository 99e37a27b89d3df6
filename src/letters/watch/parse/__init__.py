"""Documents into episodes: bytes of any feed format go in, a `ParsedFeed` or an `UnreadableFeedError` comes out.

One module per format; what formats share (dates, words, addresses, people, identity) has a module each. Everything is
pure, bounded, and expects the worst of its input.
"""

from letters.watch.parse.feed import ParsedFeed, parse_feed

__all__ = ["ParsedFeed", "parse_feed"]
