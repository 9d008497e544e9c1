from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crackgauge.arrays import Image, Mask
from crackgauge.data import doctor_contrast
from crackgauge.data.doctor_contrast import Contrast, contrast_of, turn_mask
from crackgauge.data.pairs import find_pairs
from crackgauge.errors import UsageError
from crackgauge.images import read_image, read_mask

Drawn = Callable[..., tuple[Image, Mask]]


def look(image: Image, mask: Mask) -> Contrast:
    found = contrast_of(image, mask)
    assert found is not None
    return found


def test_a_mask_on_a_dark_line_stands_out(drawn: Drawn) -> None:
    image, mask = drawn(1)
    found = look(image, mask)
    assert found.z > 6
    assert found.finding is None


def test_a_mask_on_a_light_line_stands_out_as_well(drawn: Drawn) -> None:
    image, mask = drawn(1)
    assert look(255 - image, mask).finding is None


def test_a_mask_two_pixels_off_is_no_fault(drawn: Drawn) -> None:
    image, mask = drawn(1)
    assert look(image, np.roll(mask, (2, 0), axis=(0, 1))).finding is None


def test_a_mask_of_another_image_does_not_stand_out(drawn: Drawn) -> None:
    image, _ = drawn(1)
    mask = np.zeros(image.shape[:2], dtype=np.bool_)
    mask[25:90, 124:127] = True
    assert look(image, mask).finding == "no-contrast"


@pytest.mark.parametrize("turn", ["turned by 180 degrees", "mirrored top to bottom"])
def test_a_turned_mask_is_found_with_its_turn(drawn: Drawn, turn: str) -> None:
    image, mask = drawn(1)
    found = look(image, turn_mask(mask, turn))
    assert (found.finding, found.turned) == ("mask-turned", turn)


def test_a_mask_turned_by_90_degrees_is_found_in_a_square(drawn: Drawn) -> None:
    image, mask = drawn(1, height=120, width=120)
    found = look(image, np.rot90(mask))  # to the left; to the right mends it
    assert (found.finding, found.turned) == ("mask-turned", "turned by 90 degrees to the right")


def test_a_shifted_mask_is_found_with_its_shift(drawn: Drawn) -> None:
    image, mask = drawn(1)
    found = look(image, np.roll(mask, 8, axis=0))
    assert found.finding == "mask-shifted"
    assert abs(found.shift[0] + 8) <= 1


def test_a_large_photo_is_scaled_down_and_the_shift_scaled_up(
    drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, mask = drawn(1)
    moved = np.roll(mask, 8, axis=0)
    small = look(image, moved)
    monkeypatch.setattr(doctor_contrast, "MAX_LOOKED_AT_PX", mask.size)
    large = look(image.repeat(3, 0).repeat(3, 1), moved.repeat(3, 0).repeat(3, 1))
    assert large.z == small.z
    assert large.shift == (3 * small.shift[0], 3 * small.shift[1])


def test_nothing_is_said_of_hardly_any_or_nearly_all_pixels(drawn: Drawn) -> None:
    image, mask = drawn(1)
    few = np.zeros_like(mask)
    few[10, :19] = True
    assert contrast_of(image, few) is None
    assert contrast_of(image, ~mask) is None
    assert contrast_of(image[:9, :9], np.eye(9, dtype=np.bool_)) is None


def test_a_flat_image_has_no_contrast(drawn: Drawn) -> None:
    _, mask = drawn(1)
    flat = np.full((*mask.shape, 3), 90, dtype=np.uint8)
    assert look(flat, mask).z == 0.0
    assert look(flat, mask).finding == "no-contrast"


def test_sizes_must_agree(drawn: Drawn) -> None:
    image, mask = drawn(1)
    with pytest.raises(UsageError, match="expected the same size"):
        contrast_of(image, mask[:-1])


def test_an_unknown_turn_names_the_known(drawn: Drawn) -> None:
    _, mask = drawn(1)
    with pytest.raises(UsageError, match="known for this shape: mirrored left to right"):
        turn_mask(mask, "turned by 90 degrees to the left")


@pytest.mark.data
def test_of_crackforest_only_042_is_found(data_dir: Path) -> None:
    pairs = [pair for pair in find_pairs(data_dir / "cfd") if pair.stem < "060"]
    found = {}
    for pair in pairs:
        assert pair.mask is not None
        found[pair.stem] = look(read_image(pair.image), read_mask(pair.mask).mask)
    assert {stem for stem, one in found.items() if one.finding} == {"042"}
    assert found["042"].z < 1.0
    assert min(one.z for stem, one in found.items() if stem != "042") > 4.0
