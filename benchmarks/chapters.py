"""How much of a chapter's run time is spent in docker."""

from __future__ import annotations

from pathlib import Path

import nbformat

from dockerlab.book.commands import read_notebook, run_notebook

# Runs in the chapter's kernel before its first cell. What counts as docker's time: docker commands, the SDK's requests,
# which are the same in another form, and waiting for what runs in a container (an answer, a state of health, the end).
BEFORE = """
import subprocess as _subprocess, time as _time
from docker import APIClient as _Client
from dockerlab.run import container as _container
from dockerlab.build import retired as _retired

_spans = []

class _Timed(_subprocess.Popen):
    def __init__(self, command, *a, **k):
        self._span = [_time.perf_counter(), None] if str(command[0]).endswith("docker") else None
        super().__init__(command, *a, **k)
        if self._span:
            _spans.append(self._span)

    def wait(self, *a, **k):
        code = super().wait(*a, **k)
        self._ended()
        return code

    def poll(self):
        code = super().poll()
        if code is not None:
            self._ended()
        return code

    def _ended(self):
        if self._span and self._span[1] is None:
            self._span[1] = _time.perf_counter()

_subprocess.Popen = _Timed

def _spanned(work):
    def timed(*a, **k):
        begin = _time.perf_counter()
        try:
            return work(*a, **k)
        finally:
            _spans.append([begin, _time.perf_counter()])
    return timed

for _place, _names in {
    _container: ("ask", "watch_health", "stop_seconds"),
    _retired: ("context_bytes",),
    _Client: ("send",),
}.items():
    for _name in _names:
        setattr(_place, _name, _spanned(getattr(_place, _name)))
"""
AFTER = """
from dockerlab.build.buildkit import merged_seconds as _merged
print("docker seconds", _merged((a, b) for a, b in _spans if b))
"""


def docker_share(file: Path) -> float:
    """Run time of a chapter over its time in docker, both wall time of one run; overlaps count once."""
    notebook = read_notebook(file)
    notebook.cells = [nbformat.v4.new_code_cell(BEFORE), *notebook.cells, nbformat.v4.new_code_cell(AFTER)]
    whole = run_notebook(notebook, file.parent, file.stem, lambda text: None)
    said = notebook.cells[-1].outputs[0].text
    return whole / float(said.split()[-1])
