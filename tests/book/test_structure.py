"""The form of the book: what every chapter must have, and what none may have."""

from __future__ import annotations

import re
import statistics
from pathlib import Path

import nbformat
import pytest
import yaml
from nbval.plugin import get_sanitize_patterns

from dockerlab import lesson
from dockerlab.book.ledger import chapter_files, read_chapter, read_ledger
from dockerlab.book.notebooks import normalise, read_notebook
from dockerlab.book.transcript import typed
from dockerlab.exercise.quiz import read_quiz
from dockerlab.exercise.task import open_task
from dockerlab.show.quiz import QuizView
from dockerlab.show.task import TaskView

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = chapter_files(ROOT)
IGNORED = {"nbval-ignore-output", "nbval-skip"}
# What every chapter may use without counting as a helper.
COMMON = {"Lesson", "claim", "charts", "check", "exercise", "pd"}
COMMON_MEMBERS = {"quiz", "clean_up"}


@pytest.fixture(params=CHAPTERS, ids=lambda file: file.stem)
def chapter(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    notebook = read_notebook(request.param)
    notebook.file = request.param
    return notebook


def code(chapter) -> list:
    return [cell for cell in chapter.cells if cell.cell_type == "code"]


def tags(cell) -> set[str]:
    return set(cell.metadata.get("tags", ()))


def prose(chapter) -> str:
    return "\n".join(cell.source for cell in chapter.cells if cell.cell_type == "markdown")


def opening(chapter) -> str:
    cells = iter(chapter.cells)
    return "\n".join(cell.source for cell in iter(lambda: next(cells), None) if cell.cell_type == "markdown")[:3000]


def outputs(chapter) -> list[tuple[nbformat.NotebookNode, str]]:
    """Cell and text of each text output."""
    found = []
    for cell in code(chapter):
        for output in cell.outputs:
            texts = [output.get("text", ""), output.get("evalue", "")]
            texts += [text for kind, text in output.get("data", {}).items() if kind.startswith("text/")]
            found += [(cell, text) for text in texts if text]
    return found


# ---- the whole -----------------------------------------------------------------------------------------------------


def test_contents_and_files_agree() -> None:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    named = {toc["root"], *(entry["file"] for part in toc["parts"] for entry in part["chapters"])}
    files = {
        str(file.relative_to(ROOT).with_suffix(""))
        for pattern in ("chapters/*.ipynb", "appendices/*.md")
        for file in ROOT.glob(pattern)
    }
    assert named - {"intro"} == files
    assert (ROOT / "intro.md").exists()


def test_landing_page_leads_to_every_chapter() -> None:
    text = (ROOT / "intro.md").read_text(encoding="utf-8")
    for file in CHAPTERS:
        row = next((line for line in text.splitlines() if f"chapters/{file.name}" in line and line.startswith("|")), "")
        time = re.search(r"(\d+) min", opening(read_notebook(file)))
        assert time, file.name
        assert f"{time[1]}\u00a0min" in row, f"the landing page gives {file.name} another time than its own page"


@pytest.mark.parametrize("file", sorted(ROOT.glob(".github/workflows/*.yml")), ids=lambda file: file.name)
def test_workflow_uses_the_make_targets_and_pinned_actions(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    assert "concurrency" in workflow
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    for step in steps:
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"]), step["uses"]
        else:
            assert re.match(r"\.ci/run$|(?:sudo \S+ )?make (book|test)\b", step["run"]), step["run"]
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())


def test_every_pin_is_exact_and_agrees_with_the_constraints() -> None:
    pins = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, version = line.split("==")
            pins[name.lower().replace("_", "-")] = version
    for name in ("requirements.txt", "requirements-dev.txt", "labs/news-api/requirements.txt"):
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            requirement = line.split("#")[0].split(";")[0].strip()
            if requirement and not requirement.startswith("-"):
                package, version = re.fullmatch(r"([\w.-]+)(?:\[[\w,]+\])?==(\S+)", requirement).groups()
                expected = pins.get(package.lower().replace("_", "-"), version)
                assert version == expected, f"{name}: {requirement}, but constraints.txt has {expected}"


@pytest.mark.parametrize("file", sorted(ROOT.glob("appendices/*.md")), ids=lambda file: file.name)
def test_appendix_quotes_claims_that_there_are(file: Path) -> None:
    """The page would silently show nothing in place of a claim that does not exist."""
    anchors = [f"claim-{claim.id}" for chapter in read_ledger(ROOT) for claim in chapter.claims]
    assert len(anchors) == len(set(anchors)), "two claims have one name"
    text = file.read_text(encoding="utf-8")
    assert set(re.findall(r'claims\["([^"]+)"\]', text)) <= set(anchors)
    if file.stem == "textbooks":
        rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
        assert len(rows) > 10
        assert [row for row in rows if "claims[" not in row] == []


# ---- each chapter --------------------------------------------------------------------------------------------------


COMMON_ERRORS = re.findall(
    r"^### `(.+?)`\n(.+?)(?=^#|\Z)", (ROOT / "appendices/errors.md").read_text(encoding="utf-8"), re.M | re.S
)


@pytest.mark.parametrize(("message", "text"), COMMON_ERRORS, ids=[message for message, _ in COMMON_ERRORS])
def test_a_common_error_was_printed_in_the_chapters_that_it_names(message, text) -> None:
    # Some are put in this way or that, from one time to the next.
    ways = [".*".join(map(re.escape, way.split("…"))) for way in message.split("` or `")]
    pattern = re.compile("|".join(ways))
    names = re.findall(r"\(\.\./chapters/(\w+)\.ipynb\)", text)
    assert names
    assert "**Do:**" in text
    for name in names:
        printed = [said for _, said in outputs(read_notebook(ROOT / f"chapters/{name}.ipynb"))]
        assert any(pattern.search(said) for said in printed), f"{name} has not provoked it"


def test_opening_has_title_objectives_needs_and_time(chapter) -> None:
    text = opening(chapter)
    assert text.startswith("# ")
    objectives = re.search(r"you (?:can|will be able to)[^\n]*\n+((?:[-*] .+\n(?:  .+\n)*)+)", text, re.I)
    assert objectives, "no list of what the reader will be able to do"
    assert 3 <= len(re.findall(r"^[-*] ", objectives[1], re.M)) <= 5
    assert re.search(r"\bneed\b", text, re.I)
    assert re.search(r"\d+ min", text)


def test_opening_gives_the_exercises_the_time_that_they_say_themselves(chapter) -> None:
    names = re.findall(r'^exercise\("(.+)"\)', "\n".join(cell.source for cell in code(chapter)), re.M)
    said = re.search(r"(\d+) more for the (two|three) exercises", opening(chapter))
    if said:
        assert len(names) == {"two": 2, "three": 3}[said[2]]
        assert int(said[1]) == sum(open_task(name).minutes for name in names)


def test_parts_follow_the_pattern(chapter) -> None:
    headings = re.findall(r"^#{2,4} (.+)$", prose(chapter), re.M)
    bold = re.findall(r"\*\*(Make|Check|Extract)\b", prose(chapter))
    for word in ("Make", "Check", "Extract"):
        assert word in bold or any(h.startswith(word) for h in headings), f"no {word}"
    assert re.search(r"predict", prose(chapter), re.I), "nothing to predict"
    assert any("checkpoint" in h.lower() for h in headings)
    assert re.search(r"\bnext\b", chapter.cells[-2].source, re.I), "the last words do not say what is next"


def test_quiz_asks_about_what_a_cell_has_shown(chapter) -> None:
    assert "lesson.quiz()" in [cell.source for cell in code(chapter)]
    quiz = read_quiz(ROOT / "chapters/quizzes" / f"{chapter.file.stem}.yml")
    assert len(quiz.questions) >= 3
    for question in quiz.questions:
        page, _, anchor = question.shown.partition("#")
        claims = read_chapter(ROOT / "chapters" / f"{page}.ipynb").claims
        assert anchor in {f"claim-{claim.id}" for claim in claims}, question.question


def test_stored_quiz_is_the_one_in_the_file(chapter) -> None:
    """nbval would find this out too, but minutes later."""
    stored = [output for cell in code(chapter) if cell.source == "lesson.quiz()" for output in cell.outputs]
    quiz = read_quiz(ROOT / "chapters/quizzes" / f"{chapter.file.stem}.yml")
    assert [output.data["text/html"] for output in stored] == [QuizView(quiz).to_html()], (
        "store outputs with `make record`"
    )


def test_stored_exercises_are_those_in_the_folder(chapter) -> None:
    for cell in code(chapter):
        if found := re.fullmatch(r'exercise\("(.+)"\)', cell.source.strip()):
            shown = TaskView(open_task(found[1]))
            stored = [(output.data["text/plain"], output.data["text/html"]) for output in cell.outputs]
            assert stored == [(str(shown), shown.to_html())], f"{found[1]}: store outputs with `make record`"


def test_setup_comes_first_and_clean_up_last(chapter) -> None:
    first, *_, last = code(chapter)
    assert "from dockerlab.lesson import *" in first.source
    assert tags(first) & {"hide-input", "remove-cell"}
    assert last.source.strip() == "lesson.clean_up()"


def test_the_first_cell_shows_the_conditions_and_nothing_of_this_machine_s_start(chapter) -> None:
    assert [output.output_type for output in code(chapter)[0].outputs] == ["display_data"]


def test_cells_are_short(chapter) -> None:
    lines = [len([line for line in cell.source.splitlines() if line.strip()]) for cell in code(chapter)]
    assert statistics.median(lines) <= 3
    assert max(lines) <= 15


def test_outputs_are_stored_from_one_run_in_order(chapter) -> None:
    assert [cell.execution_count for cell in code(chapter)] == list(range(1, len(code(chapter)) + 1))


def test_notebook_is_as_record_writes_it(chapter) -> None:
    before = nbformat.writes(nbformat.from_dict({k: v for k, v in chapter.items() if k != "file"}))
    after = nbformat.writes(normalise(read_notebook(chapter.file), chapter.file.stem))
    assert before == after, "store outputs with `make record`"


def test_errors_are_shown_only_on_purpose(chapter) -> None:
    stray = [
        cell.source
        for cell in code(chapter)
        if any(output.output_type == "error" for output in cell.outputs) and "raises-exception" not in tags(cell)
    ]
    assert stray == []
    taught = [cell.source for cell in code(chapter) if "raises-exception" in tags(cell)]
    shown = [c.source for c in code(chapter) if any(output.output_type == "error" for output in c.outputs)]
    assert taught == shown, "a cell tagged raises-exception raised nothing"


def test_claims_are_made_and_compared(chapter) -> None:
    claims = [
        cell
        for cell in code(chapter)
        for output in cell.outputs
        if "claim" in output.get("metadata", {}).get("dockerlab", {})
    ]
    assert claims
    assert [cell.source for cell in claims if tags(cell) & IGNORED] == []
    assert read_chapter(chapter.file).run, "the setup cell's output carries no conditions of the run"


def test_claims_that_answer_a_prediction_are_folded_away(chapter) -> None:
    """From **Predict** to the next prose: a claim's source gives the answer away just as its output does."""
    predicting, open_claims = False, []
    for cell in chapter.cells:
        if cell.cell_type == "markdown":
            predicting = "**Predict" in cell.source
        elif predicting and "claim(" in cell.source and "hide-cell" not in tags(cell):
            open_claims.append(cell.source)
    assert open_claims == []


def test_comparison_is_not_empty(chapter) -> None:
    """In most cells, the sanitiser leaves words that could differ."""
    rules = get_sanitize_patterns(Path(__file__).with_name("sanitize.cfg").read_text(encoding="utf-8"))
    compared = {}
    for cell, text in outputs(chapter):
        for regex, replacement in rules:
            text = re.sub(regex, replacement, text)
        if not tags(cell) & IGNORED:
            compared[cell.id] = compared.get(cell.id, "") + text
    saying = [text for text in compared.values() if len(re.findall(r"\w{2,}", text)) >= 3]
    assert len(saying) >= len(code(chapter)) / 2
    assert not any("nbval-skip" in tags(cell) for cell in code(chapter))


def test_outputs_name_no_machine(chapter) -> None:
    root = r"root/(?!\.cache/pip|\.docker/|[\s<])"  # these are in containers
    private = re.compile(rf"(?<![\w.])/(?:{root}|home/|Users/|work/)|file://|index-url|mirror", re.I)
    assert [text for _, text in outputs(chapter) if private.search(text)] == []


# ---- the learner types, the course referees ---------------------------------------


def test_most_cells_are_stock_commands_or_files(chapter) -> None:
    stock = [cell for cell in code(chapter) if typed(cell.source) is not None]
    assert len(stock) >= 0.6 * len(code(chapter)), f"{len(stock)} of {len(code(chapter))}"


def test_few_helpers_are_needed(chapter) -> None:
    source = "\n".join(cell.source for cell in code(chapter) if typed(cell.source) is None)
    used = set(re.findall(rf"(?<![.\w])({'|'.join(lesson.__all__)})(?=[.(])", source)) - COMMON
    members = {f"lesson.{name}" for name in re.findall(r"\blesson\.(\w+)", source) if name not in COMMON_MEMBERS}
    assert len(used | members) <= 5, sorted(used | members)


def test_there_is_something_to_do_and_something_to_look_at(chapter) -> None:
    tasks = [name for cell in code(chapter) for name in re.findall(r'^exercise\("([\w-]+)"\)$', cell.source)]
    assert len(tasks) >= 2
    assert [name for name in tasks if open_task(name).chapter != int(chapter.file.stem[:2])] == []
    pictures = re.findall(r"!\[([^\]]*)\]\((\S+?)\)", prose(chapter))
    assert pictures
    for alt, place in pictures:
        assert len(alt) > 30, "a picture's alternative text says what it shows"
        assert (ROOT / "chapters" / place).resolve().is_file(), place


def test_braces_after_an_exclamation_mark_are_python_s(chapter) -> None:
    """IPython would take `{{.Id}}` apart. `%docker` leaves it as it is."""
    assert [cell.source for cell in code(chapter) if cell.source.startswith("!") and "{" in cell.source] == []


def test_a_script_gets_names_and_ports_in_a_form_that_the_session_can_change(chapter) -> None:
    """Where a name or port is taken, the session puts another in: for a name in a line with `docker`, for a port after
    `localhost:`. A script would otherwise ask, or stop, what belongs to another session."""
    lines = "\n".join(cell.source for cell in code(chapter)).splitlines()
    scripts = [line for line in lines if re.search(r"\b(ba)?sh \S+\.sh ", line)]
    assert [line for line in scripts if "docker" not in line or re.search(r"(?<![:\d.])\d{4,5}\b", line)] == []


def test_the_book_has_few_claims() -> None:
    numbers = [len(chapter.claims) for chapter in read_ledger(ROOT)]
    assert max(numbers) <= 10
    assert sum(numbers[:8]) < 70
