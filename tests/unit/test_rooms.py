"""The house rules of `dockerlab/`: which room may import which, and how large a module or a class may become."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from dockerlab.paths import project_root

LIBRARY = project_root(Path(__file__).parent) / "dockerlab"
# From the bottom to the top: each may import those before it.
ROOMS = ("engine", "run", "build", "image", "exercise", "show", "book", "lesson")
LEAVES = ("errors", "paths", "text", "tables")
TOP = ("__init__", "__main__", "cli")  # starts everything, and is imported by nothing in the rooms
MOST_LINES = 350
MOST_MEMBERS = 15
MODULES = sorted(LIBRARY.rglob("*.py"))


def room(name: str) -> str:
    """The room or leaf of a dotted module name below dockerlab."""
    return name.split(".")[0]


def module_name(file: Path) -> str:
    """The dotted name below dockerlab: `engine.find`."""
    return ".".join(file.relative_to(LIBRARY).with_suffix("").parts)


def imports(file: Path) -> list[str]:
    """The dotted names below dockerlab that a module imports, wherever in it."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "dockerlab":
            rest = node.module.removeprefix("dockerlab").lstrip(".")
            found += [rest] if rest else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.startswith("dockerlab.")]
            found += [name.removeprefix("dockerlab.") for name in names]
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{file}: relative import"
    return found


def may_import(importer: str, imported: str) -> bool:
    if importer in TOP or imported == importer:
        return True
    if importer in LEAVES:
        return imported in LEAVES[: LEAVES.index(importer)]
    return imported in LEAVES or (imported in ROOMS and ROOMS.index(imported) < ROOMS.index(importer))


@pytest.mark.parametrize(
    ("importer", "imported", "verdict"),
    [
        ("lesson", "engine", True),
        ("engine", "errors", True),
        ("engine", "run", False),
        ("image", "show", False),
        ("show", "exercise", True),
        ("errors", "text", False),
        ("run", "cli", False),
        ("cli", "lesson", True),
    ],
)
def test_the_order_of_the_rooms(importer, imported, verdict):
    assert may_import(importer, imported) is verdict


@pytest.mark.parametrize("file", MODULES, ids=module_name)
def test_imports_go_one_way(file):
    importer = room(module_name(file))
    wrong = [name for name in imports(file) if not may_import(importer, room(name))]
    assert not wrong, f"{module_name(file)} is in {importer}, which comes before {wrong}"


@pytest.mark.parametrize(
    ("loads", "unneeded"),
    [
        (
            "dockerlab.cli, dockerlab.show.commands, dockerlab.run.command",
            {"pandas", "numpy", "matplotlib", "IPython", "ipywidgets", "nbformat"},
        ),
        ("dockerlab.lesson", {"matplotlib", "ipywidgets", "nbformat"}),
    ],
)
def test_nobody_waits_for_a_library_that_is_not_needed_yet(loads, unneeded):
    """Each takes up to two seconds to load. What does need one loads it then."""
    program = f"import {loads}, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert unneeded.isdisjoint(loaded)


def test_every_module_lies_in_a_room_or_is_a_leaf():
    found = {room(module_name(file)) for file in MODULES}
    assert found == {*ROOMS, *LEAVES, *TOP}


@pytest.mark.parametrize("file", MODULES, ids=module_name)
def test_no_module_is_long(file):
    assert len(file.read_text(encoding="utf-8").splitlines()) < MOST_LINES


def public_members(node: ast.ClassDef) -> set[str]:
    """Methods, properties and attributes without a leading underscore, also those that only __init__ sets."""
    members = set()
    for child in ast.walk(node):
        if isinstance(child, ast.FunctionDef) and child in node.body:
            members.add(child.name)
        elif isinstance(child, ast.AnnAssign) and isinstance(child.target, ast.Name) and child in node.body:
            members.add(child.target.id)
        elif isinstance(child, ast.Attribute) and isinstance(child.ctx, ast.Store):
            members |= {child.attr} if ast.unparse(child.value) == "self" else set()
    return {name for name in members if not name.startswith("_")}


@pytest.mark.parametrize("file", MODULES, ids=module_name)
def test_no_class_has_many_public_members(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    counts = {node.name: len(public_members(node)) for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    assert {name: count for name, count in counts.items() if count > MOST_MEMBERS} == {}


# What starts programs or talks to Docker's API, and the modules that may. The others go through Engine.
OUTSIDE = {
    "subprocess.run": ("engine", "book.site"),
    "subprocess.Popen": ("engine.boundary", "engine.private", "engine.vm"),
    "docker.DockerClient": ("engine.boundary", "engine.vm.keeper"),
    "docker.errors": ("engine.boundary",),
    "requests": ("engine.boundary", "run.http"),
    "urllib3": ("engine.boundary", "run.http"),
}


@pytest.mark.parametrize("file", MODULES, ids=module_name)
def test_only_the_boundary_touches_the_outside(file):
    tree, name = ast.parse(file.read_text(encoding="utf-8")), module_name(file)
    annotations = {
        id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) and f.returns for n in ast.walk(f.returns)
    }
    used = {ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.Attribute) and id(n) not in annotations}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level:
            used |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        elif isinstance(node, ast.Import):
            used |= {alias.name for alias in node.names}
    wrong = {
        thing
        for thing, places in OUTSIDE.items()
        if thing in used and not any(name == place or name.startswith(f"{place}.") for place in places)
    }
    # A type in an annotation such as `process: subprocess.Popen` starts nothing.
    called = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    assert not {thing for thing in wrong if not thing.startswith("subprocess.") or thing in called}


RENDERERS = ("IPython", "matplotlib", "rich", "html")


@pytest.mark.parametrize("file", MODULES, ids=module_name)
def test_only_show_renders(file):
    """Data modules know nothing of HTML, charts or notebooks; progress in a terminal is rich's everywhere."""
    below_show = room(module_name(file)) in ROOMS[: ROOMS.index("show")]
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {alias.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    wrong = (names & (set(RENDERERS) - {"rich"})) | (defined & {"to_html", "_repr_html_", "_repr_mimebundle_"})
    assert not (below_show and wrong), f"{module_name(file)} renders: {wrong}"


@pytest.mark.parametrize("file", MODULES, ids=module_name)
def test_no_import_takes_another_name(file):
    """`import x as y` within the library hides that two things have one name. Common short names of others are fine."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    renamed = [
        f"{node.module}.{alias.name} as {alias.asname}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dockerlab")
        for alias in node.names
        if alias.asname and alias.asname != alias.name
    ]
    assert not renamed


def test_each_file_of_tests_has_a_name_of_its_own():
    """pytest refuses to collect two of one name together, and only one who runs all the tests sees it."""
    tests = [file.name for file in (LIBRARY.parent / "tests").rglob("test_*.py")]
    assert sorted(tests) == sorted(set(tests))
