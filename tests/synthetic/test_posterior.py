import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from dlcs_core.statistics.logistic_regression import fit_logistic
from dlcs_core.synthetic import signal as planted
from dlcs_core.synthetic.copula import LATENT, correlation_matrix, index_of
from dlcs_core.synthetic.paper_cohorts import PAPER_COHORTS
from dlcs_core.synthetic.paper_marginals import paper_marginals
from dlcs_core.synthetic.patients import draw_patients
from dlcs_core.synthetic.posterior import auc, bayes_scores


@pytest.fixture(scope="module")
def scored(many_patients):
    return many_patients, bayes_scores(many_patients)


def logit(probability):
    return np.log(probability / (1 - probability))


@pytest.mark.parametrize("kind", ["image", "dlcs"])
def test_posterior_is_calibrated(scored, kind):
    patients, scores = scored
    x = logit(getattr(scores, kind))
    fit = fit_logistic(x[:, None], patients.good_response, ("logit",))
    intercept, slope = fit.coefficients
    assert slope == pytest.approx(1, abs=0.06)
    assert intercept == pytest.approx(0, abs=0.12)


def test_mean_posterior_is_the_prevalence(scored):
    patients, scores = scored
    assert scores.image.mean() == pytest.approx(patients.good_response.mean(), abs=0.006)


def test_clinical_variables_add_to_what_the_image_tells(scored):
    patients, scores = scored
    image, dlcs = (auc(patients.good_response, s) for s in (scores.image, scores.dlcs))
    assert image == pytest.approx(0.932, abs=0.01)
    assert dlcs > image + 0.004


def brute_force_log_odds(patients, index):
    """Integrate over the latent score and the site's interval on a plain grid."""
    names = (
        LATENT,
        "max_diameter_cm",
        "wall_thickness_cm",
        "tumor_location",
        "enlarged_lymph_nodes",
    )
    rows = [index_of(name) for name in names]
    matrix = correlation_matrix()[np.ix_(rows, rows)]
    laws = paper_marginals(str(patients.cohort[index]))
    evidence = []
    for is_good in (False, True):
        good = np.array([is_good])
        known = [
            float(laws.continuous[name].score(patients.continuous[name][[index]], good)[0])
            for name in names[1:3]
        ]
        (low, high), (node_low, node_high) = (
            [
                float(np.clip(edge[0], -8, 8))
                for edge in laws.ordinal[name].bounds(patients.codes[name][[index]], good)
            ]
            for name in names[3:]
        )
        latent, site = np.linspace(-7, 7, 701), np.linspace(low, high, 301)
        s, site_grid = np.meshgrid(latent, site, indexing="ij")
        four = np.stack([s, np.full_like(s, known[0]), np.full_like(s, known[1]), site_grid], -1)
        density = multivariate_normal(np.zeros(4), matrix[:4, :4]).pdf(four)
        weights = np.linalg.solve(matrix[:4, :4], matrix[:4, 4])
        sd = np.sqrt(1 - matrix[4, :4] @ weights)
        mean = four @ weights
        nodes = norm.cdf((node_high - mean) / sd) - norm.cdf((node_low - mean) / sd)
        score = latent + planted.SEPARATION * (is_good - 0.5)
        seen = np.exp(planted.log_likelihood(patients.image_parameters[[index]], score[None])[0])
        inner = np.trapezoid(density * nodes, site, axis=1)
        evidence.append(np.trapezoid(inner * seen, latent))
    prevalence = PAPER_COHORTS[str(patients.cohort[index])].prevalence
    return np.log(evidence[1] / evidence[0]) + logit(prevalence)


@pytest.mark.parametrize("index", [0, 3, 7])
def test_image_score_equals_brute_force_integration(patients, index):
    score = bayes_scores(patients).image[index]
    assert logit(score) == pytest.approx(brute_force_log_odds(patients, index), abs=0.02)


def test_without_signal_the_image_posterior_is_the_prior():
    patients = draw_patients(300, 3, signal="null")
    rows = patients.cohort == "training"
    image = bayes_scores(patients).image[rows]
    np.testing.assert_allclose(image, PAPER_COHORTS["training"].prevalence, atol=1e-6)


def test_shortcut_adds_the_kernel_to_the_image_score_alone():
    patients = draw_patients(300, 3, signal="shortcut")
    scores = bayes_scores(patients)
    shift = logit(scores.image) - logit(scores.biology)
    expected = np.where(patients.soft_kernel, np.log(9), -np.log(9))
    np.testing.assert_allclose(shift, expected, atol=1e-6)


def test_auc_counts_ties_as_half_and_is_undefined_for_one_class():
    assert auc(np.array([True, False, False]), np.array([0.5, 0.5, 0.1])) == 0.75
    assert auc(np.array([True, True]), np.array([0.1, 0.2])) is None
