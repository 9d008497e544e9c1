"""From a mask to cracks with lengths and widths, in px and in mm.

The room itself can be called: `crackgauge.measure(mask)` is `crackgauge.measure.measure(mask)`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from crackgauge.measure.bridging import Bridging
from crackgauge.measure.measuring import measure, measure_image
from crackgauge.measure.parts import Part, assemble, join, measure_part
from crackgauge.measure.region import Region, Zone, read_region
from crackgauge.measure.scale import Scale
from crackgauge.measure.settings import MIN_AREA_PX2, Settings
from crackgauge.measure.standard import Standard, load_standard, standard_names
from crackgauge.measure.survey import Survey

__all__ = [
    "MIN_AREA_PX2",
    "Bridging",
    "Part",
    "Region",
    "Scale",
    "Settings",
    "Standard",
    "Survey",
    "Zone",
    "assemble",
    "join",
    "load_standard",
    "measure",
    "measure_image",
    "measure_part",
    "read_region",
    "standard_names",
]


class _CallableRoom(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> Survey:
        return measure(*args, **kwargs)


# `crackgauge.measure` is a function to its users, but an import of this room puts the module
# itself under that name; so the module answers a call.
sys.modules[__name__].__class__ = _CallableRoom
