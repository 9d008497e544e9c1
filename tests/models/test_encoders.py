"""Pretrained weights: every tensor finds its place, and the encoder computes what it should."""

from __future__ import annotations

from pathlib import Path

import pytest
import timm
import torch
import torchvision
from safetensors.torch import save_file
from timm.layers.conv2d_same import Conv2dSame
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.convnext import CNBlockConfig, ConvNeXt

from crackgauge.errors import ModelFileError, RecipeError
from crackgauge.models.encoder_keys import HEAD, to_timm_names
from crackgauge.models.encoders import Encoder, FixedSameConv2d, read_weights

WEIGHTS = Path(__file__).resolve().parents[3] / "shared" / "weights"
SMALL = {"depths": [1, 2, 1, 1], "dims": [8, 12, 16, 20]}


@pytest.fixture
def image() -> Tensor:
    return torch.randn(1, 3, 96, 64, generator=torch.Generator().manual_seed(0))


def weights(name: str) -> dict[str, Tensor]:
    path = WEIGHTS / f"{name}.safetensors"
    if not path.is_file():
        pytest.skip(f"{path} is not there: encoder weights lie beside the repository")
    return read_weights(path)


def shake(network: nn.Module) -> nn.Module:
    """Move every number away from its start, where much is zero or one."""
    torch.manual_seed(1)
    with torch.no_grad():
        for tensor in network.state_dict().values():
            if tensor.is_floating_point():
                tensor.add_(0.1 * torch.rand_like(tensor))
    return network.eval()


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("mobilenet_v2_imagenet", "mobilenetv2_100"),
        ("efficientnet_lite0_imagenet", "tf_efficientnet_lite0"),
    ],
)
def test_every_tensor_of_a_classifier_has_its_place_in_timms(file: str, name: str) -> None:
    state = weights(file)
    full = timm.create_model(name)
    renamed = to_timm_names(state, full.state_dict())
    assert len(renamed) == len(state)
    full.load_state_dict(renamed, strict=True)  # none missing, none too many, all shapes right
    # The pyramid takes all but the head, which is named.
    left_out = Encoder(name).load_state(state, source=file)
    batch_norm = ("bias", "num_batches_tracked", "running_mean", "running_var", "weight")
    head = [*(f"bn2.{part}" for part in batch_norm), "classifier.bias", "classifier.weight"]
    assert left_out == [*head, "conv_head.weight"]


def test_every_tensor_of_the_vgg_trunk_is_used() -> None:
    state = weights("vgg16_hed_trunk")
    encoder = Encoder("vgg16")
    assert encoder.load_state(state, source="vgg") == []
    assert len(state) == len(encoder.body.state_dict()) == 26


@torch.no_grad()
def test_mobilenet_computes_what_torchvisions_does(image: Tensor) -> None:
    state = weights("mobilenet_v2_imagenet")
    theirs = torchvision.models.mobilenet_v2().eval()
    theirs.load_state_dict(state)
    encoder = Encoder("mobilenetv2_100").eval()
    encoder.load_state(state, source="mobilenet")
    expected, x = [], image
    for index, layer in enumerate(theirs.features):
        x = layer(x)
        if index in (1, 3, 6, 13, 17):  # the last blocks at strides 2, 4, 8, 16, 32
            expected.append(x)
    torch.testing.assert_close(encoder(image), expected, atol=1e-4, rtol=1e-4)
    full = timm.create_model("mobilenetv2_100").eval()
    full.load_state_dict(to_timm_names(state, full.state_dict()))
    torch.testing.assert_close(full(image), theirs(image), atol=1e-4, rtol=1e-4)


def lite0(raw: dict[str, Tensor], x: Tensor) -> list[Tensor]:
    """EfficientNet-Lite0 from its raw tensors: TensorFlow's padding, ReLU6, no squeeze."""

    def conv(x: Tensor, name: str, stride: int = 1) -> Tensor:
        kernel = raw[f"{name}.weight"]
        total = kernel.shape[-1] - stride
        x = functional.pad(x, [total // 2, total - total // 2] * 2) if total > 0 else x
        groups = x.shape[1] // kernel.shape[1]
        return functional.conv2d(x, kernel, stride=stride, groups=groups)

    def norm(x: Tensor, name: str) -> Tensor:
        mean, var, weight, bias = (
            raw[f"{name}.{part}"][:, None, None]
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / torch.sqrt(var + 1e-3) * weight + bias

    maps = []
    x = functional.relu6(norm(conv(x, "_conv_stem", 2), "_bn0"))
    for n in range(16):
        y, block, stride = x, f"_blocks.{n}", 2 if n in (1, 3, 5, 11) else 1
        if n:
            y = functional.relu6(norm(conv(y, f"{block}._expand_conv"), f"{block}._bn0"))
        y = functional.relu6(norm(conv(y, f"{block}._depthwise_conv", stride), f"{block}._bn1"))
        y = norm(conv(y, f"{block}._project_conv"), f"{block}._bn2")
        x = x + y if x.shape == y.shape else y
        if n in (0, 2, 4, 10, 15):
            maps.append(x)
    return maps


@torch.no_grad()
def test_lite0_computes_what_its_raw_tensors_say(image: Tensor) -> None:
    state = weights("efficientnet_lite0_imagenet")
    encoder = Encoder("tf_efficientnet_lite0").eval()
    encoder.load_state(state, source="lite0")
    torch.testing.assert_close(encoder(image), lite0(state, image), atol=1e-3, rtol=1e-3)


@torch.no_grad()
def test_vgg_computes_what_its_raw_tensors_say(image: Tensor) -> None:
    state = weights("vgg16_hed_trunk")
    encoder = Encoder("vgg16").eval()
    encoder.load_state(state, source="vgg")
    x, expected = image, []
    for group in ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28)):
        for n in group:
            kernel, bias = state[f"features.{n}.weight"], state[f"features.{n}.bias"]
            x = functional.relu(functional.conv2d(x, kernel, bias, padding=1))
        expected.append(x)
        x = functional.max_pool2d(x, 2)
    torch.testing.assert_close(encoder(image), [*expected[1:], x], atol=1e-3, rtol=1e-3)


@torch.no_grad()
def test_torchvisions_convnext_is_timms(image: Tensor) -> None:
    settings = [
        CNBlockConfig(8, 12, 1),
        CNBlockConfig(12, 16, 2),
        CNBlockConfig(16, 20, 1),
        CNBlockConfig(20, None, 1),
    ]
    theirs = shake(ConvNeXt(settings))
    encoder = Encoder("convnext_tiny", options=SMALL).eval()
    left_out = encoder.load_state(theirs.state_dict(), source="torchvision")
    assert left_out == ["head.fc.bias", "head.fc.weight", "head.norm.bias", "head.norm.weight"]
    x, expected = image, []
    for index, layer in enumerate(theirs.features):
        x = layer(x)
        if index % 2:
            expected.append(x)
    torch.testing.assert_close(encoder(image), expected, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_timms_own_names_need_no_change(image: Tensor, tmp_path: Path) -> None:
    full = shake(timm.create_model("convnext_tiny", **SMALL))
    save_file(full.state_dict(), tmp_path / "own.safetensors")
    encoder = Encoder("convnext_tiny", options=SMALL).eval()
    encoder.load(str(tmp_path / "own.safetensors"))
    torch.testing.assert_close(encoder(image)[-1], full.forward_features(image))


def test_strides_and_channels_are_those_of_the_maps(image: Tensor) -> None:
    for name, strides in (("convnext_atto", (4, 8, 16, 32)), ("vgg11", (2, 4, 8, 16, 32))):
        encoder = Encoder(name).eval()
        with torch.no_grad():
            maps = encoder(image)
        assert encoder.strides == strides
        assert encoder.channels == tuple(m.shape[1] for m in maps)
        assert [tuple(m.shape[-2:]) for m in maps] == [(96 // s, 64 // s) for s in strides]


@torch.no_grad()
def test_fixed_same_padding_is_tensorflows_where_sides_fit(image: Tensor) -> None:
    for kernel, stride, dilation in ((3, 2, 1), (5, 2, 1), (3, 1, 1), (3, 2, 2), (1, 2, 1)):
        torch.manual_seed(0)
        conv = Conv2dSame(3, 4, kernel, stride, dilation=dilation)
        torch.testing.assert_close(FixedSameConv2d.like(conv)(image), conv(image))


def test_stages_are_stem_and_downsampling_with_what_they_feed() -> None:
    encoder = Encoder("convnext_tiny", options=SMALL)
    names = {id(parameter): name for name, parameter in encoder.body.named_parameters()}
    stages = [{names[id(p)].split(".")[0] for p in stage} for stage in encoder.stages()]
    assert stages == [{"stem_0", "stem_1", "stages_0"}, {"stages_1"}, {"stages_2"}, {"stages_3"}]
    with_stride_2 = Encoder("mobilenetv2_100")
    names = {id(parameter): name for name, parameter in with_stride_2.body.named_parameters()}
    stages = [{names[id(p)][:8] for p in stage} for stage in with_stride_2.stages()]
    assert {"conv_ste", "blocks.0", "blocks.1"} <= stages[0]
    assert stages[1:] == [{"blocks.2"}, {"blocks.3", "blocks.4"}, {"blocks.5", "blocks.6"}]


def test_looking_for_stages_leaves_the_network_as_it_was() -> None:
    encoder = Encoder("mobilenetv2_100").train()
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    encoder.stages()
    assert encoder.training
    assert all(torch.equal(before[name], t) for name, t in encoder.state_dict().items())
    assert all(parameter.grad is None for parameter in encoder.parameters())


def test_weights_of_another_network_are_refused() -> None:
    other = Encoder("convnext_tiny", options={**SMALL, "dims": [8, 12, 16, 24]})
    state = timm.create_model("convnext_tiny", **SMALL).state_dict()
    with pytest.raises(ModelFileError, match=r"own: is not for convnext_tiny: .* another shape"):
        other.load_state(state, source="own")
    shallow = Encoder("convnext_tiny", options={**SMALL, "depths": [1, 1, 1, 1]})
    with pytest.raises(ModelFileError, match=r"[1-9]\d* have no place.*stages\.1\.blocks\.1"):
        shallow.load_state(state, source="own")


@pytest.mark.parametrize(
    ("network", "names"),
    [
        ("mobilenetv2_100", ["features.0.0.weight", "features.99.conv.2.weight"]),
        ("mobilenetv2_100", ["features.0.0.weight", "features.1.conv.7.weight"]),
        ("tf_efficientnet_lite0", ["_conv_stem.weight", "_bn0.weight", "_blocks.0._what.weight"]),
        ("convnext_atto", ["features.0.0.weight", "features.1.0.block.1.weight"]),
    ],
)
def test_an_unknown_name_within_a_layout_is_named(network: str, names: list[str]) -> None:
    state = {name: torch.zeros(1) for name in names}
    with pytest.raises(ModelFileError, match=f"got the tensor '{names[-1]}'"):
        Encoder(network).load_state(state, source="file")


def test_an_unknown_layout_is_refused() -> None:
    state = {"backbone.layer1.weight": torch.zeros(1)}
    with pytest.raises(ModelFileError, match="1 have no place, the first is"):
        Encoder("convnext_atto").load_state(state, source="file")


def test_what_is_no_file_of_weights_is_refused(tmp_path: Path) -> None:
    encoder = Encoder("convnext_tiny", options=SMALL)
    with pytest.raises(ModelFileError, match=r"nowhere\.safetensors: cannot be read"):
        encoder.load(str(tmp_path / "nowhere.safetensors"))
    (tmp_path / "text.safetensors").write_text("no tensors", encoding="utf-8")
    with pytest.raises(ModelFileError, match="expected a safetensors file, hub or none"):
        encoder.load(str(tmp_path / "text.safetensors"))


def test_networks_that_are_no_pyramid_are_refused() -> None:
    with pytest.raises(RecipeError, match=r"Unknown model \(convnext_tniy\)"):
        Encoder("convnext_tniy")
    with pytest.raises(RecipeError, match=r"strides \[16, 16, 16\], expected 4, 8, 16 and 32"):
        Encoder("deit_tiny_patch16_224")
    with pytest.raises(RecipeError, match="timm refuses it"):
        Encoder("convnext_atto", options={"depth": 3})


def test_the_head_is_what_no_map_uses() -> None:
    for name in ("convnext_atto", "mobilenetv2_100"):
        full = timm.create_model(name).state_dict()
        pyramid = {n.replace("_", ".") for n in Encoder(name).body.state_dict()}
        extra = [n for n in full if n.replace("_", ".") not in pyramid]
        assert extra
        assert all(n.startswith(HEAD) for n in extra)
