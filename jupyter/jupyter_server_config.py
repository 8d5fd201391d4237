"""Settings of the course's notebook server: `dockerlab lab` and the course's image name this folder to Jupyter."""

import os
from pathlib import Path

HERE = Path(__file__).resolve().parent
COURSE = HERE.parent

c = get_config()  # noqa: F821  # Jupyter's
c.ServerApp.root_dir = str(COURSE)
c.LabApp.default_url = "/lab/tree/start.ipynb"
# What is not for learners, by name. What a lab is made of stays, such as its Dockerfiles.
c.ContentsManager.hide_globs = [
    "__pycache__", "*.pyc", "*~", "*.egg-info", "_build", "_static", "_templates", "_*.yml", "appendices", "benchmarks",
    "conftest.py", "constraints.txt", "dockerlab", "hub", "intro.md", "jupyter", "LICENSE*", "Makefile", "pod",
    "pyproject.toml", "requirements-*.txt", "tests", "tools",
]  # fmt: skip
# No login shell, which would set the path anew: `docker` and `dockerlab` are on the server's.
c.ServerApp.terminado_settings = {"shell_command": [os.environ.get("SHELL") or "/bin/sh"]}
# overrides.json: JupyterLab's own settings, which a learner may change
c.LabApp.app_settings_dir = str(HERE)
# custom.css, and beside it the course's look
c.LabApp.custom_css = True
c.ServerApp.tornado_settings = {"static_custom_path": [str(HERE), str(COURSE / "_static")]}
