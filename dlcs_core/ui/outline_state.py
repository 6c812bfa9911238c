"""The outline that holds for an image: imported, drawn, or drawn before and kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from dlcs_core.errors import DlcsError, ImagingError
from dlcs_core.imaging.drawn_outline import Drawing, drawing_of, mask_from_drawing
from dlcs_core.imaging.study import Mask
from dlcs_core.store.database import open_database
from dlcs_core.store.outline_drafts import (
    DraftKey,
    OutlineDraft,
    delete_outline_draft,
    outline_draft,
    save_outline_draft,
)
from dlcs_core.ui.opened_study import OpenedImage, OpenedStudy, with_outline
from dlcs_core.ui.settings import read_settings

MOST_KEPT = 8
"""Outlines that one visit keeps in memory; all are in the store."""


@dataclass(frozen=True, eq=False)
class CurrentOutline:
    """What stands in the viewer.

    Attributes
    ----------
    revision : int
        Grows with every change; the browser's and the server's are the same number.
    drawing : mapping
        As it travels; see :mod:`dlcs_core.imaging.drawn_outline`.
    mask : Mask
        Its pixels; without planes where nothing is outlined.
    restored_at : datetime or None
        When a kept outline of an earlier visit was changed last.
    """

    revision: int
    drawing: Drawing
    mask: Mask
    restored_at: datetime | None = None


@st.cache_resource(scope="session", show_spinner=False)
def _outlines() -> dict[str, CurrentOutline]:
    """Return this visit's outlines by image, the oldest first."""
    return {}


_database = st.cache_resource(show_spinner=False)(open_database)
"""One connection pool per address."""


def current_outline(image: OpenedImage) -> CurrentOutline:
    """Return the outline of an image: of this visit, else a kept one, else the imported one.

    Raises
    ------
    StoreError
        If the store cannot be read.
    """
    found = _outlines().get(image.key)
    if found is None:
        found = _kept_outline(image) or _imported_outline(image)
        _remember(image, found)
    return found


def current_study(image: OpenedImage) -> OpenedStudy | None:
    """Return the study of an image and its outline; None where nothing is outlined.

    Raises
    ------
    StoreError
        If the store cannot be read.
    """
    return with_outline(image, current_outline(image).mask)


def receive_outline(image: OpenedImage, sent: object) -> None:
    """Take an outline from the viewer and keep it.

    Parameters
    ----------
    image : OpenedImage
        What is being outlined.
    sent : object
        ``{"study": key, "revision": n, "slices": drawing}``; an older revision than the one in
        hand, or one of another image, is passed over.

    Raises
    ------
    DlcsError
        If the drawing is none of this image, or it cannot be kept.
    """
    if not isinstance(sent, Mapping) or sent.get("study") != image.key:
        return
    revision, drawing = sent.get("revision"), sent.get("slices")
    if not isinstance(revision, int) or revision <= current_outline(image).revision:
        return
    mask = mask_from_drawing(image.volume.grid, drawing)
    if not isinstance(drawing, Mapping):
        raise ImagingError("polygon_malformed")
    _remember(image, CurrentOutline(revision, drawing, mask))
    save_outline_draft(_database(read_settings().database_url), _draft_key(image), drawing)


def forget_outline(image: OpenedImage) -> None:
    """Go back to the imported outline, or to none.

    Raises
    ------
    StoreError
        If the store cannot be written.
    """
    delete_outline_draft(_database(read_settings().database_url), _draft_key(image))
    fresh = _imported_outline(image)
    revision = current_outline(image).revision + 1
    _remember(image, CurrentOutline(revision, fresh.drawing, fresh.mask))


def imported_drawing(image: OpenedImage) -> Drawing | None:
    """Return the drawing of the imported outline."""
    return drawing_of(image.imported.study.mask) if image.imported else None


def _imported_outline(image: OpenedImage) -> CurrentOutline:
    mask = image.imported.study.mask if image.imported else Mask(image.volume.grid.size, {})
    return CurrentOutline(1, drawing_of(mask), mask)


def _kept_outline(image: OpenedImage) -> CurrentOutline | None:
    """Return the outline of an earlier visit; one that no longer can be read is none."""
    draft = outline_draft(_database(read_settings().database_url), _draft_key(image))
    return None if draft is None else _restored(image, draft)


def _restored(image: OpenedImage, draft: OutlineDraft) -> CurrentOutline | None:
    try:
        mask = mask_from_drawing(image.volume.grid, draft.drawing)
    except DlcsError:
        # Written by another version: the imported outline is the better start.
        return None
    if not isinstance(draft.drawing, Mapping):
        return None
    return CurrentOutline(1, draft.drawing, mask, draft.changed_at)


def _remember(image: OpenedImage, outline: CurrentOutline) -> None:
    kept = _outlines()
    kept.pop(image.key, None)
    kept[image.key] = outline
    while len(kept) > MOST_KEPT:
        del kept[next(iter(kept))]


def _draft_key(image: OpenedImage) -> DraftKey:
    imported = image.imported.sha256 if image.imported else ""
    return DraftKey(owner(), image.image_sha256, imported)


def owner() -> str:
    """Return the signed-in account; ``""`` without sign-in."""
    account = st.user.get("email") if st.user else None
    return str(account or st.session_state.get("signed_in_account", ""))
