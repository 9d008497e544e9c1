"""The doctor's contact sheet: one HTML file with every problem in pictures."""

from __future__ import annotations

import base64
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image as PillowImage
from scipy import ndimage

from crackgauge.arrays import Image, Mask
from crackgauge.data.doctor import DoctorReport
from crackgauge.data.doctor_contrast import turn_mask
from crackgauge.data.doctor_findings import KINDS, PROBLEMS, Finding
from crackgauge.data.doctor_pair import Examined, relative
from crackgauge.data.pairs import Pair
from crackgauge.data.truths import read_truth
from crackgauge.errors import InputRefused
from crackgauge.files import atomic_path
from crackgauge.images import read_image

MAX_CARDS = 400
LARGE_PX = 320
SMALL_PX = 200
_RED = np.array([255, 40, 40], dtype=np.uint8)
_JPEG_QUALITY = 82
_PLAIN = frozenset({"mask-empty", "no-truth"})
# Findings about no pair: they stand in a table.
_OF_THE_SET = frozenset({"leak-group", "no-image", "not-there", "name-clash"})


@dataclass(frozen=True)
class _Panel:
    caption: str
    source: str
    """`data:` address of a JPEG, or nothing where there is no picture."""
    width: int
    height: int


@dataclass(frozen=True)
class _Card:
    title: str
    split: str
    findings: Sequence[Finding]
    panels: Sequence[_Panel]
    plain: bool
    """Whether it is one small picture."""


def write_contact_sheet(
    path: str | Path,
    report: DoctorReport,
    *,
    max_cards: int = MAX_CARDS,
    progress: Callable[[int, int, str], None] | None = None,
) -> None:
    """Write the contact sheet; pictures are embedded, nothing is loaded from anywhere.

    Pairs with problems come first, each with its image, its mask drawn and what else shows the
    problem; then those with notes; then others, spread evenly, until there are `max_cards`.

    Args:
        path: the HTML file; atomic.
        report: of `doctor.check`. Its files are read again.
        max_cards: how many pairs to show.
        progress: called with the number of cards drawn, that of all, and the stem.

    Raises:
        StorageError: the file cannot be written.
    """
    chosen = _choose(report, max_cards)

    def cards() -> Iterator[_Card]:
        # One card at a time, so that the pictures never lie in memory together.
        for count, (one, findings) in enumerate(chosen, start=1):
            yield _card(one, findings, report)
            if progress is not None:
                progress(count, len(chosen), one.pair.stem)

    environment = Environment(
        loader=PackageLoader("crackgauge.data"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown = {id(finding) for _, findings in chosen for finding in findings}
    stream = environment.get_template("contact_sheet.html").stream(
        name=report.root.resolve().name or str(report.root),
        report=report,
        kinds=KINDS,
        problem_kinds=PROBLEMS,
        without_card=[f for f in report.findings if id(f) not in shown and f.kind not in _PLAIN],
        shown=len(chosen),
        cards=cards(),
    )
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.writelines(stream)


def _choose(report: DoctorReport, limit: int) -> list[tuple[Examined, list[Finding]]]:
    """The pairs to show with their findings: problems first, in the order of the findings."""
    by_pair: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in report.findings:
        if finding.kind not in _OF_THE_SET:
            by_pair[finding.stem, finding.split].append(finding)
    flagged: list[tuple[Examined, list[Finding]]] = []
    clean: list[tuple[Examined, list[Finding]]] = []
    for one in report.examined:
        findings = by_pair.get((one.pair.stem, one.pair.split or ""), [])
        (flagged if findings else clean).append((one, findings))
    flagged.sort(key=lambda entry: (_is_plain(entry[1]), entry[1][0].order))
    flagged = flagged[:limit]
    room = min(len(clean), limit - len(flagged))
    places = np.linspace(0, max(0, len(clean) - 1), room).round().astype(int)
    return flagged + [clean[place] for place in places]


def _is_plain(findings: Sequence[Finding]) -> bool:
    """Whether a small picture says enough."""
    return all(finding.kind in _PLAIN for finding in findings)


def _card(one: Examined, findings: Sequence[Finding], report: DoctorReport) -> _Card:
    pair = one.pair
    image, mask = _image(pair.image), _mask(pair)
    panels: list[_Panel] = []
    plain = _is_plain(findings)
    if plain:
        if image is not None:
            panels.append(_panel("", image, mask, SMALL_PX))
        return _Card(pair.stem, pair.split or "", findings, panels, plain)
    if image is not None:
        panels.append(_panel("image", image, None, LARGE_PX))
        if mask is not None and mask.shape == image.shape[:2]:
            panels.append(_panel("with its mask", image, mask, LARGE_PX))
    if mask is not None and (image is None or mask.shape != image.shape[:2]):
        grey = np.repeat(mask[:, :, None].astype(np.uint8) * 255, 3, axis=2)
        panels.append(_panel("mask", grey, None, LARGE_PX))
    if image is not None and mask is not None and one.contrast is not None:
        if any(finding.kind == "mask-turned" for finding in findings):
            turned = turn_mask(mask, one.contrast.turned)
            panels.append(_panel(f"mask {one.contrast.turned}", image, turned, LARGE_PX))
        elif any(finding.kind == "mask-shifted" for finding in findings):
            moved = _moved(mask, one.contrast.shift)
            panels.append(_panel("mask moved to fit", image, moved, LARGE_PX))
    panels += _others(findings, report)
    return _Card(pair.stem, pair.split or "", findings, panels, plain)


def _others(findings: Sequence[Finding], report: DoctorReport) -> Iterator[_Panel]:
    """The second pictures of duplicates."""
    wanted = {(finding.other, finding.other_split) for finding in findings if finding.other}
    if not wanted:
        return
    base = report.root if report.root.is_dir() else report.root.parent
    for one in report.examined:
        if (one.pair.stem, one.pair.split or "") in wanted:
            image = _image(one.pair.image)
            if image is not None:
                yield _panel(relative(one.pair.image, base), image, None, LARGE_PX)


def _image(path: Path) -> Image | None:
    """What cannot be read has no picture; its finding says why."""
    try:
        return read_image(path)
    except InputRefused:
        return None


def _mask(pair: Pair) -> Mask | None:
    try:
        return None if pair.mask is None else read_truth(pair.mask, image=pair.image).mask
    except InputRefused:
        return None


def _moved(mask: Mask, shift: tuple[int, int]) -> Mask:
    moved = ndimage.shift(mask.astype(np.uint8), shift, order=0)
    out: Mask = moved > 0
    return out


def _panel(caption: str, image: Image, mask: Mask | None, longest_px: int) -> _Panel:
    drawn = thumbnail(image, mask, longest_px)
    stream = io.BytesIO()
    PillowImage.fromarray(drawn).save(stream, "JPEG", quality=_JPEG_QUALITY)
    source = "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
    return _Panel(caption, source, drawn.shape[1], drawn.shape[0])


def thumbnail(image: Image, mask: Mask | None, longest_px: int) -> Image:
    """Scale an image so that its longer side is `longest_px`, with the border of the mask in red.

    A line of one pixel stays visible however far the image is scaled down; what lies inside the
    border stays as it is, so that one sees whether it is a crack.
    """
    height, width = image.shape[:2]
    factor = longest_px / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    method = PillowImage.Resampling.BOX if factor < 1 else PillowImage.Resampling.BICUBIC
    small: npt.NDArray[np.uint8] = np.array(PillowImage.fromarray(image).resize(size, method))
    if mask is not None and mask.any():
        share = PillowImage.fromarray(mask.astype(np.float32)).resize(size, method)
        marked = np.asarray(share) > (0.5 if factor >= 1 else 0)
        small[ndimage.binary_dilation(marked) & ~marked] = _RED
    return small
