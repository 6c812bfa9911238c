/**
 * Buttons that save the figure above them as an image, drawn by plotly in this browser.
 *
 * Plotly's own camera button does the work; only its file format is chosen here. Nothing is sent.
 */

const FORMATS = ["svg", "png"];
const PNG_SCALE = 3;

export default function component({ data, parentElement }) {
  const host = parentElement.querySelector(".formats");
  host.replaceChildren(...FORMATS.map((format) => button(format, data)));
}

function button(format, { name, label }) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = format.toUpperCase();
  made.setAttribute("aria-label", `${label} ${format.toUpperCase()}`);
  made.onclick = () => save(name, format);
  return made;
}

function save(name, format) {
  const plot = document.querySelector(`.st-key-figure_${CSS.escape(name)} .js-plotly-plot`);
  const camera = plot?.querySelector(".modebar-btn");
  if (!camera) return;
  const scale = format === "png" ? PNG_SCALE : 1;
  plot._context.toImageButtonOptions = { format, filename: name, scale };
  camera.click();
}
