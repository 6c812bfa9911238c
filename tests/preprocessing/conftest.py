"""Studies made of numbers, without files."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from dlcs_core.imaging.study import Grid, Mask, Study, Volume

StudyMaker = Callable[..., Study]


@pytest.fixture
def make_study() -> StudyMaker:
    """Build a study from arrays: ``make_study(image_hu, mask, spacing_mm, gaps)``."""

    def make(
        image_hu: NDArray[np.float32],
        mask: NDArray[np.bool_],
        spacing_mm: tuple[float, float, float] = (5.0, 0.8, 0.8),
        gaps: tuple[int, ...] = (),
    ) -> Study:
        positions = tuple(float(i * spacing_mm[0]) for i in range(image_hu.shape[0]))
        grid = Grid(
            size=image_hu.shape,
            spacing_mm=spacing_mm,
            origin_mm=(-100.0, -100.0, 0.0),
            column_direction=(1.0, 0.0, 0.0),
            row_direction=(0.0, 1.0, 0.0),
            normal=(0.0, 0.0, 1.0),
            slice_positions_mm=positions,
        )
        volume = Volume(
            grid=grid, read_slice_hu=lambda i: image_hu[i], source_format="nifti", gaps=gaps
        )
        planes = {i: plane for i, plane in enumerate(mask) if plane.any()}
        return Study(volume, Mask(grid.size, planes), None, "nifti")

    return make
