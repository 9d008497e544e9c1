"""Reading an ONNX file that nobody vouches for, before a runtime sees it.

The file is walked as protocol-buffer fields, without the `onnx` package (which the base install
does not have) and without copies. Refused here: what is no ONNX model, external data (it could
name any file of this machine), graphs inside graphs (loops without an end) and operators of
foreign domains. What passes is one flat graph of standard operators with a description. Where
the file holds its own checksum, as exported ones do, it must fit: a flipped bit in a weight would
change results and nothing else.

Source of the field numbers: onnx.proto3 of ONNX 1.19.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crackgauge.errors import ModelFileError
from crackgauge.inference.metadata import METADATA_KEY, ModelMetadata, parse_metadata

MAX_MODEL_BYTES = 1 << 30
# Metadata property: SHA-256 of the graph and of all other metadata properties.
CHECKSUM_KEY = "crackgauge.sha256"
_ADVICE = "export it with `crackgauge export`"

# Field numbers, by message.
_MODEL_GRAPH, _MODEL_PROPERTIES, _MODEL_TRAINING, _MODEL_FUNCTIONS = 7, 14, 20, 25
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_NODE_OP_TYPE, _NODE_ATTRIBUTE, _NODE_DOMAIN = 4, 5, 7
_ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS, _ATTRIBUTE_SPARSE = (5, 10), (6, 11), (22, 23)
_TENSOR_EXTERNAL, _TENSOR_LOCATION = 13, 14
_PROPERTY_KEY, _PROPERTY_VALUE = 1, 2
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class _NotProtobuf(Exception):
    """The bytes are no protocol buffer."""


@dataclass(frozen=True)
class ModelFile:
    """A model file that passed.

    Attributes:
        content: the whole file.
        metadata: its description.
        properties: all metadata properties of the file, by key.
        sha256: of the content.
        source: its path, for sentences.
    """

    content: bytes
    metadata: ModelMetadata
    properties: dict[str, str]
    sha256: str
    source: str


def read_model_file(path: str | Path) -> ModelFile:
    """Read and check an .onnx file.

    Raises:
        ModelFileError: missing, no file, too large, no ONNX model, or one that is refused.
    """
    path = Path(path)
    try:
        if not path.is_file():
            what = "a folder" if path.is_dir() else "nothing" if not path.exists() else "no file"
            raise ModelFileError(f"{path}: got {what}, expected an .onnx model file")
        size = path.stat().st_size
        if size > MAX_MODEL_BYTES:
            raise ModelFileError(
                f"{path}: got {size:,} bytes, expected a model file of at most {MAX_MODEL_BYTES:,}"
            )
        content = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror or error})") from error
    return parse_model(content, source=str(path))


def parse_model(content: bytes, *, source: str = "model") -> ModelFile:
    """Check the bytes of an .onnx file.

    Raises:
        ModelFileError: no ONNX model, or one that is refused.

    >>> parse_model(b"not a model", source="a.onnx")
    Traceback (most recent call last):
    ...
    crackgauge.errors.ModelFileError: a.onnx: got 11 bytes that are no ONNX model, ...
    """
    try:
        properties, checksum = _scan(memoryview(content), source)
    except (_NotProtobuf, UnicodeDecodeError) as error:
        raise ModelFileError(
            f"{source}: got {len(content):,} bytes that are no ONNX model, expected a crackgauge "
            f"model file; {_ADVICE}"
        ) from error
    if METADATA_KEY not in properties:
        raise ModelFileError(
            f"{source}: an ONNX file without crackgauge's description (normalisation, threshold, "
            f"tiling); {_ADVICE}"
        )
    if properties.get(CHECKSUM_KEY, checksum) != checksum:
        raise ModelFileError(
            f"{source}: is damaged or was changed after its export: its checksum does not fit; "
            "fetch the file again, or export it again"
        )
    metadata = parse_metadata(properties[METADATA_KEY], source=source)
    return ModelFile(content, metadata, properties, hashlib.sha256(content).hexdigest(), source)


def checksum_of(content: bytes) -> str:
    """What `CHECKSUM_KEY` must hold for a file.

    Raises:
        ModelFileError: no ONNX model, or one that is refused.
    """
    return _scan(memoryview(content), "model")[1]


def _scan(model: memoryview, source: str) -> tuple[dict[str, str], str]:
    """Refuse what may not be in a model file; return its metadata properties and its checksum."""
    properties: dict[str, str] = {}
    graphs = 0
    checksum = hashlib.sha256()
    for number, value in _fields(model):
        if number == _MODEL_GRAPH:
            graphs += 1
            _check_graph(_message(value), source)
            checksum.update(_message(value))
        elif number == _MODEL_PROPERTIES:
            entry = {key: bytes(_message(text)).decode() for key, text in _fields(_message(value))}
            key = entry.get(_PROPERTY_KEY, "")
            properties[key] = entry.get(_PROPERTY_VALUE, "")
            if key != CHECKSUM_KEY:
                checksum.update(_message(value))
        elif number in (_MODEL_TRAINING, _MODEL_FUNCTIONS):
            raise ModelFileError(f"{source}: holds functions or training steps; {_ADVICE}")
    if graphs != 1:
        raise _NotProtobuf
    return properties, checksum.hexdigest()


def _check_graph(graph: memoryview, source: str) -> None:
    for number, value in _fields(graph):
        if number == _GRAPH_NODE:
            _check_node(_message(value), source)
        elif number == _GRAPH_INITIALIZER:
            _check_tensor(_message(value), source)
        elif number == _GRAPH_SPARSE:
            raise ModelFileError(f"{source}: holds sparse weights; {_ADVICE}")


def _check_node(node: memoryview, source: str) -> None:
    for number, value in _fields(node):
        if number == _NODE_DOMAIN and bytes(_message(value)) not in (b"", b"ai.onnx"):
            raise ModelFileError(
                f"{source}: uses an operator of the domain {bytes(_message(value))!r}, expected "
                f"standard ones; {_ADVICE}"
            )
        if number != _NODE_ATTRIBUTE:
            continue
        for part, inner in _fields(_message(value)):
            if part in _ATTRIBUTE_GRAPHS:
                raise ModelFileError(f"{source}: holds a loop or a branch; {_ADVICE}")
            if part in _ATTRIBUTE_SPARSE:
                raise ModelFileError(f"{source}: holds sparse constants; {_ADVICE}")
            if part in _ATTRIBUTE_TENSORS:
                _check_tensor(_message(inner), source)


def _check_tensor(tensor: memoryview, source: str) -> None:
    for number, value in _fields(tensor):
        if number == _TENSOR_EXTERNAL or (number == _TENSOR_LOCATION and value != 0):
            raise ModelFileError(
                f"{source}: keeps weights in another file (external data), expected all in one; "
                f"{_ADVICE}"
            )


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise _NotProtobuf
    return value


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Each field of a message: its number, and its integer or its bytes."""
    position, end = 0, len(message)
    while position < end:
        key, position = _varint(message, position)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise _NotProtobuf
        if kind == _VARINT:
            value, position = _varint(message, position)
            yield number, value
            continue
        if kind == _BYTES:
            length, position = _varint(message, position)
        elif kind in (_FIXED32, _FIXED64):
            length = 4 if kind == _FIXED32 else 8
        else:
            raise _NotProtobuf
        if position + length > end:
            raise _NotProtobuf
        yield number, message[position : position + length]
        position += length


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            break
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise _NotProtobuf
