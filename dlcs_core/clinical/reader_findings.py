"""What a reader of the images and the clinic state of a case beyond the form: no model input."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType

READER_LEVELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "phase": ("portal_venous", "arterial", "delayed", "unenhanced"),
        "distension": ("good", "moderate", "poor"),
        "oral_contrast": ("none", "neutral", "positive"),
        "artifact": ("none", "mild", "strong"),
        "stent": ("no", "yes"),
        "msi": ("mss", "msi_h"),
        "her2": ("negative", "positive"),
        "pdl1": ("below_1", "from_1_to_4", "from_5"),
        "lauren": ("intestinal", "diffuse", "mixed"),
        "regimen": (
            "sox", "xelox", "folfox", "flot", "other_5fu", "without_5fu", "with_immunotherapy",
            "with_her2_therapy", "chemoradiotherapy",
        ),
    }
)  # fmt: skip
"""What can be stated, in display order; names of levels are stable."""


@dataclass(frozen=True)
class ReaderFindings:
    """Findings of one case; None where nothing was stated.

    Attributes
    ----------
    phase, distension, oral_contrast, artifact, stent : str or None
        Of the CT; levels in ``READER_LEVELS``.
    days_to_chemotherapy : int or None
        From CT to the first cycle; negative where the CT came later.
    msi, her2, pdl1, lauren, regimen : str or None
        Of tumour and treatment.
    """

    phase: str | None = None
    distension: str | None = None
    oral_contrast: str | None = None
    artifact: str | None = None
    stent: str | None = None
    days_to_chemotherapy: int | None = None
    msi: str | None = None
    her2: str | None = None
    pdl1: str | None = None
    lauren: str | None = None
    regimen: str | None = None

    @property
    def stated(self) -> dict[str, str | int]:
        """What was stated, by name; empty where nothing was."""
        return {name: value for name, value in asdict(self).items() if value is not None}


NOTHING_STATED = ReaderFindings()
