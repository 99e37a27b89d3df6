"""``letters dkim``: from no key at all to signed mails."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from cli_kit import Letters
from letters.settings import init_workspace


def workspace(folder: Path) -> Path:
    init_workspace(folder, {})
    return folder


def test_a_new_key_comes_with_its_record_and_its_lines(letters: Letters, tmp_path: Path) -> None:
    place = workspace(tmp_path / "w")
    ran = letters("dkim", "new", "letters2026", "--workspace", place)
    assert ran.code == 0
    key = place / "var/dkim/letters2026.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    [line] = re.findall(r"(?m)^letters2026\._domainkey\.signal\.example\. IN TXT (.*)$", ran.out)
    strings = re.findall(r'"([^"]*)"', line)
    assert all(len(one) <= 255 for one in strings)
    assert "".join(strings).startswith("v=DKIM1; k=rsa; p=MII")
    [lines] = re.findall(r"(?s)\[\[delivery\.dkim\]\]\n.*?(?=\n\n|$)", ran.out)
    config = place / "config/letters.toml"
    config.write_text(f"{config.read_text()}\n{lines}\n")
    shown = letters("dkim", "show", "--workspace", place, "--json")
    assert shown.data["records"] == [
        {"name": "letters2026._domainkey.signal.example", "value": "".join(strings)}
    ]
    assert "PRIVATE" not in ran.out


def test_a_key_is_never_replaced(letters: Letters, tmp_path: Path) -> None:
    place = workspace(tmp_path / "w")
    assert letters("dkim", "new", "a", "--workspace", place).code == 0
    before = (place / "var/dkim/a.key").read_bytes()
    again = letters("dkim", "new", "a", "--workspace", place)
    assert again.code == 2
    assert "take another selector" in again.err
    assert (place / "var/dkim/a.key").read_bytes() == before


def test_a_key_can_be_made_for_another_domain_before_its_table_is_right(
    letters: Letters, tmp_path: Path
) -> None:
    place = workspace(tmp_path / "w")
    config = place / "config/letters.toml"
    config.write_text(config.read_text() + '\n[[delivery.dkim]]\nselector = "b"\ndomain = "mail.example"\n')
    told = letters("dkim", "new", "b", "--workspace", place)
    assert told.code == 2
    assert '"letters dkim new SELECTOR" makes one' in told.err
    ran = letters(
        "dkim", "new", "b", "--domain", "mail.example", "--kind", "ed25519", "--workspace", place, "--json"
    )
    assert ran.data["name"] == "b._domainkey.mail.example"
    assert ran.data["value"].startswith("v=DKIM1; k=ed25519; p=")


def test_a_selector_that_the_dns_could_not_hold_is_refused(letters: Letters, tmp_path: Path) -> None:
    ran = letters("dkim", "new", "../key", "--workspace", workspace(tmp_path / "w"))
    assert ran.code == 2
    assert '"../key" is no selector' in ran.err


def test_without_a_key_show_says_how_to_make_one(letters: Letters, tmp_path: Path) -> None:
    ran = letters("dkim", "show", "--workspace", workspace(tmp_path / "w"))
    assert (ran.code, ran.out) == (0, 'no key signs; "letters dkim new SELECTOR" makes one\n')
