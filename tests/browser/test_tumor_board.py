"""Two browsers in one meeting: nothing leaks before the reveal, and nothing is lost after it."""

import io
import re

import pytest
from pptx import Presentation
from pypdf import PdfReader

from dlcs_core.figures.icon_array import of_hundred
from dlcs_core.store.board import Seat, read_board, read_revealed_case
from dlcs_core.store.board_changes import reveal
from dlcs_core.store.database import open_database

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WAIT_MS = 120_000


class Screen:
    """One browser of its own, which keeps every frame that its websocket received."""

    def __init__(self, browser, language="en"):
        self.context = browser.new_context(
            viewport={"width": 1920, "height": 1080}, accept_downloads=True
        )
        self.context.set_default_timeout(WAIT_MS)
        self.page = self.context.new_page()
        self.frames = []
        self.problems = []
        self.language = language
        self.page.on("websocket", self._listen)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def _listen(self, socket):
        socket.on("framereceived", lambda frame: self.frames.append(
            frame.encode() if isinstance(frame, str) else frame))  # fmt: skip

    def open(self, url):
        self.page.goto(url + ("&" if "?" in url else "?") + f"lang={self.language}")
        self.page.wait_for_selector("h1")

    def key(self, name):
        return self.page.locator(f".st-key-{name}")

    def click(self, name):
        self.key(name).locator("button").first.click()

    def name(self, text):
        box = self.page.locator("[class*=st-key-board_name_] input")
        box.fill(text)
        box.press("Tab")
        # The page asks for a name until the server knows it.
        self.page.wait_for_selector(".st-key-board_vote [data-testid=stAlert]", state="detached")

    def press(self, name, shown):
        """Press a key once the page has come to rest: it hears none while it is drawn."""
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        self.page.wait_for_load_state("networkidle")
        self.page.keyboard.press(name)
        self.page.wait_for_selector(shown)

    def vote(self, response, plan):
        self.page.locator("[class*=st-key-board_response_] button").nth(response).click()
        self.page.locator("[class*=st-key-board_plan_] label[data-testid=stRadioOption]").nth(
            plan
        ).click()
        self.page.wait_for_selector(".st-key-board_cast button:not([disabled])")
        self.click("board_cast")
        self.page.wait_for_selector(".st-key-board_vote [data-testid=stAlert]")

    def download(self, name):
        with self.page.expect_download() as waiting:
            self.click(name)
        with open(waiting.value.path(), "rb") as file:  # noqa: PTH123 - Playwright's own file
            return file.read()

    def received(self):
        return b"\n".join(self.frames) + self.page.content().encode()

    def text(self):
        return self.page.inner_text("[data-testid=stMain]")


@pytest.fixture
def screens(browser):
    opened = []

    def new(language="en"):
        opened.append(Screen(browser, language))
        return opened[-1]

    yield new
    for screen in opened:
        screen.context.close()
    assert [screen.problems for screen in opened] == [[] for _ in opened]


@pytest.fixture
def database(server):
    engine = open_database(f"sqlite:///{server.log.parent / 'browser.sqlite3'}")
    yield engine
    engine.dispose()


def seat_of(screen):
    found = dict(re.findall(r"(board|seat)=([^&]+)", screen.page.url))
    return Seat(found["board"], found["seat"])


def start(screen, server, name):
    screen.open(f"{server.url}/tumor_board")
    screen.click("board_start_demo")
    screen.page.wait_for_selector(".st-key-board_vote")
    screen.name(name)


def join(screen, server, code, name):
    screen.open(f"{server.url}/tumor_board?board={code}")
    screen.click("board_join")
    screen.page.wait_for_selector(".st-key-board_vote")
    screen.name(name)


def result_of(engine, seat):
    """What the model says of the first case, read after a reveal in a copy of the meeting."""
    board = read_board(engine, seat)
    return read_revealed_case(engine, seat, board.cases[0].case_id).report.dlcs.probability


def secrets_of(report_probability):
    """The forms in which the result could travel: a JSON number, its digits, its sentence."""
    digits = f"{report_probability:.15f}".rstrip("0")
    good = of_hundred(report_probability)
    return digits[:8].encode(), f"{good} respond well".encode(), b"Of 100 patients like this"


def test_two_browsers_vote_blind_and_see_the_reveal(server, screens, database):
    chair, member = screens(), screens()
    start(chair, server, "AB")
    join(member, server, seat_of(chair).code, "CD")
    chair.page.wait_for_selector("text=Members: 2")
    member.vote(0, 1)
    chair.page.wait_for_selector("text=Votes cast: 1 of 2")
    chair.vote(1, 0)
    member.page.wait_for_selector("text=Votes cast: 2 of 2")
    before = [screen.received() for screen in (chair, member)]
    for screen in (chair, member):
        assert "Of 100 patients" not in screen.text()
        screen.frames.clear()

    chair.page.keyboard.press("s")
    for screen in (chair, member):
        screen.page.wait_for_selector(".st-key-headline")
        screen.page.wait_for_selector(".st-key-board_tally >> text=Good response (TRG 0-1): 1")
    probability = result_of(database, seat_of(chair))
    good = of_hundred(probability)
    for leaked in secrets_of(probability):
        assert all(leaked not in received for received in before)
    member.page.wait_for_selector(f"text={good} respond well")
    # The search is able to find: after the reveal the sentence is among what was received.
    assert f"{good} respond well".encode() in member.received()

    for part, typed in (("text", "Laparoscopy <b>x</b>"), ("dissent", "CD: operate at once")):
        field = chair.page.locator(f"[class*=st-key-board_{part}_of_] textarea")
        field.fill(typed)
        field.press("Tab")
        member.page.wait_for_selector(f"text={typed}")
    chair.click("board_use_truth")
    chair.page.wait_for_selector("text=How board and model did")

    read = " ".join(page.extract_text() for page in PdfReader(
        io.BytesIO(chair.download("board_minutes_pdf"))).pages)  # fmt: skip
    read = " ".join(read.split())
    for expected in ("AB, CD", "Laparoscopy <b>x</b>", "CD: operate at once", seat_of(chair).code,
                     f"{good} respond well", "decision is documented elsewhere"):  # fmt: skip
        assert expected in read
    assert read.count("Not revealed") == len(read_board(database, seat_of(chair)).cases) - 1
    deck = Presentation(io.BytesIO(chair.download("board_minutes_pptx")))
    slides = " ".join(shape.text_frame.text for slide in deck.slides for shape in slide.shapes
                      if shape.has_text_frame)  # fmt: skip
    assert "Laparoscopy <b>x</b>" in slides
    assert f"{good} respond well" in slides

    for screen in (chair, member):
        screen.page.reload()
        screen.page.wait_for_selector(f"text={good} respond well")
    chair.page.wait_for_function(
        "() => document.querySelector('[class*=st-key-board_dissent_of_] textarea')"
        "?.value.includes('CD: operate at once')"
    )
    member.page.wait_for_selector("text=CD: operate at once")
    assert "Traceback" not in server.log.read_text()


def test_a_draft_of_a_vote_survives_a_reload(server, screens):
    chair = screens()
    start(chair, server, "AB")
    chair.page.locator("[class*=st-key-board_response_] button").nth(1).click()
    option = chair.page.locator("[class*=st-key-board_plan_] label[data-testid=stRadioOption]")
    option.nth(2).click()
    chair.page.wait_for_selector(".st-key-board_cast button:not([disabled])")
    chair.page.reload()
    chair.page.wait_for_selector(".st-key-board_cast button:not([disabled])")
    assert option.nth(2).locator("input").is_checked()


def test_the_projector_is_led_by_keyboard(server, screens):
    chair = screens()
    start(chair, server, "AB")
    chair.press("p", ".st-key-board_projector")
    assert not chair.page.locator("[data-testid=stSidebar]").is_visible()
    chair.press("ArrowRight", "text=Case 2 of")
    chair.press("ArrowLeft", "text=Case 1 of")
    chair.press("s", ".st-key-headline")
    chair.press("p", ".st-key-board_desk")


def test_a_board_in_chinese(server, screens, database):
    chair, member = screens("zh"), screens("zh")
    start(chair, server, "甲")
    join(member, server, seat_of(chair).code, "乙")
    member.vote(1, 0)
    chair.page.wait_for_selector("text=已投票：1 / 2")
    assert "反应良好的" not in chair.page.inner_text("[data-testid=stMain]").split("您的投票")[0]
    reveal(database, seat_of(chair), read_board(database, seat_of(chair)).cases[0].case_id)
    for screen in (chair, member):
        screen.page.wait_for_selector(".st-key-board_tally >> text=反应不良（TRG 2-3）: 1")
    read = "".join(page.extract_text() for page in PdfReader(
        io.BytesIO(chair.download("board_minutes_pdf"))).pages)  # fmt: skip
    assert "肿瘤讨论会纪要" in read
    assert "甲" in read
    assert "临床决策另行记录" in read
