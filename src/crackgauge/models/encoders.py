"""Encoders: timm's networks as feature pyramids, and pretrained weights for them.

Legend: N batch, H and W height and width of the input; a map of stride s is (N, C, H / s, W / s).
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from crackgauge.errors import ModelFileError, RecipeError
from crackgauge.models.encoder_keys import HEAD, to_timm_names

STRIDES = (4, 8, 16, 32)
_NO_WEIGHTS, _HUB = "none", "hub"


class FixedSameConv2d(nn.Conv2d):
    """TensorFlow's "same" convolution of maps whose sides are multiples of its stride.

    The padding is then the same for every size, (k - 1) d + 1 - s in all, the odd pixel on the
    right and below. timm's own computes it from the size at hand, which an exported graph of free
    sizes cannot follow.
    """

    @classmethod
    def like(cls, conv: nn.Conv2d) -> FixedSameConv2d:
        """Take over a convolution with its weights, which stay the same objects."""
        made = cls(
            conv.in_channels,
            conv.out_channels,
            conv.kernel_size,  # type: ignore[arg-type]
            conv.stride,  # type: ignore[arg-type]
            dilation=conv.dilation,  # type: ignore[arg-type]
            groups=conv.groups,
            bias=conv.bias is not None,
        )
        made.weight, made.bias = conv.weight, conv.bias
        return made

    def forward(self, x: Tensor) -> Tensor:
        sides: list[int] = []
        for kernel, stride, dilation in zip(
            reversed(self.kernel_size), reversed(self.stride), reversed(self.dilation), strict=True
        ):
            total = max((kernel - 1) * dilation + 1 - stride, 0)
            sides += [total // 2, total - total // 2]
        return super().forward(functional.pad(x, sides))


class Encoder(nn.Module):
    """A timm network that gives its feature maps at the strides 4, 8, 16 and 32.

    A map at stride 2, which MobileNetV2, EfficientNet and VGG have, comes first; one at stride 1 is
    left out.

    Args:
        name: of a timm network, such as "convnext_tiny" or "mobilenetv2_100".
        in_channels: of the input; pretrained weights want 3.
        options: further arguments of timm's network, such as `drop_path_rate`.

    Attributes:
        strides: of the maps, finest first; the last four are 4, 8, 16, 32.
        channels: of the maps.

    Raises:
        RecipeError: timm has no such network, it has no such maps, or it refuses an option.
    """

    def __init__(
        self, name: str, *, in_channels: int = 3, options: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__()
        self.name, self.in_channels = name, in_channels
        self._options = dict(options or {})
        self.body = self._create(pretrained=False)
        info: Any = self.body.feature_info
        strides: list[int] = info.reduction()
        self._kept = [index for index, stride in enumerate(strides) if stride > 1]
        self.strides = tuple(strides[index] for index in self._kept)
        if self.strides not in (STRIDES, (2, *STRIDES)):
            raise RecipeError(
                f"encoder {name!r}: got maps at the strides {strides}, expected 4, 8, 16 and 32, "
                "with or without 2; choose another, such as convnext_tiny"
            )
        channels: list[int] = info.channels()
        self.channels = tuple(channels[index] for index in self._kept)

    def forward(self, x: Tensor) -> list[Tensor]:
        maps: list[Tensor] = self.body(x)
        return [maps[index] for index in self._kept]

    def load(self, weights: str) -> None:
        """Fill in pretrained weights.

        Args:
            weights: "none" leaves what is there; "hub" fetches timm's own; else a safetensors file
                whose names are timm's, torchvision's or efficientnet_pytorch's.

        Raises:
            ModelFileError: the file cannot be read or is of another network, or the hub does not
                answer or has no weights of this network.
        """
        if weights == _NO_WEIGHTS:
            return
        if weights == _HUB:
            self._load_from_hub()
        else:
            self.load_state(read_weights(Path(weights)), source=weights)

    def load_state(self, state: Mapping[str, Tensor], *, source: str) -> list[str]:
        """Fill in pretrained tensors, all but those of the head.

        Args:
            state: tensors by name; numbers of less than 32 bits are widened.
            source: what an error calls them.

        Returns:
            The names, in timm's spelling, of what was left out: the head, see `HEAD`.

        Raises:
            ModelFileError: a tensor has no place, one is missing, or one has another shape.
        """
        # A pyramid of stages is flattened: timm calls stages.0 there stages_0.
        own = {name.replace("_", "."): name for name in self.body.state_dict()}
        dotted = {_dotted(name) for name in self.body.state_dict()}
        try:
            renamed = to_timm_names(state, dotted)
        except ModelFileError as error:
            raise ModelFileError(f"{source}: is not for {self.name}: {error}") from error
        placed = {own[key]: name for name in renamed if (key := name.replace("_", ".")) in own}
        left_out = sorted(renamed.keys() - set(placed.values()))
        strange = [name for name in left_out if not name.startswith(HEAD)]
        missing = [
            name
            for name, tensor in self.body.state_dict().items()
            if name not in placed or renamed[placed[name]].shape != tensor.shape
        ]
        wrong = [_dotted(name) for name in missing] + strange
        if wrong:
            raise ModelFileError(
                f"{source}: is not for {self.name}: {len(missing)} of {len(own)} tensors are "
                f"missing or of another shape, {len(strange)} have no place, the first is "
                f"{wrong[0]}; expected the weights of {self.name} in the names of timm, "
                "torchvision or efficientnet_pytorch"
            )
        self.body.load_state_dict({name: renamed[theirs] for name, theirs in placed.items()})
        return left_out

    def stages(self) -> list[list[nn.Parameter]]:
        """The parameters of the stages at strides 4, 8, 16 and 32, each in the first that uses it.

        So the stem belongs to stage 1, and a downsampling layer to the stage that it feeds.
        """
        parameters = list(self.body.parameters())
        was_training = self.training
        self.eval()  # running statistics and dropped paths stay as they are
        device = parameters[0].device
        x = torch.zeros(1, self.in_channels, 2 * STRIDES[-1], 2 * STRIDES[-1], device=device)
        with torch.enable_grad():
            maps = self(x)[-len(STRIDES) :]
            uses = [
                torch.autograd.grad(m.sum(), parameters, allow_unused=True, retain_graph=True)
                for m in maps
            ]
        self.train(was_training)
        stages: list[list[nn.Parameter]] = [[] for _ in STRIDES]
        for index, parameter in enumerate(parameters):
            used = [gradient[index] is not None for gradient in uses]
            stages[used.index(True) if any(used) else -1].append(parameter)
        return stages

    def _create(self, *, pretrained: bool) -> nn.Module:
        import timm  # takes seconds to load, which no other network should pay

        try:
            body: nn.Module = timm.create_model(
                self.name,
                pretrained=pretrained,
                features_only=True,
                in_chans=self.in_channels,
                **self._options,
            )
        except (TypeError, AttributeError, AssertionError) as error:
            raise RecipeError(f"encoder {self.name!r}: timm refuses it: {error}") from error
        except RuntimeError as error:
            if pretrained:
                raise
            near = difflib.get_close_matches(self.name, timm.list_models(), n=1)
            hint = f"did you mean {near[0]!r}?" if near else "such as convnext_tiny"
            raise RecipeError(
                f"encoder {self.name!r}: {error}; expected a convolutional network of timm, {hint}"
            ) from error
        _fix_same_padding(body)
        return body

    def _load_from_hub(self) -> None:
        try:
            fetched = self._create(pretrained=True)
        except (OSError, RuntimeError, ValueError) as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise ModelFileError(
                f"encoder {self.name!r}: the hub gives no weights ({lines[0]}); train with "
                "network.encoder_weights=FILE.safetensors or network.encoder_weights=none"
            ) from error
        self.body.load_state_dict(fetched.state_dict())


def _fix_same_padding(body: nn.Module) -> None:
    from timm.layers.conv2d_same import Conv2dSame

    for parent in list(body.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, Conv2dSame):
                setattr(parent, name, FixedSameConv2d.like(child))


def read_weights(path: Path) -> dict[str, Tensor]:
    """Tensors of a safetensors file; floats are widened to 32 bits.

    Raises:
        ModelFileError: there is none, or it is damaged.
    """
    try:
        state = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelFileError(
            f"{path}: cannot be read as encoder weights ({error}); expected a safetensors file, "
            "hub or none"
        ) from error
    return {k: v.float() if v.is_floating_point() else v for k, v in state.items()}


def _dotted(name: str) -> str:
    """timm's name of a tensor outside a flattened pyramid: stages_0.x is stages.0.x.

    >>> _dotted("stages_0.blocks.0.conv_dw.weight"), _dotted("conv_stem.weight")
    ('stages.0.blocks.0.conv_dw.weight', 'conv_stem.weight')
    """
    first, dot, rest = name.partition(".")
    stem, _, number = first.rpartition("_")
    return f"{stem}.{number}{dot}{rest}" if number.isdigit() else name
