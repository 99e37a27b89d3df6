"""``[returns.imap]``: its password, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from letters.errors import SettingsError
from letters.settings import Workspace, init_workspace, load_settings

TABLE = '[returns.imap]\nhost = "mail.example"\nusername = "bounces"\n'
ENVIRON = {"LETTERS_SECRET": "k" * 32}


def load(root: Path, table: str, **environ: str) -> str:
    init_workspace(root, {})
    file = root / "config/letters.toml"
    file.write_text(file.read_text().replace("[returns.imap]\n", table))
    password = load_settings(Workspace(root), {**ENVIRON, **environ}).secrets.imap_password
    return password.get_secret_value() if password else ""


def test_the_mailboxs_password_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "mailbox.password").write_text("from file\n")
    with_file = f'{TABLE}password_file = "mailbox.password"\n'
    assert load(tmp_path, with_file) == "from file"
    environ = {**ENVIRON, "LETTERS_IMAP_PASSWORD": "from environment"}
    password = load_settings(Workspace(tmp_path), environ).secrets.imap_password
    assert password is not None
    assert password.get_secret_value() == "from environment"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (TABLE, "username is given, but no password; set LETTERS_IMAP_PASSWORD"),
        ('[returns.imap]\nhost = "mail.example"\n', "nobody to log in; set username"),
        (f'{TABLE}password = "hunter2"\n', "put it into LETTERS_IMAP_PASSWORD"),
        (f'{TABLE}password_file = "nope"\n', 'password_file names "nope", which does not exist'),
        (f'{TABLE}folder = "Zurück"\n', "is no folder as servers name it"),
        (f'{TABLE}ca_file = "nope.pem"\n', 'ca_file names "nope.pem", which is not there'),
    ],
)
def test_a_mailbox_that_cannot_be_read_is_told_at_once(tmp_path: Path, table: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, table)
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)
