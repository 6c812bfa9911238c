// The stack beside the picture: where outlines are, which slice is key, which are loaded.

export class Strip {
  constructor(canvas, viewer) {
    [this.canvas, this.viewer] = [canvas, viewer];
    this.context = canvas.getContext("2d");
    const go = (event) => {
      if (!event.buttons && event.type !== "pointerdown") return;
      const box = canvas.getBoundingClientRect();
      const n = viewer.study.size[0];
      // Head on top.
      viewer.goTo(n - 1 - Math.floor(((event.clientY - box.top) / box.height) * n), event.timeStamp);
    };
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); go(event); });
    canvas.addEventListener("pointermove", go);
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      viewer.step(-Math.sign(event.deltaY), event.timeStamp);
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  #key(event) {
    const { viewer } = this;
    const last = viewer.study.size[0] - 1;
    const target = {
      ArrowUp: viewer.slice + 1, ArrowRight: viewer.slice + 1, ArrowDown: viewer.slice - 1,
      ArrowLeft: viewer.slice - 1, PageUp: viewer.slice + 10, PageDown: viewer.slice - 10, Home: 0, End: last,
    }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    viewer.goTo(target, event.timeStamp);
  }

  resize() {
    const box = this.canvas.getBoundingClientRect();
    this.density = Math.min(2, window.devicePixelRatio || 1);
    [this.width, this.height] = [box.width, box.height];
    this.canvas.width = Math.round(box.width * this.density);
    this.canvas.height = Math.round(box.height * this.density);
    this.invalidate();
  }

  invalidate() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (this.width) this.#paint();
    });
  }

  #paint() {
    const { context, viewer, width, height } = this;
    const { colors } = viewer;
    const n = viewer.study.size[0];
    const step = height / n;
    const top = (slice) => (n - 1 - slice) * step;
    context.setTransform(this.density, 0, 0, this.density, 0, 0);
    context.fillStyle = colors.stripBack;
    context.fillRect(0, 0, width, height);
    context.fillStyle = colors.stripLoaded;
    for (const slice of viewer.slices.images.keys()) context.fillRect(0, top(slice), 3, Math.ceil(step));
    const largest = Math.max(1, ...viewer.outline.slices().map((slice) => viewer.outline.count(slice)));
    for (const slice of viewer.outline.slices()) {
      const share = viewer.outline.count(slice) / largest;
      context.fillStyle = { key: colors.key, neighbor: colors.outline }[viewer.role(slice)] ?? colors.stripBar;
      context.fillRect(5, top(slice), 2 + share * (width - 14), Math.max(1, step - 0.5));
    }
    const key = viewer.outline.keySlice();
    if (key !== null) this.#star(width - 6, top(key) + step / 2, colors.key);
    context.strokeStyle = colors.active;
    context.lineWidth = 2;
    context.strokeRect(1, top(viewer.slice) - 1, width - 2, Math.max(3, step + 2));
  }

  /** The key slice is told by shape too, not by colour alone. */
  #star(x, y, color) {
    const { context } = this;
    context.beginPath();
    context.moveTo(x - 6, y);
    context.lineTo(x, y - 4);
    context.lineTo(x, y + 4);
    context.closePath();
    context.fillStyle = color;
    context.fill();
  }
}
