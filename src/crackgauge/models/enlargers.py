"""What enlarges an image or a probability map within a network: bicubic or learned."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Protocol

from torch import Tensor, nn

from crackgauge.errors import RecipeError
from crackgauge.models.bicubic import Bicubic
from crackgauge.models.dbpn import Dbpn


class Enlarger(Protocol):
    """Maps (N, C, H, W) to (N, C, s H, s W).

    Attributes:
        reach_px: pixels on either side of the one that an enlarged pixel lies in, on which it may
            depend.
    """

    reach_px: int

    def __call__(self, x: Tensor) -> Tensor:
        """Enlarge."""


ENLARGERS = ("bicubic", "dbpn")


def build_enlarger(options: Mapping[str, Any] | None, *, channels: int, scale: int) -> nn.Module:
    """Build an enlarger from its name and options, such as {"name": "dbpn", "stages": 3}.

    Args:
        options: `name`, of `ENLARGERS`, and for "dbpn" the options of `Dbpn`; None is "dbpn".
        channels: in and out.
        scale: the factor.

    Raises:
        RecipeError: another name.
        TypeError: an option that the enlarger does not take.

    >>> build_enlarger({"name": "bicubic"}, channels=3, scale=4).reach_px
    2
    """
    rest = dict(options or {})
    name = rest.pop("name", "dbpn")
    if name == "bicubic":
        return Bicubic(channels=channels, scale=scale, **rest)
    if name == "dbpn":
        return Dbpn(in_channels=channels, scale=scale, **rest)
    near = difflib.get_close_matches(str(name), ENLARGERS, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise RecipeError(
        f"network.options.enlarger.name: got {name!r}, expected one of {', '.join(ENLARGERS)}{hint}"
    )
