"""Reading files that hold secrets."""

from __future__ import annotations

from pathlib import Path

ABSENT = "does not exist"


def read_text(path: Path) -> tuple[str, str]:
    """A file's text, and what kept it from being read."""
    try:
        return path.read_text(encoding="utf-8"), ""
    except FileNotFoundError:
        return "", ABSENT
    except OSError as error:
        return "", f"cannot be read: {(error.strerror or str(error)).lower()}"
    except UnicodeDecodeError:
        return "", "is not UTF-8 text"
