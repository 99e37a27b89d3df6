"""Who asks when Letters asks other hosts, and how far it may go."""

from __future__ import annotations

from letters import __version__
from letters.net import NetSettings
from letters.settings.types import Settings


def net_settings(settings: Settings) -> NetSettings:
    """The HTTP client's settings; its name tells publishers who asks, and where to complain."""
    site, watching = settings.site, settings.watch
    contact = f"; {site.contact}" if site.contact else ""
    words = f"Letters/{__version__} (+{site.base_url}{contact})"
    return NetSettings(
        user_agent="".join(
            character for character in words if character.isascii() and character.isprintable()
        ),
        allow_private=watching.allow_private,
        timeout=watching.timeout,
        idle_timeout=watching.idle_timeout,
        size_limit_bytes=watching.size_limit_mb * 1_000_000,
        connections=watching.connections,
    )
