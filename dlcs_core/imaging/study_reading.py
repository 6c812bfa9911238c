"""Image and mask to a Study: which series, which region, do they belong together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlcs_core.errors import ImagingError, Notice
from dlcs_core.imaging.masks import find_mask, open_mask_source
from dlcs_core.imaging.regions import MaskFile, References, Region, choose_region
from dlcs_core.imaging.series import (
    SeriesCandidate,
    choose_only_candidate,
    describe_series,
    read_series_candidates,
)
from dlcs_core.imaging.sources import ImagePath, list_sources
from dlcs_core.imaging.study import Mask, Study, Volume

LARGE_SHARE = 0.5
"""A mask that covers more than this share of the volume is hardly a tumour outline."""


@dataclass(frozen=True)
class _Drawing:
    """A region drawn on one series."""

    volume: Volume
    mask: Mask
    notices: tuple[Notice, ...]


def read_study(image: ImagePath, mask: Path | str, roi: str | None = None) -> Study:
    """Read a CT volume and the outline of its tumour.

    Parameters
    ----------
    image : path or sequence of paths
        File, folder (searched recursively) or zip; the mask may lie in the same folder. Of
        several series that one is taken to which the mask refers or whose grid it fits.
    mask : Path
        NIfTI, NRRD, MHA, RTSTRUCT or DICOM SEG; or a folder with one of them.
    roi : str or None
        Number or name of the region, where the mask has several.

    Returns
    -------
    Study
        The mask is not empty and lies on the volume's grid; ``warnings`` holds what had to be
        accepted of either.

    Raises
    ------
    ImagingError
        If either cannot be read, the region is not there or not chosen, the mask belongs to
        another image or misses it, or no single series fits.
    """
    mask_source = find_mask(Path(mask))
    mask_file = open_mask_source(mask_source)
    region = choose_region(mask_file.regions, roi)
    candidates = read_series_candidates(_without_mask(image, mask_source.path))
    drawing = _draw_on_its_series(candidates, mask_file, region)
    return Study(
        volume=drawing.volume,
        mask=drawing.mask,
        region_name=region.name,
        mask_format=mask_file.mask_format,
        warnings=(*drawing.volume.warnings, *drawing.notices, *_size_notices(drawing.mask)),
    )


def read_outline(mask: Path | str, volume: Volume, roi: str | None = None) -> Mask:
    """Read another outline of a volume that has been read already.

    Parameters
    ----------
    mask : Path
        NIfTI, NRRD, MHA, RTSTRUCT or DICOM SEG; or a folder with one of them.
    volume : Volume
        The image that it is an outline of.
    roi : str or None
        Number or name of the region, where the mask has several.

    Returns
    -------
    Mask
        Not empty, on the volume's grid.

    Raises
    ------
    ImagingError
        If it cannot be read, the region is not there or not chosen, or it belongs to another
        image.
    """
    mask_file = open_mask_source(find_mask(Path(mask)))
    region = choose_region(mask_file.regions, roi)
    references = mask_file.references(region)
    if references is not None and not references.is_empty and not _may_mean(volume, references):
        raise ImagingError("mask_of_another_image")
    drawn, _ = mask_file.draw(region, volume.grid)
    return drawn


def _may_mean(volume: Volume, references: References) -> bool:
    """Tell whether references can be to this volume: one without identity is never excluded."""
    uids = {uid for uid in volume.sop_instance_uids if uid}
    series, frame = volume.series_instance_uid, volume.frame_of_reference_uid
    if not (uids or series or frame):
        return True
    return (
        series in references.series_instance_uids
        or frame in references.frame_of_reference_uids
        or not references.sop_instance_uids.isdisjoint(uids)
    )


def _without_mask(image: ImagePath, mask: Path) -> ImagePath:
    """Return the image's files without the mask file, where that lies among them."""
    if not isinstance(image, (str, Path)) or not Path(image).is_dir() or not mask.is_file():
        return image
    if Path(image).resolve() not in mask.resolve().parents:
        return image
    return [one.path for one in list_sources(image) if not one.path.samefile(mask)]


def _draw_on_its_series(
    candidates: Sequence[SeriesCandidate], mask_file: MaskFile, region: Region
) -> _Drawing:
    """Draw the region on the series it belongs to."""
    meant, notices = _referred_series(candidates, mask_file.references(region))
    if len(meant) > 1:
        drawing = _best_drawing(meant, mask_file, region)
    else:
        drawing = _drawing(choose_only_candidate(meant).require_volume(), mask_file, region)
    left_out = len(candidates) - 1
    if left_out:
        notices = (*notices, Notice("other_series_left_out", {"count": left_out}))
    return _Drawing(drawing.volume, drawing.mask, (*notices, *drawing.notices))


def _referred_series(
    candidates: Sequence[SeriesCandidate], references: References | None
) -> tuple[Sequence[SeriesCandidate], tuple[Notice, ...]]:
    """Return the series that the mask can belong to by what it refers to.

    A series or instance named by the mask goes before a common frame of reference, which all
    phases of one examination may share.
    """
    if references is None:
        return candidates, ()
    named = [one for one in candidates if _is_named(one, references)]
    framed = [
        one
        for one in candidates
        if one.frame_of_reference_uid in references.frame_of_reference_uids
    ]
    anonymous = [one for one in candidates if not _has_identity(one)]
    if named or framed:
        return named or framed, ()
    if references.is_empty or anonymous:
        return candidates if references.is_empty else anonymous, (Notice("mask_without_reference"),)
    raise ImagingError("mask_of_another_image")


def _is_named(candidate: SeriesCandidate, references: References) -> bool:
    return candidate.series_instance_uid in references.series_instance_uids or not (
        references.sop_instance_uids.isdisjoint(candidate.sop_instance_uids)
    )


def _has_identity(candidate: SeriesCandidate) -> bool:
    return bool(
        candidate.series_instance_uid
        or candidate.frame_of_reference_uid
        or candidate.sop_instance_uids
    )


def _drawing(volume: Volume, mask_file: MaskFile, region: Region) -> _Drawing:
    mask, notices = mask_file.draw(region, volume.grid)
    return _Drawing(volume, mask, notices)


def _best_drawing(
    candidates: Sequence[SeriesCandidate], mask_file: MaskFile, region: Region
) -> _Drawing:
    """Draw on the one series that the mask fits: what had to be accepted is least."""
    usable = [one for one in candidates if one.volume is not None]
    if not usable:
        choose_only_candidate(candidates).require_volume()
    drawings: list[_Drawing] = []
    refusals: list[ImagingError] = []
    for candidate in usable:
        try:
            drawings.append(_drawing(candidate.require_volume(), mask_file, region))
        except ImagingError as refusal:
            refusals.append(refusal)
    if not drawings:
        raise refusals[0]
    fewest = min(len(one.notices) for one in drawings)
    fitting = [one for one in drawings if len(one.notices) == fewest]
    if len(fitting) > 1:
        raise ImagingError("several_series", series=describe_series(usable))
    return fitting[0]


def _size_notices(mask: Mask) -> tuple[Notice, ...]:
    """Warn of a mask that is hardly a tumour outline."""
    share = int(mask.pixel_counts().sum()) / np.prod(mask.size, dtype=np.float64)
    if share <= LARGE_SHARE:
        return ()
    return (Notice("mask_covers_most", {"percent": round(100 * float(share))}),)
