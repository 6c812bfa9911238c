"""The settings of a training run: TOML into frozen dataclasses, unknown names refused."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from dlcs_core.deepsmote.settings import DeepSmoteSettings
from dlcs_core.errors import TrainingError
from dlcs_core.network.architecture import (
    SE_REDUCTION,
    SE_REDUCTIONS,
    Gates,
    InputScaling,
    NetworkVariant,
    Slices,
    StemGate,
)
from dlcs_core.network.inference import VIEW_COUNTS
from dlcs_core.network.storage import Storage
from trainer.later_config import LaterStagesConfig

CONFIG_DIRECTORY = Path(__file__).resolve().parent / "configs"

Balancing = Literal["repeat", "none", "weighted", "sampler", "deepsmote"]
Schedule = Literal["one_cycle", "step"]
Selection = Literal["last_epoch", "best_validation_auc"]

InitialWeights = Literal["random", "imagenet"]
GateInit = Literal["default", "open"]
Optimizer = Literal["adamw", "adam", "sgd"]
Loss = Literal["cross_entropy", "focal"]


@dataclass(frozen=True)
class NetworkConfig:
    """The network, as far as the paper leaves it open, and where it starts.

    Attributes
    ----------
    initial_weights : str
        ``"random"`` says in so many words that no ImageNet weights are used; ``"imagenet"``
        reads them from ``imagenet_weights_file`` and never falls back to random ones.
    imagenet_weights_file : str
        Local torchvision ResNet-50 state dict; empty with ``"random"``.
    imagenet_weights_sha256 : str
        SHA-256 that the file must have; required with ``"imagenet"``.
    zero_init_residual : bool
        Start each residual branch at zero, which makes training from scratch stable.
    input_scaling : str
        ``"window"``: the windowed image as it is; ``"soft_tissue"``: centred on the image's soft
        tissue; ``"imagenet"``: by the mean and deviation of ImageNet's colours
        (:data:`dlcs_core.network.architecture.InputScaling`). The paper does not say.
    stem_gate : str
        Place of the first squeeze-and-excitation gate, ``"after_pool"`` or ``"before_pool"``:
        both are "before the first residual block".
    gates : str
        ``"both"`` as in the paper; ``"first"``, ``"last"`` or ``"none"`` to see what they add.
    se_reduction : int
        Channels of a gate per hidden unit: 4, 8, 16 or 32. The paper does not say; 16 is that
        of Hu et al. 2018.
    gate_init : str
        ``"open"`` starts the gates near 1, so that pretrained maps keep their scale;
        ``"default"`` near 0.5.
    slices : str
        ``"three"`` as in the paper; ``"key"`` looks at the key slice alone.
    dropout : float
        Share of pooled features dropped in training. The paper names none.
    """

    initial_weights: InitialWeights = "random"
    imagenet_weights_file: str = ""
    imagenet_weights_sha256: str = ""
    zero_init_residual: bool = True
    input_scaling: InputScaling = "window"
    stem_gate: StemGate = "after_pool"
    gates: Gates = "both"
    se_reduction: int = SE_REDUCTION
    gate_init: GateInit = "default"
    slices: Slices = "three"
    dropout: float = 0.0

    @property
    def variant(self) -> NetworkVariant:
        """The served graph that this network needs."""
        return NetworkVariant(self.stem_gate, self.input_scaling, self.se_reduction)


@dataclass(frozen=True)
class OptimizationConfig:
    """How one fold's network is trained.

    Attributes
    ----------
    epochs, batch_size : int
        Length of training; the last incomplete batch is kept when at least half full.
    max_learning_rate : float
        Peak of the one-cycle schedule, or the starting rate of the step schedule.
    schedule : str
        ``"one_cycle"`` ends annealed; ``"step"`` multiplies the rate by ``step_factor`` every
        ``step_epochs``.
    warmup_share : float
        Share of a cycle spent rising.
    cycles : int
        Equal cycles of the one-cycle schedule, one after the other: warm restarts.
    optimizer : str
        ``"adamw"``, ``"adam"`` or ``"sgd"`` (Nesterov's momentum). The paper does not say.
    loss : str
        ``"cross_entropy"`` or ``"focal"`` (Lin et al. 2017). The paper does not say.
    focal_gamma : float
        How much the focal loss turns to hard cases; 0 is cross-entropy.
    weight_decay : float
        On convolution and linear weights only, not on norms and biases.
    gradient_clip : float
        Largest norm of the gradient.
    ema_decay : float
        Decay of the moving average of weights and buffers; 0 switches it off.
    quantized_epochs : int
        Closing epochs of each cycle trained through the rounding of the weights' stored form.
    selection : str
        ``"last_epoch"`` chooses nothing on the held-out fold; ``"best_validation_auc"`` does as
        the paper did and is optimistic.
    patience_epochs : int
        Stop after so many epochs without gain; only with ``"best_validation_auc"``.
    smoothing_epochs : int
        The criterion is the mean of so many last epochs: one epoch's AUC of a small fold is
        mostly chance. 1 is the paper's.
    mixed_precision : bool
        bfloat16 on a CUDA device; never on a CPU.
    """

    epochs: int = 12
    batch_size: int = 16
    max_learning_rate: float = 6e-4
    schedule: Schedule = "one_cycle"
    warmup_share: float = 0.25
    cycles: int = 1
    step_epochs: int = 50
    step_factor: float = 0.1
    optimizer: Optimizer = "adamw"
    loss: Loss = "cross_entropy"
    focal_gamma: float = 2.0
    weight_decay: float = 0.01
    gradient_clip: float = 2.0
    ema_decay: float = 0.0
    quantized_epochs: int = 2
    selection: Selection = "last_epoch"
    patience_epochs: int = 0
    smoothing_epochs: int = 1
    mixed_precision: bool = False

    @property
    def cycle_epochs(self) -> int:
        """Epochs of one cycle."""
        return self.epochs // self.cycles


@dataclass(frozen=True)
class SamplingConfig:
    """What a training epoch consists of.

    Attributes
    ----------
    balancing : str
        ``"repeat"`` repeats good responders to 1:1, ``"weighted"`` weights the loss instead,
        ``"sampler"`` draws both classes with equal chance and replacement, ``"none"`` leaves
        them alone. ``"deepsmote"`` fills up with synthetic images (see ``deepsmote``).
    crop_px : int
        Side of the random square crop of the 112 x 112 input in training.
    rotate_and_flip : bool
        One of the eight symmetries of the square per image and epoch.
    mixup_alpha : float
        Each batch is mixed with itself in another order, by a share from Beta(alpha, alpha)
        (Zhang et al. 2018); 0 switches it off.
    further_slices : float
        Share of images whose three slices are drawn among five, the tumour's key slice and two
        on either side. The paper takes the three.
    flip_slices : bool
        Order of the three slices from the head or from the feet, by chance.
    blur : float
        Largest share by which detail finer than 0.8 mm is taken away; six tenths of it are the
        most that is added. Another reconstruction kernel.
    noise_hu : float
        Largest standard deviation of added noise with the spectrum of CT.
    contrast_hu : float
        Largest shift of enhanced tissue: contrast medium and tube voltage.
    """

    balancing: Balancing = "repeat"
    crop_px: int = 80
    rotate_and_flip: bool = True
    mixup_alpha: float = 0.0
    further_slices: float = 0.0
    flip_slices: bool = False
    blur: float = 0.0
    noise_hu: float = 0.0
    contrast_hu: float = 0.0

    @property
    def varies_scanner(self) -> bool:
        """Whether a training image is shown as another scanner might have."""
        return max(self.blur, self.noise_hu, self.contrast_hu) > 0


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides what comes out of a run, apart from the data.

    Attributes
    ----------
    name : str
        Goes into the manifest.
    version : str
        Of the model, goes into the manifest.
    note : str
        What a reader of the results must know of the recipe.
    survival_time_origin : str
        The moment from which the cohort's survival times count.
    seed : int
        The one seed; every draw is a function of it, the fold, the epoch and the index.
    folds : int
        Cross-validation folds in the training cohort, at least 4: within all but one of them
        the clinical signature's penalty is cross-validated again, which needs 3.
    storage : str
        Stored form of the weights, rounded before anything is scored.
    n_views : int
        Symmetric views per image whose logits are averaged, as in serving: 1, 2, 4 or 8.
    network, optimization, sampling, later
        The four parts; the last one concerns only what follows the networks.
    deepsmote : DeepSmoteSettings
        How synthetic images are made where ``sampling.balancing`` is ``"deepsmote"``.
    """

    name: str
    version: str = "1"
    note: str = ""
    survival_time_origin: str = "not_stated"
    seed: int = 2023
    folds: int = 5
    storage: Storage = "int8"
    n_views: int = 8
    network: NetworkConfig = field(default_factory=NetworkConfig)
    optimization: OptimizationConfig = field(default_factory=OptimizationConfig)
    sampling: SamplingConfig = field(default_factory=SamplingConfig)
    later: LaterStagesConfig = field(default_factory=LaterStagesConfig)
    deepsmote: DeepSmoteSettings = field(default_factory=DeepSmoteSettings)

    def to_dict(self) -> dict[str, Any]:
        """Return the effective configuration, ready for JSON; of a path only the file's name."""
        values = asdict(self)
        weights_file = Path(self.network.imagenet_weights_file)
        values["network"]["imagenet_weights_file"] = weights_file.name
        return values

    def fingerprint(self) -> str:
        """Return the SHA-256 of what decides the networks: the later stages can be run again."""
        unused = {"later"} if self.sampling.balancing == "deepsmote" else {"later", "deepsmote"}
        values = {name: value for name, value in self.to_dict().items() if name not in unused}
        text = json.dumps(values, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def read_config(name_or_file: str) -> TrainingConfig:
    """Read a configuration by its name (``demo``) or by the path of a TOML file.

    Raises
    ------
    TrainingError
        If there is no such file, it is no TOML, has an unknown setting, or a value of the
        wrong type or outside its range.
    """
    path = CONFIG_DIRECTORY / f"{name_or_file}.toml"
    if not (name_or_file.isidentifier() and path.is_file()):
        path = Path(name_or_file)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(sorted(found.stem for found in CONFIG_DIRECTORY.glob("*.toml")))
        raise TrainingError("config_not_found", found=name_or_file, known=known) from error
    except tomllib.TOMLDecodeError as error:
        raise TrainingError("config_no_toml", found=name_or_file) from error
    config: TrainingConfig = _build(TrainingConfig, {"name": path.stem, **values}, "")
    _check_ranges(config)
    return config


def with_weights_file(config: TrainingConfig, path: Path | None) -> TrainingConfig:
    """Return the configuration with another place of the ImageNet weights, where one is given."""
    if path is None:
        return config
    return replace(config, network=replace(config.network, imagenet_weights_file=str(path)))


def _build(kind: type[Any], values: Mapping[str, Any], where: str) -> Any:
    """Fill a dataclass from a table, refusing unknown settings and wrong types."""
    hints = get_type_hints(kind)
    known = {one.name for one in fields(kind)}
    for name in values:
        if name not in known:
            raise TrainingError("config_unknown_setting", setting=where + name)
    return kind(
        **{name: _value(hints[name], value, where + name) for name, value in values.items()}
    )


def _value(hint: Any, value: Any, where: str) -> Any:
    """Return one setting's value, checked against its annotated type."""
    if hasattr(hint, "__dataclass_fields__"):
        if isinstance(value, Mapping):
            return _build(hint, value, where + ".")
    elif get_origin(hint) is Literal:
        if value in get_args(hint):
            return value
        allowed = ", ".join(get_args(hint))
        raise TrainingError("config_not_allowed", setting=where, found=value, allowed=allowed)
    elif hint is float and type(value) in (int, float):
        return float(value)
    elif type(value) is hint:
        return value
    raise TrainingError("config_wrong_type", setting=where, expected=hint.__name__)


def _check_ranges(config: TrainingConfig) -> None:
    """Refuse values with which no run makes sense."""
    training, sampling, made = config.optimization, config.sampling, config.deepsmote
    _check_listed("n_views", config.n_views, VIEW_COUNTS)
    _check_listed("network.se_reduction", config.network.se_reduction, SE_REDUCTIONS)
    limits = {
        "folds": (config.folds, 4, 20),
        "optimization.epochs": (training.epochs, 1, 100_000),
        "optimization.batch_size": (training.batch_size, 2, 4096),
        "optimization.max_learning_rate": (training.max_learning_rate, 1e-8, 10.0),
        "optimization.warmup_share": (training.warmup_share, 0.01, 0.99),
        "optimization.step_epochs": (training.step_epochs, 1, 100_000),
        "optimization.weight_decay": (training.weight_decay, 0.0, 10.0),
        "optimization.gradient_clip": (training.gradient_clip, 1e-6, 1e6),
        "optimization.ema_decay": (training.ema_decay, 0.0, 0.99999),
        "optimization.cycles": (training.cycles, 1, training.epochs),
        "optimization.quantized_epochs": (training.quantized_epochs, 0, training.epochs),
        "optimization.focal_gamma": (training.focal_gamma, 0.0, 10.0),
        "optimization.smoothing_epochs": (training.smoothing_epochs, 1, 1000),
        "network.dropout": (config.network.dropout, 0.0, 0.9),
        "sampling.mixup_alpha": (sampling.mixup_alpha, 0.0, 10.0),
        "sampling.crop_px": (sampling.crop_px, 32, 112),
        "deepsmote.penalty_weight": (made.penalty_weight, 0.0, 1e3),
        "deepsmote.texture_weight": (made.texture_weight, 0.0, 1e3),
        "deepsmote.latent_size": (made.latent_size, 2, 4096),
        "deepsmote.width": (made.width, 4, 256),
        "deepsmote.epochs": (made.epochs, 1, 100_000),
        "deepsmote.batch_size": (made.batch_size, 2, 4096),
        "deepsmote.learning_rate": (made.learning_rate, 1e-8, 1.0),
        "deepsmote.neighbors": (made.neighbors, 1, 1000),
        "deepsmote.synthetic_share_cap": (made.synthetic_share_cap, 0.0, 1.0),
        "sampling.further_slices": (sampling.further_slices, 0.0, 1.0),
        "sampling.blur": (sampling.blur, 0.0, 1.0),
        "sampling.noise_hu": (sampling.noise_hu, 0.0, 100.0),
        "sampling.contrast_hu": (sampling.contrast_hu, 0.0, 100.0),
        "later.conformal_error_rate": (config.later.conformal_error_rate, 0.01, 0.5),
        "later.stability_subsamples": (config.later.stability_subsamples, 0, 10_000),
        "later.optimism_resamples": (config.later.optimism_resamples, 0, 10_000),
    }
    for setting, (value, low, high) in limits.items():
        if not low <= value <= high:
            raise TrainingError(
                "config_out_of_range", setting=setting, found=value, low=low, high=high
            )
    if training.epochs % training.cycles:
        raise TrainingError(
            "config_not_allowed",
            setting="optimization.cycles",
            found=training.cycles,
            allowed=f"the divisors of epochs ({training.epochs})",
        )


def _check_listed(setting: str, found: int, allowed: tuple[int, ...]) -> None:
    """Refuse a number that is none of a few."""
    if found not in allowed:
        listed = ", ".join(map(str, allowed))
        raise TrainingError("config_not_allowed", setting=setting, found=found, allowed=listed)
