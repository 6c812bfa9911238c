"""What travels to the viewer: slices as they are, few at a time; every word from the catalogues."""

import json
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.study import Grid, Volume
from dlcs_core.preprocessing.model_input import InputFrame, ModelInput
from dlcs_core.translation import LANGUAGES
from dlcs_core.ui import viewer
from dlcs_core.ui.viewer import viewer_words
from dlcs_core.ui.viewer_packet import (
    MOST_SLICES,
    Packet,
    add_heat,
    add_model_input,
    add_slices,
    wanted_slices,
)

COMPONENT = Path(viewer.__file__).parent / "components" / "ct_viewer"


@pytest.fixture
def volume():
    axes = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    grid = Grid((20, 8, 9), (5.0, 1.0, 1.0), (0.0, 0.0, 0.0), *axes, tuple(map(float, range(20))))

    def read(index):
        if index == 7:
            raise ImagingError("pixels_broken")
        return np.arange(72, dtype=np.float32).reshape(8, 9) * 50 - 1024 + index

    return Volume(grid, read, "nifti")


def unpacked(packet):
    content = packet.to_bytes()
    (length,) = struct.unpack("<I", content[:4])
    return json.loads(content[4 : 4 + length]), content[4 + length :]


def part(body, entry):
    return body[entry["offset"] : entry["offset"] + entry["length"]]


def test_slices_arrive_as_the_hounsfield_units_they_are(volume):
    packet = Packet({})
    add_slices(packet, volume, [3, 4, 3])
    header, body = unpacked(packet)
    assert [entry["index"] for entry in header["slices"]] == [3, 4]
    for entry in header["slices"]:
        values = np.frombuffer(zlib.decompress(part(body, entry)), "<i2").reshape(8, 9)
        assert np.array_equal(values, volume.read_slice_hu(entry["index"]))


def test_a_slice_that_cannot_be_decoded_is_named_and_those_beyond_the_volume_are_not_sent(volume):
    packet = Packet({})
    add_slices(packet, volume, [-1, 7, 20, 8])
    header, _ = unpacked(packet)
    assert header["slices"][0] == {"index": 7, "unreadable": True}
    assert [entry["index"] for entry in header["slices"]] == [7, 8]


def test_never_the_whole_volume_at_once(volume):
    number, slices = wanted_slices({"number": 3, "slices": list(range(20))})
    assert (number, len(slices)) == (3, MOST_SLICES)
    packet = Packet({})
    add_slices(packet, volume, list(range(20)))
    assert len(packet.header["slices"]) == MOST_SLICES


@pytest.mark.parametrize(
    "asked", [None, [], {}, {"slices": "abc"}, {"number": "x", "slices": ["y"]}]
)
def test_what_is_no_request_asks_for_nothing(asked):
    assert wanted_slices(asked) == (None, [])


def test_input_and_heat_map_arrive_pixel_by_pixel():
    rng = np.random.default_rng(0)
    image = rng.random((3, 112, 112)).astype(np.float32)
    frame = InputFrame((10.0, 20.0), 1.0)
    seen = ModelInput(image, np.zeros(image.shape, np.uint8), 4, (3, 4, 5), frame)
    rgba = rng.integers(0, 255, (112, 112, 4)).astype(np.uint8)
    packet = Packet({})
    add_model_input(packet, seen, "input")
    add_heat(packet, rgba, frame, seen.slice_indices, "heat")
    header, body = unpacked(packet)
    grey = np.frombuffer(zlib.decompress(part(body, header["input"])), np.uint8)
    assert np.abs(grey.reshape(image.shape) / 255 - image).max() <= 0.5 / 255 + 1e-6
    assert part(body, header["heat"]) == rgba.tobytes()
    assert header["heat"]["frame"] == {"origin_mm": [10.0, 20.0], "spacing_mm": 1.0}
    assert header["heat"]["slices"] == [3, 4, 5]


def words_asked_for():
    """Codes that the browser part spells out, and those it puts together."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in COMPONENT.glob("*.js"))
    calls = re.findall(r"\b(?:say|announce)\((.*)", source)
    spelt = {word for call in calls for word in re.findall(r"\"(\w+)\"", call)}
    spelt |= set(re.findall(r"#worded\(.*\"(\w+)\"\)", source))
    spelt |= set(re.findall(r"(?:#button|#slider)\(\"(\w+)\"", source))
    spelt |= set(re.findall(r"\[\"(fact_\w+)\"", source))
    buttons = re.findall(r"#button\(\"(\w+)\"", source)
    tools = re.findall(r"\[\"(\w+)\", \"[A-Z]\"\]", source)
    sliders = re.findall(r"#slider\(\"(\w+)\"", source)
    made = {f"{one}_hint" for one in buttons} | {f"{one}_value" for one in sliders}
    made |= {f"tool_{one}" for one in tools} | {f"tool_{one}_hint" for one in tools}
    # Names of elements and attributes that stand on the same lines.
    spelt -= {"dd", "none", "span", "title"}
    return spelt | made | {f"role_{one}" for one in ("key", "neighbor", "none")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_viewer_is_in_the_catalogues(language):
    asked = words_asked_for()
    assert {"tool_polygon_hint", "undo", "loading", "fact_key", "brush_size_value"} <= asked
    assert sorted(asked - set(viewer_words(language))) == []


def test_the_viewer_asks_nothing_of_the_outside_and_runs_no_text_as_code():
    for path in COMPONENT.glob("*.js"):
        source = path.read_text(encoding="utf-8")
        for banned in (
            "http:",
            "https:",
            "fetch(",
            "eval(",
            "Function(",
            "innerHTML",
            "localStorage",
        ):
            assert banned not in source, (path.name, banned)
