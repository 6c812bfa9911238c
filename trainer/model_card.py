"""The model card of a bundle: what it is, on whom it was fitted, how it did, in plain words."""

from collections.abc import Iterable, Mapping
from typing import Any

from dlcs_core.bundle.manifest import Manifest

RESEARCH_USE = "Research use only. Not a medical device; not for diagnosis or treatment decisions."
COHORT_NAMES = {
    "training": "training (out-of-fold)",
    "internal_validation": "internal validation",
    "external_validation": "external validation",
}


def model_card(manifest: Manifest) -> str:
    """Word a manifest as Markdown.

    Parameters
    ----------
    manifest : Manifest
        Without its list of files, which does not exist yet.

    Returns
    -------
    str
        Ends with a newline.
    """
    sections = (
        _what_it_is(manifest),
        _patients(manifest),
        _how_it_was_made(manifest),
        _performance(manifest.metrics),
        _survival(manifest),
        _limits(manifest),
    )
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _what_it_is(manifest: Manifest) -> Iterable[str]:
    yield f"# Model card: {manifest.name} {manifest.version}"
    yield ""
    yield f"**{RESEARCH_USE}**"
    if manifest.synthetic_training_data:
        yield ""
        yield (
            "**Trained on synthetic phantoms, not on patients.** Its numbers say nothing about "
            "any real patient; it shows how the program works."
        )
    yield ""
    yield (
        "From the pretreatment portal-venous CT with the tumour outlined, and 22 clinical "
        "variables, it estimates the probability of good response (tumour regression grade 0-1) "
        "*given* neoadjuvant chemotherapy, and overall survival. It does not say whether to give "
        "chemotherapy."
    )


def _patients(manifest: Manifest) -> Iterable[str]:
    yield "## On whom it was fitted"
    yield ""
    yield "| cohort | patients | good response | centres | followed up | deaths |"
    yield "|---|---|---|---|---|---|"
    for cohort, size in manifest.cohort_sizes.items():
        share = 100 * size["good_response"] / max(size["patients"], 1)
        yield (
            f"| {COHORT_NAMES.get(cohort, cohort)} | {size['patients']} "
            f"| {size['good_response']} ({share:.1f} %) | {size['centers']} "
            f"| {size['followed_up']} | {size['deaths']} |"
        )
    yield ""
    yield "Models are fitted on the training cohort alone; the others are only scored."


def _how_it_was_made(manifest: Manifest) -> Iterable[str]:
    config: Mapping[str, Any] = manifest.config
    start = config["network"]["initial_weights"]
    yield "## How it was made"
    yield ""
    if config["note"]:
        yield f"- {config['note']}"
    yield f"- Recipe `{config['name']}`, seed {manifest.seed}, code {manifest.code_version}."
    yield (
        f"- {config['folds']} networks by {config['folds']}-fold cross-validation by patient, "
        f"starting from {'ImageNet' if start == 'imagenet' else 'random'} weights; weights are "
        f"stored as {manifest.weights_storage} and were rounded before anything was scored."
    )
    yield (
        "- Clinical signature, fusion and survival model are fitted on out-of-fold DL signatures;"
        " probabilities are recalibrated to the prevalence of the training cohort."
    )
    for name, cutoff in manifest.cutoffs.items():
        yield f"- Cutoff `{name}`: {cutoff.value:.4f}, chosen on the {cutoff.cohort} cohort."


def _performance(metrics: Mapping[str, Any]) -> Iterable[str]:
    yield "## How well it does"
    yield ""
    yield (
        "Area under the ROC curve and calibration slope, each with its 95 % interval. Tables and "
        "figures by cohort, centre and subgroup, heat maps by grade, failure cases and reporting "
        "checklists: `python -m trainer report`. What it says of known truths, of nothing, and of "
        "a leak: `python -m trainer demonstrate truth`, `liar`, `leak`."
    )
    yield ""
    yield "| cohort | score | n | good response | AUC | calibration slope |"
    yield "|---|---|---|---|---|---|"
    for cohort, found in metrics.items():
        for score in ("dl_signature", "clinical_signature", "dlcs"):
            one = found[score]
            yield (
                f"| {COHORT_NAMES.get(cohort, cohort)} | `{score}` | {one['n']} | {one['events']} "
                f"| {_estimate(one['auc'])} | {_estimate(one['calibration_slope'])} |"
            )


def _survival(manifest: Manifest) -> Iterable[str]:
    yield "## Survival"
    yield ""
    yield f"Time counts from: {manifest.survival_time_origin.replace('_', ' ')}."
    yield ""
    metrics: Mapping[str, Any] = manifest.metrics
    for cohort, found in metrics.items():
        survival = found["survival"]
        if survival:
            yield (
                f"- {COHORT_NAMES.get(cohort, cohort)}: Harrell's C "
                f"{_estimate(survival['c_index'])} "
                f"({survival['n']} patients, {survival['deaths']} deaths)."
            )


def _limits(manifest: Manifest) -> Iterable[str]:
    yield "## What it must not be used for"
    yield ""
    yield "- Any decision about a patient; any other disease, phase, modality or outline."
    yield "- Comparing treatments: everybody in training received chemotherapy."
    yield "- Scanners and populations unlike the training cohort, without local validation."
    yield ""
    yield "It abstains outside these ranges of the training cohort, and on unlike images:"
    yield ""
    for name, (low, high) in manifest.trained_ranges.items():
        yield f"- `{name}`: {low:.4g} to {high:.4g}"


def _estimate(found: Mapping[str, Any] | None) -> str:
    """Word an estimate with its interval; a dash where there is none."""
    if not found:
        return "-"
    if not found["ci95"]:
        return f"{found['estimate']:.3f}"
    low, high = found["ci95"]
    return f"{found['estimate']:.3f} ({low:.3f} to {high:.3f})"
