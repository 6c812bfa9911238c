"""Draw the body of a synthetic patient: habitus, stomach, tumour, vessels and bowel."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from dlcs_core.synthetic.anatomy import (
    LUMEN_BLEND_MM,
    Anatomy,
    Loop,
    Stomach,
    Tumor,
    TumorShape,
    Vector,
    Warp,
)
from dlcs_core.synthetic.fields import draw_band_field, draw_gaussian_field
from dlcs_core.synthetic.shapes import bent_tube
from dlcs_core.synthetic.signal import TumorSignal
from dlcs_core.synthetic.vessel_trees import Tubes, grow_tree, join, make_tubes

TEXTURE_LENGTH_MM = 3.0
NECROSIS_LENGTH_MM = 4.5

SITE_RANGE = {
    "upper": (0.6, 1.8),
    "middle": (1.8, 3.3),
    "lower": (3.5, 4.8),
    "whole": (2.0, 3.6),
}
"""Where a tumour's centre lies along the seven nodes of the stomach's centre line."""


def draw_anatomy(
    generator: Generator,
    bmi_kg_m2: float,
    iodine_gain: float,
    shape: TumorShape,
    signal: TumorSignal,
) -> Anatomy:
    """Draw the anatomy of one patient.

    Parameters
    ----------
    generator : Generator
        Source of everything that the other arguments leave open.
    bmi_kg_m2 : float
        Body mass index; sets girth and fat.
    iodine_gain : float
        Factor on all contrast enhancement.
    shape : TumorShape
        Form of the tumour as on the clinical record.
    signal : TumorSignal
        Look of the tumour.

    Returns
    -------
    Anatomy
        Deterministic for a given generator state.
    """
    fat = float(np.clip(generator.normal(8 + 2.2 * (bmi_kg_m2 - 18), 4), 5, 38))
    girth = np.sqrt(bmi_kg_m2 / 22.0)
    half_width = float(np.clip(generator.normal(138, 6) * girth**0.6, 120, 165)) + fat
    half_depth = float(np.clip(generator.normal(92, 5) * girth**0.7, 80, 120)) + 0.8 * fat
    width, depth = half_width - fat - 10, half_depth - 0.8 * fat - 10
    stomach = _draw_stomach(generator, width, depth)
    tumor = _draw_tumor(generator, stomach, shape, signal)
    return Anatomy(
        half_width_mm=half_width,
        half_depth_mm=half_depth,
        cavity_half_width_mm=width,
        cavity_half_depth_mm=depth,
        table_y_mm=half_depth / 1.08 + generator.uniform(5, 8),
        iodine_gain=iodine_gain,
        rib_phase=generator.uniform(0, 1),
        disc_phase_mm=generator.uniform(0, 31.4),
        warp=_draw_warp(generator),
        coarse_texture=draw_band_field(generator, 24, 6, 30),
        fine_texture=draw_band_field(generator, 24, 3, 12),
        grain=draw_band_field(generator, 30, 2.5, 6),
        muscle_texture=draw_band_field(generator, 8, 14, 40),
        lobules=draw_band_field(generator, 16, 5, 11),
        liver_vessels=_draw_liver_vessels(generator, width, depth),
        fat_vessels=_draw_fat_vessels(generator, width, depth, stomach),
        bowel=_draw_bowel(generator, width, depth),
        stomach=stomach,
        tumor=tumor,
    )


def _draw_warp(generator: Generator) -> Warp:
    x, y, z = (draw_band_field(generator, 7, 45, 160) for _ in range(3))
    return Warp((x, y, z), generator.uniform(2.2, 3.8))


def _draw_stomach(generator: Generator, width: float, depth: float) -> Stomach:
    """Draw a J: fundus behind on the left, body in front, antrum crossing the midline."""
    nodes = np.array(
        [
            (0.52 * width, 0.28 * depth, 75),
            (0.55 * width, 0.02 * depth, 45),
            (0.52 * width, -0.22 * depth, 15),
            (0.42 * width, -0.42 * depth, -10),
            (0.20 * width, -0.52 * depth, -25),
            (-0.02 * width, -0.46 * depth, -30),
            (-0.20 * width, -0.30 * depth, -26),
        ]
    )
    nodes += generator.normal(0, 4, nodes.shape)
    radii = np.array([27, 25, 21, 18, 16, 13, 8.0]) * generator.uniform(0.75, 1.12)
    return Stomach(
        centerline_mm=nodes,
        radii_mm=np.maximum(radii, 6),
        wall_mm=generator.uniform(3.0, 4.5),
        rugae=draw_band_field(generator, 10, 7, 16),
        gas_level_mm=generator.uniform(-0.62, -0.30) * depth,
        fluid_hu=generator.normal(10, 6),
    )


def _draw_tumor(
    generator: Generator, stomach: Stomach, shape: TumorShape, signal: TumorSignal
) -> Tumor:
    """Draw a tumour on the wall, mostly on the lesser curvature or the back."""
    nodes = stomach.centerline_mm
    index, share = divmod(generator.uniform(*SITE_RANGE[shape.site]), 1.0)
    k = int(index)
    axis = nodes[k + 1] - nodes[k]
    on_axis = nodes[k] + share * axis
    axis = axis / np.linalg.norm(axis)
    outward = np.array([-0.5, 0.55, 0.0]) + generator.normal(0, (0.5, 0.5, 0.25))
    outward -= axis * (outward @ axis)
    outward /= np.linalg.norm(outward)
    center = _onto_wall(stomach, on_axis, outward)
    return Tumor(
        center_mm=center,
        outward=outward,
        diameter_mm=shape.diameter_mm,
        growth_mm=max(shape.thickness_mm - stomach.wall_mm, 3.0),
        ulcerated=bool(generator.random() < 0.5),
        signal=signal,
        irregularity=draw_band_field(generator, 14, 8, 28),
        texture=draw_gaussian_field(generator, 96, TEXTURE_LENGTH_MM),
        necrosis=draw_gaussian_field(generator, 64, NECROSIS_LENGTH_MM),
        contour_error=draw_band_field(generator, 16, 16, 50),
        nodes=_draw_nodes(generator, center, outward, shape),
    )


def _onto_wall(
    stomach: Stomach, start: NDArray[np.float64], direction: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Walk from the centre line until the lumen ends for good."""
    steps = np.arange(0, 70, 0.5)
    x, y, z = (start[:, None] + direction[:, None] * steps).astype(np.float32)
    nodes, radii = stomach.centerline_mm, stomach.radii_mm
    inside = bent_tube((x, y, z), nodes, radii, LUMEN_BLEND_MM) < 0
    on_wall: NDArray[np.float64] = start + direction * steps[np.flatnonzero(inside)[-1]]
    return on_wall


def _draw_nodes(
    generator: Generator,
    center: NDArray[np.float64],
    outward: NDArray[np.float64],
    shape: TumorShape,
) -> tuple[tuple[NDArray[np.float64], float], ...]:
    nodes = []
    for _ in range(shape.enlarged_nodes):
        beyond = shape.thickness_mm + 6 + generator.uniform(0, 14)
        at = center + outward * beyond + generator.normal(0, 9, 3)
        nodes.append((at, generator.uniform(2.5, 6.5)))
    return tuple(nodes)


def _draw_liver_vessels(generator: Generator, width: float, depth: float) -> Tubes:
    """Draw the portal tree and the hepatic veins running to the dome."""
    trees = [
        grow_tree(generator, (-0.25 * width, 0.15 * depth, 0), (-0.75, -0.15, 0), 58, 4.6, 0.9)
    ]
    for direction in (
        (-0.9, 0.25, -0.4),
        (-0.5, -0.6, -0.4),
        (0.1, -0.9, -0.3),
        (-0.8, -0.3, -0.15),
    ):
        root = (-0.26 * width, 0.22 * depth, 62.0)
        trees.append(grow_tree(generator, root, direction, 70, 4.8, 0.9))
    for height, direction in ((12.0, (-0.5, -0.7, 0.1)), (-12.0, (-0.8, 0.3, -0.3))):
        root = (-0.30 * width, 0.14 * depth, height)
        trees.append(grow_tree(generator, root, direction, 50, 4.2, 0.8))
    return join(trees)


def _draw_fat_vessels(generator: Generator, width: float, depth: float, stomach: Stomach) -> Tubes:
    """Draw mesenteric and omental vessels: short pieces, trees, and both curvatures' arcades."""
    low, high = (-0.75 * width, -0.8 * depth, -130), (0.85 * width, 0.35 * depth, 130)
    starts = generator.uniform(low, high, (420, 3))
    ends = starts + generator.normal(0, (14, 10, 14), (420, 3))
    scattered = Tubes(starts, ends, generator.uniform(0.8, 2.3, 420))
    roots: tuple[tuple[Vector, Vector], ...] = (
        ((6, 0.02 * depth, -40), (0.5, -0.55, -0.5)),
        ((0, 0, -45), (-0.3, -0.6, -0.6)),
        ((0.20 * width, -0.05 * depth, -20), (0.6, -0.5, 0.1)),
        ((0.45 * width, 0.25 * depth, 5), (0.6, -0.3, 0.2)),
        ((0.10 * width, -0.05 * depth, 25), (0.5, -0.5, 0.3)),
    )
    trees = [grow_tree(generator, root, heading, 55, 2.6, 0.7) for root, heading in roots]
    return join([scattered, *trees, _draw_arcades(generator, stomach)])


def _draw_arcades(generator: Generator, stomach: Stomach) -> Tubes:
    nodes, radii = stomach.centerline_mm, stomach.radii_mm
    pieces = []
    for side in (-1.0, 1.0):
        beside = side * np.array([-0.75, 0.55, 0])
        offsets = beside * (radii + 9 + generator.normal(0, 2, len(radii)))[:, None]
        along = nodes + offsets
        widths = generator.uniform(0.9, 2.0, len(nodes) - 1)
        pieces += list(zip(along[:-1], along[1:], widths.tolist(), strict=True))
    return make_tubes(pieces)


def _draw_bowel(generator: Generator, width: float, depth: float) -> tuple[Loop, ...]:
    loops = []
    for _ in range(26):
        at = generator.uniform((-0.55 * width, -0.55 * depth, -140), (0.7 * width, 0, -55))
        loops.append(Loop((float(at[0]), float(at[1]), float(at[2])), generator.uniform(9, 14)))
    for k in range(4):
        x, y, z = np.array([0.83 * width, -0.1 * depth + 12 * k, -85 + 28 * k])
        x, y, z = np.array([x, y, z]) + generator.normal(0, 5, 3)
        loops.append(_draw_colon(generator, (float(x), float(y), float(z)), 14, 21))
    for _ in range(4):
        x, z = generator.uniform(-0.7, 0.65) * width, -75 + generator.normal(0, 10)
        loops.append(_draw_colon(generator, (float(x), -0.72 * depth, float(z)), 12, 19))
    return tuple(loops)


def _draw_colon(generator: Generator, center: Vector, smallest: float, largest: float) -> Loop:
    return Loop(center, generator.uniform(smallest, largest), generator.uniform(-0.4, 0.9))
