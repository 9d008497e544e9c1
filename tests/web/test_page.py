from __future__ import annotations

from pathlib import Path

from crackgauge.web.page import PageFile, read_page


def build(folder: Path) -> Path:
    """What Vite leaves, in small, with files that no page of ours has."""
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>")
    (folder / "assets" / "index-1a2b.js").write_text("0")
    (folder / "assets" / "index-3c4d.css").write_text("a {}")
    (folder / "assets" / "notes.txt").write_text("private")
    (folder / ".stamp").write_text("private")
    return folder


def test_files_are_named_by_their_address(tmp_path: Path):
    page = read_page(build(tmp_path / "page"))
    assert page["/"] == PageFile(b"<!doctype html>", "text/html; charset=utf-8", "no-store")
    kinds = {path: file.kind.partition(";")[0] for path, file in page.items()}
    assert kinds == {
        "/": "text/html",
        "/assets/index-1a2b.js": "text/javascript",
        "/assets/index-3c4d.css": "text/css",
    }
    assert "immutable" in page["/assets/index-1a2b.js"].cache_control


def test_a_page_that_is_not_built(tmp_path: Path):
    assert read_page(tmp_path / "page") == {}
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.js").write_text("0")
    assert read_page(tmp_path / "page") == {}
