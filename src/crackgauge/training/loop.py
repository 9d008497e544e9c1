"""The training loop: one plain loop on Lightning Fabric, top to bottom.

A run is a folder: recipe.yaml as run, journal.csv (a row an epoch), timings.csv, tensorboard/,
states/ (the newest two, for an exact resume), best.safetensors and model.onnx; added_patches.csv
where a patch set is mined.
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
from crackgauge.errors import CrackgaugeError, Stopped, UsageError
from crackgauge.files import write_bytes_atomic, write_text_atomic
from crackgauge.losses import LOSSES, Target
from crackgauge.models import build
from crackgauge.recipes import Recipe, dump_recipe
from crackgauge.recipes.schema import Boundary
from crackgauge.training.batches import Batch, Batches
from crackgauge.training.collapse import describe_collapse, find_collapse
from crackgauge.training.journal import TIMING_COLUMNS, Journal
from crackgauge.training.mining import mine, start_mining, write_added
from crackgauge.training.optimizer import make_optimizer, set_learning_rate
from crackgauge.training.report import TrainingProgress
from crackgauge.training.result import TrainingResult, export_run
from crackgauge.training.samples import TrainingSamples, load_training_samples
from crackgauge.training.schedule import boundary_weight_at, ema_decay_at, learning_rate_share
from crackgauge.training.signals import StopRequest
from crackgauge.training.start import check_patches, initial_weights, load_encoder
from crackgauge.training.state import TrainingState, load_state, newest_state, save_state
from crackgauge.training.validation import Score, probability_of, score

_ADDED_NAME = "added_patches.csv"
_SKIPS_ALLOWED = 20


class TrainingDiverged(CrackgaugeError):
    """The gradient stopped being finite and did not recover."""


@dataclass
class _Run:
    """What the steps of one training share."""

    recipe: Recipe
    out: Path
    fabric: Fabric
    state: TrainingState
    batches: Batches
    samples: TrainingSamples
    total_steps: int


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
    """Train a recipe on one or more datasets.

    Args:
        recipe: from `crackgauge.recipes.load_recipe`.
        data: folders as `crackgauge.data.pairs.find_pairs` reads them; their `train` splits are
            trained on and their `val` splits choose the threshold (see `load_training_samples`).
        out: the run's folder.
        init: a model file (.onnx) whose weights are the start.
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
    _check_folder(out, resume=resume)
    if recipe.loss not in LOSSES:
        raise UsageError(f"unknown loss {recipe.loss!r}; known: {', '.join(sorted(LOSSES))}")
    with TrainingProgress(enabled=progress) as bar, StopRequest() as stop:
        samples = load_training_samples(folders, recipe, report=bar.reading)
        run = _set_up(recipe, out, samples, device)
        found = newest_state(out / "states") if resume else None
        if found is not None:
            load_state(found, run.state)
        elif init is not None:
            run.state.network.load_state_dict(initial_weights(init, run.state.network))
            _reset_average(run.state)
        else:
            load_encoder(recipe.network.encoder_weights, run.state.network)
            _reset_average(run.state)
        start_mining(out / _ADDED_NAME, run.batches, run.state.progress.added_patches)
        write_text_atomic(out / "recipe.yaml", dump_recipe(recipe))
        bar.training(run.state.progress.step, run.total_steps)
        _run_steps(run, bar, stop)
    return export_run(out, out / "model.onnx")


def _run_steps(run: _Run, bar: TrainingProgress, stop: StopRequest) -> None:
    """The loop itself."""
    progress, recipe = run.state.progress, run.recipe
    journal = Journal(run.out / "journal.csv")
    timings = Journal(run.out / "timings.csv", TIMING_COLUMNS)
    journal.start(progress.rows)
    timings.start(progress.rows)
    board = SummaryWriter(str(run.out / "tensorboard"), purge_step=progress.step)
    started, started_step = time.perf_counter(), progress.step
    try:
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


def _take_step(run: _Run, step: int, batch: Batch) -> float:
    """One optimiser step; returns the loss."""
    state, recipe, progress = run.state, run.recipe, run.state.progress
    epoch, _ = run.batches.epochs.at(step)
    rate = recipe.optimizer.learning_rate
    rate *= learning_rate_share(recipe.schedule, step, run.total_steps, epoch=epoch)
    set_learning_rate(state.optimizer, rate)
    state.network.train()
    x = run.fabric.to_device(torch.from_numpy(batch.x))
    x = x.contiguous(memory_format=torch.channels_last)
    target = _target(run, batch, epoch)
    with run.fabric.autocast():
        output = state.network(x)
    loss = LOSSES[recipe.loss](output.logits, target)
    for companion in output.aux:
        loss = loss + LOSSES[recipe.loss](companion, target)
    run.fabric.backward(loss)
    limit = recipe.optimizer.gradient_norm_limit
    norm = nn.utils.clip_grad_norm_(state.network.parameters(), limit or float("inf"))
    value = float(loss.detach())
    # The guard is on the gradient: a finite loss can have one that is not.
    if bool(torch.isfinite(norm)):
        state.optimizer.step()
        progress.skipped_in_a_row = 0
        progress.loss_sum += value
        progress.loss_count += 1
        # A logit of 0 is a probability of 0.5.
        progress.predicted_px += int(torch.count_nonzero(output.logits.detach() >= 0))
        progress.crack_px += int(torch.count_nonzero(target.mask))
        progress.seen_px += target.mask.numel()
        _average(state, recipe.ema_decay, step)
    else:
        progress.skipped += 1
        progress.skipped_in_a_row += 1
    state.optimizer.zero_grad(set_to_none=True)
    if progress.skipped_in_a_row >= _SKIPS_ALLOWED:
        raise TrainingDiverged(
            f"step {step}: the gradient was not finite {_SKIPS_ALLOWED} steps in a row; lower "
            "optimizer.learning_rate or set optimizer.gradient_norm_limit, then train again"
        )
    return value


def _target(run: _Run, batch: Batch, epoch: int) -> Target:
    """The truth on the device, with what a boundary loss asks for beside it."""
    mask = run.fabric.to_device(torch.from_numpy(batch.mask))
    if batch.signed_distance is None:
        return Target(mask)
    distance = run.fabric.to_device(torch.from_numpy(batch.signed_distance))
    return Target(mask, distance, boundary_weight_at(run.recipe.boundary or Boundary(), epoch))


def _end_epoch(run: _Run, journal: Journal, board: SummaryWriter, bar: TrainingProgress) -> None:
    """Validate if it is due, remember the best weights, see a collapse, write the journal's row."""
    progress, recipe = run.state.progress, run.recipe
    epoch, _ = run.batches.epochs.at(progress.step)
    due = epoch % recipe.validation.every_epochs == 0 or progress.step == run.total_steps
    scored = _validate(run) if due and run.samples.validation else None
    is_best = False
    if scored is not None:
        # Any comparison with NaN is false: a score that is none is never the best.
        is_best = scored.f1 > (-1.0 if progress.best_score is None else progress.best_score)
        progress.without_better = 0 if is_best else progress.without_better + 1
        for name, number in asdict(scored).items():
            board.add_scalar(f"val/{name}", number, progress.step)
    if is_best and scored is not None:
        progress.best_score, progress.best_step = scored.f1, progress.step
    if is_best or not run.samples.validation:
        _save_best(run, scored)
    count = progress.loss_count
    collapse = find_collapse(progress.predicted_px, progress.crack_px, progress.seen_px)
    if collapse and collapse != progress.collapse:  # said once, not every epoch that it lasts
        bar.warn(describe_collapse(collapse, epoch=epoch))
    progress.collapse = collapse
    added = _mine(run, epoch)
    journal.add(
        {
            "epoch": epoch,
            "step": progress.step,
            "learning_rate": float(run.state.optimizer.param_groups[-1]["lr"]),
            "loss": progress.loss_sum / count if count else float("nan"),
            "skipped_steps": progress.skipped,
            "predicted_share": progress.predicted_px / progress.seen_px if count else None,
            "collapse": collapse,
            "val_f1": scored.f1 if scored else None,
            "val_precision": scored.precision if scored else None,
            "val_recall": scored.recall if scored else None,
            "val_f1_0px": scored.f1_0px if scored else None,
            "threshold": scored.threshold if scored else None,
            "best": int(is_best),
            "added_patches": added,
        }
    )
    progress.rows += 1
    progress.start_epoch()


def _mine(run: _Run, epoch: int) -> int | None:
    """Let the patch set grow where a round of mining is due; says by how many patches."""
    worst = mine(
        run.state.averaged or run.state.network,
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
    network = run.state.averaged or run.state.network
    network.eval()
    pairs = (
        (
            probability_of(
                network,
                sample.image,
                run.recipe,
                device=run.fabric.device,
                autocast=run.fabric.autocast(),
            ),
            sample.mask,
        )
        for sample in run.samples.validation
    )
    rules = run.recipe.validation
    return score(pairs, tolerance_px=rules.tolerance_px, threshold=rules.threshold)


def _save_best(run: _Run, scored: Score | None) -> None:
    """Write the weights to use, with the threshold chosen for them."""
    network = run.state.averaged or run.state.network
    weights = {k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}
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
    if recipe.threads is not None:
        torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    fabric = Fabric(
        accelerator=device,
        devices=1,
        precision="bf16-mixed" if recipe.precision == "bf16" else "32-true",
    )
    network = build(recipe.network.name, **recipe.network.options)
    check_patches(recipe, network)
    network = network.to(fabric.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    state = TrainingState(
        network=network,
        averaged=copy.deepcopy(network) if recipe.ema_decay is not None else None,
        optimizer=make_optimizer(recipe.optimizer, network),
        recipe_digest=_digest(recipe, [*samples.train, *samples.validation]),
    )
    batches = Batches(samples.train, recipe, first_dataset=samples.first_dataset)
    return _Run(recipe, out, fabric, state, batches, samples, batches.epochs.total_steps)


def _average(state: TrainingState, decay: float | None, step: int) -> None:
    """Move the averaged weights (and running statistics) towards the trained ones."""
    if state.averaged is None or decay is None:
        return
    share = 1 - ema_decay_at(decay, step)
    with torch.no_grad():
        trained = state.network.state_dict()
        for name, average in state.averaged.state_dict().items():
            if average.is_floating_point():
                average.lerp_(trained[name], share)
            else:
                average.copy_(trained[name])


def _reset_average(state: TrainingState) -> None:
    if state.averaged is not None:
        state.averaged.load_state_dict(state.network.state_dict())


def _digest(recipe: Recipe, samples: Sequence[Sample]) -> str:
    """SHA-256 of everything that the course of the training depends on."""
    digest = hashlib.sha256(dump_recipe(recipe).encode())
    for sample in samples:
        digest.update(sample.stem.encode())
        digest.update(sample.image.tobytes())
        digest.update(np.packbits(sample.mask).tobytes())
    return digest.hexdigest()


def _check_folder(out: Path, *, resume: bool) -> None:
    if (out / "recipe.yaml").exists() and not resume:
        raise UsageError(
            f"{out}: holds a training already; go on with --resume, or give another --out"
        )
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: is a file, expected a folder for the run")


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
