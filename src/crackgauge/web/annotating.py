"""Correcting by hand: each change makes a new file, and is kept when its row names the file."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from pydantic import ValidationError

from crackgauge.annotate import AnyStroke, Brush, Erase, Polygon, Remove, Session, Trace
from crackgauge.annotate.settings import TraceSettings
from crackgauge.errors import UsageError
from crackgauge.files import write_bytes_atomic
from crackgauge.web.annotation_schemas import (
    Annotation,
    BrushStroke,
    NewStroke,
    PolygonStroke,
    RemoveStroke,
    TraceStroke,
    TraceWanted,
)
from crackgauge.web.annotation_table import AnnotationRecord
from crackgauge.web.annotation_wording import NOTHING, worded
from crackgauge.web.database import new_id
from crackgauge.web.image_table import ImageRecord
from crackgauge.web.limits import Limits
from crackgauge.web.project import Project
from crackgauge.web.refusals import CHANGED, Refused, busy, changed_meanwhile
from crackgauge.web.renderer import Renderer
from crackgauge.web.tracing import Tracing

_LIGHT_BYTES = 1 << 20


class Annotations:
    """The strokes on the photos of a project.

    Args:
        project: whose photos.
        tracing: traces in them.
        renderer: knows their sizes.
        limits: the bounds.
    """

    def __init__(
        self, project: Project, tracing: Tracing, renderer: Renderer, limits: Limits
    ) -> None:
        self._project = project
        self._tracing = tracing
        self._renderer = renderer
        self._limits = limits
        self._heavy = threading.RLock()
        self._waiting = threading.BoundedSemaphore(limits.sessions)

    def get(self, image_id: str) -> Annotation:
        """Return the strokes on a photo.

        Raises:
            Refused: 404, there is no such photo.
        """
        image = self._project.images.get(image_id)
        record, text = self._read(image_id)
        if text is None:
            return NOTHING
        stale = image.session is None or image.session_version != record.version
        with self._room_for(text):
            return worded(record, Session.from_json(text), stale=stale)

    def trace(self, image_id: str, wanted: TraceWanted) -> dict[str, Any]:
        """Trace one crack and keep nothing; see `Tracing.trace`.

        Raises:
            Refused: as `Tracing.trace`; 404, there is no such photo.
        """
        return self._tracing.trace(
            self._project.images.get(image_id),
            wanted.points,
            forbid=wanted.forbid,
            erased=self._project.annotations.erased(image_id),
            bright=wanted.polarity == "bright",
            use_probability=wanted.use_probability,
        )

    def begin(self, image_id: str, *, version: int, from_prediction: bool) -> Annotation:
        """Begin a session, from the prediction or from nothing.

        Raises:
            Refused: 404, no such photo or no prediction; 409, there are strokes already; 413, 422,
                too many branches; 503, busy.
            StorageError: the disk is full.
        """
        with self._telling(image_id):
            return self._begin(image_id, version, from_prediction)

    def _begin(self, image_id: str, version: int, from_prediction: bool) -> Annotation:
        image = self._project.images.get(image_id)
        self._check(image, version, wanted=False)
        file = _new_file(image_id)
        target = self._project.folder / "annotations" / file
        try:
            if from_prediction:
                base = self._tracing.propose(image, target)
            else:
                base = 0
                self._project.photo(image)  # it is there, and as it was listed
                Session(*self._renderer.size(image), image=image.name).save(target)
            text = target.read_bytes()
            self._check_room(len(text))
            with self._room_for(text):
                session = Session.from_json(text)
                return self._keep(image, version, session, file, base=base, wanted=False)
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    def add(self, image_id: str, *, version: int, stroke: NewStroke) -> Annotation:
        """Add a stroke; a trace is computed first.

        Raises:
            Refused: 404, no such photo; 409, somebody else was first, or nothing was begun; 413,
                too many strokes; 422, a stroke that cannot be.
            StorageError: the disk is full.
        """
        with self._telling(image_id):
            self._check(self._project.images.get(image_id), version, wanted=True)
        made = self._stroke(image_id, stroke)
        return self._change(image_id, version, lambda session, _: session.add(made))

    def undo(self, image_id: str, *, version: int) -> Annotation:
        """Take the last stroke back.

        Raises:
            Refused: 404; 409, somebody else was first, or there is nothing to undo.
            StorageError: the disk is full.
        """

        def undo(session: Session, record: AnnotationRecord) -> None:
            if len(session.strokes) <= record.base:
                raise Refused(409, "nothing", "there is no stroke to undo")
            session.undo()

        return self._change(image_id, version, undo)

    def redo(self, image_id: str, *, version: int) -> Annotation:
        """Do again what was undone last.

        Raises:
            Refused: 404; 409, somebody else was first, or there is nothing to redo.
            StorageError: the disk is full.
        """

        def redo(session: Session, _: AnnotationRecord) -> None:
            if not session.redo():
                raise Refused(409, "nothing", "there is no stroke to do again")

        return self._change(image_id, version, redo)

    def give_up(self, image_id: str, *, version: int, measure: Callable[[], object]) -> None:
        """Go back to what the model found.

        Args:
            image_id: of the photo.
            version: the one that the writer has seen.
            measure: called where the photo is to be measured anew, within the same transaction.

        Raises:
            Refused: 404; 409, somebody else was first, or there are no strokes.
            StorageError: the disk is full.
        """
        project = self._project
        with self._telling(image_id), project.database.write():
            image = project.images.get(image_id)
            record = self._check(image, version, wanted=True)
            project.annotations.put(image_id, file=None, base=0)
            if image.model is not None:
                measure()
            elif image.survey is not None:
                project.images.forget_measures(image_id)
                project.cracks.replace(image_id, [])
        self._remove(record)

    def _change(
        self, image_id: str, version: int, change: Callable[[Session, AnnotationRecord], object]
    ) -> Annotation:
        with self._telling(image_id):
            image = self._project.images.get(image_id)
            with self._project.database.read():
                self._check(image, version, wanted=True)
                record, text = self._read(image_id)
            with self._room_for(text or b""):
                session = Session.from_json(text or b"")
                return self._changed(image, record, session, change)

    def _changed(
        self,
        image: ImageRecord,
        record: AnnotationRecord,
        session: Session,
        change: Callable[[Session, AnnotationRecord], object],
    ) -> Annotation:
        try:
            change(session, record)
        except UsageError as error:
            raise Refused(422, "wrong-stroke", str(error)) from error
        self._check_size(session)
        content = session.to_json().encode()
        self._check_room(len(content))
        file = _new_file(image.id)
        target = self._project.folder / "annotations" / file
        write_bytes_atomic(target, content)
        try:
            seen = record.version
            return self._keep(image, seen, session, file, base=record.base, wanted=True)
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    def _keep(
        self,
        image: ImageRecord,
        version: int,
        session: Session,
        file: str,
        *,
        base: int,
        wanted: bool,
    ) -> Annotation:
        """Name a file that was written as the strokes of now, unless somebody was quicker.

        Nothing may fail once the file is named: who calls this removes the file then.
        """
        made = worded(AnnotationRecord(image.id, version, file, base), session, stale=True)
        erased = [each.model_dump(mode="json") for each in session.erased()]
        with self._project.database.write():
            before = self._check(image, version, wanted=wanted)
            record = self._project.annotations.put(image.id, file=file, base=base, erased=erased)
        self._remove(before)
        return made.model_copy(update={"version": record.version})

    def _check(self, image: ImageRecord, version: int, *, wanted: bool) -> AnnotationRecord:
        """Make sure that the writer has seen the strokes of now.

        Raises:
            Refused: 409.
        """
        record = self._project.annotations.get(image.id)
        now = 0 if record.file is None else record.version
        if version != now:
            raise changed_meanwhile("set of strokes", version, now, {})  # see `_telling`
        if wanted and record.file is None:
            raise Refused(
                409,
                "none",
                "there are no strokes on this photo yet; begin from the prediction or from nothing",
                current=NOTHING.as_current(),
            )
        return record

    @contextlib.contextmanager
    def _telling(self, image_id: str) -> Iterator[None]:
        """Tell who was too late what is there now, once no transaction is open any more."""
        try:
            yield
        except Refused as refused:
            if refused.reason == CHANGED:
                refused.current = self.get(image_id).as_current()
            raise

    @contextlib.contextmanager
    def _room_for(self, text: bytes) -> Iterator[None]:
        """Have large sessions, which take twenty times their size, worked on one at a time.

        Raises:
            Refused: 503, too many wait.
        """
        if len(text) <= _LIGHT_BYTES:
            yield
            return
        if not self._waiting.acquire(blocking=False):
            raise busy(f"{self._limits.sessions} photos with many strokes are being worked on")
        try:
            with self._heavy:
                yield
        finally:
            self._waiting.release()

    def _check_room(self, size_bytes: int) -> None:
        if size_bytes > self._limits.session_bytes:
            raise Refused(
                413,
                "too-large",
                "the strokes on this photo take too much room; undo some, or raise the threshold "
                "before you begin",
            )

    def _check_size(self, session: Session) -> None:
        most = self._limits.strokes
        if len(session.strokes) + session.undone > most:
            raise Refused(413, "too-many", f"the photo has {most:,} strokes, more are not taken")

    def _stroke(self, image_id: str, wanted: NewStroke) -> AnyStroke:
        if isinstance(wanted, TraceStroke):
            found = self.trace(image_id, wanted)
            settings = TraceSettings(bright=wanted.polarity == "bright")
            sides = {side: _tuples(found[side]) for side in ("left", "right")}
            try:
                points = _tuples(wanted.points)
                return Trace(points=points, settings=settings, label="crack", **sides)
            except ValidationError as error:
                raise Refused(
                    422, "wrong-stroke", "this trace is too short or too long; set other points"
                ) from error
        if isinstance(wanted, PolygonStroke):
            return Polygon(points=_tuples(wanted.points))
        if isinstance(wanted, RemoveStroke):
            return Remove(replaces=wanted.number)
        self._check_work(wanted)
        made = Brush if wanted.kind == "brush" else Erase
        return made(points=_tuples(wanted.points), radius_px=wanted.diameter_px / 2)

    def _check_work(self, wanted: BrushStroke) -> None:
        points = np.array(wanted.points)
        boxes = np.abs(np.diff(points, axis=0)) + wanted.diameter_px
        if boxes.prod(axis=1).sum() > self._limits.stroke_px:
            raise Refused(
                422, "too-large", "this stroke is too long for so wide a brush; draw it in parts"
            )

    def _read(self, image_id: str) -> tuple[AnnotationRecord, bytes | None]:
        with self._project.database.read():  # nobody removes the file meanwhile
            record = self._project.annotations.get(image_id)
            if record.file is None:
                return record, None
            return record, self._project.session(record).read_bytes()

    def _remove(self, record: AnnotationRecord) -> None:
        """Remove the file of strokes that no row names any more."""
        if record.file is not None:
            with self._project.database.read(), contextlib.suppress(OSError, Refused):
                self._project.session(record).unlink()


def _new_file(image_id: str) -> str:
    return f"{image_id}-{new_id()}.json"


def _tuples(points: Any) -> Any:
    return tuple((float(x), float(y)) for x, y in points)
