from itertools import pairwise

from dlcs_core.figures.flow_diagram import FlowBox, flow_figure

BOXES = (
    FlowBox("Rows: 20"),
    FlowBox("Usable: 17", ("2 rows refused: sex", "1 row refused: <b>")),
    FlowBox("Analysed", below=("DLCS: 17", "other: 15")),
)


def test_every_line_of_every_box_is_drawn_as_text():
    figure = flow_figure(BOXES, "Flow")
    texts = "\n".join(annotation.text for annotation in figure.layout.annotations)
    for box in BOXES:
        assert f"<b>{box.title}</b>" in texts
    assert "2 rows refused: sex<br>1 row refused: &#60;b&#62;" in texts
    assert "DLCS: 17<br>other: 15" in texts


def test_boxes_follow_each_other_without_overlap():
    figure = flow_figure(BOXES, "Flow")
    boxes = sorted((s.y0, s.y1) for s in figure.layout.shapes if s.type == "rect" and s.x0 < 0.2)
    assert len(boxes) == len(BOXES)
    for (_, bottom), (top, _) in pairwise(boxes):
        assert bottom < top
    assert boxes[-1][1] < figure.layout.yaxis.range[0]


def test_an_arrow_leads_to_every_box_but_the_first():
    figure = flow_figure(BOXES, "Flow")
    assert sum(bool(a.showarrow) for a in figure.layout.annotations) == len(BOXES) - 1
