"""The page of `compare` in Chromium: driven by mouse and keyboard, looked at, listened to.

``pytest -m browser``, with selenium, Chromium and its driver; `.ci/run` installs them.
"""

import json
import re

import numpy as np
import pytest
from PIL import Image

from browser_pages import every, one, open_page, screenshot
from pil_kmeans.report import compare

pytestmark = pytest.mark.browser

NUMBERS = [4, 16, 64]
SCHEMES = ["light", "dark"]
WIDTHS = [360, 900, 1440]
INKS = {"light": (29, 29, 31), "dark": (236, 236, 238)}
ACCENTS = {"light": (37, 99, 235), "dark": (131, 169, 255)}


@pytest.fixture(scope="module")
def comparison(china):
    """As wide as the page shows pictures at least, so that its pixels are the screen's."""
    return compare(np.asarray(Image.fromarray(china).resize((320, 200))), NUMBERS, name="a <b> & c")


@pytest.fixture(scope="module")
def address(comparison, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(comparison.to_html(), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(browser, address):
    open_page(browser, address)
    return browser


def press(browser, *keys):
    from selenium.webdriver import ActionChains

    ActionChains(browser).send_keys(*keys).perform()


def slide(browser, per_cent):
    browser.execute_script(
        "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))",
        one(browser, "#slider"),
        per_cent,
    )


def clear_of_marks(picture):
    """The part without handle, labels and round corners."""
    return picture[8:80, 24:-24].astype(int)


def shown(browser):
    """What the page says it shows."""
    rows = every(browser, "tbody tr")
    return {
        "switch": [int(label.text) for label in every(browser, "#switch label:has(:checked)")],
        "row": [int(row.text.split()[0]) for row in rows if row.get_attribute("aria-current")],
        "pictures": sum(picture.is_displayed() for picture in every(browser, ".after img")),
        "label": one(browser, "#after-label").text,
        "swatches": len(every(browser, "#swatches button")),
    }


def expected(k):
    return {"switch": [k], "row": [k], "pictures": 1, "label": f"{k} colors", "swatches": k}


def test_slider_wipes_between_original_and_result(page, comparison):
    result = np.asarray(comparison.decoded(1).convert("RGB"))
    wipe = one(page, "#wipe")
    assert (wipe.size["width"], wipe.size["height"]) == (320, 200)
    slide(page, 100)
    assert np.array_equal(clear_of_marks(screenshot(wipe)), clear_of_marks(comparison.original))
    slide(page, 0)
    assert np.array_equal(clear_of_marks(screenshot(wipe)), clear_of_marks(result))
    slide(page, 50)
    halves = screenshot(wipe)
    assert np.array_equal(halves[8:70, 24:130], comparison.original[8:70, 24:130])
    assert np.array_equal(halves[8:70, 190:-24], result[8:70, 190:-24])


def test_slider_follows_the_mouse_and_the_keyboard(page):
    from selenium.webdriver import ActionChains, Keys

    slider = one(page, "#slider")
    ActionChains(page).move_to_element_with_offset(slider, -80, 0).click().perform()
    assert float(slider.get_attribute("value")) == pytest.approx(25, abs=3)
    ActionChains(page).click_and_hold().move_by_offset(120, 0).release().perform()
    before = float(slider.get_attribute("value"))
    assert before == pytest.approx(62.5, abs=3)
    press(page, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT)
    assert float(slider.get_attribute("value")) == pytest.approx(before + 2)
    assert one(page, "#wipe").get_attribute("style") == f"--wipe: {slider.get_attribute('value')}%;"
    assert (
        one(page, "#slider").get_attribute("aria-valuetext")
        == f"{before + 2:.0f} % original, {98 - before:.0f} % in 16 colors"
    )
    press(page, Keys.HOME)
    assert float(slider.get_attribute("value")) == 0


def test_number_of_colors_is_switched_by_mouse_keyboard_and_table(page, comparison):
    from selenium.webdriver import Keys

    assert shown(page) == expected(16)
    every(page, "#switch label")[2].click()
    assert shown(page) == expected(64)
    press(page, Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    assert shown(page) == expected(4)
    slide(page, 0)
    result = np.asarray(comparison.decoded(0).convert("RGB"))
    assert np.array_equal(clear_of_marks(screenshot(one(page, "#wipe"))), clear_of_marks(result))
    every(page, "tbody tr")[1].click()
    assert shown(page) == expected(16)
    row = comparison.table[1]
    assert one(page, "#facts").text.startswith(f"16 colors: {row.bytes:,} bytes, {row.ratio:.1%} of the original")


def test_every_control_is_reached_by_the_keyboard_and_seen_when_it_is(page):
    from selenium.webdriver import Keys

    reached = []
    for _ in range(24):
        press(page, Keys.TAB)
        focused = page.switch_to.active_element
        reached.append(focused.get_attribute("id") or focused.get_attribute("name") or focused.get_attribute("class"))
        if reached[-1] == "k":  # its label shows it
            focused = one(page, "#switch label:has(:checked) span")
        if reached[-1] == "slider":
            focused = one(page, "#wipe")
        if focused.tag_name != "body":
            assert focused.value_of_css_property("outline-style") != "none"
    assert reached[:4] == ["k", "zoom", "slider", "copy"]


def test_detail_is_enlarged(page, comparison):
    from pil_kmeans.report.side_by_side import detail

    slide(page, 100)
    one(page, "#zoom").click()
    assert one(page, "#zoom").get_attribute("aria-pressed") == "true"
    place = detail(comparison.original, 80, 50)
    enlarged = comparison.original[place.y :, place.x :][:50, :80].repeat(4, axis=0).repeat(4, axis=1)
    difference = np.abs(clear_of_marks(screenshot(one(page, "#wipe"))) - clear_of_marks(enlarged))
    assert difference.mean() < 3  # the browser may be a fraction of a pixel off


def test_swatches_are_copied(page, comparison):
    from pil_kmeans.swatches.picture_colors import swatches_of

    page.execute_cdp_cmd("Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
    colors = [swatch.hex for swatch in swatches_of(comparison.decoded(1))]
    buttons = every(page, "#swatches button")
    assert [button.text.split()[0] for button in buttons] == colors
    swatch = one(buttons[2], "i")
    shown_color = screenshot(swatch)[20, 20]
    assert f"#{bytes(shown_color.tolist()).hex()}" == colors[2]
    read = "navigator.clipboard.readText().then(arguments[0], (error) => arguments[0](String(error)))"
    buttons[2].click()
    wait_for(page, f"copied {colors[2]}")
    assert page.execute_async_script(read) == colors[2]
    one(page, "#copy").click()
    wait_for(page, "copied 16 colors")
    assert page.execute_async_script(read).split() == colors


def wait_for(page, text):
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(page, 5).until(lambda page: one(page, "#said").text == text)


def luminance(css):
    levels = np.array([int(number) for number in re.findall(r"\d+", css)[:3]]) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_page_is_readable(browser, address, comparison, width, scheme):
    open_page(browser, address, width=width, scheme=scheme)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    paper = luminance(one(browser, "body").value_of_css_property("background-color"))
    assert (paper < 0.05) == (scheme == "dark")
    for cell in every(browser, "tbody td"):  # none is cut off, and none needs to be scrolled to
        assert 0 <= cell.rect["x"] < cell.rect["x"] + cell.rect["width"] <= width
        assert browser.execute_script("return arguments[0].scrollWidth <= arguments[0].clientWidth", cell)
    for selector in ("h1", "header p", "#facts", "th", "td", "#swatches small", "footer", "legend"):
        element = one(browser, selector)
        inks = sorted([luminance(element.value_of_css_property("color")), paper])
        assert (inks[1] + 0.05) / (inks[0] + 0.05) >= 4.5, selector  # WCAG's AA
        assert float(element.value_of_css_property("font-size")[:-2]) >= 12
    for control in every(browser, "#switch label, button"):
        assert min(control.size["width"], control.size["height"]) >= 24
    assert one(browser, "h1").text == comparison.name
    slide(browser, 100)
    picture = screenshot(one(browser, "#wipe"))
    assert picture.shape[1] <= width
    assert (
        np.abs(picture[20:60, 40:-40].mean(axis=(0, 1)) - comparison.original[20:60, 40:-40].mean(axis=(0, 1))).max()
        < 6
    )
    chart = screenshot(one(browser, ".chart svg")).astype(int)
    for color in (ACCENTS[scheme], INKS[scheme]):
        assert np.abs(chart - color).max(axis=-1).min() < 60  # fine lines are blended with the paper


def test_no_request_leaves_the_page_and_nothing_fails(browser, address, comparison):
    for kind in ("browser", "performance"):
        browser.get_log(kind)
    open_page(browser, address)
    for label in every(browser, "#switch label"):
        label.click()
    one(browser, "#zoom").click()
    slide(browser, 30)
    one(browser, "#copy").click()
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert [url for url in asked if not url.startswith("data:")] == [address]
    assert len(asked) >= 1 + 1 + len(NUMBERS)  # data addresses are seen, too: the log works
    assert browser.get_log("browser") == []


def test_notebook_frame_shows_the_page(browser, comparison, tmp_path):
    path = tmp_path / "notebook.html"
    path.write_text(f"<!DOCTYPE html><title>notebook</title>{comparison._repr_html_()}", encoding="utf-8")
    open_page(browser, path.as_uri())
    browser.switch_to.frame(one(browser, "iframe"))
    every(browser, "#switch label")[0].click()
    assert shown(browser) == expected(4)
    browser.switch_to.default_content()
