from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import crackgauge


def test_the_import_costs_nothing() -> None:
    heavy = {"torch", "onnxruntime", "pandas", "cv2", "numpy", "scipy", "PIL"}
    code = f"import sys, crackgauge; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", sorted(set(crackgauge.__all__) - {"__version__"}))
def test_every_public_name_can_be_called(name: str) -> None:
    assert name in dir(crackgauge)
    assert callable(getattr(crackgauge, name))


def test_measure_stays_a_function_after_its_room_is_imported() -> None:
    import crackgauge.measure.survey  # which puts the room itself under the name

    mask = np.zeros((20, 40), np.bool_)
    mask[9:12, 5:35] = True
    survey = crackgauge.measure(mask, mm_per_px=0.5)
    assert survey.cracks["width_median_mm"].tolist() == [1.5]


def test_a_version() -> None:
    assert crackgauge.__version__[0].isdigit()


def test_an_unknown_name() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'mesure'"):
        crackgauge.mesure  # noqa: B018
