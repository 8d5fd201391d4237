"""`make bench`: what the library costs on top of docker itself. Nothing here passes or fails; it prints a table."""
