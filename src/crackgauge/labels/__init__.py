"""Labels as shapes: what people draw, and the files in which they exchange it.

Holds polylines, polygons and brush strokes as plain frozen values, their drawing into a mask, and
readers and writers of CVAT, COCO, Label Studio, labelme and GeoJSON.

Contract: coordinates are (x, y) with pixel corners at integers, so the centre of pixel (row 0,
column 0) is (0.5, 0.5); a drawn mask is bool (H, W). A file that cannot be read is an
`InputRefused` with its reason class. The room imports `arrays`, `files` and `errors` alone.
"""
