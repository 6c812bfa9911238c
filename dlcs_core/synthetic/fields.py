"""Smooth random fields in three dimensions, as sums of plane waves.

A field is a fixed function of patient space, so every slice, slice thickness and file format
sees the same one. On a regular grid a sum of ``n`` waves is one small matrix product:
``cos(a + b) = cos a cos b - sin a sin b`` with ``a`` varying along rows and ``b`` along columns.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class WaveField:
    """A zero-mean, unit-variance random field.

    Attributes
    ----------
    wave_vectors : float32 array (n_waves, 3)
        Radians per millimetre along x, y, z.
    phases : float32 array (n_waves,)
        Radians.
    """

    wave_vectors: FloatArray
    phases: FloatArray

    def on_grid(
        self,
        x_mm: FloatArray,
        y_mm: FloatArray,
        z_mm: float,
        zoom: tuple[float, float, float] = (1.0, 1.0, 1.0),
    ) -> FloatArray:
        """Evaluate on the grid of one axial plane.

        Parameters
        ----------
        x_mm : float32 array (columns,)
            Positions of the columns.
        y_mm : float32 array (rows,)
            Positions of the rows.
        z_mm : float
            Height of the plane.
        zoom : tuple of float
            Factors on x, y, z: below 1 stretches the pattern.

        Returns
        -------
        float32 array (rows, columns)
            Values of the field.
        """
        kx, ky, kz = (self.wave_vectors * np.asarray(zoom, np.float32)).T
        along_rows = np.outer(y_mm, ky) + (kz * np.float32(z_mm) + self.phases)
        along_columns = np.outer(kx, x_mm)
        scale = np.float32(np.sqrt(2.0 / len(self.phases)))
        left = np.concatenate([np.cos(along_rows), -np.sin(along_rows)], axis=1) * scale
        right = np.concatenate([np.cos(along_columns), np.sin(along_columns)], axis=0)
        return np.asarray(left @ right, dtype=np.float32)


def draw_band_field(
    generator: Generator, n_waves: int, shortest_mm: float, longest_mm: float
) -> WaveField:
    """Draw a field whose wavelengths are log-uniform between two lengths in millimetres."""
    directions = generator.normal(size=(n_waves, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    wavelengths = np.exp(generator.uniform(np.log(shortest_mm), np.log(longest_mm), n_waves))
    return _with_random_phases(generator, directions * (2 * np.pi / wavelengths)[:, None])


def draw_gaussian_field(generator: Generator, n_waves: int, length_mm: float) -> WaveField:
    """Draw a field of random Fourier features: covariance ``exp(-r**2 / 2 / length_mm**2)``."""
    return _with_random_phases(generator, generator.normal(size=(n_waves, 3)) / length_mm)


def _with_random_phases(generator: Generator, wave_vectors: NDArray[np.float64]) -> WaveField:
    phases = generator.uniform(0, 2 * np.pi, len(wave_vectors))
    return WaveField(wave_vectors.astype(np.float32), phases.astype(np.float32))
