"""A class, out of exported progress files."""

import json

from dockerlab.exercise.classroom import read_class


def written(folder, name, **exercises):
    file = folder / f"{name}.json"
    file.write_text(json.dumps({"format": 1, "exercises": exercises}))
    return file


def test_who_did_what_and_where_the_class_is_stuck(tmp_path):
    files = [
        written(tmp_path, "ada", one={"tries": 1, "passed": "x"}, two={"tries": 3}),
        written(tmp_path, "bob", two={"tries": 1}, unknown={"passed": "x"}),
        written(tmp_path, "eve", one={"tries": 9}),
    ]
    found = read_class(files, ["one", "two", "three"], print)
    assert found.table.to_numpy().tolist() == [
        ["ada", "passed", "tried", "", 1],
        ["bob", "", "tried", "", 0],
        ["eve", "tried", "", "", 0],
    ]
    assert found.stuck.to_dict() == {"two": 2, "one": 1}
    assert found.summary == "1 exercises passed by 3 learners. Most are stuck at two: 2 of 3."


def test_a_file_that_is_none_is_left_out_and_said(tmp_path):
    broken = tmp_path / "bad.json"
    broken.write_text("[]")
    said = []
    found = read_class([broken, tmp_path / "nowhere.json", written(tmp_path, "ada")], ["one"], said.append)
    assert found.table["learner"].tolist() == ["ada"]
    assert len(said) == 2
    assert found.summary == "0 exercises passed by 1 learners."
