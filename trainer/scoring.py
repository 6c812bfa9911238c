"""Score patients with one network as serving does: the mean logit over symmetric views."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dlcs_core.network.inference import turn_and_flip
from dlcs_core.network.se_resnet50 import SeResNet50

PATIENTS_PER_BATCH = 4


def to_device(images: NDArray[np.float32], device: torch.device) -> Tensor:
    """Move a batch to the device in the layout that convolves fastest."""
    tensor = torch.from_numpy(np.ascontiguousarray(images)).to(device)
    return tensor.contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def score_patients(
    model: SeResNet50,
    images: NDArray[np.float32],
    rows: NDArray[np.int64],
    n_views: int,
    device: torch.device,
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Score patients with one network.

    Parameters
    ----------
    model : SeResNet50
        Left in evaluation mode.
    images : float32 array, shape (n_patients, 3, 112, 112)
        The cache.
    rows : array of int64, shape (n,)
        Patients to score.
    n_views : int
        Symmetric views whose logits are averaged, as in
        :meth:`dlcs_core.network.inference.Network.run_views`.
    device : torch.device
        Where to run.

    Returns
    -------
    logits : float64 array, shape (n,)
        Mean over the views.
    features : float32 array, shape (n, 1024)
        Pooled features, mean over the views.
    """
    model.eval()
    logits, features = [], []
    for start in range(0, len(rows), PATIENTS_PER_BATCH):
        chosen = images[rows[start : start + PATIENTS_PER_BATCH]]
        views = np.concatenate([turn_and_flip(chosen, view) for view in range(n_views)])
        pooled = model.se_out(model.feature_map(to_device(views, device))).mean((2, 3))
        logit = model.fc(pooled)[:, 0].double()
        logits.append(logit.reshape(n_views, -1).mean(0).cpu().numpy())
        features.append(pooled.reshape(n_views, len(chosen), -1).mean(0).cpu().numpy())
    return np.concatenate(logits), np.concatenate(features)
