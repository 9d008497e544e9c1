"""What a conversion tells of itself: `conversion.json` and its summary."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from crackgauge.errors import InputRefused
from crackgauge.files import write_text_atomic
from crackgauge.labels import FORMATS, Problem
from crackgauge.labels.adapting import LOSSES
from crackgauge.pipeline.summary import SetAside

FORMAT = "crackgauge conversion 1"


@dataclass
class Report:
    """Gathers what happens in a conversion.

    Attributes:
        to: the format that is written.
        read: label files by their format.
        images: images written.
        shapes: shapes of them, before they are adapted.
        written: files written, as they are named in the report.
        taken: shapes that count, by their label.
        left_out: shapes of other labels.
        losses: what the format cannot hold, by the keys of `crackgauge.labels.adapting.LOSSES`.
        set_aside: what could not be read.
        renamed: names of images that were changed to be safe, with what became of them.
    """

    to: str
    read: Counter[str] = field(default_factory=Counter)
    images: int = 0
    shapes: int = 0
    written: list[str] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    losses: Counter[str] = field(default_factory=Counter)
    set_aside: list[SetAside] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    _images_of: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def exit_code(self) -> int:
        """0, or 3 if anything was set aside."""
        return 3 if self.set_aside else 0

    def refuse(self, name: str, refused: InputRefused) -> None:
        """Note that a file or an image is set aside."""
        self.set_aside.append(SetAside.of(name, refused))

    def refuse_parts(self, file: str, problems: Iterable[Problem]) -> None:
        """Note that parts of a file are set aside."""
        for problem in problems:
            name = f"{file}: {problem.image}" if problem.image else file
            self.set_aside.append(SetAside(name, problem.reason, problem.sentence))

    def lose(self, image: str, lost: Counter[str]) -> None:
        """Note what the format cannot hold of an image."""
        self.losses.update(lost)
        for kind in lost:
            self._images_of[kind].append(image)

    def sentence(self, kind: str) -> str:
        """What a loss means."""
        return LOSSES[kind].format(title=FORMATS[self.to].title)

    def write(self, path: Path) -> None:
        """Write the report as JSON; the same conversion writes the same bytes.

        Raises:
            StorageError: the file cannot be written.
        """
        tree = {
            "format": FORMAT,
            "to": self.to,
            "read": dict(sorted(self.read.items())),
            "images": self.images,
            "shapes": self.shapes,
            "written": self.written,
            "labels": {
                "taken": dict(sorted(self.taken.items())),
                "left_out": dict(sorted(self.left_out.items())),
            },
            "losses": [
                {
                    "kind": kind,
                    "shapes": self.losses[kind],
                    "what": self.sentence(kind),
                    "images": self._images_of[kind],
                }
                for kind in LOSSES
                if self.losses[kind]
            ],
            "renamed": self.renamed,
            "set_aside": [each._asdict() for each in self.set_aside],
        }
        write_text_atomic(path, json.dumps(tree, indent=1) + "\n")
