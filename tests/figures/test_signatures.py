from dlcs_core.figures.signatures import SignatureValue, signatures_figure

VALUES = [
    SignatureValue("DL signature", 0.3, (0.2, 0.5)),
    SignatureValue("Clinical signature", None),
    SignatureValue("DLCS", 0.4),
]


def test_a_signature_without_a_probability_has_no_dot():
    dots = signatures_figure(VALUES, 0.24).data[-1]
    assert list(dots.y) == ["DL signature", "DLCS"]
    assert list(dots.text) == ["30%", "40%"]


def test_only_the_networks_range_is_drawn_and_called_disagreement(names):
    figure = signatures_figure(VALUES, 0.24)
    assert list(figure.data[0].x) == [0.2, 0.5]
    assert names(figure)[0].startswith("Model disagreement")


def test_the_prevalence_is_a_line_only_where_it_is_known():
    assert len(signatures_figure(VALUES, 0.24).layout.shapes) == 1
    assert len(signatures_figure(VALUES, None).layout.shapes) == 0
