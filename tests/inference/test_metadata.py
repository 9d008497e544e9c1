from __future__ import annotations

from fractions import Fraction

import pytest
from pydantic import ValidationError

from crackgauge.errors import ModelFileError
from crackgauge.inference.metadata import ModelMetadata, parse_metadata


def test_json_reads_back_to_the_same_description():
    metadata = ModelMetadata(
        architecture="attention-unet",
        options={"filters": [16, 32]},
        scores={"uav315 val": {"f1_2px": 0.75, "command": "crackgauge evaluate"}},
        output_scale=0.5,
    )
    assert parse_metadata(metadata.to_json(), source="a.onnx") == metadata
    assert metadata.output_fraction == Fraction(1, 2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mean": (0.5,)}, "mean has 1 values for 3 channels"),
        ({"std": (0.5, 0.0, 0.5)}, "std must be positive"),
        ({"tile": 100}, "no multiple of the stride"),
        ({"output_scale": 0.3}, "does not fit stride 8"),
        ({"output_scale": 1.5}, "above 1 must be a whole number"),
        ({"preprocessing": ("standardise-clahe-gamma",)}, "one grey channel"),
        ({"threshold": float("nan")}, "finite"),
        ({"threshhold": 0.3}, "Extra inputs"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        ModelMetadata(architecture="attention-unet", **changes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "a.onnx: its description is no JSON"),
        ("[" * 100_000, "a.onnx: its description"),
        ("[]", "a.onnx: its description does not fit: the whole"),
        ("{}", "a.onnx: its description does not fit: architecture"),
        ('{"format": 2, "layers": []}', "got a description of format 2, .* install a newer"),
        ('{"architecture": "a", "threshold": 2}', "threshold: .* less than or equal to 1"),
    ],
)
def test_a_text_that_is_no_description_is_one_sentence(text, message):
    with pytest.raises(ModelFileError, match=message) as caught:
        parse_metadata(text, source="a.onnx")
    assert "\n" not in str(caught.value)
