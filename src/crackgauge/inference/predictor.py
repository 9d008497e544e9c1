"""One model, ready to predict: `open_model` and `Predictor`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from crackgauge.arrays import Image, Probability, Window
from crackgauge.errors import UsageError
from crackgauge.images import WHOLE_LIMIT_PX, ImageSource, array_source, open_image
from crackgauge.inference.augmentation import alignment, find_views, reach
from crackgauge.inference.backends import Backend, open_backend
from crackgauge.inference.enlarging import BicubicSource, Enlarged, to_image
from crackgauge.inference.metadata import ModelMetadata
from crackgauge.inference.onnx_file import read_model_file
from crackgauge.inference.tiled import Network, predict_layers, predict_tiles
from crackgauge.tiling import Tile, plan_tiles, round_up

EXPORTED_NAME = "model.onnx"


class Predictor:
    """A network with its description.

    Args:
        metadata: the description.
        backend: the network in a runtime.
        digest: SHA-256 of the model file, in hexadecimal; results are bound to it.
    """

    def __init__(self, metadata: ModelMetadata, backend: Backend, *, digest: str) -> None:
        self.metadata = metadata
        self.digest = digest
        self._backend = backend

    @property
    def threshold(self) -> float:
        """Probability from which a pixel is crack, as the model file says."""
        return self.metadata.threshold

    @property
    def enlargement(self) -> int:
        """How many times larger the result is than the image, s; 1 for most models.

        A super-resolution model gives the mask of the enlarged image: a pixel of it covers 1 / s
        of the millimetres that a pixel of the photo covers.
        """
        return self.metadata.enlargement

    @property
    def backend_name(self) -> str:
        """The runtime, with its precision where that is not fp32."""
        return self._backend.name

    def predict(
        self,
        image: Image | str | Path,
        *,
        augmentation: str = "none",
        tile: int | None = None,
    ) -> Probability:
        """Probability float32 (s H, s W) in [0, 1] that a pixel is crack; s is `enlargement`.

        Args:
            image: uint8 (H, W, 3) RGB, or a file.
            augmentation: "none"; "flips": the mean over the four flips; "flips+scales": over the
                flips at 1 and 5/4 of the size, eight passes.
            tile: side of a core, px; None: the model's own. It changes memory and time; the
                result only for models that say `tiling="approximate"`.

        Raises:
            UsageError: another array, an unknown augmentation, a tile that does not fit, an image
                above 200 megapixels when enlarged (`predict_windows` takes it), or too little
                memory.
            InputRefused: the file cannot be read as an image.
        """
        with _source_of(image) as source:
            height, width = self._result_size(source)
            blocks = self.predict_windows(source, augmentation=augmentation, tile=tile)
            return _join(blocks, height, width)

    def predict_enlarged(
        self,
        image: Image | str | Path,
        *,
        augmentation: str = "none",
        tile: int | None = None,
    ) -> Enlarged:
        """The photo enlarged s times, with its probability, from one pass.

        The photo is the network's own enlargement; bicubic where the network enlarges only the
        probability, or nothing (s = 1).

        Args:
            image, augmentation, tile: as for `predict`.

        Raises:
            UsageError, InputRefused: as `predict`.
        """
        with _source_of(image) as source:
            height, width = self._result_size(source)
            windows = self.predict_enlarged_windows(source, augmentation=augmentation, tile=tile)
            photo = np.empty((height, width, 3), np.uint8)
            probability = np.empty((height, width), np.float32)
            for window, block in windows:
                photo[window.slices] = block.image
                probability[window.slices] = block.probability
            return Enlarged(photo, probability)

    def predict_windows(
        self, source: ImageSource, *, augmentation: str = "none", tile: int | None = None
    ) -> Iterator[tuple[Window, Probability]]:
        """Probability of an image of any size, window by window, row by row.

        Args:
            source: from `open_image` or `array_source`.
            augmentation, tile: as for `predict`. Windows begin at multiples of s times the tile,
                which is 1,024 px by default, and end at such or at the edge of the image.

        Yields:
            Windows that cover the enlarged image once, each with its float32 (h, w).

        Raises:
            UsageError, InputRefused: as `predict`.
        """
        tiles = self.plan(source.height, source.width, augmentation=augmentation, tile=tile)
        return predict_tiles(self.network(augmentation), source, tiles)

    def predict_enlarged_windows(
        self, source: ImageSource, *, augmentation: str = "none", tile: int | None = None
    ) -> Iterator[tuple[Window, Enlarged]]:
        """As `predict_windows`, with the enlarged photo of each window; see `predict_enlarged`.

        Raises:
            UsageError, InputRefused: as `predict`.
        """
        tiles = self.plan(source.height, source.width, augmentation=augmentation, tile=tile)
        enlarged = BicubicSource(source, self.enlargement)
        network = self.network(augmentation)
        for window, layers in predict_layers(network, source, tiles, with_image=True):
            own = len(layers) > 1
            image = to_image(layers[1:], self.metadata) if own else enlarged.read(window)
            yield window, Enlarged(image, layers[0])

    def plan(
        self, height: int, width: int, *, augmentation: str = "none", tile: int | None = None
    ) -> list[Tile]:
        """The tiles that an image of this size is predicted by.

        Raises:
            UsageError: an unknown augmentation, or a tile that is no multiple of the alignment.
        """
        views = find_views(augmentation)
        aligned = alignment(views, self.metadata.stride)
        core = round_up(self.metadata.tile, aligned) if tile is None else tile
        halo = reach(views, self.metadata.halo)
        return plan_tiles(height, width, core=core, halo=halo, stride=aligned)

    def network(self, augmentation: str = "none") -> Network:
        """The network as `tiled` and `protocols` apply it.

        Raises:
            UsageError: an unknown augmentation.
        """
        return Network(self._backend, self.metadata, find_views(augmentation))

    def _result_size(self, source: ImageSource) -> tuple[int, int]:
        """Height and width of the result, which must fit into one array."""
        height, width = (self.enlargement * size for size in (source.height, source.width))
        if height * width > WHOLE_LIMIT_PX:
            raise UsageError(
                f"got {height}x{width} px, expected at most {WHOLE_LIMIT_PX:,} in one array; "
                "use predict_windows, or the command `crackgauge predict`"
            )
        return height, width


def _source_of(image: Image | str | Path) -> ImageSource:
    return array_source(image) if isinstance(image, np.ndarray) else open_image(image)


def _join(blocks: Iterator[tuple[Window, Probability]], height: int, width: int) -> Probability:
    """Blocks that cover (height, width) once, as one array; one that covers all is not copied."""
    out: Probability | None = None
    for window, block in blocks:
        if block.shape == (height, width):
            return np.ascontiguousarray(block)
        if out is None:
            out = np.empty((height, width), np.float32)
        out[window.slices] = block
    if out is None:
        raise UsageError(f"got an image of {height}x{width} px, expected at least one pixel")
    return out


def open_model(
    path: str | Path | None = None,
    *,
    backend: str = "auto",
    device: str = "auto",
    threads: int | None = None,
    precision: str = "f32",
) -> Predictor:
    """Open a model.

    Args:
        path: an .onnx file of crackgauge; the folder of a training run (its `model.onnx`, or
            with the backend torch its best weights so far); None: the embedded default.
        backend: "auto", "onnxruntime", "openvino" or "torch". "auto" is ONNX Runtime whatever
            else is installed, so that the same command gives the same result on every install,
            and torch for a run that was not exported yet.
        device: "auto", "cpu" or "cuda".
        threads: on the CPU; None for all that this process may use.
        precision: "f32", or "bf16" with OpenVINO.

    Raises:
        ModelFileError: no model, or one that is damaged or refused.
        UsageError: an unknown or missing backend, or an option that it lacks.
    """
    options: dict[str, Any] = {"device": device, "threads": threads, "precision": precision}
    file = _default_model() if path is None else Path(path)
    if file.is_dir():
        exported = file / EXPORTED_NAME
        if backend == "torch" or (backend == "auto" and not exported.is_file()):
            return _open_run(file, options)
        file = exported
    model = read_model_file(file)
    name = "onnxruntime" if backend == "auto" else backend
    opened = open_backend(name, model, **options)
    return Predictor(model.metadata, opened, digest=model.sha256)


def _default_model() -> Path:
    """The embedded model; the package is always installed as files."""
    return Path(str(resources.files("crackgauge") / "weights" / "default.onnx"))


def _open_run(folder: Path, options: dict[str, Any]) -> Predictor:
    try:
        from crackgauge.inference.training_run import open_run
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("crackgauge"):
            raise
        raise UsageError(
            f"{folder}: a training run without {EXPORTED_NAME} needs torch; run: "
            "pip install 'crackgauge[train]', or export the run to a model file"
        ) from error
    metadata, backend, content = open_run(folder, **options)
    return Predictor(metadata, backend, digest=hashlib.sha256(content).hexdigest())
