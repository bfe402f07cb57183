"""Pages in Chromium, by the fixture `browser`: opened, looked at."""

from io import BytesIO

import numpy as np
from PIL import Image


def open_page(browser, address, *, width=768, height=900, scheme="light"):
    screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get(address)


def one(browser, selector):
    return browser.find_element("css selector", selector)


def every(browser, selector):
    return browser.find_elements("css selector", selector)


def screenshot(element):
    return np.asarray(Image.open(BytesIO(element.screenshot_as_png)).convert("RGB"))
