"""Reading `.npy` arrays as planes of numbers; nothing is ever unpickled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from crackgauge.errors import BAD_ENCODING, CORRUPT, TOO_LARGE, InputRefused
from crackgauge.images.formats import opened

# Archives are listed too, so that they are refused by name and not lost in silence.
ARRAY_SUFFIXES = frozenset({".npy", ".npz"})
_MAGIC = b"\x93NUMPY"
_SAVE = "save one plain array (H, W) with numpy.save"


def is_array(path: Path) -> bool:
    """Tell whether a file is, or is named as, an array of numpy.

    Raises:
        InputRefused: the file cannot be read, or is empty.
    """
    with opened(path) as stream:
        head = stream.read(len(_MAGIC))
    return head == _MAGIC or path.suffix.lower() in ARRAY_SUFFIXES


def read_array(path: Path, *, max_pixels: int) -> npt.NDArray[Any]:
    """Read an array of one number a pixel; of more than two axes, those of length 1 are dropped.

    Args:
        path: a `.npy` file.
        max_pixels: refuse, before reading, what has more numbers.

    Returns:
        bool, integers or floats (H, W), as stored.

    Raises:
        InputRefused: damaged, too large, Python objects, an archive, other axes or types.
    """
    stored = _map(path)
    if stored.size > max_pixels:
        raise InputRefused(
            path,
            TOO_LARGE,
            f"the array has the shape {stored.shape}, the limit is {max_pixels:,} numbers; "
            "predict and score smaller images",
        )
    plane = stored.squeeze() if stored.ndim > 2 else stored
    if plane.ndim != 2 or plane.size == 0 or plane.dtype.kind not in "buif":
        raise InputRefused(
            path,
            BAD_ENCODING,
            f"the array is {stored.dtype} {stored.shape}, expected one number a pixel, (H, W); of "
            "several channels save the one of the crack",
        )
    return np.array(plane)


def _map(path: Path) -> npt.NDArray[Any]:
    try:
        stored: Any = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        with opened(path) as stream:
            is_numpy = stream.read(len(_MAGIC)) == _MAGIC
        if not is_numpy:
            raise InputRefused(
                path,
                BAD_ENCODING,
                f"the file is no array of numpy (Python objects are never loaded); {_SAVE}",
            ) from error
        if "object" in str(error).lower():
            raise InputRefused(
                path,
                BAD_ENCODING,
                f"the file holds Python objects, which are never loaded; {_SAVE}",
            ) from error
        raise InputRefused(path, CORRUPT, f"the array of numpy is damaged; {_SAVE}") from error
    if not isinstance(stored, np.ndarray):
        stored.close()
        raise InputRefused(path, BAD_ENCODING, f"this is an archive of arrays; {_SAVE} for each")
    array: npt.NDArray[Any] = stored
    return array
