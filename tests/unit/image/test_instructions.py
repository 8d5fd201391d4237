"""What an image's history tells: instructions as in a Dockerfile, and which layer each made."""

from __future__ import annotations

import pytest

from dockerlab.image.instructions import instruction, read_history


@pytest.mark.parametrize(
    ("created_by", "shown"),
    [
        ("RUN /bin/sh -c pip install x # buildkit", "RUN pip install x"),
        ("RUN |1 VERSION=1 /bin/sh -c true # buildkit", "RUN true"),
        ("RUN |2 A=1 B=two words /bin/sh -c make   all # buildkit", "RUN make all"),
        ("RUN sh -c /bin/sh -c # buildkit", "RUN sh -c /bin/sh -c"),
        ("/bin/sh -c apt-get update", "RUN apt-get update"),
        ('/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'),
        ("COPY . . # buildkit", "COPY . ."),
        ("EXPOSE map[8000/tcp:{}]", "EXPOSE [8000/tcp]"),
        ("EXPOSE map[80/tcp:{} 443/tcp:{}]", "EXPOSE [80/tcp 443/tcp]"),
        ("EXPOSE [8000/tcp]", "EXPOSE [8000/tcp]"),
        ("", ""),
    ],
)
def test_instruction_reads_as_in_a_dockerfile(created_by, shown):
    assert instruction(created_by) == shown


COPY, RUN, BY_NOBODY = {"created_by": "COPY . ."}, {"created_by": "RUN x"}, {"created_by": None}
ENV = {"created_by": "ENV A=1", "empty_layer": True}


@pytest.mark.parametrize(
    ("config", "layers", "expected"),
    [
        ({"history": [COPY, ENV, RUN]}, 2, [("COPY . .", 1), ("ENV A=1", 0), ("RUN x", 2)]),
        ({"history": [ENV]}, 0, [("ENV A=1", 0)]),
        ({"history": [COPY, ENV, RUN]}, 3, [("COPY . .", 2), ("ENV A=1", 0), ("RUN x", 3)]),
        ({"history": [COPY, ENV, RUN]}, 1, [("COPY . .", 0), ("ENV A=1", 0), ("RUN x", 1)]),
        ({"history": [COPY, COPY, RUN]}, 0, [("COPY . .", 0), ("COPY . .", 0), ("RUN x", 0)]),
        ({"history": [BY_NOBODY, {}]}, 2, [("", 1), ("", 2)]),
        ({"history": None}, 2, []),
        ({}, 2, []),
    ],
    ids=["one each", "no layer", "too short", "too long", "layers without", "no instructions", "null", "none"],
)
def test_the_newest_entry_belongs_to_the_newest_layer(config, layers, expected):
    assert read_history(config, layers) == expected
