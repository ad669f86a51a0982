"""A headless Chromium that does as the lines on its standard input say; each is answered by one line of JSON.

usage: browser.py

    open URL WIDTH HEIGHT light|dark    a page, in a window of that size, on a system with those colours
    value SCRIPT                        what a script's expression is
    until SCRIPT                        the same, as soon as it is true; "late" after ten seconds
    press KEY...                        keys, as on a keyboard: j, Enter, Escape, Space
    type TEXT                           text into what has the focus
    click SELECTOR                      a click on the first element
    frames SECONDS                      times between frames, milliseconds: {"count", "median", "p99", "longest"}
    axe                                 what axe-core finds: ["serious: color-contrast: #id"]
    shot FILE                           a picture of the window
    complaints                          what the browser's console says, errors and warnings
    origins                             where requests went to, since the start

A fault of the line is answered by {"error": "..."}.
"""
import json
import sys
import time
from urllib.parse import urlsplit

from axe_core_python.selenium import Axe
from selenium import webdriver
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

FRAMES = """
const [milliseconds, done] = arguments, gaps = [];
let last = performance.now();
const end = last + milliseconds;
requestAnimationFrame(function frame(now) {
    gaps.push(now - last);
    last = now;
    if (now < end) return requestAnimationFrame(frame);
    gaps.sort((one, other) => one - other);
    const at = (part) => gaps[Math.min(gaps.length - 1, Math.floor(part * gaps.length))];
    done({ count: gaps.length, median: at(0.5), p99: at(0.99), longest: at(1) });
});
"""


def begin():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    # No sandbox: tests run as root, too. No request of the browser's own.
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
        "--disable-component-update", "--no-first-run", "--force-color-profile=srgb",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    driver.set_script_timeout(120)
    return driver


class Browser:
    def __init__(self, driver):
        self.driver = driver
        self.requested = set()

    def open(self, rest):
        url, width, height, colours = rest.split()
        size = {"width": int(width), "height": int(height), "deviceScaleFactor": 1, "mobile": int(width) < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": colours}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.driver.get(url)

    def value(self, script):
        return self.driver.execute_script("return " + script)

    def until(self, script):
        end = time.monotonic() + 10
        while time.monotonic() < end:
            value = self.value(script)
            if value:
                return value
            time.sleep(0.02)
        return "late"

    def press(self, keys):
        chain = ActionChains(self.driver)
        for key in keys.split():
            chain.send_keys(getattr(Keys, key.upper()) if len(key) > 1 else key)
        chain.perform()

    def type(self, text):
        ActionChains(self.driver).send_keys(text).perform()

    def click(self, selector):
        self.driver.find_element(By.CSS_SELECTOR, selector).click()

    def frames(self, seconds):
        return self.driver.execute_async_script(FRAMES, float(seconds) * 1000)

    def axe(self, _):
        return [
            f"{violation['impact']}: {violation['id']}: {' '.join(map(str, node['target']))}"
            for violation in Axe().run(self.driver)["violations"]
            for node in violation["nodes"]
        ]

    def shot(self, path):
        self.driver.save_screenshot(path)

    def complaints(self, _):
        return [f"{line['level']}: {line['message']}" for line in self.driver.get_log("browser")]

    def origins(self, _):
        for line in self.driver.get_log("performance"):
            event = json.loads(line["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                url = urlsplit(event["params"]["request"]["url"])
                self.requested.add(f"{url.scheme}://{url.netloc}")
        return sorted(self.requested)


driver = begin()
browser = Browser(driver)
verbs = {name: getattr(browser, name) for name in vars(Browser) if not name.startswith("_")}
print('"ready"', flush=True)
try:
    for line in sys.stdin:
        verb, _, rest = line.rstrip("\n").partition(" ")
        try:
            answer = verbs[verb](rest)
        except Exception as fault:  # Whatever it is, the test that asked shows it.
            answer = {"error": f"{line.strip()}: {fault}".splitlines()[0]}
        print(json.dumps(answer), flush=True)
finally:
    driver.quit()
