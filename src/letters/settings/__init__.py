"""The four TOML files of a workspace as typed settings; every complaint names file and line."""

from letters.settings.types import Settings, Workspace

__all__ = ["Settings", "Workspace"]
