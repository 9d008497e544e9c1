"""The few elements of vector graphics (SVG) that the charts of the report are made of."""

from __future__ import annotations

INK, SOFT, FAINT, CRACK = "#1d2329", "#5b6570", "#d9dee3", "#c8143a"


def open_svg(width: float, height: float, label: str) -> str:
    """Open a graphic of a size in px; `label` is what it shows."""
    return (
        f'<svg viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-label="{label}" '
        'font-family="sans-serif" font-size="12">'
    )


def draw_line(x0: float, y0: float, x1: float, y1: float, colour: str) -> str:
    """Draw a straight line."""
    return (
        f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{colour}" '
        'stroke-width="1"/>'
    )


def draw_text(x: float, y: float, words: str, *, anchor: str, colour: str = INK) -> str:
    """Write at a place; `anchor` is start, middle or end. The words are taken as they are."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{words}</text>'
