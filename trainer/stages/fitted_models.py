"""The models fitted after the networks, and the cohort scored by them."""

from dataclasses import dataclass

import pandas as pd

from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.models.clinical_signature import ClinicalSignature
from dlcs_core.models.fusion import FUSION_VARIABLES, FusionModel
from dlcs_core.models.survival import SurvivalModel
from trainer.cache import TrainingCache
from trainer.later_config import LaterStagesConfig
from trainer.stages.calibrated_signature import CalibratedSignature, calibrate_signature
from trainer.stages.clinical_signature import fit_clinical_stage
from trainer.stages.dl_signature import DlSignatureResult
from trainer.stages.fusion import fit_fusion_stage
from trainer.stages.response_evidence import screened_variables
from trainer.stages.survival import fit_survival_stage


@dataclass(frozen=True)
class FittedModels:
    """Everything fitted after the networks.

    Attributes
    ----------
    signature : CalibratedSignature
        DL score and signature of everybody.
    clinical, fusion, survival : models
        To serve.
    table : DataFrame
        Canonical cohort table with every score: out-of-fold in the training cohort, served
        elsewhere.
    """

    signature: CalibratedSignature
    clinical: ClinicalSignature
    fusion: FusionModel
    survival: SurvivalModel
    table: pd.DataFrame


def fit_models(
    cache: TrainingCache, result: DlSignatureResult, later: LaterStagesConfig | None = None
) -> FittedModels:
    """Fit the later stages on the out-of-fold DL signature and score everybody."""
    table = read_cohort(cache.directory / "table.csv").table
    signature = calibrate_signature(result, table)
    clinical, clinical_score = fit_clinical_stage(table, result.fold)
    variables: tuple[str, ...] = FUSION_VARIABLES
    if later is not None and later.fusion_variables == "screened":
        training = result.fold >= 0
        response = table["good_response"].to_numpy(bool)
        variables = screened_variables(table[training], response[training])
    fusion, dlcs = fit_fusion_stage(table, signature.probability, result.fold, variables)
    survival, risk = fit_survival_stage(table, signature.probability, result.fold)
    scored = table.assign(
        dl_score=signature.score,
        dl_signature=signature.probability,
        clinical_signature=clinical_score,
        dlcs=dlcs,
        os_linear_predictor=risk,
    )
    return FittedModels(signature, clinical, fusion, survival, scored)
