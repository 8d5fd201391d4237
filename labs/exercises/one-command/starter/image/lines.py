"""What both programs share: an HTTP server, and how to ask one."""

import signal
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import ProxyHandler, build_opener

ask = build_opener(ProxyHandler({})).open  # a proxy knows nothing of this network


def serve(port: int, read: Callable[[], str], add: Callable[[str], None]) -> None:
    """GET gives what `read` gives, POST adds a line."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = read().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            add(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode(errors="replace").strip())
            self.do_GET()

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # otherwise `docker stop` waits ten seconds
    ThreadingHTTPServer(("", port), Handler).serve_forever()
