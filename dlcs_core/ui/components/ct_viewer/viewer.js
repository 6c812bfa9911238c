// The viewer: what is shown, what is drawn, and what the server is told.

import { grown, interpolated } from "./shapes.js";
import { Hand } from "./hand.js";
import { bindKeys } from "./keys.js";
import { Outline } from "./outline.js";
import { Painter } from "./painter.js";
import { Panel } from "./panel.js";
import { Strip } from "./strip.js";
import { SliceStore } from "./slices.js";

const SEND_AFTER_MS = 400;
const SEND_AGAIN_MS = 4000;
const FIELD_MM = 220;
const MEASURE = "ct-slice-change";

/** Slices and outlines outlive the element: another page and back loses nothing. */
const stores = new Map();
const MOST_STUDIES = 2;

function kept(study) {
  const found = stores.get(study.key) ?? {
    slices: new SliceStore(study), outline: new Outline(study.size[1], study.size[2]), place: null,
  };
  stores.delete(study.key);
  stores.set(study.key, found);
  for (const key of [...stores.keys()].slice(0, -MOST_STUDIES)) stores.delete(key);
  return found;
}

export class Viewer {
  constructor(root, header) {
    this.study = header.study;
    this.words = header.words;
    this.colors = header.colors;
    const { slices, outline, place } = kept(this.study);
    this.slices = slices;
    this.outline = outline;
    this.kept = stores.get(this.study.key);
    this.slice = place?.slice ?? Math.floor(this.study.size[0] / 2);
    slices.center = this.slice;
    this.window = place?.window ?? header.presets[0].window;
    this.presets = header.presets;
    this.tool = "move";
    this.brushMm = 6;
    this.tolerance = 30;
    this.opacity = 0.45;
    this.marks = [];
    this.input = null;
    this.heat = null;
    this.acknowledged = outline.revision;
    this.sent = outline.revision;
    this.ready = outline.revision > 0;
    this.pointer = null;
    this.cursor = null;
    this.panel = new Panel(root, this);
    this.painter = new Painter(this.panel.canvas, this.study, this.colors);
    this.strip = new Strip(this.panel.strip, this);
    this.hand = new Hand(this);
    bindKeys(this);
    this.slices.arrived = (list) => this.#arrived(list);
    this.changed = () => this.#outlineChanged();
    outline.listeners.add(this.changed);
    this.observer = new ResizeObserver(() => this.#resized());
    this.observer.observe(this.panel.picture);
    this.#resized();
    if (place) [this.painter.zoom, this.painter.origin] = [place.zoom, place.origin];
  }

  /** Leave nothing running when the element goes. */
  close() {
    this.observer.disconnect();
    this.outline.listeners.delete(this.changed);
    clearTimeout(this.sendTimer);
    this.slices.send = null;
    this.kept.place = {
      slice: this.slice, window: this.window, zoom: this.painter.zoom, origin: this.painter.origin,
    };
  }

  /** Take a packet of the server. */
  receive(packet, send) {
    const { header } = packet;
    this.send = send;
    this.slices.send = (request) => send("wanted", { ...request, study: this.study.key, outline: !this.ready });
    this.words = header.words;
    this.presets = header.presets;
    if (header.imported !== undefined) this.imported = header.imported;
    this.readOnly = header.read_only;
    if (header.outline && (!this.ready || header.outline.revision > this.outline.revision)) {
      this.outline.load(header.outline.slices, header.outline.revision);
      const first = !this.ready;
      this.ready = true;
      this.sent = this.outline.revision;
      if (first) this.#begin();
    }
    this.acknowledged = header.revision;
    if (header.input?.name !== this.input?.name) {
      this.input = header.input ? { ...header.input, bytes: packet.part(header.input).slice() } : null;
    }
    if (header.heat?.name !== this.heat?.name) {
      this.heat = header.heat ? { ...header.heat, source: heatCanvas(header.heat, packet.part(header.heat)) } : null;
    }
    if (this.acknowledged < this.outline.revision && this.sent === this.outline.revision) this.#tellSoon();
    if (this.language !== header.language) this.panel.relabel();
    this.language = header.language;
    this.slices.receive(packet);
    this.refresh();
  }

  /** Start where the tumour is. */
  #begin() {
    const key = this.outline.keySlice();
    if (key === null || this.kept.place) return;
    const shape = this.outline.shape(key);
    const ring = this.outline.edges(shape)[0];
    let [row, column] = [0, 0];
    for (let i = 0; i < ring.length; i += 2) [row, column] = [row + ring[i], column + ring[i + 1]];
    this.painter.fit(FIELD_MM, [(2 * row) / ring.length, (2 * column) / ring.length]);
    this.goTo(key);
  }

  #arrived(list) {
    if (list.includes(this.slice)) this.invalidate();
    this.strip.invalidate();
    this.hand.arrived();
  }

  #outlineChanged() {
    this.refresh();
    this.#tellSoon();
  }

  #tellSoon() {
    clearTimeout(this.sendTimer);
    this.sendTimer = setTimeout(() => this.#tell(), SEND_AFTER_MS);
  }

  /** Tell the server the outline, again until it has it. */
  #tell() {
    if (!this.send || this.acknowledged >= this.outline.revision) return;
    this.sent = this.outline.revision;
    this.send("outline", {
      study: this.study.key, revision: this.outline.revision, slices: this.outline.content(),
    });
    this.sendTimer = setTimeout(() => this.#tell(), SEND_AGAIN_MS);
  }

  #resized() {
    const box = this.panel.picture.getBoundingClientRect();
    if (!box.width || !box.height) return;
    const before = this.painter.width;
    const middle = before ? this.painter.toImage(before / 2, this.painter.height / 2) : null;
    this.painter.resize(box.width, box.height);
    if (middle) this.painter.centerOn(middle);
    else this.painter.fit();
    this.strip.resize();
    this.invalidate();
  }

  /** Word a code with values. */
  say(code, values = {}) {
    return (this.words[code] ?? code).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  }

  image(slice = this.slice) {
    return this.slices.get(slice);
  }

  /** Show another slice; `since` is when the user asked, for the measured time until it is seen. */
  goTo(slice, since = performance.now()) {
    const wanted = Math.min(this.study.size[0] - 1, Math.max(0, Math.round(slice)));
    // Several steps within one frame count from the first; a slice that never came is passed over.
    if (this.since === undefined || !this.frame) this.since = since;
    this.slice = wanted;
    this.slices.show(wanted);
    this.hand.leave();
    this.refresh();
  }

  step(by, since) {
    this.goTo(this.slice + by, since);
  }

  refresh() {
    this.stale = true;
    this.strip.invalidate();
    this.invalidate();
  }

  invalidate() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.#paint();
      if (this.stale) this.panel.refresh();
      this.stale = false;
    });
  }

  #paint() {
    if (!this.painter.width) return;
    this.painter.paint(this.#scene());
    if (!this.image()) return;
    this.panel.canvas.dataset.shown = this.slice;
    if (this.since === undefined) return;
    performance.measure(MEASURE, { start: this.since, end: performance.now(), detail: this.slice });
    this.since = undefined;
  }

  #scene() {
    const shape = this.outline.shape(this.slice);
    const preview = this.hand.preview();
    const showHandles = this.tool === "polygon" && shape && !preview;
    return {
      image: this.image(),
      waiting: this.say(this.slices.unreadable.has(this.slice) ? "unreadable" : "loading"),
      window: this.window,
      heat: this.heat && this.opacity > 0 && this.heat.slices.includes(this.slice)
        ? { source: this.heat.source, frame: this.heat.frame, opacity: this.opacity } : null,
      rings: preview ?? (shape ? (shape.rings ?? this.outline.edges(shape)) : null),
      handles: showHandles ? this.outline.handles(shape) : null,
      held: this.hand.held,
      pending: this.hand.pending,
      pointer: this.hand.pending.length ? (this.cursor ?? this.pointer) : null,
      brush: this.hand.brush(),
      marks: [...this.marks.filter((m) => m.slice === this.slice), ...this.hand.mark()],
      cursor: this.cursor,
      corner: this.#corner(),
      sides: [this.say("side_right"), this.say("side_left"), this.say("side_front"), this.say("side_back")],
    };
  }

  #corner() {
    const [low, high] = this.window;
    const lines = [
      this.say("corner_slice", { number: this.slice + 1, count: this.study.size[0] }),
      this.say("corner_window", { width: Math.round(high - low), level: Math.round((high + low) / 2) }),
    ];
    const hu = this.probe();
    if (hu !== null) lines.push(this.say("corner_hu", { hu }));
    return lines;
  }

  /** Hounsfield value under cursor or pointer. */
  probe() {
    const at = this.cursor ?? this.pointer;
    const image = this.image();
    if (!at || !image) return null;
    const [row, column] = at.map(Math.round);
    const [, rows, columns] = this.study.size;
    if (row < 0 || column < 0 || row >= rows || column >= columns) return null;
    return image[row * columns + column];
  }

  areaMm2(slice) {
    return this.outline.count(slice) * this.study.spacing[1] * this.study.spacing[2];
  }

  /** Slice index to what the model does with it: "key", "neighbor" or nothing. */
  role(slice) {
    const key = this.outline.keySlice();
    if (key === null) return null;
    if (slice === key) return "key";
    return Math.abs(slice - key) === 1 ? "neighbor" : null;
  }

  setWindow(low, high) {
    this.window = [low, Math.max(low + 1, high)];
    this.refresh();
  }

  zoom(factor) {
    this.painter.zoomAt(factor, this.painter.width / 2, this.painter.height / 2);
    this.invalidate();
  }

  fit() {
    this.painter.fit();
    this.invalidate();
  }

  setTool(tool) {
    this.hand.leave();
    this.tool = tool;
    if (!["polygon", "brush", "erase", "assist", "distance", "area"].includes(tool)) this.cursor = null;
    this.refresh();
  }

  copyTo(by) {
    const shape = this.outline.shape(this.slice);
    const target = this.slice + by;
    if (!shape || target < 0 || target >= this.study.size[0]) return this.panel.announce("nothing_to_copy");
    this.outline.change(new Map([[target, shape]]));
    this.goTo(target);
    return this.panel.announce("copied", { number: target + 1 });
  }

  /** Fill every gap between two outlined slices. */
  interpolate() {
    const outlined = this.outline.slices();
    const [, rows, columns] = this.study.size;
    const changes = new Map();
    outlined.slice(1).forEach((high, i) => {
      const low = outlined[i];
      const between = Array.from({ length: high - low - 1 }, (_, k) => low + 1 + k);
      if (!between.length) return;
      const planes = interpolated(
        this.outline.plane(low), this.outline.plane(high),
        between.map((slice) => (slice - low) / (high - low)), rows, columns, this.study.spacing.slice(1),
      );
      planes.forEach((plane, k) => changes.set(between[k], this.outline.ofPlane(plane)));
    });
    if (!changes.size) return this.panel.announce("nothing_to_interpolate");
    this.outline.change(changes);
    return this.panel.announce("interpolated", { count: changes.size });
  }

  clear(all) {
    const slices = all ? this.outline.slices() : [this.slice];
    this.outline.change(new Map(slices.map((slice) => [slice, null])));
    this.hand.leave();
    this.panel.announce(all ? "cleared_all" : "cleared_slice");
  }

  /** Back to the outline of the file, as a step that can be undone. */
  restore() {
    if (!this.imported) return;
    const shapes = this.outline.read(this.imported);
    const slices = new Set([...shapes.keys(), ...this.outline.slices()]);
    this.outline.change(new Map([...slices].map((slice) => [slice, shapes.get(slice) ?? null])));
    this.panel.announce("restored");
  }

  undo(forward) {
    const step = forward ? this.outline.redo() : this.outline.undo();
    if (!step) return this.panel.announce(forward ? "nothing_to_redo" : "nothing_to_undo");
    if (!step.some(([slice]) => slice === this.slice)) this.goTo(step[0][0]);
    return this.panel.announce(forward ? "redone" : "undone");
  }

  /** Assisted outline on this slice and its neighbours. */
  assist(seed) {
    const [n, rows, columns] = this.study.size;
    const wanted = [this.slice - 1, this.slice, this.slice + 1].filter((slice) => slice >= 0 && slice < n);
    const images = new Map(wanted.filter((slice) => this.image(slice)).map((slice) => [slice, this.image(slice)]));
    if (images.size < wanted.length) return false;
    const found = grown(images, this.slice, seed, this.tolerance, 60, rows, columns, this.study.spacing.slice(1));
    const changes = new Map();
    for (const [slice, plane] of found) {
      const before = this.outline.shape(slice)?.plane;
      changes.set(slice, this.outline.ofPlane(before ? plane.map((value, i) => value | before[i]) : plane));
    }
    if (!changes.size) this.panel.announce("nothing_grown");
    else this.outline.change(changes);
    return changes.size > 0;
  }
}

/** Heat map of the server as a picture: its colours come ready. */
function heatCanvas(entry, rgba) {
  const side = entry.size;
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext("2d");
  context.putImageData(new ImageData(new Uint8ClampedArray(rgba), side, side), 0, 0);
  return canvas;
}
