"""Print the description of the REST interface that the page's types are made from."""

from __future__ import annotations

import json
import sys
from typing import Any, cast

from crackgauge.web.app import create_app


def describe() -> dict[str, Any]:
    """As `/openapi.json` of a server says it."""
    description: dict[str, Any] = create_app(cast(Any, None), {}).openapi()
    return description


if __name__ == "__main__":
    json.dump(describe(), sys.stdout)
