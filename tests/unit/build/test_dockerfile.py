"""Dockerfiles are read as BuildKit's front end reads them."""

import pytest

from dockerlab.build.dockerfile import read_dockerfile
from dockerlab.build.words import BadWord, expand, known, pairs
from dockerlab.errors import DockerfileInvalid

FROM = "FROM x\n"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("RUN a b", ["RUN a b"]),
        ("  run   a  b  ", ["RUN a  b"]),
        ("RUN a \\\n  b", ["RUN a   b"]),
        ("RUN a \\  \n b", ["RUN a  b"]),
        ("RUN a \\\n# no\n b", ["RUN a  b"]),
        ("RUN a \\\n\n b", ["RUN a  b"]),
        ("# no\n\nRUN a\n#no", ["RUN a"]),
        ("RUN a\r\nCMD b\r\n", ["RUN a", "CMD b"]),
        ("COPY --from=b --chown=1 a /b", ["COPY --from=b --chown=1 a /b"]),
        ('RUN --mount=type=cache,target="/a b" c', ["RUN --mount=type=cache,target=/a b c"]),
        ("RUN -- --a", ["RUN --a"]),
        ("RUN echo --a", ["RUN echo --a"]),
        ("CMD []", ["CMD []"]),
    ],
)
def test_lines_become_instructions(text, read):
    assert [str(each) for each in read_dockerfile(FROM + text).stages[0].instructions] == read


@pytest.mark.parametrize(
    ("text", "documents", "after"),
    [
        ("RUN <<EOF\na\nb\nEOF\nCMD c", [("EOF", "a\nb\n", False)], "CMD c"),
        ("RUN <<'EOF'\n$a\nEOF\nCMD c", [("EOF", "$a\n", True)], "CMD c"),
        ('COPY <<"E" /x\nFROM y\nE\nCMD c', [("E", "FROM y\n", True)], "CMD c"),
        ("RUN <<-E\n\ta\n\tE\nCMD c", [("E", "a\n", False)], "CMD c"),
        ("COPY <<A <<B /x/\n1\nA\n2\nB\nCMD c", [("A", "1\n", False), ("B", "2\n", False)], "CMD c"),
        ("RUN cat <<EOF > x\n# no comment\nEOF\nCMD c", [("EOF", "# no comment\n", False)], "CMD c"),
        ("RUN echo $((1<<2))\nCMD c", [], "CMD c"),
        ("RUN read <<<word\nCMD c", [], "CMD c"),
        ("ENV A=<<EOF\nCMD c", [], "CMD c"),
        ("ONBUILD RUN <<EOF\na\nEOF\nCMD c", [("EOF", "a\n", False)], "CMD c"),
    ],
)
def test_here_documents_belong_to_their_instruction(text, documents, after):
    first, second = read_dockerfile(FROM + text).stages[0].instructions
    assert [(each.name, each.text, each.is_raw) for each in first.documents] == documents
    assert str(second) == after


def test_stages_arguments_and_directives():
    file = read_dockerfile("# escape=`\n# syntax=x\n\nARG V=1\nFROM a:$V AS One\nRUN b `\n c\nFROM one\n")
    assert [(stage.name, stage.base) for stage in file.stages] == [("one", "a:$V"), ("", "one")]
    assert [str(each) for each in file.arguments] == ["ARG V=1"]
    assert file.directives == {"escape": "`", "syntax": "x"}
    assert str(file.stages[0].instructions[0]) == "RUN b  c"


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 1, "it has no FROM"),
        ("RUN a\nFROM x", 1, "RUN stands before the first FROM"),
        ("FROM x\n\nRUM a", 3, "there is no instruction RUM"),
        ("FROM x y", 1, "FROM needs an image, or an image AS a name"),
        ("FROM x\nRUN <<EOF\na", 2, "the here-document EOF has no end"),
        ("FROM x\nRUN", 2, "RUN needs something after it"),
        ("# escape=x\nFROM x", 1, "the escape character is 'x', and has to be \\ or `"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(text, line, problem):
    with pytest.raises(DockerfileInvalid) as caught:
        read_dockerfile(text)
    assert (caught.value.line, caught.value.problem) == (line, problem)


VALUES = {"A": "a", "EMPTY": "", "PATH": "/x/y.tar.gz"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$A-${A}", "a-a"),
        ("$NO.${NO}", "."),
        ("'$A'", "$A"),
        ('"$A b"', "a b"),
        (r"\$A", "$A"),
        (r'"\$A \n"', r"$A \n"),
        ("${NO:-b}${EMPTY:-c}${EMPTY-d}${A:-e}", "bca"),
        ("${NO:+b}${A:+c}${EMPTY:+d}${EMPTY+e}", "ce"),
        ("${NO:-$A}", "a"),
        ("${NO:-'}'}", "}"),
        ("${PATH#*/}|${PATH##*/}", "x/y.tar.gz|y.tar.gz"),
        ("${PATH%.*}|${PATH%%.*}", "/x/y.tar|/x/y"),
        ("${PATH/./-}|${PATH//./-}", "/x/y-tar.gz|/x/y-tar-gz"),
        ("a$", "a$"),
    ],
)
def test_variables_are_replaced(text, value):
    assert expand(text, known(VALUES, "")) == value


def test_in_a_here_document_quotes_stay():
    assert expand("\"$A\" '$A' \\n \\$A", known(VALUES, ""), quotes=False) == "\"a\" 'a' \\n $A"


@pytest.mark.parametrize("text", ["${", "${A", "'a", '"a', "${NO:?gone}", "${A:#b}", "${}"])
def test_what_buildkit_refuses_is_refused(text):
    with pytest.raises(BadWord):
        expand(text, known(VALUES, ""))


def test_what_the_base_image_may_set_stands_for_itself():
    lookup = known(VALUES, "x")
    assert expand("$NO", lookup) == expand("${NO}", lookup) != ""
    assert expand("${NO:-a}", lookup) != expand("${NO:-b}", lookup)
    assert expand("$A", lookup) == "a"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A=1 B=2", [("A", "1"), ("B", "2")]),
        ("A=\"1 2\" B='3 4'", [("A", '"1 2"'), ("B", "'3 4'")]),
        (r"A=1\ 2 B=", [("A", r"1\ 2"), ("B", "")]),
        ("A b c=d", [("A", "b c=d")]),
        ("A", [("A", None)]),
        ("A B=2", [("A", "B=2")]),
    ],
)
def test_settings_are_names_and_values(text, found):
    assert pairs(text) == found
