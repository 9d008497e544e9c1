"""House rules that no other checker knows; the order of imports is import-linter's."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import crackgauge

ROOT = Path(crackgauge.__file__).parent
SOURCES = {path.relative_to(ROOT).as_posix(): path for path in sorted(ROOT.rglob("*.py"))}

TORCH = {"torch", "torchvision", "timm", "lightning_fabric", "safetensors"}
TORCH_ROOMS = ("models/", "losses/", "training/")
TORCH_FILES = (
    "inference/backends/torch.py",
    "inference/export.py",
    "inference/training_run.py",
)
MOST_LINES = 400
MOST_LINES_OF_A_BODY = 60


def imported_packages(tree: ast.AST) -> Iterator[str]:
    """Top-level names of what is imported anywhere in the file, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement after the docstring to the last."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def parsed() -> Iterator[tuple[str, ast.Module]]:
    for name, path in SOURCES.items():
        yield name, ast.parse(path.read_text("utf-8"))


def test_torch_stays_in_its_rooms():
    strays = {
        name
        for name, tree in parsed()
        if TORCH & set(imported_packages(tree))
        and not (name.startswith(TORCH_ROOMS) or name in TORCH_FILES)
    }
    assert strays == set()


def test_files_are_short():
    lengths = {name: len(path.read_text("utf-8").splitlines()) for name, path in SOURCES.items()}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_functions_are_short():
    lengths = {
        f"{name}: {node.name}": body_lines(node)
        for name, tree in parsed()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {at: length for at, length in lengths.items() if length > MOST_LINES_OF_A_BODY} == {}


def test_files_are_named_after_what_they_hold():
    names = {part for path in SOURCES.values() for part in path.relative_to(ROOT).parts}
    assert not names & {"utils.py", "utils", "util.py", "helpers.py", "common.py", "misc.py"}


def test_help_loads_neither_torch_nor_a_runtime():
    heavy = {"torch", "onnxruntime", "openvino", "pandas", "scipy", "skimage", "cv2"}
    code = (
        "import sys\n"
        "from crackgauge.cli.main import main\n"
        "sys.argv = ['crackgauge', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('loaded:', sorted({heavy!r} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded: []"
