"""A model's predictions, in the size of the truths."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.pipeline.evaluation.scored_files import dataset, line, write

from crackgauge.errors import UsageError
from crackgauge.inference.predictor import Predictor
from crackgauge.pipeline import evaluate


def test_a_model_that_enlarges_is_scored_on_small_photos_and_large_truths(
    enlarging: Predictor, tmp_path: Path
) -> None:
    mask = line(9, 10, 11, height=20, width=24)
    root = dataset(tmp_path / "set", test={"a": mask})
    write(root / "masks", "a.png", mask.repeat(4, axis=0).repeat(4, axis=1))
    report = evaluate(model=enlarging, data=root, split="test")
    # Predicted is the photo's mask, each pixel 4 x 4; at the line's ends it loses some.
    assert report.scores["f1@0px"].value > 0.8
    assert report.evaluation.images[0].pixels == 16 * 20 * 24


def test_photos_of_the_truths_size_are_refused(
    enlarging: Predictor, predictor: Predictor, tmp_path: Path
) -> None:
    root = dataset(tmp_path / "set", test={"a": line(9, 10, 11)})
    with pytest.raises(UsageError, match="enlarged 4 times by the model it is 40 x 80 px"):
        evaluate(model=enlarging, data=root, split="test")
    write(root / "masks", "a.png", np.zeros((40, 20), bool))
    with pytest.raises(UsageError, match="exactly half of it"):
        evaluate(model=predictor, data=root, split="test")
