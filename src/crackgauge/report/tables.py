"""The tables that users load elsewhere: images.csv, cracks.csv, branches.csv."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def write_images_csv(path: str | Path, images: pd.DataFrame) -> None:
    """Write one row an image, `measure.columns.IMAGE_COLUMNS`, sorted by image; atomic.

    Raises:
        StorageError: the file cannot be written.
    """
    raise NotImplementedError


def write_cracks_csv(path: str | Path, cracks: pd.DataFrame) -> None:
    """Write one row a crack, `measure.columns.CRACK_COLUMNS`, sorted by image and crack; atomic.

    Raises:
        StorageError: the file cannot be written.
    """
    raise NotImplementedError


def write_branches_csv(path: str | Path, branches: pd.DataFrame) -> None:
    """Write one row a branch, `measure.columns.BRANCH_COLUMNS`, sorted; atomic.

    Raises:
        StorageError: the file cannot be written.
    """
    raise NotImplementedError
