"""The same job with the tools one would patch together: MONAI + pytorch-grad-cam + lifelines.

One DICOM series, one NIfTI outline and one form to: probability of good response by five folds
and eight views, its spread, an activation map, and survival at 12, 24 and 35 months. The weights
and coefficients are those of our bundle, so that both sides compute the same thing.

Run as a script it is the cold job: ``python peer_case.py IMAGE MASK FORM BUNDLE COX --crop-first``.
"""

import argparse
import json
import logging
import pickle
import sys
import warnings
from pathlib import Path

WINDOW_HU = (-115.0, 235.0)
SIZE = 112


class Peer:
    """The composition, with everything loaded."""

    def __init__(self, bundle: Path, cox_file: Path) -> None:
        warnings.filterwarnings("ignore")
        logging.disable(logging.WARNING)
        import torch
        from pytorch_grad_cam import GradCAM

        from dlcs_core.bundle.reader import read_bundle

        torch.set_num_threads(1)
        self.bundle = read_bundle(bundle)
        self.folds = [_torch_network(weights) for weights in self.bundle.network()._fold_weights]
        wrapped = [_TwoDimensional(fold) for fold in self.folds]
        self.cams = [GradCAM(model=w, target_layers=[w.model.layer3]) for w in wrapped]
        self.cox = pickle.loads(cox_file.read_bytes())

    def assess(self, image: Path, mask: Path, form: Path, crop_first: bool) -> dict[str, object]:
        """Read, preprocess, predict, explain."""
        x = read_input(image, mask, crop_first)
        score, spread, cam = self.infer(x)
        values = json.loads(form.read_text())
        logits = self.bundle.recalibration
        probability = logits.probability(logits.ensemble_logit(spread))
        fused = self.bundle.fusion.probability(probability, values)
        times = [12, 24, 35]
        survival = self.cox.predict_survival_function(_cox_row(self.cox, values), times=times)
        return {
            "score": float(score),
            "folds": [float(z) for z in spread],
            "dlcs": fused,
            "cam_peak": float(cam.max()),
            "survival": [float(value) for value in survival.iloc[:, 0]],
        }

    def infer(self, x):
        """Forty forwards of batch one and five Grad-CAMs, as their examples do."""
        import numpy as np
        import torch
        from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

        views = [torch.rot90(y, k, (-2, -1)) for y in (x, x.flip(-1)) for k in range(4)]
        with torch.no_grad():
            logits = torch.stack([torch.cat([f(v) for v in views]) for f in self.folds])
        target = [ClassifierOutputTarget(0)]
        cam = np.mean([c(input_tensor=x, targets=target)[0] for c in self.cams], axis=0)
        mean = logits.mean(dim=1).numpy().astype(float)
        return torch.sigmoid(logits.mean()).item(), mean, cam


class _TwoDimensional:
    """pytorch-grad-cam wants logits of shape (n, classes)."""

    def __new__(cls, model):
        import torch

        class Wrapped(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.model = model

            def forward(self, x):
                return self.model(x)[:, None]

        return Wrapped().eval()


def _torch_network(weights):
    import numpy as np
    import torch

    from dlcs_core.network.se_resnet50 import SeResNet50
    from dlcs_core.network.storage import decode_weights

    model = SeResNet50(input_scaling="soft_tissue")
    state = model.state_dict()
    state.update(
        {k: torch.from_numpy(np.array(v, np.float32)) for k, v in decode_weights(weights).items()}
    )
    model.load_state_dict(state)
    return model.eval()


def read_input(image: Path, mask: Path, crop_first: bool):
    """MONAI: load, resample in plane to 1 mm, window, crop around the outline, zero beyond it."""
    import numpy as np
    import torch
    from monai.transforms import (
        Compose,
        EnsureChannelFirstd,
        LoadImaged,
        Orientationd,
        ScaleIntensityRanged,
        Spacingd,
    )
    from scipy.ndimage import distance_transform_edt

    keys = ("image", "mask")
    load = Compose(
        [
            LoadImaged("image", reader="PydicomReader"),
            LoadImaged("mask", reader="NibabelReader"),
            EnsureChannelFirstd(keys),
            Orientationd(keys, axcodes="LPS", labels=None),
        ]
    )
    case = load({"image": str(image), "mask": str(mask)})
    if crop_first:
        case = _crop(case, margin_px=70)
    case = Spacingd(keys, pixdim=(1.0, 1.0, -1.0), mode=("bilinear", "nearest"))(case)
    case = ScaleIntensityRanged("image", *WINDOW_HU, 0, 1, clip=True)(case)
    outline = np.asarray(case["mask"])[0] > 0
    key = int(outline.sum(axis=(0, 1)).argmax())
    chosen = [max(key - 1, 0), key, min(key + 1, outline.shape[2] - 1)]
    pixels = np.asarray(case["image"])[0][:, :, chosen].transpose(2, 1, 0)
    outline = outline[:, :, chosen].transpose(2, 1, 0)
    pixels, outline = _frame(pixels, outline)
    kept = np.stack([distance_transform_edt(~plane) <= 5 for plane in outline])
    return torch.from_numpy(np.where(kept, pixels, 0).astype(np.float32))[None]


def _crop(case, margin_px: int):
    import numpy as np
    from monai.transforms import SpatialCropd

    where = np.argwhere(np.asarray(case["mask"])[0] > 0)
    low = np.maximum(where.min(axis=0) - [margin_px, margin_px, 1], 0)
    high = where.max(axis=0) + np.array([margin_px + 1, margin_px + 1, 2])
    return SpatialCropd(("image", "mask"), roi_start=low, roi_end=high)(case)


def _frame(pixels, outline):
    import numpy as np

    where = np.argwhere(outline.any(axis=0))
    start = ((where.min(axis=0) + where.max(axis=0) + 1) / 2 - SIZE / 2).astype(int)
    pad = SIZE
    window = tuple(slice(s + pad, s + pad + SIZE) for s in start)
    widths = ((0, 0), (pad, pad), (pad, pad))
    return np.pad(pixels, widths)[:, *window], np.pad(outline, widths)[:, *window]


def fit_cox(table: Path, target: Path) -> None:
    """Fit lifelines' Cox model once, as its user would, and pickle it."""
    import pandas as pd
    from lifelines import CoxPHFitter

    columns = ["dl_signature", "max_diameter_cm", "age_years", "os_months", "os_event"]
    rows = pd.read_csv(table).loc[lambda t: t["cohort"] == "training", columns].dropna()
    fitter = CoxPHFitter().fit(rows, "os_months", "os_event")
    target.write_bytes(pickle.dumps(fitter))


def _cox_row(cox, values):
    import pandas as pd

    row = {name: values.get(name) or 0.3 for name in cox.params_.index}
    return pd.DataFrame([row])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("image", "mask", "form", "bundle", "cox"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--crop-first", action="store_true")
    arguments = parser.parse_args()
    peer = Peer(arguments.bundle, arguments.cox)
    result = peer.assess(arguments.image, arguments.mask, arguments.form, arguments.crop_first)
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
