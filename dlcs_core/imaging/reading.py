"""Any accepted image to a Volume: the front door of this package."""

from dlcs_core.imaging.series import choose_only_candidate, read_series_candidates
from dlcs_core.imaging.sources import ImagePath
from dlcs_core.imaging.study import Volume
from dlcs_core.imaging.study_reading import read_study

__all__ = ["read_study", "read_volume"]

__all__ = ["read_study", "read_volume"]


def read_volume(image: ImagePath) -> Volume:
    """Read a CT volume: geometry now, pixels slice by slice on demand.

    Parameters
    ----------
    image : path or sequence of paths
        A DICOM folder (searched recursively, names mean nothing), a zip of one, a single DICOM
        file (classic or multi-frame), NIfTI, NRRD (attached) or MHA file, or a list of files.

    Returns
    -------
    Volume
        On canonical axes; ``warnings`` says what had to be accepted, ``gaps`` where slices are
        missing.

    Raises
    ------
    ImagingError
        If a file is broken or cut, there is no CT, geometry or values cannot be trusted, or
        there are several series (a mask decides between them: ``read_study``).
    """
    return choose_only_candidate(read_series_candidates(image)).require_volume()
