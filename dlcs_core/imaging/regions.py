"""What every mask format has in common: named regions, references to an image, a drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dlcs_core.errors import ImagingError, Notice
from dlcs_core.imaging.study import Grid, Mask

MAX_NAME_LENGTH = 40
"""Characters of a region's name that a message shows."""

MAX_LISTED_REGIONS = 120
"""Regions that a refusal lists before it says how many more there are."""


@dataclass(frozen=True)
class Region:
    """One outlined structure of a mask file.

    Attributes
    ----------
    number : int
        Label value, segment number or ROI number.
    name : str or None
        As in the file; untrusted text.
    is_drawn : bool
        False where the file names the region but outlines nothing for it.
    """

    number: int
    name: str | None
    is_drawn: bool = True


@dataclass(frozen=True)
class References:
    """The image that a DICOM mask says it was drawn on; empty where it says nothing.

    Attributes
    ----------
    frame_of_reference_uids, series_instance_uids, sop_instance_uids : frozenset of str
        Every UID that the mask gives for the region.
    """

    frame_of_reference_uids: frozenset[str] = frozenset()
    series_instance_uids: frozenset[str] = frozenset()
    sop_instance_uids: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """True where nothing says which image the mask belongs to."""
        return not (
            self.frame_of_reference_uids or self.series_instance_uids or self.sop_instance_uids
        )


class MaskFile(Protocol):
    """A mask file whose regions are known and of which one can be drawn on a grid."""

    @property
    def mask_format(self) -> str:
        """Return the format as in :class:`~dlcs_core.imaging.study.Study`."""

    @property
    def regions(self) -> Sequence[Region]:
        """Return every region that the file names, also those not drawn."""

    def references(self, region: Region) -> References | None:
        """Return the image that the region says it was drawn on; None where it cannot tell."""

    def draw(self, region: Region, grid: Grid) -> tuple[Mask, tuple[Notice, ...]]:
        """Return the region on a grid and what had to be accepted; refuse what misses it."""


def choose_region(regions: Sequence[Region], roi: str | None) -> Region:
    """Return the region that is meant.

    Parameters
    ----------
    regions : sequence of Region
        What the mask file offers.
    roi : str or None
        Number or name (case does not matter); None where the file has one region only.

    Raises
    ------
    ImagingError
        ``mask_is_empty``, ``mask_region_not_chosen`` (several, none named),
        ``mask_region_unknown``, ``mask_region_ambiguous`` (one name, several regions) or
        ``mask_region_is_empty``. The regions are listed where a choice is due.
    """
    drawn = [region for region in regions if region.is_drawn]
    if not drawn:
        raise ImagingError("mask_is_empty")
    if roi is not None:
        return _named_region(regions, roi)
    if len(drawn) > 1:
        raise ImagingError("mask_region_not_chosen", count=len(drawn), regions=_listed(drawn))
    return drawn[0]


def _named_region(regions: Sequence[Region], roi: str) -> Region:
    """Return the region of that number, else of that name."""
    wanted = roi.strip()
    matches = [region for region in regions if str(region.number) == wanted]
    if not matches:
        folded = wanted.casefold()
        matches = [r for r in regions if r.name and r.name.strip().casefold() == folded]
    drawn = [region for region in regions if region.is_drawn]
    if not matches:
        raise ImagingError("mask_region_unknown", roi=printable(roi), regions=_listed(drawn))
    if not any(region.is_drawn for region in matches):
        raise ImagingError("mask_region_is_empty", roi=printable(roi), regions=_listed(drawn))
    matches = [region for region in matches if region.is_drawn]
    if len(matches) > 1:
        raise ImagingError(
            "mask_region_ambiguous",
            roi=printable(roi),
            count=len(matches),
            regions=_listed(matches),
        )
    return matches[0]


def _listed(regions: Sequence[Region]) -> str:
    """Word regions as ``1 (Liver), 5``: number, then the name where there is one."""
    shown = [
        f"{region.number} ({printable(region.name)})" if region.name else str(region.number)
        for region in regions[:MAX_LISTED_REGIONS]
    ]
    if len(regions) > MAX_LISTED_REGIONS:
        shown.append(f"... (+{len(regions) - MAX_LISTED_REGIONS})")
    return ", ".join(shown)


def printable(text: str) -> str:
    """Return untrusted text fit for one line: printable characters only, clipped."""
    shown = "".join(character for character in text if character.isprintable()).strip()
    return shown if len(shown) <= MAX_NAME_LENGTH else shown[: MAX_NAME_LENGTH - 3] + "..."
