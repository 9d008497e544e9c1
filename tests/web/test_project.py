from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from tests.web.conftest import write_wall

from crackgauge.errors import UsageError
from crackgauge.inference.metadata import METADATA_KEY, parse_metadata
from crackgauge.web.project import Project, read_model_info
from crackgauge.web.refusals import Refused


@pytest.fixture
def project(tmp_path: Path, contrast_model: Path) -> Project:
    return Project(tmp_path / "project", read_model_info(contrast_model))


def test_a_folder_within_which_the_project_lies(tmp_path: Path, contrast_model: Path):
    """What the project draws does not become its own input."""
    write_wall(tmp_path / "photos" / "day 1" / "a.png", 8, 8)
    project = Project(tmp_path / "photos" / "project", read_model_info(contrast_model))
    write_wall(project.folder / "cache" / "b.png", 8, 8)
    assert project.list_photos(tmp_path / "photos") == 1
    (image,) = project.images.every()
    assert image.name == "day 1/a.png"
    assert project.photo(image) == tmp_path / "photos" / "day 1" / "a.png"
    project.database.close()


def test_files_of_others_are_not_swept_away(project: Project, tmp_path: Path):
    """The folder had rooms of the same names before it became a project."""
    theirs = [
        tmp_path / "project" / name
        for name in (
            "annotations/deck.json",
            "annotations/2026/deck.json",
            "uploads/deck.jpg",
            "datasets/train/deck.jpg",
            "exports/report.pdf",
            "trainings/runs/model.onnx",
        )
    ]
    ours = [
        tmp_path / "project" / name
        for name in (
            "annotations/0123456789abcdef-0123456789abcdef.json",
            "annotations/.0123456789abcdef-0123456789abcdef.01234567.tmp.json",
            "uploads/0123456789abcdef",
            "datasets/0123456789abcdef/train.txt",
            "datasets/.0123456789abcdef.work/a.json",
            "datasets/.0123456789abcdef.building/train.txt",
            "datasets/.work/a.json",
            "exports/0123456789abcdef/files/report.pdf",
            "trainings/0123456789abcdef/recipe.yaml",
        )
    ]
    for path in (*theirs, *ours):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    project.sweep()
    assert all(path.is_file() for path in theirs)
    assert not any(path.exists() for path in ours)
    project.database.close()


def test_a_photo_that_was_replaced_is_new(project: Project, tmp_path: Path):
    """Its cracks go, what was said about them waits; put back, it is new too."""
    photo = write_wall(tmp_path / "photos" / "a.png", 8, 9)
    project.list_photos(tmp_path / "photos")
    (image,) = project.images.every()
    row = dict.fromkeys(("bbox_left_px", "bbox_top_px"), 0) | dict.fromkeys(
        ("bbox_right_px", "bbox_bottom_px", "width_max_px", "crack_id"), 4
    )
    project.images.set_measured(image.id, survey="s.json", measured={"a": 1}, model="m")
    project.cracks.replace(image.id, [row])
    (crack,) = project.cracks.of_image(image.id)
    project.cracks.judge(crack.id, version=1, decision="rejected", comment="a joint")
    told: list[str] = []
    project.on_change = told.append
    assert project.photo(image) == photo

    aside = photo.rename(tmp_path / "aside.png")
    write_wall(photo, 10, 11)
    assert project.is_replaced(image)
    with pytest.raises(Refused) as refused:
        project.photo(image)
    assert (refused.value.status, refused.value.reason) == (409, "replaced")
    assert told == [image.id]
    now = project.images.get(image.id)
    assert (now.state, now.model, now.survey, now.measured) == ("new", None, None, None)
    assert project.cracks.of_image(image.id) == []
    assert project.photo(now) == photo

    aside.replace(photo)
    project.list_photos(tmp_path / "photos")
    project.cracks.replace(image.id, [row])
    (again,) = project.cracks.of_image(image.id)
    assert (again.id, again.decision, again.comment) == (crack.id, "rejected", "a joint")
    project.database.close()


def test_a_pattern_leaves_the_other_photos_as_they_are(project: Project, tmp_path: Path):
    """They are not listed, but there; one is gone."""
    top = tmp_path / "photos"
    for name in "abc":
        write_wall(top / f"{name}.png", 8, 9)
    assert project.list_photos(top) == 3
    (top / "c.png").unlink()
    assert project.list_photos(top / "a.png") == 1
    assert [image.state for image in project.images.every()] == ["new", "new", "missing"]
    project.database.close()


def test_links_out_of_the_folder_are_left_away(project: Project, tmp_path: Path):
    write_wall(tmp_path / "elsewhere.png", 8, 8)
    photos = tmp_path / "photos"
    write_wall(photos / "a.png", 8, 8)
    (photos / "b.png").symlink_to(tmp_path / "elsewhere.png")
    (photos / "c.png").symlink_to(photos / "a.png")
    assert project.list_photos(photos) == 2
    assert [image.name for image in project.images.every()] == ["a.png", "c.png"]
    project.database.close()


def test_nothing_but_links_out_is_no_photo(project: Project, tmp_path: Path):
    write_wall(tmp_path / "elsewhere.png", 8, 8)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "b.png").symlink_to(tmp_path / "elsewhere.png")
    with pytest.raises(UsageError, match="no photo"):
        project.list_photos(tmp_path / "photos")
    project.database.close()


def test_one_photo_is_its_own_source(project: Project, tmp_path: Path):
    write_wall(tmp_path / "photos" / "a.png", 8, 8)
    write_wall(tmp_path / "photos" / "b.png", 8, 8)
    assert project.list_photos(tmp_path / "photos" / "b.png") == 1
    (image,) = project.images.every()
    assert image.name == "b.png"
    (tmp_path / "photos" / "b.png").unlink()
    with pytest.raises(Refused):
        project.photo(image)
    project.database.close()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"output_scale": 4.0, "tile": 128}, "enlarges photos"),
        ({"postprocessing": ("thin",)}, "draws bands around cracks"),
    ],
)
def test_models_that_the_page_cannot_measure_with_are_refused(
    contrast_model: Path, tmp_path: Path, changes: dict[str, object], said: str
):
    model = onnx.load(contrast_model)
    for entry in model.metadata_props:
        if entry.key == METADATA_KEY:
            metadata = parse_metadata(entry.value, source="contrast")
            entry.value = metadata.model_copy(update=changes).to_json()
    onnx.save(model, tmp_path / "changed.onnx")
    assert read_model_info(contrast_model).name == "contrast"
    with pytest.raises(UsageError, match=said):
        read_model_info(tmp_path / "changed.onnx")
