"""Tells the time."""

import socket
from datetime import UTC, datetime

from service import serve

serve(lambda: (200, f"clock {socket.gethostname()} says {datetime.now(UTC):%H:%M:%S}"))
