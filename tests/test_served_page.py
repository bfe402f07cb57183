"""The page of `compare --serve` in Chromium: dropped on, driven, looked at. ``pytest -m browser``."""

import json
from io import BytesIO
from threading import Thread

import numpy as np
import pytest
from PIL import Image

from browser_pages import every, one, open_page, screenshot
from pil_kmeans import encode_png
from pil_kmeans.cli import serve
from pil_kmeans.report.server import Given, Server

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def photo(china, tmp_path_factory):
    path = tmp_path_factory.mktemp("photos") / "photo <b>.png"
    Image.fromarray(china).resize((160, 100)).save(path)
    return path


@pytest.fixture(scope="module")
def server():
    with Server(Given(serve.read, 1 << 24, (16, 64), None), 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def until(browser, condition):
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, 30).until(lambda _: condition())


def sizes(browser):
    return [shown.text for shown in every(browser, "[data-shown=size]")]


def given(browser, server, photo, **screen):
    """Open the page and give it a picture."""
    open_page(browser, server.address, **screen)
    one(browser, "#file").send_keys(str(photo))
    until(browser, lambda: sizes(browser) and all(sizes(browser)))
    return browser


def pick(browser, side, title):
    from selenium.webdriver.support.ui import Select

    Select(one(browser, f"#{side}-pick")).select_by_visible_text(title)


def test_results_are_those_of_encode_png_and_can_be_had(browser, server, photo):
    given(browser, server, photo)
    data = encode_png(Image.open(photo), n_colors=64)
    assert one(browser, "h1").text == photo.name
    assert f"{len(data):,} bytes" in sizes(browser)
    link = one(browser, "[aria-label='Download pil_kmeans, 64 colors']")
    assert link.get_attribute("download") == "photo <b>-64-colors.png"
    size = browser.execute_async_script(
        "const image = new Image(); image.onload = () => arguments[1](image.width); image.src = arguments[0]",
        link.get_attribute("href"),
    )
    assert size == 160


def test_any_two_are_compared_and_enlarged_in_step(browser, server, photo):
    given(browser, server, photo, width=1280)
    pick(browser, "left", "pil_kmeans, 16 colors")
    pick(browser, "right", "JPEG, 75")
    until(browser, lambda: all(image.get_property("complete") for image in every(browser, ".layer img")))
    assert one(browser, "#slider").get_attribute("aria-valuetext") == "50 % pil_kmeans, 16 colors, 50 % JPEG, 75"
    result = np.asarray(Image.open(BytesIO(encode_png(Image.open(photo), n_colors=16))).convert("RGB"))
    one(browser, "#one").click()
    browser.execute_script(
        "arguments[0].value = 100; arguments[0].dispatchEvent(new Event('input'))", one(browser, "#slider")
    )
    view = one(browser, "#view")
    width, height = view.size["width"], view.size["height"]
    seen = screenshot(view)
    left, top = (width - 160) // 2, (height - 100) // 2
    assert np.abs(seen[top + 20 : top + 80, left + 20 : left + 120].astype(int) - result[20:80, 20:120]).mean() < 3
    one(browser, "#in").click()
    first, second = (image.get_attribute("style") for image in every(browser, ".layer img"))
    assert first == second
    assert "scale(2)" in first
    from selenium.webdriver import ActionChains

    ActionChains(browser).move_to_element_with_offset(view, 100, 60).click_and_hold().move_by_offset(
        -40, 20
    ).release().perform()
    moved = [image.get_attribute("style") for image in every(browser, ".layer img")]
    assert moved[0] == moved[1] != first
    one(browser, "#fit").click()


def test_settings_make_a_result_anew(browser, server, photo):
    given(browser, server, photo)
    card = every(browser, "#results li")[0]
    colors = one(card, "[data-of=colors]")
    browser.execute_script(
        "arguments[0].value = 300; arguments[0].dispatchEvent(new Event('change', {bubbles: true}))", colors
    )
    until(browser, lambda: one(card, ".error").is_displayed())
    assert one(card, ".error").text == "colors must be an integer from 1 to 256, got '300'"
    browser.execute_script(
        "arguments[0].value = 4; arguments[0].dispatchEvent(new Event('change', {bubbles: true}))", colors
    )
    expected = f"{len(encode_png(Image.open(photo), n_colors=4)):,} bytes"
    until(browser, lambda: one(card, "[data-shown=size]").text == expected)
    assert not one(card, ".error").is_displayed()
    n = len(every(browser, "#results li"))
    one(card, "[data-do=remove]").click()
    one(browser, "#add").click()
    until(browser, lambda: len(every(browser, "#results li")) == n and all(sizes(browser)))


@pytest.mark.parametrize("width", [360, 390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_fits_every_screen(browser, server, photo, width, scheme, tmp_path):
    given(browser, server, photo, width=width, scheme=scheme)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    for element in every(browser, "button, select, input, .button, dd, .label"):
        if element.is_displayed() and element.size["width"] > 1:
            assert element.rect["x"] >= 0
            assert element.rect["x"] + element.rect["width"] <= width + 0.5
    for control in every(browser, "button, select, .button"):
        if control.is_displayed():
            assert min(control.size["width"], control.size["height"]) >= 24


def test_nothing_is_asked_of_others_and_nothing_fails(browser, server, photo):
    for kind in ("browser", "performance"):
        browser.get_log(kind)
    given(browser, server, photo)
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    own = f"http://127.0.0.1:{server.server_port}/"
    assert asked[0] == server.address
    assert all(url.startswith((own, "blob:", "data:")) for url in asked)
    assert browser.get_log("browser") == []


def test_what_is_dropped_is_opened_and_what_is_no_picture_is_named(browser, server):
    open_page(browser, server.address)
    drop = (
        "const given = new DataTransfer(); given.items.add(new File([arguments[0]], arguments[1]));"
        "document.dispatchEvent(new DragEvent('drop', {dataTransfer: given, cancelable: true}))"
    )
    browser.execute_script(drop, "text", "notes.txt")
    until(browser, lambda: one(browser, "#error").is_displayed())
    assert one(browser, "#error").text == "cannot read notes.txt: it is not a picture that Pillow knows"
    browser.get_log("browser")  # the refusal itself
    browser.execute_script(drop, "P3 2 1 255 255 0 0 0 0 255\n", "two.ppm")
    until(browser, lambda: sizes(browser) and all(sizes(browser)))
    assert one(browser, "#facts").text == "2 \N{MULTIPLICATION SIGN} 1 pixels, 27 bytes"
    assert not one(browser, "#error").is_displayed()
