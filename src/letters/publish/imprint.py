"""What a publication says of itself in every document, from the settings: rights, pictures, the hub, whom to ask."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr

from letters.publish.clean import clean_line, web_address
from letters.publish.items import Owner
from letters.settings import Settings

_CATEGORY = "News"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """Empty where the publication says nothing; addresses are absolute."""

    rights: str = ""
    license: str = ""
    icon: str = ""
    image: str = ""
    hub: str = ""
    podcast_category: str = _CATEGORY
    locked: bool = True
    owner: Owner | None = None

    @classmethod
    def of(cls, settings: Settings) -> Imprint:
        """As it is configured. The owner's address is the one that people can write to, else the sender's."""
        site, publish = settings.site, settings.publish
        email = parseaddr(site.contact)[1] or settings.delivery.sender.addr_spec
        return cls(
            rights=clean_line(site.rights),
            license=web_address(publish.license),
            icon=web_address(site.icon),
            image=web_address(site.image),
            hub=web_address(publish.hub),
            podcast_category=publish.podcast_category,
            locked=publish.locked,
            owner=Owner(name=clean_line(site.title), email=clean_line(email)),
        )
