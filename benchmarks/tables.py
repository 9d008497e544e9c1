"""Writing a benchmark's result: one Markdown page for people, one JSON file for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def markdown_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows with the same keys as a Markdown table."""
    columns = list(rows[0])
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(_word(row[column]) for column in columns) + " |" for row in rows]
    return "\n".join(lines)


def write_results(
    name: str,
    *,
    title: str,
    command: str,
    text: str,
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    facts: Mapping[str, Any] | None = None,
    folder: Path = RESULTS,
) -> None:
    """Write `folder/name.md` and `folder/name.json`.

    Args:
        name: of the benchmark.
        title: heading of the page.
        command: that gives the result again, without machine's paths.
        text: what was measured and how.
        tables: rows by heading.
        facts: further values for the JSON file.
        folder: where to write.
    """
    parts = [f"# {title}", f"```\n{command}\n```", text.strip()]
    for heading, rows in tables.items():
        if rows:
            parts += [f"## {heading}", markdown_table(rows)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    content = {"title": title, "command": command, **(facts or {}), "tables": dict(tables)}
    (folder / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _word(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
