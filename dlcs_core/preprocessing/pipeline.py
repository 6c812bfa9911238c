"""The paper's preprocessing from end to end: three slices to one model input."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dlcs_core.imaging.study import Study
from dlcs_core.preprocessing.crop import bounding_box, expand, oversize_warnings, place_frame
from dlcs_core.preprocessing.intensity import window
from dlcs_core.preprocessing.model_input import InputFrame, ModelInput
from dlcs_core.preprocessing.resample import resample_linear, resample_nearest, sample_positions
from dlcs_core.preprocessing.settings import PreprocessingSettings
from dlcs_core.preprocessing.slabs import average_slabs, uses_slabs
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


def preprocess_further(
    study: Study, selected: SelectedSlices, seen: ModelInput, settings: PreprocessingSettings
) -> NDArray[np.float32]:
    """Return the two slices beyond the neighbours, as the model would see them.

    Training may draw its three slices among the five; serving never looks at these.

    Parameters
    ----------
    study : Study
        Volume and mask.
    selected : SelectedSlices
        Key slice and neighbours on the native grid.
    seen : ModelInput
        Of the same study; tells the frame.
    settings : PreprocessingSettings
        Those of ``seen``.

    Returns
    -------
    float32 array (2, 112, 112)
        In [0, 1]. The slice nearest to it where the volume ends, and the neighbour itself where
        slices are averaged to slabs.
    """
    grid, key = study.volume.grid, selected.key_slice_index
    if uses_slabs(grid.spacing_mm[0], settings.slab_mm):
        return seen.image[[0, 2]]
    indices = (max(key - 2, 0), key, min(key + 2, grid.size[0] - 1))
    further = replace(
        selected,
        slice_indices=indices,
        image_hu=np.stack([study.volume.read_slice_hu(index) for index in indices]),
        mask=np.stack([study.mask.plane(index) for index in indices]),
    )
    image = _resample_images(further, seen.frame, settings)
    if settings.zero_outside:
        mask = _resample_masks(further, seen.frame, settings)
        image = _zero_outside(image, mask, further, settings)
    return image[[0, 2]]


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
