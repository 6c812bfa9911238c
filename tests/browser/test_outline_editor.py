"""A CT folder without an outline: seen, outlined, assessed, there again after a reload."""

import base64
import hashlib
import re
import urllib.request

import numpy as np
import pytest

from dlcs_core.imaging.polygons import fill_polygons
from dlcs_core.imaging.reading import read_study
from dlcs_core.preprocessing.slices import key_slice_index, neighbor_indices
from dlcs_core.synthetic.contours import outline_polygons
from dlcs_core.ui.settings import ASSETS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CASE = ASSETS / "demo_cases" / "good_responder"
MODULES = "/_stcore/bidi-components/dlcs-core.ct_viewer"
SLICE_CHANGE_P95_MS = 33

WORDS = {
    "en": {
        "own": "Own study", "assess": "Assess", "draw": "No outline: draw one",
        "result": r"Of 100 patients like this, (\d+)", "drawn": "drawn here",
    },
    "zh": {
        "own": "上传病例", "assess": "评估", "draw": "没有轮廓，请勾画",
        "result": r"在 100 名与此类似的患者中，(\d+) 名反应良好", "drawn": "在此勾画",
    },
}  # fmt: skip
AREA, OUTLINED, VOLUME, KEY = 1, 2, 3, 4


@pytest.fixture(scope="module")
def truth():
    """The phantom with the outline that ships with it."""
    (mask,) = CASE.glob("mask*")
    return read_study(CASE / "image", mask)


class Editor:
    """The viewer on an open page."""

    def __init__(self, visit, grid):
        self.visit, self.page, self.grid = visit, visit.page, grid
        self.canvas = self.page.locator("canvas.slice")

    def ready(self):
        """Wait until the slice that is shown has arrived."""
        self.page.wait_for_selector("canvas.slice[data-shown]")

    def press(self, action):
        self.page.locator(f".viewer button[data-action={action}]").click()

    def go_to(self, slice_index):
        """Go by keyboard from the first slice."""
        self.canvas.focus()
        self.page.keyboard.press("Home")
        for _ in range(slice_index):
            self.page.keyboard.press("PageUp")
        self.page.wait_for_selector(f"canvas.slice[data-shown='{slice_index}']")

    def fit(self):
        self.press("zoom_fit")

    def at(self, row, column):
        """Place on the screen of an image point while the whole slice is shown."""
        box = self.canvas.bounding_box()
        _, rows, columns = self.grid.size
        _, row_mm, column_mm = self.grid.spacing_mm
        zoom = min(box["height"] / (rows * row_mm), box["width"] / (columns * column_mm))
        return (
            box["x"] + box["width"] / 2 + (column - (columns - 1) / 2) * column_mm * zoom,
            box["y"] + box["height"] / 2 + (row - (rows - 1) / 2) * row_mm * zoom,
        )

    def draw(self, ring):
        """Click a polygon, corner by corner, and close it by its first corner."""
        for row, column in [*ring, ring[0]]:
            self.page.mouse.click(*self.at(row, column))

    def drag(self, points):
        self.page.mouse.move(*self.at(*points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.at(*point), steps=4)
        self.page.mouse.up()

    def fact(self, place):
        """A number beside the picture: 1 area here, 2 slices outlined, 3 volume, 4 key slice."""
        # Texts follow with the next frame.
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        text = self.page.locator(".viewer .facts dd").nth(place).inner_text()
        found = re.search(r"[\d.]+", text)
        return float(found[0]) if found else None

    def expect(self, place, value):
        """Wait until a number beside the picture is the one expected."""
        for _ in range(100):
            if self.fact(place) == value:
                return
            self.page.wait_for_timeout(100)
        assert self.fact(place) == value


@pytest.fixture
def editor(visit, truth):
    return Editor(visit, truth.volume.grid)


def open_folder(editor, server, language, folder=CASE / "image"):
    """Give a CT folder and nothing else."""
    visit, words = editor.visit, WORDS[language]
    visit.open(f"{server.url}/?lang={language}")
    visit.page.get_by_role("radio", name=words["own"]).click()
    chooser = visit.page.locator(".st-key-upload_folder input[type=file]")
    chooser.wait_for(state="attached")
    chooser.set_input_files(folder)
    editor.ready()
    visit.settle()


def corners(plane, step=10):
    """A few corners of a mask's largest outline, (row, column)."""
    ring = max(outline_polygons(plane), key=len)
    return [tuple(corner) for corner in ring[::step].tolist()]


def three_slices(study):
    key = key_slice_index(study.mask.pixel_counts())
    return neighbor_indices(key, study.volume.grid.size[0])


def download(page, key, path):
    with page.expect_download() as waiting:
        page.locator(f".st-key-download_{key} button").click()
    waiting.value.save_as(path)
    return path


@pytest.mark.parametrize("language", ["en", "zh"])
def test_from_a_folder_without_outline_to_a_probability_and_back(
    server, editor, truth, language, tmp_path
):
    page, words = editor.page, WORDS[language]
    open_folder(editor, server, language)
    assert words["draw"] in editor.visit.text()
    assert page.get_by_role("button", name=words["assess"]).is_disabled()
    editor.fit()
    editor.press("tool_polygon")
    slices = three_slices(truth)
    for slice_index in slices:
        editor.go_to(slice_index)
        editor.draw(corners(truth.mask.plane(slice_index)))
    editor.expect(OUTLINED, 3)
    page.get_by_text(words["drawn"]).wait_for()
    editor.visit.settle()
    page.get_by_role("button", name=words["assess"]).click()
    page.wait_for_selector(".st-key-headline")
    editor.visit.settle()
    assert re.search(words["result"], editor.visit.text())
    page.screenshot(path=tmp_path / f"drawn_{language}.png", full_page=True)

    editor.go_to(slices[1])
    seg = read_study(CASE / "image", download(page, "seg", tmp_path / "outline.dcm"))
    nifti = read_study(CASE / "image", download(page, "nifti", tmp_path / "outline.nii.gz"))
    assert sorted(seg.mask.planes) == sorted(nifti.mask.planes) == list(slices)
    for slice_index in slices:
        assert np.array_equal(seg.mask.plane(slice_index), nifti.mask.plane(slice_index))
    pixel_mm2 = truth.volume.grid.spacing_mm[1] * truth.volume.grid.spacing_mm[2]
    area_mm2 = round(seg.mask.pixel_counts()[slices[1]] * pixel_mm2)
    editor.expect(AREA, area_mm2)
    drawn, true = seg.mask.plane(slices[1]), truth.mask.plane(slices[1])
    assert 2 * (drawn & true).sum() / (drawn.sum() + true.sum()) > 0.9

    open_folder(editor, server, language)
    editor.expect(OUTLINED, 3)
    editor.go_to(slices[1])
    editor.expect(AREA, area_mm2)
    page.locator(".st-key-discard_outline button").click()
    editor.expect(OUTLINED, 0)


def choose_demo(editor, server):
    editor.visit.open(server.url)
    editor.page.get_by_role("combobox", name="Demo case").click()
    editor.page.get_by_role("option").first.click()
    editor.ready()
    editor.visit.settle()


def test_an_imported_outline_is_corrected_by_brush_and_every_step_can_be_undone(
    server, editor, truth
):
    choose_demo(editor, server)
    counts = truth.mask.pixel_counts()
    key = key_slice_index(counts)
    editor.expect(OUTLINED, np.count_nonzero(counts))
    editor.expect(KEY, key + 1)
    pixel_mm2 = truth.volume.grid.spacing_mm[1] * truth.volume.grid.spacing_mm[2]
    editor.go_to(key)
    before = round(counts[key] * pixel_mm2)
    editor.expect(AREA, before)
    editor.fit()
    editor.press("tool_brush")
    editor.drag([(300, 250), (310, 270)])
    painted = editor.fact(AREA)
    assert painted > before + 50
    editor.press("tool_erase")
    editor.drag([(300, 250), (310, 270)])
    editor.expect(AREA, before)
    editor.press("undo")
    editor.expect(AREA, painted)
    editor.press("redo")
    editor.expect(AREA, before)
    editor.press("clear_slice")
    editor.expect(AREA, 0)
    assert editor.fact(KEY) != key + 1
    editor.press("restore")
    editor.expect(AREA, before)
    editor.expect(KEY, key + 1)


def test_a_corner_is_dragged_and_a_polygon_within_another_is_a_hole(server, editor):
    choose_demo(editor, server)
    editor.fit()
    editor.go_to(0)
    editor.press("tool_polygon")
    editor.draw([(200, 200), (200, 260), (260, 260), (260, 200)])
    square = editor.fact(AREA)
    editor.draw([(220, 220), (220, 240), (240, 240), (240, 220)])
    _, row_mm, column_mm = editor.grid.spacing_mm
    assert abs(square - editor.fact(AREA) - 400 * row_mm * column_mm) < 60
    with_hole = editor.fact(AREA)
    editor.drag([(200, 200), (170, 170)])
    assert editor.fact(AREA) > with_hole + 1000 * row_mm * column_mm
    editor.press("clear_all")
    editor.press("restore")


def test_copied_and_interpolated_slices_lie_between_their_neighbours(server, editor):
    choose_demo(editor, server)
    editor.press("clear_all")
    editor.expect(OUTLINED, 0)
    editor.fit()
    editor.press("tool_polygon")
    editor.go_to(4)
    editor.draw([(200, 200), (200, 260), (260, 260), (260, 200)])
    large = editor.fact(AREA)
    editor.go_to(8)
    editor.draw([(220, 220), (220, 240), (240, 240), (240, 220)])
    small = editor.fact(AREA)
    editor.press("interpolate")
    editor.expect(OUTLINED, 5)
    areas = []
    for slice_index in range(4, 9):
        editor.go_to(slice_index)
        areas.append(editor.fact(AREA))
    assert areas == sorted(areas, reverse=True)
    assert (areas[0], areas[-1]) == (large, small)
    editor.press("copy_next")
    editor.expect(OUTLINED, 6)
    editor.expect(AREA, small)
    editor.press("restore")


def test_the_assisted_outline_proposes_three_slices_to_be_corrected(server, editor, truth):
    choose_demo(editor, server)
    editor.press("clear_all")
    editor.fit()
    key = three_slices(truth)[1]
    editor.go_to(key)
    editor.press("tool_assist")
    rows, columns = np.nonzero(truth.mask.plane(key))
    nearest = np.hypot(rows - rows.mean(), columns - columns.mean()).argmin()
    editor.page.mouse.click(*editor.at(rows[nearest], columns[nearest]))
    editor.expect(OUTLINED, 3)
    area = editor.fact(AREA)
    assert area > 100
    slider = editor.page.locator(".viewer input[data-action=tolerance]")
    slider.focus()
    for _ in range(10):
        editor.page.keyboard.press("ArrowRight")
    assert editor.fact(AREA) >= area
    editor.press("undo")
    editor.expect(OUTLINED, 0)
    editor.press("restore")


def test_everything_can_be_done_by_keyboard(server, editor):
    choose_demo(editor, server)
    page = editor.page
    editor.press("clear_all")
    editor.fit()
    editor.go_to(3)
    said = page.locator(".viewer .status")
    page.keyboard.press("p")
    corner = (("ArrowUp", 2), ("ArrowRight", 3), ("ArrowDown", 4), ("ArrowLeft", 3))
    for key, times in corner:
        for _ in range(times):
            page.keyboard.press(f"Shift+{key}")
        page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    assert re.search(r"Row \d+, column \d+: -?\d+ HU", said.inner_text())
    page.keyboard.press("c")
    # A parallelogram of 30 columns and on average 30 rows.
    area = editor.fact(AREA)
    assert abs(area / np.prod(editor.grid.spacing_mm[1:]) - 900) < 460
    page.keyboard.press("n")
    editor.expect(OUTLINED, 2)
    assert editor.canvas.get_attribute("aria-label").startswith("Slice 5 of 20; outlined area")
    page.keyboard.press("Control+z")
    editor.expect(OUTLINED, 1)
    page.keyboard.press("d")
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    mm = 30 * editor.grid.spacing_mm[2]
    assert f"{mm:.1f} mm" in said.inner_text()
    page.keyboard.press("3")
    editor.expect(OUTLINED, 1)
    assert (
        page.locator(".viewer select")
        .evaluate("box => box.selectedOptions[0].text")
        .startswith("Liver")
    )
    editor.press("restore")


def random_rings(rng, rows, columns):
    """Polygons that cross themselves and each other and leave the slice; corners on centres."""
    rings = []
    for _ in range(rng.integers(1, 4)):
        ring = rng.uniform(-6, (rows + 6, columns + 6), (rng.integers(3, 15), 2)).round(2)
        whole = rng.random(len(ring)) < 0.3
        ring[whole] = ring[whole].round()
        rings.append(ring)
    return rings


def test_fifty_random_outlines_are_the_same_pixels_in_browser_and_python(server, visit, truth):
    visit.open(server.url)
    rng, (rows, columns) = np.random.default_rng(21), (90, 120)
    drawings = [random_rings(rng, rows, columns) for _ in range(50)]
    sent = [[ring.ravel().tolist() for ring in rings] for rings in drawings]
    filled = visit.page.evaluate(
        """async ([url, drawings, rows, columns]) => {
            const { fillRings, runsOf, planeOf, traceRings } = await import(url);
            return drawings.map((rings) => {
                const plane = fillRings(rings, rows, columns);
                const again = fillRings(traceRings(plane, rows, columns), rows, columns);
                const runs = planeOf(runsOf(plane), rows, columns);
                const same = plane.every((v, i) => v === again[i] && v === runs[i]);
                return { plane: [...plane], same };
            });
        }""",
        [f"{MODULES}/raster.js", sent, rows, columns],
    )
    for rings, browser in zip(drawings, filled, strict=True):
        plane = np.array(browser["plane"], dtype=bool).reshape(rows, columns)
        assert np.array_equal(plane, fill_polygons(rings, (rows, columns)))
        assert browser["same"]


def test_slices_come_a_few_at_a_time(server, editor):
    frames = []
    editor.page.on("websocket", lambda ws: ws.on("framereceived", lambda f: frames.append(len(f))))
    choose_demo(editor, server)
    editor.go_to(19)
    _, rows, columns = editor.grid.size
    assert max(frames) < 8 * 2 * rows * columns


SET_POLICY = """
new MutationObserver((_, observer) => {
    if (!document.head) return;
    const policy = document.createElement("meta");
    policy.httpEquiv = "Content-Security-Policy";
    policy.content = %r;
    document.head.prepend(policy);
    observer.disconnect();
}).observe(document, { childList: true, subtree: true });
"""


def strict_policy(page_text):
    """Scripts of the server only, and the one that stands in Streamlit's page by its hash."""
    scripts = re.findall(r"<script>(.*?)</script>", page_text, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts]
    hashes = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws:; "
        "object-src 'none'; base-uri 'self'"
    )


def test_it_runs_under_a_strict_content_security_policy(server, editor, truth):
    with urllib.request.urlopen(server.url) as answer:
        policy = strict_policy(answer.read().decode())
    editor.page.add_init_script(SET_POLICY % policy)
    choose_demo(editor, server)
    editor.go_to(three_slices(truth)[0])
    # The policy forbids what a waiting script would need; a locator waits from outside.
    editor.page.locator(".viewer .facts dd").nth(AREA).filter(
        has_text=re.compile("[1-9]")
    ).wait_for()
    assert editor.fact(AREA) > 0
    assert editor.visit.problems == []
    page_script = """() => {
        const script = document.createElement("script");
        script.textContent = "window.ranInline = true";
        document.head.append(script);
        return Boolean(window.ranInline);
    }"""
    assert not editor.page.evaluate(page_script), "the policy is not in force"
    editor.visit.problems.clear()


def test_the_next_slice_is_seen_within_two_frames(server, editor):
    choose_demo(editor, server)
    page = editor.page
    page.wait_for_timeout(3000)
    page.mouse.move(*editor.at(250, 250))
    page.evaluate("performance.clearMeasures('ct-slice-change')")
    for direction in (100, -100, 100):
        for _ in range(25):
            page.mouse.wheel(0, direction)
            page.wait_for_timeout(40)
    took_ms = page.evaluate(
        "performance.getEntriesByName('ct-slice-change').map(entry => entry.duration)"
    )
    assert len(took_ms) > 40
    print(f"slice change: median {np.median(took_ms):.1f} ms, p95 {np.quantile(took_ms, 0.95):.1f}")
    # Headless on a busy machine without a graphics card: a generous ceiling.
    assert np.quantile(took_ms, 0.95) < 10 * SLICE_CHANGE_P95_MS
