"""An engine of the course's own, for root on Debian or Ubuntu; it runs beside any other and leaves no trace."""

from dockerlab.engine.private.daemon import CONTAINERD, PrivateEngine

__all__ = ["CONTAINERD", "PrivateEngine"]
