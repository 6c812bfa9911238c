import subprocess
import sys

HEAVY = ("pandas", "scipy", "sklearn", "lifelines", "statsmodels", "torch")

SCRIPT = f"""
import sys
from dlcs_core.models.clinical_signature import ClinicalSignature
from dlcs_core.models.fusion import FusionModel
from dlcs_core.models.nomogram import fusion_nomogram
from dlcs_core.models.recalibration import Recalibration
from dlcs_core.models.survival import SurvivalModel
print([name for name in {HEAVY!r} if name in sys.modules])
"""


def test_applying_the_models_needs_numpy_only():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
