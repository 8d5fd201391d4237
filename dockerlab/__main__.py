from dockerlab.cli import run

run()
