"""Templates compiled once per process: each pass makes an environment of its own, and compiling takes longer than rendering."""

from __future__ import annotations

from collections import OrderedDict

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

#: A workspace has some thirty templates; a process may serve several workspaces.
_KEPT = 300


class CompiledTemplates(BytecodeCache):
    """Keeps templates by name and file. Jinja asks whether the text is still the one that was compiled."""

    def __init__(self) -> None:
        self._compiled: OrderedDict[str, bytes] = OrderedDict()

    def load_bytecode(self, bucket: Bucket) -> None:
        if (compiled := self._compiled.get(bucket.key)) is not None:
            bucket.bytecode_from_string(compiled)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()
        if len(self._compiled) > _KEPT:
            self._compiled.popitem(last=False)
