"""The commands about keys that sign mails: make one, and say what to put into the DNS."""

from __future__ import annotations

from typing import Annotated, Literal

import typer
from pydantic import ValidationError

from letters.cli.app import app, face_of
from letters.cli.face import Face
from letters.cli.options import JsonOption, WorkspaceOption
from letters.deliver.dkim import SigningKey, load_key
from letters.deliver.dkim_keys import make_signing_key, record_name, record_value, zone_line
from letters.deliver.signing import signing_keys
from letters.errors import SettingsError, UsageError
from letters.files import replace_file
from letters.settings import Workspace, load_settings
from letters.settings.signing_keys import key_path
from letters.settings.types import DkimSettings

dkim = typer.Typer(help="Keys that sign mails (DKIM).", no_args_is_help=True)
app.add_typer(dkim, name="dkim")


@dkim.command()
def new(
    context: typer.Context,
    selector: Annotated[
        str, typer.Argument(metavar="SELECTOR", help='The key\'s name in the DNS, such as "letters2026".')
    ],
    kind: Annotated[
        Literal["rsa", "ed25519"], typer.Option(help="One key has to be RSA; Ed25519 may stand beside it.")
    ] = "rsa",
    domain: Annotated[
        str, typer.Option(metavar="DOMAIN", help="The domain that signs; default: the sender's.")
    ] = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key in var/dkim/, and print its DNS record and its lines for config/letters.toml."""
    face = face_of(context)
    place = face.workspace(workspace)
    try:
        table = DkimSettings(selector=selector, domain=domain)
    except ValidationError as error:
        raise UsageError(str(error.errors()[0]["ctx"]["error"])) from error
    path = key_path(place, table)
    if path.exists():
        raise UsageError(
            f'{place.shown(path)} is there already; take another selector, such as "{selector}b"'
        )
    pem = make_signing_key(kind)
    key = load_key(pem, domain=table.domain or _sender_domain(face, place), selector=table.selector)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(path, pem, mode=0o600)
    if not face.as_json:
        lines = [f'selector = "{table.selector}"', *([f'domain = "{domain}"'] if domain else [])]
        face.out.print(f"Made {place.shown(path)}. Put this into the DNS of {key.domain}:\n")
        face.out.print(f"{zone_line(key)}\n", soft_wrap=True, markup=False)
        face.out.print("When it is there, add this to config/letters.toml:\n")
        face.out.print("\n".join(("[[delivery.dkim]]", *lines)), markup=False)
    face.finish({"file": path, **_record(key)})


@dkim.command()
def show(context: typer.Context, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Print the DNS records of the keys that sign now."""
    face = face_of(context)
    keys = signing_keys(load_settings(face.workspace(workspace), face.environ))
    if not face.as_json:
        for key in keys:
            face.out.print(zone_line(key), soft_wrap=True, markup=False)
        if not keys:
            face.out.print('no key signs; "letters dkim new SELECTOR" makes one')
    face.finish({"records": [_record(key) for key in keys]})


def _record(key: SigningKey) -> dict[str, str]:
    return {"name": record_name(key), "value": record_value(key)}


def _sender_domain(face: Face, place: Workspace) -> str:
    try:
        return load_settings(place, face.environ).delivery.sender.domain
    except SettingsError as error:
        raise UsageError(f"{error.problems[0]}; mend it, or say --domain") from error
