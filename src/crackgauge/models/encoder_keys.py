"""Names of pretrained weights: from the layouts in which people keep them to timm's.

timm's own names, torchvision's (ConvNeXt, MobileNetV2, VGG) and efficientnet_pytorch's are known.

Legend: a block is (s, i), the i-th block of stage s; the other layouts number blocks straight on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping

from torch import Tensor

from crackgauge.errors import ModelFileError

# What comes after the last feature map, in timm's names: a segmentation has no use for it.
HEAD = ("classifier.", "conv_head.", "bn2.", "head.", "pre_logits.", "fc.")

_EXPANDED = ("conv_pw", "bn1", "conv_dw", "bn2", "conv_pwl", "bn3")
_UNEXPANDED = ("conv_dw", "bn1", "conv_pw", "bn2")
_CONVNEXT = {"0": "conv_dw", "2": "norm", "3": "mlp.fc1", "5": "mlp.fc2"}


def to_timm_names(state: Mapping[str, Tensor], known: Collection[str]) -> dict[str, Tensor]:
    """Rename the tensors of a state to timm's names.

    Args:
        state: tensors by their names in one of the layouts above.
        known: names of timm's network, from which the blocks of each stage are counted.

    Returns:
        The same tensors, all of them, in their order.

    Raises:
        ModelFileError: the names follow none of the layouts.

    >>> import torch
    >>> list(to_timm_names({"features.0.0.weight": torch.zeros(1)}, {"conv_stem.weight"}))
    ['conv_stem.weight']
    """
    rename = _layout_of(state, known)
    renamed: dict[str, Tensor] = {}
    for name, tensor in state.items():
        new = rename(name)
        if new is None or new in renamed:
            raise ModelFileError(
                f"got the tensor {name!r}, which has no place in timm's network; expected the "
                "names of timm, torchvision or efficientnet_pytorch"
            )
        # torchvision keeps ConvNeXt's layer scale as (C, 1, 1), timm as (C,).
        renamed[new] = tensor.flatten() if new.endswith(".gamma") else tensor
    return renamed


def _layout_of(state: Mapping[str, Tensor], known: Collection[str]) -> Callable[[str], str | None]:
    """The function that renames one tensor."""
    blocks = _blocks_in_order(known)
    expanded = {name.rpartition(".conv_pwl")[0] for name in known if ".conv_pwl." in name}
    if {"_conv_stem.weight", "_bn0.weight"} <= state.keys():
        return lambda name: _from_efficientnet_pytorch(name, blocks, expanded)
    if "features.0.0.weight" in state and "conv_stem.weight" in known:
        return lambda name: _from_torchvision_mobilenet(name, blocks, expanded)
    if "features.0.0.weight" in state and any(name.startswith("stem") for name in known):
        return _from_torchvision_convnext
    if "features.0.weight" in state:
        # VGG: the features have the same names; torchvision's three linear layers are a head.
        return lambda name: name.replace("classifier.", "head.fc")
    return lambda name: name


def _blocks_in_order(known: Iterable[str]) -> list[str]:
    found = {match[0] for name in known if (match := re.match(r"blocks\.\d+\.\d+", name))}
    return sorted(found, key=lambda name: [int(part) for part in name.split(".")[1:]])


def _from_efficientnet_pytorch(name: str, blocks: list[str], expanded: set[str]) -> str | None:
    top = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2"}
    first, _, rest = name.partition(".")
    if first in top:
        return f"{top[first]}.{rest}"
    if first == "_fc":
        return f"classifier.{rest}"
    match = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", name)
    if not match or int(match[1]) >= len(blocks):
        return None
    block = blocks[int(match[1])]
    inside = {"_se_reduce": "se.conv_reduce", "_se_expand": "se.conv_expand"}
    theirs = ("_expand_conv", "_bn0", "_depthwise_conv", "_bn1", "_project_conv", "_bn2")
    names = (theirs, _EXPANDED) if block in expanded else (theirs[2:], _UNEXPANDED)
    inside |= dict(zip(*names, strict=True))
    return f"{block}.{inside[match[2]]}.{match[3]}" if match[2] in inside else None


def _from_torchvision_mobilenet(name: str, blocks: list[str], expanded: set[str]) -> str | None:
    if match := re.fullmatch(r"classifier\.1\.(\w+)", name):
        return f"classifier.{match[1]}"
    if match := re.fullmatch(r"features\.(\d+)\.([01])\.(\w+)", name):
        ends = {0: ("conv_stem", "bn1"), len(blocks) + 1: ("conv_head", "bn2")}
        end = ends.get(int(match[1]))
        return f"{end[int(match[2])]}.{match[3]}" if end else None
    match = re.fullmatch(r"features\.(\d+)\.conv\.([\d.]+)\.(\w+)", name)
    if not match or not 1 <= int(match[1]) <= len(blocks):
        return None
    block = blocks[int(match[1]) - 1]
    if block in expanded:
        names = dict(zip(("0.0", "0.1", "1.0", "1.1", "2", "3"), _EXPANDED, strict=True))
    else:
        names = dict(zip(("0.0", "0.1", "1", "2"), _UNEXPANDED, strict=True))
    return f"{block}.{names[match[2]]}.{match[3]}" if match[2] in names else None


def _from_torchvision_convnext(name: str) -> str | None:
    if match := re.fullmatch(r"classifier\.([02])\.(\w+)", name):
        return f"head.{'norm' if match[1] == '0' else 'fc'}.{match[2]}"
    if match := re.fullmatch(r"features\.0\.([01])\.(\w+)", name):
        return f"stem.{match[1]}.{match[2]}"
    if match := re.fullmatch(r"features\.([246])\.([01])\.(\w+)", name):
        return f"stages.{int(match[1]) // 2}.downsample.{match[2]}.{match[3]}"
    if match := re.fullmatch(r"features\.([1357])\.(\d+)\.layer_scale", name):
        return f"stages.{int(match[1]) // 2}.blocks.{match[2]}.gamma"
    match = re.fullmatch(r"features\.([1357])\.(\d+)\.block\.(\d)\.(\w+)", name)
    if not match or match[3] not in _CONVNEXT:
        return None
    stage, inside = int(match[1]) // 2, _CONVNEXT[match[3]]
    return f"stages.{stage}.blocks.{match[2]}.{inside}.{match[4]}"
