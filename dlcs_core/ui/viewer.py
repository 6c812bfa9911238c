"""The CT viewer and outline editor on a page."""

from collections.abc import Callable, Mapping
from functools import cache, partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dlcs_core.errors import DlcsError
from dlcs_core.figures.ct_overlay import DISPLAY_WINDOW_HU, heat_rgba
from dlcs_core.figures.theme import BLUE, FONT, INK, ORANGE, SKY, translucent
from dlcs_core.network.gradcam import make_activation_map
from dlcs_core.preprocessing.model_input import ModelInput
from dlcs_core.preprocessing.pipeline import preprocess
from dlcs_core.preprocessing.settings import PreprocessingSettings
from dlcs_core.translation import LANGUAGES, catalogue
from dlcs_core.ui.assessment import AssessedCase
from dlcs_core.ui.messages import show_refusal
from dlcs_core.ui.opened_study import OpenedImage, OpenedStudy
from dlcs_core.ui.outline_state import current_outline, imported_drawing, receive_outline
from dlcs_core.ui.viewer_packet import (
    Packet,
    add_heat,
    add_model_input,
    add_slices,
    study_facts,
    wanted_slices,
)
from dlcs_core.ui.words import language

KEY = "ct_viewer"
_WORDS = "viewer_"
_WANTED, _CHANGED, _REFUSED = "ct_viewer_wanted", "ct_viewer_changed", "ct_viewer_refused"

PRESETS = (
    ("preset_model", DISPLAY_WINDOW_HU),
    ("preset_abdomen", (-160.0, 240.0)),
    ("preset_liver", (-45.0, 105.0)),
)
"""Windows in HU: what the model reads; abdomen W 400 L 40; liver W 150 L 30."""

COLORS = {
    "outline": SKY, "outlineDark": BLUE, "fill": translucent(SKY, 0.12), "active": ORANGE,
    "measure": "#f0e442", "key": ORANGE, "stripBack": INK, "stripLoaded": "#5f7080",
    "stripBar": "#8fa3b5", "font": FONT,
}  # fmt: skip
"""Of Okabe and Ito's palette, so that outline, measures and key slice can be told apart."""


@cache
def _component() -> Callable[..., object]:
    """Register the browser part, once the app runs: only then has Streamlit found its files."""
    return st.components.v2.component("dlcs-core.ct_viewer", js="index.js", css="style.css")


@st.fragment
def show_viewer(
    image: OpenedImage,
    opened: OpenedStudy | None,
    assessed: AssessedCase | None,
    settings: PreprocessingSettings,
) -> None:
    """Draw the viewer; only this part runs again while slices are fetched.

    Parameters
    ----------
    image : OpenedImage
        What is looked at.
    opened : OpenedStudy or None
        The study with its outline, where there is one.
    assessed : AssessedCase or None
        The result whose heat map is laid over the slices; None where it is not that of the
        outline in hand.
    settings : PreprocessingSettings
        Of the model, for what the network sees.
    """
    if st.session_state.pop(_CHANGED, False):
        st.rerun()
    refusal = st.session_state.pop(_REFUSED, None)
    if refusal is not None:
        show_refusal(refusal)
    _component()(
        key=KEY,
        data=_packet(image, opened, assessed, settings).to_bytes(),
        on_wanted_change=_take_wanted,
        on_outline_change=partial(_take_outline, image),
    )


def _take_wanted() -> None:
    st.session_state[_WANTED] = st.session_state[KEY].get("wanted")


def _take_outline(image: OpenedImage) -> None:
    """Take the outline that the viewer sent; a refusal is shown above the viewer."""
    before = current_outline(image).revision
    try:
        receive_outline(image, st.session_state[KEY].get("outline"))
    except DlcsError as refusal:
        st.session_state[_REFUSED] = refusal
    st.session_state[_CHANGED] = current_outline(image).revision != before


def _packet(
    image: OpenedImage,
    opened: OpenedStudy | None,
    assessed: AssessedCase | None,
    settings: PreprocessingSettings,
) -> Packet:
    asked = st.session_state.pop(_WANTED, None)
    if isinstance(asked, Mapping) and asked.get("study") != image.key:
        asked = None
    number, slices = wanted_slices(asked)
    outline = current_outline(image)
    packet = Packet({
        "study": study_facts(image.volume, image.key),
        "words": viewer_words(language()),
        "colors": COLORS,
        "presets": [{"code": code, "window": window} for code, window in PRESETS],
        "answered": number,
        "revision": outline.revision,
        "language": language(),
    })  # fmt: skip
    if not isinstance(asked, Mapping) or asked.get("outline"):
        # A request for slices alone comes from a viewer that has the outlines.
        packet.header["outline"] = {
            "revision": outline.revision,
            "slices": dict(outline.drawing),
        }
        packet.header["imported"] = imported_drawing(image)
    add_slices(packet, image.volume, slices)
    seen = None if opened is None else _model_input(opened, settings)
    if seen is not None and opened is not None:
        add_model_input(packet, seen, opened.sha256)
    if assessed is not None and not assessed.report.abstained:
        _add_heat(packet, assessed)
    return packet


def viewer_words(language_code: str) -> dict[str, str]:
    """Return the viewer's words in one language, by the name that the browser part uses."""
    return {
        code.removeprefix(_WORDS): text
        for name in dict.fromkeys((LANGUAGES[0], language_code))
        for code, text in catalogue(name).items()
        if code.startswith(_WORDS)
    }


def _model_input(opened: OpenedStudy, settings: PreprocessingSettings) -> ModelInput | None:
    """Return what the network sees of a study; None where the study is refused for it."""
    kept = _model_inputs()
    if opened.sha256 not in kept:
        try:
            kept[opened.sha256] = preprocess(opened.study, settings)
        except DlcsError:
            # The page words the refusal beside the study's description.
            kept[opened.sha256] = None
        while len(kept) > 2:
            del kept[next(iter(kept))]
    return kept[opened.sha256]


@st.cache_resource(scope="session", show_spinner=False)
def _model_inputs() -> dict[str, ModelInput | None]:
    """Return this visit's latest model inputs by study."""
    return {}


def _add_heat(packet: Packet, assessed: AssessedCase) -> None:
    seen = assessed.report.model_input
    key = seen.slice_indices.index(seen.key_slice_index)
    relative = make_activation_map(assessed.report.cam, seen.mask[key]).relative
    add_heat(packet, _rgba(relative), seen.frame, seen.slice_indices, assessed.inputs)


def _rgba(relative: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the colours of a heat map; the viewer sets its opacity."""
    return heat_rgba(np.nan_to_num(relative), 1.0)
