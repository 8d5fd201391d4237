"""`make bench`: what the library costs on top of docker itself, and what a page costs a browser.

Nothing here passes or fails. Each part has a module that measures and a function in __main__ that prints a table.
"""
