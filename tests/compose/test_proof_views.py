"""The views of a mail, and pictures of them by a real Chromium."""

from __future__ import annotations

import os
import shutil
import struct
from pathlib import Path

import pytest
from composing import make_entry, make_press

from letters.compose.proof import Folder, examine, write_folder
from letters.compose.proof.chromium import Chromium, ChromiumError, find_chromium
from letters.compose.proof.views import (
    View,
    darkened,
    inverted,
    lightened,
    views_of,
    without_images,
    without_sheets,
)
from letters.model import ComposedIssue, PersonalLink

NAMES = ["desktop", "phone", "dark", "inverted", "images-off", "styles-off", "text", "page"]


@pytest.fixture(scope="module")
def issue() -> ComposedIssue:
    return make_press().compose([make_entry(n, topics=("Fog", "Ice")) for n in range(3)])


@pytest.fixture(scope="module")
def views(issue: ComposedIssue) -> dict[str, View]:
    return {view.name: view for view in views_of(*issue.renderings)}


def write(folder: Path, issue: ComposedIssue, **environ: str) -> Folder:
    proof = examine(issue.renderings[0], issue.entries)
    return write_folder(folder, issue, proof, sender="Harbour <&>", environ=environ)


def test_there_is_a_view_for_each_way_to_see_a_mail(views: dict[str, View]) -> None:
    assert list(views) == NAMES
    assert views["phone"].width < 400 < views["desktop"].width


def test_a_view_has_no_personal_link(views: dict[str, View]) -> None:
    for view in views.values():
        assert not [link for link in PersonalLink if link.value in view.page], view.name
    assert 'href="#unsubscribe"' in views["desktop"].page
    assert "unsubscribe" not in views["page"].page


def test_light_and_dark_do_not_depend_on_who_looks() -> None:
    page = "<html><head><style>@media screen and ( PREFERS-color-scheme:dark ) { a {} } @media (prefers-color-scheme: light) { b {} }</style></head><body></body></html>"
    for view in (lightened(page), darkened(page)):
        assert "prefers" not in view.lower()
    assert "screen and (min-width: 0) { a" in darkened(page)
    assert "screen and (max-width: 0) { a" in lightened(page)
    assert "color-scheme: dark !important; }</style></head>" in darkened(page)
    assert "invert(1)" in inverted(page)


def test_without_pictures_their_words_are_left() -> None:
    page = """<IMG alt="a > b" src='https://a.example/1.png' srcset="x 2x" width=2><img src=x.png>
    <td background="bg.png" style="background:#fff url('b.png') no-repeat">"""
    shown = without_images(page)
    assert ".png" not in shown
    assert shown.count('src="data:,"') == 2
    assert 'alt="a > b"' in shown
    assert "background:#fff url(data:,) no-repeat" in shown


def test_without_sheets_what_stands_in_elements_is_left() -> None:
    page = (
        '<head><style type="text/css">p { top: 0 }</style><STYLE>b{}</STYLE ></head><p style="left:0">x</p>'
    )
    assert without_sheets(page) == '<head></head><p style="left:0">x</p>'


def test_the_folder_has_every_view_the_mail_itself_and_a_page_that_shows_them(
    tmp_path: Path, issue: ComposedIssue
) -> None:
    written = write(tmp_path / "p", issue, PATH="")
    assert sorted(file.name for file in written.files) == sorted(
        ["index.html", "mail.html", "mail.txt", *(f"{name}.html" for name in NAMES)]
    )
    assert (tmp_path / "p/mail.html").read_text(encoding="utf-8") == issue.renderings[0].html
    assert (tmp_path / "p/mail.txt").read_text(encoding="utf-8") == issue.renderings[0].text
    index = written.index.read_text(encoding="utf-8")
    assert all(f'src="{name}.html"' in index for name in NAMES)
    assert "Harbour &lt;&amp;&gt;" in index
    assert ".png" not in index
    (notice,) = written.problems
    assert notice.is_notice
    assert "no Chromium" in str(notice)


def test_a_folder_is_written_over_and_keeps_no_picture_of_another_mail(
    tmp_path: Path, issue: ComposedIssue
) -> None:
    tmp_path.joinpath("phone.png").write_bytes(b"of another mail")
    tmp_path.joinpath("mine.png").write_bytes(b"mine")
    first = write(tmp_path, issue, PATH="")
    before = {file: file.read_bytes() for file in first.files}
    assert {file: file.read_bytes() for file in write(tmp_path, issue, PATH="").files} == before
    assert [file.name for file in tmp_path.glob("*.png")] == ["mine.png"]


# --- Chromium --------------------------------------------------------------------------------------------------


def size_of(picture: bytes) -> tuple[int, int]:
    """Width and height of a PNG (its IHDR chunk)."""
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def test_a_program_that_is_named_is_taken_and_one_that_is_no_chromium_is_told(
    tmp_path: Path, issue: ComposedIssue
) -> None:
    assert find_chromium({"CHROMIUM": "/else", "PATH": ""}) == "/else"
    assert find_chromium({"PATH": str(tmp_path)}) is None
    for program, words in (
        (tmp_path / "none", "cannot be started"),
        (shutil.which("true"), "ended by itself"),
    ):
        with pytest.raises(ChromiumError, match=words), Chromium(str(program)) as chromium:
            chromium.picture("about:blank", width=100)
    written = write(tmp_path / "p", issue, CHROMIUM=str(tmp_path / "none"))
    assert written.pictures == ()
    assert "cannot be started" in str(written.problems[0])


def test_chromium_takes_a_picture_of_each_view(
    tmp_path: Path, issue: ComposedIssue, views: dict[str, View]
) -> None:
    if find_chromium(os.environ) is None:
        assert not os.environ.get("LETTERS_TESTS_REQUIRE_CHROMIUM"), "a Chromium was promised"
        pytest.skip("no Chromium on the PATH, and none named by CHROMIUM")
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else 0
    written = write(tmp_path, issue, **os.environ)
    assert written.problems == ()
    pictures = {file.stem: file.read_bytes() for file in written.pictures}
    assert list(pictures) == NAMES
    sizes = {name: size_of(picture) for name, picture in pictures.items()}
    assert {name: width for name, (width, _) in sizes.items()} == {
        name: view.width for name, view in views.items()
    }
    # The whole mail, not a window of it; and a phone's is longer.
    assert sizes["phone"][1] > sizes["desktop"][1] > 1000
    # The looks differ, and without pictures a mail that has none is the same.
    assert len({pictures[name] for name in ("desktop", "dark", "inverted", "images-off")}) == 3
    assert pictures["images-off"] == pictures["desktop"]
    assert "desktop.png" in written.index.read_text(encoding="utf-8")
    if before:
        assert len(os.listdir("/proc/self/fd")) == before
