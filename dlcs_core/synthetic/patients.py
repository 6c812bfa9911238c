"""Draw patients: response, latent score, 22 clinical variables, tumour look, survival.

Everything about patient ``i`` comes from a generator of its own, seeded by ``(seed, i)``; only
the cohort, the response and the centre depend on how many patients are drawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import SynthesisError
from dlcs_core.synthetic.copula import COPULA_VARIABLES, LATENT, correlation_root, index_of
from dlcs_core.synthetic.paper_cohorts import PAPER_COHORTS
from dlcs_core.synthetic.paper_marginals import MARKERS, Marginals, paper_marginals
from dlcs_core.synthetic.signal import PARAMETERS, SEPARATION, image_parameters
from dlcs_core.synthetic.survival_times import draw_survival

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

SIGNALS = ("planted", "null", "shortcut")
CENTERS = ("C1", "E1", "E2", "E3", "E4", "E5")
COHORTS = tuple(PAPER_COHORTS)
TYPES = ("adenocarcinoma", "mucinous", "signet_ring", "squamous", "other")

MOST_PATIENTS = 100_000

MISSING_SHARE = {"bmi_kg_m2": 8 / 664, "max_diameter_cm": 4 / 664}
"""Table 1's training column sums are short by these; here missing tells nothing of response."""

LOST_TO_FOLLOW_UP = 10 / 664
SHORTCUT_CONCORDANCE = 0.9
"""Share of patients whose kernel follows the response when a shortcut is planted."""

COMPLETE_REGRESSION_SHARE = 0.25
MINIMAL_RESPONSE_SHARE = 0.40
_N_UNIFORM = 16


@dataclass(frozen=True)
class Patients:
    """Drawn patients, one array entry each.

    Attributes
    ----------
    cohort, center : array of str
        Where they belong.
    good_response : array of bool
        True for TRG 0-1.
    trg : array of int
        Tumour regression grade 0-3.
    latent_score : float64 array
        What links image and response.
    continuous : mapping of str to float64 array
        Exact values of the continuous variables.
    codes : mapping of str to int64 array
        Level indices of the ordinal variables and of ``pathological_type``.
    unknown : mapping of str to array of bool
        Whether a marker is recorded as unknown.
    missing : mapping of str to array of bool
        Whether a cell is left empty in the clinical table.
    image_parameters : float64 array (n, 4)
        Columns as in ``signal.PARAMETERS``.
    soft_kernel : array of bool
        Whether the scan used the scanner's very soft kernel (shortcut only).
    os_months : float64 array
        From the start of chemotherapy; NaN where lost to follow-up.
    os_event : float64 array
        1 died, 0 censored, NaN where lost.
    signal : str
        ``"planted"``, ``"null"`` or ``"shortcut"``.
    """

    cohort: NDArray[np.str_]
    center: NDArray[np.str_]
    good_response: BoolArray
    trg: IntArray
    latent_score: FloatArray
    continuous: Mapping[str, FloatArray]
    codes: Mapping[str, IntArray]
    unknown: Mapping[str, BoolArray]
    missing: Mapping[str, BoolArray]
    image_parameters: FloatArray
    soft_kernel: BoolArray
    os_months: FloatArray
    os_event: FloatArray
    signal: str

    def __len__(self) -> int:
        return len(self.good_response)


def cohort_marginals(cohort: str, signal: str) -> Marginals:
    """Return the distributions from which a cohort is drawn under a kind of signal."""
    marginals = paper_marginals(cohort)
    return marginals.with_uninformative_image() if signal == "null" else marginals


def latent_law(signal: str, prevalence: float) -> tuple[tuple[float, float], float]:
    """Return the latent score's mean by class ``(poor, good)`` and its standard deviation.

    Without a signal both classes share one normal with the mixture's mean and variance, so that
    the images vary as much as ever.
    """
    if signal != "null":
        return (-SEPARATION / 2, SEPARATION / 2), 1.0
    mean = SEPARATION * (prevalence - 0.5)
    variance = 1 + SEPARATION**2 * prevalence * (1 - prevalence)
    return (mean, mean), float(np.sqrt(variance))


def draw_patients(
    n_patients: int, seed: int, centers: int = 1, signal: str = "planted"
) -> Patients:
    """Draw patients without rendering them.

    Parameters
    ----------
    n_patients : int
        1 to ``MOST_PATIENTS``.
    seed : int
        Non-negative; the same seed gives the same patients.
    centers : int
        1 (the training hospital alone) to 6; from 2 on, a quarter are external.
    signal : str
        ``"planted"``; ``"null"``: nothing that the image shows tells the response; or
        ``"shortcut"``: the reconstruction kernel also follows the response.

    Returns
    -------
    Patients
        In the order training, internal validation, external validation.

    Raises
    ------
    SynthesisError
        If an argument is outside its range.
    """
    _check(n_patients, seed, centers, signal)
    cohort, good_response = _assign(n_patients, seed, centers)
    normal, uniform = _own_draws(n_patients, seed)
    return _assemble(cohort, good_response, normal, uniform, centers, signal)


def _check(n_patients: int, seed: int, centers: int, signal: str) -> None:
    if not 1 <= n_patients <= MOST_PATIENTS:
        raise SynthesisError("synthesis_patient_count", patients=n_patients, most=MOST_PATIENTS)
    if seed < 0:
        raise SynthesisError("synthesis_seed_negative", seed=seed)
    if not 1 <= centers <= len(CENTERS):
        raise SynthesisError("synthesis_center_count", centers=centers, most=len(CENTERS))
    if signal not in SIGNALS:
        raise SynthesisError("synthesis_signal_unknown", signal=signal, known=", ".join(SIGNALS))


def _assign(n_patients: int, seed: int, centers: int) -> tuple[NDArray[np.str_], BoolArray]:
    """Return cohort and response in the paper's proportions, shuffled within the cohort."""
    generator = np.random.default_rng([seed, n_patients])
    names, responses = [], []
    for name, size in zip(COHORTS, _cohort_sizes(n_patients, centers), strict=True):
        good = np.zeros(size, dtype=bool)
        n_good = round(size * PAPER_COHORTS[name].prevalence)
        good[: max(n_good, 1) if size > 1 else n_good] = True
        names += [name] * size
        responses.append(generator.permutation(good))
    return np.array(names), np.concatenate(responses)


def _cohort_sizes(n_patients: int, centers: int) -> tuple[int, int, int]:
    training, internal, external = (sum(table.patients) for table in PAPER_COHORTS.values())
    n_external = round(n_patients * external / (training + internal + external))
    n_external = n_external if centers > 1 else 0
    n_home = n_patients - n_external
    n_internal = round(n_home * internal / (training + internal))
    return n_home - n_internal, n_internal, n_external


def _own_draws(n_patients: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Return each patient's standard normal and uniform draws."""
    n_normal = len(COPULA_VARIABLES) + len(PARAMETERS)
    normal = np.empty((n_patients, n_normal))
    uniform = np.empty((n_patients, _N_UNIFORM))
    for i in range(n_patients):
        generator = np.random.default_rng([seed, i, 0])
        normal[i] = generator.standard_normal(n_normal)
        uniform[i] = generator.random(_N_UNIFORM)
    return normal, uniform


def _assemble(
    cohort: NDArray[np.str_],
    good_response: BoolArray,
    normal: FloatArray,
    uniform: FloatArray,
    centers: int,
    signal: str,
) -> Patients:
    scores = normal[:, : len(COPULA_VARIABLES)] @ correlation_root().T
    latent, continuous, codes = _variables(cohort, good_response, scores, signal)
    codes["pathological_type"] = _pathological_type(cohort, good_response, codes, uniform[:, :2])
    unknown = _unknown_markers(cohort, good_response, uniform[:, 2:5])
    event = {**continuous, **codes, LATENT: latent}
    months, died = draw_survival(event, uniform[:, 5:8])
    lost = uniform[:, 8] < LOST_TO_FOLLOW_UP
    follows = uniform[:, 9] < SHORTCUT_CONCORDANCE
    return Patients(
        cohort=cohort,
        center=_centers(cohort, uniform[:, 10], centers),
        good_response=good_response,
        trg=_regression_grade(good_response, uniform[:, 11]),
        latent_score=latent,
        continuous=continuous,
        codes=codes,
        unknown=unknown,
        missing={
            name: (cohort == "training") & (uniform[:, 12 + k] < share)
            for k, (name, share) in enumerate(MISSING_SHARE.items())
        },
        image_parameters=image_parameters(latent, normal[:, len(COPULA_VARIABLES) :]),
        soft_kernel=(good_response == follows) & (signal == "shortcut"),
        os_months=np.where(lost, np.nan, months),
        os_event=np.where(lost, np.nan, died),
        signal=signal,
    )


def _variables(
    cohort: NDArray[np.str_], good_response: BoolArray, scores: FloatArray, signal: str
) -> tuple[FloatArray, dict[str, FloatArray], dict[str, IntArray]]:
    """Return latent score, continuous values and ordinal codes from the normal scores."""
    n_patients = len(cohort)
    latent = np.empty(n_patients)
    laws = cohort_marginals(COHORTS[0], signal)
    continuous = {name: np.empty(n_patients) for name in laws.continuous}
    codes = {name: np.empty(n_patients, dtype=np.int64) for name in laws.ordinal}
    for name in np.unique(cohort):
        rows = cohort == name
        laws = cohort_marginals(str(name), signal)
        own, good = scores[rows], good_response[rows]
        means, sd = latent_law(signal, laws.prevalence)
        latent[rows] = np.where(good, means[1], means[0]) + sd * own[:, index_of(LATENT)]
        for variable, law in laws.continuous.items():
            continuous[variable][rows] = law.value(own[:, index_of(variable)], good)
        for variable, ordinal in laws.ordinal.items():
            codes[variable][rows] = ordinal.code(own[:, index_of(variable)], good)
    return latent, continuous, codes


def _rates(cohort: NDArray[np.str_], good_response: BoolArray, kind: str) -> FloatArray:
    """Return each patient's rate of a rare property, by cohort and class."""
    rates = np.empty(len(cohort))
    for name in np.unique(cohort):
        laws = paper_marginals(str(name))
        pair = laws.other_type if kind == "other_type" else laws.unknown[kind]
        rows = cohort == name
        rates[rows] = np.where(good_response[rows], pair[1], pair[0])
    return rates


def _pathological_type(
    cohort: NDArray[np.str_],
    good_response: BoolArray,
    codes: Mapping[str, IntArray],
    uniform: FloatArray,
) -> IntArray:
    """Return the type: signet ring cell carcinoma only with a signet ring component."""
    is_other = uniform[:, 0] < _rates(cohort, good_response, "other_type")
    signet_share = np.where(codes["src_component"] == 1, 0.20, 0.0)
    adeno = np.select(
        [uniform[:, 1] < signet_share, uniform[:, 1] > 0.985],
        [TYPES.index("signet_ring"), TYPES.index("mucinous")],
        TYPES.index("adenocarcinoma"),
    )
    rare = np.where(uniform[:, 1] < 0.4, TYPES.index("squamous"), TYPES.index("other"))
    return np.where(is_other, rare, adeno).astype(np.int64)


def _unknown_markers(
    cohort: NDArray[np.str_], good_response: BoolArray, uniform: FloatArray
) -> dict[str, BoolArray]:
    return {
        name: uniform[:, k] < _rates(cohort, good_response, name) for k, name in enumerate(MARKERS)
    }


def _centers(cohort: NDArray[np.str_], uniform: FloatArray, centers: int) -> NDArray[np.str_]:
    """Return C1 for the home cohorts and a random external centre for the rest."""
    outside = 1 + np.floor(uniform * max(centers - 1, 1)).astype(int)
    index = np.where(cohort == "external_validation", outside, 0)
    return np.array(CENTERS)[index]


def _regression_grade(good_response: BoolArray, uniform: FloatArray) -> IntArray:
    good = np.where(uniform < COMPLETE_REGRESSION_SHARE, 0, 1)
    poor = np.where(uniform < MINIMAL_RESPONSE_SHARE, 3, 2)
    return np.where(good_response, good, poor).astype(np.int64)
