"""`crackgauge serve`: the page and its REST interface, on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from crackgauge.cli import options
from crackgauge.errors import UsageError

EPILOG = options.examples(
    "crackgauge serve photos/",
    "crackgauge serve photos/ --project bridge-7/ --mm-per-px 0.21",
    "CRACKGAUGE_TOKEN=... crackgauge serve photos/ --host 0.0.0.0",
)
_SERVER = "Server"
_GIB = 1 << 30


def command(
    photos: Annotated[
        str | None,
        typer.Argument(
            metavar="PHOTOS",
            help="A photo, a folder of photos, or a pattern in quotes; without it, what the "
            "project holds already.",
            show_default=False,
        ),
    ] = None,
    project: Annotated[
        Path,
        typer.Option(
            "--project",
            metavar="DIR",
            help="Folder that keeps everything: results, decisions, uploads.",
            rich_help_panel="Output",
        ),
    ] = Path("crackgauge-project"),
    mm_per_px: Annotated[
        float | None,
        typer.Option(
            "--mm-per-px",
            metavar="MM",
            help="Millimetres on the surface that one pixel covers, for photos without a scale of "
            "their own.",
            rich_help_panel="Output",
            show_default=False,
        ),
    ] = None,
    model: options.ModelOption = None,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            help="Address to listen on; any but this machine's own needs a token.",
            rich_help_panel=_SERVER,
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            "--port", metavar="N", min=0, max=65535, help="0: a free one.", rich_help_panel=_SERVER
        ),
    ] = 8730,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help="Holds the token, of 128 bits or more; or set the variable CRACKGAUGE_TOKEN.",
            rich_help_panel=_SERVER,
            show_default=False,
        ),
    ] = None,
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--name",
            metavar="NAME",
            help="A further name that the server is called by, such as bridge-pc.local.",
            rich_help_panel=_SERVER,
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int,
        typer.Option(
            "--workers",
            metavar="N",
            min=1,
            max=64,
            help="Photos that are worked on at a time.",
            rich_help_panel="Run",
        ),
    ] = 1,
    threads: options.ThreadsOption = None,
    worker_memory: Annotated[
        float,
        typer.Option(
            "--worker-memory",
            metavar="GIB",
            min=0.5,
            help="Memory that one worker may take.",
            rich_help_panel="Run",
        ),
    ] = 8.0,
) -> None:
    """Serve the page on which photos are inspected, until Ctrl-C.

    Nothing leaves this machine, and other machines reach it only with --host and a token. All that
    is done is kept in the project folder at once; start the same command again to go on.
    """
    from crackgauge.web.server import ServerSettings, serve

    settings = ServerSettings(
        project=project,
        photos=photos,
        host=host,
        port=port,
        model=model,
        mm_per_px=mm_per_px,
        token=_read_token(token_file),
        names=names or (),
        workers=workers,
        threads=threads,
        worker_memory_bytes=int(worker_memory * _GIB),
    )
    serve(settings, lambda address: typer.echo(f"serving {project} at {address} (Ctrl-C ends)"))


def _read_token(file: Path | None) -> str | None:
    """Read the token of the file, or of the environment.

    Raises:
        UsageError: the file cannot be read.
    """
    if file is None:
        return os.environ.get("CRACKGAUGE_TOKEN") or None
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: the token cannot be read; expected a text file") from error
