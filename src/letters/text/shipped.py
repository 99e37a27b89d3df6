"""Templates and configuration that come with Letters."""

from __future__ import annotations

from pathlib import Path

from letters.errors import LettersError

_PACKAGE = Path(__file__).parents[1]


class NotShippedError(LettersError, LookupError):
    """A file that belongs to Letters is not there: the installation is damaged."""


def find_shipped(*parts: str, package: Path = _PACKAGE) -> Path:
    """A file or folder in ``templates/`` or ``config/``: of the installed wheel, else of the checkout the code runs from.

    Raises `NotShippedError` when neither has it.
    """
    places = [package / "_shipped"]
    checkout = package.parents[1]
    # Only a checkout has its project file two folders up; beside an installed package "config" would be anybody's.
    if (checkout / "pyproject.toml").is_file():
        places.append(checkout)
    for place in places:
        if (found := place.joinpath(*parts)).exists():
            return found
    looked = " and ".join(f'"{place}"' for place in places)
    raise NotShippedError(
        f'"{"/".join(parts)}" is missing from this installation (looked in {looked}); install Letters again'
    )
