from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crackgauge.errors import StorageError, UsageError
from crackgauge.pipeline.folder import open_run_folder
from crackgauge.pipeline.naming import Job

OWNED = ("masks", "images.csv")


def make_input(folder: Path, name: str, key: str | None = None) -> Job:
    path = folder / name
    path.write_bytes(b"12345")
    return Job(path, name, key or path.stem)


def finish(out: Path, job: Job, model: str = "m") -> None:
    with open_run_folder(out, {"model": model}, owned=OWNED, overwrite=False) as folder:
        (out / "masks").mkdir(exist_ok=True)
        (out / "masks" / f"{job.key}.png").write_bytes(b"mask")
        folder.complete(job, [f"masks/{job.key}.png"], {"area": 1.5})


def result_of(out: Path, job: Job, model: str = "m") -> object:
    with open_run_folder(out, {"model": model}, owned=OWNED, overwrite=False) as folder:
        record = folder.record(job)
    return None if record is None else record["result"]


def test_a_finished_input_is_known_to_the_next_run(tmp_path: Path) -> None:
    job = make_input(tmp_path, "a.jpg")
    finish(tmp_path / "out", job)
    assert result_of(tmp_path / "out", job) == {"area": 1.5}


def test_an_input_that_was_replaced_is_done_again(tmp_path: Path) -> None:
    job = make_input(tmp_path, "a.jpg")
    finish(tmp_path / "out", job)
    job.path.write_bytes(b"another picture")
    assert result_of(tmp_path / "out", job) is None


def test_an_input_whose_mask_was_removed_is_done_again(tmp_path: Path) -> None:
    job = make_input(tmp_path, "a.jpg")
    finish(tmp_path / "out", job)
    (tmp_path / "out/masks/a.png").unlink()
    assert result_of(tmp_path / "out", job) is None


def test_a_damaged_record_is_no_record(tmp_path: Path) -> None:
    job = make_input(tmp_path, "a.jpg")
    finish(tmp_path / "out", job)
    (tmp_path / "out/.state/a.json").write_text("{")
    assert result_of(tmp_path / "out", job) is None


def test_another_model_is_refused_and_named(tmp_path: Path) -> None:
    job = make_input(tmp_path, "a.jpg")
    finish(tmp_path / "out", job)
    with pytest.raises(UsageError, match=r'model was "m" and is now "n".*--overwrite'):
        result_of(tmp_path / "out", job, model="n")
    assert (tmp_path / "out/masks/a.png").read_bytes() == b"mask"


def test_overwrite_removes_what_a_run_noted_and_nothing_else(tmp_path: Path) -> None:
    job = make_input(tmp_path, "a.jpg")
    out = tmp_path / "out"
    finish(out, job)
    (out / "masks/mine.png").write_bytes(b"mine")
    (out / "notes.txt").write_text("mine")
    with open_run_folder(out, {"model": "n"}, owned=OWNED, overwrite=True) as folder:
        assert folder.record(job) is None
    left = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert left == [".lock", "masks/mine.png", "notes.txt", "run.json"]


def test_overwrite_never_follows_a_record_out_of_the_folder(tmp_path: Path) -> None:
    job = make_input(tmp_path, "a.jpg")
    out = tmp_path / "out"
    finish(out, job)
    precious = tmp_path / "precious.txt"
    precious.write_text("keep")
    record = json.loads((out / ".state/a.json").read_text())
    record["outputs"] = ["../precious.txt", str(precious)]
    (out / ".state/a.json").write_text(json.dumps(record))
    with open_run_folder(out, {"model": "n"}, owned=OWNED, overwrite=True):
        assert precious.read_text() == "keep"


def test_results_of_unknown_making_are_not_mixed_with_ours(tmp_path: Path) -> None:
    (tmp_path / "out/masks").mkdir(parents=True)
    with (
        pytest.raises(UsageError, match=r"holds masks but no run\.json"),
        open_run_folder(tmp_path / "out", {}, owned=OWNED, overwrite=False),
    ):
        pass


def test_files_of_others_beside_the_results_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/notes.txt").write_text("mine")
    with open_run_folder(tmp_path / "out", {}, owned=OWNED, overwrite=False):
        pass
    assert (tmp_path / "out/notes.txt").read_text() == "mine"


def test_temporary_files_of_a_killed_run_are_swept(tmp_path: Path) -> None:
    job = make_input(tmp_path, "a.jpg")
    out = tmp_path / "out"
    finish(out, job)
    left = [out / ".images.0123abcd.tmp.csv", out / "masks/.b.89abcdef.tmp.png"]
    for path in left:
        path.write_bytes(b"half")
    (out / "masks/.hidden.png").write_bytes(b"mine")
    assert result_of(out, job) == {"area": 1.5}
    assert [path.exists() for path in left] == [False, False]
    assert (out / "masks/.hidden.png").exists()


def test_an_input_that_got_another_key_leaves_nothing_under_the_old_one(tmp_path: Path) -> None:
    out = tmp_path / "out"
    finish(out, make_input(tmp_path, "a.jpg"))
    finish(out, make_input(tmp_path, "gone.jpg"))
    renamed = make_input(tmp_path, "a.jpg", key="a_jpg")
    with open_run_folder(out, {"model": "m"}, owned=OWNED, overwrite=False) as folder:
        folder.prune([renamed])
    assert sorted(path.name for path in (out / "masks").iterdir()) == ["gone.png"]
    assert sorted(path.name for path in (out / ".state").iterdir()) == ["gone.json"]


def test_a_second_run_is_refused_while_the_first_works(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from crackgauge.errors import UsageError\n"
        "from crackgauge.pipeline.folder import open_run_folder\n"
        "try:\n"
        "    with open_run_folder(Path(sys.argv[1]), {}, owned=(), overwrite=True):\n"
        "        print('held')\n"
        "except UsageError as error:\n"
        "    print(error)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "out")]
    with open_run_folder(tmp_path / "out", {}, owned=(), overwrite=False):
        second = subprocess.run(command, capture_output=True, text=True, check=True)
    third = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "another run is writing to this folder" in second.stdout
    assert third.stdout == "held\n"


def test_an_output_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with (
        pytest.raises(UsageError, match="is a file, expected a folder"),
        open_run_folder(tmp_path / "out", {}, owned=(), overwrite=False),
    ):
        pass


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a folder that nobody can write")
def test_a_folder_that_cannot_be_made_says_so() -> None:
    target = Path("/proc") / str(os.getpid()) / "out"
    with (
        pytest.raises(StorageError, match="cannot be written"),
        open_run_folder(target, {}, owned=(), overwrite=False),
    ):
        pass
