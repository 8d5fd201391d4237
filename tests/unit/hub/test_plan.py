"""What a teacher types, and what is said to what can't be."""

from __future__ import annotations

import pytest

from hub.plan import (
    DEFAULT_LEARNERS,
    ClassRefused,
    Plan,
    Share,
    container_name,
    learner_of,
    passwords_table,
    read_learners,
)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("ada,grace", ("ada", "grace")),
        ("ada, Grace\n alan", ("ada", "grace", "alan")),
        ("a.turing,team_2,x", ("a.turing", "team_2", "x")),
    ],
)
def test_learners_as_they_are_typed(typed, names):
    assert read_learners(typed) == names


def test_learners_from_a_file_one_on_each_line(tmp_path):
    file = tmp_path / "class.txt"
    file.write_text("# the Tuesday class\nAda\n\ngrace  # on the left\n", encoding="utf-8")
    assert read_learners(f"@{file}") == ("ada", "grace")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("ada,grace,ADA", "Two learners are called 'ada'."),
        (", ", "There is no learner's name."),
        ("josé", "'josé' can't be a learner's name."),
        ("../ada", "'../ada' can't be a learner's name."),
        ("-ada", "'-ada' can't be a learner's name."),
        ("a" * 33, "can't be a learner's name."),
        ("@no-such-file", "The list of learners no-such-file can't be read: No such file or directory."),
        ("@.", "The list of learners . can't be read: Is a directory."),
    ],
)
def test_what_can_not_be_a_class_gets_one_sentence_and_what_to_do(typed, said):
    with pytest.raises(ClassRefused) as refused:
        read_learners(typed)
    assert said in refused.value.summary
    assert refused.value.advice


def test_a_list_that_is_no_text_is_refused(tmp_path):
    file = tmp_path / "class.xls"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ClassRefused, match="it is not text"):
        read_learners(f"@{file}")


def test_without_names_there_are_eight():
    assert Plan.of().learners == DEFAULT_LEARNERS
    assert len(DEFAULT_LEARNERS) == 8


@pytest.mark.parametrize(("address", "public"), [("127.0.0.1", False), ("::1", False), ("0.0.0.0", True)])
def test_whether_the_page_can_be_reached_from_outside(address, public):
    assert Plan(address=address).is_public is public


def test_a_word_is_no_address():
    with pytest.raises(ClassRefused, match="'everybody' is not an address"):
        Plan(address="everybody")


def test_the_micro_vm_s_disk_and_its_memory_fit_what_is_temporary():
    share = Share()
    assert share.vm_disk_gib * 2**30 + 2000 * 2**20 <= share.tmp_gib * 2**30
    assert share.disk_gib == share.work_gib + share.home_gib + share.tmp_gib


def test_who_has_a_password_already_is_told_so():
    assert passwords_table(("ada", "grace"), {"grace": "k3mz7"}) == ["  ada    (as before)", "  grace  k3mz7"]


@pytest.mark.parametrize(
    ("learner", "container"),
    [("ada", "class-ada"), ("learner-1", "class-learner-2d1"), ("a.b_c", "class-a-2eb-5fc"), ("x-2d", "class-x-2d2d")],
)
def test_the_container_of_a_learner_and_back(learner, container):
    assert container_name("class", learner) == container
    assert learner_of("class", container) == learner
