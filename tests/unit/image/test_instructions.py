"""What an image's history tells: instructions as in a Dockerfile, and which layer each made.

The texts are those that BuildKit 0.25 and the builder before it wrote for the Dockerfiles named beside them.
"""

from __future__ import annotations

import pytest

from dockerlab.image.instructions import Made, read_history

# A value that looks like the end of the list, like another argument, and like quoting; with two blanks at a place.
AWKWARD = "made-up 'tok'  \"q\" a=b & <x> $H"
ARG, ARG_UNKNOWN = f"ARG TOKEN={AWKWARD}", "/bin/sh -c #(nop)  ARG TOKEN"
BASH, PIPEFAIL = "SHELL [/bin/bash -c]", "SHELL [/bin/bash -o pipefail -c]"


def last(*created_by: str) -> Made:
    """The newest of several entries."""
    return read_history({"history": [{"created_by": text, "empty_layer": True} for text in created_by]}, 0)[-1]


@pytest.mark.parametrize(
    ("created_by", "shown"),
    [
        ("RUN /bin/sh -c pip install x # buildkit", "RUN pip install x"),
        ("RUN /bin/sh -c make   all # buildkit", "RUN make all"),
        ("RUN sh -c /bin/sh -c # buildkit", "RUN sh -c /bin/sh -c"),
        ("RUN /bin/sh -c echo a\necho b\n # buildkit", "RUN echo a echo b"),
        ("/bin/sh -c apt-get update", "RUN apt-get update"),
        ('/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'),
        ("/bin/sh -c #(nop) COPY file:bfd4 in /f ", "COPY file:bfd4 in /f"),
        ("RUN /bin/sh -c echo '#(nop) SHELL [x]' # buildkit", "RUN echo '#(nop) SHELL [x]'"),
        ("COPY . . # buildkit", "COPY . ."),
        ("EXPOSE map[8000/tcp:{}]", "EXPOSE [8000/tcp]"),
        ("EXPOSE map[80/tcp:{} 443/tcp:{}]", "EXPOSE [80/tcp 443/tcp]"),
        ("EXPOSE [8000/tcp]", "EXPOSE [8000/tcp]"),
        ("", ""),
    ],
)
def test_an_instruction_reads_as_in_a_dockerfile(created_by, shown):
    assert last(created_by).instruction == shown


@pytest.mark.parametrize(
    ("earlier", "created_by", "shown", "arguments"),
    [
        pytest.param([ARG], f"RUN |1 TOKEN={AWKWARD} /bin/sh -c true && echo hi # buildkit",
            "RUN true && echo hi", {"TOKEN": AWKWARD}, id="shell form"),
        pytest.param([ARG], f"RUN |1 TOKEN={AWKWARD} sh -c echo  a b # buildkit",
            "RUN sh -c echo a b", {"TOKEN": AWKWARD}, id="exec form"),
        pytest.param([ARG], f"RUN |1 TOKEN={AWKWARD} /bin/true TOKEN=x y # buildkit",
            "RUN /bin/true TOKEN=x y", {"TOKEN": AWKWARD}, id="exec form, the name in the command"),
        pytest.param([BASH, ARG], f"RUN |1 TOKEN={AWKWARD} /bin/bash -c echo $TOKEN # buildkit",
            "RUN echo $TOKEN", {"TOKEN": AWKWARD}, id="SHELL before ARG"),
        pytest.param([ARG, PIPEFAIL], f"RUN |1 TOKEN={AWKWARD} /bin/bash -o pipefail -c true | true # buildkit",
            "RUN true | true", {"TOKEN": AWKWARD}, id="SHELL after ARG"),
        pytest.param([PIPEFAIL], "RUN /bin/bash -o pipefail -c true | true # buildkit",
            "RUN true | true", {}, id="SHELL, no argument"),
        pytest.param([BASH], "RUN /bin/sh -c true # buildkit",
            "RUN /bin/sh -c true", {}, id="exec form of another shell"),
        pytest.param([ARG], f"RUN |1 TOKEN={AWKWARD} /bin/sh -c echo a\necho b\n # buildkit",
            "RUN echo a echo b", {"TOKEN": AWKWARD}, id="here-document"),
        pytest.param(["ARG BASE=python:3.11-slim", ARG],
            f"RUN |2 BASE=python:3.11-slim TOKEN={AWKWARD} /bin/sh -c true # buildkit",
            "RUN true", {"BASE": "python:3.11-slim", "TOKEN": AWKWARD}, id="ARG before FROM, named again"),
        pytest.param(["ARG A=one", "ARG B=two words", ARG, "ARG A=again"],
            f"RUN |3 A=again B=two words TOKEN={AWKWARD} /bin/sh -c echo x # buildkit",
            "RUN echo x", {"A": "again", "B": "two words", "TOKEN": AWKWARD}, id="several, one twice"),
        pytest.param(["ARG A=1 B=2 TOKEN=made up"], "RUN |3 A=1 B=2 TOKEN=made up sh x # buildkit",
            "RUN sh x", {"A": "1", "B": "2", "TOKEN": "made up"}, id="several on one line"),
        pytest.param(["ARG NOTGIVEN"], "RUN |1 NOTGIVEN= true # buildkit",
            "RUN true", {"NOTGIVEN": ""}, id="without a value"),
        pytest.param(["ARG PYTHON=3.11", "CMD x", "ARG TOKEN=two words"], "RUN |1 TOKEN=two words make # buildkit",
            "RUN make", {"TOKEN": "two words"}, id="an argument of the base image"),
        pytest.param([ARG, f"ENV T={AWKWARD}", "ENV TOKEN=from env"], "RUN |1 TOKEN=from env make # buildkit",
            "RUN make", {"TOKEN": "from env"}, id="ENV of the same name"),
        pytest.param([ARG_UNKNOWN], f"|1 TOKEN={AWKWARD} /bin/sh -c true && echo hi",
            "RUN true && echo hi", {"TOKEN": AWKWARD}, id="before BuildKit"),
        pytest.param(["/bin/bash -c #(nop)  SHELL [/bin/bash -c]", "/bin/bash -c #(nop)  ARG TOKEN"],
            f"|1 TOKEN={AWKWARD} /bin/bash -c echo $TOKEN",
            "RUN echo $TOKEN", {"TOKEN": AWKWARD}, id="before BuildKit, SHELL"),
        pytest.param(["/bin/sh -c #(nop)  ARG TOKEN=x y", '/bin/sh -c #(nop)  ARG E=a"b'],
            f'|2 E=a"b TOKEN={AWKWARD} /bin/sh -c true',
            "RUN true", {"E": 'a"b', "TOKEN": AWKWARD}, id="before BuildKit, sorted"),
        pytest.param(["/bin/sh -c #(nop)  ARG TOKEN=x y", "/bin/sh -c #(nop)  ARG E=1 2"],
            "|2 E=1 2 TOKEN=x y make all",
            "RUN make all", {"E": "1 2", "TOKEN": "x y"}, id="before BuildKit, exec form"),
        pytest.param([ARG_UNKNOWN], "|1 TOKEN=made-up sh -c echo a=b",
            "RUN sh -c echo a=b", {"TOKEN": "made-up"}, id="before BuildKit, exec form, one word"),
        pytest.param([], "RUN |2 A=1 B=two words /bin/sh -c make   all # buildkit",
            "RUN make all", {"A": "1", "B": "two words"}, id="no ARG in the history"),
        pytest.param([], "RUN |1 A=1 make B=2 C=3 # buildkit",
            "RUN make B=2 C=3", {"A": "1"}, id="no ARG in the history, exec form"),
        pytest.param([], "|0 /bin/sh -c make", "RUN make", {}, id="none of them"),
        pytest.param(["ARG A=1"], "|2 A=1 hidden… sh -c make", "RUN sh -c make", {"A": "1 hidden…"}, id="nameless"),
        pytest.param([], "|1 hidden… sh -c make", "RUN sh -c make", {}, id="only one, nameless"),
        pytest.param([], f"ARG TOKEN={AWKWARD}".replace(" a=b", ""),
            "ARG TOKEN=made-up 'tok' \"q\" & <x> $H", {"TOKEN": AWKWARD.replace(" a=b", "")}, id="ARG"),
        pytest.param([], "ARG A=1 B=2", "ARG A=1 B=2", {"A": "1", "B": "2"}, id="ARG of several"),
        pytest.param([], "/bin/sh -c #(nop)  ARG TOKEN", "ARG TOKEN", {"TOKEN": ""}, id="ARG before BuildKit"),
    ],
)  # fmt: skip
def test_a_step_reads_as_in_a_dockerfile_whatever_build_arguments_it_saw(earlier, created_by, shown, arguments):
    made = last(*earlier, created_by)
    assert (made.instruction, dict(made.arguments)) == (shown, arguments)


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
    assert [(made.instruction, made.layer) for made in read_history(config, layers)] == expected
