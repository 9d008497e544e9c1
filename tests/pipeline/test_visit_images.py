from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

from crackgauge.images import write_mask
from crackgauge.pipeline import measure_files
from crackgauge.pipeline.survey_folder import read_survey_folder
from crackgauge.pipeline.visit_images import pair_images


def _visit(folder: Path, *names: str) -> Path:
    mask = np.zeros((40, 60), bool)
    mask[18:22, 10:50] = True
    for name in names:
        path = folder / "masks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".tif":
            tifffile.imwrite(path, 255 * mask.astype(np.uint8))
        else:
            write_mask(path, mask)
    measure_files(folder / "masks", folder / "out", formats="csv")
    return folder / "out"


def test_images_are_paired_whatever_their_suffix(tmp_path: Path) -> None:
    before = read_survey_folder(_visit(tmp_path / "a", "x.png", "y.png", "only-here.png"))
    after = read_survey_folder(_visit(tmp_path / "b", "x.tif", "y.png", "only-there.png"))
    assert pair_images(before, after) == [("x.png", "x.tif"), ("y.png", "y.png")]
