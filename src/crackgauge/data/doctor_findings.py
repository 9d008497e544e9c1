"""What the dataset doctor can find, and how it says so."""

from __future__ import annotations

from dataclasses import dataclass

# kind -> what it means. A problem makes `data check` end with exit code 3, a note does not.
PROBLEMS = {
    "no-mask": "an image without a mask of the same name",
    "no-image": "a mask without an image of the same name",
    "not-there": "a list names a file that is not there",
    "name-clash": "two files claim the same name",
    "image-unreadable": "the image cannot be read",
    "mask-unreadable": "the mask cannot be read, or is in no certain encoding",
    "size-mismatch": "image and mask differ in size",
    "mask-full": "more than half is marked: perhaps the mask is inverted",
    "mask-turned": "the mask fits the image when turned or mirrored",
    "mask-shifted": "the mask fits the image better at another place",
    "no-contrast": "what is marked does not stand out: perhaps the mask of another image",
    "duplicate": "the same pixels twice",
    "leak-group": "images of one source photo are in several splits",
    "leak-duplicate": "the same or nearly the same picture is in two splits",
}
NOTES = {
    "mask-empty": "nothing is marked: right for an image without cracks",
    "near-duplicate": "nearly the same picture twice within one split",
    "mask-encoding": "the mask is stored otherwise than most of the set; it is read all the same",
    "no-truth": "an image that is published without truth",
}
KINDS = PROBLEMS | NOTES
_ORDER = {kind: place for place, kind in enumerate(KINDS)}


@dataclass(frozen=True)
class Finding:
    """One thing that the doctor found.

    Attributes:
        kind: a key of `KINDS`.
        stem: the pair it is about; of a leak of a group, the group.
        split: the pair's split, or the splits of a leak; empty where there is none.
        detail: one sentence.
        path: the file it is about, relative to the dataset; empty where there is none.
        other: the stem of the second picture of a duplicate; empty otherwise.
        other_split: its split.
    """

    kind: str
    stem: str
    split: str
    detail: str
    path: str = ""
    other: str = ""
    other_split: str = ""

    @property
    def severity(self) -> str:
        """`problem` or `note`."""
        return "problem" if self.kind in PROBLEMS else "note"

    @property
    def order(self) -> tuple[int, str, str, str, str]:
        """Sort key: by kind, then by name."""
        return _ORDER[self.kind], self.stem, self.split, self.other, self.path
