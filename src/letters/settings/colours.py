"""Whether a colour can be read on its ground (WCAG 2.2, relative luminance and contrast ratio)."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Sequence
from typing import Final

#: Page and paper of the look, light and dark.
LIGHT_GROUNDS: Final = ("#ffffff", "#f7f5f0")
DARK_GROUNDS: Final = ("#171614", "#211f1c")
#: Contrast of text (WCAG 2.2, success criterion 1.4.3).
ENOUGH: Final = 4.5

_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})")
_STEPS = 512


def check_contrast(colour: str, grounds: Sequence[str]) -> str:
    """The colour as ``#rrggbb``. Raises ValueError, naming the nearest that passes, if text in it is hard to read on a ground."""
    if not _HEX.fullmatch(colour.lower()):
        raise ValueError(f'"{colour}" is no colour; wanted one such as "#0a5f57"')
    colour = _six_digits(colour.lower())
    worst = min(grounds, key=lambda ground: contrast(colour, ground))
    ratio = contrast(colour, worst)
    if ratio < ENOUGH:
        # Rounded down: "4.50, wanted 4.5" would be no answer.
        raise ValueError(
            f'"{colour}" has a contrast of {int(ratio * 100) / 100:.2f} on {worst}, wanted {ENOUGH} or more; '
            f'"{nearest_readable(colour, grounds)}" is the nearest that passes'
        )
    return colour


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def nearest_readable(colour: str, grounds: Sequence[str]) -> str:
    """The colour of the same hue whose lightness changed least and that passes on every ground."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    candidates = sorted(
        (step / _STEPS for step in range(_STEPS + 1)), key=lambda value: abs(value - lightness)
    )
    for candidate in candidates:
        found = "#" + "".join(
            f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb(hue, candidate, saturation)
        )
        if all(contrast(found, ground) >= ENOUGH for ground in grounds):
            return found
    raise ValueError(f"no colour can be read on all of {', '.join(grounds)}")


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _channels(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _six_digits(colour: str) -> str:
    return colour if len(colour) == 7 else "#" + "".join(digit * 2 for digit in colour[1:])
