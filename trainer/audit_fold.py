"""The audit of one fold: its synthetic images against its training and its held-out images."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dlcs_core.network.inference import VIEW_COUNTS, turn_and_flip
from dlcs_core.statistics.delong import auc_estimate
from trainer.augment import generator

if TYPE_CHECKING:
    from dlcs_core.deepsmote.autoencoder import Autoencoder
    from dlcs_core.deepsmote.oversample import SyntheticSet

DRAWS = 100
"""Of a kernel distance."""

SMALLEST_DRAW = 5
"""Images on each side of a kernel distance; below this it is left open."""

AUDIT = 401
"""Purpose of a draw, beside those of :mod:`trainer.augment`."""

FloatImages = NDArray[np.float32]
Measures = dict[str, Any]


@dataclass(frozen=True)
class AuditedFold:
    """What one fold's audit looks at.

    Attributes
    ----------
    images, masks : arrays (n_patients, 3, 112, 112)
        The cohort's.
    good_response : array of bool (n_patients,)
        Outcome.
    training_rows, held_out_rows : int64 arrays
        The fold's two parts.
    model : Autoencoder
        Fitted on the training part.
    made : SyntheticSet
        Its synthetic images; rows refer to the training part.
    window_width_hu : float
        Hounsfield units between 0 and 1.
    seed : int
        Of every draw.
    """

    images: FloatImages
    masks: NDArray[np.uint8]
    good_response: NDArray[np.bool_]
    training_rows: NDArray[np.int64]
    held_out_rows: NDArray[np.int64]
    model: "Autoencoder"
    made: "SyntheticSet"
    window_width_hu: float
    seed: int

    @property
    def training_images(self) -> FloatImages:
        """Images of the training part, whose rows the synthetic set refers to."""
        return self.images[self.training_rows]

    @property
    def training_response(self) -> NDArray[np.bool_]:
        """Outcome of the training part."""
        return self.good_response[self.training_rows]

    @property
    def rare_class(self) -> bool:
        """Outcome that is filled up."""
        return bool(np.mean(self.training_response) <= 0.5)


def measure_fold(fold: AuditedFold) -> tuple[Measures, FloatImages]:
    """Return every measure of a fold, ready for JSON, and its held-out reconstructions."""
    from dlcs_core.deepsmote.fit import decode_codes, encode_images

    held_out = fold.images[fold.held_out_rows]
    codes = encode_images(fold.model, held_out)
    reconstructions = decode_codes(fold.model, codes, fold.seed)
    features = _Features.of(fold)
    measures: Measures = {
        "images": _counts(fold),
        "reconstruction": _reconstruction(fold, held_out, reconstructions),
        "texture": _texture(fold),
        "kernel_distance": _kernel_distances(fold, features),
        "real_versus_synthetic": _told_apart(fold, features),
        "memorization": _memorization(fold, held_out),
        "class_fidelity": _class_fidelity(fold, features),
    }
    return measures, reconstructions


@dataclass(frozen=True)
class _Features:
    """Standardized features of random convolutions, in units of the real training images."""

    training: NDArray[np.float64]
    held_out: NDArray[np.float64]
    made: NDArray[np.float64]
    turned: NDArray[np.float64]

    @classmethod
    def of(cls, fold: AuditedFold) -> "_Features":
        from dlcs_core.deepsmote.realism import random_features, standardized

        training = random_features(fold.training_images)
        view = generator(fold.seed, AUDIT, 0).integers(1, max(VIEW_COUNTS), len(training))
        turned = [turn_and_flip(one, n) for one, n in zip(fold.training_images, view, strict=True)]
        others = (fold.images[fold.held_out_rows], fold.made.images, np.stack(turned))
        return cls(
            standardized(training, training),
            *(standardized(random_features(one), training) for one in others),
        )


def _counts(fold: AuditedFold) -> Measures:
    good = fold.made.classes.astype(bool)
    return {
        "training": len(fold.training_rows),
        "training_good_response": int(fold.training_response.sum()),
        "held_out": len(fold.held_out_rows),
        "synthetic_good_response": int(good.sum()),
        "synthetic_poor_response": int((~good).sum()),
    }


def _reconstruction(
    fold: AuditedFold, held_out: FloatImages, reconstructions: FloatImages
) -> Measures:
    from dlcs_core.deepsmote.quality import BAND_NAMES, reconstruction_quality

    masks = fold.masks[fold.held_out_rows]
    found = reconstruction_quality(held_out, reconstructions, masks, fold.window_width_hu)
    ratios = zip(BAND_NAMES, found.power_ratio.T, strict=True)
    return {
        "psnr_db": _mean(found.psnr_db),
        "ssim": _mean(found.ssim),
        "mean_error_hu": _mean(found.mean_error_hu),
        "mean_absolute_error_hu": _mean(found.mean_absolute_error_hu),
        "power_ratio": {name: _geometric_mean(values) for name, values in ratios},
    }


def _texture(fold: AuditedFold) -> Measures:
    """Power of synthetic images by band and class, over that of real ones of the class."""
    from dlcs_core.deepsmote.quality import BAND_NAMES, band_power, supports

    real = np.log(band_power(fold.training_images, supports(fold.training_images)))
    made = np.log(band_power(fold.made.images, supports(fold.made.images)))
    classes = {"good_response": True, "poor_response": False}
    result: Measures = {}
    for name, outcome in classes.items():
        chosen = made[fold.made.classes == int(outcome)]
        if len(chosen):
            ratio = np.exp(chosen.mean(0) - real[fold.training_response == outcome].mean(0))
            result[f"synthetic_over_real_{name}"] = _by_band(BAND_NAMES, ratio)
    good, poor = (real[fold.training_response == outcome].mean(0) for outcome in (True, False))
    result["real_good_over_real_poor"] = _by_band(BAND_NAMES, np.exp(good - poor))
    return result


def _kernel_distances(fold: AuditedFold, features: _Features) -> Measures:
    """Distance from the real images of the rarer class: synthetic, turned copies, real ones."""
    from dlcs_core.deepsmote.realism import drawn_distance

    rare = fold.training_response == fold.rare_class
    real, made = features.training[rare], features.made[fold.made.classes == int(fold.rare_class)]
    size = min(len(real) // 2, len(made))
    if size < SMALLEST_DRAW:
        return {"size": size, "synthetic": None, "real": None, "turned_copies": None}
    rng = generator(fold.seed, AUDIT, 1)
    distances = {
        "synthetic": drawn_distance(real, made, size, DRAWS, rng),
        "real": drawn_distance(real, None, size, DRAWS, rng),
        "turned_copies": drawn_distance(real, features.turned[rare], size, DRAWS, rng),
    }
    named = {name: {"mean": d.mean, "low": d.low, "high": d.high} for name, d in distances.items()}
    return {"size": size, **named}


def _told_apart(fold: AuditedFold, features: _Features) -> Measures:
    """AUC of a classifier of synthetic against real, of the rarer class, with its interval."""
    from dlcs_core.deepsmote.oversample import nearer_parents
    from dlcs_core.deepsmote.realism import cross_validated_scores

    rare = np.flatnonzero(fold.training_response == fold.rare_class)
    made = np.flatnonzero(fold.made.classes == int(fold.rare_class))
    joined = np.concatenate([features.training[rare], features.made[made]])
    is_synthetic = np.arange(len(joined)) >= len(rare)
    group = np.concatenate([rare, nearer_parents(fold.made)[made]])
    scores = cross_validated_scores(joined, is_synthetic, group)
    # The same classifier on real images called one or the other at random: what chance gives.
    coin = generator(fold.seed, AUDIT, 2).permutation(len(rare)) % 2 == 0
    by_chance = cross_validated_scores(features.training[rare], coin, rare)
    return {
        "auc": _auc(is_synthetic, scores),
        "real_halves_auc": _auc(coin, by_chance),
    }


def _memorization(fold: AuditedFold, held_out: FloatImages) -> Measures:
    """Distance from the nearest training image: synthetic ones and real ones never seen."""
    from dlcs_core.deepsmote.oversample import nearest_images

    _, real = nearest_images(held_out, fold.training_images)
    made = fold.made.nearest_distance
    parents = np.stack([fold.made.parent, fold.made.neighbor])
    return {
        "median_distance": float(np.median(made)),
        "median_distance_of_held_out": float(np.median(real)),
        "share_nearer_than_1_percent_of_held_out": float(np.mean(made < np.quantile(real, 0.01))),
        "share_whose_nearest_is_a_parent": float(np.mean((parents == fold.made.nearest).any(0))),
        "smallest_distance": float(made.min()),
    }


def _class_fidelity(fold: AuditedFold, features: _Features) -> Measures:
    """Judge classes by a classifier of the real training images alone.

    The AUC of synthetic good responders against held-out poor ones should be that of held-out
    good ones: above it they are caricatures, below it they are not of their class.
    """
    from dlcs_core.deepsmote.realism import judge

    real = fold.good_response[fold.held_out_rows]
    held_out = judge(features.training, fold.training_response, features.held_out)
    made = judge(features.training, fold.training_response, features.made)
    good = fold.made.classes == 1
    result = {"held_out_good_against_held_out_poor": _auc(real, held_out)}
    if good.any():
        result["synthetic_good_against_held_out_poor"] = _against(made[good], held_out[~real])
    if not good.all():
        result["held_out_good_against_synthetic_poor"] = _against(held_out[real], made[~good])
    return result


def _against(good: NDArray[np.float64], poor: NDArray[np.float64]) -> Measures:
    label = np.arange(len(good) + len(poor)) < len(good)
    return _auc(label, np.concatenate([good, poor]))


def _auc(label: NDArray[np.bool_], scores: NDArray[np.float64]) -> Measures:
    estimate = auc_estimate(label, scores)
    return {"auc": estimate.auc, "ci95": list(estimate.ci95) if estimate.ci95 else None}


def _mean(values: NDArray[np.float64]) -> Measures:
    """Return the mean over patients with its normal interval."""
    half = 1.96 * float(values.std(ddof=1)) / np.sqrt(len(values)) if len(values) > 1 else None
    mean = float(values.mean())
    return {"mean": mean, "ci95": None if half is None else [mean - half, mean + half]}


def _geometric_mean(values: NDArray[np.float64]) -> Measures:
    """Return the geometric mean of ratios, with the interval of their mean logarithm."""
    found = _mean(np.log(values))
    interval = found["ci95"]
    return {
        "mean": float(np.exp(found["mean"])),
        "ci95": None if interval is None else np.exp(interval).tolist(),
    }


def _by_band(names: tuple[str, ...], values: NDArray[np.float64]) -> dict[str, float]:
    return dict(zip(names, map(float, values), strict=True))
