"""`crackgauge evaluate`: every metric of predictions, or of a model, from one pass."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from crackgauge.cli import options

EPILOG = options.examples(
    "crackgauge evaluate results/ dataset/ --split test --out scores/",
    "crackgauge evaluate results/ dataset/ --split test --threshold-from val",
    "crackgauge evaluate logits/ truths/ --predictions-are logits --threshold 0.5",
    "crackgauge evaluate --model default --data dataset/ --split test --out scores/",
    "crackgauge evaluate results/ dataset/ --split test --against others/ --out compared/",
    "crackgauge evaluate pairs.txt",
)

Kind = Literal[
    "auto", "masks", "probabilities", "probabilities-255", "probabilities-65535", "logits"
]
TruthRule = Literal["auto", "nonzero", "above-half", "below-half", "alpha", "labels"]

_READING = "How files are read"
_THRESHOLD = "Threshold"
_SCORES = "Scores"
_COMPARISON = "Comparison"


def command(
    predictions: Annotated[
        Path | None,
        typer.Argument(
            metavar="PREDICTIONS",
            help="What `crackgauge predict` wrote, a folder of masks or probabilities, a list of "
            "such files, or a list of predictions and truths.",
            show_default=False,
        ),
    ] = None,
    truths: Annotated[
        Path | None,
        typer.Argument(
            metavar="TRUTHS",
            help="Masks of the same names: a folder, a list, or a dataset.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            "-m",
            metavar="FILE",
            help="Instead of PREDICTIONS: a model file (.onnx), the folder of a training, or "
            "'default'. It predicts the images of --data.",
            rich_help_panel="Model",
            show_default=False,
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="The dataset of images and masks for --model.",
            rich_help_panel="Model",
            show_default=False,
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            "--split", metavar="NAME", help="The split of the dataset to score.", show_default=False
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Folder for metrics.json, per_image.csv, the curves and the worst images.",
            show_default=False,
        ),
    ] = None,
    predictions_are: Annotated[
        Kind,
        typer.Option(
            "--predictions-are",
            help="What the numbers mean; auto takes only what is certain for all files.",
            rich_help_panel=_READING,
        ),
    ] = "auto",
    resize_predictions: Annotated[
        Literal["nearest", "bilinear"] | None,
        typer.Option(
            "--resize-predictions",
            help="Bring predictions to the size of their truth; without it sizes must agree.",
            rich_help_panel=_READING,
            show_default=False,
        ),
    ] = None,
    truth_rule: Annotated[
        TruthRule,
        typer.Option(
            "--truth-rule",
            help="Which pixels of a truth are crack; auto refuses what is not certain.",
            rich_help_panel=_READING,
        ),
    ] = "auto",
    crack_label: Annotated[
        list[int] | None,
        typer.Option(
            "--crack-label",
            metavar="N",
            help="A value of the truths that is crack; give it again for more.",
            rich_help_panel=_READING,
            show_default=False,
        ),
    ] = None,
    group_pattern: Annotated[
        str | None,
        typer.Option(
            "--group-pattern",
            metavar="REGEX",
            help="What of a name is the source photo; without it all up to the last '-'.",
            rich_help_panel=_READING,
            show_default=False,
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            metavar="P",
            help="A pixel is crack from this probability on; without it what the model, or "
            "`crackgauge predict`, recorded.",
            rich_help_panel=_THRESHOLD,
            show_default=False,
        ),
    ] = None,
    threshold_from: Annotated[
        str | None,
        typer.Option(
            "--threshold-from",
            metavar="VAL",
            help="Choose it on this split of the dataset (best pooled F1 at 2 px), or take the "
            "best one of the metrics.json of an earlier evaluation of validation images.",
            rich_help_panel=_THRESHOLD,
            show_default=False,
        ),
    ] = None,
    tolerance_px: Annotated[
        list[float] | None,
        typer.Option(
            "--tolerance-px",
            metavar="PX",
            help="A tolerance; give it again for more. Without it 0, 2 and 5.",
            rich_help_panel=_SCORES,
            show_default=False,
        ),
    ] = None,
    tolerance_diagonal: Annotated[
        list[float] | None,
        typer.Option(
            "--tolerance-diagonal",
            metavar="F",
            help="A further tolerance, as a fraction of the image's diagonal.",
            rich_help_panel=_SCORES,
            show_default=False,
        ),
    ] = None,
    thin: Annotated[
        bool,
        typer.Option(
            "--thin",
            help="Score the curves that the masks stand for: parts below 30 px left out, then "
            "thinned to one pixel.",
            rich_help_panel=_SCORES,
        ),
    ] = False,
    images: Annotated[
        Path | None,
        typer.Option(
            "--images",
            metavar="DIR",
            help="Super-resolved images, for PSNR and SSIM against --originals.",
            rich_help_panel=_SCORES,
            show_default=False,
        ),
    ] = None,
    originals: Annotated[
        Path | None,
        typer.Option(
            "--originals",
            metavar="DIR",
            help="What the super-resolved images should look like.",
            rich_help_panel=_SCORES,
            show_default=False,
        ),
    ] = None,
    worst: Annotated[
        int,
        typer.Option(
            "--worst",
            min=0,
            max=100,
            metavar="N",
            help="Pictures in worst.png: the images with the lowest F1.",
            rich_help_panel=_SCORES,
        ),
    ] = 12,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against",
            metavar="B",
            help="Compare with these predictions, or with this model where --model is given.",
            rich_help_panel=_COMPARISON,
            show_default=False,
        ),
    ] = None,
    against_are: Annotated[
        Kind | None,
        typer.Option(
            "--against-are",
            help="What the numbers of B mean; without it as --predictions-are.",
            rich_help_panel=_COMPARISON,
            show_default=False,
        ),
    ] = None,
    against_threshold: Annotated[
        float | None,
        typer.Option(
            "--against-threshold",
            metavar="P",
            help="The threshold of B; without it as for A.",
            rich_help_panel=_COMPARISON,
            show_default=False,
        ),
    ] = None,
    against_threshold_from: Annotated[
        str | None,
        typer.Option(
            "--against-threshold-from",
            metavar="VAL",
            help="As --threshold-from, for B.",
            rich_help_panel=_COMPARISON,
            show_default=False,
        ),
    ] = None,
    tta: options.AugmentationOption = "none",
    tile: options.TileOption = None,
    backend: options.BackendOption = "auto",
    device: options.DeviceOption = "auto",
    threads: options.ThreadsOption = None,
    precision: options.PrecisionOption = "f32",
    quiet: options.QuietOption = False,
) -> None:
    """Score predictions against truths, or a model on a dataset: every metric, from one pass.

    Files pair by their names without suffix and must agree in size. Scores are fractions, pooled
    over all images, with the mean over images beside them. Of what `crackgauge predict` wrote, the
    probabilities are scored where a threshold is given, is to be chosen or is recorded in run.json,
    else the masks. A threshold that is neither given nor recorded is chosen on the evaluated
    images, and every output says so.
    """
    from crackgauge.cli.evaluate_tables import show_report
    from crackgauge.cli.progress import TerminalProgress
    from crackgauge.pipeline import evaluate
    from crackgauge.pipeline.evaluation.verb import TOLERANCES_PX
    from crackgauge.pipeline.stopping import stoppable

    advice = "the files are written at the end: run it again"
    with stoppable(advice), TerminalProgress(quiet=quiet) as progress:
        report = evaluate(
            predictions,
            truths,
            out,
            model=model,
            data=data,
            split=split,
            against=against,
            predictions_are=predictions_are,
            against_are=against_are,
            resize_predictions=resize_predictions,
            truth_rule=truth_rule,
            crack_labels=crack_label,
            threshold=threshold,
            threshold_from=threshold_from,
            against_threshold=against_threshold,
            against_threshold_from=against_threshold_from,
            tolerances_px=tolerance_px or TOLERANCES_PX,
            tolerances_diagonal=tolerance_diagonal or (),
            thin=thin,
            images=images,
            originals=originals,
            group_pattern=group_pattern,
            worst=worst,
            augmentation=tta,
            tile=tile,
            backend=backend,
            device=device,
            threads=threads,
            precision=precision,
            progress=progress,
        )
    if not quiet:
        show_report(report, out)
