"""From a few clicks to a traced crack.

Holds orientation scores, geodesic paths between clicked points, crack edges on both sides of a
path, and the session that keeps the strokes and can undo them.

Contract: clicks are (x, y) as in `labels`; a centre line and its two edges are float64 (K, 2) of
(x, y), with the width in px; edges become a polygon and, at last, a bool (H, W) mask, where tracing
joins what the networks give. The dear part runs once an image, the cheap part once a click. No
torch; numba, of the extra `trace`, is loaded at the first trace.
"""

from crackgauge.annotate.edges import Edges
from crackgauge.annotate.session import AnyStroke, Session
from crackgauge.annotate.settings import TraceSettings
from crackgauge.annotate.strokes import Brush, Erase, Polygon, Remove, Trace
from crackgauge.annotate.tracer import Tracer

__all__ = [
    "AnyStroke",
    "Brush",
    "Edges",
    "Erase",
    "Polygon",
    "Remove",
    "Session",
    "Trace",
    "TraceSettings",
    "Tracer",
]
