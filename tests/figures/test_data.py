import csv
import io

import plotly.graph_objects as go

from dlcs_core.figures.data import figure_csv


def rows_of(figure):
    return list(csv.DictReader(io.StringIO(figure_csv(figure))))


def test_every_point_of_every_trace_is_a_row():
    figure = go.Figure([go.Scatter(x=[1, 2], y=[3.5, None], name="a"), go.Bar(x=["T1"], y=[4])])
    assert rows_of(figure) == [
        {"trace": "a", "x": "1", "y": "3.5", "z": ""},
        {"trace": "a", "x": "2", "y": "", "z": ""},
        {"trace": "", "x": "T1", "y": "4", "z": ""},
    ]


def test_a_map_gives_its_values_at_their_places():
    figure = go.Figure(go.Heatmap(z=[[0.5, 1.0]], x=[10.0, 11.0], y=[7.0], name="heat"))
    assert rows_of(figure) == [
        {"trace": "heat", "x": "10.0", "y": "7.0", "z": "0.5"},
        {"trace": "heat", "x": "11.0", "y": "7.0", "z": "1.0"},
    ]


def test_no_cell_is_a_formula():
    figure = go.Figure(go.Bar(x=["=1+1"], y=[-2.0], name="@cmd"))
    (row,) = rows_of(figure)
    assert row["x"] == "'=1+1"
    assert row["trace"] == "'@cmd"
    assert row["y"] == "-2.0"
