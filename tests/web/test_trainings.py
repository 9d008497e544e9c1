"""Training from corrected photos on a real server: begun, stopped, killed, gone on with."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from tests.training.conftest import SMALL
from tests.web.conftest import Running, start_server, wait_until, write_wall
from tests.web.test_endurance import is_running

from crackgauge.images import write_image, write_mask
from crackgauge.inference.onnx_file import read_model_file
from crackgauge.recipes import load_recipe
from crackgauge.training.loop import train

STROKE = {"kind": "brush", "points": [[10, 30], [86, 30]], "diameter_px": 3}


@pytest.fixture(scope="module")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that was trained for one epoch on two noisy pictures."""
    root = tmp_path_factory.mktemp("small")
    for name in ("a", "b"):
        rng = np.random.default_rng(len(name))
        write_image(root / "images" / f"{name}.png", rng.integers(0, 255, (48, 48, 3), np.uint8))
        mask = np.zeros((48, 48), bool)
        mask[20:23] = True
        write_mask(root / "masks" / f"{name}.png", mask)
    (root / "train.txt").write_text("a\n")
    (root / "val.txt").write_text("b\n")
    recipe = load_recipe("attention-unet-fast", [*SMALL, "epochs=1"])
    train(recipe, data=root, out=root / "run", progress=False)
    return root / "run" / "model.onnx"


def correct(running: Running) -> str:
    """Correct all photos and make a dataset of them."""
    for item in running.get("/api/images").json["items"]:
        target = f"/api/images/{item['id']}/annotation"
        running.send("POST", target, {"version": 0, "start": "nothing"})
        running.send("POST", f"{target}/strokes", {"version": 1, "stroke": STROKE})
    job = running.send("POST", "/api/datasets", {"name": "wall"}).json
    ended = running.wait(job["id"])
    assert ended["state"] == "done", ended
    return str(job["id"])


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("photos")
    for number in range(3):
        write_wall(top / f"{number}.png", 64, 96, 30 + number)
    return top


@pytest.fixture(scope="module")
def running(
    serve_at: Callable[..., Running],
    small_model: Path,
    photos: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Running:
    return serve_at(tmp_path_factory.mktemp("training") / "p", photos=photos, model=small_model)


@pytest.fixture(scope="module")
def dataset(running: Running) -> str:
    return correct(running)


def begin(running: Running, dataset: str, **wanted: Any) -> str:
    answer = running.send("POST", "/api/trainings", {"dataset": dataset, **wanted})
    assert answer.status == 202, answer
    assert answer.json["kind"] == "train"
    return str(answer.json["id"])


def state_of(running: Running, training: str) -> dict[str, Any]:
    found: dict[str, Any] = running.get(f"/api/trainings/{training}").json
    return found


def wait_for_epoch(running: Running, training: str, epoch: int) -> dict[str, Any]:
    def reached() -> bool:
        now = state_of(running, training)
        assert now["state"] in ("queued", "running"), now
        return bool(now["epoch"] >= epoch)

    wait_until(reached, 120)
    return state_of(running, training)


def test_a_training_starts_from_the_model_and_leaves_one(
    running: Running, dataset: str, small_model: Path, tmp_path: Path
):
    """Its network and options are the model's own; the events tell of its epochs."""
    with running.connect() as stream:
        head = f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\n\r\n"
        stream.sendall(head.encode())
        heard = stream.recv(4096)
        training = begin(running, dataset, epochs=2, name="night")
        assert running.get(f"/api/trainings/{training}/model").json["reason"] == "not-done"
        ended = running.wait(training, 180)
        while b"event: training" not in heard:
            heard += stream.recv(4096)
    assert (ended["state"], ended["share"]) == ("done", 1), ended
    (told,) = running.get("/api/trainings").json
    assert (told["name"], told["dataset"], told["state"]) == ("night", dataset, "done")
    assert (told["epoch"], told["epochs"], told["share"]) == (2, 2, 1)
    assert {"loss", "val_f1", "best_val_f1"} <= set(told["scores"])
    assert told["model_path_name"] == f"trainings/{training}/run/model.onnx"
    assert told["command"] == (
        f"crackgauge serve --project p --model p/trainings/{training}/run/model.onnx"
    )
    answer = running.get(f"/api/trainings/{training}/model")
    assert answer.headers["content-type"] == "application/octet-stream"
    model = tmp_path / "model.onnx"
    model.write_bytes(answer.body)
    got, before = read_model_file(model).metadata, read_model_file(small_model).metadata
    assert (got.architecture, got.options) == (before.architecture, before.options)
    assert got.training_data.startswith("3 corrected photos (wall); before that ")
    init = running.project / "trainings" / training / "init.onnx"
    assert init.read_bytes() == small_model.read_bytes()


def test_a_training_is_stopped_and_gone_on_with(running: Running, dataset: str):
    """One runs at a time; what was stopped goes on from its state."""
    first, second = (begin(running, dataset, epochs=5000) for _ in range(2))
    wait_for_epoch(running, first, 2)
    assert state_of(running, second)["state"] == "queued"
    pid = running.get("/api/health").json["trainer"]
    assert os.getpriority(os.PRIO_PROCESS, pid) == 19
    in_use = running.ask("DELETE", f"/api/datasets/{dataset}")
    assert (in_use.status, in_use.json["reason"]) == (409, "in-use")
    assert running.ask("DELETE", f"/api/trainings/{second}").json["state"] == "cancelled"
    assert running.ask("DELETE", f"/api/jobs/{first}").json["state"] == "cancelled"
    wait_until(lambda: running.get("/api/health").json["trainer"] is None, 60)
    stopped = state_of(running, first)
    assert 2 <= stopped["epoch"] < 5000
    assert running.ask("DELETE", f"/api/trainings/{first}").status == 409
    assert running.send("POST", f"/api/trainings/{first}/resume", {}).status == 202
    wait_until(lambda: running.get("/api/health").json["trainer"] is not None, 60)
    assert state_of(running, first)["epoch"] == stopped["epoch"]
    assert running.send("POST", f"/api/trainings/{first}/resume", {}).status == 409
    running.ask("DELETE", f"/api/trainings/{first}")
    wait_until(lambda: running.get("/api/health").json["trainer"] is None, 60)


def test_a_killed_training_is_tried_once_more(running: Running, dataset: str):
    """That it was stopped and gone on with before does not count."""
    training = begin(running, dataset, epochs=5000)
    wait_until(lambda: running.get("/api/health").json["trainer"] is not None, 60)
    running.ask("DELETE", f"/api/trainings/{training}")
    wait_until(lambda: running.get("/api/health").json["trainer"] is None, 60)
    running.send("POST", f"/api/trainings/{training}/resume", {})
    for _ in range(2):
        wait_until(lambda: running.get("/api/health").json["trainer"] is not None, 60)
        pid = running.get("/api/health").json["trainer"]
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda pid=pid: running.get("/api/health").json["trainer"] != pid, 30)  # type: ignore[misc]
    ended = running.wait(training)
    assert (ended["state"], ended["reason"], ended["tries"]) == ("failed", "killed-worker", 2)


@pytest.mark.parametrize(
    ("wanted", "status", "reason"),
    [
        ({"dataset": "0123456789abcdef"}, 404, "not-found"),
        ({"dataset": "../../etc"}, 422, "wrong-value"),
        ({"preset": "no-such"}, 422, "wrong-value"),
        ({"preset": "../secret.yaml"}, 422, "wrong-value"),
        ({"preset": "convnext"}, 422, "other-network"),
        ({"epochs": 0}, 422, "wrong-value"),
        ({"name": "x" * 101}, 422, "wrong-value"),
        ({"out": "/tmp/x"}, 422, "wrong-value"),
    ],
)
def test_trainings_that_cannot_be(
    running: Running, dataset: str, wanted: dict[str, Any], status: int, reason: str
):
    answer = running.send("POST", "/api/trainings", {"dataset": dataset, **wanted})
    assert (answer.status, answer.json["reason"]) == (status, reason)


def test_weights_that_do_not_fit_the_preset_are_said(running: Running, dataset: str):
    """The preset has the same network with wider layers."""
    training = begin(running, dataset, preset="attention-unet-fast")
    ended = running.wait(training, 120)
    assert (ended["state"], ended["reason"]) == ("failed", "wrong-use")
    assert "holds another network" in ended["sentence"]
    assert "/" not in state_of(running, training)["error"].replace("...", "")


def test_no_training_starts_from_another_model(
    serve_at: Callable[..., Running], small_model: Path, photos: Path, tmp_path: Path
):
    """The model file was replaced, then removed, while the server runs."""
    model = Path(shutil.copy(small_model, tmp_path / "model.onnx"))
    running = serve_at(tmp_path / "p", photos=photos, model=model)
    wanted = {"dataset": correct(running)}
    other = onnx.load(model)
    other.producer_name = "somebody else"
    model.unlink()
    onnx.save(other, model)
    answer = running.send("POST", "/api/trainings", wanted)
    assert (answer.status, answer.json["reason"]) == (409, "other-model")
    model.unlink()
    answer = running.send("POST", "/api/trainings", wanted)
    assert (answer.status, answer.json["reason"]) == (422, "wrong-use")
    assert running.get("/api/trainings").json == []


def test_other_jobs_are_no_trainings(running: Running, dataset: str):
    assert running.get(f"/api/trainings/{dataset}").status == 404
    assert running.ask("DELETE", f"/api/trainings/{dataset}").status == 404


def test_kill_9_of_the_server_ends_its_training_and_the_next_goes_on(
    small_model: Path, photos: Path, tmp_path: Path
):
    given = {"photos": photos, "model": small_model}
    running = start_server(tmp_path / "p", **given)
    training = begin(running, correct(running), epochs=5000)
    seen = wait_for_epoch(running, training, 2)["epoch"]
    pid = running.get("/api/health").json["trainer"]
    running.kill()

    running = start_server(tmp_path / "p", **given)
    now = wait_for_epoch(running, training, seen + 1)
    assert now["state"] == "running"
    assert not is_running(pid)
    pid = running.get("/api/health").json["trainer"]
    running.process.send_signal(signal.SIGTERM)  # it waits for nobody, and its child ends soon
    _, errors = running.process.communicate(timeout=90)
    assert running.process.returncode == 0
    assert "Traceback" not in errors
    wait_until(lambda: not is_running(pid), 60)


def test_a_model_without_a_recipe_needs_a_preset(
    serve_at: Callable[..., Running], contrast_model: Path, photos: Path, tmp_path: Path
):
    running = serve_at(tmp_path / "p", photos=photos, model=contrast_model)
    answer = running.send("POST", "/api/trainings", {"dataset": correct(running)})
    assert (answer.status, answer.json["reason"]) == (422, "no-recipe")


def test_without_the_extras_the_commands_are_said(
    contrast_model: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A server whose Python has neither torch nor numba: strokes but traces work."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nsys.modules['torch'] = sys.modules['numba'] = None\n"
    )
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    running = start_server(tmp_path / "p", photos=photos, model=contrast_model)
    dataset = correct(running)
    answer = running.send("POST", "/api/trainings", {"dataset": dataset})
    assert (answer.status, answer.json["reason"]) == (501, "missing-extra")
    assert 'pip install "crackgauge[train]"' in answer.json["sentence"]
    image = running.image("0.png")["id"]
    clicks = {"points": [[10, 30], [80, 30]]}
    answer = running.send("POST", f"/api/images/{image}/trace", clicks)
    assert (answer.status, answer.json["reason"]) == (501, "missing-extra")
    assert 'pip install "crackgauge[trace]"' in answer.json["sentence"]
    running.kill()
    assert "torch" in sys.modules  # of this process: the server's was another
