"""Does everything that is needed work on this machine."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import numpy as np

import crackgauge
from crackgauge.errors import CrackgaugeError
from crackgauge.inference.backends import BACKENDS, available_threads
from crackgauge.inference.predictor import open_model

_LEAST_FREE_BYTES = 1 << 30
_PACKAGES = ("numpy", "onnxruntime", "opencv-python-headless", "pillow", "tifffile", "pandas")
_RUNTIMES = {"onnxruntime": "onnxruntime", "openvino": "openvino", "torch": "torch"}

# The other extras: a package by which each is known, and what needs it.
_EXTRAS = {
    "train": ("timm", "crackgauge train"),
    "trace": ("numba", "crackgauge trace"),
    "geo": ("rasterio", "GeoPackage and GeoTIFF"),
    "pdf": ("weasyprint", "reports as PDF"),
}


class Finding(NamedTuple):
    """One thing that was looked at: whether it is in order, and what was found."""

    name: str
    fine: bool
    detail: str


def examine(folder: str | Path = ".") -> list[Finding]:
    """Look at versions, backends, the default model, memory and the disk of `folder`."""
    return [
        Finding("crackgauge", True, f"{crackgauge.__version__}, Python {_python()}"),
        Finding("packages", *_packages()),
        Finding("backends", True, _backends()),
        Finding("extras", True, _extras()),
        _default_model(),
        Finding("processors", True, _processors()),
        _disk(Path(folder), "disk here"),
        _disk(Path(tempfile.gettempdir()), "disk for temporary"),
    ]


def _python() -> str:
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


def _packages() -> tuple[bool, str]:
    words, fine = [], True
    for name in _PACKAGES:
        try:
            words.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            words.append(f"{name} MISSING")
            fine = False
    return fine, ", ".join(words)


def _backends() -> str:
    words = []
    for name, (_, extra) in BACKENDS.items():
        if importlib.util.find_spec(_RUNTIMES[name]) is not None:
            words.append(f"{name} {version(_RUNTIMES[name])}")
        else:
            words.append(f'{name} not installed (pip install "crackgauge[{extra}]")')
    return ", ".join(words)


def _extras() -> str:
    words = []
    for extra, (package, use) in _EXTRAS.items():
        if importlib.util.find_spec(package) is not None:
            words.append(f"{extra} ({package} {version(package)})")
        else:
            words.append(f'{use} needs pip install "crackgauge[{extra}]"')
    return ", ".join(words)


def _default_model() -> Finding:
    """Load the default model and run it once."""
    started = time.perf_counter()
    try:
        predictor = open_model()
        probability = predictor.predict(np.full((64, 64, 3), 128, dtype=np.uint8))
    except CrackgaugeError as error:
        return Finding("default model", False, str(error))
    elapsed_s = time.perf_counter() - started
    metadata = predictor.metadata
    detail = (
        f"{metadata.preset or metadata.architecture}, {metadata.parameters:,} parameters, "
        f"runs on {predictor.backend_name}; loaded and run in {elapsed_s:.1f} s"
    )
    return Finding("default model", probability.shape == (64, 64), detail)


def _processors() -> str:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if _has_sysconf() else 0
    memory = f", {total / 2**30:.1f} GiB of memory" if total else ""
    return f"{available_threads()} usable{memory}"


def _has_sysconf() -> bool:
    return sys.platform != "win32" and "SC_PHYS_PAGES" in os.sysconf_names


def _disk(folder: Path, name: str) -> Finding:
    free = shutil.disk_usage(folder).free
    return Finding(name, free >= _LEAST_FREE_BYTES, f"{free / 2**30:.1f} GiB free")
