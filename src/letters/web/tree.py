"""The published tree, answered from memory while it is what lies on disk.

Each answer looks at the document's date and size, so none is older than the tree at that moment: who was just pinged about
a feed never gets its old bytes. Nothing else is waited for: no thread, no database.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass

from letters.settings import Settings
from letters.web.answers import (
    Answer,
    LargeFile,
    Representation,
    SiteAddress,
    may_have_twins,
    options,
    redirect_to_folder,
    represent,
)
from letters.web.codings import Coding, wanted_codings
from letters.web.conditions import Validators, is_held
from letters.web.gone import Gone, GoneList
from letters.web.pages import HouseProvider
from letters.web.paths import INDEX, document_of, read_path
from letters.web.shelf import Shelf, version_of

#: For documents held in memory; a thousand feeds of a hundred entries, in one coding.
_BUDGET_BYTES = 64_000_000
#: What is larger is read while it is sent.
_LARGEST_HELD_BYTES = 4_000_000

#: The header fields that an answer depends on.
FIELDS = frozenset({b"accept-encoding", b"if-none-match", b"if-modified-since"})


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the tree is by one version of the settings."""

    settings: Settings
    root: str
    gone: GoneList
    site: SiteAddress

    def holds(self, file: str) -> bool:
        """Whether a file lies in the tree: a symbolic link is followed only if it ends there."""
        try:
            return os.path.realpath(file).startswith(f"{self.root}/")
        except OSError:
            return False


class PublishedTree:
    """Answers requests for documents of the tree that `house()` has at the moment.

    Used by one thread only. `owned` are first names of paths that belong to others: nothing below them is looked at.
    """

    def __init__(
        self,
        house: HouseProvider,
        *,
        owned: frozenset[str] = frozenset(),
        budget_bytes: int = _BUDGET_BYTES,
        largest_held_bytes: int = _LARGEST_HELD_BYTES,
    ) -> None:
        self._house = house
        self._owned = owned
        self._largest_held = largest_held_bytes
        self._shelf: Shelf[Representation] = Shelf(budget_bytes=budget_bytes)
        self._ground: _Ground | None = None

    def answer(self, method: bytes, raw_path: bytes, fields: Mapping[bytes, bytes]) -> Answer | None:
        """The answer to GET, HEAD (whose body the caller leaves out) or OPTIONS; None where there is no such document.

        `raw_path` is the path as it came, without query; `fields` has those of `FIELDS` that came, in lower case, several of
        one name joined by commas.
        """
        ground = self._keep_up()
        path = self._read(raw_path)
        if path is None:
            return None
        document = document_of(path)
        file = f"{ground.root}/{document}"
        try:
            status = os.stat(file)
        except OSError:  # not there, or a name that is too long, or a loop of links
            return None
        if not stat.S_ISREG(status.st_mode):
            return _redirect(path, ground) if stat.S_ISDIR(status.st_mode) else None
        if method == b"OPTIONS":
            return options(document) if ground.holds(file) else None
        chosen = self._choose(ground, document, file, status, fields.get(b"accept-encoding"))
        if chosen is None:
            return None
        held = is_held(
            chosen.validators,
            if_none_match=fields.get(b"if-none-match"),
            if_modified_since=fields.get(b"if-modified-since"),
        )
        return chosen.unchanged if held else chosen.whole

    def find_gone(self, raw_path: bytes) -> Gone | None:
        """Whether the address, at which there is no document, is one of those that are gone."""
        path = self._read(raw_path)
        return None if path is None else self._keep_up().gone.find(path)

    def _read(self, raw_path: bytes) -> str | None:
        path = read_path(raw_path)
        return None if path is None or path.partition("/")[0] in self._owned else path

    def _keep_up(self) -> _Ground:
        """Go by the newest settings; what was made by older ones is forgotten."""
        house = self._house()
        settings = house.settings
        if self._ground is None or self._ground.settings is not settings:
            self._shelf.clear()
            root = str(house.workspace.tree(settings))
            site = SiteAddress(settings.site.base_url, settings.publish.hub)
            self._ground = _Ground(settings, root, GoneList(root), site)
        return self._ground

    def _choose(
        self, ground: _Ground, document: str, file: str, status: os.stat_result, accept: bytes | None
    ) -> Representation | None:
        """The best twin that belongs to the document as it is now, else the document."""
        if accept and may_have_twins(document):
            for coding in wanted_codings(accept):
                twin = file + coding.ending
                try:
                    its = os.stat(twin)
                except OSError:
                    continue
                # Any other date is that of a twin that an interrupted publish left behind.
                if its.st_mtime_ns == status.st_mtime_ns and stat.S_ISREG(its.st_mode):
                    found = self._represent(ground, document, twin, its, coding)
                    if found is not None:
                        return found
        return self._represent(ground, document, file, status, None)

    def _represent(
        self, ground: _Ground, document: str, file: str, status: os.stat_result, coding: Coding | None
    ) -> Representation | None:
        version = version_of(status)
        known = self._shelf.get(file, version)
        if known is not None:
            return known
        if not ground.holds(file):
            return None
        if status.st_size > self._largest_held:
            # Read by nobody before it is sent, so its tag is made of what changes whenever it does.
            validators = Validators(b'"%x-%x"' % (status.st_size, status.st_mtime_ns), int(status.st_mtime))
            large = LargeFile(file, version)
            return represent(document, coding, validators, content=large, site=ground.site)
        try:
            with open(file, "rb") as opened:
                # Of the open file: the path may have got another since.
                version = version_of(os.fstat(opened.fileno()))
                content = opened.read()
        except OSError:
            return None
        # Of these very bytes, so each coding's is its own, and a twin that was compressed anew has a new one.
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'.encode()
        validators = Validators(etag, version.changed_ns // 1_000_000_000)
        made = represent(document, coding, validators, content=content, site=ground.site)
        self._shelf.add(file, version, made)
        return made


def _redirect(path: str, ground: _Ground) -> Answer | None:
    index = f"{ground.root}/{path}/{INDEX}"
    return redirect_to_folder(path) if os.path.isfile(index) and ground.holds(index) else None
