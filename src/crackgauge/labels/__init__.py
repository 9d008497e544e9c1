"""Labels as shapes: what people draw, and the files in which they exchange it.

Holds polylines and outlines as plain frozen values, their drawing as curves, and readers of CVAT
(images 1.1), labelme and GeoJSON. Other formats and writers are to come: a format is one file.

Contract: coordinates are (x, y) with pixel corners at integers, so the centre of pixel (row 0,
column 0) is (0.5, 0.5); a drawn mask is bool (H, W). A file that cannot be read is an
`InputRefused` with its reason class. The room imports `images`, `arrays` and `errors` alone.
"""

from crackgauge.labels.drawing import draw_lines
from crackgauge.labels.reading import LABEL_SUFFIXES, find_image, read_labels
from crackgauge.labels.shapes import ImageLabels, Polyline

__all__ = ["LABEL_SUFFIXES", "ImageLabels", "Polyline", "draw_lines", "find_image", "read_labels"]
