"""The environment of a shell or a notebook server in which people type docker."""

from pathlib import Path

import pytest

from dockerlab.engine.commands import shell_environment


@pytest.mark.parametrize(
    ("docker", "folders", "path"),
    [
        ("docker", [], "/usr/bin"),
        ("/opt/engine/docker", [], "/opt/engine:/usr/bin"),
        ("docker", ["/course/bin"], "/course/bin:/usr/bin"),
        ("/opt/engine/docker", ["/course/bin"], "/course/bin:/opt/engine:/usr/bin"),
    ],
)
def test_docker_is_on_the_path_and_all_else_stays(docker, folders, path):
    found = shell_environment({"PATH": "/usr/bin", "X": "1"}, Path(docker), *map(Path, folders))
    assert found == {"PATH": path, "X": "1"}
