"""Find cracks in images, measure them, report them.

    import crackgauge as cg

    model = cg.open_model()                       # the embedded default, an .onnx file or a run
    probability = model.predict("deck.jpg")       # float32 (H, W) in [0, 1]
    survey = cg.measure(probability >= model.threshold, mm_per_px=0.21)

The names below are loaded when they are first used, so that `import crackgauge` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crackgauge.images import read_image as read_image
    from crackgauge.images import read_mask as read_mask
    from crackgauge.inference.predictor import open_model as open_model
    from crackgauge.pipeline import compare as compare
    from crackgauge.pipeline import evaluate as evaluate
    from crackgauge.pipeline import inspect as inspect
    from crackgauge.pipeline import measure_files as measure_files
    from crackgauge.pipeline import predict as predict
    from crackgauge.pipeline import report_survey as report_survey

# What the name is -> the module that holds it. `measure` is the room itself: a callable module.
_HOMES = {
    "open_model": "crackgauge.inference.predictor",
    "read_image": "crackgauge.images",
    "read_mask": "crackgauge.images",
    "inspect": "crackgauge.pipeline",
    "measure_files": "crackgauge.pipeline",
    "predict": "crackgauge.pipeline",
    "evaluate": "crackgauge.pipeline",
    "report_survey": "crackgauge.pipeline",
    "compare": "crackgauge.pipeline",
}

__all__ = [
    "__version__",
    "compare",
    "evaluate",
    "inspect",
    "measure",
    "measure_files",
    "open_model",
    "predict",
    "read_image",
    "read_mask",
    "report_survey",
]


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("crackgauge")
    except PackageNotFoundError:  # a source tree on the path that was never installed
        return "0+unknown"


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value: Any = _version()
    elif name == "measure":
        value = importlib.import_module("crackgauge.measure")
    elif name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module 'crackgauge' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
