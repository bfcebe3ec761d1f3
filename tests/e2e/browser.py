"""A headless Chromium, driven through chromedriver's WebDriver interface (W3C WebDriver)."""
import base64
import json
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key WebDriver names elements by
FLAGS = """--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync --window-size=1280,960 --disable-dev-shm-usage""".split()


class NoBrowser(Exception):
    """Chromium or chromedriver is not installed."""


class Browser:
    def __init__(self):
        driver, chromium = shutil.which("chromedriver"), shutil.which("chromium")
        if not driver or not chromium:
            raise NoBrowser("chromium and chromedriver are needed")
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.driver = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.base = None
        for line in self.driver.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                self.base = "http://127.0.0.1:%s" % found[1]
                break
        options = {"binary": chromium, "args": FLAGS + ["--user-data-dir=" + self.folder.name]}
        made = self.ask("POST", "/session", {
            "capabilities": {"alwaysMatch": {"pageLoadStrategy": "none", "goog:chromeOptions": options}}
        })
        self.base += "/session/" + made["sessionId"]

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)["value"]

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    def screenshot(self, selector=None):
        """PNG of the window or of one element; None while that is not there."""
        path = "/screenshot"
        try:
            if selector:
                found = self.ask("POST", "/element", {"using": "css selector", "value": selector})
                path = "/element/%s/screenshot" % found[ELEMENT]
            return base64.b64decode(self.ask("GET", path))
        except urllib.error.HTTPError:
            return None

    def wait(self, get, seconds, what):
        """Asks until there is an answer that is not None or False."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            value = get()
            if value is not None and value is not False:
                return value
        raise OSError("no " + what)

    def close(self):
        try:
            self.ask("DELETE", "")
        except OSError:
            pass
        self.driver.terminate()
        self.driver.wait()
        self.folder.cleanup()
