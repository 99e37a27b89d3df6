"""The fixtures of `cli_kit`, for the tests in this folder."""

from cli_kit import letters, workspace

__all__ = ["letters", "workspace"]
