"""What a model is asked before it is applied."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crackgauge.errors import UsageError
from crackgauge.images import write_image
from crackgauge.inference.predictor import Predictor
from crackgauge.pipeline import inspect


def test_a_model_of_bands_is_not_measured_with(predictor: Predictor, tmp_path: Path) -> None:
    described = predictor.metadata.model_copy(update={"postprocessing": ("thin",)})
    model = Predictor(described, predictor.network().backend, digest=predictor.digest)
    write_image(tmp_path / "photos" / "a.png", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(UsageError, match="bands around cracks"):
        inspect(tmp_path / "photos", tmp_path / "out", model=model)
    assert not (tmp_path / "out" / "run.json").exists()
