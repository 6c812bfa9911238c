"""The real server and a real Chromium.

The app runs as ``make run`` starts it, with the shipped bundle, cases and table; environment
variables of the caller (``DLCS_BUNDLE``, ``DLCS_DATA_DIR``) point it elsewhere.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
START_SECONDS = 60
PAGE_SECONDS = 120

# On a deep link Streamlit's own script asks for its server below the page's path first.
PROBES = ("/_stcore/health", "/_stcore/host-config")


@pytest.fixture(scope="session")
def chromium():
    """Path of a Chromium; without one the tests are skipped, or fail where they are required."""
    found = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("DLCS_REQUIRE_BROWSER") == "1":
            pytest.fail("DLCS_REQUIRE_BROWSER is 1 but no Chromium was found")
        pytest.skip("no Chromium was found")
    return found


@pytest.fixture(scope="session")
def browser(chromium):
    """A headless Chromium for the whole session."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_OPTIONS))
        yield launched
        launched.close()


@dataclass
class Server:
    """A running app.

    Attributes
    ----------
    url : str
        Its address, without a slash at the end.
    log : Path
        What it wrote to stdout and stderr.
    process : Popen
        To be stopped at the end.
    """

    url: str
    log: Path
    process: subprocess.Popen = field(repr=False)

    def stop(self):
        """Stop the server and wait for its end."""
        self.process.terminate()
        self.process.wait(timeout=20)


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def started(folder):
    """Start the app on a free port and wait until it answers."""
    port, log = free_port(), folder / "server.log"
    environment = {
        **os.environ,
        "DLCS_DATABASE_URL": f"sqlite:///{folder / 'browser.sqlite3'}",
        "DLCS_LANGUAGE": "en",
    }
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=stream, stderr=subprocess.STDOUT
        )
    server = Server(f"http://localhost:{port}", log, process)
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=2):
                return server
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    server.stop()
    pytest.fail(f"the server did not answer:\n{log.read_text()}")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One app for the tests that need no cold one."""
    running = started(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


@pytest.fixture
def cold_server(tmp_path):
    """An app that nobody has visited yet."""
    running = started(tmp_path)
    yield running
    running.stop()


class Visit:
    """One browser page that remembers everything that went wrong on it."""

    def __init__(self, page):
        self.page = page
        self.problems = []
        self.foreign = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", self._request)

    def _console(self, message):
        address = message.location.get("url", "")
        if message.type == "error" and not address.endswith(PROBES):
            self.problems.append(f"{message.text} {address}")

    def _request(self, request):
        local = ("http://localhost", "ws://localhost", "data:", "blob:", "file:")
        if not request.url.startswith(local):
            self.foreign.append(request.url)

    def open(self, url):
        """Go to an address and wait until its script has run."""
        self.page.goto(url)
        self.settle()

    def settle(self):
        """Wait until the app is idle and every chart is drawn."""
        self.page.wait_for_selector(
            "[data-testid=stApp][data-test-script-state=notRunning]", timeout=PAGE_SECONDS * 1000
        )
        self.page.wait_for_selector("h1", timeout=PAGE_SECONDS * 1000)
        # Metrics, charts and browser parts load their own scripts at their first use.
        self.page.wait_for_function(
            "() => !document.querySelector('[data-testid=stSkeleton]')", timeout=PAGE_SECONDS * 1000
        )
        self.page.wait_for_load_state("networkidle", timeout=PAGE_SECONDS * 1000)
        self.page.wait_for_function(
            "() => [...document.querySelectorAll('[data-testid=stPlotlyChart]')]"
            ".every(chart => chart.querySelector('.main-svg'))",
            timeout=PAGE_SECONDS * 1000,
        )

    def text(self):
        """What the page says."""
        return self.page.inner_text("[data-testid=stMain]")


@pytest.fixture
def visit(browser):
    """A fresh browser page of a projector's size; fails on errors in its console."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, accept_downloads=True, locale="en-GB"
    )
    context.set_default_timeout(PAGE_SECONDS * 1000)
    found = Visit(context.new_page())
    yield found
    context.close()
    assert found.problems == []
    assert found.foreign == []
