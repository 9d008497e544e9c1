"""Taking an uploaded photo: to the disk, looked at by a worker, then into the project."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from crackgauge.files import storing
from crackgauge.web.database import new_id
from crackgauge.web.image_table import FoundFile, ImageRecord
from crackgauge.web.naming import display_name
from crackgauge.web.refusals import Refused
from crackgauge.web.state import State


async def receive_photo(request: Request, server: State, name: str) -> ImageRecord:
    """Keep an uploaded photo.

    Args:
        request: its body is the file; `security` has checked length and type.
        server: whose project.
        name: as the browser says.

    Raises:
        Refused: 413, too many photos or pixels; 415, no image; 422, a damaged one.
        StorageError: the disk is full.
    """
    await run_in_threadpool(_check_count, server)
    path = server.project.folder / "uploads" / new_id()
    kept = False
    try:
        await _write(request, path)
        record = await run_in_threadpool(_admit, server, path, display_name(name))
        kept = True
        return record
    except ClientDisconnect:
        raise Refused(400, "cut", "the upload ended before its length; send it again") from None
    finally:
        if not kept:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


async def _write(request: Request, path: Path) -> None:
    with storing(path):
        stream = await run_in_threadpool(path.open, "xb")
    with stream:
        async for part in request.stream():
            with storing(path):
                await run_in_threadpool(stream.write, part)
        with storing(path):
            await run_in_threadpool(_flush, stream.fileno(), stream)


def _flush(descriptor: int, stream: object) -> None:
    stream.flush()  # type: ignore[attr-defined]
    os.fsync(descriptor)


def _check_count(server: State) -> None:
    most = server.limits.image_count
    if server.project.images.count() >= most:
        raise Refused(413, "too-many", f"the project has {most} photos, more are not taken")


def _sync_folder(folder: Path) -> None:
    """Make the new name durable, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _admit(server: State, path: Path, name: str) -> ImageRecord:
    project = server.project
    _sync_folder(path.parent)
    found = server.renderer.describe(path)
    status = path.stat()
    with project.database.write():
        _check_count(server)  # others may have been quicker
        image_id = project.images.add(
            FoundFile(path.name, status.st_size, status.st_mtime_ns), name=name
        )
        project.images.set_size(image_id, int(found["height_px"]), int(found["width_px"]))
        if found["coarse"]:
            server.queue.add("coarse", [image_id])
    server.tell_image(image_id)
    return project.images.get(image_id)
