"""Where a conversion writes, and what it must not replace."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from crackgauge.errors import UsageError
from crackgauge.images import BIG_OUTPUT_PX
from crackgauge.labels import FORMATS, ImageLabels
from crackgauge.pipeline.conversion_sources import REPORT_NAME

_NAME = "annotations"
_BIG_MASK = ".tif"
_SUFFIXES = frozenset({form.suffix for form in FORMATS.values()} | {_BIG_MASK})


@dataclass(frozen=True)
class Target:
    """The output.

    Attributes:
        to: a key of `crackgauge.labels.FORMATS`.
        folder: where everything is written.
        file: the one file that is written; None where there is one an image.
        is_named: the file was named, not the folder.
    """

    to: str
    folder: Path
    file: Path | None
    is_named: bool

    @classmethod
    def of(cls, out: Path, to: str) -> Target:
        """Understand an output's path: a name with a format's suffix is a file.

        Raises:
            UsageError: the suffix of another format, or a file where a folder is needed.
        """
        form = FORMATS[to]
        suffixes = {form.suffix} | ({_BIG_MASK} if to == "mask" else set())
        if out.suffix.lower() in _SUFFIXES and not out.is_dir():
            if out.suffix.lower() not in suffixes or out.name == REPORT_NAME:
                raise UsageError(
                    f"{out}: {form.title} is written as {' or '.join(sorted(suffixes))}, and "
                    f"{REPORT_NAME} is the report's name; choose another name, or a folder"
                )
            return cls(to, out.parent, out, is_named=True)
        if out.exists() and not out.is_dir():
            raise UsageError(f"{out}: is a file, expected a folder; choose another name")
        file = out / f"{_NAME}{form.suffix}" if form.many else None
        return cls(to, out, file, is_named=False)

    @property
    def result(self) -> Path:
        """The file, or else the folder."""
        return self.file or self.folder

    @property
    def report_file(self) -> Path:
        """The report's place."""
        if self.is_named and self.file is not None:
            return self.file.with_name(f"{self.file.stem}.{REPORT_NAME}")
        return self.folder / REPORT_NAME

    def path(self, key: str, image: ImageLabels) -> Path:
        """The file of one image."""
        if self.file is not None:
            return self.file
        pixels = int(image.height or 0) * int(image.width or 0)
        suffix = _BIG_MASK if self.to == "mask" and pixels > BIG_OUTPUT_PX else None
        return self.folder / f"{key}{suffix or FORMATS[self.to].suffix}"

    def check(self, keys: Sequence[str], inputs: Collection[Path], *, overwrite: bool) -> None:
        """Check before anything is written that nothing is in the way.

        Args:
            keys: of all images.
            inputs: files that may never be replaced, resolved.
            overwrite: other files may.

        Raises:
            UsageError: a file is in the way, or several images are to become one file.
        """
        if self.file is not None and not FORMATS[self.to].many and len(keys) > 1:
            raise UsageError(
                f"{self.file}: a file of {FORMATS[self.to].title} holds one image, got "
                f"{len(keys)}; choose a folder"
            )
        for path in self._paths(keys):
            if Path(os.path.realpath(path)) in inputs:
                raise UsageError(f"{path}: would replace what it is made from; choose another name")
            if path.exists() and not overwrite:
                raise UsageError(
                    f"{path} is there already; choose another name, or replace it with --overwrite"
                )

    def _paths(self, keys: Sequence[str]) -> list[Path]:
        if self.file is not None:
            return [self.file, self.report_file]
        suffixes = [FORMATS[self.to].suffix] + ([_BIG_MASK] if self.to == "mask" else [])
        paths = [self.folder / f"{key}{suffix}" for key in keys for suffix in suffixes]
        return [*paths, self.report_file]
