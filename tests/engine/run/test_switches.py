"""Which options of docker stand alone: the library's list against docker's own help."""

from __future__ import annotations

import re

import pytest

from dockerlab.run.shell import SWITCHES


@pytest.mark.parametrize("command", ["run", "create", "exec"])
def test_every_option_that_docker_lists_without_a_value_is_known(engine, command):
    """Only a list that is complete tells where the options end and the image or container begins."""
    alone, with_value = set(), set()
    # "  -d, --detach            Run …" or "  -e, --env list          Set …": two spaces end the option.
    for short, long, value in re.findall(
        r"^ {2,6}(?:(-\w), )?(--[\w-]+)(?: (\S+))? {2}", engine.run(command, "--help"), re.M
    ):
        (with_value if value else alone).update({short, long} - {""})
    assert {"--rm", "--tty"} & alone or command == "exec"
    assert alone <= SWITCHES
    assert not with_value & SWITCHES
    assert len(with_value) >= 5
