"""From a mask to cracks with lengths and widths, in px and in mm.

The room itself can be called: `crackgauge.measure(mask)` is `crackgauge.measure.measure(mask)`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from crackgauge.measure.parts import Part, assemble, join
from crackgauge.measure.survey import MIN_AREA_PX2, Survey, measure

__all__ = ["MIN_AREA_PX2", "Part", "Survey", "assemble", "join", "measure"]


class _CallableRoom(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> Survey:
        return measure(*args, **kwargs)


# `crackgauge.measure` is a function to its users, but an import of this room puts the module
# itself under that name; so the module answers a call.
sys.modules[__name__].__class__ = _CallableRoom
