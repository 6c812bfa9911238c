"""A report of paragraphs, tables and figures, written as Markdown with files and as one HTML page.

The page runs nothing and asks for nothing: figures are data addresses, every text is escaped, and
what stands between double stars is bold.
"""

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from jinja2 import Environment, StrictUndefined

from trainer.checkpoint import write_atomically
from trainer.model_card import RESEARCH_USE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES = "figures"
"""Folder of the figures beside the Markdown."""

MIME = {"svg": "image/svg+xml", "png": "image/png"}


@dataclass(frozen=True)
class Table:
    """Rows under a header; every cell is text."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""


@dataclass(frozen=True)
class Picture:
    """A figure.

    Attributes
    ----------
    name : str
        Stem of its file.
    content : bytes
        SVG or PNG.
    suffix : str
        Which of the two.
    caption : str
        Also its text for those who do not see it.
    """

    name: str
    content: bytes
    suffix: Literal["svg", "png"]
    caption: str

    @property
    def file(self) -> str:
        """Path beside the Markdown."""
        return f"{FIGURES}/{self.name}.{self.suffix}"

    @property
    def address(self) -> str:
        """The picture itself as an address."""
        return f"data:{MIME[self.suffix]};base64,{base64.b64encode(self.content).decode()}"


Block = str | Table | Picture
"""A string is a paragraph."""


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


def write_document(out: Path, name: str, title: str, sections: Sequence[Section]) -> None:
    """Write ``<name>.md`` with its figures in a folder, and ``<name>.html`` in one piece.

    Parameters
    ----------
    out : Path
        Existing folder.
    name : str
        Stem of both files.
    title : str
        Heading of the whole.
    sections : sequence of Section
        Each with a title of its own.
    """
    (out / FIGURES).mkdir(exist_ok=True)
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Picture):
                write_atomically(out / block.file, block.content)
    write_atomically(out / f"{name}.md", as_markdown(title, sections).encode())
    write_atomically(out / f"{name}.html", as_html(title, sections).encode())


def as_markdown(title: str, sections: Sequence[Section]) -> str:
    """Return the report with links to its figures."""
    lines = [f"# {title}", "", f"**{RESEARCH_USE}**"]
    for section in sections:
        lines += ["", f"## {section.title}"]
        for block in section.blocks:
            lines += ["", *_markdown(block)]
    return "\n".join(lines) + "\n"


def section_markdown(section: Section) -> str:
    """Return one section without its figures, for the model card."""
    lines = [f"## {section.title}"]
    for block in section.blocks:
        if not isinstance(block, Picture):
            lines += ["", *_markdown(block)]
    return "\n".join(lines) + "\n"


def _markdown(block: Block) -> Iterable[str]:
    if isinstance(block, str):
        yield block
    elif isinstance(block, Picture):
        yield f"![{block.caption}]({block.file})"
    else:
        if block.caption:
            yield f"*{block.caption}*"
            yield ""
        yield "| " + " | ".join(block.header) + " |"
        yield "|" + " --- |" * len(block.header)
        for row in block.rows:
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width">
<title>{{ title }}</title>
<style>
body { font: 11pt/1.45 "Source Sans 3", Arial, sans-serif; color: #1c2733; max-width: 260mm;
  margin: 8mm auto; padding: 0 4mm; }
h1 { font-size: 17pt; } h2 { font-size: 13pt; margin-top: 9mm; border-top: 1px solid #c9d2db;
  padding-top: 3mm; }
nav a { margin-right: 1em; white-space: nowrap; } nav { line-height: 1.8; }
.scroll { overflow-x: auto; margin: 3mm 0; }
table { border-collapse: collapse; font-size: 9.5pt; }
caption { text-align: left; color: #4d5b69; padding-bottom: 1mm; }
th, td { text-align: left; vertical-align: top; padding: 1mm 2.5mm;
  border-bottom: 1px solid #e6ebf0; font-variant-numeric: tabular-nums; }
.notice { border-left: 1.2mm solid #d55e00; background: #fff6ef; padding: 1.2mm 3mm; }
figure { margin: 4mm 0; } figcaption { color: #4d5b69; font-size: 9pt; max-width: 200mm; }
img { max-width: 100%; }
@media print { nav { display: none; } section { break-inside: avoid-page; } }
</style>
</head>
<body>
{% macro rich(text) %}{% for piece in text.split("**") %}{% if loop.index0 is odd %}<b>{{ piece }}</b>{% else %}{{ piece }}{% endif %}{% endfor %}{% endmacro %}
<h1>{{ title }}</h1>
<p class="notice">{{ research_use }}</p>
{% if sections | length > 2 %}
<nav>{% for section in sections %}<a href="#s{{ loop.index }}">{{ section.title }}</a> {% endfor %}</nav>
{% endif %}
{% for section in sections %}
<section id="s{{ loop.index }}">
<h2>{{ section.title }}</h2>
{% for block in section.blocks %}
{% if block is string %}
<p>{{ rich(block) }}</p>
{% elif block.header is defined %}
<div class="scroll"><table>
{% if block.caption %}<caption>{{ block.caption }}</caption>{% endif %}
<tr>{% for cell in block.header %}<th>{{ cell }}</th>{% endfor %}</tr>
{% for row in block.rows %}
<tr>{% for cell in row %}<td>{{ rich(cell) }}</td>{% endfor %}</tr>
{% endfor %}
</table></div>
{% else %}
<figure><img alt="{{ block.caption }}" src="{{ block.address }}">
<figcaption>{{ block.caption }}</figcaption></figure>
{% endif %}
{% endfor %}
</section>
{% endfor %}
</body>
</html>
"""  # noqa: E501 - HTML


def as_html(title: str, sections: Sequence[Section]) -> str:
    """Return the report as one page."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.from_string(PAGE)
    return page.render(title=title, sections=sections, research_use=RESEARCH_USE)


def svg_bytes(figure: "Figure") -> bytes:
    """Return a figure as SVG, the same bytes for the same figure."""
    return _saved(figure, "svg")


def png_bytes(figure: "Figure") -> bytes:
    """Return a figure as PNG: for pictures of images."""
    return _saved(figure, "png")


def _saved(figure: "Figure", suffix: str) -> bytes:
    from matplotlib import rc_context

    stream = io.BytesIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "report", "font.size": 9}):
        metadata = {"Date": None} if suffix == "svg" else None
        figure.savefig(stream, format=suffix, dpi=150, metadata=metadata)
    return stream.getvalue()
