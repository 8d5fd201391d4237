"""What is said about a build over time: the finding, the notes below the chart, a row's state and exact figures."""

from collections.abc import Iterator
from itertools import pairwise

from dockerlab.build.timeline import Bar, Schedule
from dockerlab.build.trace import CACHED, CANCELLED, DONE, ERROR, RUNNING, WAITING
from dockerlab.text import one_line, seconds_text, size_text

SMALL = 0.02  # what is below this part of a build's time is not worth a word
LARGE = 0.1  # and above this part, it is worth a name
HTML_WIDTH = 100  # of a row's label in HTML, in characters
MOST_SENT = 5  # how many things that a step has sent or fetched are named


def finding(of: Schedule) -> str:
    """One sentence: how long it took, how much of that ran in parallel, and what decided."""
    total, decisive = seconds_text(of.seconds), of.decisive
    if of.ending == ERROR:
        failed = next((bar for bar in of.bars if bar.state == ERROR), None)
        return f"Failed after {total}: {step_name(failed)}" if failed else f"Failed after {total}, before any step did"
    if of.ending == CANCELLED:
        stopped = next((bar for bar in of.bars if bar.state == CANCELLED), None)
        return f"Cancelled after {total}" + (f", during {step_name(stopped)}" if stopped else "")
    if of.ending == RUNNING:
        running = next((bar for bar in of.bars if bar.state == RUNNING), None)
        return f"Not finished: the records stop after {total}" + (f", in {step_name(running)}" if running else "")
    steps = [bar for bar in of.bars if bar.place and not is_from(bar)]
    if steps and all(bar.state == CACHED for bar in steps):
        return f"{total}: every step came from the cache"
    if decisive is None:
        return f"{total}: no step took any time"
    spent = sum(run.end - run.begin for run in of.path if of.bars[run.row] is decisive)
    parallel = of.parallel_seconds
    part = f"{seconds_text(parallel)} of it in parallel" if parallel > SMALL * of.seconds else "one step at a time"
    if of.waiting_seconds > spent:
        return f"{total}, {part}; for {seconds_text(of.waiting_seconds)} nothing on the critical path ran"
    return f"{total}, {part}; {step_name(decisive)} decides, with {seconds_text(spent)} on the critical path"


def notes(of: Schedule) -> list[str]:
    """Sentences about the whole: the critical path, what ran in parallel, the context, and how it ended."""
    steps = len({run.row for run in of.path})
    said = [
        f"Critical path: {seconds_text(of.path_seconds)} in {steps} step{'s' * (steps != 1)}{_stood_still(of)}.",
        f"All steps together took {seconds_text(of.step_seconds)}: {of.parallelism:.2f} at a time on average.",
    ]
    context = [bar for bar in of.bars if "load build context" in bar.instruction]
    if of.context_bytes and context:
        sent = seconds_text(sum(bar.seconds for bar in context))
        said.append(f"The build context: {size_text(of.context_bytes)} in {sent}.")
    endings = {
        ERROR: "The build failed, and this is what happened until then.",
        CANCELLED: "The build was cancelled, and this is what happened until then.",
        RUNNING: "The records stop before the build had ended.",
    }
    said += [endings[of.ending]] if of.ending in endings else []
    said += ["The file ends in the middle of a record."] if of.is_cut else []
    return said + ([one_line(of.problem, 300)] if of.problem else [])


def is_from(bar: Bar) -> bool:
    """Whether the step is the FROM of a stage."""
    return bar.instruction.startswith("FROM ")


def label(bar: Bar) -> str:
    """A row's name below the heading of its stage."""
    return f"{bar.place.removeprefix(bar.stage).strip()} {bar.instruction}".strip()


def step_name(bar: Bar) -> str:
    """A step's name in a sentence."""
    return one_line(f"{bar.place} {bar.name}".strip(), 60)


def state_and_time(bar: Bar, of: Schedule) -> str:
    """The seconds; before them the state, if it is not DONE. A FROM that was there already is the BASE."""
    state = "BASE" if is_from(bar) and bar.state in (CACHED, DONE) else bar.state
    if state == WAITING and of.ending != RUNNING:
        state = "NOT RUN"
    seconds = seconds_text(bar.seconds) if bar.runs else ""
    return " ".join(filter(None, ["" if state == DONE or (state == "BASE" and seconds) else state, seconds]))


def _stood_still(of: Schedule) -> str:
    """How long nothing on the critical path ran, and when most, in words; "" if it is not worth them."""
    if of.waiting_seconds <= SMALL * of.seconds:
        return ""
    gaps = [(after.begin - before.end, -after.row) for before, after in pairwise(of.path)]
    longest, row = max(gaps, default=(0.0, 0))
    is_large = longest > LARGE * of.seconds
    before = f", {seconds_text(longest)} of it before {step_name(of.bars[-row])}" if is_large else ""
    return f"; for {seconds_text(of.waiting_seconds)} nothing on it ran{before}"


def exact(bar: Bar) -> str:
    """A row's figures in one line."""
    if not bar.runs:
        return "from the cache" if bar.state == CACHED else "it never ran" if bar.at is None else "it took no time"
    times = ", ".join(f"{begin:.2f} s to {end:.2f} s" for begin, end in bar.runs)
    return f"{times}: {seconds_text(bar.seconds)}"


def details(bar: Bar, of: Schedule) -> Iterator[str]:
    """What a row says when it is open."""
    if "\n" in bar.instruction.strip() or len(label(bar)) > HTML_WIDTH:
        yield one_line(bar.instruction, 1000)
    path = " It is on the critical path." if bar.is_critical else ""
    yield f"{exact(bar).capitalize()}.{path}"
    if bar.runs and bar.waited > SMALL * of.seconds:
        yield f"Before that, it stood still for {seconds_text(bar.waited)} though all it needed had ended."
    if bar.needs:
        yield "It needs " + ", ".join(step_name(of.bars[row]) for row in bar.needs) + "."
    sent = sorted((sent for sent in bar.sent if sent.size_bytes), key=lambda sent: -sent.size_bytes)
    for one in sent[:MOST_SENT]:
        yield f"{one_line(one.name, 40)} {size_text(one.size_bytes)} in {seconds_text(one.end - one.begin)}"
    if len(sent) > MOST_SENT:
        yield f"… and {len(sent) - MOST_SENT} more"
