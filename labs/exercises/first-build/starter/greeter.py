"""Greets whoever asks on port 8000, with the words in the environment variable GREETING."""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGES = {"/": os.environ.get("GREETING", "Nobody told me what to say."), "/version": "greeter 1"}


class Greeter(BaseHTTPRequestHandler):
    """Answers with a line of text."""

    def do_GET(self):
        """Look the page up."""
        text = PAGES.get(self.path)
        self.send_response(404 if text is None else 200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(f"{text or 'There is no such page.'}\n".encode())


# `docker stop` sends this signal. Without a handler, Linux would not deliver it to a container's process 1.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
# All addresses of the container: published ports do not arrive at its 127.0.0.1.
ThreadingHTTPServer(("0.0.0.0", 8000), Greeter).serve_forever()
