"""A session of labelling: strokes in their order, with undo and redo, as a mask at any time.

Legend: H, W of the image. A stroke is known by its number in the list, from 0. One that replaces
another is drawn at the other's place in the order; an erased stroke clears what was drawn before
it, not what comes after.

The file is JSON and holds what the mask depends on: the same file gives the same mask, byte for
byte, without the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from crackgauge.annotate.strokes import Brush, Erase, Polygon, Remove, Stroke, Trace
from crackgauge.annotate.tracer import Tracer
from crackgauge.arrays import Mask, Window
from crackgauge.errors import CORRUPT, MISSING, TOO_LARGE, UNREADABLE, InputRefused, UsageError
from crackgauge.files import write_text_atomic
from crackgauge.images import WHOLE_LIMIT_PX
from crackgauge.labels.shapes import Point

FORMAT = "crackgauge session 1"
LARGEST_BYTES = 256 * 2**20
_MOST_STROKES = 100_000
_LONGEST_SIDE_PX = 2**31 - 1

AnyStroke = Trace | Polygon | Brush | Erase | Remove


class _File(BaseModel):
    """What stands in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["crackgauge session 1"] = "crackgauge session 1"
    image: str = Field(default="", max_length=4096)
    height: int = Field(ge=1, le=_LONGEST_SIDE_PX)
    width: int = Field(ge=1, le=_LONGEST_SIDE_PX)
    done: int = Field(ge=0)
    strokes: tuple[Stroke, ...] = Field(default=(), max_length=_MOST_STROKES)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.done > len(self.strokes):
            raise ValueError(f"{self.done} strokes are done of {len(self.strokes)}")
        for number, stroke in enumerate(self.strokes):
            if stroke.replaces is not None and stroke.replaces >= number:
                raise ValueError(f"stroke {number} replaces {stroke.replaces}, which is not before")
        return self


class Session:
    """The strokes on one image.

    Args:
        height: H of the image.
        width: W.
        image: its name, for whoever reads the file.

    >>> session = Session(40, 60, image="deck.jpg")
    >>> session.add(Brush(points=((10.0, 20.0), (50.0, 20.0)), radius_px=2.0))
    0
    >>> session.add(Erase(points=((30.0, 20.0),), radius_px=5.0))
    1
    >>> int(session.mask().sum()), session.undo(), int(session.mask().sum())
    (132, True, 172)
    """

    def __init__(self, height: int, width: int, *, image: str = "") -> None:
        self.height, self.width, self.image = height, width, image
        self._strokes: list[AnyStroke] = []
        self._done = 0

    @property
    def strokes(self) -> tuple[AnyStroke, ...]:
        """What was done and not undone, in its order."""
        return tuple(self._strokes[: self._done])

    @property
    def undone(self) -> int:
        """How many strokes `redo` would do again."""
        return len(self._strokes) - self._done

    def add(self, stroke: AnyStroke) -> int:
        """Put a stroke at the end and return its number; what was undone before is forgotten.

        Raises:
            UsageError: it replaces a stroke that is not there.
        """
        if stroke.replaces is not None and stroke.replaces not in self._places():
            raise UsageError(
                f"stroke {stroke.replaces} is not there to be replaced; there are "
                f"{sorted(self._places()) or 'none'}"
            )
        del self._strokes[self._done :]
        self._strokes.append(stroke)
        self._done += 1
        return self._done - 1

    def trace(
        self,
        tracer: Tracer,
        points: Sequence[Point],
        *,
        label: str = "",
        replaces: int | None = None,
    ) -> int:
        """Trace a crack, keeping away from what was erased before, and return its number.

        Args:
            tracer: of this image.
            points: as in `Tracer.trace`.
            label: what it is.
            replaces: a trace that this one takes the place of, such as one with fewer points.

        Raises:
            UsageError: as in `Tracer.trace`; a tracer of another image size.
        """
        if (tracer.height, tracer.width) != (self.height, self.width):
            raise UsageError(
                f"the session is of an image of {self.width} x {self.height} px, the tracer's has "
                f"{tracer.width} x {tracer.height}; open the session's own image"
            )
        edges = tracer.trace(points, forbidden=self.erased())
        kept = tracer.settings
        return self.add(
            Trace.of(edges, points=points, settings=kept, label=label, replaces=replaces)
        )

    def undo(self) -> bool:
        """Take the last stroke back; False where there is none."""
        self._done -= (possible := self._done > 0)
        return possible

    def redo(self) -> bool:
        """Do again what was undone last; False where there is nothing."""
        self._done += (possible := self._done < len(self._strokes))
        return possible

    def current(self) -> dict[int, AnyStroke]:
        """The strokes that show, by number, in the order in which they are drawn."""
        return {number: self._strokes[number] for number in self._places()}

    def erased(self) -> list[Erase]:
        """The erased strokes that show."""
        return [stroke for stroke in self.current().values() if isinstance(stroke, Erase)]

    def mask(self, window: Window | None = None) -> Mask:
        """Draw the strokes.

        Args:
            window: a part of the image; None takes all of it.

        Returns:
            bool (H, W), or of the window's size.

        Raises:
            UsageError: the window is larger than what is held in memory at once.
        """
        window = window or Window(0, 0, self.height, self.width)
        if window.height * window.width > WHOLE_LIMIT_PX:
            raise UsageError(
                f"a mask of {window.width} x {window.height} px is more than {WHOLE_LIMIT_PX:,} "
                "pixels; draw it by window"
            )
        drawn = np.zeros((window.height, window.width), np.bool_)
        for stroke in self.current().values():
            stroke.draw(drawn, x_px=window.col, y_px=window.row)
        return drawn

    def to_json(self) -> str:
        """The session as JSON text, what was undone too; equal sessions give equal text."""
        return self._file().model_dump_json(indent=1, exclude_none=True) + "\n"

    def save(self, path: str | Path) -> None:
        """Write the session at once.

        Raises:
            StorageError: the file cannot be written.
        """
        write_text_atomic(path, self.to_json())

    @classmethod
    def load(cls, path: str | Path, *, largest_bytes: int = LARGEST_BYTES) -> Session:
        """Read a session; nothing in the file is run or followed.

        Raises:
            InputRefused: no file, none of a session, a damaged or too large one.
        """
        file = Path(path)
        try:
            size = file.stat().st_size
            if size > largest_bytes:
                raise InputRefused(
                    file,
                    TOO_LARGE,
                    f"the session has {size:,} bytes, expected at most {largest_bytes:,}; split it",
                )
            text = file.read_bytes()
        except FileNotFoundError as error:
            raise InputRefused(file, MISSING, "is not there; check the path") from error
        except OSError as error:
            raise InputRefused(file, UNREADABLE, f"cannot be read ({error.strerror})") from error
        try:
            return cls.from_json(text)
        except UsageError as error:
            raise InputRefused(file, CORRUPT, str(error)) from error

    @classmethod
    def from_json(cls, text: str | bytes) -> Session:
        """Build a session from what `to_json` returned.

        Raises:
            UsageError: something else; the sentence names the first problem.
        """
        try:
            found = _File.model_validate_json(text)
        except ValidationError as error:
            raise UsageError(_in_words(error)) from error
        except UsageError as error:  # settings of a trace that cannot be
            sentence = f"the text is no session that can be read ({error}); trace it again"
            raise UsageError(sentence) from error
        session = cls(found.height, found.width, image=found.image)
        session._strokes = list(found.strokes)
        session._done = found.done
        return session

    def _file(self) -> _File:
        return _File(
            image=self.image,
            height=self.height,
            width=self.width,
            done=self._done,
            strokes=tuple(self._strokes),
        )

    def _places(self) -> list[int]:
        """The numbers of the strokes that show, in the order in which they are drawn."""
        places: list[int] = []
        for number, stroke in enumerate(self._strokes[: self._done]):
            if stroke.replaces is None:
                places.append(number)
            elif stroke.replaces in places:
                at = places.index(stroke.replaces)
                places[at : at + 1] = [] if isinstance(stroke, Remove) else [number]
        return places


def _in_words(error: ValidationError) -> str:
    """The first problem in one sentence."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    problem = first["msg"][:200]
    found = f"{where + ': ' if where else ''}{problem}"
    return (
        f"the text is no session that can be read ({found}); expected the JSON that "
        f"`crackgauge trace` writes ({FORMAT!r})"
    )
