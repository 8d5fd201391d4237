"""Docker commands as typed, and containers."""
