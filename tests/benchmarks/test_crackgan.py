"""The table of system 5: its rows are recipes, trainings share stages, scores are pooled."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from crackgauge.recipes import dump_recipe, stage_recipe


@pytest.fixture(scope="module")
def benchmark() -> Iterator[ModuleType]:
    """The script, which finds its neighbours as a script does."""
    folder = str(Path(__file__).parents[2] / "benchmarks")
    sys.path.insert(0, folder)
    try:
        yield importlib.import_module("benchmarks.crackgan")
    finally:
        sys.path.remove(folder)


def options(*overrides: str, full: bool = False) -> argparse.Namespace:
    return argparse.Namespace(full=full, threads=1, overrides=list(overrides))


@pytest.mark.parametrize("full", [False, True])
def test_every_row_is_a_recipe(benchmark: ModuleType, full: bool) -> None:
    rows = {*benchmark.SYSTEMS, *benchmark.SMALL_GRID, *benchmark.FULL_GRID}
    # Of both grids one is a system too, and the paper's row at 3 dilations has two in common.
    assert len(rows) == len(benchmark.SYSTEMS) + len(benchmark.SMALL_GRID) + 20 - 1 - 2
    for row in rows:
        recipe = benchmark.recipe_of(row, 3, options(full=full))
        assert recipe.preset == row.preset
        assert recipe.curves.dilations == row.dilations
        assert recipe.seed == 3
        assert row.l1_weight is None or recipe.adversary.l1_weight == row.l1_weight


def test_stages_of_trainings_that_differ_in_lambda_are_the_same(benchmark: ModuleType) -> None:
    first, second, third = (
        benchmark.recipe_of(benchmark.Row("crackgan", dilations, weight), 0, options())
        for dilations, weight in ((3, 0.05), (3, 0.6), (5, 0.6))
    )
    for name in ("encoder", "dc-gan"):
        texts = [dump_recipe(stage_recipe(recipe, name)) for recipe in (first, second, third)]
        assert texts[0] == texts[1]
        assert (texts[1] == texts[2]) == (name == "encoder")


def test_settings_of_a_stage_go_to_presets_that_have_it(benchmark: ModuleType) -> None:
    given = options("stages.dc-gan.epochs=1", "epochs=2")
    assert benchmark.recipe_of(benchmark.Row("pix2pix"), 0, given).epochs == 2
    recipe = benchmark.recipe_of(benchmark.Row("crackgan", l1_weight=0.3), 0, given)
    assert recipe.stages["dc-gan"]["epochs"] == 1


def test_scores_are_of_the_band_and_of_its_curve(benchmark: ModuleType) -> None:
    truth = np.zeros((100, 100), bool)
    truth[24, 5:95] = True
    probability = np.zeros((100, 100), np.float32)
    probability[16:33, 5:95] = 0.9
    probability[60:63, 60:63] = 0.9  # 9 px: no crack once it is thinned
    found = benchmark.score_both([(probability, truth)])
    assert (found["raw P"], found["raw R"]) == (round(100 * 2 / 3, 2), 100.0)
    assert (found["thin P"], found["thin R"], found["thin F1"]) == (100.0, 100.0, 100.0)
    assert found["thin HD"] > 98
    assert found["raw HD"] < found["thin HD"]


def test_collapsed_runs_are_counted_by_preset(benchmark: ModuleType) -> None:
    done = {
        (benchmark.Row("crackgan"), 0): {"collapse": "-"},
        (benchmark.Row("crackgan"), 1): {"collapse": "no crack"},
        (benchmark.Row("pix2pix"), 0): {"collapse": "all crack, no crack"},
    }
    assert benchmark.collapsed(done) == [
        {"preset": "crackgan", "runs": 2, "collapsed": 1, "share": 0.5},
        {"preset": "pix2pix", "runs": 1, "collapsed": 1, "share": 1.0},
    ]
