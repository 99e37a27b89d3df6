"""Front matter: a YAML block between ``---`` lines at the top of a card, read as text.

Scalars stay as written. YAML 1.1 would read the language ``no`` as false, the guid ``012`` as ten and ``12:30`` as 750,
so its types are left aside; and aliases are refused, which can blow up a small file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from letters.cards.draft import Draft
from letters.cards.fields import Field, read_fields

_HEADING = "front matter"
_EMPTY = {"", "~", "null"}


def split_front_matter(lines: Sequence[str]) -> tuple[range, int]:
    """Where the YAML stands, as a range of indices (empty: there is none), and where the body begins."""
    begin = next((i for i, line in enumerate(lines) if line.strip()), None)
    if begin is None or lines[begin].rstrip() != "---":
        return range(0), 0
    for end in range(begin + 1, len(lines)):
        if lines[end].rstrip() in {"---", "..."}:
            return range(begin + 1, end), end + 1
    return range(0), 0


def read_front_matter(lines: Sequence[str], place: range, draft: Draft) -> None:
    """Read the YAML into the draft. What is no YAML mapping is kept as a section and reported."""
    text = "\n".join(lines[place.start : place.stop])
    if not text.strip():
        return
    try:
        fields = list(_fields(text, first_line=place.start + 1))
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "it is nested too deeply"
        draft.keep(_HEADING, text)
        draft.report(
            f"front matter is not YAML of names and values: {reason}; it is kept as a section",
            line=place.start + 1 + (mark.line if mark else 0),
            remedy='write one "name: value" per line, with quotes around a value that has ": " in it',
        )
    else:
        read_fields(fields, draft)


def write_front_matter(fields: Mapping[str, object]) -> str:
    """The block with its fences; empty when there are no fields."""
    if not fields:
        return ""
    block = yaml.safe_dump(dict(fields), allow_unicode=True, sort_keys=False, width=10**9)
    return f"---\n{block}---\n"


def _fields(text: str, *, first_line: int) -> Iterator[Field]:
    tokens = yaml.scan(text, Loader=yaml.BaseLoader) if "*" in text else ()
    if any(isinstance(token, yaml.AliasToken) for token in tokens):
        raise yaml.MarkedYAMLError(problem="aliases (*name) are not read")
    root = yaml.compose(text, Loader=yaml.BaseLoader)
    if not isinstance(root, yaml.MappingNode):
        raise yaml.MarkedYAMLError(
            problem="names were wanted", problem_mark=root.start_mark if root else None
        )
    for name, value in root.value:
        yield Field(
            name=_source(text, name) if not isinstance(name, yaml.ScalarNode) else name.value,
            value=_value(value),
            line=first_line + name.start_mark.line,
            source=value.value if isinstance(value, yaml.ScalarNode) else _source(text, value),
        )


def _source(text: str, node: yaml.Node) -> str:
    return text[node.start_mark.index : node.end_mark.index].rstrip()


def _value(node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return None if node.style is None and node.value in _EMPTY else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_value(one) for one in node.value]
    assert isinstance(node, yaml.MappingNode), "YAML has three kinds of nodes"
    return {_key(name): _value(value) for name, value in node.value}


def _key(node: yaml.Node) -> str:
    return str(node.value)
