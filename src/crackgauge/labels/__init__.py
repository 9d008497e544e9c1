"""Labels as shapes: what people draw, and the files in which they exchange it.

Holds lines, outlined areas and masks as plain frozen values, their drawing, and readers and writers
of masks, COCO, CVAT (images 1.1), Label Studio, labelme and GeoJSON: a format is one file, and
`FORMATS` names them all.

Contract: coordinates are (x, y) with pixel corners at integers, so the centre of pixel (row 0,
column 0) is (0.5, 0.5); a drawn mask is bool (H, W). A file that cannot be read is an
`InputRefused` with its reason class; a shape that cannot is a `Problem` of its image. The room
imports `images`, `arrays`, `files` and `errors` alone.
"""

from crackgauge.labels.drawing import draw_lines, draw_shapes
from crackgauge.labels.formats import FORMATS, LabelFormat
from crackgauge.labels.reading import LABEL_SUFFIXES, LabelFile, find_image, read_labels
from crackgauge.labels.shapes import (
    ImageLabels,
    MaskShape,
    Polygon,
    Polyline,
    Problem,
    Shape,
)
from crackgauge.labels.writing import write_labels

__all__ = [
    "FORMATS",
    "LABEL_SUFFIXES",
    "ImageLabels",
    "LabelFile",
    "LabelFormat",
    "MaskShape",
    "Polygon",
    "Polyline",
    "Problem",
    "Shape",
    "draw_lines",
    "draw_shapes",
    "find_image",
    "read_labels",
    "write_labels",
]
