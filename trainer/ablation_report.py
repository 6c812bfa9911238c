"""Table and figure of an ablation: CSV, Markdown, SVG and PNG, from the same results."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from dlcs_core.statistics.delong import AucEstimate, DelongTest
from trainer.ablation_result import ArmResult, FoldwiseDifference
from trainer.checkpoint import write_atomically
from trainer.fusion_leak import LeakRow

Row = dict[str, object]
NOTHING = "-"


def write_report(
    out: Path,
    results: Sequence[ArmResult],
    leak: Sequence[LeakRow],
    facts: Mapping[str, object],
) -> None:
    """Write ``ablation.csv``, ``.json``, ``.md``, ``.svg`` and ``.png``, and ``fusion_leak.csv``.

    Parameters
    ----------
    out : Path
        Existing folder.
    results : sequence of ArmResult
        The reference first.
    leak : sequence of LeakRow
        May be empty.
    facts : mapping
        Budget: epochs, folds, seeds; stands with the numbers everywhere.
    """
    rows = [result_row(one) for one in results]
    leaks = [leak_row(one) for one in leak]
    write_atomically(out / "ablation.csv", _csv(rows))
    if leaks:
        write_atomically(out / "fusion_leak.csv", _csv(leaks))
    content = {"budget": facts, "arms": rows, "fusion_leak": leaks}
    write_atomically(out / "ablation.json", json.dumps(content, indent=1).encode() + b"\n")
    text = "\n".join(_markdown(results, leak, facts)) + "\n"
    write_atomically(out / "ablation.md", text.encode())
    for suffix in ("svg", "png"):
        write_atomically(out / f"ablation.{suffix}", draw_differences(results, facts, suffix))


def result_row(result: ArmResult) -> Row:
    """Return one arm as flat values; None where something is not there."""
    difference, by_fold = result.difference, result.by_fold
    unseen, unseen_difference = result.unseen, result.unseen_difference
    return {
        "arm": result.arm.name,
        "images": result.images,
        **_auc("oof", result.out_of_fold),
        **_difference("oof", difference),
        "fold_difference": by_fold.mean if by_fold else None,
        **_ends("fold_difference", by_fold.ci95 if by_fold else None),
        **_auc("unseen", unseen),
        **_difference("unseen", unseen_difference),
        "calibration_intercept": result.intercept,
        "calibration_slope": result.slope,
    }


def leak_row(row: LeakRow) -> Row:
    """Return one fusion as flat values."""
    return {
        "fitted_on": row.fitted_on,
        **_auc("training", row.training),
        **_auc("unseen", row.unseen),
        "coefficient": row.coefficient,
        "calibration_slope": row.slope,
        "calibration_intercept": row.intercept,
    }


def _auc(name: str, found: AucEstimate | None) -> Row:
    patients = found.n_positive + found.n_negative if found else None
    return {
        f"{name}_n": patients,
        f"{name}_auc": found.auc if found else None,
        **_ends(f"{name}_auc", found.ci95 if found else None),
    }


def _difference(name: str, test: DelongTest | None) -> Row:
    return {
        f"{name}_difference": test.difference if test else None,
        **_ends(f"{name}_difference", test.ci95 if test else None),
        f"{name}_p": test.p if test else None,
    }


def _ends(name: str, ci95: tuple[float, float] | None) -> Row:
    low, high = ci95 or (None, None)
    return {f"{name}_low": low, f"{name}_high": high}


def _csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def budget_sentence(facts: Mapping[str, object]) -> str:
    """Say on what budget the numbers stand."""
    seeds = facts["seeds"]
    listed = ", ".join(map(str, seeds)) if isinstance(seeds, Iterable) else str(seeds)
    return (
        f"Budget: recipe {facts['recipe']}, {facts['epochs']} epochs of {facts['crop_px']}-pixel "
        f"crops, batches of {facts['batch_size']}, {facts['folds']} of {facts['of_folds']} folds "
        f"held out, seed {listed}."
    )


def _markdown(
    results: Sequence[ArmResult], leak: Sequence[LeakRow], facts: Mapping[str, object]
) -> Iterable[str]:
    yield "## Ablation"
    yield ""
    yield budget_sentence(facts)
    yield ""
    yield (
        f"Every arm has the folds, seeds and epochs of the first, *{results[0].arm.words}*; arms "
        "that repeat nobody see fewer images. Differences are arm minus first on the same "
        "patients: DeLong's on the pooled out-of-fold scores, Student's over folds and seeds, "
        "DeLong's on cohorts that no network has seen. Calibration is that of the networks' own "
        "probabilities. An interval that contains 0 says that this budget cannot tell."
    )
    yield ""
    yield (
        "| arm | images | AUC out of fold | difference | by fold | AUC unseen | difference "
        "| intercept | slope |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for one in results:
        cells = (
            one.arm.words,
            str(one.images),
            _worded_auc(one.out_of_fold),
            _worded_difference(one.difference),
            _worded_folds(one.by_fold),
            _worded_auc(one.unseen),
            _worded_difference(one.unseen_difference),
            _number(one.intercept, "+.2f"),
            _number(one.slope, ".2f"),
        )
        yield "| " + " | ".join(cells) + " |"
    yield ""
    if leak:
        yield from _leak_markdown(leak)
    yield "![Difference of AUC of every arm](ablation.svg)"


def _leak_markdown(leak: Sequence[LeakRow]) -> Iterable[str]:
    yield "### Fusion on in-sample and on out-of-fold signatures"
    yield ""
    yield (
        "The paper fits the fused model on signatures of the very patients that the networks "
        "had learnt. The same fusion, both ways, judged on cohorts that no network has seen:"
    )
    yield ""
    yield "| fitted on | AUC where fitted | AUC unseen | signature's weight | slope | intercept |"
    yield "|---|---|---|---|---|---|"
    for row in leak:
        name = {"in_sample": "in-sample, as in the paper", "out_of_fold": "out-of-fold"}
        yield (
            f"| {name[row.fitted_on]} | {_worded_auc(row.training)} | {_worded_auc(row.unseen)} "
            f"| {row.coefficient:.2f} | {row.slope:.2f} | {row.intercept:+.2f} |"
        )
    yield ""


def _worded_auc(found: AucEstimate | None) -> str:
    if found is None:
        return NOTHING
    if found.ci95 is None:
        return f"{found.auc:.3f}"
    return f"{found.auc:.3f} ({found.ci95[0]:.3f} to {found.ci95[1]:.3f})"


def _worded_difference(test: DelongTest | None) -> str:
    return NOTHING if test is None else _interval(test.difference, test.ci95)


def _worded_folds(found: FoldwiseDifference | None) -> str:
    return NOTHING if found is None else _interval(found.mean, found.ci95)


def _interval(value: float, ci95: tuple[float, float] | None) -> str:
    if ci95 is None:
        return f"{value:+.3f}"
    return f"{value:+.3f} ({ci95[0]:+.3f} to {ci95[1]:+.3f})"


def _number(value: float | None, form: str) -> str:
    return NOTHING if value is None else format(value, form)


def draw_differences(
    results: Sequence[ArmResult], facts: Mapping[str, object], suffix: str
) -> bytes:
    """Draw every arm's difference to the reference with its interval.

    Parameters
    ----------
    results : sequence of ArmResult
        The reference first.
    facts : mapping
        Budget, printed below.
    suffix : str
        ``"svg"`` or ``"png"``.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    others = results[1:]
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "ablation", "font.size": 9}):
        figure = Figure(figsize=(8.4, 1.6 + 0.34 * max(len(others), 1)), layout="constrained")
        axes = figure.subplots(1, 2, sharey=True, sharex=True)
        panels = [[one.difference for one in others], [one.unseen_difference for one in others]]
        titles = ("out of fold", "cohorts that no network has seen")
        for axis, tests, title in zip(axes, panels, titles, strict=True):
            axis.axvline(0, color="0.6", linewidth=0.8)
            for place, test in enumerate(tests):
                if test is not None:
                    axis.plot(test.ci95, (place, place), color="#31688e", linewidth=1.4)
                    axis.plot(test.difference, place, "o", color="#31688e", markersize=4.5)
            axis.set_title(title, fontsize=9)
            axis.set_xlabel("difference of AUC, 95 % interval")
            axis.spines[["top", "right", "left"]].set_visible(False)
        axes[0].set_yticks(range(len(others)), [one.arm.words for one in others])
        axes[0].invert_yaxis()
        axes[0].tick_params(axis="y", length=0)
        figure.suptitle(f"Beside: {results[0].arm.words}", fontsize=10)
        figure.text(0.01, -0.04, budget_sentence(facts), fontsize=7.5, color="0.35")
        stream = io.BytesIO()
        metadata = {"Date": None} if suffix == "svg" else None
        figure.savefig(stream, format=suffix, metadata=metadata, dpi=150, bbox_inches="tight")
    return stream.getvalue()
