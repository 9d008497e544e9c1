"""`crackgauge data patches`: the patch set of a dataset, as a table or as files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crackgauge.cli import options
from crackgauge.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crackgauge.arrays import Mask
    from crackgauge.data.pairs import Pair

EPILOG = options.examples(
    "crackgauge data patches dataset/ --size 512 --composition 30/70 --out set.csv",
    "crackgauge data patches dataset/ --size 128 --parent 512 --out set.csv --write-files patches/",
    "crackgauge data patches dataset/ --composition all+ --further rendered/ --out set.csv",
)


def command(
    root: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="The folder of a dataset.", show_default=False),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="FILE", help="The table (CSV).", show_default=False),
    ],
    size: Annotated[
        int, typer.Option("--size", min=1, metavar="PX", help="Side of a patch.")
    ] = 512,
    composition: Annotated[
        str,
        typer.Option(
            "--composition",
            metavar="CRACK/BACKGROUND",
            help="In percent, such as 30/70; or all; or all+, with the background of --further.",
        ),
    ] = "all",
    crack_patches: Annotated[
        int | None,
        typer.Option(
            "--crack-patches",
            min=1,
            metavar="N",
            help="How many patches with crack; without it all.",
            show_default=False,
        ),
    ] = None,
    crack_share: Annotated[
        float,
        typer.Option("--crack-share", min=0.0001, max=0.9999, help="Of all+: share with crack."),
    ] = 0.065,
    parent: Annotated[
        int | None,
        typer.Option(
            "--parent",
            min=1,
            metavar="PX",
            help="Crop the patches from larger ones of this side, a crack staying inside.",
            show_default=False,
        ),
    ] = None,
    further: Annotated[
        list[Path] | None,
        typer.Option(
            "--further",
            metavar="DIR",
            help="A further dataset; give it again for more.",
            show_default=False,
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            metavar="NAME",
            help="Which images; without it the split train, or all where there is none.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, another choice.")] = 0,
    write_files: Annotated[
        Path | None,
        typer.Option(
            "--write-files",
            metavar="DIR",
            help="Write the patches too, as a dataset of their own.",
            show_default=False,
        ),
    ] = None,
    quiet: options.QuietOption = False,
) -> None:
    """Cut images to patches that do not overlap and choose a set of them by seed.

    The set with less background is contained in the one with more, as long as seed and number of
    crack patches are the same. Training makes the same sets by itself (sampling.patches=patch-set).
    """
    from crackgauge.cli.running import counted
    from crackgauge.data.patch_set import compose, index_patches, parse_composition
    from crackgauge.data.patch_set_files import write_index, write_patches

    if out.suffix.lower() != ".csv":
        raise UsageError(f"{out}: got the suffix {out.suffix!r}, expected .csv")
    parse_composition(composition)  # before the images are read
    first = _pairs(root, split)
    pairs = [*first, *(pair for folder in further or [] for pair in _pairs(folder, split))]
    with counted(quiet=quiet, advice="run the same command again") as progress:
        index = index_patches(_masks(pairs, progress), size, parent_px=parent, seed=seed)
        chosen = compose(
            index,
            composition,
            crack_patches=crack_patches,
            crack_share=crack_share,
            first_dataset=len(first),
            seed=seed,
        )
        write_index(out, pairs, index, chosen)
        if write_files is not None:
            write_patches(write_files, pairs, index, chosen, progress=progress)
    if not quiet:
        crack = int((index.crack_px[chosen] > 0).sum())
        typer.echo(
            f"{len(pairs)} images: {len(index.crack):,} patches of {size} px with crack, "
            f"{len(index.background):,} without"
        )
        typer.echo(
            f"the set: {crack:,} with crack, {len(chosen) - crack:,} without "
            f"({100 * crack / len(chosen):.1f} % with crack)"
        )
        typer.echo(str(out if write_files is None else write_files))


def _pairs(root: Path, split: str | None) -> list[Pair]:
    """The images that a training would learn from, or those of a split."""
    from crackgauge.data.layouts import scan
    from crackgauge.data.pairs import find_pairs

    if split is None and "train" in scan(root).splits:
        split = "train"
    return find_pairs(root, split=split)


def _masks(pairs: Sequence[Pair], progress: Callable[[int, int, str], None]) -> Iterator[Mask]:
    from crackgauge.data.truths import read_truth

    for done, pair in enumerate(pairs, start=1):
        if pair.mask is not None:  # find_pairs gives no pair without
            yield read_truth(pair.mask, image=pair.image).mask
        progress(done, len(pairs), pair.stem)
