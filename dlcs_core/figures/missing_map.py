"""Which variables are missing, and which of them in the same patients."""

from collections.abc import Sequence

import plotly.graph_objects as go

from dlcs_core.figures.theme import BLUE, GRID, VERMILLION, literal, new_figure
from dlcs_core.statistics.missingness import Missingness
from dlcs_core.translation import sentence

MAX_PATTERNS = 24
ROW_PX = 22


def missing_share_figure(
    found: Missingness, names: Sequence[str], language: str = "en"
) -> go.Figure:
    """Draw the share of patients without a value, per variable.

    Parameters
    ----------
    found : Missingness
        Counts.
    names : sequence of str
        Display names of its variables, in their order.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        One bar per variable.
    """
    figure = new_figure(x_title="fig_missing_share", y_title="", language=language,
                        height=90 + ROW_PX * len(names))  # fmt: skip
    counts = list(found.missing.values())
    figure.add_bar(
        y=[literal(name) for name in names], x=[count / found.n for count in counts],
        orientation="h", marker={"color": BLUE}, name="", customdata=counts, showlegend=False,
        text=[str(count) if count else "" for count in counts], textposition="outside",
        hovertemplate="%{y}: %{customdata}<extra></extra>", cliponaxis=False,
    )  # fmt: skip
    figure.update_xaxes(tickformat=".0%", rangemode="tozero")
    if not any(counts):
        figure.update_xaxes(range=[0, 0.05])
    return figure.update_yaxes(autorange="reversed", automargin=True)


def missing_map_figure(found: Missingness, names: Sequence[str], language: str = "en") -> go.Figure:
    """Draw the commonest patterns: one column per pattern, filled where a variable is missing.

    Parameters
    ----------
    found : Missingness
        Patterns.
    names : sequence of str
        Display names of its variables, in their order.
    language : str
        Language of the words.

    Returns
    -------
    plotly Figure
        A heat map; the number of patients stands under each pattern.
    """
    figure = new_figure(x_title="fig_patterns", y_title="", language=language,
                        height=90 + ROW_PX * len(names))  # fmt: skip
    patterns = found.patterns[:MAX_PATTERNS]
    variables = list(found.missing)
    figure.add_heatmap(
        z=[[int(name in p.variables) for p in patterns] for name in variables],
        x=list(range(1, len(patterns) + 1)), y=[literal(name) for name in names], zmin=0, zmax=1,
        colorscale=[[0, GRID], [1, VERMILLION]], showscale=False, xgap=2, ygap=2,
        name=sentence("fig_patterns", language),
        hovertemplate="%{y}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(
        tickvals=list(range(1, len(patterns) + 1)), ticktext=[str(p.n) for p in patterns],
        showgrid=False,
    )  # fmt: skip
    return figure.update_yaxes(autorange="reversed", automargin=True, showgrid=False)
