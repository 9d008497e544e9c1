from __future__ import annotations

import math

import numpy as np
import pytest

from crackgauge.annotate.moves import moves


@pytest.mark.parametrize("orientations", [8, 16, 32])
def test_all_steps_go_ahead_and_count_what_they_are(orientations: int):
    found = moves(orientations, bending=0.1, sideways=0.2)
    for index in range(orientations):
        theta = 2 * math.pi * index / orientations
        for place in range(found.steps[index]):
            down, right = found.down[index, place], found.right[index, place]
            forward = right * math.cos(theta) + down * math.sin(theta)
            lateral = math.sqrt(max(down**2 + right**2 - forward**2, 0))
            assert forward > 0
            assert found.length[index, place] == pytest.approx(
                math.sqrt(forward**2 + (lateral / 0.2) ** 2), rel=1e-5
            )


def test_eight_directions_of_an_oblique_orientation_and_seven_of_a_straight_one():
    assert moves(16, bending=0.1, sideways=0.1).steps.tolist() == [7, 8] * 8


def test_a_full_turn_is_as_dear_as_its_arc():
    assert 16 * moves(16, bending=0.1, sideways=0.1).turn == pytest.approx(2 * math.pi / 0.1)


def test_the_steps_turn_with_the_orientation():
    """A quarter turn takes (right, down) to (-down, right)."""
    found = moves(16, bending=0.1, sideways=0.1)
    for index in range(12):
        some = {(r, d) for r, d in zip(found.right[index], found.down[index], strict=True)}
        turned = set(zip(found.right[index + 4], found.down[index + 4], strict=True))
        assert {(-d, r) for r, d in some} == turned
    assert np.array_equal(np.sort(found.length[1]), np.sort(found.length[5]))
