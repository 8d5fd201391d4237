"""Run builds, follow them, and compare them."""
