"""The four TOML files of a workspace as typed settings.

In: a workspace's folder and the environment. Out: `Settings`, or a `SettingsError` in which every complaint names file and
line, what was found, what was wanted and what mends it. Also makes new workspaces, and a JSON Schema for each file.
"""

from letters.settings.advice import warnings
from letters.settings.load import load_settings
from letters.settings.network import net_settings
from letters.settings.schemas import json_schemas
from letters.settings.setup import init_workspace
from letters.settings.types import Settings, Workspace

__all__ = [
    "Settings",
    "Workspace",
    "init_workspace",
    "json_schemas",
    "load_settings",
    "net_settings",
    "warnings",
]
