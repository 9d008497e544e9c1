"""Serve a project with bounds of a test's own: serving.py SETTINGS_AS_JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from crackgauge.errors import CrackgaugeError
from crackgauge.web.limits import Limits
from crackgauge.web.server import ServerSettings, serve


def _say(address: str) -> None:
    sys.stdout.write(f"at {address}\n")
    sys.stdout.flush()


def main(text: str) -> int:
    values = json.loads(text)
    limits = Limits(**values.pop("limits"))
    project = Path(values.pop("project"))
    if "page" in values:
        values["page"] = Path(values["page"])
    try:
        serve(
            ServerSettings(project=project, limits=limits, **values),
            _say,
        )
    except CrackgaugeError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
