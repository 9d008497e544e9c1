"""Numbers and dates as a client reads them. Nothing here rounds what the tables hold."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from datetime import UTC, datetime

from crackgauge.measure.columns import NO_SCALE_PREFIX

# Below this many pixels no width is claimed: the outline itself is uncertain by about half a pixel.
LEAST_WIDTH_PX = 2.0

_NARROW_NO_BREAK = "\u202f"


def number(value: float, digits: int = 3) -> str:
    """Write a number with about `digits` significant digits and grouped thousands.

    >>> [number(value) for value in (0.04213, 7.6, 12.34, 1234.6, 0.0)]
    ['0.042', '7.60', '12.3', '1\\u202f235', '0']
    """
    if value == 0:
        return "0"
    decimals = max(0, min(digits, digits - 1 - math.floor(math.log10(abs(value)))))
    return f"{value:,.{decimals}f}".replace(",", _NARROW_NO_BREAK)


def length(length_px: float, mm_per_px: float | None) -> str:
    """Write a length in px, or with a scale in mm below a metre and in m above.

    >>> length(2500.0, None), length(2500.0, 0.2), length(25000.0, 0.2)
    ('2\\u202f500 px', '500 mm', '5.00 m')
    """
    if mm_per_px is None:
        return f"{number(length_px, 1)} px"
    millimetres = length_px * mm_per_px
    if millimetres >= 1000:
        return f"{number(millimetres / 1000)} m"
    return f"{number(millimetres)} mm"


def width(width_px: float, mm_per_px: float | None) -> str:
    """Write a width; below two pixels only that it is below.

    >>> width(4.28, None), width(4.28, 0.25), width(1.4, None), width(1.4, 0.25)
    ('4.3 px', '1.07 mm', '< 2 px', '< 0.50 mm')
    """
    if math.isnan(width_px):
        return "–"
    if width_px < LEAST_WIDTH_PX:
        return "< 2 px" if mm_per_px is None else f"< {LEAST_WIDTH_PX * mm_per_px:.2f} mm"
    if mm_per_px is None:
        return f"{width_px:.1f} px"
    return f"{number(width_px * mm_per_px)} mm"


def percent(ratio: float) -> str:
    """Write a ratio in percent.

    >>> percent(0.01234), percent(0.0), percent(0.00001)
    ('1.23 %', '0 %', '< 0.01 %')
    """
    if 0 < ratio < 1e-4:
        return "< 0.01 %"
    return "0 %" if ratio == 0 else f"{ratio * 100:.2f} %"


def integer(amount: int) -> str:
    """Write an amount with grouped thousands."""
    return f"{amount:,}".replace(",", _NARROW_NO_BREAK)


def place(latitude_deg: float, longitude_deg: float) -> str:
    """Write coordinates (WGS 84) as map services take them; "" where they are not known.

    >>> place(48.137154, -11.576124)
    '48.137154, -11.576124'
    """
    if math.isnan(latitude_deg) or math.isnan(longitude_deg):
        return ""
    return f"{latitude_deg:.6f}, {longitude_deg:.6f}"


def count(amount: int, one: str, many: str) -> str:
    """Write an amount with its noun.

    >>> count(1, "photo", "photos"), count(1200, "photo", "photos")
    ('1 photo', '1\\u202f200 photos')
    """
    return f"{integer(amount)} {one if amount == 1 else many}"


def report_date() -> str:
    """Write the date of SOURCE_DATE_EPOCH (UTC), or "" where it is not set or no number."""
    moment = _given_moment()
    return f"{moment.day} {moment:%B %Y}" if moment else ""


def report_moment() -> datetime:
    """Return the date for formats that must have one: that of `report_date`, or 1 January 1980."""
    return _given_moment() or datetime(1980, 1, 1, tzinfo=UTC)


def _given_moment() -> datetime | None:
    try:
        return datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "")), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def captured(captured_at: str) -> str:
    """Write a capture time without the T between date and time.

    >>> captured("2024-05-17T10:31:02")
    '2024-05-17 10:31:02'
    """
    return captured_at.replace("T", " ", 1)


def missing_scale(sources: Iterable[str]) -> str:
    """Say why images have no scale, where one was looked for; "" where none was.

    Args:
        sources: the column `scale_source`.

    >>> missing_scale(["given", "none: no marker", "none: no marker"])
    '2 images: no marker'
    """
    reasons = [
        source.removeprefix(NO_SCALE_PREFIX)
        for source in sources
        if source.startswith(NO_SCALE_PREFIX)
    ]
    if not reasons:
        return ""
    most = max(sorted(set(reasons)), key=reasons.count)
    more = len(set(reasons)) - 1
    others = f"; {count(more, 'other reason', 'other reasons')} in images.csv" if more else ""
    return f"{count(len(reasons), 'image', 'images')}: {most}{others}"
