import numpy as np

from dlcs_core.figures.correlation import correlation_figure

RHO = np.array([[1.0, 0.5, np.nan], [0.5, 1.0, -0.25], [np.nan, -0.25, 1.0]])
COUNT = np.array([[9, 8, 0], [8, 9, 7], [0, 7, 9]])


def test_the_map_is_the_lower_triangle_and_blank_without_a_number():
    (drawn,) = correlation_figure(["a", "<b>", "c"], RHO, COUNT).data
    cells = [[None if v is None or np.isnan(v) else v for v in line] for line in drawn.z]
    assert cells == [[0.5, None], [None, -0.25]]
    assert list(drawn.x) == ["a", "&#60;b&#62;"]
    assert list(drawn.y) == ["&#60;b&#62;", "c"]
    assert np.asarray(drawn.customdata).tolist() == [[8, 9], [0, 7]]
    assert (drawn.zmin, drawn.zmax) == (-1, 1)
