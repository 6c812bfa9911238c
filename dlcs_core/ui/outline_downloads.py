"""Taking the outline in hand away, and going back to the one that was imported."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from dlcs_core.imaging.dicom_export import mask_nifti, mask_segmentation
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
            _download("nifti", partial(_nifti, image), "dlcs-outline.nii.gz", "application/gzip")
            if image.origin is not None:
                _download("seg", partial(_seg, image), "dlcs-outline.dcm", "application/dicom")
        if outline.restored_at is not None:
            day = outline.restored_at.astimezone().strftime("%Y-%m-%d %H:%M")
            st.caption(say("ui_outline_restored", day=day))
            st.button(say("ui_outline_discard"), key="discard_outline", type="tertiary",
                      on_click=_discard, args=(image,))  # fmt: skip


def _download(kind: str, data: Callable[[], bytes], name: str, mime: str) -> None:
    st.download_button(
        say("ui_outline_nifti" if kind == "nifti" else "ui_outline_seg"), data=data,
        file_name=name, mime=mime, icon=":material/download:", type="tertiary",
        on_click="ignore", key=f"download_{kind}", width="content",
    )  # fmt: skip


def _nifti(image: OpenedImage) -> bytes:
    return mask_nifti(image.volume.grid, current_outline(image).mask)


def _seg(image: OpenedImage) -> bytes:
    return mask_segmentation(image.volume, current_outline(image).mask, image.origin)


def _discard(image: OpenedImage) -> None:
    with refusals_shown():
        forget_outline(image)
