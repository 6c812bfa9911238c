"""The paper's preprocessing from end to end: three slices to one model input."""

import numpy as np
from numpy.typing import NDArray

from dlcs_core.imaging.study import Study
from dlcs_core.preprocessing.crop import bounding_box, expand, oversize_warnings, place_frame
from dlcs_core.preprocessing.intensity import window
from dlcs_core.preprocessing.model_input import InputFrame, ModelInput
from dlcs_core.preprocessing.resample import resample_linear, resample_nearest, sample_positions
from dlcs_core.preprocessing.settings import PreprocessingSettings
from dlcs_core.preprocessing.slabs import average_slabs
from dlcs_core.preprocessing.slices import SelectedSlices, select_slices


def preprocess(
    study: Study,
    settings: PreprocessingSettings | None = None,
    selected: SelectedSlices | None = None,
) -> ModelInput:
    """Turn a study into what the network sees.

    Key slice and neighbours, in-plane resampling to 1.0 mm, window [-115, 235] HU to [0, 1],
    the tumour's box of the three slices centred in 112 x 112, and zero beyond the outline
    expanded by 5 mm (Hu et al. 2023, Methods). Whole volumes are never touched.

    Parameters
    ----------
    study : Study
        Volume and mask on one grid.
    settings : PreprocessingSettings, optional
        Of the bundle; the paper's by default.
    selected : SelectedSlices, optional
        The slices, where they have been read already.

    Returns
    -------
    ModelInput
        float32 (3, 112, 112) in [0, 1] and its provenance.

    Raises
    ------
    PreprocessingError
        If slices are missing at the tumour.
    ImagingError
        If a slice cannot be decoded.

    Notes
    -----
    The frame is centred on the outer box of the mask over all three slices. A tumour with
    margin larger than the frame is cut at the frame, with a warning: shrinking it would change
    the texture scale that the network reads. Where slices are thinner than the settings' slab,
    slabs stand in for slices (:mod:`dlcs_core.preprocessing.slabs`). A neighbour without outline
    of its own keeps the pixels within the key slice's expanded outline.
    """
    settings = settings or PreprocessingSettings()
    selected = average_slabs(study, selected or select_slices(study), settings.slab_mm)
    box = bounding_box(np.logical_or.reduce(selected.mask), selected.spacing_mm)
    frame = place_frame(box, settings)
    mask = _resample_masks(selected, frame, settings)
    image = _resample_images(selected, frame, settings)
    if settings.zero_outside:
        image = _zero_outside(image, mask, selected, settings)
    return ModelInput(
        image=image,
        mask=mask.astype(np.uint8),
        key_slice_index=selected.key_slice_index,
        slice_indices=selected.slice_indices,
        frame=frame,
        warnings=selected.warnings + oversize_warnings(box, settings),
    )


def _resample_images(
    selected: SelectedSlices, frame: InputFrame, settings: PreprocessingSettings
) -> NDArray[np.float32]:
    rows, columns = sample_positions(frame, settings.size_px, selected.spacing_mm)
    resampled = [resample_linear(plane, rows, columns) for plane in selected.image_hu]
    return window(np.stack(resampled), settings.window_hu)


def _resample_masks(
    selected: SelectedSlices, frame: InputFrame, settings: PreprocessingSettings
) -> NDArray[np.bool_]:
    rows, columns = sample_positions(frame, settings.size_px, selected.spacing_mm)
    return np.stack([resample_nearest(plane, rows, columns) for plane in selected.mask])


def _zero_outside(
    image: NDArray[np.float32],
    mask: NDArray[np.bool_],
    selected: SelectedSlices,
    settings: PreprocessingSettings,
) -> NDArray[np.float32]:
    """Keep each slice's own expanded outline, the key slice's where it has none."""
    key_plane = mask[selected.slice_indices.index(selected.key_slice_index)]
    radius_px = settings.margin_mm / settings.spacing_mm
    kept = [expand(plane if plane.any() else key_plane, radius_px) for plane in mask]
    zeroed: NDArray[np.float32] = np.where(np.stack(kept), image, np.float32(0))
    return zeroed
