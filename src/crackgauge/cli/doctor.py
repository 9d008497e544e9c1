"""`crackgauge doctor`: does everything that is needed work on this machine."""

from __future__ import annotations

import typer

from crackgauge.cli import options

EPILOG = options.examples("crackgauge doctor")


def command() -> None:
    """Check the installation: versions, backends, the default model, memory and disk."""
    from crackgauge.errors import CrackgaugeError
    from crackgauge.pipeline.checkup import examine

    findings = examine()
    for finding in findings:
        typer.echo(f"{'ok ' if finding.fine else 'BAD'}  {finding.name:<18} {finding.detail}")
    bad = [finding.name for finding in findings if not finding.fine]
    if bad:
        raise CrackgaugeError(f"not in order: {', '.join(bad)}; see the lines above")
