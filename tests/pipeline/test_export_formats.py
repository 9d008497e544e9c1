from __future__ import annotations

import pytest

from crackgauge.cli import options, report
from crackgauge.errors import UsageError
from crackgauge.pipeline import export_formats
from crackgauge.pipeline.export_formats import ALL, FORMATS, choose_formats


def test_names_are_taken_in_any_case_and_order():
    assert choose_formats(" DXF,csv,dxf ") == ("csv", "dxf")
    assert choose_formats(["html"]) == ("html",)
    assert choose_formats("all,csv") == tuple(FORMATS)


@pytest.mark.parametrize(
    ("given", "near"), [("dfx", "dxf"), ("geopackage", ""), ("xls", "xlsx"), ("geojsn", "geojson")]
)
def test_an_unknown_name_is_refused_with_the_nearest(given, near):
    with pytest.raises(UsageError, match=f"format '{given}' is unknown") as refused:
        choose_formats(given)
    assert (
        f"did you mean {near};" in str(refused.value) if near else "mean" not in str(refused.value)
    )
    assert "csv, html, pdf" in str(refused.value)


@pytest.mark.parametrize("given", ["", " , ", []])
def test_none_is_refused(given):
    with pytest.raises(UsageError, match="expected one or more of csv"):
        choose_formats(given)


def test_what_is_not_installed_is_refused_by_name_and_left_out_of_all(monkeypatch):
    found = export_formats.importlib.util.find_spec
    monkeypatch.setattr(
        export_formats.importlib.util,
        "find_spec",
        lambda name: None if name == "pyogrio" else found(name),
    )
    with pytest.raises(UsageError, match=r"'gpkg' needs.*pip install 'crackgauge\[geo\]'$"):
        choose_formats("csv,gpkg")
    assert choose_formats("all") == tuple(name for name in FORMATS if name != "gpkg")


def test_a_pdf_needs_a_library_of_the_system(monkeypatch):
    monkeypatch.setattr(export_formats.ctypes.util, "find_library", lambda _: None)
    assert "pdf" not in choose_formats("all")
    with pytest.raises(UsageError, match="the library Pango of the system"):
        choose_formats("pdf")


def test_the_help_names_and_explains_every_format():
    words = options.FormatsOption.__metadata__[0].help
    for name in (*FORMATS, ALL):
        assert name in words
        assert f"{name}: " in " ".join((report.command.__doc__ or "").split())
