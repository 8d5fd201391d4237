"""A class on one machine: `make hub` starts a JupyterHub that gives each learner a server of their own."""
