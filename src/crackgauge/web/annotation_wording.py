"""Strokes made by hand, from a session to what goes over the wire."""

from __future__ import annotations

from crackgauge.annotate import AnyStroke, Brush, Erase, Polygon, Remove, Session
from crackgauge.web.annotation_schemas import Annotation, Stroke
from crackgauge.web.annotation_table import AnnotationRecord

NOTHING = Annotation(
    version=0, state="none", stale=False, can_undo=False, can_redo=False, strokes=[]
)
_DECIMALS = 2


def worded(record: AnnotationRecord, session: Session, *, stale: bool) -> Annotation:
    """Word the strokes on a photo.

    Args:
        record: of the photo.
        session: its strokes.
        stale: they are newer than the measures of the photo.
    """
    return Annotation(
        version=record.version,
        state="edited",
        stale=stale,
        can_undo=len(session.strokes) > record.base,
        can_redo=session.undone > 0,
        strokes=[_shown(number, stroke) for number, stroke in session.current().items()],
    )


def _shown(number: int, stroke: AnyStroke) -> Stroke:
    if isinstance(stroke, Remove):
        raise TypeError("a removal does not show")
    points = list(stroke.points)
    if isinstance(stroke, (Brush, Erase)):
        return Stroke(
            number=number, kind=stroke.kind, points=points, diameter_px=2 * stroke.radius_px
        )
    if isinstance(stroke, Polygon):
        return Stroke(number=number, kind=stroke.kind, points=points)
    edges = stroke.edges
    return Stroke(
        number=number,
        kind=stroke.kind,
        points=points,
        centre=edges.centre.round(_DECIMALS).tolist(),
        left=list(stroke.left),
        right=list(stroke.right),
        mean_width_px=round(float(edges.width_px.mean()), _DECIMALS),
        length_px=round(edges.length_px, _DECIMALS),
    )
