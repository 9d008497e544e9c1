"""The product's verbs as functions: what the command line and the web page call.

Contract: a verb takes a source and an output folder, tells its progress through a callback, sets
aside what it cannot read, can be stopped and goes on where it stopped, and returns how it ended.
Its outputs depend on the inputs and settings alone. Nothing here prints or reads the command line.
The names below are loaded when they are first used: a verb does not wait for what others need.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crackgauge.pipeline.evaluation.report import EvaluationReport as EvaluationReport
    from crackgauge.pipeline.evaluation.verb import evaluate as evaluate
    from crackgauge.pipeline.inspection import inspect as inspect
    from crackgauge.pipeline.measurement import measure_files as measure_files
    from crackgauge.pipeline.prediction import predict as predict
    from crackgauge.pipeline.proposals import propose as propose
    from crackgauge.pipeline.summary import Progress as Progress
    from crackgauge.pipeline.summary import ProgressEvent as ProgressEvent
    from crackgauge.pipeline.summary import RunSummary as RunSummary
    from crackgauge.pipeline.summary import SetAside as SetAside
    from crackgauge.pipeline.survey_report import report_survey as report_survey
    from crackgauge.pipeline.visits import compare as compare

# What the name is -> the module of this room that holds it.
_HOMES = {
    "EvaluationReport": "evaluation.report",
    "evaluate": "evaluation.verb",
    "inspect": "inspection",
    "measure_files": "measurement",
    "predict": "prediction",
    "propose": "proposals",
    "Progress": "summary",
    "ProgressEvent": "summary",
    "RunSummary": "summary",
    "SetAside": "summary",
    "report_survey": "survey_report",
    "compare": "visits",
}

__all__ = [
    "EvaluationReport",
    "Progress",
    "ProgressEvent",
    "RunSummary",
    "SetAside",
    "compare",
    "evaluate",
    "inspect",
    "measure_files",
    "predict",
    "propose",
    "report_survey",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
