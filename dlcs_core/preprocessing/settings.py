"""How a study becomes a model input; travels in the bundle's manifest."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from dlcs_core.errors import PreprocessingError

MOST_SLAB_MM = 5.0
"""The usual slice thickness; pages keep the slices of so thick slabs in memory."""


@dataclass(frozen=True)
class PreprocessingSettings:
    """The paper's preprocessing and what it leaves open.

    Attributes
    ----------
    spacing_mm : float
        In-plane pixel size after resampling (paper: 1.0).
    window_hu : tuple of float
        Intensities mapped to 0 and 1 (paper: -115 and 235).
    margin_mm : float
        Width of the rim kept around the outline (paper: 5).
    size_px : int
        Rows and columns of the input (paper: 112).
    zero_outside : bool
        Whether pixels farther than ``margin_mm`` from the outline are set to 0. The paper does
        not say; see DECISIONS.
    slab_mm : float
        Where slices are thinner, each channel is the mean over a slab of this thickness; 0
        takes single slices as they are, as the paper does.
    """

    spacing_mm: float = 1.0
    window_hu: tuple[float, float] = (-115.0, 235.0)
    margin_mm: float = 5.0
    size_px: int = 112
    zero_outside: bool = True
    slab_mm: float = 0.0

    def to_dict(self) -> dict[str, object]:
        """Return the settings as JSON values; a slab only where there is one."""
        values = {**asdict(self), "window_hu": list(self.window_hu)}
        return {name: value for name, value in values.items() if name != "slab_mm" or value}

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> "PreprocessingSettings":
        """Read settings back; without ``slab_mm`` there are no slabs.

        Raises
        ------
        PreprocessingError
            If a key is missing or unknown, or a value is of the wrong kind.
        """
        expected = {field.name for field in fields(cls)}
        if set(values) | {"slab_mm"} != expected:
            raise PreprocessingError(
                "preprocessing_settings_keys",
                found=", ".join(sorted(map(str, values))),
                expected=", ".join(sorted(expected)),
            )
        return cls(
            spacing_mm=_number(values["spacing_mm"]),
            window_hu=_pair(values["window_hu"]),
            margin_mm=_number(values["margin_mm"]),
            size_px=int(_number(values["size_px"])),
            zero_outside=_boolean(values["zero_outside"]),
            slab_mm=_slab(values.get("slab_mm", 0.0)),
        )


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PreprocessingError("preprocessing_settings_value", found=repr(value))
    return float(value)


def _slab(value: object) -> float:
    if not 0 <= _number(value) <= MOST_SLAB_MM:
        raise PreprocessingError("preprocessing_settings_value", found=repr(value))
    return _number(value)


def _pair(value: object) -> tuple[float, float]:
    if not isinstance(value, list | tuple) or len(value) != 2 or value[0] >= value[1]:
        raise PreprocessingError("preprocessing_settings_value", found=repr(value))
    return _number(value[0]), _number(value[1])


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise PreprocessingError("preprocessing_settings_value", found=repr(value))
    return value
