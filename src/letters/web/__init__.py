"""The public site: the published tree, and the addresses that live in mails.

In comes something that gives the open house at each request (so that changed settings are obeyed); out comes an ASGI
application, and a server to run it in a thread. No page needs a script or a cookie, no GET changes anything, and no log
line holds the token of a link.
"""

from letters.web.app import HouseProvider, WebHouse, make_app
from letters.web.server import WebServer

__all__ = ["HouseProvider", "WebHouse", "WebServer", "make_app"]
