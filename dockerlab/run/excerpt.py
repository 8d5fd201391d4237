"""What a program prints, cut to what a page can hold."""

from collections.abc import Callable

# Of one line: what executes a notebook looks for carriage returns, and takes hours over a line of a million characters.
LINE_CHARACTERS = 10_000
CHARACTERS = 200_000  # of all lines; a browser shows more of them only slowly
LAST_LINES = 20  # of the rest
_LAST_CHARACTERS = 2 * LINE_CHARACTERS


class Excerpt:
    """Passes on what a program prints: long lines cut, and of very much only the beginning and the last lines.

    Args:
        write: gets the text to show, line by line.
    """

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._width = 0  # of the line that has begun, in characters
        self._room = CHARACTERS  # how many more are shown
        self._left_out = 0  # how many lines came after that
        self._last: list[str] = []  # the end of them, in pieces
        self._last_characters = 0  # of these

    def add(self, text: str) -> None:
        """Take the next piece, of any length."""
        if self._room <= 0:
            self._skip(text)
            return
        lines = text.splitlines(keepends=True)
        for number, line in enumerate(lines):
            self._show(line)
            if self._room <= 0:
                self._write("\n" * (self._width > 0) + "… from here on only the last lines are shown, at the end …\n")
                self._width = 0
                self._skip("".join(lines[number + 1 :]))
                return

    def close(self) -> None:
        """The program has ended: show the last lines of what was left out."""
        if self._room > 0:
            if note := self._note():
                self._write(note)
        elif self._last:
            lines = "".join(self._last).split("\n")
            states = [line.rstrip("\r").rpartition("\r")[2] for line in lines if line]
            last = states[-LAST_LINES:]
            if more := max(0, self._left_out - len(last)):
                self._write(f"… {more:,} lines are left out here …\n")
            for line in last:
                self._show(f"{line}\n")

    def _show(self, line: str) -> None:
        """Write a line, or a part of one."""
        body = line.rstrip("\r\n")
        shown, end = body[: max(0, LINE_CHARACTERS - self._width)], line[len(body) :]
        self._width += len(body)
        text = shown + (self._note() if end else "") + end
        if end:
            self._width = 0
        if text:
            self._write(text)
        self._room -= len(text)

    def _note(self) -> str:
        more = self._width - LINE_CHARACTERS
        return f" … and {more:,} more characters in this line" if more > 0 else ""

    def _skip(self, text: str) -> None:
        self._left_out += text.count("\n")
        self._last.append(text)
        self._last_characters += len(text)
        if self._last_characters > 2 * _LAST_CHARACTERS:
            self._last = ["".join(self._last)[-_LAST_CHARACTERS:]]
            self._last_characters = _LAST_CHARACTERS
