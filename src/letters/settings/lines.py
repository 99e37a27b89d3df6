"""Where in a TOML file a value stands. tomllib and tomlkit tell no positions; tree-sitter does."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

#: Keys and, for items of lists, indexes: ``("edition", 0, "when")``.
Path = tuple[str | int, ...]

_LANGUAGE = Language(tree_sitter_toml.language())
_KEYS = {"bare_key", "quoted_key", "dotted_key"}


class Lines:
    """The line of every table, key and list item of one file."""

    def __init__(self, lines: Mapping[Path, int] | None = None) -> None:
        self._lines = dict(lines or {})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lines) and self._lines == other._lines

    __hash__ = None  # type: ignore[assignment]  # equal by content, which is a dictionary

    def of(self, path: Path) -> int | None:
        """The line of the value at this path; where there is none, that of the nearest table it would stand in."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path)


def read_lines(source: str) -> Lines:
    """The lines of a file that `tomllib` reads."""
    tree = Parser(_LANGUAGE).parse(source.encode())
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    for node in tree.root_node.named_children:
        if node.type == "pair":
            lines.update(_of_pair(node, ()))
        elif node.type in {"table", "table_array_element"}:
            path = _table_path(node, counts)
            lines.setdefault(path[:-1] if isinstance(path[-1], int) else path, _line(node))
            lines[path] = _line(node)
            for pair in node.named_children:
                if pair.type == "pair":
                    lines.update(_of_pair(pair, path))
    return Lines(lines)


def _table_path(node: Node, counts: dict[Path, int]) -> Path:
    """The path of a table's header; a name that is a list of tables means its last one so far."""
    keys = _keys(node)
    path: Path = ()
    for key in keys[:-1]:
        path = (*path, key)
        if path in counts:
            path = (*path, counts[path])
    path = (*path, keys[-1])
    if node.type == "table_array_element":
        counts[path] = counts.get(path, -1) + 1
        path = (*path, counts[path])
    return path


def _of_pair(pair: Node, prefix: Path) -> Iterator[tuple[Path, int]]:
    keys = _keys(pair)
    for length in range(1, len(keys) + 1):
        yield (*prefix, *keys[:length]), _line(pair)
    yield from _of_value(pair.named_children[-1], (*prefix, *keys))


def _of_value(value: Node, path: Path) -> Iterator[tuple[Path, int]]:
    if value.type == "array":
        items = [item for item in value.named_children if item.type != "comment"]
        for index, item in enumerate(items):
            yield (*path, index), _line(item)
            yield from _of_value(item, (*path, index))
    elif value.type == "inline_table":
        for pair in value.named_children:
            if pair.type == "pair":
                yield from _of_pair(pair, path)


def _keys(node: Node) -> list[str]:
    """The parts of the key a pair or header begins with."""
    key = next(child for child in node.named_children if child.type in _KEYS)
    return list(_parts(key))


def _parts(key: Node) -> Iterator[str]:
    if key.type == "dotted_key":
        for child in key.named_children:
            yield from _parts(child)
    else:
        text = (key.text or b"").decode()
        # A quoted key may hold escapes: tomllib knows them.
        yield next(iter(tomllib.loads(f"{text} = 0"))) if key.type == "quoted_key" else text


def _line(node: Node) -> int:
    return node.start_point.row + 1
