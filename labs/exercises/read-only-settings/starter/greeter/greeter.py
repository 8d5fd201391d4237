"""Greets whoever asks, in the words of its settings."""

import signal
import sys
from configparser import ConfigParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SETTINGS = Path("/etc/greeter/settings.ini")
SCRATCH = Path("/scratch")


def greeting() -> tuple[int, str]:
    """An HTTP status, and what to say."""
    settings = ConfigParser(interpolation=None)
    try:
        settings.read_string(SETTINGS.read_text(encoding="utf-8"))
        return 200, settings["greeting"]["text"].strip()
    except Exception as error:  # whatever it is, whoever set this up wants to read it
        return 500, f"I cannot read my settings: {error}"


class Greeter(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        status, words = greeting()
        body = f"{words}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


(SCRATCH / "notes-to-self.txt").write_text("Nobody needs this tomorrow.\n")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # otherwise `docker stop` waits ten seconds
ThreadingHTTPServer(("", 8000), Greeter).serve_forever()
