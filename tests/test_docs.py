"""Links of the pages lead somewhere, and their Python is real."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
RUNNABLE = [ROOT / "docs" / "metrics.md"]  # their blocks need no file


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), flags=re.M | re.S)


def links(page: Path) -> list[Path]:
    """Targets within the repository."""
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8"))
    return [(page.parent / target).resolve() for target in targets if "://" not in target]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_repository_resolve(page: Path):
    assert [target for target in links(page) if not target.exists()] == []


def test_the_index_leads_to_every_page():
    docs = ROOT / "docs"
    assert set(docs.rglob("*.md")) - {docs / "index.md"} - set(links(docs / "index.md")) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_blocks_parse(page: Path):
    for block in python_blocks(page):
        ast.parse(block)


@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: page.name)
def test_values_in_comments_are_what_the_code_gives(page: Path):
    """Run a page's blocks; a line `expression  # value` must give the value."""
    checked = 0
    for block in python_blocks(page):
        names: dict[str, object] = {}
        for line in ast.parse(block).body:
            source = ast.get_source_segment(block, line) or ""
            comment = block.splitlines()[line.end_lineno - 1].partition("  # ")[2]
            if isinstance(line, ast.Expr) and comment:
                assert eval(source, names) == ast.literal_eval(comment)
                checked += 1
            else:
                exec(source, names)
    assert checked
