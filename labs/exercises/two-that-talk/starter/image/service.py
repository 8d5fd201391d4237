"""What both programs share: an HTTP server on port 8000 that answers with one line."""

import signal
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def serve(answer: Callable[[], tuple[int, str]]) -> None:
    """Answer every request with a status and a line."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, line = answer()
            body = f"{line}\n".encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # otherwise `docker stop` waits ten seconds
    ThreadingHTTPServer(("", 8000), Handler).serve_forever()
