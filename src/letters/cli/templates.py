"""The commands about templates: which there are, and a copy to change in the workspace."""

from __future__ import annotations

import difflib
import re
from typing import Annotated

import typer

from letters.cli.app import app, face_of
from letters.cli.options import JsonOption, WorkspaceOption
from letters.errors import UsageError
from letters.files import replace_file
from letters.text import find_shipped

templates = typer.Typer(help="How mails and pages are made.", no_args_is_help=True)
app.add_typer(templates, name="templates")

_BLOCK_TAG = re.compile(r"{%-?\s*(?:(block)\s+(\w+)[^%]*|(endblock)[^%]*)-?%}")
_EXTENDS = re.compile(r"""{%-?\s*extends\s+["']([^"']+)["']""")
_IMPORT = re.compile(r"{%-?\s*from\s+[^%]*?import[^%]*%}")


@templates.command("list")
def list_templates(
    context: typer.Context, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """Every template with its blocks, and which of them the workspace has a version of its own of."""
    face = face_of(context)
    own = face.workspace(workspace).templates
    names = _shipped_names()
    rows = [(name, "yours" if (own / name).is_file() else "", ", ".join(_blocks(name))) for name in names]
    if not face.as_json:
        face.print_table(("template", "", "blocks"), rows, empty="no templates are shipped")
    face.finish(
        {
            "templates": [
                {"name": name, "own": bool(mine), "blocks": list(_blocks(name))} for name, mine, _ in rows
            ]
        }
    )


@templates.command("copy")
def copy_template(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As listed, such as email/digest.mjml.")],
    block: Annotated[
        list[str] | None,
        typer.Option("--block", help="Only this block; all else stays the shipped one. May be repeated."),
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a template, or some blocks of it, into the workspace's templates/, to be changed there.

    What the workspace has already is left as it is.
    """
    face = face_of(context)
    target = face.workspace(workspace).templates / name
    text = _some_blocks(name, block) if block else _shipped_text(name)
    if target.exists():
        raise UsageError(f"{target} is there already; change it, or move it away to begin anew")
    target.parent.mkdir(parents=True, exist_ok=True)
    replace_file(target, text)
    if not face.as_json:
        face.out.print(f"Wrote {target}.", soft_wrap=True, markup=False)
    face.finish({"template": name, "file": str(target), "blocks": block or []})


def _shipped_names() -> list[str]:
    folder = find_shipped("templates")
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _shipped_text(name: str) -> str:
    names = _shipped_names()
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f'did you mean "{near[0]}"?' if near else '"letters templates list" names them all'
        raise UsageError(f'template "{name}" is not among the shipped ones; {hint}')
    return find_shipped("templates", *name.split("/")).read_text(encoding="utf-8")


def _blocks(name: str) -> dict[str, str]:
    """The source of each block that can be changed in a template: its own, else that of what it extends."""
    text = _shipped_text(name)
    base = _EXTENDS.search(text)
    blocks = _blocks(base[1]) if base else {}
    open_blocks: list[tuple[str, int]] = []
    for tag in _BLOCK_TAG.finditer(text):
        if tag[1]:
            open_blocks.append((tag[2], tag.start()))
        elif open_blocks:
            block, start = open_blocks.pop()
            blocks[block] = text[start : tag.end()]
    return blocks


def _imports(name: str) -> list[str]:
    """Where its blocks have their macros from."""
    text = _shipped_text(name)
    base = _EXTENDS.search(text)
    return [*(_imports(base[1]) if base else ()), *_IMPORT.findall(text)]


def _some_blocks(name: str, wanted: list[str]) -> str:
    blocks = _blocks(name)
    for each in wanted:
        if each not in blocks:
            known = ", ".join(blocks) or "none"
            raise UsageError(f'template "{name}" has no block "{each}"; known are: {known}')
    # Macros of the shipped template's head are known in its blocks, those of a workspace's own file as well.
    parts = [f'{{% extends "shipped/{name}" %}}', *_imports(name), *(blocks[each] for each in wanted)]
    return "\n".join(parts) + "\n"
