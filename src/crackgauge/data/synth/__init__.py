"""Rendered crack photographs with exact truth: mask, centre lines, widths, length."""

from crackgauge.data.synth.camera import Camera
from crackgauge.data.synth.cracking import FILLINGS
from crackgauge.data.synth.dataset import write_dataset
from crackgauge.data.synth.networks import PATTERNS
from crackgauge.data.synth.render import DISTRACTORS, SURFACES, Rendered, render
from crackgauge.data.synth.samples import render_sample_photos
from crackgauge.data.synth.strokes import Stroke, coverage

__all__ = [
    "DISTRACTORS",
    "FILLINGS",
    "PATTERNS",
    "SURFACES",
    "Camera",
    "Rendered",
    "Stroke",
    "coverage",
    "render",
    "render_sample_photos",
    "write_dataset",
]
