"""The notice board of a shop: one page, with the notice that it is given when it starts."""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

# A server should end when it is told to, not be killed.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

notice = os.environ.get("SHOP_NOTICE", "")
if not notice:
    sys.exit("notice board: SHOP_NOTICE is not set. Which notice should I show?")

port = os.environ.get("SHOP_PORT", "")
if not port.isdecimal():
    sys.exit(f"notice board: SHOP_PORT is {port!r}, and I need a number: the port to listen on.")


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        page = f"{notice}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


print(f"notice board: listening on port {port}")
HTTPServer(("0.0.0.0", int(port)), Page).serve_forever()
