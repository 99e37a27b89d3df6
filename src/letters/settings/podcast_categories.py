"""The shelves of podcast apps: Apple's list of categories (https://podcasters.apple.com/support/1691-apple-podcasts-categories)."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

_WHOLES: Final[dict[str, tuple[str, ...]]] = {
    "Arts": ("Books", "Design", "Fashion & Beauty", "Food", "Performing Arts", "Visual Arts"),
    "Business": ("Careers", "Entrepreneurship", "Investing", "Management", "Marketing", "Non-Profit"),
    "Comedy": ("Comedy Interviews", "Improv", "Stand-Up"),
    "Education": ("Courses", "How To", "Language Learning", "Self-Improvement"),
    "Fiction": ("Comedy Fiction", "Drama", "Science Fiction"),
    "Government": (),
    "Health & Fitness": (
        *("Alternative Health", "Fitness", "Medicine", "Mental Health", "Nutrition", "Sexuality"),
    ),
    "History": (),
    "Kids & Family": ("Education for Kids", "Parenting", "Pets & Animals", "Stories for Kids"),
    "Leisure": (
        *("Animation & Manga", "Automotive", "Aviation", "Crafts", "Games", "Hobbies", "Home & Garden"),
        "Video Games",
    ),
    "Music": ("Music Commentary", "Music History", "Music Interviews"),
    "News": (
        *("Business News", "Daily News", "Entertainment News", "News Commentary", "Politics", "Sports News"),
        "Tech News",
    ),
    "Religion & Spirituality": (
        *("Buddhism", "Christianity", "Hinduism", "Islam", "Judaism", "Religion", "Spirituality"),
    ),
    "Science": (
        *("Astronomy", "Chemistry", "Earth Sciences", "Life Sciences", "Mathematics", "Natural Sciences"),
        *("Nature", "Physics", "Social Sciences"),
    ),
    "Society & Culture": (
        *("Documentary", "Personal Journals", "Philosophy", "Places & Travel", "Relationships"),
    ),
    "Sports": (
        *("Baseball", "Basketball", "Cricket", "Fantasy Sports", "Football", "Golf", "Hockey", "Rugby"),
        *("Running", "Soccer", "Swimming", "Tennis", "Volleyball", "Wilderness", "Wrestling"),
    ),
    "Technology": (),
    "True Crime": (),
    "TV & Film": ("After Shows", "Film History", "Film Interviews", "Film Reviews", "TV Reviews"),
}

#: Every category as settings spell it.
PODCAST_CATEGORIES: Final = frozenset(
    {*_WHOLES, *(f"{whole} > {part}" for whole, parts in _WHOLES.items() for part in parts)}
)


def check_podcast_category(value: str) -> str:
    """The category as it is; raises ValueError with the nearest one."""
    if value in PODCAST_CATEGORIES:
        return value
    parts = {name.rpartition(" > ")[2]: name for name in sorted(PODCAST_CATEGORIES)}
    # A part alone is what most people write.
    near = get_close_matches(value.rpartition(">")[2].strip(), parts, 1)
    remedy = (
        f'did you mean "{parts[near[0]]}"?' if near else 'wanted one such as "News" or "News > Tech News"'
    )
    raise ValueError(f'"{value}" is no category of Apple\'s list; {remedy}')
