"""The real command line, in this process or in one of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest

from crackgauge.cli.main import run as run_in_process

COMMAND = [sys.executable, "-m", "crackgauge.cli"]


class Answer(NamedTuple):
    """What a command gave back."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run a command in this process."""

    def call(*arguments: object) -> Answer:
        capfd.readouterr()
        code = run_in_process([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Answer(code, out, err)

    return call


@pytest.fixture
def start() -> Callable[..., subprocess.Popen[str]]:
    """Start a command in a process of its own."""

    def call(arguments: Sequence[object], **options: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, *(str(argument) for argument in arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,  # type: ignore[call-overload]
        )

    return call


def write_photos(folder: Path, count: int, *, height: int = 64, width: int = 96) -> Path:
    """Write photographs of a wall with one horizontal crack each."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(count):
        image = rng.integers(170, 190, (height, width, 3)).astype(np.uint8)
        row = height // 2 + number % 5
        image[row - 1 : row + 2, 10:-10] = 60
        cv2.imwrite(str(folder / f"{number:03d}.png"), image)
    return folder


@pytest.fixture
def photos(tmp_path: Path) -> Callable[[int], Path]:
    """Write that many photographs of 64 x 96 px into a new folder."""
    return lambda count: write_photos(tmp_path / "photos", count)


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that takes a second or two: time enough to be stopped."""
    return write_photos(tmp_path_factory.mktemp("many") / "photos", 30, height=400, width=500)
