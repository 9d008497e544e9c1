"""Options that several commands share, worded once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import typer

Device = Literal["auto", "cpu", "cuda"]
Backend = Literal["auto", "onnxruntime", "openvino", "torch"]
Precision = Literal["f32", "bf16"]
Augmentation = Literal["none", "flips", "flips+scales"]
ProbabilityFormat = Literal["png", "tif", "none"]

_MODEL = "Model"
_OUTPUT = "Output"
_RUN = "Run"

SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="An image, a folder of images, or a pattern in quotes such as 'day1/*.jpg'.",
        show_default=False,
    ),
]
OutOption = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        metavar="DIR",
        help="Folder for the results. A stopped run goes on when it is started again.",
        rich_help_panel=_OUTPUT,
        show_default=False,
    ),
]
FormatsOption = Annotated[
    str,
    typer.Option(
        "--formats",
        "-f",
        metavar="NAMES",
        help="What to write, with commas between: csv, html, pdf, xlsx, geojson, gpkg, dxf, coco, "
        "geotiff, all. `crackgauge report --help` explains them.",
        rich_help_panel=_OUTPUT,
    ),
]
OverwriteOption = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Begin again, whatever an earlier run left in the folder.",
        rich_help_panel=_OUTPUT,
    ),
]
ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model",
        "-m",
        metavar="FILE",
        help="A model file (.onnx) or the folder of a training; without it the default model.",
        rich_help_panel=_MODEL,
        show_default=False,
    ),
]
ThresholdOption = Annotated[
    float | None,
    typer.Option(
        "--threshold",
        metavar="P",
        help="A pixel is crack from this probability on; without it the model's own threshold.",
        rich_help_panel=_MODEL,
        show_default=False,
    ),
]
AugmentationOption = Annotated[
    Augmentation,
    typer.Option(
        "--tta",
        help="Take the mean over flipped copies (4 passes), or flipped and scaled ones (8 passes).",
        rich_help_panel=_MODEL,
    ),
]
TileOption = Annotated[
    int | None,
    typer.Option(
        "--tile",
        metavar="PX",
        help="Side of the pieces of a large image, a multiple of 512; smaller needs less memory.",
        rich_help_panel=_RUN,
        show_default=False,
    ),
]
UpscaleOption = Annotated[
    int | None,
    typer.Option(
        "--upscale",
        metavar="N",
        help="Find cracks in the photo enlarged N times, for a low-resolution photo; needs a model "
        "that enlarges so (--model), such as one of the preset cssr.",
        rich_help_panel=_MODEL,
        show_default=False,
    ),
]
PrecisionOption = Annotated[
    Precision,
    typer.Option(
        "--precision",
        help="bf16 is faster with --backend openvino, and not equal to the last digit.",
        rich_help_panel=_RUN,
    ),
]
BackendOption = Annotated[
    Backend,
    typer.Option("--backend", help="What runs the network.", rich_help_panel=_RUN),
]
DeviceOption = Annotated[
    Device,
    typer.Option("--device", help="Where the network runs.", rich_help_panel=_RUN),
]
ThreadsOption = Annotated[
    int | None,
    typer.Option(
        "--threads",
        metavar="N",
        help="Threads of the network; without it one a core.",
        rich_help_panel=_RUN,
        show_default=False,
    ),
]
NoRecursiveOption = Annotated[
    bool,
    typer.Option("--no-recursive", help="Leave folders inside the folder.", rich_help_panel=_RUN),
]
QuietOption = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="No progress and no summary; errors only.", rich_help_panel=_RUN
    ),
]


def help_text(command: Callable[..., object]) -> str:
    """Word a command's docstring as its help: paragraphs stay, lines within them flow."""
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def examples(*lines: str) -> str:
    """Word the examples at the foot of a help text, one a line."""
    return "\n\n".join(("Examples:", *(line.replace("[", r"\[") for line in lines)))


def one_line(text: str) -> str:
    r"""Make text safe for a terminal: what cannot be printed, such as in a file name, is escaped.

    >>> one_line("a" + chr(10) + "b" + chr(27) + "c" + chr(0xDCE9))
    'a\\nb\\x1bc\\udce9'
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )
