"""`crackgauge trace`: a crack between clicked points."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperCommand

from crackgauge.cli import options
from crackgauge.errors import UsageError

if TYPE_CHECKING:
    from crackgauge.pipeline.tracing import TraceOutcome

EPILOG = options.examples(
    "crackgauge trace deck.jpg --points 120,310 980,355 --out labels/",
    "crackgauge trace deck.jpg --points 120,310 540,290 980,355 --model default --out labels/",
    "crackgauge trace deck.jpg --points 120,310 980,355 --points 540,320 560,900 --out labels/",
    "crackgauge trace deck.jpg --propose --model default --out labels/",
)
_LISTS = ("--points", "--erase")
_PATH = "Path"


class PointsCommand(TyperCommand):
    """Takes several points after one `--points`: they reach the option as one text."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Join the points, then parse."""
        return super().parse_args(ctx, gather_points(args))


COMMAND_CLASS = PointsCommand


def gather_points(arguments: Sequence[str]) -> list[str]:
    """Join what follows an option of points, up to the next option, to one argument.

    >>> gather_points(["a.jpg", "--points", "1,2", "-3,4", "--out", "dir", "b"])
    ['a.jpg', '--points', '1,2 -3,4', '--out', 'dir', 'b']
    """
    gathered: list[str] = []
    joining = False
    for argument in arguments:
        joining = joining and ("," in argument or not argument.startswith("-"))
        if joining and gathered[-1] in _LISTS:
            gathered.append(argument)
        elif joining and "," in argument:
            gathered[-1] += f" {argument}"
        else:
            gathered.append(argument)
            joining = argument in _LISTS
    return gathered


def command(
    image: Annotated[
        Path,
        typer.Argument(metavar="IMAGE", help="The photo.", show_default=False),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Folder for the results.",
            rich_help_panel="Output",
            show_default=False,
        ),
    ],
    points: Annotated[
        list[str] | None,
        typer.Option(
            "--points",
            metavar="X,Y X,Y ...",
            help="Ends of a crack in px from the upper left corner; points between them, in order, "
            "are passed through. Again for another crack.",
            rich_help_panel=_PATH,
            show_default=False,
        ),
    ] = None,
    erase: Annotated[
        list[str] | None,
        typer.Option(
            "--erase",
            metavar="X,Y X,Y ...",
            help="A line that is erased first and that no path passes. Again for another line.",
            rich_help_panel=_PATH,
            show_default=False,
        ),
    ] = None,
    eraser_px: Annotated[
        float,
        typer.Option("--eraser-px", metavar="PX", help="Its radius.", rich_help_panel=_PATH),
    ] = 4.0,
    bright: Annotated[
        bool,
        typer.Option(
            "--bright",
            help="The crack is brighter than what is around it.",
            rich_help_panel=_PATH,
        ),
    ] = False,
    pooling: Annotated[
        int,
        typer.Option(
            "--pooling",
            metavar="N",
            help="Seek the path in the image reduced by N; for wide cracks in large photos.",
            rich_help_panel=_PATH,
        ),
    ] = 1,
    reach_px: Annotated[
        float,
        typer.Option(
            "--reach-px",
            metavar="PX",
            help="Half the width of the widest crack.",
            rich_help_panel=_PATH,
        ),
    ] = 24.0,
    session: Annotated[
        Path | None,
        typer.Option(
            "--session",
            metavar="FILE",
            help="Go on with the session that an earlier trace wrote.",
            rich_help_panel=_PATH,
            show_default=False,
        ),
    ] = None,
    probability: Annotated[
        Path | None,
        typer.Option(
            "--probability",
            metavar="FILE",
            help="A probability map of the photo, from predict; draws the path to it.",
            rich_help_panel="Model",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            "-m",
            metavar="FILE",
            help="Instead of a map a model file, the folder of a training, or 'default'.",
            rich_help_panel="Model",
            show_default=False,
        ),
    ] = None,
    propose: Annotated[
        bool,
        typer.Option(
            "--propose",
            help="Take the prediction as traces, which the points then add to.",
            rich_help_panel="Model",
        ),
    ] = False,
    threshold: options.ThresholdOption = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="Replace the session that is there; without it only --session goes on with it.",
            rich_help_panel="Output",
        ),
    ] = False,
) -> None:
    """Trace a crack between points, with its edges.

    Writes DIR/NAME_mask.png (0 and 255), DIR/NAME_session.json, which holds every stroke, and
    DIR/NAME_overlay.png. Needs the extra `trace`.
    """
    from crackgauge.annotate import TraceSettings
    from crackgauge.pipeline.tracing import trace

    outcome = trace(
        image,
        out,
        points=[parse_points(line) for line in points or ()],
        erase=[parse_points(line) for line in erase or ()],
        eraser_px=eraser_px,
        session=session,
        probability=probability,
        model=model,
        proposals=propose,
        threshold=threshold,
        settings=TraceSettings(bright=bright, pooling=pooling, reach_px=reach_px),
        overwrite=overwrite,
    )
    _show(outcome)


def parse_points(text: str) -> list[tuple[float, float]]:
    """Read points such as `12,30 45.5,31`.

    Raises:
        UsageError: something else.

    >>> parse_points("12,30 45.5,31")
    [(12.0, 30.0), (45.5, 31.0)]
    """
    found = []
    for pair in text.split():
        try:
            x, y = (float(number) for number in pair.split(","))
        except ValueError as error:
            raise UsageError(
                f"got the point {pair!r}, expected x,y in px such as 120,310.5, with points "
                "divided by spaces"
            ) from error
        found.append((x, y))
    return found


def _show(outcome: TraceOutcome) -> None:
    if outcome.proposed:
        typer.echo(f"{outcome.proposed} traces from the prediction")
    for number, trace in zip(outcome.added, outcome.traces(), strict=True):
        edges = trace.edges
        length_px = edges.length_px
        typer.echo(
            f"trace {number}: {length_px:.0f} px long, {edges.width_px.mean():.1f} px wide, "
            f"{edges.width_px.max():.1f} px at most"
        )
    typer.echo(options.one_line(str(outcome.mask)))
