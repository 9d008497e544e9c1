"""Inspect a folder and list its widest cracks: widest_cracks.py PHOTOS OUT [MM_PER_PX]."""

import sys
from pathlib import Path

import pandas as pd

import crackgauge as cg

photos, out = Path(sys.argv[1]), Path(sys.argv[2])
mm_per_px = float(sys.argv[3]) if len(sys.argv) > 3 else None

summary = cg.inspect(photos, out, mm_per_px=mm_per_px)
for refused in summary.set_aside:
    print(f"set aside: {refused}")

width = "width_max_px" if mm_per_px is None else "width_max_mm"
cracks = pd.read_csv(out / "cracks.csv")
print(cracks.nlargest(5, width)[["image", width]].to_string(index=False))
