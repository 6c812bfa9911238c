"""The three slices of a case as PNG files: CT in the model's window, outline, heat map."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import UsageError
from dlcs_core.imaging.study import Study
from dlcs_core.network.gradcam import make_activation_map, pixels_to_slice
from dlcs_core.preprocessing.intensity import window
from dlcs_core.preprocessing.settings import PreprocessingSettings
from dlcs_core.report.case_report import CaseReport

OUTLINE_RGB = (0.34, 0.71, 0.91)
"""Sky blue of the colour-blind-safe palette; no tissue has it."""

HEAT_OPACITY = 0.5
HEAT_FLOOR = 0.08
"""Heat below this share of the largest is not painted: it would only darken the CT."""


def write_overlays(report: CaseReport, study: Study, directory: Path) -> tuple[Path, ...]:
    """Write each distinct slice that the network saw.

    Parameters
    ----------
    report : CaseReport
        The assessment.
    study : Study
        The study that was assessed.
    directory : Path
        Made where it does not exist; files are ``slice_<index>.png`` on the native grid.

    Returns
    -------
    tuple of Path
        The files.

    Raises
    ------
    UsageError
        If a file cannot be written.
    """
    from matplotlib.image import imsave

    heat = relative_heat(report)
    written = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for index in dict.fromkeys(report.study.slice_indices):
            path = directory / f"slice_{index:04d}.png"
            imsave(path, overlay_rgb(report, study, index, heat))
            written.append(path)
    except OSError as error:
        raise UsageError("output_not_written", reason=error.strerror or "I/O error") from error
    return tuple(written)


def relative_heat(report: CaseReport) -> NDArray[np.float64]:
    """Return the activation map on the input grid in [0, 1]; zero for an abstained case."""
    key = report.study.slice_indices.index(report.study.key_slice_index)
    relative = make_activation_map(report.cam, report.model_input.mask[key]).relative
    return np.zeros_like(relative) if report.abstained else relative


def overlay_rgb(
    report: CaseReport, study: Study, slice_index: int, heat: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return one slice with outline and heat as RGB, shape (rows, columns, 3) in [0, 1]."""
    from matplotlib import colormaps

    spacing_mm = study.volume.grid.spacing_mm
    grey = window(study.volume.read_slice_hu(slice_index), PreprocessingSettings().window_hu)
    frame = report.model_input.frame
    native = pixels_to_slice(heat, frame, grey.shape, (spacing_mm[1], spacing_mm[2]))
    opacity = np.where(native > HEAT_FLOOR, HEAT_OPACITY * native, 0.0)[..., np.newaxis]
    colored = colormaps["inferno"](native)[..., :3]
    rgb: NDArray[np.float64] = grey[..., np.newaxis] * (1 - opacity) + colored * opacity
    rgb[outline(study.mask.plane(slice_index))] = OUTLINE_RGB
    return rgb


def outline(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the mask pixels with a neighbour (of four) outside the mask.

    Examples
    --------
    >>> int(outline(np.ones((3, 4), dtype=bool)).sum())
    10
    """
    padded = np.pad(mask, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return mask & ~inner
