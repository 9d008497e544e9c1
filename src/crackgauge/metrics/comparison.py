"""Is A better than B? Differences of two evaluations of the same images, with intervals.

The bootstrap is paired: a draw takes the same images, with replacement, for A and for B; and it
draws whole source photos, because crops of one photo are no independent evidence (Efron and
Tibshirani 1993, chapters 6 and 13: percentile interval).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from crackgauge.errors import UsageError
from crackgauge.metrics.evaluate import Evaluation
from crackgauge.metrics.scores import Rule, Unit
from crackgauge.metrics.stack import Floats

RESAMPLES = 2000
LEVEL = 0.95

_AT_ONCE = 200


class Difference(NamedTuple):
    """One score of A and of B.

    Attributes:
        key: of the score.
        unit: of all values.
        a: the score of A.
        b: the score of B.
        difference: a - b.
        low: lower end of the 95 % interval of the difference; NaN where it has none.
        high: its upper end.
    """

    key: str
    unit: Unit
    a: float
    b: float
    difference: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.low > 0 or self.high < 0


def compare(
    a: Evaluation, b: Evaluation, *, resamples: int = RESAMPLES, seed: int = 0
) -> list[Difference]:
    """Differences of all scores that both evaluations have, in the order of A's.

    A threshold that was chosen on the evaluated images is chosen anew in every draw for ODS and its
    kin, and stays as it is for the scores at a fixed threshold.

    Args:
        a: one evaluation.
        b: another of the same images.
        resamples: draws of the bootstrap.
        seed: of the draws.

    Raises:
        UsageError: other images or other truths, one source photo alone, or too few draws.
    """
    order = _matching(a, b)
    if resamples < 100:
        raise UsageError(f"got {resamples} resamples, expected 100 or more")
    check_groups(a.groups)
    groups, members = np.unique(a.groups, return_inverse=True)
    b = Evaluation(
        tuple(b.images[index] for index in order), b.tolerances, b.threshold, b.threshold_source
    )
    rules_b = {rule.key: rule for rule in b.rules}
    shared = [(rule, rules_b[rule.key]) for rule in a.rules if rule.key in rules_b]
    draws = [
        np.stack([_differences(rules, a, b, weights) for rules in shared])
        for weights in _weights(len(groups), members, resamples, seed)
    ]
    drawn = np.concatenate(draws, axis=1)
    return [
        _difference(rule, a, b, values) for (rule, _), values in zip(shared, drawn, strict=True)
    ]


def check_groups(groups: Iterable[str]) -> None:
    """Check that there is something to draw from.

    Raises:
        UsageError: fewer than two source photos.
    """
    photos = len(set(groups))
    if photos < 2:
        raise UsageError(
            f"got images of {photos} source photo, expected 2 or more to draw from; "
            "check how source photos are told from names (the group pattern)"
        )


def _differences(rules: tuple[Rule, Rule], a: Evaluation, b: Evaluation, weights: Floats) -> Floats:
    first, second = rules
    return first.compute(a.stack, weights) - second.compute(b.stack, weights)


def _difference(rule: Rule, a: Evaluation, b: Evaluation, drawn: Floats) -> Difference:
    first, second = a.scores[rule.key].value, b.scores[rule.key].value
    # A draw without, say, an empty image has no false alarm rate: it says nothing about it.
    known = drawn[np.isfinite(drawn)]
    tails = (100 * (1 - LEVEL) / 2, 100 * (1 + LEVEL) / 2)
    low, high = np.percentile(known, tails) if len(known) else (np.nan, np.nan)
    return Difference(rule.key, rule.unit, first, second, first - second, float(low), float(high))


def _weights(
    groups: int, members: np.ndarray[tuple[int, ...], np.dtype[np.intp]], resamples: int, seed: int
) -> Iterator[Floats]:
    """How often each image is drawn, (B, N) at a time."""
    generator = np.random.default_rng(seed)
    for first in range(0, resamples, _AT_ONCE):
        count = min(_AT_ONCE, resamples - first)
        drawn = generator.multinomial(groups, np.full(groups, 1 / groups), size=count)
        yield drawn[:, members].astype(np.float64)


def _matching(a: Evaluation, b: Evaluation) -> list[int]:
    """Where each image of A stands in B."""
    places = {name: index for index, name in enumerate(b.names)}
    if len(places) != len(b.names) or len(set(a.names)) != len(a.names):
        raise UsageError("got two images of one name, expected each name once")
    missing = sorted(set(a.names) ^ places.keys())
    if missing:
        raise UsageError(
            f"got evaluations of different images: {len(missing)} are in one alone, the first is "
            f"{missing[0]}; expected the same images for both"
        )
    for image in a.images:
        other = b.images[places[image.name]]
        if (image.overlap[2], image.pixels) != (other.overlap[2], other.pixels):
            raise UsageError(f"{image.name}: got two different truths, expected the same for both")
    return [places[name] for name in a.names]
