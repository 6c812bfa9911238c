"""Taking the outline in hand away, and going back to the one that was imported."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from dlcs_core.imaging.dicom_export import (
    has_even_slices,
    has_segmentation,
    mask_nifti,
    mask_segmentation,
)
from dlcs_core.imaging.study import Mask
from dlcs_core.ui.messages import refusals_shown
from dlcs_core.ui.opened_study import OpenedImage
from dlcs_core.ui.outline_state import current_outline, forget_outline
from dlcs_core.ui.words import say


def show_outline_actions(image: OpenedImage) -> None:
    """Draw the downloads of the outline and say where it comes from.

    Parameters
    ----------
    image : OpenedImage
        What is outlined.
    """
    outline = current_outline(image)
    with st.container(horizontal=True, vertical_alignment="center", key="outline_actions"):
        if outline.mask.planes:
            _show_downloads(image, outline.mask)
        if outline.restored_at is not None:
            day = outline.restored_at.astimezone().strftime("%Y-%m-%d %H:%M")
            st.caption(say("ui_outline_restored", day=day))
            st.button(say("ui_outline_discard"), key="discard_outline", type="tertiary",
                      on_click=_discard, args=(image,))  # fmt: skip


def _show_downloads(image: OpenedImage, mask: Mask) -> None:
    """Draw a button per format that can hold the outline, and say why one cannot."""
    grid = image.volume.grid
    # The files are made when asked for, outside of this visit's thread: all they need goes along.
    if has_even_slices(grid):
        _download("nifti", partial(mask_nifti, grid, mask), "dlcs-outline.nii.gz")
    else:
        st.caption(say("nifti_needs_even_slices"))
    if has_segmentation(image.volume, image.origin):
        make = partial(mask_segmentation, image.volume, mask, image.origin)
        _download("seg", make, "dlcs-outline.dcm")


def _download(kind: str, data: Callable[[], bytes], name: str) -> None:
    st.download_button(
        say(f"ui_outline_{kind}"), data=data, file_name=name, mime="application/octet-stream",
        icon=":material/download:", type="tertiary", on_click="ignore", key=f"download_{kind}",
        width="content",
    )  # fmt: skip


def _discard(image: OpenedImage) -> None:
    with refusals_shown():
        forget_outline(image)
