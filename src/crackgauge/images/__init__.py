"""Reading and writing images and masks: one decoder for both, whatever the format."""

from crackgauge.images.bigtiff import (
    BlockWriter,
    open_image_writer,
    open_mask_writer,
    open_probability_writer,
)
from crackgauge.images.decode import WHOLE_LIMIT_PX, image_size, read_image
from crackgauge.images.georeference import Georeference, read_georeference
from crackgauge.images.listing import list_images
from crackgauge.images.mask_rules import MASK_RULES
from crackgauge.images.masks import MaskReading, read_mask, read_probability
from crackgauge.images.metadata import PhotoMetadata, read_photo_metadata
from crackgauge.images.windows import ImageSource, array_source, open_image
from crackgauge.images.writing import (
    BIG_OUTPUT_PX,
    write_image,
    write_mask,
    write_probability,
)

__all__ = [
    "BIG_OUTPUT_PX",
    "MASK_RULES",
    "WHOLE_LIMIT_PX",
    "BlockWriter",
    "Georeference",
    "ImageSource",
    "MaskReading",
    "PhotoMetadata",
    "array_source",
    "image_size",
    "list_images",
    "open_image",
    "open_image_writer",
    "open_mask_writer",
    "open_probability_writer",
    "read_georeference",
    "read_image",
    "read_mask",
    "read_photo_metadata",
    "read_probability",
    "write_image",
    "write_mask",
    "write_probability",
]
