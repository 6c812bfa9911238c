// What mouse and drawing keys do: one gesture at a time.

import { fillRings, paintStroke, ringArea, traceRings, vertex } from "./raster.js";

const GRASP_PX = 8;
const FREEHAND_PX = 4;
const WINDOW_HU_PER_PX = 1.5;

export class Hand {
  constructor(viewer) {
    this.viewer = viewer;
    this.pending = [];
    this.held = null;
    this.gesture = null;
    this.stroke = null;
    this.measured = null;
    this.grown = null;
    this.waiting = null;
    const { canvas } = viewer.panel;
    const on = (name, handler, options) => canvas.addEventListener(name, handler, options);
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#up(event));
    on("pointercancel", (event) => this.#up(event));
    on("pointerleave", () => this.#left());
    on("dblclick", (event) => { event.preventDefault(); this.close(); });
    on("contextmenu", (event) => event.preventDefault());
    on("wheel", (event) => this.#wheel(event), { passive: false });
    this.turned = 0;
  }

  #place(event) {
    const box = this.viewer.panel.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #wheel(event) {
    event.preventDefault();
    const { viewer } = this;
    if (event.ctrlKey || event.metaKey) {
      viewer.painter.zoomAt(Math.exp(-event.deltaY / 400), ...this.#place(event));
      viewer.invalidate();
      return;
    }
    // A notch of a wheel is one slice; a touch pad adds up to one.
    this.turned += event.deltaMode === 0 ? event.deltaY / 60 : event.deltaY;
    const steps = Math.trunc(this.turned);
    if (!steps) return;
    this.turned = 0;
    viewer.step(Math.abs(event.deltaY) >= 60 ? -Math.sign(steps) : -steps, event.timeStamp);
  }

  #down(event) {
    const { viewer } = this;
    const [x, y] = this.#place(event);
    viewer.panel.canvas.focus({ preventScroll: true });
    viewer.panel.canvas.setPointerCapture(event.pointerId);
    viewer.cursor = null;
    viewer.pointer = viewer.painter.toImage(x, y);
    const kind = event.button === 2 ? "window" : event.button === 1 || event.shiftKey ? "move" : viewer.tool;
    this.gesture = { kind, x, y, window: viewer.window, origin: viewer.painter.origin, moved: false };
    if (kind === "polygon") this.#grasp(viewer.pointer);
    if (kind === "brush" || kind === "erase") this.#startStroke(viewer.pointer);
    if (kind === "assist") this.seed(viewer.pointer);
    if (kind === "distance" || kind === "area") this.#startMeasure(viewer.pointer);
    viewer.invalidate();
  }

  #move(event) {
    const { viewer, gesture } = this;
    const [x, y] = this.#place(event);
    viewer.pointer = viewer.painter.toImage(x, y);
    viewer.cursor = null;
    if (gesture && event.buttons) this.#drag(x, y);
    viewer.invalidate();
  }

  #drag(x, y) {
    const { viewer, gesture } = this;
    gesture.moved ||= Math.hypot(x - gesture.x, y - gesture.y) > 3;
    const at = viewer.pointer;
    if (gesture.kind === "move") {
      viewer.painter.origin = [gesture.origin[0] + y - gesture.y, gesture.origin[1] + x - gesture.x];
    } else if (gesture.kind === "window") {
      this.#dragWindow(x - gesture.x, y - gesture.y);
    } else if (gesture.kind === "polygon" && this.held) {
      this.#dragVertex(at);
    } else if (gesture.kind === "polygon" && gesture.moved) {
      this.#freehand(at);
    } else if (this.stroke) {
      this.#paint(at);
    } else if (this.measured) {
      this.#dragMeasure(at);
    }
  }

  /** To the right is wider, up is darker: the level rises. */
  #dragWindow(dx, dy) {
    const [low, high] = this.gesture.window;
    const width = Math.max(2, high - low + dx * WINDOW_HU_PER_PX);
    const level = (low + high) / 2 - dy * WINDOW_HU_PER_PX;
    this.viewer.setWindow(level - width / 2, level + width / 2);
  }

  #up() {
    const { viewer, gesture } = this;
    this.gesture = null;
    if (!gesture) return;
    if (this.held) this.#letGo();
    else if (gesture.kind === "polygon" && gesture.moved && this.pending.length >= 16) this.close();
    if (this.stroke) this.#endStroke();
    if (this.measured && gesture.moved) this.#endMeasure();
    viewer.refresh();
  }

  #left() {
    this.viewer.pointer = null;
    this.viewer.invalidate();
  }

  // Polygons --------------------------------------------------------------------------------

  /** Take hold of a vertex or an edge under the pointer, or set a vertex of a new polygon. */
  #grasp(at) {
    const shape = this.viewer.outline.shape(this.viewer.slice);
    if (!this.pending.length && shape && this.#hold(this.viewer.outline.handles(shape), at)) return;
    this.addVertex(at);
  }

  #distancePx(row, column, at) {
    const [sy, sx] = this.viewer.painter.scale;
    return Math.hypot((row - at[0]) * sy, (column - at[1]) * sx);
  }

  #hold(rings, at) {
    for (const [r, ring] of rings.entries()) {
      for (let i = 0; i < ring.length; i += 2) {
        if (this.#distancePx(ring[i], ring[i + 1], at) > GRASP_PX) continue;
        this.held = { ring: r, index: i, rings: rings.map((one) => one.slice()), moved: false };
        return true;
      }
    }
    for (const [r, ring] of rings.entries()) {
      const i = this.#edgeAt(ring, at);
      if (i < 0) continue;
      const copies = rings.map((one) => one.slice());
      copies[r].splice(i + 2, 0, at[0], at[1]);
      this.held = { ring: r, index: i + 2, rings: copies, moved: true };
      return true;
    }
    return false;
  }

  /** Index of the first vertex of the edge under the pointer; -1 for none. */
  #edgeAt(ring, at) {
    const [sy, sx] = this.viewer.painter.scale;
    for (let i = 0; i < ring.length; i += 2) {
      const j = (i + 2) % ring.length;
      const [y0, x0] = [ring[i] * sy, ring[i + 1] * sx];
      const [dy, dx] = [ring[j] * sy - y0, ring[j + 1] * sx - x0];
      const length = dy * dy + dx * dx || 1;
      const [y, x] = [at[0] * sy - y0, at[1] * sx - x0];
      const t = Math.min(1, Math.max(0, (y * dy + x * dx) / length));
      if (Math.hypot(y - t * dy, x - t * dx) <= GRASP_PX - 2) return i;
    }
    return -1;
  }

  #dragVertex(at) {
    const { rings, ring, index } = this.held;
    [rings[ring][index], rings[ring][index + 1]] = at.map(vertex);
    this.held.moved = true;
  }

  #letGo() {
    const { viewer, held } = this;
    if (held.moved) viewer.outline.change(new Map([[viewer.slice, viewer.outline.ofRings(held.rings)]]));
    this.held = held.moved ? null : held;
  }

  /** Take the held vertex away. */
  removeVertex() {
    const { viewer } = this;
    if (this.pending.length) {
      this.pending.splice(-2);
      viewer.invalidate();
      return true;
    }
    if (!this.held) return false;
    const { rings, ring, index } = this.held;
    rings[ring].splice(index, 2);
    this.held = null;
    const left = rings.filter((one) => one.length >= 6);
    viewer.outline.change(new Map([[viewer.slice, left.length ? viewer.outline.ofRings(left) : null]]));
    return true;
  }

  addVertex(at) {
    const [row, column] = at.map(vertex);
    this.held = null;
    const first = this.pending.length >= 6 && this.#distancePx(this.pending[0], this.pending[1], at) <= GRASP_PX;
    if (first) this.close();
    else this.pending.push(row, column);
  }

  #freehand(at) {
    const n = this.pending.length;
    if (n && this.#distancePx(this.pending[n - 2], this.pending[n - 1], at) < FREEHAND_PX) return;
    this.pending.push(...at.map(vertex));
  }

  /** Close the polygon that is being drawn and join it to the slice's outline. */
  close() {
    const { viewer } = this;
    const ring = withoutRepeats(this.pending);
    this.pending = [];
    if (ring.length >= 6) viewer.outline.change(new Map([[viewer.slice, this.#joined(ring)]]));
    viewer.refresh();
    return ring.length >= 6;
  }

  /** A polygon within another is a hole, one beside it a second part; crossing ones become one. */
  #joined(ring) {
    const { outline, slice } = this.viewer;
    const before = outline.shape(slice);
    if (!before) return outline.ofRings([ring]);
    const plane = fillRings([ring], outline.rows, outline.columns);
    const [both, own] = overlap(before.plane, plane);
    const apart = both === 0 || both === own;
    if (apart && before.rings) return outline.ofRings([...before.rings, ring]);
    const hole = both === own;
    return outline.ofPlane(before.plane.map((value, i) => (hole ? value ^ plane[i] : value | plane[i])));
  }

  // Brush -----------------------------------------------------------------------------------

  #startStroke(at) {
    this.stroke = { plane: this.viewer.outline.plane(this.viewer.slice).slice(), last: at };
    this.#paint(at);
  }

  #paint(at) {
    const { viewer, stroke } = this;
    const [, rows, columns] = viewer.study.size;
    const value = (this.gesture?.kind ?? viewer.tool) === "erase" ? 0 : 1;
    const spacing = viewer.study.spacing.slice(1);
    paintStroke(stroke.plane, rows, columns, stroke.last, at, viewer.brushMm / 2, spacing, value);
    stroke.last = at;
    stroke.rings = null;
  }

  #endStroke() {
    const { viewer } = this;
    const shape = viewer.outline.ofPlane(this.stroke.plane);
    this.stroke = null;
    viewer.outline.change(new Map([[viewer.slice, shape]]));
  }

  /** One dab at a place, for the keyboard. */
  dab(at) {
    this.#startStroke(at);
    this.#endStroke();
  }

  brush() {
    const { viewer } = this;
    const at = viewer.cursor ?? viewer.pointer;
    if (!at || !["brush", "erase"].includes(viewer.tool)) return null;
    return { at, radius: viewer.brushMm / 2, adding: viewer.tool === "brush" };
  }

  /** Outline of what is being changed at this moment. */
  preview() {
    if (this.held?.moved) return this.held.rings;
    if (!this.stroke) return null;
    const { rows, columns } = this.viewer.outline;
    this.stroke.rings ??= traceRings(this.stroke.plane, rows, columns);
    return this.stroke.rings;
  }

  // Assisted outline --------------------------------------------------------------------------

  seed(at) {
    const { viewer } = this;
    const seed = at.map(Math.round);
    const [, rows, columns] = viewer.study.size;
    if (seed[0] < 0 || seed[1] < 0 || seed[0] >= rows || seed[1] >= columns) return;
    this.waiting = { seed, slice: viewer.slice };
    this.arrived();
  }

  /** Grow once the neighbours have arrived. */
  arrived() {
    const { viewer } = this;
    if (!this.waiting || this.waiting.slice !== viewer.slice) return;
    if (viewer.assist(this.waiting.seed)) {
      this.grown = { ...this.waiting, revision: viewer.outline.revision };
      viewer.panel.announce("grown", { area: Math.round(viewer.areaMm2(viewer.slice)) });
    }
    if (viewer.image(viewer.slice)) this.waiting = null;
  }

  /** Grow again from the last seed with another tolerance. */
  growAgain() {
    const { viewer, grown } = this;
    if (!grown || grown.slice !== viewer.slice || grown.revision !== viewer.outline.revision) return;
    viewer.outline.undo();
    this.seed(grown.seed);
  }

  // Measures ----------------------------------------------------------------------------------

  #startMeasure(at) {
    this.measured = { kind: this.viewer.tool, points: [...at, ...at] };
  }

  #dragMeasure(at) {
    const { points, kind } = this.measured;
    if (kind === "distance") points.splice(2, 2, ...at);
    else if (this.#distancePx(points[points.length - 2], points[points.length - 1], at) > FREEHAND_PX) points.push(...at);
  }

  #endMeasure() {
    const { viewer } = this;
    const mark = { ...this.#measure(), slice: viewer.slice };
    viewer.marks.push(mark);
    viewer.panel.say(mark.text);
    this.measured = null;
  }

  /** Set a point of a measure by keyboard: the second one ends a distance. */
  measurePoint(at, end = false) {
    if (!this.measured) this.#startMeasure(at);
    else if (this.measured.kind === "distance") this.measured.points.splice(2, 2, ...at);
    else this.measured.points.push(...at);
    const { points, kind } = this.measured;
    const twoPoints = kind === "distance" && (points[0] !== points[2] || points[1] !== points[3]);
    if (twoPoints || end) this.#endMeasure();
    this.viewer.refresh();
  }

  #measure() {
    const { viewer } = this;
    const { points, kind } = this.measured;
    const [, rowMm, columnMm] = viewer.study.spacing;
    if (kind === "area") {
      const area = ringArea(points, [rowMm, columnMm]);
      return { points, closed: true, text: viewer.say("area_value", { area: area.toFixed(0) }) };
    }
    const mm = Math.hypot((points[2] - points[0]) * rowMm, (points[3] - points[1]) * columnMm);
    return { points, closed: false, text: viewer.say("distance_value", { mm: mm.toFixed(1) }) };
  }

  mark() {
    return this.measured ? [this.#measure()] : [];
  }

  /** Let everything half-done go. */
  leave() {
    [this.pending, this.held, this.stroke, this.measured, this.waiting] = [[], null, null, null, null];
  }
}

function withoutRepeats(ring) {
  const kept = [];
  for (let i = 0; i < ring.length; i += 2) {
    const n = kept.length;
    if (!n || kept[n - 2] !== ring[i] || kept[n - 1] !== ring[i + 1]) kept.push(ring[i], ring[i + 1]);
  }
  return kept;
}

/** Pixels of b within a, and pixels of b. */
function overlap(a, b) {
  let [both, own] = [0, 0];
  for (let i = 0; i < b.length; i += 1) {
    own += b[i];
    both += a[i] & b[i];
  }
  return [both, own];
}
