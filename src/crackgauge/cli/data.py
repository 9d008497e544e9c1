"""`crackgauge data check | convert | split | synth | patches`: datasets of images and masks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crackgauge.cli import data_convert, data_from_project, data_patches, options
from crackgauge.errors import UsageError

if TYPE_CHECKING:
    from crackgauge.data.doctor import DoctorReport

app = typer.Typer(
    help="Check, convert, split, render and cut datasets of images and masks.",
    no_args_is_help=True,
)
app.command("convert", epilog=data_convert.EPILOG)(data_convert.command)
app.command("patches", epilog=data_patches.EPILOG)(data_patches.command)
app.command("from-project", epilog=data_from_project.EPILOG)(data_from_project.command)

_SHOWN = 8  # of each kind

DatasetArgument = Annotated[
    Path,
    typer.Argument(
        metavar="DIR",
        help="The folder of a dataset, or a list file of two columns.",
        show_default=False,
    ),
]
LayoutOption = Annotated[
    str,
    typer.Option("--layout", metavar="NAME", help="How the files lie; found out by itself."),
]
GroupOption = Annotated[
    str | None,
    typer.Option(
        "--group-pattern",
        metavar="REGEX",
        help="What of a name is the source photo; without it all up to the last '-'.",
        show_default=False,
    ),
]


@app.command(
    "check",
    epilog=options.examples(
        "crackgauge data check dataset/ --out checked/",
        r"crackgauge data check tiles/ --group-pattern '^(.+)_\d+$'",
    ),
)
def check(
    root: DatasetArgument,
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Folder for contact_sheet.html and the tables."
        ),
    ] = Path("data_check"),
    layout: LayoutOption = "auto",
    group_pattern: GroupOption = None,
    cards: Annotated[
        int,
        typer.Option("--cards", min=1, metavar="N", help="Pairs on the contact sheet."),
    ] = 400,
    quiet: options.QuietOption = False,
) -> int:
    """Look for what is wrong with a dataset: pairs, encodings, wrong truths, copies, leaks.

    Writes contact_sheet.html, problems.csv and pairs.csv. Ends with 0 where the set is clean,
    with 3 where it has problems.
    """
    from crackgauge.cli.running import counted
    from crackgauge.data import contact_sheet, doctor, doctor_tables

    advice = "the check writes its files at the end: run it again"
    with counted(quiet=quiet, advice=advice) as progress:
        report = doctor.check(root, layout=layout, group_pattern=group_pattern, progress=progress)
        doctor_tables.write_problems_csv(out / "problems.csv", report)
        doctor_tables.write_pairs_csv(out / "pairs.csv", report)
        contact_sheet.write_contact_sheet(out / "contact_sheet.html", report, max_cards=cards)
    if not quiet:
        _show(report)
        typer.echo(str(out / "contact_sheet.html"))
    return report.exit_code


def _show(report: DoctorReport) -> None:
    """Print what was found, by kind, and the first findings."""
    from rich.console import Console
    from rich.table import Table

    from crackgauge.data.doctor_findings import KINDS, PROBLEMS

    console = Console(highlight=False, soft_wrap=True)
    splits = ", ".join(f"{count} in {name or 'no split'}" for name, count in report.splits.items())
    rules = ", ".join(f"{rule} ({count})" for rule, count in report.mask_rules.items())
    console.print(f"{len(report.examined)} images, layout {report.layout}: {splits}", markup=False)
    console.print(f"masks read by the rule: {rules or 'none'}", markup=False)
    if not report.findings:
        console.print("clean: nothing found", style="green")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("finding", "number", "what it means"):
        table.add_column(heading, justify="right" if heading == "number" else "left")
    for kind, count in report.counts.items():
        table.add_row(kind, str(count), KINDS[kind], style="red" if kind in PROBLEMS else None)
    console.print(table)
    left = 0
    for kind in (kind for kind in report.counts if kind in PROBLEMS):
        findings = [finding for finding in report.problems if finding.kind == kind]
        left += len(findings[_SHOWN:])
        for finding in findings[:_SHOWN]:
            place = f"{finding.split}: " if finding.split and kind != "leak-group" else ""
            console.print(f"{kind}: {place}{finding.stem}: {finding.detail}", markup=False)
    if left:
        console.print(f"... and {left} more: problems.csv holds all", markup=False)


@app.command(
    "split",
    epilog=options.examples(
        "crackgauge data split dataset/ --out splits/",
        "crackgauge data split dataset/ --out splits/ --share train=0.8 --share test=0.2 --seed 7",
    ),
)
def split(
    root: DatasetArgument,
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Folder for the lists.", show_default=False
        ),
    ],
    share: Annotated[
        list[str] | None,
        typer.Option(
            "--share",
            metavar="NAME=SHARE",
            help="A split and its share; without it train=0.6, val=0.2, test=0.2.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Another seed, another split.")] = 0,
    layout: LayoutOption = "auto",
    group_pattern: GroupOption = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace lists that are there.")
    ] = False,
) -> None:
    """Divide a dataset anew, all crops of one source photo into one split.

    Writes NAME.txt for each split, with an image and its mask a line; the folder of the lists is
    itself a dataset. Splits that the dataset came with are passed over.
    """
    from crackgauge.data.pairs import find_pairs
    from crackgauge.data.splits import split_by_group, write_splits

    fractions = _fractions(share or ["train=0.6", "val=0.2", "test=0.2"])
    there = [name for name in fractions if (out / f"{name}.txt").exists()]
    if there and not overwrite:
        raise UsageError(
            f"{out / there[0]}.txt is there already; choose another folder, or replace it with "
            "--overwrite"
        )
    pairs = find_pairs(root, layout=layout, group_pattern=group_pattern)
    splits = split_by_group(pairs, fractions, seed)
    write_splits(out, splits)
    for name, members in splits.items():
        groups = len({pair.group for pair in members})
        typer.echo(f"{name}: {len(members)} images from {groups} source photos")
    typer.echo(str(out))


def _fractions(shares: list[str]) -> dict[str, float]:
    """Read `train=0.7`.

    >>> _fractions(["train=0.75", "test=0.25"])
    {'train': 0.75, 'test': 0.25}
    """
    fractions: dict[str, float] = {}
    for text in shares:
        name, equals, value = text.partition("=")
        try:
            fractions[name.strip()] = float(value)
        except ValueError:
            equals = ""
        if not equals or not name.strip().isidentifier():
            raise UsageError(f"got the share {text!r}, expected a name and a number: train=0.7")
    return fractions


@app.command(
    "synth",
    epilog=options.examples(
        "crackgauge data synth --out rendered/ --count 200",
        "crackgauge data synth --out steel/ --count 50 --surface steel --size 1024x768 --seed 3",
    ),
)
def synth(
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Folder for the dataset.", show_default=False
        ),
    ],
    count: Annotated[
        int, typer.Option("--count", min=1, metavar="N", help="How many photographs.")
    ] = 100,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, other pictures.")] = 0,
    size: Annotated[
        str, typer.Option("--size", metavar="WIDTHxHEIGHT", help="Size in px.")
    ] = "448x448",
    surface: Annotated[
        list[str] | None,
        typer.Option(
            "--surface",
            metavar="NAME",
            help="asphalt, concrete or steel; give it again for more. "
            "Without it asphalt and concrete.",
            show_default=False,
        ),
    ] = None,
    crack_free: Annotated[
        float,
        typer.Option("--crack-free", min=0.0, max=1.0, help="Share of pictures without cracks."),
    ] = 0.25,
    jobs: Annotated[int, typer.Option("--jobs", min=1, metavar="N", help="Processes.")] = 1,
    samples: Annotated[
        bool,
        typer.Option(
            "--samples", help="Instead of a dataset, six larger photographs to try `inspect` on."
        ),
    ] = False,
    quiet: options.QuietOption = False,
) -> None:
    """Render crack photographs whose mask, centre line, width and length are known exactly.

    A stopped run goes on when the same command is run again.
    """
    from crackgauge.cli.running import counted
    from crackgauge.data.synth import render_sample_photos, write_dataset

    if samples:
        photos = render_sample_photos(out, seed=seed)
        if not quiet:
            typer.echo(f"{len(photos)} photographs")
            typer.echo(str(out))
        return
    width, height = _size(size)
    advice = f"the pictures in {out} stay: run the same command to go on"
    with counted(quiet=quiet, advice=advice) as progress:
        images = write_dataset(
            out,
            count,
            seed,
            size=(height, width),
            surfaces=tuple(surface) if surface else ("asphalt", "concrete"),
            negatives=crack_free,
            jobs=jobs,
            progress=lambda done, total: progress(done, total, ""),
        )
    if not quiet:
        typer.echo(f"{len(images)} images with masks")
        typer.echo(str(out))


def _size(text: str) -> tuple[int, int]:
    """Read `WIDTHxHEIGHT`.

    >>> _size("1024x768")
    (1024, 768)
    """
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise UsageError(f"got the size {text!r}, expected WIDTHxHEIGHT in px, such as 448x448")
    return int(width), int(height)
