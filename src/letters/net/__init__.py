"""The guarded HTTP client: an address goes in, a whole bounded answer or a `FetchError` in plain words comes out.

Addresses are checked as they are connected to, on each hop (R63); time, size and redirects are limited. `Pace` keeps
requests to one host apart. Nothing here knows what is fetched.
"""

from letters.net.client import Client
from letters.net.guard import Guard, is_forbidden
from letters.net.pace import Pace
from letters.net.values import Answer, Hop, NetSettings

__all__ = ["Answer", "Client", "Guard", "Hop", "NetSettings", "Pace", "is_forbidden"]
