"""A page on which a reader says of mixed images which are real; the key lies hidden in it.

Nothing leaves the page. The key is coded, not encrypted: it keeps an honest reader blinded.
"""

import base64
import json

import numpy as np
from jinja2 import Environment, StrictUndefined
from numpy.typing import NDArray

from dlcs_core.figures.png import data_png
from trainer.model_card import RESEARCH_USE

PHANTOM_NOTE = (
    "These images are computer phantoms. Whatever the outcome, it proves nothing about images of "
    "patients."
)

STYLE = """
body { font: 11pt/1.45 Arial, sans-serif; color: #1c2733; max-width: 240mm; margin: 8mm auto;
  padding: 0 4mm; }
.notice { border-left: 1.2mm solid #d55e00; background: #fff6ef; padding: 1.2mm 3mm; }
.images { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 5mm; }
fieldset { border: 1px solid #c9d2db; padding: 2mm; margin: 0; }
img { width: 100%; image-rendering: pixelated; background: #000; }
label { display: inline-block; padding: 1mm 2mm; }
button { font: inherit; padding: 2mm 5mm; margin: 5mm 0; }
fieldset.right { outline: 3px solid #0072b2; } fieldset.wrong { outline: 3px dashed #d55e00; }
"""

SCRIPT = """
const form = document.querySelector("form");
const answer = document.querySelector("output");
// Wilson's interval: holds for few images and for shares near 0 and 1.
function interval(right, n) {
  const z = 1.959964, p = right / n, d = 1 + z * z / n;
  const middle = (p + z * z / (2 * n)) / d;
  const half = z * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d;
  return [middle - half, middle + half].map(x => (100 * x).toFixed(0));
}
form.addEventListener("submit", event => {
  event.preventDefault();
  const key = JSON.parse(atob(form.dataset.key));
  const given = key.map((_, n) => form.elements["image" + n].value);
  const open = given.filter(one => one === "").length;
  if (open) { answer.textContent = open + " images are still open."; return; }
  let right = 0;
  key.forEach((synthetic, n) => {
    const hit = (given[n] === "synthetic") === synthetic;
    right += hit;
    document.getElementById("field" + n).className = hit ? "right" : "wrong";
  });
  const [low, high] = interval(right, key.length);
  answer.textContent = right + " of " + key.length + " right: " +
    (100 * right / key.length).toFixed(0) + " % (95 % interval " + low + " to " + high +
    " %); 50 % is guessing.";
});
"""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>Real or synthetic?</title>
<style>{{ style | safe }}</style>
</head>
<body>
<h1>Real or synthetic?</h1>
<p class="notice">{{ research_use }}{% if phantoms %} {{ phantom_note }}{% endif %}</p>
<p>Half of the {{ images | length }} images are real, half were made by an autoencoder from two
real ones. Decide for each, then press the button. Nothing is sent anywhere.</p>
<form data-key="{{ key }}">
<div class="images">
{% for source in images %}
<fieldset id="field{{ loop.index0 }}"><legend>Image {{ loop.index }}</legend>
<img alt="Image {{ loop.index }}" src="{{ source }}">
<div><label><input type="radio" name="image{{ loop.index0 }}" value="real"> real</label>
<label><input type="radio" name="image{{ loop.index0 }}" value="synthetic"> synthetic</label></div>
</fieldset>
{% endfor %}
</div>
<button>Show the result</button> <output></output>
</form>
<script>{{ script | safe }}</script>
</body>
</html>
"""  # noqa: E501 - HTML


def reading_page(
    images: NDArray[np.uint8], is_synthetic: NDArray[np.bool_], *, phantoms: bool
) -> str:
    """Return the page.

    Parameters
    ----------
    images : uint8 array, shape (n, rows, columns)
        Grey values, already in mixed order.
    is_synthetic : array of bool, shape (n,)
        The key.
    phantoms : bool
        Say that the outcome proves nothing.
    """
    key = base64.b64encode(json.dumps([bool(one) for one in is_synthetic]).encode()).decode()
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(PAGE).render(
        images=[data_png(image) for image in images],
        key=key,
        phantoms=phantoms,
        phantom_note=PHANTOM_NOTE,
        research_use=RESEARCH_USE,
        script=SCRIPT,
        style=STYLE,
    )
