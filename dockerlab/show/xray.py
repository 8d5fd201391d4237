"""How the picture of a build context is drawn: secrets first, then folders with bars, and what each line does."""

import html
from collections.abc import Iterable, Iterator
from pathlib import Path

from dockerlab.build.xray import NOTHING, File, Line, Request, Secret, Sum, Top, Xray
from dockerlab.show.shown import Shown, escape, shows
from dockerlab.text import one_line, size_text

ROWS, TEXT_ROWS = 12, 8  # of a list, before the rest becomes a sum
WIDTH, TEXT_WIDTH = 80, 40  # of a name or an instruction, in characters
MOST_NUMBERS = 4  # of lines, in a row
MEASURE = "Sizes are those of the files; a build's own count adds up to a hundred bytes for each."


def amount(files: Iterable[File]) -> str:
    """How much some files are: 80 MB in 2,000 files; "nothing" for none."""
    found = Sum.of(files)
    word = "file" if found.files == 1 else "files"
    return f"{size_text(found.size_bytes)} in {found.files:,} {word}" if found.files else "nothing"


@shows(Xray)
class XrayView(Shown):
    """A context, on a page or in a terminal."""

    def __init__(self, picture: Xray) -> None:
        self._picture = picture
        self._change = picture.difference(picture.without(())) if picture.off else None

    def headline(self) -> list[str]:
        """What is in the context, what a build would send, and what the lines that are off change."""
        picture = self._picture
        out = amount(file for file in picture.files if file.is_out)
        said = [f"The build context is {amount(picture.inside)}; left out: {out}."]
        if picture.travels is None:
            said.append(f"What a build would send is not known: {picture.plan.not_known}.")
        else:
            whole = ", which is all of it" if picture.inside and len(picture.travels) == len(picture.inside) else ""
            said.append(f"A first build would send {amount(picture.travels)}{whole}.")
        if self._change:
            lines = f"{_numbered(sorted(picture.off))} of {picture.ignore.path.name}"
            change = f"Without {lines}, {amount(self._change.comes_in)} would come in"
            if self._change.goes_out:
                change += f", and {amount(self._change.goes_out)} would go out"
            said.append(f"{change}.")
        return said

    def __str__(self) -> str:
        return "\n".join(self._text())

    def _text(self) -> Iterator[str]:
        picture = self._picture
        yield from self.headline()
        if picture.secrets:
            yield from ("", "These look like secrets:")
            yield from _columns((s.file.path, s.kind, _place(s)) for s in picture.secrets)
        yield from ("", "By folder:")
        yield from _columns(
            (top.name, f"{size_text(Sum.of(top.inside).size_bytes)} in", f"{size_text(Sum.of(top.out).size_bytes)} out",
             _lines_of(top)) for top in picture.tops[:TEXT_ROWS])  # fmt: skip
        if len(picture.tops) > TEXT_ROWS:
            yield f"  and {len(picture.tops) - TEXT_ROWS} more"
        if picture.lines:
            yield from ("", f"{picture.ignore.path.name}:")
            yield from _columns((str(line.rule.line), line.rule.text, _does(line)) for line in _busy(picture.lines))
            if idle := [line.rule.line for line in picture.lines if line.remark == NOTHING]:
                yield f"  {_numbered(idle)}: {NOTHING}"
        if picture.requests:
            yield from ("", "What the instructions ask for:")
            yield from _columns(
                (f"line {each.ask.line}", each.ask.instruction, _gets(each)) for each in picture.requests
            )
        if picture.inside:
            yield from ("", "The largest files of the context:")
            yield from _columns((size_text(file.size_bytes), file.path) for file in picture.largest(TEXT_ROWS))

    def to_html(self) -> str:
        """Tables, and lists in <details> elements; without a style sheet the figures still say all."""
        picture = self._picture
        first, *more = self.headline()
        parts = [f"<p><strong>{escape(first)}</strong> {escape(' '.join(more))}</p>"]
        if picture.secrets:
            rows = [
                (_code(s.file.path), s.kind, "left out" if s.file.is_out else "yes", f"{s.in_image}: {escape(s.why)}")
                for s in picture.secrets
            ]
            title = "These look like secrets"
            heads = ("file", "looks like", "in the context", "in the image")
            marks = ["dl-out" if s.file.is_out else "dl-leak" for s in picture.secrets]
            parts.append(_table(title, heads, rows, marks))
        if picture.files:
            parts.append(_folders(picture.tops))
        if picture.lines:
            busy = _busy(picture.lines)
            rows = [(str(line.rule.line), _code(line.rule.text), escape(_does(line))) for line in busy]
            marks = ["" if line.files else "dl-out" for line in busy]
            parts.append(_table(picture.ignore.path.name, ("line", "pattern", "what it does"), rows, marks))
            if idle := [line for line in picture.lines if line.remark == NOTHING]:
                rows = "".join(f"<li>line {line.rule.line}: {_code(line.rule.text)}</li>" for line in idle)
                parts.append(_fold(f"{len(idle)} more: {NOTHING} here", rows))
        if picture.requests:
            rows = [(str(r.ask.line), _code(r.ask.instruction), escape(_gets(r))) for r in picture.requests]
            title = f"What {Path(picture.dockerfile).name} asks of the context"
            parts.append(_table(title, ("line", "instruction", "asks for"), rows))
        if picture.inside:
            rows = "".join(_row(file) for file in picture.largest(ROWS))
            parts.append(_fold("The largest files of the context", rows))
        parts.append(f'<p class="dl-small">{MEASURE}</p>')
        return f'<div class="dl-xray dl-explorer">{"".join(parts)}</div>'

    def as_json(self) -> dict:
        """Everything, for a script; sizes in bytes."""
        picture = self._picture
        return {
            "folder": picture.folder,
            "dockerfile": picture.dockerfile,
            "ignore_file": picture.ignore.path.name if picture.ignore.path else None,
            "without": sorted(picture.off),
            "context": vars(Sum.of(picture.inside)),
            "left_out": vars(Sum.of(file for file in picture.files if file.is_out)),
            "travels": None if picture.travels is None else vars(Sum.of(picture.travels)),
            "not_known": picture.plan.not_known,
            "comes_in": [file.path for file in self._change.comes_in] if self._change else [],
            "goes_out": [file.path for file in self._change.goes_out] if self._change else [],
            "secrets": [
                {"path": s.file.path, "kind": s.kind, "in_context": not s.file.is_out, "in_image": s.in_image,
                 "why": s.why}
                for s in picture.secrets
            ],
            "lines": [
                {"line": line.rule.line, "pattern": line.rule.text, "brings_back": line.rule.brings_back,
                 "remark": line.remark, **vars(Sum.of(line.files))}
                for line in picture.lines
            ],
            "requests": [
                {"line": r.ask.line, "instruction": r.ask.instruction, "stage": r.ask.stage, "remark": r.remark,
                 **vars(Sum.of(r.files))}
                for r in picture.requests
            ],
            "files": [
                {"path": file.path, "size_bytes": file.size_bytes, "in_context": not file.is_out,
                 "line": file.rule.line if file.rule else None}
                for file in picture.files
            ],
        }  # fmt: skip


def _does(line: Line) -> str:
    verb = "brings back" if line.rule.brings_back else "leaves out"
    return line.remark or f"{verb} {amount(line.files)}"


def _gets(request: Request) -> str:
    if request.ask.unknown:
        return f"not known: {request.remark}"
    if request.ask.is_tmpfs:
        return "nothing; but BuildKit counts a tmpfs as a request for the whole context"
    return request.remark or ("everything: " if "" in request.ask.sources else "") + amount(request.files)


def _place(secret: Secret) -> str:
    if secret.file.is_out:
        return secret.why
    return f"in the context; in the image: {secret.in_image}, {secret.why}"


def _lines_of(top: Top) -> str:
    """Which lines leave out what is missing of a folder, and which bring something back."""
    out = sorted({file.rule.line for file in top.out if file.rule})
    back = sorted({file.rule.line for file in top.inside if file.rule})
    said = [f"left out by line {_numbers(out)}"] if out else []
    return "; ".join([*said, f"brought back by line {_numbers(back)}"] if back else said)


def _busy(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.remark != NOTHING]


def _numbers(lines: list[int]) -> str:
    return ", ".join(map(str, lines[:MOST_NUMBERS])) + (", …" if len(lines) > MOST_NUMBERS else "")


def _numbered(lines: list[int]) -> str:
    return f"{'line' if len(lines) == 1 else 'lines'} {', '.join(map(str, lines))}"


def _columns(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Rows of text in columns, as wide as they need; the last is not cut."""
    found = [(*(one_line(cell, TEXT_WIDTH) for cell in row[:-1]), row[-1]) for row in rows]
    widths = [max(map(len, column)) for column in zip(*found, strict=True)]
    for row in found:
        yield f"  {'  '.join(map(str.ljust, row, widths))}".rstrip()


def _code(text: str) -> str:
    return f"<code>{html.escape(one_line(text, WIDTH))}</code>"


def _table(title: str, heads: tuple[str, ...], rows: list[tuple[str, ...]], marks: Iterable[str] = ()) -> str:
    """A table; its cells are HTML already."""
    marks = list(marks) or [""] * len(rows)
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    body = "".join(
        f"<tr{f' class={mark}' if mark else ''}>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
        for row, mark in zip(rows, marks, strict=True)
    )
    return f"<table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _fold(title: str, rows: str) -> str:
    return f"<details><summary>{escape(title)}</summary><ul>{rows}</ul></details>"


def _folders(tops: list[Top]) -> str:
    most = Sum.of(tops[0].inside + tops[0].out).size_bytes
    rows = "".join(_top(top, most) for top in tops[:ROWS])
    if rest := tops[ROWS:]:
        inside, out = [file for top in rest for file in top.inside], [file for top in rest for file in top.out]
        rows += _top(Top(f"{len(rest)} more", tuple(inside), tuple(out)), most, is_folder=True)
    legend = '<span class="dl-in">in the context</span> <span class="dl-out">left out</span>'
    return f'<p class="dl-legend">By folder: {legend}</p><ul>{rows}</ul>'


def _top(top: Top, most: int, *, is_folder: bool = False) -> str:
    sizes = [Sum.of(files).size_bytes for files in (top.inside, top.out)]
    words = [amount(top.inside)] if top.inside else []
    words += [f"{amount(top.out)} left out"] if top.out else []
    if not (is_folder := is_folder or top.name.endswith("/")):
        words = [_said(*top.inside, *top.out)]
    bars = "".join(
        f'<span class="dl-share dl-{name}" style="width:{100 * size / most if most else 0:.1f}%"></span>'
        for name, size in zip(("in", "out"), sizes, strict=True)
    )
    label = ", ".join(f"<span>{word}</span>" for word in words)
    cells = (
        f'<span class="dl-name">{escape(one_line(top.name, WIDTH))}</span> <span class="dl-size">{label}</span>'
        f'<span class="dl-shares">{bars}</span>'
    )
    if not is_folder:
        return f'<li><div class="dl-row">{cells}</div></li>'
    files = sorted(top.inside + top.out, key=lambda file: (-file.size_bytes, file.path))
    rows = "".join(_row(file, file.path.removeprefix(top.name)) for file in files[:ROWS])
    if rest := files[ROWS:]:
        rows += f'<li><div class="dl-row"><span class="dl-name">and {amount(rest)} more</span></div></li>'
    return f'<li><details class="dl-fold"><summary class="dl-row">{cells}</summary><ul>{rows}</ul></details></li>'


def _said(file: File) -> str:
    size = size_text(file.size_bytes)
    if not file.rule:
        return size
    return f"{size}, {'left out' if file.is_out else 'brought back'} by line {file.rule.line}"


def _row(file: File, name: str = "") -> str:
    size = f"<span>{_said(file)}</span>"
    name = escape(one_line(name or file.path, WIDTH))
    return f'<li><div class="dl-row"><span class="dl-name">{name}</span> <span class="dl-size">{size}</span></div></li>'
