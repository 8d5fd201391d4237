"""The `dockerlab check`, `exercise`, `progress` and `classroom` commands."""

import json
import sys
from pathlib import Path

import click

from dockerlab.build.supplies import supply
from dockerlab.engine import Engine, find
from dockerlab.engine.base import ensure_base
from dockerlab.errors import DockerLabError
from dockerlab.exercise import author
from dockerlab.exercise.attempt import Attempt
from dockerlab.exercise.check import Report
from dockerlab.exercise.classroom import read_class
from dockerlab.exercise.progress import Progress
from dockerlab.exercise.task import Task, all_tasks, exercises_folder, images_needed, open_task, task_names
from dockerlab.exercise.watch import Watch
from dockerlab.paths import work_folder
from dockerlab.show.report import ReportView
from dockerlab.show.task import TaskView

COLOURS = {"[x]": "green", "[ ]": "yellow", "[-]": "bright_black", "[?]": "magenta"}
NAME = click.argument("name")


def say(text: str) -> None:
    """News that is no result goes to stderr."""
    click.echo(text, err=True)


def attempt_at(name: str) -> Attempt:
    """The attempt at the task of this name, in the learner's folder."""
    return Attempt.at(open_task(name))


@click.command()
@NAME
@click.option("--json", "as_json", is_flag=True, help="Print the result for a script.")
@click.option("--watch", is_flag=True, help="Look again whenever something changes, until everything holds.")
def check(name: str, as_json: bool, watch: bool) -> None:
    """Look at what you have made for an exercise, and say what holds and what does not.

    The exit status is 0 if everything holds, and 1 if not.
    """
    attempt, engine = attempt_at(name), find()
    if attempt.start():
        say(f"Its files are in {attempt.folder}")
    report = attempt.check(engine)
    show(report, as_json)
    if watch and not report.passed:
        report = follow(attempt, engine, report, as_json)
    sys.exit(0 if report.passed else 1)


def show(report: Report, as_json: bool) -> None:
    """Print a report: for people, in colour where there is any, or as one line of JSON."""
    if as_json:
        rows = [{"check": r.name, "sentence": r.sentence, "state": r.state, "found": r.found, "look": r.look}
                for r in report.results]  # fmt: skip
        click.echo(json.dumps({"exercise": report.task, "passed": report.passed, "checks": rows}, ensure_ascii=False))
        return
    for line in str(ReportView(report)).splitlines():
        click.echo(click.style(line[:3], fg=COLOURS[line[:3]]) + line[3:] if line[:3] in COLOURS else line)


def follow(attempt: Attempt, engine: Engine, last: Report, as_json: bool) -> Report:
    """Check after every change until all is done; Ctrl-C ends it. Gives the last report."""
    say("Watching. Work in another window; Ctrl-C ends this.")
    lost: list[DockerLabError] = []

    def changed() -> None:
        nonlocal last
        report = attempt.check(engine, record=False)
        if [(r.state, r.found) for r in report.results] != [(r.state, r.found) for r in last.results]:
            attempt.progress.note_report(report)
            if not as_json:
                click.echo()
            show(report, as_json)
        last = report
        if report.passed:
            watch.stop()

    watch = Watch(engine, attempt.folder, changed, run=f"exercise-{attempt.task.name}", lost=lost.append)
    watch.start()
    try:
        watch.wait()
    except KeyboardInterrupt:
        watch.stop()
    if lost:
        raise lost[0]
    return last


@click.group()
def exercise() -> None:
    """List the exercises; begin one, get a hint, see the solution, begin again."""


@exercise.command("list")
def list_() -> None:
    """List the exercises, with a tick where you have passed."""
    passed = Progress(work_folder(), say).passed()
    for task in all_tasks():
        mark = click.style("[x]", fg="green") if task.name in passed else "[ ]"
        click.echo(f"{mark} {task.chapter:>2}  {task.name:<22} {task.title}  ({task.kind}, {task.minutes} min)")


@exercise.command()
@NAME
def start(name: str) -> None:
    """Print an exercise's task, put its files into your folder, and get the images that it needs."""
    attempt = attempt_at(name)
    attempt.start()
    click.echo(str(TaskView(attempt.task)))
    say(f"\nIts files are in {attempt.folder}")
    if images := images_needed(attempt.task):
        engine = find()
        base = ensure_base(engine)
        for image in images:
            say(supply(image, engine, base))


@exercise.command()
@NAME
def hint(name: str) -> None:
    """Print the next hint; one that fits what your last check found, if there is one."""
    found = attempt_at(name).hint()
    click.echo(found.text.strip() if found else f"No more hints. `dockerlab exercise solution {name}` shows one way.")


@exercise.command()
@NAME
@click.option("--yes", is_flag=True, help="Do not ask first.")
def solution(name: str, yes: bool) -> None:
    """Print a solution, and put it into the folder solution/ beside your files."""
    attempt = attempt_at(name)
    left = len(attempt.task.hints) - len(attempt.hints_seen())
    if not yes:
        hints = f" There {'is 1 hint' if left == 1 else f'are {left} hints'} left." if left else ""
        click.confirm(f"Show the solution?{hints}", abort=True)
    for file, text in attempt.show_solution().items():
        click.echo(click.style(f"# {file}", bold=True))
        click.echo(text.rstrip() + "\n")


@exercise.command()
@NAME
@click.option("--yes", is_flag=True, help="Do not ask first.")
def reset(name: str, yes: bool) -> None:
    """Remove what you made for an exercise from the engine, and put its first files back. Yours are kept."""
    attempt, engine = attempt_at(name), find()
    made = attempt.made(engine)
    for kind, names in made.items():
        click.echo(f"{kind}: {', '.join(names)}")
    if not yes:
        click.confirm(
            "Remove these?" if made else "The engine holds nothing of it. Put the first files back?", abort=True
        )
    _, kept = attempt.reset(engine)
    click.echo(f"{name} begins anew in {attempt.folder}." + (f" Your files are kept in {kept}." if kept else ""))


@exercise.command()
@NAME
def new(name: str) -> None:
    """Make the skeleton of a new exercise (for authors)."""
    folder = author.make(exercises_folder() / name)
    click.echo(f"{folder} is ready to be filled; README.md in the folder above says how.")


@click.command()
@click.option("--json", "form", flag_value="json", help="Print the whole record, to hand in.")
@click.option("--csv", "form", flag_value="csv", help="Print the table, to hand in.")
@click.option("--reset", "forget", metavar="NAME", help="Forget one exercise; `all` forgets every one.")
def progress(form: str | None, forget: str | None) -> None:
    """Say what you have done so far. Nothing of it leaves this machine."""
    record, names = Progress(work_folder(), say), task_names()
    if forget:
        if forget != "all" and forget not in names:
            open_task(forget)  # says which there are
        record.reset("" if forget == "all" else forget)
        click.echo("All is forgotten." if forget == "all" else f"{forget} is forgotten.")
    elif form == "json":
        click.echo(record.as_json())
    elif form == "csv":
        click.echo(record.as_csv(names), nl=False)
    else:
        for task in all_tasks():
            click.echo(line_of(task, record.of(task.name)))
        click.echo(f"{len(record.passed() & set(names))} of {len(names)} exercises passed.")


def line_of(task: Task, recorded: dict) -> str:
    """One line about an exercise: a tick, its name, how far it is, and the help that was used."""
    mark, state = "[ ]", ""
    if recorded.get("passed"):
        mark, state = click.style("[x]", fg="green"), f"passed {recorded['passed'][:10]}"
    elif recorded.get("tries"):
        state = f"{recorded.get('done', 0)} of {recorded.get('of', 0)}"
    helps = [f"hints: {len(recorded['hints'])}"] if recorded.get("hints") else []
    helps += ["solution seen"] if recorded.get("solution") else []
    return f"{mark} {task.chapter:>2}  {task.name:<22} {state:<18} {', '.join(helps)}".rstrip()


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--figure", type=click.Path(dir_okay=False, path_type=Path), help="Draw the class into this SVG file.")
def classroom(files: tuple[Path, ...], figure: Path | None) -> None:
    """Make a table of a class out of files that learners have exported with `dockerlab progress --json`."""
    found = read_class(files, [task.name for task in all_tasks()], say)
    click.echo(found.table.to_string(index=False))
    click.echo(found.summary)
    if figure:
        from dockerlab.show.classroom import draw

        figure.write_text(draw(found), encoding="utf-8")
        click.echo(f"Drawn into {figure}.")


COMMANDS = (check, exercise, progress, classroom)
