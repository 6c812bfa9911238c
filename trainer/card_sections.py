"""Sections of the model card on what a bundle carries beside its models."""

from collections.abc import Iterable, Mapping
from typing import Any

from dlcs_core.bundle.extras import Extras

MOST_COLUMNS = 15
"""Columns of the stability table; the rest is hardly ever selected."""


def later_sections(extras: Extras) -> str:
    """Word the evidence of the later stages as Markdown.

    Parameters
    ----------
    extras : Extras
        With evidence; without it there is nothing to word.

    Returns
    -------
    str
        Starts with an empty line and ends with a newline, or is empty.
    """
    evidence: Mapping[str, Any] = extras.evidence
    if not evidence:
        return ""
    sections = (
        _label_sets(evidence["conformal"]),
        _intervals(extras, evidence["interval"]),
        _abstention(evidence["abstention"]),
        _selection(evidence["clinical_signature"]),
        _fusion(evidence["fusion"]),
        _survival(evidence["survival"]),
        _similar(extras),
    )
    return "".join("\n" + "\n".join(section) + "\n" for section in sections)


def _label_sets(found: Mapping[str, Any]) -> Iterable[str]:
    yield "## Label sets"
    yield ""
    yield (
        f"Class-conditional conformal sets at an error rate of {found['error_rate']:.0%}. "
        "Thresholds come from out-of-fold scores of the training cohort whose scatter within each "
        "class was brought to that of the served mean of networks; held-out cohorts are scored as "
        "served. `coverage` is the share of a class whose label is in the set. Patients from whom "
        "the model abstains have no set and are not counted."
    )
    yield ""
    yield (
        "| score | cohort, centre | n | coverage good | coverage poor | one label | wrong of these "
        "| undecided | empty | PPV of {good} | NPV of {poor} |"
    )
    yield "|" + "---|" * 11
    for score, by_cohort in found.items():
        for cohort, one in by_cohort.items() if isinstance(by_cohort, Mapping) else ():
            yield _set_row(score, cohort, one)
            centers = one["by_center"]
            for center, within in centers.items() if len(centers) > 1 else ():
                yield _set_row(score, f"{cohort}, {center}", within)


def _set_row(score: str, where: str, one: Mapping[str, Any]) -> str:
    cells = [
        one["coverage"]["good"], one["coverage"]["poor"], one["singletons"],
        one["singleton_errors"], one["both"], one["empty"],
        one["predictive_value"]["good"], one["predictive_value"]["poor"],
    ]  # fmt: skip
    return f"| `{score}` | {where} | {one['n']} | " + " | ".join(map(_share, cells)) + " |"


def _share(found: Mapping[str, Any] | None) -> str:
    """Word a share with its interval; a dash where there is nobody."""
    if not found:
        return "-"
    low, high = found["ci95"]
    return f"{found['estimate']:.3f} ({low:.3f} to {high:.3f})"


def _intervals(extras: Extras, found: Mapping[str, Any]) -> Iterable[str]:
    yield "## Intervals of the probabilities"
    yield ""
    if not found:
        yield (
            "None: the true probabilities of the cohort are not known, so that no coverage could "
            "be measured. The range over the networks is disagreement, not an interval."
        )
        return
    shown = extras.interval.scores if extras.interval else {}
    yield "| probability | held the true one | shown |"
    yield "|---|---|---|"
    for score, one in found.items():
        answer = "yes" if score in shown else "no: outside 90 to 98 %"
        yield f"| `{score}` | {_share(one['coverage'])} | {answer} |"
    for score, one in found.items():
        yield ""
        yield f"By centre, `{score}`: " + "; ".join(
            f"{center} {_share(share)}" for center, share in one["by_center"].items()
        )


def _abstention(found: Mapping[str, Any]) -> Iterable[str]:
    yield "## Who is refused"
    yield ""
    yield "By trained ranges and distance from the training cases; headers are judged besides."
    yield ""
    yield "| cohort, centre | refused |"
    yield "|---|---|"
    for cohort, one in found.items():
        yield f"| {cohort} | {_share(one)} |"
        for center, within in one["by_center"].items() if len(one["by_center"]) > 1 else ():
            yield f"| {cohort}, {center} | {_share(within)} |"


def _selection(found: Mapping[str, Any]) -> Iterable[str]:
    yield "## How the clinical variables were chosen"
    yield ""
    yield "Selected by the LASSO: " + (", ".join(found["selected_columns"]) or "none") + "."
    pairs = found["spearman_at_least_0.7"]
    if pairs:
        yield ""
        yield "Spearman correlation of 0.7 or more: " + ", ".join(
            f"{pair} ({rho:.2f})" for pair, rho in pairs.items()
        )
    yield ""
    yield "| column | odds ratio | P (unadjusted for the selection) |"
    yield "|---|---|---|"
    yield from (_ratio_row(row, "odds_ratio") for row in found["coefficients"])
    stability = found["stability"]
    if stability:
        yield ""
        yield f"Selected in how many of {stability['subsamples']} random halves of the patients:"
        yield ""
        shares = list(stability["selected_share"].items())[:MOST_COLUMNS]
        yield ", ".join(f"{column} {share:.0%}" for column, share in shares)


def _ratio_row(row: Mapping[str, Any], ratio: str) -> str:
    if row[ratio] is None:
        return f"| `{row['column']}` | - | - |"
    low, high = row["ci95"]
    return (
        f"| `{row['column']}` | {row[ratio]:.3f} ({low:.3f} to {high:.3f}) "
        f"| {row['p_unadjusted']:.4f} |"
    )


def _fusion(found: Mapping[str, Any]) -> Iterable[str]:
    yield "## What the fusion adds"
    yield ""
    yield (
        f"Variables: {', '.join(found['variables']) or 'none'}. With a univariable P below 0.05 "
        f"in training: {', '.join(found['screened_variables']) or 'none'}."
    )
    added = found["adds_to_dl_signature"]
    if added:
        yield (
            f"Likelihood ratio of the clinical variables beside the out-of-fold DL signature: "
            f"{added['statistic']:.2f} on {added['df']} df, P {added['p']:.4f}."
        )
    yield ""
    yield "| cohort | difference of AUC | estimate | DeLong P | not worse by 0.01 |"
    yield "|---|---|---|---|---|"
    for cohort, pairs in found["comparisons"].items():
        for name, one in pairs.items():
            if one:
                p = "-" if one["p"] is None else f"{one['p']:.4f}"
                answer = "yes" if one["non_inferior_by_0.01"] else "not shown"
                words = name.replace("_", " ")
                yield f"| {cohort} | {words} | {_share(one['difference'])} | {p} | {answer} |"


def _survival(found: Mapping[str, Any]) -> Iterable[str]:
    yield "## The survival model"
    yield ""
    yield (
        f"{found['patients']} training patients with follow-up, {found['deaths']} deaths; the DL "
        f"signature is out-of-fold (standard deviation {found['dl_signature_sd']:.3f}). High risk "
        f"above the {found['risk_cutoff']['rule']}, {found['risk_cutoff']['value']:.3f}."
    )
    yield ""
    yield "| column | hazard ratio | P (unadjusted for the screening) |"
    yield "|---|---|---|"
    yield from (_ratio_row(row, "hazard_ratio") for row in found["multivariable"])
    optimism, split = found["optimism"], found["paper_split"]
    if optimism:
        c = optimism["c_index"]
        yield ""
        yield (
            f"Harrell's C {c['apparent']:.3f}, corrected for optimism {c['corrected']:.3f} "
            f"({optimism['resamples']} bootstrap samples, screening repeated in each)."
        )
    if split:
        test = split["test_c_index"]
        yield ""
        yield (
            f"The paper's 8:2 split, **leaky** ({split['leaky']}): test C {test['mean']:.3f}, "
            f"standard deviation {test['sd']:.3f} over {split['splits']} splits."
        )


def _similar(extras: Extras) -> Iterable[str]:
    yield "## Similar patients"
    yield ""
    if extras.similar is None:
        yield "None are carried."
        return
    single = "with their variables, survival and slices" if extras.similar.patients else "without"
    yield (
        f"{len(extras.similar)} training patients are carried by their place in signature space, "
        f"{single}"
        + ("." if extras.similar.patients else " anything of single patients: groups of ten only.")
    )
