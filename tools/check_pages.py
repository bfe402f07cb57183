"""Open every page of the documentation in Chromium, as a phone and in the dark.

``python tools/check_pages.py docs/_build/html`` fails if a page can be scrolled sideways at 390 pixels, warns in the
console, or has a ground that is light where the page is dark. It needs selenium, Chromium and its driver.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

WIDTH, HEIGHT = 390, 844
THEIRS = "Expected copy-paste icon"  # scikit-learn's estimators in notebooks, as are the grounds of .sk-global
LIGHT = 0.6  # luminance of a ground that is no dark one

WIDE = """
const wide = [...document.querySelectorAll("body *")].filter((element) => {
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.right > innerWidth + 1 && getComputedStyle(element).position !== "fixed";
});
return [document.documentElement.scrollWidth, wide.slice(0, 3).map((element) => element.outerHTML.slice(0, 90))];
"""

BRIGHT = """
const light = (css) => {
  const [r, g, b, a = 1] = (css.match(/[0-9.]+/g) || [0, 0, 0, 0]).map(Number);
  return a > 0.5 && (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255 > arguments[0];
};
const kinds = "img[src$='.svg'], .cell_output img, table, pre, figure, div, details";
const grounds = document.querySelectorAll(`.bd-article :is(${kinds})`);
const isOurs = (element) => !element.closest(".sk-global") && !element.style.background;
const isSeen = (element) => element.getBoundingClientRect().width > 40 && isOurs(element);
return [...grounds].filter((element) => isSeen(element) && light(getComputedStyle(element).backgroundColor))
  .map((element) => element.outerHTML.slice(0, 90));
"""


def main() -> int:
    """Check all pages of the folder that is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="of the built pages")
    folder = parser.parse_args().folder.resolve()
    pages = sorted(page for page in folder.rglob("*.html") if "_static" not in page.parts)
    if not pages:
        sys.exit(f"no pages in {folder}: build them by `nox -s docs`")
    faults = 0
    with opened_browser() as browser:
        for page in pages:
            for fault in faults_of(browser, page):
                faults += 1
                print(f"{page.relative_to(folder)}: {fault}", flush=True)
    print(f"{len(pages)} pages, {faults} faults")
    return int(faults > 0)


def opened_browser():
    """Start Chromium with the screen of a phone, in the dark."""
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome")
    for argument in ("headless=new", "disable-gpu", "no-sandbox", "disable-dev-shm-usage", "hide-scrollbars"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = Chrome(options=options, service=Service(shutil.which("chromedriver")))
    screen = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    features = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    return browser


def faults_of(browser, page: Path):
    """Yield what is wrong with a page, in words."""
    browser.get(page.as_uri())
    width, elements = browser.execute_script(WIDE)
    if width > WIDTH:
        yield f"is {width} pixels wide on a screen of {WIDTH}: {json.dumps(elements)}"
    if bright := browser.execute_script(BRIGHT, LIGHT):
        yield f"has light grounds in the dark: {json.dumps(bright[:3])}"
    for entry in browser.get_log("browser"):
        if entry["level"] in ("WARNING", "SEVERE") and THEIRS not in entry["message"]:
            yield f"the console says: {entry['message']}"


if __name__ == "__main__":
    sys.exit(main())
