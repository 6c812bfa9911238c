// The outline of a study: one shape per slice, changed in steps that can be undone.
//
// A shape is { rings, plane, count }: `plane` decides, `rings` is null where it was painted.

import { count, fillRings, planeOf, runsOf, simplified, traceRings, vertex } from "./raster.js";

const MOST_STEPS = 200;
const HANDLE_TOLERANCE_PX = 0.75;

export class Outline {
  constructor(rows, columns) {
    [this.rows, this.columns] = [rows, columns];
    this.shapes = new Map();
    this.revision = 0;
    this.done = [];
    this.undone = [];
    this.listeners = new Set();
  }

  shape(slice) {
    return this.shapes.get(slice);
  }

  plane(slice) {
    return this.shapes.get(slice)?.plane ?? new Uint8Array(this.rows * this.columns);
  }

  count(slice) {
    return this.shapes.get(slice)?.count ?? 0;
  }

  /** Outlined slices, increasing. */
  slices() {
    return [...this.shapes.keys()].sort((a, b) => a - b);
  }

  /** Slice with the most pixels, the lowest on a tie; null without any. */
  keySlice() {
    let key = null;
    for (const slice of this.slices()) {
      if (key === null || this.count(slice) > this.count(key)) key = slice;
    }
    return key;
  }

  /** Shape of polygons; null where no pixel centre is inside. */
  ofRings(rings) {
    const kept = rings.filter((ring) => ring.length >= 6).map((ring) => ring.map(vertex));
    const plane = fillRings(kept, this.rows, this.columns);
    const n = count(plane);
    return n ? { rings: kept, plane, count: n } : null;
  }

  /** Shape of painted pixels; null where there is none. */
  ofPlane(plane) {
    const n = count(plane);
    return n ? { rings: null, plane, count: n } : null;
  }

  /** Outlines of a shape for drawing: its polygons, or the edges of its pixels. */
  edges(shape) {
    shape.traced ??= traceRings(shape.plane, this.rows, this.columns);
    return shape.traced;
  }

  /** Polygons of a shape for taking hold of: its own, or few vertices along its edge. */
  handles(shape) {
    shape.held ??= shape.rings ?? this.edges(shape).map((r) => simplified(r, HANDLE_TOLERANCE_PX));
    return shape.held;
  }

  /** Apply a Map of slice to shape (null empties) as one step. */
  change(changes) {
    const step = [...changes].map(([slice, shape]) => [slice, this.shapes.get(slice) ?? null, shape]);
    if (!step.some(([, before, after]) => before || after)) return false;
    this.done.push(step);
    if (this.done.length > MOST_STEPS) this.done.shift();
    this.undone = [];
    this.#apply(step.map(([slice, , after]) => [slice, after]));
    return true;
  }

  undo() {
    const step = this.done.pop();
    if (!step) return null;
    this.undone.push(step);
    this.#apply(step.map(([slice, before]) => [slice, before]));
    return step;
  }

  redo() {
    const step = this.undone.pop();
    if (!step) return null;
    this.done.push(step);
    this.#apply(step.map(([slice, , after]) => [slice, after]));
    return step;
  }

  #apply(shapes) {
    for (const [slice, shape] of shapes) {
      if (shape) this.shapes.set(slice, shape);
      else this.shapes.delete(slice);
    }
    this.revision += 1;
    for (const listener of this.listeners) listener();
  }

  /** Content for the server: vertices of polygons, runs of painted pixels. */
  content() {
    const content = {};
    for (const [slice, shape] of this.shapes) {
      content[slice] = shape.rings
        ? { rings: shape.rings, count: shape.count }
        : { runs: runsOf(shape.plane), count: shape.count };
    }
    return content;
  }

  /** Shapes of the server's content. */
  read(content) {
    const shapes = new Map();
    for (const [slice, entry] of Object.entries(content)) {
      const shape = entry.rings
        ? this.ofRings(entry.rings)
        : this.ofPlane(planeOf(entry.runs, this.rows, this.columns));
      if (shape) shapes.set(Number(slice), shape);
    }
    return shapes;
  }

  /** Take what the server has, without a step to undo. */
  load(content, revision) {
    this.shapes = this.read(content);
    this.revision = revision;
    [this.done, this.undone] = [[], []];
  }
}
