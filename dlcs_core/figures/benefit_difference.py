"""How much more use one score is than another, over all thresholds."""

import plotly.graph_objects as go

from dlcs_core.figures.theme import BLUE, INK, literal, new_figure, translucent
from dlcs_core.statistics.bootstrap import NetBenefitDifference
from dlcs_core.translation import sentence


def benefit_difference_figure(
    found: NetBenefitDifference, name: str, language: str = "en"
) -> go.Figure:
    """Draw the difference in net benefit with its pointwise interval.

    Parameters
    ----------
    found : NetBenefitDifference
        One score less another.
    name : str
        Display name of the pair.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        Two limits and the difference; the line at 0 is no difference.
    """
    figure = new_figure(
        x_title="fig_threshold", y_title="fig_benefit_difference", language=language, height=340
    )
    interval = sentence("fig_interval", language, name=literal(name))
    for limit, fill in ((found.ci95_high, None), (found.ci95_low, "tonexty")):
        figure.add_scatter(
            x=found.threshold, y=limit, mode="lines", line={"width": 0}, fill=fill, name=interval,
            fillcolor=translucent(BLUE, 0.16), showlegend=False, hoverinfo="skip",
        )  # fmt: skip
    figure.add_scatter(
        x=found.threshold, y=found.difference, mode="lines", line={"color": BLUE, "width": 2},
        name=literal(name), showlegend=True,
        hovertemplate=sentence("fig_net_benefit_hover", language) + "<extra></extra>",
    )  # fmt: skip
    figure.add_hline(y=0.0, line={"color": INK, "width": 1})
    return figure.update_xaxes(range=[0, 1], tickformat=".0%")
