"""How a comparison of two images is drawn: sizes, layers, config, packages, files."""

from collections.abc import Iterable, Iterator, Sequence

from dockerlab.errors import visible
from dockerlab.image import Entry, Image
from dockerlab.image.diff import ImageDiff, without_secrets
from dockerlab.show.shown import Shown, escape, shows
from dockerlab.text import one_line, size_text

TEXT_ROWS, HTML_ROWS = 10, 25  # of each list, before the line that counts the rest
INSTRUCTION_WIDTH, VALUE_WIDTH = 64, 60
NOT_COMPARED = "Files are compared by size, owner and mode; what is in them is not."

Table = tuple[str, Sequence[str], list[tuple[str, ...]], int]  # title, column names, rows, how many rows there are


@shows(ImageDiff)
class DiffView(Shown):
    """Two images: what they share, and what only one of them has."""

    def __init__(self, diff: ImageDiff) -> None:
        self._diff = diff
        a, b = diff.a, diff.b
        change = b.size_bytes - a.size_bytes
        more = f"{size_text(abs(change))} {'more' if change > 0 else 'less'}" if change else "the same size"
        self._head = [
            f"A  {visible(a.reference)}: {len(a.layers)} layers, {size_text(a.size_bytes)}",
            f"B  {visible(b.reference)}: {len(b.layers)} layers, {size_text(b.size_bytes)} ({more})",
        ]

    def __str__(self) -> str:
        lines = list(self._head)
        for title, columns, rows, total in self._tables(TEXT_ROWS):
            lines += ["", title]
            cells = [columns, *rows] if rows else []
            widths = [max(len(row[number]) for row in cells) for number in range(len(columns))] if rows else []
            for row in cells:
                lines.append(
                    f"  {'  '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))}".rstrip()
                )
            lines += [f"  … and {total - len(rows):,} more"] if total > len(rows) else []
        return "\n".join([*lines, "", NOT_COMPARED])

    def to_html(self) -> str:
        """A list of tables that fold open; what is empty does not fold."""
        parts = []
        for title, columns, rows, total in self._tables(HTML_ROWS):
            if not rows:
                parts.append(f"<p>{escape(title)}</p>")
                continue
            head = "".join(f'<th scope="col">{name}</th>' for name in columns)
            body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
            more = f"<p>… and {total - len(rows):,} more</p>" if total > len(rows) else ""
            parts.append(
                f"<details><summary>{escape(title)}</summary><div><table><thead><tr>{head}</tr></thead>"
                f"<tbody>{body}</tbody></table></div>{more}</details>"
            )
        head = "<br>".join(map(escape, self._head))
        return f'<div class="dl-image-diff"><p>{head}</p>{"".join(parts)}<p><small>{NOT_COMPARED}</small></p></div>'

    def _tables(self, most: int) -> Iterator[Table]:
        diff = self._diff
        shared = sum(layer.size_bytes for layer in diff.shared_layers)
        yield from [
            _table(f"{_count(diff.shared_layers, 'layer')} shared, {size_text(shared)}", (), (), 0),
            *(self._layers(name, image, most) for name, image in (("A", diff.a), ("B", diff.b))),
        ]
        config = [(_name(c.setting, c.name), _value(c.value_a), _value(c.value_b)) for c in diff.config]
        yield _table(
            f"{_count(config, 'setting')} of the config differ{_s(config)}", ("setting", "A", "B"), config, most
        )
        changes = diff.packages
        rows = [(c.manager, visible(c.name), _value(c.version_a), _value(c.version_b)) for c in changes]
        yield _table(f"{_count(rows, 'package')} differ{_s(rows)}", ("manager", "package", "A", "B"), rows, most)
        for name, entries in (("A", diff.only_in_a), ("B", diff.only_in_b)):
            total = sum(entry.size_bytes for entry in entries)
            title = f"{_count(entries, 'file')} only in {name}, {size_text(total)}"
            yield _table(title, ("size", "path"), [(_size(e), _path(e)) for e in entries], most)
        pairs = [(_size(a), _size(b), _path(a)) for a, b in diff.different]
        yield _table(f"{_count(pairs, 'file')} of different size", ("A", "B", "path"), pairs, most)
        owners = [(_owner(a), _owner(b), _path(a)) for a, b in diff.other_owner_or_mode]
        title = f"{_count(owners, 'file')} of the same size with another owner or mode"
        yield _table(title, ("A", "B", "path"), owners, most)

    def _layers(self, name: str, image: Image, most: int) -> Table:
        layers = self._diff.own_layers(image)
        size = size_text(sum(layer.size_bytes for layer in layers))
        rows = [(size_text(x.size_bytes), one_line(without_secrets(x.created_by), INSTRUCTION_WIDTH)) for x in layers]
        return _table(f"{_count(layers, 'layer')} only in {name}, {size}", ("size", "instruction"), rows, most)


def described_diff(diff: ImageDiff) -> dict:
    """The whole comparison for a script, sizes in bytes."""

    def image(one: Image) -> dict:
        return {"image": one.reference, "id": one.id, "size_bytes": one.size_bytes,
                "own_layers": [_layer(layer) for layer in diff.own_layers(one)]}  # fmt: skip

    def entry(one: Entry) -> dict:
        return {"kind": one.kind, "size_bytes": one.size_bytes, "mode": f"{one.mode:o}", "uid": one.uid, "gid": one.gid}

    def alone(entries: Iterable[Entry]) -> list[dict]:
        return [{"path": f"/{e.path}"} | entry(e) for e in entries]

    def both(pairs: Iterable[tuple[Entry, Entry]]) -> list[dict]:
        return [{"path": f"/{a.path}", "a": entry(a), "b": entry(b)} for a, b in pairs]

    return {
        "a": image(diff.a),
        "b": image(diff.b),
        "shared_layers": [_layer(layer) for layer in diff.shared_layers],
        "config": [{"setting": c.setting, "name": c.name, "a": c.value_a, "b": c.value_b} for c in diff.config],
        "packages": [{"manager": c.manager, "name": c.name, "a": c.version_a, "b": c.version_b} for c in diff.packages],
        "only_in_a": alone(diff.only_in_a),
        "only_in_b": alone(diff.only_in_b),
        "different": both(diff.different),
        "other_owner_or_mode": both(diff.other_owner_or_mode),
    }


def _layer(layer) -> dict:
    return {
        "diff_id": layer.diff_id,
        "instruction": without_secrets(layer.created_by),
        "size_bytes": layer.size_bytes,
    }


def _table(title: str, columns: Sequence[str], rows: Iterable[tuple[str, ...]], most: int) -> Table:
    rows = list(rows)
    return title, columns, rows if len(rows) == most + 1 else rows[:most], len(rows)


def _count(things: Sequence, name: str) -> str:
    return f"{len(things):,} {name}{'' if len(things) == 1 else 's'}"


def _s(things: Sequence) -> str:
    """The end of a verb after a count."""
    return "s" if len(things) == 1 else ""


def _name(setting: str, part: str) -> str:
    return one_line(f"{setting} {part}".strip(), VALUE_WIDTH)


def _value(value: str | None) -> str:
    return "–" if value is None else one_line(value, VALUE_WIDTH)


def _path(entry: Entry) -> str:
    return visible(f"/{entry.path}").replace("\n", "\\n").replace("\t", "\\t")


def _size(entry: Entry) -> str:
    return size_text(entry.size_bytes) if entry.kind == "file" else entry.kind


def _owner(entry: Entry) -> str:
    return f"{entry.uid}:{entry.gid} {entry.mode:04o}"
