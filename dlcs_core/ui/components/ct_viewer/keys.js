// Everything by keyboard, while the picture has the focus.

const TOOLS = { v: "move", w: "window", p: "polygon", b: "brush", e: "erase", g: "assist", d: "distance", a: "area" };
const DRAWING = new Set(["polygon", "brush", "erase", "assist", "distance", "area"]);
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const PAN_PX = 40;

export function bindKeys(viewer) {
  viewer.panel.canvas.addEventListener("keydown", (event) => {
    if (event.altKey) return;
    const handled = event.ctrlKey || event.metaKey ? command(viewer, event) : plain(viewer, event);
    if (!handled) return;
    event.preventDefault();
    // The page around has keys of its own.
    event.stopPropagation();
  });
}

function command(viewer, event) {
  const key = event.key.toLowerCase();
  if (key === "z") viewer.undo(event.shiftKey);
  else if (key === "y") viewer.undo(true);
  else return false;
  return true;
}

function plain(viewer, event) {
  const { key } = event;
  if (TOOLS[key]) return act(() => viewer.panel.choose(TOOLS[key]));
  const steps = { PageUp: 1, PageDown: -1, ".": 1, ",": -1 }[key];
  if (steps) return act(() => viewer.step(steps, event.timeStamp));
  if (key === "Home" || key === "End") {
    return act(() => viewer.goTo(key === "Home" ? 0 : viewer.study.size[0] - 1, event.timeStamp));
  }
  if (ARROWS[key]) return act(() => arrow(viewer, event));
  const preset = viewer.presets[Number(key) - 1];
  if (preset) return act(() => viewer.setWindow(...preset.window));
  return others(viewer, event);
}

function others(viewer, event) {
  const { hand } = viewer;
  const at = () => (viewer.cursor ??= middle(viewer));
  switch (event.key) {
    case "k": {
      const slice = viewer.outline.keySlice();
      return act(() => (slice === null ? viewer.panel.announce("no_outline") : viewer.goTo(slice, event.timeStamp)));
    }
    case "+": case "=": return act(() => viewer.zoom(1.25));
    case "-": return act(() => viewer.zoom(0.8));
    case "0": return act(() => viewer.fit());
    case "n": return act(() => viewer.copyTo(1));
    case "i": return act(() => viewer.interpolate());
    case "[": case "]": return act(() => viewer.panel.adjust(event.key === "]" ? 1 : -1));
    case "Escape": return act(() => { hand.leave(); viewer.refresh(); });
    case "Backspace": case "Delete": return act(() => hand.removeVertex() || viewer.clear(false));
    case "c": return act(() => finish(viewer));
    case "Enter": case " ": return act(() => press(viewer, at()));
    default: return false;
  }
}

function act(what) {
  what();
  return true;
}

function middle(viewer) {
  return viewer.painter.toImage(viewer.painter.width / 2, viewer.painter.height / 2).map(Math.round);
}

/** Arrows move the cross of a drawing tool, the window, or the slice and the picture. */
function arrow(viewer, event) {
  const [down, right] = ARROWS[event.key];
  const far = event.shiftKey ? 10 : 1;
  if (DRAWING.has(viewer.tool)) {
    const [row, column] = viewer.cursor ?? middle(viewer);
    viewer.cursor = [row + down * far, column + right * far];
    viewer.panel.sayCursor();
    viewer.invalidate();
  } else if (viewer.tool === "window") {
    const [low, high] = viewer.window;
    viewer.setWindow(low + 5 * far * (-down - right), high + 5 * far * (-down + right));
  } else if (down) {
    viewer.step(-down, event.timeStamp);
  } else {
    viewer.painter.origin[1] -= right * PAN_PX;
    viewer.invalidate();
  }
}

/** What a click does, at the cross. */
function press(viewer, at) {
  const { hand, tool } = viewer;
  if (tool === "polygon") hand.addVertex(at);
  else if (tool === "brush" || tool === "erase") hand.dab(at);
  else if (tool === "assist") hand.seed(at);
  else if (tool === "distance" || tool === "area") hand.measurePoint(at);
  viewer.refresh();
}

function finish(viewer) {
  const at = viewer.cursor ?? viewer.pointer;
  if (viewer.tool === "area" && at) viewer.hand.measurePoint(at, true);
  else viewer.hand.close();
}
