"""Fixtures for every suite: a valid bundle that nobody had to train."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dlcs_core import __version__
from dlcs_core.bundle.manifest import Cutoff, Manifest
from dlcs_core.bundle.writer import BundleContents, write_bundle
from dlcs_core.clinical.variables import VARIABLES
from dlcs_core.models.clinical_signature import ClinicalSignature, Selection
from dlcs_core.models.design import make_design
from dlcs_core.models.fusion import FUSION_VARIABLES, fit_fusion
from dlcs_core.models.logistic_model import fit_logistic_model
from dlcs_core.models.recalibration import fit_recalibration
from dlcs_core.models.survival import fit_survival
from dlcs_core.network.architecture import FEATURES, weight_shapes
from dlcs_core.network.graph import make_graph
from dlcs_core.network.storage import decode_weights, encode_weights
from dlcs_core.network.uncertainty import fit_reference
from dlcs_core.preprocessing.settings import PreprocessingSettings

N_FOLDS = 2
N_PATIENTS = 200


def random_weights(rng):
    """He-initialised weights that their stored form represents."""
    weights = {}
    for name, shape in weight_shapes().items():
        if name.endswith(("running_var", "weight")) and len(shape) == 1:
            array = np.ones(shape)
        elif len(shape) == 1:
            array = np.zeros(shape)
        else:
            fan_out = shape[0] * int(np.prod(shape[2:]))
            array = rng.normal(scale=np.sqrt(2 / fan_out), size=shape)
        # Each block adds a little only, or the map would double from block to block.
        array = array * 0.2 if name.endswith("bn3.weight") else array
        weights[name] = array.astype(np.float32)
    return decode_weights(encode_weights(weights, "int8"))


def random_patients(rng, n=N_PATIENTS):
    """A table of the 22 variables, response and survival; nothing depends on anything."""
    columns = {}
    for variable in VARIABLES:
        if variable.levels:
            columns[variable.name] = rng.choice(variable.levels, n)
        else:
            low, high = variable.soft_limits or variable.hard_limits
            columns[variable.name] = rng.uniform(low, high, n)
    columns["good_response"] = rng.random(n) < 0.4
    columns["os_months"] = rng.exponential(40, n).clip(0.5, 120)
    columns["os_event"] = rng.random(n) < 0.6
    return pd.DataFrame(columns)


def untrained_manifest(**changes):
    """A manifest whose ranges let every ordinary study pass."""
    manifest = Manifest(
        name="untrained",
        version="0",
        code_version=__version__,
        created="2026-01-01",
        synthetic_training_data=True,
        seed=0,
        config={},
        variables=tuple(variable.name for variable in VARIABLES),
        preprocessing=PreprocessingSettings().to_dict(),
        cutoffs={"dlcs": Cutoff(0.5, "training"), "survival": Cutoff(0.0, "training")},
        cohort_sizes={"training": {"patients": N_PATIENTS, "good_response": 80}},
        metrics={"internal_validation": {"dl_signature": {"auc": 0.5, "auc_ci95": [0.4, 0.6]}}},
        survival_time_origin="start of neoadjuvant chemotherapy",
        trained_ranges={
            "slice_spacing_mm": (0.1, 20.0),
            "pixel_spacing_mm": (0.1, 5.0),
            "mask_area_mm2": (1.0, 100_000.0),
            "mean_hu": (-1000.0, 1000.0),
        },
        served_calibration={"slope": 1.0, "intercept": 0.0},
        weights_storage="int8",
        n_views=2,
        onnx_logit_error=0.0,
    )
    return replace(manifest, **changes)


def logistic_signature(table, variables):
    """A clinical signature of given variables, without the search for them."""
    design = make_design(table, variables)
    matrix, response = design.matrix(table), table["good_response"].to_numpy()
    model, fit = fit_logistic_model(matrix, response, design.columns, len(table))
    return ClinicalSignature(design, model, Selection(design.columns, design.columns, 0.0, {}), fit)


def untrained_contents(seed=0):
    """Everything of a bundle, fitted on noise; never out of distribution."""
    rng = np.random.default_rng(seed)
    table = random_patients(rng)
    response = table["good_response"]
    fold = np.arange(len(table)) % N_FOLDS
    logits = rng.normal(size=len(table)) + response
    recalibration = fit_recalibration(logits, fold, response)
    dl_signature = recalibration.out_of_fold_probabilities(logits, fold)
    features = rng.random((N_FOLDS, 60, FEATURES))
    return BundleContents(
        manifest=untrained_manifest(),
        network_graph=make_graph(),
        fold_weights=[random_weights(rng) for _ in range(N_FOLDS)],
        recalibration=recalibration,
        clinical_signature=logistic_signature(table, FUSION_VARIABLES),
        fusion=fit_fusion(table, dl_signature, response),
        survival=fit_survival(
            table, dl_signature, table["os_months"], table["os_event"], candidates=FUSION_VARIABLES
        ),
        reference=replace(fit_reference(features), threshold=1e9),
        model_card="# Untrained\n\nRandom weights. Research use only.\n",
    )


@pytest.fixture(scope="session")
def bundle_contents():
    """Contents of a valid bundle, in memory."""
    return untrained_contents()


@pytest.fixture(scope="session")
def untrained_bundle(tmp_path_factory, bundle_contents) -> Path:
    """A valid bundle of the real architecture with random weights; not to be changed."""
    directory = tmp_path_factory.mktemp("bundles") / "untrained"
    write_bundle(directory, bundle_contents)
    return directory
