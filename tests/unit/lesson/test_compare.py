from dockerlab.lesson import compare


def test_two_dockerfiles_compared_show_every_instruction_and_no_comment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good").write_text("FROM base\n\n# The list comes first.\nCOPY list .\nRUN install\nCOPY . .\n")
    (tmp_path / "poor").write_text("# Slow.\nFROM base\nCOPY . .\nRUN install\n")
    assert str(compare("good", "poor")).splitlines() == [
        "--- good",
        "+++ poor",
        " FROM base",
        "-COPY list .",
        "+COPY . .",
        " RUN install",
        "-COPY . .",
    ]


def test_two_equal_dockerfiles_show_every_instruction_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        (tmp_path / name).write_text("# A comment.\nFROM base\nRUN install\n")
    assert str(compare("one", "two")).splitlines() == [" FROM base", " RUN install"]
