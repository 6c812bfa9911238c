"""The nomogram of a model, with one patient's points on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import plotly.graph_objects as go

from dlcs_core.clinical.variables import VARIABLE_BY_NAME
from dlcs_core.figures.icon_array import of_hundred_text
from dlcs_core.figures.theme import INK, MUTED, TEMPLATE, VERMILLION, literal
from dlcs_core.models.design import probability_of
from dlcs_core.models.nomogram import Nomogram, NomogramAxis, NomogramReading, OutcomeAxis
from dlcs_core.translation import sentence

ROW_PX = 54
SCALE_POINTS = 100.0
"""Length of every line on paper: the total's line is compressed to the same length."""
CHARACTER_POINTS = 1.8
"""Width of a character on a line of the usual width: texts nearer than theirs are left out."""

Tick = tuple[float, str]


@dataclass(frozen=True)
class NomogramWords:
    """What stands on a nomogram of variables that are not ours.

    Attributes
    ----------
    name : callable
        Variable to its display name.
    tick, value : callable
        Variable, and a number or level, to the text on its line: of the axis, of the patient.
    """

    name: Callable[[str], str]
    tick: Callable[[str, float | str], str]
    value: Callable[[str, float | str], str]


def words_of(language: str) -> NomogramWords:
    """Return the words of the clinical variables and the DL signature."""
    return NomogramWords(
        lambda variable: sentence(f"variable.{variable}", language),
        partial(_tick_text, language=language),
        partial(_value_text, language=language),
    )


def nomogram_figure(
    nomogram: Nomogram,
    reading: NomogramReading | None = None,
    language: str = "en",
    *,
    words: NomogramWords | None = None,
    survival: Sequence[float] = (),
) -> go.Figure:
    """Draw points, one line per variable, total points and what they mean.

    Parameters
    ----------
    nomogram : Nomogram
        As made in :mod:`dlcs_core.models.nomogram`.
    reading : NomogramReading, optional
        The patient's points.
    language : str
        Language of the words.
    words : NomogramWords, optional
        Of the variables; those of the clinical variables by default.
    survival : sequence of float
        The patient's survival at each horizon, in [0, 1]; empty for the nomogram of a response.

    Returns
    -------
    plotly Figure
        Per line a trace of ticks; with a reading a last trace with the patient's dots.
    """
    rows = nomogram_rows(nomogram, language, words)
    figure = go.Figure(layout={"template": TEMPLATE, "height": 40 + ROW_PX * len(rows)})
    for row, (name, ticks) in enumerate(rows):
        _add_line(figure, row, name, ticks)
    if reading is not None:
        dots = patient_dots(nomogram, reading, language, words=words, survival=survival)
        _add_patient(figure, dots, language)
    figure.update_xaxes(visible=False, range=[-2, SCALE_POINTS + 4])
    figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=[name for name, _ in rows], showgrid=False,
        range=[len(rows) - 0.4, -0.6], showline=False, ticks="", automargin=True,
    )  # fmt: skip
    figure.update_layout(margin={"t": 8, "b": 8}, showlegend=False)
    return figure


def nomogram_rows(
    nomogram: Nomogram, language: str, words: NomogramWords | None = None
) -> list[tuple[str, list[Tick]]]:
    """Return the lines from top to bottom: name and ticks at their place from 0 to 100."""
    words = words or words_of(language)
    most = nomogram.most_total_points
    rows = [(sentence("fig_points", language), [(float(p), str(p)) for p in range(0, 101, 10)])]
    for axis in nomogram.axes:
        rows.append((literal(words.name(axis.variable)), _ticks(axis, words)))
    step = next(s for s in (10, 20, 50, 100) if most / s <= 12 or s == 100)
    totals = [(p / most * SCALE_POINTS, str(p)) for p in range(0, int(most) + 1, step)]
    rows.append((sentence("fig_total_points", language), totals))
    for outcome in nomogram.outcome:
        pairs = zip(outcome.total_points, outcome.probabilities, strict=True)
        marked = [(total / most * SCALE_POINTS, f"{p:.0%}") for total, p in pairs]
        rows.append((_outcome_name(outcome, language), marked))
    return rows


def _outcome_name(outcome: OutcomeAxis, language: str) -> str:
    if outcome.horizon_months is None:
        return sentence("fig_probability_good_response", language)
    return sentence("fig_survival_at", language, months=f"{outcome.horizon_months:g}")


def _ticks(axis: NomogramAxis, words: NomogramWords) -> list[Tick]:
    texts = [literal(words.tick(axis.variable, label)) for label in axis.labels]
    return list(zip(axis.points, texts, strict=True))


def short_level(variable: str, level: str, language: str) -> str:
    """Return the name of a level without its explanation in brackets."""
    worded = sentence(f"level.{variable}.{level}", language)
    return worded.split(" (")[0].split("（")[0]


def _add_line(figure: go.Figure, row: int, name: str, ticks: Sequence[Tick]) -> None:
    places = [place for place, _ in ticks]
    figure.add_scatter(
        x=places, y=[row] * len(places), mode="lines+markers+text", name=name,
        line={"color": MUTED, "width": 1.5}, text=readable(ticks), textposition="top center",
        textfont={"size": 11, "color": INK}, hoverinfo="skip", cliponaxis=False,
        marker={"symbol": "line-ns-open", "size": 9, "color": MUTED},
    )  # fmt: skip


def readable(ticks: Sequence[Tick]) -> list[str]:
    """Return the texts of the ticks, empty where one would be printed over its neighbour."""
    shown, last = {}, None
    for place, text in sorted(ticks):
        if last is None or place - last >= CHARACTER_POINTS * (len(text) + 1):
            shown[place, text], last = text, place
    return [shown.get(tick, "") for tick in ticks]


@dataclass(frozen=True)
class PatientDot:
    """One dot of a patient on a nomogram.

    Attributes
    ----------
    place : float
        On the line, from 0 to 100; at its end where the value lies beyond it.
    beyond : {-1, 0, 1}
        On which side of the line the value lies.
    points : float
        Exact points, also beyond the line.
    text : str
        The value.
    """

    place: float
    beyond: int
    points: float
    text: str


def patient_dots(
    nomogram: Nomogram,
    reading: NomogramReading,
    language: str,
    *,
    words: NomogramWords | None = None,
    survival: Sequence[float] = (),
) -> list[PatientDot]:
    """Return a patient's dots from the first variable's line to the last outcome's.

    Parameters
    ----------
    nomogram : Nomogram
        The model's.
    reading : NomogramReading
        The patient's points.
    language : str
        Language of the values.
    words, survival
        As in :func:`nomogram_figure`.
    """
    words = words or words_of(language)
    dots = [
        _dot(entry.points, entry.points, words.value(entry.variable, entry.value))
        for entry in reading.variables
    ]
    total = reading.total_points
    place = total / nomogram.most_total_points * SCALE_POINTS
    outcomes = survival or [probability_of(reading.linear_predictor)]
    texts = [f"{total:.0f}", *map(_percent, outcomes)]
    return dots + [_dot(place, total, text) for text in texts[: 1 + len(nomogram.outcome)]]


def _dot(place: float, points: float, text: str) -> PatientDot:
    inside = min(max(place, 0.0), SCALE_POINTS)
    return PatientDot(inside, (place > SCALE_POINTS) - (place < 0), points, text)


def _add_patient(figure: go.Figure, dots: Sequence[PatientDot], language: str) -> None:
    """Add the patient's dots; a value beyond a line is an arrow at its end."""
    symbols = {-1: "triangle-left", 0: "circle", 1: "triangle-right"}
    figure.add_scatter(
        x=[dot.place for dot in dots], y=list(range(1, len(dots) + 1)), mode="markers+text",
        marker={
            "size": 13, "color": VERMILLION, "line": {"color": "white", "width": 1.5},
            "symbol": [symbols[dot.beyond] for dot in dots],
        },
        text=[literal(dot.text) for dot in dots], textposition="bottom center", cliponaxis=False,
        textfont={"size": 12, "color": VERMILLION}, customdata=[dot.points for dot in dots],
        name=sentence("fig_this_patient", language),
        hovertemplate=sentence("fig_nomogram_hover", language) + "<extra></extra>",
    )  # fmt: skip


def _tick_text(variable: str, label: float | str, language: str) -> str:
    """Return a tick or level of an axis."""
    if isinstance(label, str):
        return short_level(variable, label, language)
    return f"{label:g}" if variable in VARIABLE_BY_NAME else f"{label:.0%}"


def _value_text(variable: str, value: float | str, language: str) -> str:
    """Return a patient's value as it is written on its line."""
    if isinstance(value, str):
        return short_level(variable, value, language)
    return f"{value:g}" if variable in VARIABLE_BY_NAME else _percent(value)


def _percent(probability: float) -> str:
    return f"{of_hundred_text(probability)}%"
