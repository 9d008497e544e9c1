"""Reading predictions of any program: masks, probabilities or logits, never guessed in silence.

Legend: a kind is a key of `PREDICTION_KINDS`. `examine_prediction` says what one file may be,
`settle_kind` what all files of a set are, `read_prediction` reads a file of a kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask, Probability
from crackgauge.errors import BAD_ENCODING, InputRefused, UsageError
from crackgauge.images.decode import WHOLE_LIMIT_PX, load_pixels
from crackgauge.images.formats import identify
from crackgauge.images.listing import LISTED_SUFFIXES
from crackgauge.images.mask_rules import apply_rule
from crackgauge.images.masks import read_mask
from crackgauge.images.npy import ARRAY_SUFFIXES, is_array, read_array
from crackgauge.images.pixels import Pixels

PREDICTION_KINDS = {
    "auto": "take what is certain for all files, refuse the rest",
    "masks": "crack or not, in any encoding that read_mask is certain of",
    "probabilities": "numbers in [0, 1]",
    "probabilities-255": "numbers in 0..255, divided by 255",
    "probabilities-65535": "numbers in 0..65535, divided by 65535",
    "logits": "any finite numbers; p = 1 / (1 + exp(-x))",
}
RESIZE_METHODS = ("nearest", "bilinear")
PREDICTION_SUFFIXES = LISTED_SUFFIXES | ARRAY_SUFFIXES | {".mat"}

_SCALES = {"probabilities": 1, "probabilities-255": 255, "probabilities-65535": 65535}


class PredictionFinding(NamedTuple):
    """What a file may be.

    Attributes:
        path: the file.
        kinds: every kind that it may certainly be; empty where its numbers could mean several
            things.
        what: its numbers in words.
        choices: the kinds that could be asked for by name, where `kinds` is empty.
    """

    path: Path
    kinds: frozenset[str]
    what: str
    choices: tuple[str, ...] = ()


class PredictionReading(NamedTuple):
    """A prediction and how it was read.

    Attributes:
        prediction: bool (H, W) for masks, else float32 (H, W) in [0, 1].
        encoding: the rule of the mask, or the type of the numbers, such as `uint16`.
        low, high: the least and the largest number as stored.
    """

    prediction: Mask | Probability
    encoding: str
    low: float
    high: float


def examine_prediction(
    path: str | Path, *, written_by_predict: bool = False, max_pixels: int = WHOLE_LIMIT_PX
) -> PredictionFinding:
    """Say what a file of predictions may be, by its numbers.

    Two values, 0 and 1, 255 or 65535, and the marks on transparency that `read_mask` is certain
    of, are a mask; floats in [0, 1] are a probability (and a mask too where they are 0 and 1
    alone). Everything else could mean several things.

    Args:
        path: an image of one grey channel, a `.npy` array, or a `.mat` truth of CFD.
        written_by_predict: the file lies among the probabilities of `crackgauge predict`, so that
            16 bit means 0..65535.
        max_pixels: refuse, before decoding, what has more pixels.

    Raises:
        InputRefused: the file cannot be read, has colours, or holds NaN or infinity.
    """
    file = Path(path)
    values, pixels = _load(file, max_pixels)
    if values is None:
        return _examine_marks(file, pixels)
    found = _Numbers.of(values, file)
    if written_by_predict and values.dtype == np.uint16:
        return PredictionFinding(file, frozenset({"probabilities-65535"}), found.words(values))
    kinds: set[str] = set()
    if _is_two_valued(values, found):
        kinds.add("masks")
    if values.dtype.kind == "f" and found.low >= 0 and found.high <= 1:
        kinds.add("probabilities")
    choices = () if kinds else _choices(values, found)
    return PredictionFinding(file, frozenset(kinds), found.words(values), choices)


def settle_kind(findings: Iterable[PredictionFinding]) -> str:
    """Say what all files of a set are.

    Raises:
        UsageError: one of them could mean several things, two of them contradict each other, or
            there is none.

    >>> mask = PredictionFinding(Path("a.npy"), frozenset({"masks", "probabilities"}), "0, 1")
    >>> soft = PredictionFinding(Path("b.npy"), frozenset({"probabilities"}), "0.1 to 0.7")
    >>> settle_kind([mask]), settle_kind([mask, soft])
    ('masks', 'probabilities')
    """
    possible: frozenset[str] | None = None
    narrowed_by: PredictionFinding | None = None
    for finding in findings:
        if not finding.kinds:
            choices = " or ".join(f"--predictions-are {kind}" for kind in finding.choices)
            raise UsageError(
                f"{finding.path}: holds {finding.what}, which could mean several things; "
                f"say what it is: {choices}"
            )
        common = finding.kinds if possible is None else possible & finding.kinds
        if narrowed_by is not None and not common:
            raise UsageError(
                f"the predictions are of different kinds: {narrowed_by.path} holds "
                f"{narrowed_by.what} ({_words(narrowed_by.kinds)}), {finding.path} holds "
                f"{finding.what} ({_words(finding.kinds)}); expected one kind, or say which with "
                "--predictions-are"
            )
        if possible is None or common != possible:
            possible, narrowed_by = common, finding
    if possible is None:
        raise UsageError("got no prediction, expected at least one")
    return "masks" if "masks" in possible else min(possible)


def read_prediction(
    path: str | Path, kind: str, *, max_pixels: int = WHOLE_LIMIT_PX
) -> PredictionReading:
    """Read a prediction as what it is said to be.

    Args:
        path: as for `examine_prediction`.
        kind: a key of `PREDICTION_KINDS`, but not `auto`.
        max_pixels: refuse, before decoding, what has more pixels.

    Raises:
        UsageError: an unknown kind, or numbers that do not fit it.
        InputRefused: as `examine_prediction`; a mask whose encoding is not certain.
    """
    check_kind(kind)
    file = Path(path)
    if kind == "masks":
        return _read_mask(file, max_pixels)
    values, _ = _load(file, max_pixels)
    if values is None:
        raise _coloured(file)
    found = _Numbers.of(values, file)
    if kind == "logits":
        from scipy.special import expit

        probability: Probability = expit(values.astype(np.float32)).astype(np.float32, copy=False)
        return PredictionReading(probability, str(values.dtype), found.low, found.high)
    top = _SCALES[kind]
    if top == 65535 and values.dtype == np.uint8:
        raise UsageError(
            f"{file}: holds {found.words(values)}, which cannot be {PREDICTION_KINDS[kind]}; "
            "expected --predictions-are probabilities-255"
        )
    if found.low < 0 or found.high > top:
        choices = _choices(values, found)
        raise UsageError(
            f"{file}: holds {found.words(values)}, {kind} are {PREDICTION_KINDS[kind]}; "
            f"expected --predictions-are {' or '.join(choices)}"
        )
    scaled = values.astype(np.float32)
    if top != 1:
        scaled /= np.float32(top)
    return PredictionReading(scaled, str(values.dtype), found.low, found.high)


def check_kind(kind: str) -> str:
    """Return a kind that predictions can be read as.

    Raises:
        UsageError: it is not known, or `auto`, which names none.
    """
    known = [name for name in PREDICTION_KINDS if name != "auto"]
    if kind not in known:
        raise UsageError(f"predictions are {kind!r}: expected one of {', '.join(known)}")
    return kind


def resize_prediction(
    prediction: Mask | Probability, shape: tuple[int, int], *, method: str
) -> Mask | Probability:
    """Bring a prediction to another size.

    Args:
        prediction: bool or float32 (H, W).
        shape: the new (H, W).
        method: `nearest`, or `bilinear`, which for a mask means at least half.

    Raises:
        UsageError: an unknown method.

    >>> resize_prediction(np.array([[True, False]]), (1, 4), method="nearest").tolist()
    [[True, True, False, False]]
    """
    if method not in RESIZE_METHODS:
        raise UsageError(f"got the method {method!r}, expected one of {', '.join(RESIZE_METHODS)}")
    way = cv2.INTER_NEAREST_EXACT if method == "nearest" else cv2.INTER_LINEAR
    resized = cv2.resize(prediction.astype(np.float32), shape[::-1], interpolation=way)
    if prediction.dtype == np.bool_:
        mask: Mask = resized >= 0.5
        return mask
    probability: Probability = np.clip(resized, 0.0, 1.0).astype(np.float32, copy=False)
    return probability


class _Numbers(NamedTuple):
    low: float
    high: float

    @classmethod
    def of(cls, values: npt.NDArray[Any], path: Path) -> _Numbers:
        low, high = float(values.min()), float(values.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            raise InputRefused(
                path, BAD_ENCODING, "the prediction holds NaN or infinity, expected finite numbers"
            )
        return cls(low, high)

    def words(self, values: npt.NDArray[Any]) -> str:
        distinct = _distinct(values)
        if len(distinct) <= 4:
            return f"{values.dtype} values " + ", ".join(f"{value:g}" for value in distinct)
        return f"{values.dtype} values {self.low:g} to {self.high:g} ({len(distinct)} different)"


def _distinct(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if values.dtype in (np.uint8, np.uint16):
        return np.flatnonzero(np.bincount(values.ravel(), minlength=1))
    return np.unique(values)


def _is_two_valued(values: npt.NDArray[Any], found: _Numbers) -> bool:
    """0 and 1, 255 or 65535, or one of them alone."""
    if found.high not in (0, 1, 255, 65535):
        return False
    return bool(((values == 0) | (values == found.high)).all())


def _choices(values: npt.NDArray[Any], found: _Numbers) -> tuple[str, ...]:
    """What numbers that are not certain could be, likeliest first."""
    if found.low < 0 or found.high > 65535:
        return ("logits",)
    if values.dtype.kind == "f":
        fitting = [kind for kind, top in _SCALES.items() if found.high <= top]
        return fitting[0], "logits"
    if found.high > 255:
        return "probabilities-65535", "masks"
    if values.dtype == np.uint8:
        return "probabilities-255", "masks"
    return "probabilities-255", "probabilities-65535", "masks"


def _words(kinds: frozenset[str]) -> str:
    return " or ".join(sorted(kinds))


def _examine_marks(file: Path, pixels: Pixels | None) -> PredictionFinding:
    """Palettes, transparency and colours: a mask or nothing."""
    if pixels is None:
        return PredictionFinding(file, frozenset({"masks"}), "the labels of a CFD truth")
    try:
        _, rule = apply_rule(pixels, "auto", None, file)
    except InputRefused as refused:
        raise _coloured(file) from refused
    if rule == "above-half":
        return PredictionFinding(file, frozenset(), "grey with compression noise", ("masks",))
    return PredictionFinding(file, frozenset({"masks"}), rule)


def _coloured(file: Path) -> InputRefused:
    return InputRefused(
        file,
        BAD_ENCODING,
        "the picture has colours, a palette or transparency that mark no crack for certain, "
        "expected one grey channel; save the prediction as a grey PNG or TIFF, or as .npy",
    )


def _read_mask(file: Path, max_pixels: int) -> PredictionReading:
    try:
        return _certain_mask(file, max_pixels)
    except InputRefused as refused:
        if refused.reason != BAD_ENCODING:
            raise
        # A rule or labels, which the refusal of a mask proposes, are there for truths alone.
        found = refused.sentence.partition(";")[0]
        raise InputRefused(
            file,
            BAD_ENCODING,
            f"{found}; save the crack as 255 and the rest as 0, or say what the numbers mean with "
            "--predictions-are",
        ) from refused


def _certain_mask(file: Path, max_pixels: int) -> PredictionReading:
    if is_array(file):
        values = read_array(file, max_pixels=max_pixels)
        found = _Numbers.of(values, file)
        top = {"uint8": 255, "uint16": 65535}.get(str(values.dtype), 1)
        mask, rule = apply_rule(Pixels(values, "grey", top), "auto", None, file)
        return PredictionReading(mask, rule, found.low, found.high)
    reading = read_mask(file, max_pixels=max_pixels)
    mask = reading.mask
    return PredictionReading(mask, reading.rule, float(mask.min()), float(mask.max()))


def _load(file: Path, max_pixels: int) -> tuple[npt.NDArray[Any] | None, Pixels | None]:
    """The numbers (H, W) of a file, or else its pixels; neither for a truth of CFD."""
    if is_array(file):
        return read_array(file, max_pixels=max_pixels), None
    kind = identify(file)
    if kind == "matlab":
        return None, None
    pixels = load_pixels(file, max_pixels, kind)
    opaque = pixels.alpha is None or bool((pixels.alpha == pixels.top).all())
    if pixels.model == "grey" and opaque:
        return pixels.values, pixels
    if pixels.model == "rgb" and opaque:
        first = pixels.values[..., 0]
        if bool((pixels.values == first[..., None]).all()):
            return np.ascontiguousarray(first), pixels
    return None, pixels
