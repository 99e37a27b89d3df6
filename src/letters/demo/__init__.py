"""The demo: invented sources, cards and subscribers, a workspace made of them, and the server that serves the sources.

In come a folder and the demo's clock; out come a workspace that the ordinary commands work on, and real HTTP on loopback.
All shows and people are made up, and all their addresses are ``.example`` ones (RFC 2606).
"""

from letters.demo.content import write_demo_workspace
from letters.demo.server import serve_demo

__all__ = ["serve_demo", "write_demo_workspace"]
