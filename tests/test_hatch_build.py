from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def hook() -> ModuleType:
    """The build hook, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def checkout(tmp_path: Path, hook: ModuleType) -> Path:
    frontend = tmp_path / hook.FRONTEND
    frontend.mkdir(parents=True)
    (frontend / "package-lock.json").write_text("{}")
    (frontend / "index.html").write_text("<!doctype html>")
    return tmp_path


def test_without_npm_nothing_is_built_and_that_is_said(
    hook: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(checkout))
    assert hook.build_page(checkout) == f"{hook.NO_PAGE}: npm is not there"
    assert not (checkout / hook.PAGE).exists()


def test_a_failed_install_is_said(
    hook: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
):
    npm = checkout / "npm"
    npm.write_text("#!/bin/sh\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{checkout}:/usr/bin:/bin")
    assert "`npm ci` failed" in hook.build_page(checkout)


def test_the_same_sources_are_built_once(
    hook: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
):
    npm = checkout / "npm"
    page = checkout / hook.PAGE
    npm.write_text(
        "#!/bin/sh\n"
        f'echo "$1" >> {checkout}/asked\n'
        "mkdir -p node_modules\n"
        f'[ "$1" = ci ] || {{ mkdir -p {page}; echo built > {page}/index.html; }}\n'
    )
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{checkout}:/usr/bin:/bin")
    asked = checkout / "asked"
    assert "was built" in hook.build_page(checkout)
    assert "is built already" in hook.build_page(checkout)
    assert asked.read_text().split() == ["ci", "run"]
    (checkout / hook.FRONTEND / "index.html").write_text("<!doctype html><p>")
    assert "was built" in hook.build_page(checkout)  # and the packages are still installed
    assert asked.read_text().split() == ["ci", "run", "run"]
