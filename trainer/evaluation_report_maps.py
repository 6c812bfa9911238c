"""Sections with pictures: heat maps by grade (Figure 4B), the area test, failure cases.

The paper says that good responders commonly have larger red areas. Red there is relative to each
picture's own maximum, so that every map has a red area. Here an area is hot where the map exceeds
one value for all patients, inside the outline, and its size is adjusted for that of the tumour.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcs_core.network.gradcam import cells_to_pixels
from dlcs_core.report.table_one_text import p_text
from trainer.cache import read_masks
from trainer.evaluation_report_document import Block, Picture, Section, Table, png_bytes
from trainer.evaluation_report_sources import ReportMaterial

MAP_VIEWS = 2
"""A single view looks 7.5 px aside; two undo it."""

MOST_MAPPED = 400
HOT_QUANTILE = 0.9
"""Hot is what exceeds this quantile of the pixels inside all outlines together."""

PER_GRADE, FAILURES = 4, 4
FEWEST = 10
MM2_PER_PIXEL = 1.0
"""Model inputs have pixels of 1 mm."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class MappedPatients:
    """Activation maps of patients that no network was trained on.

    Attributes
    ----------
    rows : int64 array (n,)
        In the cohort table.
    maps : float64 array (n, 112, 112)
        Logit units per cell, on one scale.
    masks : bool array (n, 112, 112)
        Outline on the key slice.
    hot_from : float
        Smallest hot value, the same for everybody.
    """

    rows: NDArray[np.int64]
    maps: Floats
    masks: Bools
    hot_from: float

    @property
    def hot_mm2(self) -> Floats:
        """Hot area inside each outline."""
        hot: Floats = ((self.maps >= self.hot_from) & self.masks).sum((1, 2)) * MM2_PER_PIXEL
        return hot

    @property
    def tumor_mm2(self) -> Floats:
        """Area of each outline."""
        area: Floats = self.masks.sum((1, 2)) * MM2_PER_PIXEL
        return area


@dataclass(frozen=True)
class AreaTest:
    """Hot area of good responders beside that of others with a tumour of the same size.

    Attributes
    ----------
    n, good : int
        Patients.
    difference_mm2 : float
        Coefficient of good response in a linear regression of hot area on response and area.
    ci95 : tuple of float
        By heteroscedasticity-consistent errors (HC3) and Student's t.
    p : float
        Two-sided.
    """

    n: int
    good: int
    difference_mm2: float
    ci95: tuple[float, float]
    p: float


def area_test(hot_mm2: Floats, tumor_mm2: Floats, good_response: Bools) -> AreaTest | None:
    """Test whether good responders have larger hot areas, adjusted for the tumour's area.

    Parameters
    ----------
    hot_mm2, tumor_mm2 : float64 array (n,)
        Of each patient.
    good_response : bool array (n,)
        Outcome.

    Returns
    -------
    AreaTest or None
        None with fewer than ten patients, one class, or areas that do not vary.
    """
    from scipy.special import stdtr, stdtrit

    n = len(hot_mm2)
    design = np.column_stack([np.ones(n), good_response.astype(float), tumor_mm2])
    if n < FEWEST or np.linalg.matrix_rank(design) < 3 or np.ptp(hot_mm2) == 0:
        return None
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ design.T @ hot_mm2
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    residual = (hot_mm2 - design @ coefficients) / np.maximum(1.0 - leverage, 1e-9)
    covariance = inverse @ (design.T * residual**2) @ design @ inverse
    se = float(np.sqrt(covariance[1, 1]))
    if se == 0.0:
        return None
    estimate = float(coefficients[1])
    reach = float(stdtrit(n - 3, 0.975)) * se
    return AreaTest(
        n,
        int(good_response.sum()),
        estimate,
        (estimate - reach, estimate + reach),
        float(2 * stdtr(n - 3, -abs(estimate / se))),
    )


def map_patients(material: ReportMaterial) -> MappedPatients | None:
    """Compute the served maps of held-out patients; None where there are none."""
    held_out = np.flatnonzero((material.table["cohort"] != "training").to_numpy(bool))
    if not held_out.size:
        return None
    rows = held_out[np.linspace(0, held_out.size - 1, min(held_out.size, MOST_MAPPED)).astype(int)]
    network = material.bundle.network()
    masks = read_masks(material.cache.directory)[rows, 1] > 0
    views = min(MAP_VIEWS, material.bundle.manifest.n_views)
    maps = np.stack(
        [
            cells_to_pixels(network.run_views(np.array(material.cache.images[row]), views).cam)
            for row in rows
        ]
    )
    inside = maps[masks]
    hot_from = float(np.quantile(inside, HOT_QUANTILE)) if inside.size else 0.0
    return MappedPatients(rows, maps, masks, max(hot_from, np.finfo(float).tiny))


def maps_section(material: ReportMaterial, mapped: MappedPatients | None) -> Section:
    """Figure 4B: maps by grade on one scale, and the area test."""
    title = "Figure 4B: where the network looks, by tumour regression grade"
    if mapped is None:
        return Section(title, ("There are no held-out patients.",))
    table = material.table.iloc[mapped.rows]
    good = table["good_response"].to_numpy(bool)
    blocks: list[Block] = [
        f"Grad-CAM of the logit of good response, mean of the networks, on {len(mapped.rows)} "
        "held-out patients. All maps share one scale in logit units, so that a map without heat "
        f"stays empty. Hot is what exceeds {mapped.hot_from:.3g}, the {HOT_QUANTILE:.0%} quantile "
        "inside all outlines together.",
        area_words(area_test(mapped.hot_mm2, mapped.tumor_mm2, good)),
    ]
    if "trg" in table and table["trg"].notna().any():
        grade = table["trg"].to_numpy(float)
        blocks.append(_area_table(mapped, grade))
        if material.cache.synthetic:
            blocks.append(
                Picture(
                    "heat_maps_by_grade", draw_gallery(material, mapped, grade), "png",
                    "Held-out phantoms drawn by lot, a row a grade (TRG 0 to 3): key slice, "
                    "outline (white) and heat on one scale for all",
                )
            )  # fmt: skip
    return Section(title, tuple(blocks))


def area_words(found: AreaTest | None) -> str:
    """Word the area test."""
    if found is None:
        return "The areas cannot be compared: too few patients, one class, or no heat at all."
    low, high = found.ci95
    answer = "do" if low > 0 else "do not" if high < 0 else "cannot be said to"
    return (
        f"**Good responders {answer} have larger hot areas**: difference "
        f"{found.difference_mm2:+.0f} mm2 ({low:+.0f} to {high:+.0f}), P {p_text(found.p)}, "
        f"linear regression on response and area of the outline, HC3 errors, {found.n} patients, "
        f"{found.good} good responders. The heat of a map adds up to what the logit is made of, so "
        "that this says little more than that the score is higher in good responders."
    )


def _area_table(mapped: MappedPatients, grade: Floats) -> Table:
    share = mapped.hot_mm2 / np.maximum(mapped.tumor_mm2, 1.0)
    rows = []
    for one in range(4):
        own = grade == one
        if own.any():
            rows.append(
                (f"TRG {one}", str(int(own.sum())), f"{np.median(mapped.hot_mm2[own]):.0f}",
                 f"{np.median(mapped.tumor_mm2[own]):.0f}", f"{np.median(share[own]):.2f}")
            )  # fmt: skip
    header = ("grade", "n", "hot area, mm2", "outline, mm2", "hot share of the outline")
    return Table(header, tuple(rows), "Medians")


def draw_gallery(material: ReportMaterial, mapped: MappedPatients, grade: Floats) -> bytes:
    """Draw maps of patients drawn by lot, a row a grade."""
    rng = np.random.default_rng(0)
    chosen = [
        rng.permutation(np.flatnonzero(grade == one))[:PER_GRADE].tolist() for one in range(4)
    ]
    titles = [f"TRG {one}" for one in range(4)]
    return _draw_rows(material, mapped, chosen, titles)


def failures_section(material: ReportMaterial, mapped: MappedPatients | None) -> Section:
    """Show the held-out patients whom the DLCS gets most wrong, with pictures of phantoms only."""
    title = "Failure cases"
    if mapped is None:
        return Section(title, ("There are no held-out patients.",))
    table = material.table.iloc[mapped.rows]
    score, good = table["dlcs"].to_numpy(float), table["good_response"].to_numpy(bool)
    missed, alarmed = (
        [int(place) for place in order if np.isfinite(score[place])][:FAILURES]
        for order in (
            sorted(np.flatnonzero(good), key=lambda place: score[place]),
            sorted(np.flatnonzero(~good), key=lambda place: -score[place]),
        )
    )
    area = mapped.tumor_mm2
    rows = tuple(
        (kind, str(table["center"].iloc[place]), f"{score[place]:.3f}",
         f"{table['dl_signature'].iloc[place]:.3f}", f"{area[place]:.0f}")
        for kind, places in (("good, called poor", missed), ("poor, called good", alarmed))
        for place in places
    )  # fmt: skip
    blocks: list[Block] = [
        "The lowest DLCS among good responders and the highest among others, held-out cohorts.",
        Table(("response", "centre", "DLCS", "DL signature", "outline, mm2"), rows),
    ]
    if material.cache.synthetic:
        drawn = _draw_rows(material, mapped, [missed, alarmed], ["good, low DLCS", "poor, high"])
        caption = "Failure cases in the order of the table, heat on the gallery's scale"
        blocks.append(Picture("failures", drawn, "png", caption))
    else:
        blocks.append("Patients are not shown.")
    return Section(title, tuple(blocks))


def _draw_rows(
    material: ReportMaterial,
    mapped: MappedPatients,
    places: list[list[int]],
    titles: list[str],
) -> bytes:
    """Draw rows of key slices with outline and heat."""
    from matplotlib.figure import Figure

    columns = max((len(row) for row in places), default=1) or 1
    figure = Figure(figsize=(1.9 * columns, 2.05 * len(places)), layout="constrained")
    axes: Any = figure.subplots(len(places), columns, squeeze=False)
    top = max(float(np.quantile(mapped.maps, 0.999)), mapped.hot_from)
    for line, row, title in zip(axes, places, titles, strict=True):
        for number, axis in enumerate(line):
            axis.set_axis_off()
            if number < len(row):
                _draw_case(axis, material, mapped, row[number], top)
        line[0].set_title(title, fontsize=9, loc="left")
    return png_bytes(figure)


def _draw_case(
    axis: Any, material: ReportMaterial, mapped: MappedPatients, place: int, top: float
) -> None:
    """Draw one key slice; heat is transparent where there is none."""
    row = mapped.rows[place]
    axis.imshow(material.cache.images[row][1], cmap="gray", vmin=0, vmax=1)
    heat = mapped.maps[place]
    alpha = np.clip(heat / top, 0.0, 1.0) * 0.75
    axis.imshow(heat, cmap="inferno", vmin=0, vmax=top, alpha=alpha)
    axis.contour(mapped.masks[place], levels=[0.5], colors="white", linewidths=0.6)
    if heat.min() < mapped.hot_from < heat.max():
        axis.contour(heat, levels=[mapped.hot_from], colors="#ff3b30", linewidths=0.8)
    score = float(material.table["dlcs"].iloc[row])
    if np.isfinite(score):
        axis.text(2, 109, f"DLCS {score:.2f}", color="white", fontsize=7)
