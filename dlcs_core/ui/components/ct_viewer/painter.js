// One picture: slice, heat map, outline, marks; in image coordinates under pan and zoom.

const HANDLE_PX = 3.5;

export class Painter {
  constructor(canvas, study, colors) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.study = study;
    this.colors = colors;
    this.grey = new OffscreenCanvas(study.size[2], study.size[1]);
    this.greyContext = this.grey.getContext("2d", { alpha: false });
    this.pixels = this.greyContext.createImageData(study.size[2], study.size[1]);
    this.table = new Uint32Array(65536);
    this.window = null;
    this.shown = null;
    this.zoom = 1;
    this.origin = [0, 0];
  }

  /** Canvas pixels per image row and column. */
  get scale() {
    const [, rowMm, columnMm] = this.study.spacing;
    return [this.zoom * rowMm, this.zoom * columnMm];
  }

  toImage(x, y) {
    const [sy, sx] = this.scale;
    return [(y - this.origin[0]) / sy, (x - this.origin[1]) / sx];
  }

  toCanvas(row, column) {
    const [sy, sx] = this.scale;
    return [this.origin[1] + column * sx, this.origin[0] + row * sy];
  }

  /** Fit the slice, or a square of `fieldMm` around a point, into the canvas. */
  fit(fieldMm = null, center = null) {
    const [, rows, columns] = this.study.size;
    const [, rowMm, columnMm] = this.study.spacing;
    const middle = center ?? [(rows - 1) / 2, (columns - 1) / 2];
    const [height, width] = [fieldMm ?? rows * rowMm, fieldMm ?? columns * columnMm];
    this.zoom = Math.min(this.height / height, this.width / width);
    this.centerOn(middle);
  }

  centerOn([row, column]) {
    const [sy, sx] = this.scale;
    this.origin = [this.height / 2 - row * sy, this.width / 2 - column * sx];
  }

  zoomAt(factor, x, y) {
    const [row, column] = this.toImage(x, y);
    this.zoom = Math.min(40, Math.max(0.2, this.zoom * factor));
    const [sy, sx] = this.scale;
    this.origin = [y - row * sy, x - column * sx];
  }

  resize(width, height) {
    const density = Math.min(2, window.devicePixelRatio || 1);
    [this.width, this.height, this.density] = [width, height, density];
    this.canvas.width = Math.round(width * density);
    this.canvas.height = Math.round(height * density);
  }

  #greyOf(image, [low, high]) {
    if (this.shown === image && this.window?.[0] === low && this.window?.[1] === high) return;
    if (this.window?.[0] !== low || this.window?.[1] !== high) {
      for (let i = 0; i < 65536; i += 1) {
        const hu = i < 32768 ? i : i - 65536;
        const grey = Math.round(255 * Math.min(1, Math.max(0, (hu - low) / (high - low))));
        this.table[i] = 0xff000000 | (grey << 16) | (grey << 8) | grey;
      }
    }
    const target = new Uint32Array(this.pixels.data.buffer);
    for (let i = 0; i < target.length; i += 1) target[i] = this.table[image[i] & 0xffff];
    this.greyContext.putImageData(this.pixels, 0, 0);
    [this.shown, this.window] = [image, [low, high]];
  }

  paint(scene) {
    const { context } = this;
    context.setTransform(this.density, 0, 0, this.density, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, this.width, this.height);
    if (scene.image) {
      this.#greyOf(scene.image, scene.window);
      this.#picture(this.grey, [-0.5, -0.5], [this.study.size[1], this.study.size[2]]);
    } else {
      this.#text(scene.waiting, this.width / 2, this.height / 2, "center");
    }
    if (scene.heat) this.#heat(scene.heat);
    if (scene.rings) this.#outline(scene.rings);
    if (scene.handles) this.#handles(scene.handles, scene.held);
    if (scene.pending?.length) this.#pending(scene.pending, scene.pointer);
    if (scene.brush) this.#brush(scene.brush);
    for (const mark of scene.marks) this.#mark(mark);
    if (scene.cursor) this.#cursor(scene.cursor);
    this.#frame(scene);
  }

  #picture(source, [row, column], [rows, columns]) {
    const [x, y] = this.toCanvas(row, column);
    const [sy, sx] = this.scale;
    this.context.imageSmoothingEnabled = this.zoom < 8;
    this.context.drawImage(source, x, y, columns * sx, rows * sy);
  }

  #heat({ source, frame, opacity }) {
    const [, rowMm, columnMm] = this.study.spacing;
    const low = frame.origin_mm.map((mm) => mm - frame.spacing_mm / 2);
    const size = source.width * frame.spacing_mm;
    this.context.globalAlpha = opacity;
    this.#picture(source, [low[0] / rowMm, low[1] / columnMm], [size / rowMm, size / columnMm]);
    this.context.globalAlpha = 1;
  }

  #path(ring, close = true) {
    const { context } = this;
    for (let i = 0; i < ring.length; i += 2) {
      const [x, y] = this.toCanvas(ring[i], ring[i + 1]);
      if (i) context.lineTo(x, y);
      else context.moveTo(x, y);
    }
    if (close) context.closePath();
  }

  #stroke(color, width = 2, dash = []) {
    const { context } = this;
    context.setLineDash(dash);
    context.lineWidth = width + 2;
    context.strokeStyle = "rgba(0,0,0,0.55)";
    context.stroke();
    context.lineWidth = width;
    context.strokeStyle = color;
    context.stroke();
    context.setLineDash([]);
  }

  #outline(rings) {
    this.context.beginPath();
    rings.forEach((ring) => this.#path(ring));
    this.context.fillStyle = this.colors.fill;
    this.context.fill("evenodd");
    this.#stroke(this.colors.outline);
  }

  #handles(rings, held) {
    rings.forEach((ring, r) => {
      for (let i = 0; i < ring.length; i += 2) {
        const active = held && held.ring === r && held.index === i;
        this.#dot(ring[i], ring[i + 1], active ? HANDLE_PX + 2 : HANDLE_PX, active);
      }
    });
  }

  #dot(row, column, radius, active) {
    const [x, y] = this.toCanvas(row, column);
    this.context.beginPath();
    this.context.arc(x, y, radius, 0, 7);
    this.context.fillStyle = active ? this.colors.active : "#fff";
    this.context.fill();
    this.context.lineWidth = 1.5;
    this.context.strokeStyle = this.colors.outlineDark;
    this.context.stroke();
  }

  #pending(ring, pointer) {
    this.context.beginPath();
    this.#path(pointer ? [...ring, ...pointer] : ring, false);
    this.#stroke(this.colors.active, 2, [6, 4]);
    for (let i = 0; i < ring.length; i += 2) this.#dot(ring[i], ring[i + 1], i ? HANDLE_PX : HANDLE_PX + 2, !i);
  }

  #brush({ at, radius, adding }) {
    const [x, y] = this.toCanvas(at[0], at[1]);
    this.context.beginPath();
    this.context.arc(x, y, radius * this.zoom, 0, 7);
    this.#stroke(adding ? this.colors.outline : this.colors.active, 1.5, adding ? [] : [4, 3]);
  }

  #mark({ points, closed, text }) {
    this.context.beginPath();
    this.#path(points, closed);
    this.#stroke(this.colors.measure, 1.5);
    for (let i = 0; i < points.length; i += 2) {
      const [x, y] = this.toCanvas(points[i], points[i + 1]);
      this.context.fillStyle = this.colors.measure;
      this.context.fillRect(x - 2, y - 2, 4, 4);
    }
    const [x, y] = this.toCanvas(points[points.length - 2], points[points.length - 1]);
    if (text) this.#text(text, x + 8, y - 8, "left");
  }

  #cursor([row, column]) {
    const [x, y] = this.toCanvas(row, column);
    this.context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      this.context.moveTo(x + 4 * dx, y + 4 * dy);
      this.context.lineTo(x + 14 * dx, y + 14 * dy);
    }
    this.#stroke("#fff", 1.5);
  }

  #text(text, x, y, align) {
    const { context } = this;
    context.font = `13px ${this.colors.font}`;
    context.textAlign = align;
    context.textBaseline = "middle";
    context.lineWidth = 3;
    context.strokeStyle = "rgba(0,0,0,0.8)";
    context.strokeText(text, x, y);
    context.fillStyle = "#fff";
    context.fillText(text, x, y);
  }

  /** Sides of the patient, the scale, what the slice is. */
  #frame({ corner, sides }) {
    const [right, left, front, back] = sides;
    this.#text(right, 8, this.height / 2, "left");
    this.#text(left, this.width - 8, this.height / 2, "right");
    this.#text(front, this.width / 2, 12, "center");
    this.#text(back, this.width / 2, this.height - 12, "center");
    corner.forEach((line, i) => this.#text(line, 8, 14 + 18 * i, "left"));
    const mm = [100, 50, 20, 10, 5].find((length) => length * this.zoom <= this.width / 4) ?? 5;
    const [x, y] = [this.width - 14, this.height - 30];
    this.context.beginPath();
    this.context.moveTo(x - mm * this.zoom, y);
    this.context.lineTo(x, y);
    this.#stroke("#fff", 2);
    this.#text(`${mm} mm`, x, y + 14, "right");
  }
}
