"""Training throughput against the arithmetic limit of the machine.

The limit is a measured 3x3 convolution, forward and backward, of the network's own widths and
sizes; the share is the network's arithmetic per second over that. Both are timed in turn, so that
a machine shared with others slows both.

    python benchmarks/throughput.py --data DATA/uav315
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import torch
from tables import write_results
from torch import nn

from crackgauge.data.dataset import load_samples
from crackgauge.data.pairs import find_pairs
from crackgauge.losses import LOSSES, Target
from crackgauge.models import build
from crackgauge.recipes import load_recipe
from crackgauge.training.batches import Batches

WIDTHS = (16, 32, 64, 128)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a dataset with a train split")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--images", type=int, default=24)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    rows = []
    for preset in ("attention-unet-fast", "attention-unet"):
        for precision in ("bf16", "fp32"):
            rows.append(_measure(preset, precision, arguments))
            print(rows[-1], flush=True)
    write_results(
        "throughput",
        title="Training throughput",
        command="python benchmarks/throughput.py --data DATA/uav315",
        text=(
            "Whole training steps (patches cut and augmented, forward, loss, backward, optimiser) "
            "against 3x3 convolutions of the network's widths at its sizes, forward and backward, "
            "in the same precision and layout, timed in turn; medians. Arithmetic is counted by "
            "hooks: two operations a multiply-add, three passes a training step."
        ),
        tables={f"{arguments.threads} threads": rows},
    )


def _measure(preset: str, precision: str, arguments: argparse.Namespace) -> dict[str, object]:
    recipe = load_recipe(preset, [f"precision={precision}"])
    pairs = find_pairs(arguments.data, split="train")[: arguments.images]
    samples = load_samples(
        pairs, channels=recipe.input.channels, preprocessing=recipe.input.preprocessing
    )
    batches = Batches(samples, recipe)
    network = build(recipe.network.name, **recipe.network.options)
    network = network.to(memory_format=torch.channels_last)
    step = _training_step(network, recipe.loss, precision)
    ready = batches.run(0, 10**6)
    patch_px, batch = recipe.sampling.patch_px, recipe.batch
    convolutions = _convolutions(batch, patch_px, precision)
    work = 3 * _operations(network, recipe.input.channels, patch_px) * batch
    training_s, limits = [], []
    for _ in range(arguments.rounds):
        started = time.perf_counter()
        _, batch = next(ready)
        step(torch.from_numpy(batch.x), torch.from_numpy(batch.mask))
        training_s.append(time.perf_counter() - started)
        limits.append(
            sum(3 * ops for ops, _ in convolutions) / sum(_time(run) for _, run in convolutions)
        )
    seconds, limit = statistics.median(training_s[1:]), statistics.median(limits[1:])
    return {
        "preset": preset,
        "precision": precision,
        "patches": f"{batch} x {patch_px} px",
        "patches/s": round(batch / seconds, 2),
        "megapixels/s": round(batch * patch_px**2 / seconds / 1e6, 3),
        "GFLOP/s": round(work / seconds / 1e9, 1),
        "3x3 convolution GFLOP/s": round(limit / 1e9, 1),
        "share of the limit": round(work / seconds / limit, 2),
    }


def _autocast(precision: str) -> AbstractContextManager[None]:
    return torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")


def _training_step(
    network: nn.Module, loss_name: str, precision: str
) -> Callable[[torch.Tensor, torch.Tensor], None]:
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)

    def step(x: torch.Tensor, y: torch.Tensor) -> None:
        with _autocast(precision):
            logits = network(x.contiguous(memory_format=torch.channels_last)).logits
        LOSSES[loss_name](logits, Target(y)).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step


def _convolutions(
    batch: int, patch_px: int, precision: str
) -> list[tuple[float, Callable[[], None]]]:
    """(operations forward, run forward and backward) of one 3x3 convolution a level."""
    runs = []
    for level, width in enumerate(WIDTHS):
        side = patch_px // 2**level
        layer = nn.Conv2d(width, width, 3, padding=1).to(memory_format=torch.channels_last)
        x = torch.rand(batch, width, side, side).contiguous(memory_format=torch.channels_last)
        x = (x.bfloat16() if precision == "bf16" else x).requires_grad_()
        gradient = torch.ones_like(x)

        def run(layer: nn.Module = layer, x: torch.Tensor = x, g: torch.Tensor = gradient) -> None:
            with _autocast(precision):
                layer(x).backward(g)

        runs.append((2.0 * 9 * width * width * side * side * batch, run))
    return runs


def _operations(network: nn.Module, channels: int, patch_px: int) -> float:
    """Operations of one forward pass of one patch, in convolutions."""
    total = 0.0

    def count(layer: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        nonlocal total
        # A transposed convolution uses every weight once an input pixel, the others an output one.
        pixels = inputs[0] if isinstance(layer, nn.ConvTranspose2d) else output
        weight = layer.weight
        assert isinstance(weight, torch.Tensor)
        total += 2.0 * weight.numel() * pixels.shape[-1] * pixels.shape[-2]

    hooks = [
        layer.register_forward_hook(count)
        for layer in network.modules()
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d))
    ]
    with torch.no_grad():
        network(torch.rand(1, channels, patch_px, patch_px))
    for hook in hooks:
        hook.remove()
    return total


def _time(run: Callable[[], None]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
