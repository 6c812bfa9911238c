// Planes out of planes: interpolation between slices, growing from a seed.

import { count } from "./raster.js";

const FAR = 1e9;

/** Smallest box [top, left, bottom, right] around the pixels of planes; null when all are empty. */
export function boxOf(planes, rows, columns) {
  let [top, left, bottom, right] = [rows, columns, -1, -1];
  for (const plane of planes) {
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        if (!plane[row * columns + column]) continue;
        if (row < top) top = row;
        if (row > bottom) bottom = row;
        if (column < left) left = column;
        if (column > right) right = column;
      }
    }
  }
  return bottom < 0 ? null : [top, left, bottom, right];
}

/** Squared distance of each sample to the nearest zero of `costs`, one axis at a time
 * (Felzenszwalb and Huttenlocher 2012); `step` is the spacing of the samples. */
function distances(costs, n, step) {
  const sites = new Int32Array(n);
  const bounds = new Float64Array(n + 1);
  const found = new Float64Array(n);
  const s2 = step * step;
  let k = 0;
  bounds[0] = -FAR;
  bounds[1] = FAR;
  for (let q = 1; q < n; q += 1) {
    let cross;
    for (;;) {
      const p = sites[k];
      cross = (costs[q] + q * q * s2 - (costs[p] + p * p * s2)) / (2 * s2 * (q - p));
      if (cross > bounds[k] || k === 0) break;
      k -= 1;
    }
    if (cross <= bounds[k]) cross = bounds[k];
    k += 1;
    sites[k] = q;
    bounds[k] = cross;
    bounds[k + 1] = FAR;
  }
  k = 0;
  for (let q = 0; q < n; q += 1) {
    while (bounds[k + 1] < q) k += 1;
    found[q] = (q - sites[k]) ** 2 * s2 + costs[sites[k]];
  }
  return found;
}

function distanceTo(inside, rows, columns, spacing) {
  const field = new Float64Array(rows * columns);
  const column = new Float64Array(rows);
  for (let x = 0; x < columns; x += 1) {
    for (let y = 0; y < rows; y += 1) column[y] = inside(y * columns + x) ? 0 : FAR;
    const found = distances(column, rows, spacing[0]);
    for (let y = 0; y < rows; y += 1) field[y * columns + x] = found[y];
  }
  for (let y = 0; y < rows; y += 1) {
    const found = distances(field.slice(y * columns, (y + 1) * columns), columns, spacing[1]);
    field.set(found, y * columns);
  }
  return field;
}

/** Signed distance in mm to the edge of a small plane, positive inside. */
function signedDistance(plane, rows, columns, spacing) {
  const out = distanceTo((i) => plane[i], rows, columns, spacing);
  const into = distanceTo((i) => !plane[i], rows, columns, spacing);
  return out.map((d, i) => Math.sqrt(into[i]) - Math.sqrt(d));
}

/** Part of a plane within a box. */
function cut(plane, columns, [top, left, bottom, right]) {
  const width = right - left + 1;
  const part = new Uint8Array((bottom - top + 1) * width);
  for (let row = top; row <= bottom; row += 1) {
    part.set(plane.subarray(row * columns + left, row * columns + right + 1), (row - top) * width);
  }
  return part;
}

/** A plane that is empty but for what stands in a box. */
function paste(part, rows, columns, [top, left, bottom, right]) {
  const width = right - left + 1;
  const plane = new Uint8Array(rows * columns);
  for (let row = top; row <= bottom; row += 1) {
    const line = part.subarray((row - top) * width, (row - top + 1) * width);
    plane.set(line, row * columns + left);
  }
  return plane;
}

/** Box with a margin, within the slice. */
function widened([top, left, bottom, right], margin, rows, columns) {
  return [
    Math.max(0, top - margin), Math.max(0, left - margin),
    Math.min(rows - 1, bottom + margin), Math.min(columns - 1, right + margin),
  ];
}

/** Planes between two outlined ones: linear between their signed distances, at each share. */
export function interpolated(low, high, shares, rows, columns, spacing) {
  const box = widened(boxOf([low, high], rows, columns), 2, rows, columns);
  const [height, width] = [box[2] - box[0] + 1, box[3] - box[1] + 1];
  const [a, b] = [low, high].map((p) => signedDistance(cut(p, columns, box), height, width, spacing));
  return shares.map((share) => {
    const part = Uint8Array.from(a, (value, i) => ((1 - share) * value + share * b[i] > 0 ? 1 : 0));
    return paste(part, rows, columns, box);
  });
}

/** Mean of each pixel and its eight neighbours within a box: the noise of CT must not stop it. */
function smoothed(image, columns, [top, left, bottom, right], rows) {
  const width = right - left + 1;
  const mean = new Float32Array((bottom - top + 1) * width);
  for (let row = top; row <= bottom; row += 1) {
    for (let column = left; column <= right; column += 1) {
      let [sum, n] = [0, 0];
      for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y += 1) {
        for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x += 1) {
          sum += image[y * columns + x];
          n += 1;
        }
      }
      mean[(row - top) * width + column - left] = sum / n;
    }
  }
  return mean;
}

/** Connected pixels around the seeds whose smoothed value is within `tolerance` of `level`. */
function flood(mean, height, width, seeds, level, tolerance, allowed) {
  const plane = new Uint8Array(height * width);
  const stack = [];
  const visit = (i) => {
    if (!plane[i] && allowed(i) && Math.abs(mean[i] - level) <= tolerance) {
      plane[i] = 1;
      stack.push(i);
    }
  };
  seeds.forEach(visit);
  while (stack.length) {
    const i = stack.pop();
    const x = i % width;
    if (x > 0) visit(i - 1);
    if (x < width - 1) visit(i + 1);
    if (i >= width) visit(i - width);
    if (i < (height - 1) * width) visit(i + width);
  }
  return plane;
}

/** Pixels with all (erode) or any (dilate) of their four neighbours and themselves inside. */
function eroded(plane, height, width) {
  return plane.map((value, i) => {
    const x = i % width;
    const inner = x > 0 && x < width - 1 && i >= width && i < (height - 1) * width;
    return value && inner && plane[i - 1] && plane[i + 1] && plane[i - width] && plane[i + width] ? 1 : 0;
  });
}

function dilated(plane, height, width) {
  return plane.map((value, i) => {
    const x = i % width;
    return value || (x > 0 && plane[i - 1]) || (x < width - 1 && plane[i + 1]) ||
      (i >= width && plane[i - width]) || (i < (height - 1) * width && plane[i + width]) ? 1 : 0;
  });
}

/** Fill what the outside cannot reach. */
function filled(plane, height, width) {
  const border = [];
  for (let x = 0; x < width; x += 1) border.push(x, (height - 1) * width + x);
  for (let y = 0; y < height; y += 1) border.push(y * width, y * width + width - 1);
  const outside = flood(plane, height, width, border, 0, 0.5, () => true);
  return outside.map((value) => (value ? 0 : 1));
}

/**
 * Assisted outline: grow from a seed on its slice and from the result on the neighbours.
 *
 * images: Map of slice to Int16Array, `at` among them; seed: [row, column]; tolerance and reach in
 * HU and mm. Returns a Map of slice to plane; empty slices are left out.
 */
export function grown(images, at, seed, tolerance, reach, rows, columns, spacing) {
  const margins = [Math.ceil(reach / spacing[0]), Math.ceil(reach / spacing[1])];
  const box = [
    Math.max(0, seed[0] - margins[0]), Math.max(0, seed[1] - margins[1]),
    Math.min(rows - 1, seed[0] + margins[0]), Math.min(columns - 1, seed[1] + margins[1]),
  ];
  const [height, width] = [box[2] - box[0] + 1, box[3] - box[1] + 1];
  const near = (i) =>
    ((Math.floor(i / width) + box[0] - seed[0]) * spacing[0]) ** 2 +
      (((i % width) + box[1] - seed[1]) * spacing[1]) ** 2 <= reach * reach;
  const start = (seed[0] - box[0]) * width + seed[1] - box[1];
  const first = smoothed(images.get(at), columns, box, rows);
  const level = first[start];
  const tidy = (plane) => {
    let result = filled(eroded(dilated(plane, height, width), height, width), height, width);
    const opened = dilated(eroded(result, height, width), height, width);
    if (count(opened) > 0) result = opened;
    return result;
  };
  const middle = tidy(flood(first, height, width, [start], level, tolerance, near));
  const found = new Map([[at, middle]]);
  const core = eroded(eroded(middle, height, width), height, width);
  const seeds = [...core.keys()].filter((i) => core[i]);
  for (const [slice, image] of images) {
    if (slice === at) continue;
    const mean = smoothed(image, columns, box, rows);
    found.set(slice, tidy(flood(mean, height, width, seeds, level, tolerance, near)));
  }
  const result = new Map();
  for (const [slice, part] of found) {
    if (count(part) > 0) result.set(slice, paste(part, rows, columns, box));
  }
  return result;
}
