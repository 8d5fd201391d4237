"""How a scoreboard is drawn."""

import html

from dockerlab.errors import visible
from dockerlab.exercise.scoreboard import Scoreboard, Verdict
from dockerlab.show.shown import Shown, escape, shows


@shows(Scoreboard)
class ScoreboardView(Shown):
    """A table with one row for each criterion, and the sum of the points below it."""

    def __init__(self, board: Scoreboard) -> None:
        self._board = board
        self._sum = f"{board.total} of {board.maximum} points"
        if left_out := sum(board.left_out.values()):
            self._sum += f"; {left_out} more are left out, because this machine was too busy to tell"

    def __str__(self) -> str:
        width = max((len(verdict.name) for verdict in self._board.verdicts), default=0)
        lines = []
        for v in self._board.verdicts:
            lines.append(f"{_word(v):<4}  {_points(v, 2)}  {v.name:<{width}}  {v.measured}".rstrip())
            lines += [f"{'':16}{v.advice}"] if v.advice else []
        reason = [f"  | {line}" for line in visible(self._board.reason).splitlines()]
        return "\n".join([*lines, *reason, self._sum])

    def to_html(self) -> str:
        """A table that needs no style sheet; the verdict is a word, not a colour."""
        rows = "".join(
            f'<tr class="dl-{_word(v)}"><td>{_word(v)}</td><td>{_points(v)}</td>'
            f'<th scope="row" style="text-align:left">{escape(v.name)}</th><td style="text-align:left">'
            f"{escape(v.measured)}{f'<br><em>{escape(v.advice)}</em>' if v.advice else ''}</td></tr>"
            for v in self._board.verdicts
        )
        reason = f"<pre>{html.escape(self._board.reason)}</pre>" if self._board.reason else ""
        return (
            '<table class="dl-board"><thead><tr><th scope="col">verdict</th><th scope="col">points</th>'
            '<th scope="col">criterion</th><th scope="col">measured</th></tr></thead>'
            f"<tbody>{rows}</tbody></table>{reason}<p><strong>{self._sum}</strong></p>"
        )


def _word(verdict: Verdict) -> str:
    return {True: "kept", False: "lost", None: "busy"}[verdict.holds]


def _points(verdict: Verdict, width: int = 0) -> str:
    earned = "–" if verdict.holds is None else verdict.earned
    return f"{earned:>{width}} of {verdict.points:>{width}}"
