// Outlines to pixels and back; the twin of dlcs_core/imaging/polygons.py.
//
// A plane is a Uint8Array of rows * columns, 1 inside. A ring is a flat array
// [row, column, row, column, ...] in pixel coordinates of the native grid, whole numbers being
// pixel centres. Even-odd; a pixel is inside when its centre is.

const DECIMALS = 1e5;
const VERTEX_STEPS = 100;

/** Round half to even, as numpy does. */
function roundEven(value) {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}

const rounded = (value) => roundEven(value * DECIMALS) / DECIMALS;

/** Vertices are kept at a hundredth of a pixel, so that both sides fill the same numbers. */
export const vertex = (value) => Math.round(value * VERTEX_STEPS) / VERTEX_STEPS;

/** Fill rings by the even-odd rule. */
export function fillRings(rings, rows, columns) {
  const toggles = new Uint8Array(rows * (columns + 1));
  for (const ring of rings) {
    const n = ring.length / 2;
    for (let i = 0; i < n; i += 1) {
      const j = (i + 1) % n;
      toggleEdge(
        toggles, rows, columns,
        rounded(ring[2 * i]), rounded(ring[2 * i + 1]),
        rounded(ring[2 * j]), rounded(ring[2 * j + 1]),
      );
    }
  }
  const plane = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row += 1) {
    let inside = 0;
    for (let column = 0; column < columns; column += 1) {
      inside ^= toggles[row * (columns + 1) + column];
      plane[row * columns + column] = inside;
    }
  }
  return plane;
}

/** An edge crossed at column x toggles every pixel of that row from ceil(x) on. */
function toggleEdge(toggles, rows, columns, row0, column0, row1, column1) {
  const first = Math.min(Math.max(Math.ceil(Math.min(row0, row1)), 0), rows);
  const last = Math.min(Math.max(Math.ceil(Math.max(row0, row1)), 0), rows);
  for (let row = first; row < last; row += 1) {
    const crossing = column0 + ((row - row0) * (column1 - column0)) / (row1 - row0);
    const column = Math.min(Math.max(Math.ceil(rounded(crossing)), 0), columns);
    toggles[row * (columns + 1) + column] ^= 1;
  }
}

/** Number of pixels inside. */
export function count(plane) {
  let n = 0;
  for (let i = 0; i < plane.length; i += 1) n += plane[i];
  return n;
}

/** Runs of pixels inside as [start, length, start, length, ...] in row-major order. */
export function runsOf(plane) {
  const runs = [];
  let start = -1;
  for (let i = 0; i <= plane.length; i += 1) {
    const inside = i < plane.length && plane[i];
    if (inside && start < 0) start = i;
    if (!inside && start >= 0) {
      runs.push(start, i - start);
      start = -1;
    }
  }
  return runs;
}

/** The plane of given runs. */
export function planeOf(runs, rows, columns) {
  const plane = new Uint8Array(rows * columns);
  for (let i = 0; i + 1 < runs.length; i += 2) plane.fill(1, runs[i], runs[i] + runs[i + 1]);
  return plane;
}

/** Closed outlines of a plane along pixel edges; filling them gives the plane back. */
export function traceRings(plane, rows, columns) {
  const at = (row, column) =>
    row >= 0 && column >= 0 && row < rows && column < columns && plane[row * columns + column];
  const width = columns + 1;
  const next = new Map();
  const add = (row0, column0, row1, column1) => {
    const key = row0 * width + column0;
    const list = next.get(key);
    if (list) list.push(row1 * width + column1);
    else next.set(key, [row1 * width + column1]);
  };
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      if (!plane[row * columns + column]) continue;
      if (!at(row - 1, column)) add(row, column, row, column + 1);
      if (!at(row, column + 1)) add(row, column + 1, row + 1, column + 1);
      if (!at(row + 1, column)) add(row + 1, column + 1, row + 1, column);
      if (!at(row, column - 1)) add(row + 1, column, row, column);
    }
  }
  const rings = [];
  for (const start of [...next.keys()]) {
    while (next.get(start)?.length) rings.push(walk(next, start, width));
  }
  return rings;
}

/** Follow edges from a corner until it comes back; straight runs become one edge. */
function walk(next, start, width) {
  const corners = [];
  let here = start;
  do {
    corners.push(here);
    here = next.get(here).pop();
  } while (here !== start);
  const ring = [];
  const n = corners.length;
  for (let i = 0; i < n; i += 1) {
    const before = corners[(i + n - 1) % n];
    const after = corners[(i + 1) % n];
    if (after - corners[i] === corners[i] - before) continue;
    ring.push(Math.floor(corners[i] / width) - 0.5, (corners[i] % width) - 0.5);
  }
  return ring;
}

/** Ring with vertices nearer than `tolerance` pixels to the line left out (Douglas-Peucker). */
export function simplified(ring, tolerance) {
  const n = ring.length / 2;
  if (n < 8) return ring.slice();
  let far = 0;
  let distance = -1;
  for (let i = 1; i < n; i += 1) {
    const d = Math.hypot(ring[2 * i] - ring[0], ring[2 * i + 1] - ring[1]);
    if (d > distance) [distance, far] = [d, i];
  }
  const keep = new Uint8Array(n + 1);
  keep[0] = keep[far] = keep[n] = 1;
  split(ring, n, 0, far, tolerance, keep);
  split(ring, n, far, n, tolerance, keep);
  const kept = [];
  for (let i = 0; i < n; i += 1) if (keep[i]) kept.push(vertex(ring[2 * i]), vertex(ring[2 * i + 1]));
  return kept.length >= 6 ? kept : ring.slice();
}

function split(ring, n, first, last, tolerance, keep) {
  const [r0, c0] = [ring[2 * (first % n)], ring[2 * (first % n) + 1]];
  const [r1, c1] = [ring[2 * (last % n)], ring[2 * (last % n) + 1]];
  const length = Math.hypot(r1 - r0, c1 - c0) || 1;
  let far = -1;
  let distance = tolerance;
  for (let i = first + 1; i < last; i += 1) {
    const d = Math.abs((r1 - r0) * (c0 - ring[2 * i + 1]) - (r0 - ring[2 * i]) * (c1 - c0)) / length;
    if (d > distance) [distance, far] = [d, i];
  }
  if (far < 0) return;
  keep[far] = 1;
  split(ring, n, first, far, tolerance, keep);
  split(ring, n, far, last, tolerance, keep);
}

/** Set or clear the pixels whose centre is within `radius` (mm) of a line from a to b (pixels). */
export function paintStroke(plane, rows, columns, from, to, radius, spacing, value) {
  const [rowMm, columnMm] = spacing;
  const [reachRows, reachColumns] = [radius / rowMm, radius / columnMm];
  const top = Math.max(0, Math.floor(Math.min(from[0], to[0]) - reachRows));
  const bottom = Math.min(rows - 1, Math.ceil(Math.max(from[0], to[0]) + reachRows));
  const left = Math.max(0, Math.floor(Math.min(from[1], to[1]) - reachColumns));
  const right = Math.min(columns - 1, Math.ceil(Math.max(from[1], to[1]) + reachColumns));
  const [y0, x0] = [from[0] * rowMm, from[1] * columnMm];
  const [dy, dx] = [to[0] * rowMm - y0, to[1] * columnMm - x0];
  const length = dx * dx + dy * dy;
  for (let row = top; row <= bottom; row += 1) {
    for (let column = left; column <= right; column += 1) {
      const [y, x] = [row * rowMm - y0, column * columnMm - x0];
      const t = length ? Math.min(1, Math.max(0, (x * dx + y * dy) / length)) : 0;
      if ((x - t * dx) ** 2 + (y - t * dy) ** 2 <= radius * radius) plane[row * columns + column] = value;
    }
  }
}

/** Area of a ring in square millimetres (shoelace). */
export function ringArea(ring, spacing) {
  let twice = 0;
  const n = ring.length / 2;
  for (let i = 0; i < n; i += 1) {
    const j = (i + 1) % n;
    twice += ring[2 * i + 1] * ring[2 * j] - ring[2 * j + 1] * ring[2 * i];
  }
  return (Math.abs(twice) / 2) * spacing[0] * spacing[1];
}
