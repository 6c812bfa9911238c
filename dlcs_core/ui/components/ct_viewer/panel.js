// The elements around the picture. Texts come from the server's catalogues and are set as text.

import { inflate } from "./slices.js";

const TOOLS = [
  ["move", "V"], ["window", "W"], ["polygon", "P"], ["brush", "B"], ["erase", "E"], ["assist", "G"],
  ["distance", "D"], ["area", "A"],
];
const DRAWING = new Set(["polygon", "brush", "erase", "assist"]);
const INPUT_PX = 112;

const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

export class Panel {
  constructor(root, viewer) {
    this.viewer = viewer;
    this.texts = [];
    this.root = element("div", { class: "viewer" });
    this.canvas = element("canvas", { class: "slice", tabindex: "0", role: "application" });
    this.strip = element("canvas", { class: "strip", tabindex: "0", role: "slider", "aria-orientation": "vertical" });
    this.picture = element("div", { class: "picture" }, this.canvas);
    this.status = element("p", { class: "status", role: "status", "aria-live": "polite" });
    this.root.append(this.#bar(), this.#stage(), this.status);
    root.append(this.root);
  }

  /** Remember an element whose text is a code, so that another language can be put in. */
  #worded(node, code, attribute = null) {
    this.texts.push([node, code, attribute]);
    return node;
  }

  #button(code, action, key = "") {
    const made = element("button", { type: "button", "data-action": code });
    this.#worded(made, code);
    this.#worded(made, `${code}_hint`, "title");
    if (key) made.setAttribute("aria-keyshortcuts", key);
    made.addEventListener("click", action);
    return made;
  }

  #bar() {
    const { viewer } = this;
    this.tools = new Map(TOOLS.map(([tool, key]) => [
      tool, this.#button(`tool_${tool}`, () => this.choose(tool), key),
    ]));
    this.preset = element("select", { "data-action": "preset" });
    this.#worded(this.preset, "preset", "aria-label");
    this.preset.addEventListener("change", () => {
      const chosen = viewer.presets[Number(this.preset.value)];
      if (chosen) viewer.setWindow(...chosen.window);
    });
    this.edits = [
      this.#button("undo", () => viewer.undo(false), "Control+Z"),
      this.#button("redo", () => viewer.undo(true), "Control+Y"),
      this.#button("copy_next", () => viewer.copyTo(1), "N"),
      this.#button("copy_previous", () => viewer.copyTo(-1)),
      this.#button("interpolate", () => viewer.interpolate(), "I"),
      this.#button("clear_slice", () => viewer.clear(false), "Delete"),
      this.#button("clear_all", () => viewer.clear(true)),
    ];
    this.restore = this.#button("restore", () => viewer.restore());
    const tools = element("div", { class: "group", role: "group" }, ...this.tools.values());
    this.#worded(tools, "tools", "aria-label");
    const zoom = element("div", { class: "group", role: "group" },
      this.#button("zoom_in", () => viewer.zoom(1.25), "+"),
      this.#button("zoom_out", () => viewer.zoom(0.8), "-"),
      this.#button("zoom_fit", () => viewer.fit(), "0"));
    this.#worded(zoom, "zoom", "aria-label");
    const edits = element("div", { class: "group", role: "group" }, ...this.edits, this.restore);
    this.#worded(edits, "edits", "aria-label");
    return element("div", { class: "bar" }, tools, this.preset, zoom, edits);
  }

  #stage() {
    const size = this.#slider("brush_size", 1, 40, 1, () => this.viewer.brushMm, (value) => {
      this.viewer.brushMm = value;
    });
    const tolerance = this.#slider("tolerance", 5, 120, 1, () => this.viewer.tolerance, (value) => {
      this.viewer.tolerance = value;
      this.viewer.hand.growAgain();
    });
    const opacity = this.#slider("opacity", 0, 100, 5, () => Math.round(this.viewer.opacity * 100), (value) => {
      this.viewer.opacity = value / 100;
    });
    this.sliders = { brush: size, erase: size, assist: tolerance };
    this.opacity = opacity;
    this.hint = element("p", { class: "hint" });
    this.facts = element("dl", { class: "facts" });
    this.inputs = [0, 1, 2].map(() => element("canvas", { width: INPUT_PX, height: INPUT_PX, role: "img" }));
    this.input = element("section", { class: "input" },
      this.#worded(element("h4"), "input_title"),
      element("div", { class: "inputs" }, ...this.inputs),
      this.#worded(element("p", { class: "hint" }), "input_caption"));
    const keys = element("details", {}, this.#worded(element("summary"), "keys_title"),
      this.#worded(element("p", { class: "hint" }), "keys_text"));
    const side = element("div", { class: "side" }, this.facts, this.hint, size, tolerance, opacity, this.input, keys);
    return element("div", { class: "stage" }, this.picture, this.strip, side);
  }

  #slider(code, min, max, step, read, write) {
    const input = element("input", { type: "range", min, max, step, "data-action": code });
    const shown = element("output");
    const label = element("label", { class: "slider" }, this.#worded(element("span"), code), input, shown);
    label.refresh = () => {
      input.value = read();
      shown.textContent = this.viewer.say(`${code}_value`, { value: read() });
      input.setAttribute("aria-valuetext", shown.textContent);
    };
    label.step = (by) => {
      write(Math.min(max, Math.max(min, read() + by * step)));
      this.viewer.refresh();
    };
    input.addEventListener("input", () => {
      write(Number(input.value));
      this.viewer.refresh();
    });
    return label;
  }

  /** Make the slider of the tool in hand larger or smaller. */
  adjust(by) {
    this.sliders[this.viewer.tool]?.step(by);
  }

  choose(tool) {
    if (this.viewer.readOnly && DRAWING.has(tool)) return;
    this.viewer.setTool(tool);
    this.announce(`tool_${tool}_hint`);
  }

  /** Put the words of the language in. */
  relabel() {
    const { viewer } = this;
    for (const [node, code, attribute] of this.texts) {
      const text = viewer.say(code);
      if (attribute) node.setAttribute(attribute, text);
      else node.textContent = text;
    }
    this.canvas.setAttribute("aria-roledescription", viewer.say("picture_role"));
    this.strip.setAttribute("aria-label", viewer.say("strip_label"));
    this.preset.replaceChildren(
      element("option", { value: "" }, viewer.say("preset_own")),
      ...viewer.presets.map(({ code }, i) => element("option", { value: i }, viewer.say(code))),
    );
  }

  refresh() {
    const { viewer } = this;
    for (const [tool, button] of this.tools) {
      button.setAttribute("aria-pressed", String(tool === viewer.tool));
      if (DRAWING.has(tool)) button.disabled = Boolean(viewer.readOnly);
    }
    for (const button of this.edits) button.disabled = Boolean(viewer.readOnly);
    this.restore.hidden = !viewer.imported || Boolean(viewer.readOnly);
    const preset = viewer.presets.findIndex(({ window }) => window.every((hu, i) => hu === viewer.window[i]));
    this.preset.value = preset < 0 ? "" : String(preset);
    const active = this.sliders[viewer.tool];
    for (const slider of Object.values(this.sliders)) slider.hidden = slider !== active;
    active?.refresh();
    this.opacity.hidden = !viewer.heat;
    this.opacity.refresh();
    this.hint.textContent = viewer.say(`tool_${viewer.tool}_hint`);
    this.canvas.dataset.tool = viewer.tool;
    this.#facts();
    this.#inputs();
  }

  #facts() {
    const { viewer } = this;
    const { outline, slice, study } = viewer;
    const outlined = outline.slices();
    const key = outline.keySlice();
    const volume = outlined.reduce((sum, one) => sum + viewer.areaMm2(one), 0) * (study.spacing[0] / 1000);
    const rows = [
      ["fact_slice", viewer.say("fact_slice_value", { number: slice + 1, count: study.size[0] })],
      ["fact_area", viewer.say("area_value", { area: viewer.areaMm2(slice).toFixed(0) })],
      ["fact_outlined", String(outlined.length)],
      ["fact_volume", viewer.say("fact_volume_value", { volume: volume.toFixed(1) })],
      ["fact_key", key === null ? viewer.say("no_outline") : String(key + 1)],
    ];
    this.facts.replaceChildren(...rows.flatMap(([code, value]) => [
      element("dt", {}, viewer.say(code)), element("dd", {}, value),
    ]));
    const said = viewer.say("picture_text", {
      number: slice + 1, count: study.size[0], area: viewer.areaMm2(slice).toFixed(0),
      role: viewer.say(`role_${viewer.role(slice) ?? "none"}`),
    });
    this.canvas.setAttribute("aria-label", said);
    this.canvas.dataset.slice = slice;
    this.strip.setAttribute("aria-valuemin", 1);
    this.strip.setAttribute("aria-valuemax", study.size[0]);
    this.strip.setAttribute("aria-valuenow", slice + 1);
    this.strip.setAttribute("aria-valuetext", said);
    if (this.said !== said) this.say(said);
    this.said = said;
  }

  /** What the network sees, in the order of the slices. */
  async #inputs() {
    const { viewer } = this;
    this.input.hidden = !viewer.input;
    if (!viewer.input || this.seen === viewer.input) return;
    this.seen = viewer.input;
    const grey = new Uint8Array(await inflate(viewer.input.bytes));
    const area = INPUT_PX * INPUT_PX;
    this.inputs.forEach((canvas, k) => {
      const context = canvas.getContext("2d");
      const image = context.createImageData(INPUT_PX, INPUT_PX);
      for (let i = 0; i < area; i += 1) {
        image.data.fill(grey[k * area + i], 4 * i, 4 * i + 3);
        image.data[4 * i + 3] = 255;
      }
      context.putImageData(image, 0, 0);
      canvas.setAttribute("aria-label", viewer.say("input_alt", { number: viewer.input.slices[k] + 1 }));
    });
  }

  /** Say a code to eyes and screen reader. */
  announce(code, values) {
    this.say(this.viewer.say(code, values));
  }

  say(text) {
    this.status.textContent = text;
  }

  /** Tell where the cross is and what lies under it. */
  sayCursor() {
    const { viewer } = this;
    const [row, column] = viewer.cursor;
    this.announce("cursor_text", { row: row + 1, column: column + 1, hu: viewer.probe() ?? "–" });
  }
}
