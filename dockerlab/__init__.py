"""Docker Fundamentals, Measured: the small library that the chapters import."""
