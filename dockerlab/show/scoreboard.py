"""How a scoreboard is drawn."""

import html

from dockerlab.exercise.scoreboard import Scoreboard, Verdict
from dockerlab.show.shown import Shown, shows


@shows(Scoreboard)
class ScoreboardView(Shown):
    """A table with one row for each criterion, and the sum of the points below it."""

    def __init__(self, board: Scoreboard) -> None:
        self._board = board
        self._sum = f"{board.total} of {board.maximum} points"

    def __str__(self) -> str:
        width = max((len(verdict.name) for verdict in self._board.verdicts), default=0)
        lines = []
        for v in self._board.verdicts:
            lines.append(f"{_word(v):<4}  {v.earned:>2} of {v.points:>2}  {v.name:<{width}}  {v.measured}".rstrip())
            lines += [f"{'':16}{v.advice}"] if v.advice else []
        reason = [f"  | {line}" for line in self._board.reason.splitlines()]
        return "\n".join([*lines, *reason, self._sum])

    def to_html(self) -> str:
        """A table that needs no style sheet; the verdict is a word, not a colour."""
        rows = "".join(
            f'<tr class="dl-{_word(v)}"><td>{_word(v)}</td><td>{v.earned} of {v.points}</td>'
            f'<th scope="row" style="text-align:left">{html.escape(v.name)}</th><td style="text-align:left">'
            f"{html.escape(v.measured)}{f'<br><em>{html.escape(v.advice)}</em>' if v.advice else ''}</td></tr>"
            for v in self._board.verdicts
        )
        reason = f"<pre>{html.escape(self._board.reason)}</pre>" if self._board.reason else ""
        return (
            '<table class="dl-board"><thead><tr><th scope="col">verdict</th><th scope="col">points</th>'
            '<th scope="col">criterion</th><th scope="col">measured</th></tr></thead>'
            f"<tbody>{rows}</tbody></table>{reason}<p><strong>{self._sum}</strong></p>"
        )


def _word(verdict: Verdict) -> str:
    return "kept" if verdict.holds else "lost"
