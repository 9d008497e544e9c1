"""The training loop: one plain loop on Lightning Fabric, top to bottom.

A run is a folder: recipe.yaml as run, journal.csv (a row an epoch), timings.csv, tensorboard/,
states/ (the newest two, for an exact resume), best.safetensors and model.onnx; added_patches.csv
where a patch set is mined; stages/ with a folder like it for each training that comes first;
finished.txt when it is done.
"""

from __future__ import annotations

import copy
import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from safetensors.torch import save
from torch import nn
from torch.utils.tensorboard import SummaryWriter

from crackgauge.data.dataset import Sample
from crackgauge.errors import CrackgaugeError, Stopped
from crackgauge.files import write_bytes_atomic, write_text_atomic
from crackgauge.recipes import Recipe, dump_recipe, needed_stages, stage_recipe
from crackgauge.training.averaging import average
from crackgauge.training.batches import Batch, Batches
from crackgauge.training.collapse import describe_collapse, find_collapse, find_lost_game
from crackgauge.training.journal import COLUMNS, TIMING_COLUMNS, Journal
from crackgauge.training.mining import mine, start_mining, write_added
from crackgauge.training.optimizer import make_optimizer, set_learning_rate
from crackgauge.training.parts import STAGES_NAME, freeze, set_training
from crackgauge.training.plan import build_networks, check_plan
from crackgauge.training.report import TrainingProgress
from crackgauge.training.result import TrainingResult, export_run
from crackgauge.training.samples import TrainingSamples, load_training_samples
from crackgauge.training.schedule import learning_rate_share
from crackgauge.training.signals import StopRequest
from crackgauge.training.start import (
    check_folder,
    is_finished,
    load_start,
    mark_finished,
)
from crackgauge.training.state import TrainingState, has_state, load_state, newest_state, save_state
from crackgauge.training.step import Step
from crackgauge.training.systems import System, find_system
from crackgauge.training.validation import Score

_ADDED_NAME = "added_patches.csv"
_SKIPS_ALLOWED = 20


class TrainingDiverged(CrackgaugeError):
    """The gradient stopped being finite and did not recover."""


@dataclass
class _Run:
    """What the steps of one training share."""

    recipe: Recipe
    system: System
    out: Path
    fabric: Fabric
    state: TrainingState
    batches: Batches
    samples: TrainingSamples
    total_steps: int


@dataclass(frozen=True)
class _Common:
    """What the stages of one training share; `out` is the folder of the whole."""

    data: list[Path]
    out: Path
    device: str
    stop: StopRequest
    progress: bool


def train(
    recipe: Recipe,
    *,
    data: Path | str | Sequence[Path | str],
    out: Path | str,
    init: Path | str | None = None,
    resume: bool = False,
    device: str = "auto",
    progress: bool = True,
) -> TrainingResult:
    """Train a recipe, and the stages that it needs first, on one or more datasets.

    Args:
        recipe: from `crackgauge.recipes.load_recipe`.
        data: folders as `crackgauge.data.pairs.find_pairs` reads them; their `train` splits are
            trained on and their `val` splits choose the threshold (see `load_training_samples`).
        out: the run's folder.
        init: a model file (.onnx) whose weights the recipe's own network starts from; stages that
            only that network would start from are left out.
        resume: go on from the newest state in `out`; without one, start.
        device: "auto", "cpu" or "cuda".
        progress: show a progress bar on stderr.

    Raises:
        UsageError: `out` holds a run and `resume` is off.
        Stopped: SIGINT or SIGTERM came; the state is saved.
        TrainingDiverged: 20 steps in a row had no finite gradient.
        StorageError: the disk is full; the older states stay good.
    """
    out = Path(out)
    folders = [Path(data)] if isinstance(data, (str, Path)) else [Path(d) for d in data]
    check_folder(out, resume=resume)
    needed = needed_stages(recipe, initialised=init is not None)
    stages = {name: stage_recipe(recipe, name) for name in needed}
    folders_of = {name: out / STAGES_NAME / name for name in stages} | {"": out}
    begun = [
        name
        for name, each in {**stages, "": recipe}.items()
        if has_state(folders_of[name] / "states") or is_finished(each, folders_of[name])
    ]
    check_plan(recipe, stages, init=init, begun=begun)
    with StopRequest() as stop:
        common = _Common(folders, out, device, stop, progress)
        for name, stage in stages.items():
            if not is_finished(stage, folders_of[name]):
                _train_one(stage, folders_of[name], common, label=name)
        _train_one(recipe, out, common, init=init)
    if find_system(recipe.system).predicts:
        return export_run(out, out / "model.onnx")
    return TrainingResult(out, None, None)


def _train_one(
    recipe: Recipe, out: Path, common: _Common, *, init: Path | str | None = None, label: str = ""
) -> None:
    """Train one recipe in the folder `out`, from its newest state where there is one."""
    with TrainingProgress(enabled=common.progress, label=label) as bar:
        samples = load_training_samples(common.data, recipe, report=bar.reading)
        run = _set_up(recipe, out, samples, common.device)
        found = newest_state(out / "states")
        if found is not None:
            load_state(found, run.state)
        else:
            load_start(recipe, run.state, stages=common.out, init=init)
        start_mining(out / _ADDED_NAME, run.batches, run.state.progress.added_patches)
        write_text_atomic(out / "recipe.yaml", dump_recipe(recipe))
        bar.training(run.state.progress.step, run.total_steps)
        _run_steps(run, bar, common.stop)
    mark_finished(out, steps=run.state.progress.step)


def _run_steps(run: _Run, bar: TrainingProgress, stop: StopRequest) -> None:
    """The loop itself."""
    progress, recipe = run.state.progress, run.recipe
    columns = (*COLUMNS, *run.system.figures, *run.system.validation_figures)
    journal = Journal(run.out / "journal.csv", columns)
    timings = Journal(run.out / "timings.csv", TIMING_COLUMNS)
    journal.start(progress.rows)
    timings.start(progress.rows)
    board = SummaryWriter(str(run.out / "tensorboard"), purge_step=progress.step)
    started, started_step = time.perf_counter(), progress.step
    try:
        if not run.total_steps and not progress.rows:  # nothing is trained: score what is there
            _end_epoch(run, journal, board, bar)
        for step, batch in run.batches.run(progress.step, _end_step(run)):
            loss = _take_step(run, step, batch)
            progress.step = step + 1
            bar.step(loss)
            board.add_scalar("loss", loss, step)
            last_of_epoch = run.batches.epochs.at(progress.step)[1] == 0
            if last_of_epoch:
                _end_epoch(run, journal, board, bar)
                elapsed = time.perf_counter() - started
                timings.add(_timing(run, elapsed, progress.step - started_step))
                started, started_step = time.perf_counter(), progress.step
            if last_of_epoch or progress.step % recipe.save_every_steps == 0 or stop.asked:
                save_state(run.state, run.out / "states")
            if stop.asked:
                raise Stopped(
                    f"stopped at step {progress.step} of {run.total_steps}; the state is saved, "
                    "go on with the same command and --resume"
                )
            if last_of_epoch and _patience_is_over(run):
                break
    finally:
        board.close()


def _take_step(run: _Run, index: int, batch: Batch) -> float:
    """One step of the system; returns the loss."""
    state, recipe, progress = run.state, run.recipe, run.state.progress
    epoch, _ = run.batches.epochs.at(index)
    rate = recipe.optimizer.learning_rate
    rate *= learning_rate_share(recipe.schedule, index, run.total_steps, epoch=epoch)
    for optimizer in state.optimizers.values():
        set_learning_rate(optimizer, rate)
    set_training(recipe.frozen, state.networks)
    step = Step(recipe, run.fabric, state, index=index, epoch=epoch)
    outcome = run.system.step(step, batch)
    if step.finite:
        progress.skipped_in_a_row = 0
        progress.count(outcome)
        average(state, recipe.ema_decay, index)
    else:
        progress.skipped += 1
        progress.skipped_in_a_row += 1
    if progress.skipped_in_a_row >= _SKIPS_ALLOWED:
        raise TrainingDiverged(
            f"step {index}: the gradient was not finite {_SKIPS_ALLOWED} steps in a row; lower "
            "optimizer.learning_rate or set optimizer.gradient_norm_limit, then train again"
        )
    return outcome.loss


def _end_epoch(run: _Run, journal: Journal, board: SummaryWriter, bar: TrainingProgress) -> None:
    """Validate if it is due, remember the best weights, see a collapse, write the journal's row."""
    progress, recipe = run.state.progress, run.recipe
    epoch, _ = run.batches.epochs.at(progress.step)
    due = epoch % recipe.validation.every_epochs == 0 or progress.step == run.total_steps
    validates = run.system.predicts and bool(run.samples.validation)
    scored = _validate(run) if due and validates else None
    is_best = False
    if scored is not None:
        # Any comparison with NaN is false: a score that is none is never the best.
        is_best = scored.f1 > (-1.0 if progress.best_score is None else progress.best_score)
        progress.without_better = 0 if is_best else progress.without_better + 1
        for name, number in asdict(scored).items():
            board.add_scalar(f"val/{name}", number, progress.step)
    if is_best and scored is not None:
        progress.best_score, progress.best_step = scored.f1, progress.step
    if is_best or not validates:
        _save_best(run, scored)
    count = progress.loss_count
    figures = {name: _ratio(total, count) for name, total in progress.figure_sums.items()}
    collapse = find_collapse(progress.predicted_px, progress.crack_px, progress.seen_px)
    share = _ratio(progress.crack_px, progress.seen_px) if epoch > 1 else None
    collapse = collapse or find_lost_game(figures, share)
    if collapse and collapse != progress.collapse:  # said once, not every epoch that it lasts
        plays = "pull" in run.system.figures
        bar.warn(describe_collapse(collapse, epoch=epoch, adversarial=plays))
    progress.collapse = collapse
    added = _mine(run, epoch)
    for name, mean in figures.items():
        board.add_scalar(f"train/{name}", mean, progress.step)
    measured = _measure(run) if due and run.samples.validation else {}
    for name, figure in measured.items():
        board.add_scalar(name.replace("val_", "val/", 1), figure, progress.step)
    journal.add(
        {
            "epoch": epoch,
            "step": progress.step,
            "learning_rate": _learning_rate(run.state),
            "loss": progress.loss_sum / count if count else float("nan"),
            "skipped_steps": progress.skipped,
            "predicted_share": _ratio(progress.predicted_px, progress.seen_px),
            "collapse": collapse,
            "val_f1": scored.f1 if scored else None,
            "val_precision": scored.precision if scored else None,
            "val_recall": scored.recall if scored else None,
            "val_f1_0px": scored.f1_0px if scored else None,
            "threshold": scored.threshold if scored else None,
            "best": int(is_best),
            "added_patches": added,
            **figures,
            **measured,
        }
    )
    progress.rows += 1
    progress.start_epoch()


def _learning_rate(state: TrainingState) -> float | None:
    """Of the recipe's network's last parameter group, or of what else is trained."""
    for optimizer in state.optimizers.values():
        return float(optimizer.param_groups[-1]["lr"])
    return None


def _ratio(total: float, count: int) -> float | None:
    return total / count if count else None


def _mine(run: _Run, epoch: int) -> int | None:
    """Let the patch set grow where a round of mining is due; says by how many patches."""
    worst = mine(
        run.state.kept,
        run.batches,
        epoch=epoch,
        device=run.fabric.device,
        autocast=run.fabric.autocast,
    )
    if not worst:
        return None
    rounds = run.state.progress.added_patches
    rounds.append(worst)
    write_added(run.out / _ADDED_NAME, run.batches, rounds)
    return len(worst)


def _validate(run: _Run) -> Score:
    network, samples = run.state.kept.eval(), run.samples.validation
    device, autocast = run.fabric.device, run.fabric.autocast
    return run.system.validate(network, samples, run.recipe, device=device, autocast=autocast)


def _measure(run: _Run) -> dict[str, float]:
    network, samples = run.state.kept.eval(), run.samples.validation
    device, autocast = run.fabric.device, run.fabric.autocast
    return run.system.measure(network, samples, run.recipe, device=device, autocast=autocast)


def _save_best(run: _Run, scored: Score | None) -> None:
    """Write the weights to use, with the threshold chosen for them."""
    state = run.state.kept.state_dict()
    weights = {k: v.detach().cpu().contiguous() for k, v in state.items()}
    described = {
        "step": run.state.progress.step,
        "score": asdict(scored) if scored else None,
        "chosen_on": run.samples.validation_name,
    }
    # One key: the order of several differs from run to run.
    metadata = {"best": json.dumps(described)}
    write_bytes_atomic(run.out / "best.safetensors", save(weights, metadata))


def _set_up(
    recipe: Recipe,
    out: Path,
    samples: TrainingSamples,
    device: str,
) -> _Run:
    system = find_system(recipe.system)
    if recipe.threads is not None:
        torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    fabric = Fabric(
        accelerator=device,
        devices=1,
        precision="bf16-mixed" if recipe.precision == "bf16" else "32-true",
    )
    networks = {name: _placed(net, fabric) for name, net in build_networks(recipe).items()}
    freeze(recipe.frozen, networks)
    state = TrainingState(
        networks=networks,
        averaged=copy.deepcopy(networks["network"]) if recipe.ema_decay is not None else None,
        optimizers={
            name: make_optimizer(recipe.optimizer, module)
            for name, module in networks.items()
            if any(parameter.requires_grad for parameter in module.parameters())
        },
        recipe_digest=_digest(recipe, [*samples.train, *samples.validation]),
    )
    batches = Batches(samples.train, recipe, first_dataset=samples.first_dataset)
    total_steps = batches.epochs.total_steps
    return _Run(recipe, system, out, fabric, state, batches, samples, total_steps)


def _placed(network: nn.Module, fabric: Fabric) -> nn.Module:
    placed: nn.Module = network.to(fabric.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return placed


def _digest(recipe: Recipe, samples: Sequence[Sample]) -> str:
    """SHA-256 of everything that the course of the training depends on."""
    digest = hashlib.sha256(dump_recipe(recipe).encode())
    for sample in samples:
        digest.update(sample.stem.encode())
        digest.update(sample.image.tobytes())
        digest.update(np.packbits(sample.mask).tobytes())
    return digest.hexdigest()


def _timing(run: _Run, elapsed: float, steps: int) -> dict[str, object]:
    patches = steps * run.recipe.batch
    pixels = patches * run.recipe.sampling.patch_px**2
    return {
        "epoch": run.batches.epochs.at(run.state.progress.step)[0],
        "step": run.state.progress.step,
        "elapsed_s": elapsed,
        "patches_per_s": patches / elapsed,
        "megapixels_per_s": pixels / elapsed / 1e6,
    }


def _end_step(run: _Run) -> int:
    return run.state.progress.step if _patience_is_over(run) else run.total_steps


def _patience_is_over(run: _Run) -> bool:
    patience = run.recipe.validation.patience
    return patience is not None and run.state.progress.without_better >= patience
