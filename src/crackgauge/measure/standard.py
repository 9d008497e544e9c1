"""Classes of cracks by their width in published standards: data files, and grading by them.

A standard is a TOML file, `standards/NAME.toml` or one of the user's:

    name = "aci-224r"                 # letters, digits, hyphens
    title = "ACI 224R-01, table 4.1"
    edition = "2001"
    source = "where the thresholds stand"
    applies_to = "reinforced concrete"
    statistic = "mean"                # mean, median, p95 or maximum of the crack's width
    unit = "mm"
    verified = true                   # the thresholds were compared with the source
    note = ""                         # what a reader must know besides; may be left out
    min_length_mm = 25                # shorter ones are not graded; may be left out

    [[classes]]                       # from the mildest on; `classes = []` for none
    name = "low"
    up_to = 10.0                      # the widest of the class; the last class has none
    inclusive = false                 # whether that width itself is in it; true if left out
    label = "below the medium class"  # words for the reason; may be left out
    verified = true                   # of this class alone; may be left out

A class from the width alone is a screening aid. Nothing is graded without a scale, or where the
width is below 2 px.
"""

from __future__ import annotations

import difflib
import tomllib
from importlib import resources
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from crackgauge.errors import UsageError

# Below this a width is mostly rounding.
LEAST_WIDTH_PX = 2.0
NOT_GRADED = -1
# 3 px of 0.1 mm are 0.3 mm and not, as floats have it, a little more.
_DIGITS = 9

_COLUMNS = {"mean": "mean", "median": "median", "p95": "p95", "maximum": "max"}
_WORDS = {"mean": "mean", "median": "median", "p95": "95 % width", "maximum": "maximum"}


class WidthClass(BaseModel):
    """A class of widths; see the module."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    up_to: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    inclusive: bool = True
    label: str = ""
    verified: bool = True

    def holds(self, width_mm: float) -> bool:
        """Whether a width is at most the widest of this class."""
        if self.up_to is None:
            return True
        return width_mm <= self.up_to if self.inclusive else width_mm < self.up_to


class Standard(BaseModel):
    """A standard's classes; see the module."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$")
    title: str
    edition: str
    source: str
    applies_to: str
    statistic: Literal["mean", "median", "p95", "maximum"]
    unit: Literal["mm"]
    verified: bool
    note: str = ""
    min_length_mm: float | None = Field(default=None, gt=0)
    classes: tuple[WidthClass, ...]

    @model_validator(mode="after")
    def _check_order(self) -> Standard:
        if not self.classes:
            return self
        bounds = [each.up_to for each in self.classes[:-1]]
        if len(self.classes) < 2 or self.classes[-1].up_to is not None or None in bounds:
            raise ValueError(
                "expected two classes or more (or none); every one but the last needs up_to, and "
                "the last has none"
            )
        known = [bound for bound in bounds if bound is not None]
        if known != sorted(set(known)):
            raise ValueError(f"up_to must rise from class to class, got {known}")
        return self

    @property
    def width_column(self) -> str:
        """The name of the width that is graded, without its unit: `width_mean`, `width_max`."""
        return f"width_{_COLUMNS[self.statistic]}"

    def grade(self, *, width_mm: float, width_px: float, length_mm: float) -> Grade:
        """Return the class of one crack, with the reason.

        Args:
            width_mm: the crack's `width_column` in mm.
            width_px: the same in px.
            length_mm: of the crack.

        >>> crack = {"width_px": 4.0, "length_mm": 800.0}
        >>> load_standard("aci-224r").grade(width_mm=0.42, **crack).reason
        'mean 0.42 mm > 0.41: above the guide for dry air'
        """
        if not self.classes:
            reason = "not graded: this standard has no classes of single cracks, see zones.csv"
            return Grade("", NOT_GRADED, reason, self.verified)
        if width_px < LEAST_WIDTH_PX:
            reason = f"not graded: {width_px:.1f} px wide, needs {LEAST_WIDTH_PX:g} px"
            return Grade("", NOT_GRADED, reason, self.verified)
        if self.min_length_mm is not None and length_mm < self.min_length_mm:
            reason = f"not graded: {length_mm:.3g} mm long, needs {self.min_length_mm:g} mm"
            return Grade("", NOT_GRADED, reason, self.verified)
        width_mm = round(width_mm, _DIGITS)
        rank = next(at for at, each in enumerate(self.classes) if each.holds(width_mm))
        found = self.classes[rank]
        words = f"{_WORDS[self.statistic]} {_distinct(width_mm, self._bounds())} mm"
        reason = f"{words} {self._range(rank)}: {found.label or found.name}"
        return Grade(found.name, rank, reason, self.verified and found.verified)

    def _bounds(self) -> tuple[float, ...]:
        return tuple(each.up_to for each in self.classes if each.up_to is not None)

    def _range(self, rank: int) -> str:
        """Word the bound that put a width into its class: the lower; of the first the upper."""
        if rank == 0:
            first = self.classes[0]
            return f"{'<=' if first.inclusive else '<'} {first.up_to:g}"
        below = self.classes[rank - 1]
        return f"{'>' if below.inclusive else '>='} {below.up_to:g}"


class Grade(NamedTuple):
    """The class of a crack: its name ("" if not graded), its rank from 0 for the mildest (-1 if
    not graded), the reason in words, and whether the thresholds were compared with the source."""

    severity: str
    rank: int
    reason: str
    verified: bool


def standard_names() -> tuple[str, ...]:
    """Return the names of the standards that come with the package, sorted."""
    room = resources.files("crackgauge.measure") / "standards"
    names = [item.name for item in room.iterdir()]
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load_standard(name: str | Path) -> Standard:
    """Load a standard by its name, or a file of the user's by its path.

    Raises:
        UsageError: an unknown name (the known and the nearest are listed), or a file that is no
            standard.
    """
    names = standard_names()
    if str(name) in names:
        text = (resources.files("crackgauge.measure") / "standards" / f"{name}.toml").read_text(
            "utf-8"
        )
        return parse_standard(text, str(name))
    path = Path(name)
    if path.suffix != ".toml" and not path.is_file():
        nearest = difflib.get_close_matches(str(name).lower(), names, n=1, cutoff=0.3)
        hint = f"did you mean {nearest[0]}? " if nearest else ""
        raise UsageError(
            f"standard {str(name)!r} is unknown; {hint}known are {', '.join(names)}, "
            "or the path of a .toml file of your own"
        )
    try:
        return parse_standard(path.read_text("utf-8"), str(path))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); expected a .toml") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is no text in UTF-8; expected a .toml") from error


def parse_standard(text: str, where: str) -> Standard:
    """Make a standard of the text of a TOML file.

    Raises:
        UsageError: no TOML, an unknown key, a missing or wrong value.
    """
    try:
        return Standard.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{where}: is no TOML ({error}); see docs/standards.md") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UsageError(
            f"{where}: {place}: {first['msg'].removeprefix('Value error, ')}; "
            "see docs/standards.md for what a standard holds"
        ) from error


def _distinct(width_mm: float, bounds: tuple[float, ...]) -> str:
    """Word a width with as many digits as it takes to see on which side of a bound it is.

    >>> _distinct(0.42, (0.41,)), _distinct(0.4102, (0.41,)), _distinct(12.34, (10,))
    ('0.42', '0.4102', '12.34')
    """
    for digits in range(2, 8):
        text = f"{width_mm:.{digits}f}"
        sides = [(float(text) > bound) == (width_mm > bound) for bound in bounds]
        exact = [float(text) != bound or width_mm == bound for bound in bounds]
        if all(sides) and all(exact):
            break
    return text
