import numpy as np
import pandas as pd
import pytest
import torch

from dlcs_core.network.export import weight_arrays
from dlcs_core.network.graph import make_graph
from dlcs_core.network.inference import Network
from dlcs_core.network.se_resnet50 import SeResNet50
from trainer.scoring import score_patients


@pytest.mark.parametrize("n_views", [1, 8])
def test_scores_and_features_are_those_of_serving(
    small_cohort: tuple[np.ndarray, pd.DataFrame], n_views: int
) -> None:
    torch.manual_seed(3)
    model, images = SeResNet50(), small_cohort[0]
    rows = np.array([4, 0, 7, 2, 9])
    logits, features = score_patients(model, images, rows, n_views, torch.device("cpu"))
    network = Network(make_graph(), [weight_arrays(model)], threads=1)
    for position, row in enumerate(rows):
        served = network.run_views(images[row], n_views)
        assert logits[position] == pytest.approx(served.fold_logits[0], abs=1e-5)
        assert features[position] == pytest.approx(served.features[0], abs=1e-5)
