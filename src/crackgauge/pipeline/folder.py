"""The output folder of a run: one run at a time, resumable, never mixed.

    out/run.json         what made the results: command, source, model, settings
    out/.state/KEY.json  one record an input, written last: where it is, the outputs are complete
    out/.lock            held by the run at work

A record holds the input's size and time of change (an input that was replaced is done again), the
outputs that belong to it and whatever the tables need, so that a resumed run writes the same
tables, byte for byte, as one that was never stopped.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from crackgauge.errors import UsageError
from crackgauge.files import storing, write_text_atomic
from crackgauge.pipeline.naming import Job

RUN_FILE = "run.json"
SURVEY_FILE = "survey.json"
STATE_FOLDER = ".state"
LOCK_FILE = ".lock"
_TEMPORARY = re.compile(r"^\..+\.[0-9a-f]{8}\.tmp(\.[^.]+)?$")

Record = dict[str, Any]


class RunFolder:
    """An output folder that this process holds; made by `open_run_folder`."""

    def __init__(self, out: Path) -> None:
        self.out = out

    def record(self, job: Job) -> Record | None:
        """Return what an earlier run noted about this input, or None if it must be done (again)."""
        record = self._read(job)
        if record is None or (record["input"], record["key"]) != (_stamp(job), job.key):
            return None
        if not all((self.out / name).is_file() for name in record["outputs"]):
            return None
        return record

    def complete(self, job: Job, outputs: Sequence[str], result: Mapping[str, Any]) -> Record:
        """Note that all outputs of an input are there, with what the tables need of it.

        Args:
            job: the input.
            outputs: the files written for it, relative to the folder.
            result: JSON values only.

        Returns:
            The record as it will be read back.
        """
        record = {
            "input": _stamp(job),
            "key": job.key,
            "outputs": list(outputs),
            "result": dict(result),
        }
        text = json.dumps(record, sort_keys=True)
        write_text_atomic(self._path(job), text + "\n")
        return dict(json.loads(text))

    def discard(self, job: Job, outputs: Iterable[str]) -> None:
        """Forget an input that is about to be done again, or that is set aside.

        Args:
            job: the input.
            outputs: every output that it could have, relative to the folder; they are removed.
        """
        with storing(self.out):
            self._path(job).unlink(missing_ok=True)
            for name in outputs:
                (self.out / name).unlink(missing_ok=True)

    def prune(self, jobs: Iterable[Job]) -> None:
        """Remove the results of inputs that are now known by another key.

        That is so when `deck.png` came to lie beside `deck.jpg` since the last run. Results of
        inputs that are not in the source any more stay: they may have been moved away on purpose.
        """
        keys = {job.name: job.key for job in jobs}
        state = self.out / STATE_FOLDER
        for path in sorted(state.rglob("*.json")):
            record = _read_record(path)
            now = keys.get(record["input"].get("name")) if record else None
            if record and now not in (None, path.relative_to(state).with_suffix("").as_posix()):
                with storing(self.out):
                    path.unlink(missing_ok=True)
                    for name in record["outputs"]:
                        (self.out / name).unlink(missing_ok=True)

    def _path(self, job: Job) -> Path:
        return self.out / STATE_FOLDER / f"{job.key}.json"

    def _read(self, job: Job) -> Record | None:
        return _read_record(self._path(job))


@contextlib.contextmanager
def open_run_folder(
    out: Path, fingerprint: Mapping[str, Any], *, owned: Sequence[str], overwrite: bool
) -> Iterator[RunFolder]:
    """Hold `out` for one run, new or resumed.

    Args:
        out: the folder; made if it is not there.
        fingerprint: what the results depend on besides the inputs; JSON values only.
        owned: names directly under `out` that this kind of run writes.
        overwrite: throw away what an earlier run left there and begin again.

    Raises:
        UsageError: another run holds the folder, or it holds results of another model, of other
            settings or of another source, or files that no run of ours left there.
        StorageError: the folder cannot be made or written.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: is a file, expected a folder; choose another --out")
    with storing(out):
        out.mkdir(parents=True, exist_ok=True)
    with _locked(out):
        _sweep_temporaries(out, owned)
        if overwrite:
            _clear(out, owned)
        strangers = [] if overwrite else [name for name in owned if (out / name).exists()]
        _claim(out, json.loads(json.dumps(fingerprint)), strangers)
        yield RunFolder(out)


def _claim(out: Path, fingerprint: dict[str, Any], strangers: Sequence[str]) -> None:
    """Begin a run in `out`, or make sure that it goes on with the one that began there."""
    path = out / RUN_FILE
    if not path.exists():
        if strangers:
            raise UsageError(
                f"{out}: holds {', '.join(strangers)} but no {RUN_FILE}, so what made them is "
                "unknown; choose another folder, or use --overwrite"
            )
        write_text_atomic(path, json.dumps(fingerprint, indent=1, sort_keys=True) + "\n")
        return
    try:
        earlier = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        earlier = None
    if not isinstance(earlier, dict):
        raise UsageError(
            f"{path}: cannot be read as the description of a run; "
            "choose another folder, or use --overwrite to begin again"
        )
    differing = sorted(
        name for name in {*earlier, *fingerprint} if earlier.get(name) != fingerprint.get(name)
    )
    if differing:
        details = "; ".join(
            f"{name} was {_short(earlier.get(name))} and is now {_short(fingerprint.get(name))}"
            for name in differing
        )
        raise UsageError(
            f"{out}: holds the results of another run ({details}); "
            "choose another folder, or use --overwrite to begin again"
        )


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:20] + "..." + text[-20:]


def _clear(out: Path, owned: Sequence[str]) -> None:
    """Remove what runs of ours left in `out`, and nothing else."""
    state = out / STATE_FOLDER
    with storing(out):
        for name in exports_of(out):
            (out / name).unlink(missing_ok=True)
        (out / RUN_FILE).unlink(missing_ok=True)
        for record_path in sorted(state.rglob("*.json")):
            for name in (_read_record(record_path) or {}).get("outputs", []):
                (out / name).unlink(missing_ok=True)
        if state.exists():
            shutil.rmtree(state)
        for name in owned:
            target = out / name
            if target.is_file():
                target.unlink()
            elif target.is_dir():
                _remove_empty_folders(target)


def exports_of(out: Path) -> list[str]:
    """Return the reports and exports that `survey.json` lists, relative to the folder."""
    try:
        names = json.loads((out / SURVEY_FILE).read_text("utf-8"))["exports"]
        return [name for name in names if _is_inside(name)]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _remove_empty_folders(top: Path) -> None:
    """Remove `top` and its folders as far as they are empty; files of others stay."""
    for folder in sorted((top, *top.rglob("*")), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _sweep_temporaries(out: Path, owned: Sequence[str]) -> None:
    """Remove the temporary files that a killed run left behind."""
    folders = [out / name for name in (*owned, STATE_FOLDER)]
    left = [path for path in out.iterdir() if _TEMPORARY.match(path.name)]
    for folder in folders:
        if folder.is_dir():
            left += [path for path in folder.rglob(".*") if _TEMPORARY.match(path.name)]
    with storing(out):
        for path in left:
            path.unlink(missing_ok=True)


def _stamp(job: Job) -> dict[str, Any]:
    """Identify the content of an input without reading it."""
    try:
        status = job.path.stat()
    except OSError:
        return {"name": job.name}
    return {"name": job.name, "bytes": status.st_size, "modified_ns": status.st_mtime_ns}


def _read_record(path: Path) -> Record | None:
    """Read a record; None for a file that is none, or that names files outside the folder."""
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(record, dict) or not isinstance(record.get("input"), dict):
        return None
    outputs = record.get("outputs")
    if not isinstance(record.get("key"), str):
        return None
    if not isinstance(outputs, list) or not all(_is_inside(name) for name in outputs):
        return None
    return record if isinstance(record.get("result"), dict) else None


def _is_inside(name: Any) -> bool:
    """Tell a relative name that stays in its folder; records lie where others can write them."""
    return isinstance(name, str) and not Path(name).is_absolute() and ".." not in Path(name).parts


@contextlib.contextmanager
def held(out: Path) -> Iterator[None]:
    """Hold the folder of a finished run while its report is made anew.

    Raises:
        UsageError: a run is writing to it.
        StorageError: it cannot be written.
    """
    with _locked(out):
        yield


def read_records(out: Path) -> dict[str, Record]:
    """Return the records that runs left in a folder, by the name of the input."""
    found = (_read_record(path) for path in sorted((out / STATE_FOLDER).rglob("*.json")))
    return {str(record["input"].get("name")): record for record in found if record is not None}


@contextlib.contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Hold the lock of `out`; the system lets go of it when the process ends, however it ends."""
    with storing(out):
        stream = (out / LOCK_FILE).open("a+b")
    with stream:
        if not _try_lock(stream):
            raise UsageError(
                f"{out}: another run is writing to this folder; "
                "wait until it has ended, or choose another folder"
            )
        yield


def _try_lock(stream: IO[bytes]) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
