// The window on the graph: pan, zoom, fit, and what is in sight.

class View {
  constructor() {
    this.svg = $("graph");
    this.layer = $("view");
    this.view = { x: 0, y: 0, scale: 1 };
  }

  pointers() {
    const down = new Map();
    this.moved = 0;
    this.svg.addEventListener("pointerdown", (e) => {
      if (!down.size) this.moved = 0;
      down.set(e.pointerId, [e.clientX, e.clientY]);
    });
    addEventListener("pointermove", (e) => {
      const was = down.get(e.pointerId);
      if (!was) return;
      const dx = e.clientX - was[0],
        dy = e.clientY - was[1],
        others = [...down].filter(([id]) => id !== e.pointerId);
      this.moved += Math.abs(dx) + Math.abs(dy);
      if (others.length) {
        // two fingers
        const [ox, oy] = others[0][1],
          r = this.svg.getBoundingClientRect();
        const ratio = Math.hypot(e.clientX - ox, e.clientY - oy) / Math.max(1, Math.hypot(was[0] - ox, was[1] - oy));
        this.zoom(ratio, ox - r.left, oy - r.top);
      } else {
        this.view.x += dx;
        this.view.y += dy;
        if (this.moved >= 5) this.svg.classList.add("dragged");
        this.place();
      }
      down.set(e.pointerId, [e.clientX, e.clientY]);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      addEventListener(end, (e) => (down.delete(e.pointerId), this.svg.classList.remove("dragged")));
    }
    this.svg.addEventListener(
      "wheel",
      (e) => {
        e.preventDefault();
        const r = this.svg.getBoundingClientRect();
        this.zoom(Math.exp(-e.deltaY * 0.0015), e.clientX - r.left, e.clientY - r.top);
      },
      { passive: false },
    );
    this.svg.addEventListener("click", () => {
      if (this.moved < 5 && this.selected != null) ((this.selected = null), this.show());
    });
  }

  place() {
    const { x, y, scale } = this.view;
    this.layer.setAttribute("transform", `translate(${x.toFixed(2)},${y.toFixed(2)}) scale(${scale.toFixed(4)})`);
  }
  zoom(by, cx = this.svg.clientWidth / 2, cy = this.svg.clientHeight / 2) {
    const { view } = this,
      scale = Math.min(4, Math.max(0.05, view.scale * by));
    view.x = cx - ((cx - view.x) * scale) / view.scale;
    view.y = cy - ((cy - view.y) * scale) / view.scale;
    view.scale = scale;
    this.place();
  }
  // All of it, but no smaller than `least`: then from the start of the computation.
  fit(least = 0) {
    const [x0, y0, x1, y1] = this.extent,
      width = this.svg.clientWidth,
      height = this.svg.clientHeight;
    const top = $("tools").offsetHeight + 20,
      bottom = $("legend").offsetHeight + 18,
      side = 12,
      room = [width - 2 * side, height - top - bottom];
    const whole = Math.min(room[0] / (x1 - x0), room[1] / (y1 - y0), 1.5);
    const scale = Math.max(whole, least, 0.02);
    const along = (from, to, space, start) =>
      (space >= (to - from) * scale ? start + (space - (to - from) * scale) / 2 : start) - from * scale;
    this.view = { scale, x: along(x0, x1, room[0], side), y: along(y0, y1, room[1], top) };
    this.place();
  }
  // Bring a card into sight.
  bring(card) {
    const [x0, y0, x1, y1] = box(card),
      { view } = this,
      side = 16;
    const shift = (low, high, from, to) => (low < from ? from - low : high > to ? Math.max(to - high, from - low) : 0);
    view.x += shift(x0 * view.scale + view.x, x1 * view.scale + view.x, side, this.svg.clientWidth - side);
    view.y += shift(y0 * view.scale + view.y, y1 * view.scale + view.y, 54, this.svg.clientHeight - 46);
    this.place();
  }
  center(v) {
    const card = this.cardOf(v);
    if (card) this.bring(card);
  }
}

const box = ({ x, y, size }) => [x - size[0] / 2, y - size[1] / 2, x + size[0] / 2, y + size[1] / 2];
const overlaps = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

// Straight where two points are level, else a curve that starts and ends level.
function curve(points, isDown) {
  const [start, ...rest] = points.map((p) => p.map((c) => Number(c.toFixed(1))));
  let [x, y] = start,
    path = `M${x} ${y}`;
  for (const [px, py] of rest) {
    const isLevel = isDown ? Math.abs(px - x) < 0.6 : Math.abs(py - y) < 0.6;
    if (isLevel) path += `L${px} ${py}`;
    else if (isDown) path += `C${x} ${(y + py) / 2} ${px} ${(y + py) / 2} ${px} ${py}`;
    else path += `C${(x + px) / 2} ${y} ${(x + px) / 2} ${py} ${px} ${py}`;
    [x, y] = [px, py];
  }
  return path;
}
