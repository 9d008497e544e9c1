"""What a benchmark ran on and with."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def machine_facts(*packages: str) -> dict[str, str]:
    """The processor, its CPUs that this process may use, and the versions of packages."""
    facts = {
        "processor": _processor(),
        "CPUs": str(len(os.sched_getaffinity(0))),
        "load": f"{os.getloadavg()[0]:.1f}",
        "Python": platform.python_version(),
    }
    for package in packages:
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            facts[package] = "not installed"
    return facts


def as_text(facts: dict[str, str]) -> str:
    """One line of facts; the load is that of the last minute when the benchmark began."""
    return "; ".join(f"{name} {value}" for name, value in facts.items()) + "."


def _processor() -> str:
    """Its name and the instructions that matter here, where the system tells."""
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    entries = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    fields = {key.strip(): value.strip() for key, value in entries.items()}
    wanted = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
    flags = [flag for flag in wanted if flag in fields.get("flags", "").split()]
    return f"{fields.get('model name', platform.machine())} ({', '.join(flags)})"
