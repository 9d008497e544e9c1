from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crackgauge.errors import InputRefused
from crackgauge.images.formats import identify

HEADS = {
    b"\xff\xd8\xff\xe0": "jpeg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"II*\x00": "tiff",
    b"MM\x00*": "tiff",
    b"II+\x00": "tiff",
    b"RIFF\x00\x00\x00\x00WEBP": "webp",
    b"BM" + bytes(12) + b"\x28\x00\x00\x00": "bmp",
    b"MATLAB 5.0 MAT-file": "matlab",
}


@pytest.mark.parametrize(("head", "kind"), HEADS.items())
def test_formats_are_told_by_their_first_bytes(tmp_path, head, kind):
    path = tmp_path / "name.does-not-matter"
    path.write_bytes(head + bytes(20))
    assert identify(path) == kind


@pytest.mark.parametrize(
    ("head", "advice"),
    [
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "heif-convert"),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif", "heif-convert"),
        (b"\x00\x00\x00\x18ftypcrx \x00\x00\x00\x01", "darktable-cli"),
        (b"II*\x00\x10\x00\x00\x00CR\x02\x00", "darktable-cli"),
        (b"FUJIFILMCCD-RAW ", "darktable-cli"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00", "ffmpeg"),
        (b"GIF89a", "magick"),
        (b"8BPS\x00\x01", "magick"),
        (b"MATLAB 7.3 MAT-file", "-v7"),
    ],
)
def test_known_formats_are_refused_with_their_conversion(tmp_path, head, advice):
    path = tmp_path / "photo.jpg"
    path.write_bytes(head + bytes(40))
    with pytest.raises(InputRefused) as caught:
        identify(path)
    assert caught.value.reason == "unsupported"
    assert advice in caught.value.sentence


@pytest.mark.parametrize(
    ("name", "reason"),
    [("a.jpg", "corrupt"), ("a.tif", "corrupt"), ("a.dng", "unsupported"), ("a", "unsupported")],
)
def test_garbage_is_refused_by_what_its_name_promised(tmp_path, name, reason):
    (tmp_path / name).write_bytes(b"no image at all, but some text")
    with pytest.raises(InputRefused) as caught:
        identify(tmp_path / name)
    assert caught.value.reason == reason


def test_text_that_begins_with_bm_is_no_bitmap(tmp_path):
    (tmp_path / "a.bmp").write_bytes(b"BMW is a maker of cars, not of images")
    with pytest.raises(InputRefused):
        identify(tmp_path / "a.bmp")


_AS_NOBODY = """
import os
from crackgauge.errors import InputRefused
from crackgauge.images.formats import identify
os.setgid(65534)
os.setuid(65534)
for name in ("open.jpg", "secret.jpg"):
    try:
        print(identify(name))
    except InputRefused as error:
        print(error.reason)
"""


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_file_without_permission_is_called_unreadable(tmp_path):
    for name in ("open.jpg", "secret.jpg"):
        (tmp_path / name).write_bytes(b"\xff\xd8\xff\xe0")
    (tmp_path / "secret.jpg").chmod(0)
    if os.geteuid() != 0:
        with pytest.raises(InputRefused) as caught:
            identify(tmp_path / "secret.jpg")
        assert caught.value.reason == "unreadable"
        return
    # The superuser reads everything: ask as nobody.
    tmp_path.chmod(0o755)
    source = str(Path(sys.modules["crackgauge"].__path__[0]).parent)
    result = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout.split() == ["jpeg", "unreadable"], result.stderr
