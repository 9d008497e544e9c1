"""From a few clicks to a traced crack.

Holds orientation scores, geodesic paths between clicked points, crack edges on both sides of a
path, and the session that keeps the clicks and can undo them.

Contract: clicks are (x, y) as in `labels`; a path is float64 (K, 2) of (x, y); edges become a
polygon and, at last, a bool (H, W) mask, where tracing joins what the networks give. The dear part
runs once an image, the cheap part once a click. No torch.
"""
