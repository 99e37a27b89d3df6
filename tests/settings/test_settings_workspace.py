"""A new workspace is whole, valid and explained; the explanations are the models' own."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
import tomllib
from dataclasses import MISSING, fields
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import BaseModel

from letters.errors import SettingsError, UsageError
from letters.files import TEMPORARY
from letters.model import Audience, Edition, Source, Topic
from letters.settings import Workspace, init_workspace, json_schemas, load_settings, warnings
from letters.settings.tables import FILES, AudienceTable, EditionTable, SourceTable, TopicTable
from letters.text import find_shipped

# --- a new workspace -------------------------------------------------------------------------------------


def tree(root: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in sorted(root.rglob("*"))
    }


def test_a_new_workspace_is_whole_and_valid_as_it_is(tmp_path: Path) -> None:
    root = tmp_path / "deep" / "signal"
    made = init_workspace(root, {})
    assert {str(path.relative_to(root)) for path in made} == {
        "var/secret.key",
        "var/.gitignore",
        *(f"config/{name}" for name in FILES),
        *(f"config/schemas/{Path(name).stem}.schema.json" for name in FILES),
    }
    assert all((root / folder).is_dir() for folder in ("cards", "templates", "feeds", "var"))
    settings = load_settings(Workspace(root), {})
    assert warnings(settings) == []
    assert settings.sources == settings.editions == ()
    assert list(root.rglob(TEMPORARY)) == []


def test_the_key_is_new_each_time_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    keys = set()
    for name in "ab":
        init_workspace(tmp_path / name, {})
        path = tmp_path / name / "var" / "secret.key"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        keys.add(path.read_text())
    assert all(re.fullmatch(r"[0-9a-f]{64}\n", key) for key in keys)
    assert len(keys) == 2


def test_no_key_is_made_where_the_environment_has_one(tmp_path: Path) -> None:
    environ = {"LETTERS_SECRET": "s" * 32}
    init_workspace(tmp_path / "a", environ)
    assert not (tmp_path / "a" / "var" / "secret.key").exists()
    assert load_settings(Workspace(tmp_path / "a"), environ)
    with pytest.raises(SettingsError, match="no key to sign links with"):
        load_settings(Workspace(tmp_path / "a"), {})


def test_a_second_time_changes_nothing_and_says_what_is_there(tmp_path: Path) -> None:
    init_workspace(tmp_path / "a", {})
    (tmp_path / "a" / "config" / "topics.toml").unlink()
    before = tree(tmp_path)
    with pytest.raises(
        UsageError,
        match=r"is a workspace already, with letters\.toml, schedule\.toml, sources\.toml in its config",
    ):
        init_workspace(tmp_path / "a", {})
    assert tree(tmp_path) == before


def test_files_that_lie_there_already_are_kept(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "topics.toml").write_text('[[topic]]\nkey = "mine"\nname = "Mine"\n')
    (tmp_path / "README.md").write_text("mine")
    made = init_workspace(tmp_path, {})
    assert tmp_path.resolve() / "config" / "topics.toml" not in made
    assert [topic.key for topic in load_settings(Workspace(tmp_path), {}).topics] == ["mine"]
    assert (tmp_path / "README.md").read_text() == "mine"


KILLED = """
import os, signal, sys
from pathlib import Path
from letters.settings import init_workspace
left, real = int(sys.argv[2]), os.replace
def replace(*arguments):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    real(*arguments)
os.replace = replace
init_workspace(Path(sys.argv[1]), {})
"""


@pytest.mark.parametrize("after", [0, 3, 9])
def test_killed_half_way_it_is_no_workspace_and_the_next_call_completes_it(
    tmp_path: Path, after: int
) -> None:
    subprocess.run([sys.executable, "-c", KILLED, tmp_path, str(after)], check=False)
    assert not (tmp_path / "config" / "letters.toml").exists()
    key = tmp_path / "var" / "secret.key"
    old = key.read_text() if key.exists() else None
    init_workspace(tmp_path, {})
    assert load_settings(Workspace(tmp_path), {})
    assert old in {None, key.read_text()}


def test_a_place_that_cannot_hold_a_workspace_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"cannot become a workspace: .*; wanted a folder to write into"):
        init_workspace(tmp_path / "file", {})


# --- what it explains ------------------------------------------------------------------------------------

_OPTION = re.compile(r"^#(?=[a-z_]+ = |\[)", re.MULTILINE)


def explained(name: str) -> dict[str, Any]:
    """A shipped file with every option that it explains switched on."""
    return tomllib.loads(_OPTION.sub("", find_shipped("config", name).read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", FILES)
def test_the_shipped_files_explain_every_option_with_its_default(name: str) -> None:
    _compare(FILES[name], explained(name))


def _compare(model: type[BaseModel], data: dict[str, Any]) -> None:
    """The file names each field of the model, in its default, and nothing else."""
    for field_name, field in model.model_fields.items():
        value = data.pop(field.alias or field_name)
        kept = tuple(value) if isinstance(value, list) else value
        inner = next(iter(get_args(field.annotation)), field.annotation)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            for table in value if isinstance(value, list) else [value]:
                _compare(inner, table)
        elif field.is_required():
            assert kept == field.examples[0] or model in {SourceTable, TopicTable, AudienceTable}
        else:
            example = {
                name: one.examples[0]
                for name, one in model.model_fields.items()
                if one.is_required() and one.examples
            }
            aliased = {(model.model_fields[name].alias or name): value for name, value in example.items()}
            instance = model.model_validate({**aliased, field.alias or field_name: kept}, strict=True)
            assert getattr(instance, field_name) == field.default, field_name
    assert data == {}


@pytest.mark.parametrize("name", FILES)
def test_each_option_has_an_explanation_above_it_and_the_file_names_its_schema(name: str) -> None:
    lines = find_shipped("config", name).read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"#:schema schemas/{Path(name).stem}.schema.json"
    for above, line in pairwise(lines):
        if re.match(r"#?[a-z_]+ = ", line):
            # Options that belong together share one explanation.
            assert above.startswith("# ") or re.match(r"#?[a-z_]+ = ", above), line


def test_the_examples_of_the_shipped_files_are_valid(tmp_path: Path) -> None:
    init_workspace(tmp_path, {})
    for name in FILES:
        path = tmp_path / "config" / name
        path.write_text(_OPTION.sub("", path.read_text()))
    (tmp_path / "var/dkim").mkdir()
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (tmp_path / "var/dkim/letters2026.key").write_bytes(
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    settings = load_settings(Workspace(tmp_path), {})
    assert (
        len(settings.sources)
        == len(settings.topics)
        == len(settings.audiences)
        == len(settings.editions)
        == 1
    )
    assert warnings(settings) == []


@pytest.mark.parametrize(
    ("table", "noun"),
    [(SourceTable, Source), (TopicTable, Topic), (AudienceTable, Audience), (EditionTable, Edition)],
)
def test_a_table_has_the_fields_and_defaults_of_its_noun(table: type[BaseModel], noun: Any) -> None:
    wanted = {field.name: field.default for field in fields(noun) if field.name != "declared"}
    found = {
        name: MISSING if field.is_required() else field.default for name, field in table.model_fields.items()
    }
    assert found == wanted


# --- schemas ---------------------------------------------------------------------------------------------


def test_schemas_describe_every_option_and_refuse_unknown_ones() -> None:
    schemas = json_schemas()
    assert set(schemas) == set(FILES)
    for schema in schemas.values():
        for part in (schema, *schema.get("$defs", {}).values()):
            assert part["additionalProperties"] is False
            for name, field in part["properties"].items():
                assert "description" in field or "$ref" in json.dumps(field), name


def test_schemas_spell_values_as_toml_does() -> None:
    tables = json_schemas()["letters.toml"]["$defs"]
    wait = tables["PairSettings"]["properties"]["wait"]
    assert wait["type"] == "string"
    assert wait["default"] == "14d"
    assert re.search(wait["pattern"], "14d")
    assert "from" in tables["DeliverySettings"]["required"]
    assert tables["PairSettings"]["properties"]["uncarded"]["enum"] == ["report", "publish", "drop"]
    edition = json_schemas()["schedule.toml"]["$defs"]["EditionTable"]
    assert edition["required"] == ["key", "title", "when"]
    assert re.search(edition["properties"]["key"]["pattern"], "policy-weekly")


def test_schemas_of_a_workspace_are_the_ones_its_files_name(tmp_path: Path) -> None:
    init_workspace(tmp_path, {})
    for name, schema in json_schemas().items():
        first = (tmp_path / "config" / name).read_text().splitlines()[0]
        assert json.loads((tmp_path / "config" / first.removeprefix("#:schema ")).read_text()) == schema
