"""Who of a cohort the delivered model would refuse, by the same rules as in serving."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlcs_core.models.proportion import proportion
from dlcs_core.network.uncertainty import ReferenceStatistics
from dlcs_core.report.gates import widened
from trainer.stages.dl_signature import DlSignatureResult


def reference_distances(
    result: DlSignatureResult, reference: ReferenceStatistics
) -> NDArray[np.float64]:
    """Return every patient's distance from the training cases.

    Of a training patient by the one network that had not seen it, elsewhere over all networks.
    """
    distance = np.empty(len(result.fold))
    held_out = result.fold < 0
    if held_out.any():
        distance[held_out] = reference.distance(result.features[:, held_out].transpose(1, 0, 2))
    for fold in np.unique(result.fold[~held_out]):
        rows = result.fold == fold
        features = result.features[fold, rows].astype(np.float64)
        distance[rows] = np.sqrt(reference.squared_distance(features, int(fold)))
    return distance


def would_abstain(
    table: pd.DataFrame,
    trained_ranges: Mapping[str, tuple[float, float]],
    distance: NDArray[np.float64],
    threshold: float,
    slab_mm: float = 0.0,
) -> NDArray[np.bool_]:
    """Return which patients lie outside a trained range or too far from the training cases.

    Parameters
    ----------
    table : DataFrame
        With the measured columns of the ranges.
    trained_ranges : mapping of str to (low, high)
        Of the manifest.
    distance, threshold
        From the training cases, and its limit.
    slab_mm : float
        Thinner slices reach the model as slabs of this thickness, and are judged as such.
    """
    outside = distance > threshold
    for name, trained in trained_ranges.items():
        low, high = widened(name, trained)
        lowest = slab_mm if name == "slice_spacing_mm" else -np.inf
        outside |= ~table[name].clip(lower=lowest).between(low, high).to_numpy()
    return outside


def abstention_evidence(table: pd.DataFrame, abstains: NDArray[np.bool_]) -> dict[str, Any]:
    """Return the share that is refused by cohort, and by centre within it."""
    return {
        str(cohort): {
            **_share(abstains[rows.to_numpy()]),
            "by_center": {
                str(center): _share(abstains[(rows & (table["center"] == center)).to_numpy()])
                for center in sorted(table.loc[rows, "center"].astype(str).unique())
            },
        }
        for cohort in table["cohort"].astype(str).unique()
        for rows in [table["cohort"] == cohort]
    }


def _share(abstains: NDArray[np.bool_]) -> dict[str, Any]:
    found = proportion(int(abstains.sum()), len(abstains))
    return {} if found is None else found.to_dict()
