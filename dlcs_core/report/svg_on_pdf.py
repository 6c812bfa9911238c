"""Draw the printed figures' SVG onto a PDF page as vectors.

Only what :mod:`dlcs_core.report.print_figures` writes is understood: text, circle, path of straight
lines, polyline, polygon and image. Anything else is an error, so that no part of a figure can go
missing silently.
"""

import base64
import io
import re
from collections.abc import Callable
from xml.etree import ElementTree

from fpdf import FPDF

SVG = "{http://www.w3.org/2000/svg}"
TEXT_PX = {"": 11.0, "small": 9.5, "dot": 9.5, "on": 6.0}
TEXT_COLOR = {"dot": "#a34600", "on": "#ffffff"}
INK = "#1c2733"
MM_PER_POINT = 25.4 / 72

Place = tuple[float, float]


def draw_svg(pdf: FPDF, svg: str, x_mm: float, y_mm: float, width_mm: float) -> float:
    """Draw a figure with its upper left corner at a place; return its height in mm.

    Parameters
    ----------
    pdf : FPDF
        Document with a font chosen and unit mm.
    svg : str
        From :mod:`dlcs_core.report.print_figures`.
    x_mm, y_mm, width_mm : float
        Where it stands and how wide it is.

    Raises
    ------
    ValueError
        If the figure holds an element that this drawing does not know.
    """
    root = ElementTree.fromstring(svg)  # noqa: S314 - ours, never a user's file
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    scale = width_mm / width

    def place(x: float, y: float) -> Place:
        return x_mm + (x - left) * scale, y_mm + (y - top) * scale

    with pdf.rect_clip(x_mm, y_mm, width_mm, height * scale):
        for element in root:
            name = element.tag.removeprefix(SVG)
            if name not in _DRAW:
                raise ValueError(f"a figure with <{name}> cannot be drawn on PDF")
            with pdf.local_context():
                _DRAW[name](pdf, element, place, scale)
    return height * scale


Placing = Callable[[float, float], Place]


def _number(element: ElementTree.Element, name: str) -> float:
    return float(element.attrib.get(name, "0"))


def _draw_text(pdf: FPDF, element: ElementTree.Element, place: Placing, scale: float) -> None:
    kind = element.attrib.get("class", "")
    text = "".join(element.itertext())
    pdf.set_font_size(TEXT_PX[kind] * scale / MM_PER_POINT)
    pdf.set_text_color(TEXT_COLOR.get(kind, INK))
    x, y = place(_number(element, "x"), _number(element, "y"))
    share = {"middle": 0.5, "end": 1.0}.get(element.attrib.get("text-anchor", ""), 0.0)
    pdf.text(x - share * pdf.get_string_width(text), y, text)


def _draw_circle(pdf: FPDF, element: ElementTree.Element, place: Placing, scale: float) -> None:
    x, y = place(_number(element, "cx"), _number(element, "cy"))
    style = _prepare(pdf, element, scale)
    pdf.circle(x=x, y=y, radius=_number(element, "r") * scale, style=style)


def _draw_path(pdf: FPDF, element: ElementTree.Element, place: Placing, scale: float) -> None:
    points = _points(element.attrib["d"], place)
    _prepare(pdf, element, scale)
    pdf.polyline(points)


def _draw_polyline(pdf: FPDF, element: ElementTree.Element, place: Placing, scale: float) -> None:
    points = _points(element.attrib["points"], place)
    _prepare(pdf, element, scale)
    if len(points) > 1:
        pdf.polyline(points)


def _draw_polygon(pdf: FPDF, element: ElementTree.Element, place: Placing, scale: float) -> None:
    points = _points(element.attrib["points"], place)
    style = _prepare(pdf, element, scale)
    opacity = float(element.attrib.get("fill-opacity", "1"))
    if len(points) > 2:
        with pdf.local_context(fill_opacity=opacity):
            pdf.polygon(points, style=style)


def _draw_image(pdf: FPDF, element: ElementTree.Element, place: Placing, scale: float) -> None:
    x, y = place(_number(element, "x"), _number(element, "y"))
    width, height = _number(element, "width") * scale, _number(element, "height") * scale
    content = base64.b64decode(element.attrib["href"].split(",", 1)[1])
    pdf.image(io.BytesIO(content), x=x, y=y, w=width, h=height)


def _points(text: str, place: Placing) -> list[Place]:
    numbers = [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", text)]
    return [place(x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]


def _prepare(pdf: FPDF, element: ElementTree.Element, scale: float) -> str:
    """Set colours, width and dashes; return the style letters."""
    fill, stroke = element.attrib.get("fill", "none"), element.attrib.get("stroke")
    if fill != "none":
        pdf.set_fill_color(_color(fill))
    if stroke:
        pdf.set_draw_color(_color(stroke))
        pdf.set_line_width(float(element.attrib.get("stroke-width", "1")) * scale)
    dashes = [float(one) * scale for one in element.attrib.get("stroke-dasharray", "").split()]
    if dashes:
        pdf.set_dash_pattern(*dashes)
    return ("F" if fill != "none" else "") + ("D" if stroke else "") or "D"


def _color(text: str) -> str:
    return "#ffffff" if text == "white" else text


_DRAW: dict[str, Callable[[FPDF, ElementTree.Element, Placing, float], None]] = {
    "text": _draw_text,
    "circle": _draw_circle,
    "path": _draw_path,
    "polyline": _draw_polyline,
    "polygon": _draw_polygon,
    "image": _draw_image,
}
