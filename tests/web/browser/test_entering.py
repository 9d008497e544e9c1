"""Photos that are added, a token that is asked for, a server that is killed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.web.browser.conftest import Opened
from tests.web.conftest import Running, png_of, write_wall

Open = Callable[..., Opened]


def test_photos_are_added_and_searched(walls: Running, open_page: Open):
    opened = open_page(walls)
    opened.wait_for_photo()
    files = [
        {"name": "added.png", "mimeType": "image/png", "buffer": png_of(120, 160, 60)},
        {"name": "notes.png", "mimeType": "image/png", "buffer": b"<script>alert(1)</script>"},
    ]
    opened.page.locator("#add-photos").set_input_files(files)
    opened.notice("notes.png: ")
    opened.photo("added.png").get_by_text("1 crack").wait_for()
    assert walls.image("added.png")["state"] == "done"
    refused = "Failed to load resource: the server responded with a status of 415"
    assert [text.startswith(refused) for text in opened.said] == [True]
    opened.said.clear()


def test_photos_are_dropped(walls: Running, open_page: Open):
    opened = open_page(walls)
    opened.wait_for_photo()
    dropped = opened.page.evaluate_handle(
        """content => {
            const dropped = new DataTransfer();
            const bytes = Uint8Array.from(content);
            dropped.items.add(new File([bytes], "<img src=x>.png", { type: "image/png" }));
            return dropped;
        }""",
        list(png_of(120, 160, 60)),
    )
    opened.page.dispatch_event("body", "dragover", {"dataTransfer": dropped})
    opened.page.get_by_text("to add them").wait_for()
    opened.page.dispatch_event("body", "drop", {"dataTransfer": dropped})
    opened.photo("<img src=x>.png").get_by_text("1 crack").wait_for()
    assert opened.page.locator("img[src=x]").count() == 0


def test_a_folder_is_dropped(walls: Running, tmp_path: Path, open_page: Open):
    """With all of its photos, and nothing else of it."""
    inner = tmp_path / "visit" / "pier"
    write_wall(tmp_path / "visit" / "outside.png", 60, 80)
    write_wall(inner / "inside.png", 60, 80)
    (inner / "notes.txt").write_text("wet")
    opened = open_page(walls)
    opened.wait_for_photo()
    hand = opened.page.context.new_cdp_session(opened.page)
    dropped = {"items": [], "files": [str(tmp_path / "visit")], "dragOperationsMask": 1}

    def drag(*kinds: str) -> None:
        for kind in kinds:
            what = {"type": kind, "x": 400, "y": 300, "data": dropped}
            hand.send("Input.dispatchDragEvent", what)
            opened.settle()

    drag("dragEnter", "dragOver")
    opened.page.get_by_text("to add them").wait_for()
    drag("dragOver", "drop")
    opened.notice("2 photos were added")
    assert {walls.image(name)["height_px"] for name in ("outside.png", "inside.png")} == {60}


def test_photos_are_sent_again_when_the_server_is_back(walls: Running, open_page: Open):
    opened = open_page(walls)
    opened.wait_for_photo()
    page = opened.page
    names = ["late-1.png", "late-2.png", "late-3.png"]
    files = [{"name": name, "mimeType": "image/png", "buffer": png_of(60, 80)} for name in names]
    page.route("**/api/images?name=*", lambda route: route.abort())
    page.locator("#add-photos").set_input_files(files)
    notice = opened.notice("late-1.png and 2 more: not added")
    assert page.locator(".notice.error").count() == 1
    page.unroute("**/api/images?name=*")
    notice.get_by_role("button", name="Try again").click()
    opened.notice("3 photos were added")
    assert [walls.image(name)["name"] for name in names] == names
    assert all("ERR_FAILED" in text for text in opened.said)
    opened.said.clear()


def test_the_token_is_asked_for_once(
    serve_at: Callable[..., Running], contrast_model: Path, tmp_path: Path, open_page: Open
):
    token = "q7PzX2mK9vB4nL8sT1wY3c"
    write_wall(tmp_path / "photos" / "one.png", 120, 160, 60)
    running = serve_at(
        tmp_path / "project", photos=tmp_path / "photos", model=contrast_model, token=token
    )
    opened = open_page(running)
    page = opened.page
    page.get_by_label("Token").fill("x" * 22)
    page.get_by_role("button", name="Log in").click()
    page.get_by_text("This is not the token").wait_for()
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Log in").click()
    opened.wait_for_photo()
    page.reload()
    opened.wait_for_photo()
    assert all("status of 401" in text for text in opened.said)
    opened.said.clear()
    assert token not in page.content()


def test_a_killed_server_loses_nothing(
    serve_at: Callable[..., Running], contrast_model: Path, tmp_path: Path, open_page: Open
):
    write_wall(tmp_path / "photos" / "three.png", 300, 400, 60, 150, 240)
    write_wall(tmp_path / "photos" / "two.png", 300, 400, 60, 150)
    settings = {"photos": tmp_path / "photos", "model": contrast_model}
    running = serve_at(tmp_path / "project", **settings)
    running.find(running.image("three.png")["id"], running.image("two.png")["id"])
    opened = open_page(running)
    opened.choose("three.png")
    page = opened.page
    opened.row(1).click()
    for key in "ra":  # shown at once, and safe when the server has answered
        with page.expect_response(lambda answer: answer.request.method == "PATCH"):
            page.keyboard.press(key)
    running.kill()
    page.get_by_text("The server does not answer").first.wait_for()
    opened.row(2).click()
    page.keyboard.press("r")
    again = page.locator(".notice").get_by_role("button", name="Try again")
    again.wait_for()
    assert page.locator(".crack-row.rejected").count() == 0
    opened.photo("two.png").click()
    page.get_by_text("Loading …").wait_for()
    running = serve_at(tmp_path / "project", port=running.port, **settings)
    page.get_by_text("The server does not answer.").wait_for(state="detached")
    opened.row(2).wait_for()  # what could not be loaded is there
    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        again.click()
    image = running.image("three.png")["id"]
    assert [each["decision"] for each in running.cracks(image)] == ["accepted", "rejected", "open"]

    opened.choose("three.png")
    write_wall(tmp_path / "photos" / "two.png", 200, 400, 100)  # the server sees it when it reads
    with page.expect_response(lambda answer: "/tiles/" in answer.url and answer.ok):
        opened.photo("two.png").click()
    opened.wait_for_photo()
    page.get_by_text("Its cracks were not searched yet").wait_for()
    assert page.locator(".hindrance").count() == 0
    expected = "ERR_|40[49]|Tile %s failed"
    assert [text for text in opened.said if not re.search(expected, text)] == []
    opened.said.clear()


@pytest.mark.usefixtures("chromium")
def test_only_the_files_of_the_page_are_served(walls: Running):
    assert walls.get("/").headers["content-type"] == "text/html; charset=utf-8"
    for target in ("/assets/", "/index.html", "/.stamp", "/assets/index.js"):
        assert walls.get(target).status == 404
    for target in ("/assets/../page.py", "/assets/%2e%2e/page.py", "/assets//index.js"):
        assert walls.get(target).status == 400


@pytest.mark.usefixtures("chromium")
def test_the_page_and_its_policy(walls: Running):
    page = walls.get("/")
    assert page.headers["content-security-policy"].startswith("default-src 'self';")
    assert page.headers["cache-control"] == "no-store"
    text = page.body.decode()
    assert "<style" not in text
    assert "onload" not in text
    for name in text.split('"'):
        if name.startswith("/assets/"):
            assert "immutable" in walls.get(name).headers["cache-control"]
