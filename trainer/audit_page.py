"""A report as a list of sections, and how it is written: Markdown without pictures, HTML with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jinja2 import Environment, StrictUndefined
from numpy.typing import NDArray

from dlcs_core.figures.png import data_png
from trainer.model_card import RESEARCH_USE


@dataclass(frozen=True)
class Table:
    """Rows under a header; every cell is text."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Picture:
    """A picture for the HTML report: grey values, and what the columns are."""

    pixels: NDArray[np.uint8]
    caption: str


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it, in the order of the fields."""

    title: str
    before: tuple[str, ...] = ()
    table: Table | None = None
    picture: Picture | None = None
    after: tuple[str, ...] = ()


def as_markdown(sections: Sequence[Section]) -> str:
    """Return the report without its pictures."""
    lines = ["# Audit of synthetic images", "", f"**{RESEARCH_USE}**"]
    for section in sections:
        lines += ["", f"## {section.title}"]
        for paragraph in section.before:
            lines += ["", paragraph]
        if section.table:
            lines += ["", *_markdown_table(section.table)]
        for paragraph in section.after:
            lines += ["", paragraph]
    return "\n".join(lines) + "\n"


def _markdown_table(table: Table) -> Iterable[str]:
    yield "| " + " | ".join(table.header) + " |"
    yield "|" + " --- |" * len(table.header)
    for row in table.rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>Audit of synthetic images</title>
<style>
body { font: 11pt/1.45 "Source Sans 3", Arial, sans-serif; color: #1c2733; max-width: 230mm;
  margin: 8mm auto; padding: 0 4mm; }
h1 { font-size: 17pt; } h2 { font-size: 12pt; margin-top: 7mm; }
table { border-collapse: collapse; font-size: 9.5pt; }
th, td { text-align: left; padding: 1mm 2.5mm; border-bottom: 1px solid #e6ebf0;
  font-variant-numeric: tabular-nums; }
.notice { border-left: 1.2mm solid #d55e00; background: #fff6ef; padding: 1.2mm 3mm; }
figure { margin: 4mm 0; } figcaption { color: #4d5b69; font-size: 9pt; }
img { image-rendering: pixelated; max-width: 100%; background: #000; }
</style>
</head>
<body>
<h1>Audit of synthetic images</h1>
<p class="notice">{{ research_use }}</p>
{% macro paragraph(text) %}
<p>{% for piece in text.split("**") %}{% if loop.index0 is odd %}<b>{{ piece }}</b>{% else %}{{ piece }}{% endif %}{% endfor %}</p>
{% endmacro %}
{% for section in sections %}
<section>
<h2>{{ section.title }}</h2>
{% for text in section.before %}{{ paragraph(text) }}{% endfor %}
{% if section.table %}
<table>
<tr>{% for cell in section.table.header %}<th>{{ cell }}</th>{% endfor %}</tr>
{% for row in section.table.rows %}
<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}
</table>
{% endif %}
{% if section.picture %}
<figure><img width="{{ 2 * section.picture.pixels.shape[1] }}" alt="{{ section.picture.caption }}" src="{{ address(section.picture.pixels) }}">
<figcaption>{{ section.picture.caption }}</figcaption></figure>
{% endif %}
{% for text in section.after %}{{ paragraph(text) }}{% endfor %}
</section>
{% endfor %}
</body>
</html>
"""  # noqa: E501 - HTML


def as_html(sections: Sequence[Section]) -> str:
    """Return the report as one page that asks for nothing and runs nothing.

    What stands between double stars is bold; everything else is escaped.
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.from_string(PAGE)
    return page.render(sections=sections, address=data_png, research_use=RESEARCH_USE)
