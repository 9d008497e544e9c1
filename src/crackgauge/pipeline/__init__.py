"""The product's verbs as functions: what the command line and the web page call.

Contract: a verb takes a source and an output folder, tells its progress through a callback, sets
aside what it cannot read, can be stopped and goes on where it stopped, and returns how it ended.
Its outputs depend on the inputs and settings alone. Nothing here prints or reads the command line.
"""

from crackgauge.pipeline.evaluation.report import EvaluationReport
from crackgauge.pipeline.evaluation.verb import evaluate
from crackgauge.pipeline.inspection import inspect
from crackgauge.pipeline.measurement import measure_files
from crackgauge.pipeline.prediction import predict
from crackgauge.pipeline.proposals import propose
from crackgauge.pipeline.summary import Progress, ProgressEvent, RunSummary, SetAside
from crackgauge.pipeline.survey_report import report_survey
from crackgauge.pipeline.visits import compare

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
