"""The body of one synthetic patient: everything about it that is drawn once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.synthetic.fields import FloatArray, WaveField
from dlcs_core.synthetic.signal import TumorSignal
from dlcs_core.synthetic.vessel_trees import Tubes

Vector = tuple[float, float, float]

LUMEN_BLEND_MM = 8.0


@dataclass(frozen=True)
class TumorShape:
    """What the clinical record says about the tumour's form.

    Attributes
    ----------
    diameter_mm : float
        Largest extent of the outline.
    thickness_mm : float
        Thickness of the wall at the tumour's centre.
    site : str
        ``"upper"``, ``"middle"``, ``"lower"`` or ``"whole"``.
    enlarged_nodes : int
        Lymph nodes drawn beyond the wall.
    """

    diameter_mm: float
    thickness_mm: float
    site: str
    enlarged_nodes: int


@dataclass(frozen=True)
class Warp:
    """A smooth displacement of a few millimetres, so that no two patients share an outline."""

    fields: tuple[WaveField, WaveField, WaveField]
    amplitude_mm: float

    def on_grid(
        self, x_mm: FloatArray, y_mm: FloatArray, z_mm: float
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the displacement along x, y, z on one plane."""
        x, y, z = (
            np.float32(self.amplitude_mm) * field.on_grid(x_mm, y_mm, z_mm) for field in self.fields
        )
        return x, y, z


@dataclass(frozen=True)
class Stomach:
    """Lumen along a J-shaped centre line, its wall and content."""

    centerline_mm: NDArray[np.float64]
    radii_mm: NDArray[np.float64]
    wall_mm: float
    rugae: WaveField
    gas_level_mm: float
    fluid_hu: float


@dataclass(frozen=True)
class Tumor:
    """A thickening of the stomach wall around a point on it."""

    center_mm: NDArray[np.float64]
    outward: NDArray[np.float64]
    diameter_mm: float
    growth_mm: float
    ulcerated: bool
    signal: TumorSignal
    irregularity: WaveField
    texture: WaveField
    necrosis: WaveField
    contour_error: WaveField
    nodes: tuple[tuple[NDArray[np.float64], float], ...]


@dataclass(frozen=True)
class Loop:
    """A piece of bowel; ``gas_share`` tells the colon's gas level, None is small bowel."""

    center_mm: Vector
    radius_mm: float
    gas_share: float | None = None


@dataclass(frozen=True)
class Anatomy:
    """Body habitus, organs, vessels, stomach and tumour of one patient (mm, HU)."""

    half_width_mm: float
    half_depth_mm: float
    cavity_half_width_mm: float
    cavity_half_depth_mm: float
    table_y_mm: float
    iodine_gain: float
    rib_phase: float
    disc_phase_mm: float
    warp: Warp
    coarse_texture: WaveField
    fine_texture: WaveField
    grain: WaveField
    muscle_texture: WaveField
    lobules: WaveField
    liver_vessels: Tubes
    fat_vessels: Tubes
    bowel: tuple[Loop, ...]
    stomach: Stomach
    tumor: Tumor
