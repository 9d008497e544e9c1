"""What could run code out of a file or an input is not in the package: the syntax trees say so."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import crackgauge

BANNED_MODULES = {
    "cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve",
}  # fmt: skip
BANNED_BUILTINS = {"__import__", "compile", "eval", "exec"}
# The last two parts of a dotted call; yaml.safe_load and safetensors are what to call instead.
BANNED_CALLS = {
    "os.popen", "os.system",
    "pandas.read_pickle", "pd.read_pickle",
    "torch.hub", "torch.load", "torch.save",
    "yaml.full_load", "yaml.full_load_all", "yaml.load", "yaml.load_all",
    "yaml.unsafe_load", "yaml.unsafe_load_all",
}  # fmt: skip
BANNED_METHODS = {"to_pickle", "read_pickle"}
BANNED_FLAGS = {"allow_pickle", "shell"}


def dangers(source: str) -> list[str]:
    """Name every dangerous import, call and flag, with its line."""
    return [
        f"line {node.lineno}: {found}"  # type: ignore[attr-defined]
        for node in ast.walk(ast.parse(source))
        for found in _dangers_of(node)
    ]


def _dangers_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        imported = [alias.name for alias in node.names]
        yield from (name for name in imported if name.partition(".")[0] in BANNED_MODULES)
    elif isinstance(node, ast.ImportFrom) and node.module:
        if node.module.partition(".")[0] in BANNED_MODULES:
            yield node.module
        dotted = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name for name in dotted if name in BANNED_CALLS)
    elif isinstance(node, ast.Attribute):
        dotted = [f"{node.value.id}.{node.attr}"] if isinstance(node.value, ast.Name) else []
        yield from (name for name in dotted if name in BANNED_CALLS)
        if node.attr in BANNED_METHODS:
            yield node.attr
    elif isinstance(node, ast.Name) and node.id in BANNED_BUILTINS:
        yield node.id
    elif isinstance(node, ast.keyword) and node.arg in BANNED_FLAGS:
        given = ast.unparse(node.value)
        yield from [] if given == "False" else [f"{node.arg}={given}"]


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "import numpy as np\nnp.load('a.npy', allow_pickle=True)",
        "import numpy as np\nnp.load('a.npy', allow_pickle=flag)",
        "import yaml\nyaml.load(text)",
        "from yaml import unsafe_load",
        "import torch\ntorch.load('a.pt', weights_only=True)",
        "read = eval\nread('1')",
        "def f():\n    exec('1')",
        "frame.to_pickle('a')",
        "subprocess.run('ls', shell=True)",
    ],
)
def test_each_danger_is_seen(source: str):
    assert len(dangers(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import yaml\nyaml.safe_load(text)",
        "import re\nre.compile('a')",
        "model.eval()",
        "import numpy as np\nnp.load('a.npy', allow_pickle=False)",
    ],
)
def test_what_is_harmless_passes(source: str):
    assert dangers(source) == []


def test_the_package_is_free_of_them():
    root = Path(crackgauge.__file__).parent
    found = {str(path): dangers(path.read_text("utf-8")) for path in root.rglob("*.py")}
    assert len(found) > 10
    assert {name: what for name, what in found.items() if what} == {}
