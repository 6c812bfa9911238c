"""How a score's predictions are spread in responders and others."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from dlcs_core.figures.theme import INK, OKABE_ITO, TEMPLATE, literal
from dlcs_core.translation import sentence

N_BINS = 50


def risk_histogram_figure(
    risks: Mapping[str, tuple[NDArray[np.float64], NDArray[np.bool_]]], language: str = "en"
) -> go.Figure:
    """Draw predictions of good responders upwards and of the others downwards.

    Parameters
    ----------
    risks : mapping of str to (array of float64, array of bool)
        Display name of each score, its probabilities and the outcome.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        One panel per score with two bar traces, on fifty bins of [0, 1].
    """
    panels = make_subplots(
        rows=len(risks), shared_xaxes=True, vertical_spacing=0.3 / len(risks),
        subplot_titles=[literal(name) for name in risks],
    )  # fmt: skip
    figure = go.Figure(panels).update_layout(template=TEMPLATE, height=380, margin={"t": 24})
    edges = np.linspace(0.0, 1.0, N_BINS + 1)
    for row, (name, (risk, good)) in enumerate(risks.items(), 1):
        for members, sign, code in ((good, 1, "fig_good_of"), (~good, -1, "fig_poor_of")):
            counts, _ = np.histogram(risk[members], bins=edges)
            figure.add_bar(
                x=(edges[:-1] + edges[1:]) / 2, y=sign * counts, customdata=counts,
                name=sentence(code, language, name=literal(name)), showlegend=False,
                marker={"color": OKABE_ITO[(row - 1) % len(OKABE_ITO)]},
                opacity=0.9 if sign > 0 else 0.45,
                hovertemplate="%{x:.0%}: %{customdata}<extra></extra>", row=row, col=1,
            )  # fmt: skip
    figure.update_annotations(font={"size": 12, "color": INK})
    figure.update_xaxes(range=[-0.01, 1.01], tickformat=".0%")
    figure.update_xaxes(title_text=sentence("fig_predicted", language), row=len(risks))
    return figure.update_layout(barmode="overlay", bargap=0.05)
