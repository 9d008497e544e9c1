"""Builds the page of `crackgauge serve` into the wheel, where npm is there.

`python hatch_build.py` does the same in a checkout; nothing is done twice for the same sources.
An editable install does not need it.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FRONTEND = Path("src/crackgauge/web/frontend")
PAGE = Path("src/crackgauge/web/page")
_MADE_HERE = {"node_modules", "openapi.json"}
NO_PAGE = "the page of `crackgauge serve` is not built"


class PageBuildHook(BuildHookInterface[Any]):
    """Called by hatchling for a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build the page, unless the package is installed to be edited."""
        if version != "editable":
            self.app.display_info(build_page(Path(self.root)))


def build_page(root: Path) -> str:
    """Build the page of a checkout, where its sources have changed since.

    Args:
        root: of the checkout.

    Returns:
        What was done, in a sentence.

    Raises:
        subprocess.CalledProcessError: the sources cannot be built.
    """
    frontend, page = root / FRONTEND, root / PAGE
    stamp, digest = page / ".stamp", _digest_of(frontend)
    if stamp.is_file() and stamp.read_text("utf-8") == digest:
        return "the page of `crackgauge serve` is built already"
    npm = shutil.which("npm")
    if npm is None:
        return f"{NO_PAGE}: npm is not there"
    if not _install(npm, frontend):
        return f"{NO_PAGE}: `npm ci` failed in {FRONTEND}"
    subprocess.run([npm, "run", "--silent", "build"], cwd=frontend, check=True)
    stamp.write_text(digest, "utf-8")
    return "the page of `crackgauge serve` was built"


def _install(npm: str, frontend: Path) -> bool:
    """Install what the lock names, unless that was done."""
    lock = hashlib.sha256((frontend / "package-lock.json").read_bytes()).hexdigest()
    installed = frontend / "node_modules" / ".crackgauge-lock"
    if installed.is_file() and installed.read_text("utf-8") == lock:
        return True
    done = subprocess.run([npm, "ci", "--silent", "--ignore-scripts"], cwd=frontend, check=False)
    if done.returncode == 0:
        installed.write_text(lock, "utf-8")
    return done.returncode == 0


def _digest_of(frontend: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(frontend.rglob("*")):
        inside = path.relative_to(frontend)
        if inside.parts[0] not in _MADE_HERE and path.is_file():
            content = path.read_bytes()
            found.update(f"{inside.as_posix()}\0{len(content)}\0".encode())
            found.update(content)
    return found.hexdigest()


if __name__ == "__main__":
    sys.stdout.write(build_page(Path(__file__).parent) + "\n")
