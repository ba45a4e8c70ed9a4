// The graph: its levels of detail, what is selected, folded and focused, and the keys and buttons for it.

class GraphView extends Steps {
  constructor(data) {
    super();
    this.data = data;
    this.levels = data.levels.map((level) => new Level(data, level));
    this.selected = null;
    this.expanded = new Set();
    this.k = this.last = Infinity; // the step: 0 is before the first, `last` is when everything is known
    this.focus = null;
    this.player = new Player(
      $("play"),
      (start) => this.played(start),
      () => (isCalm() ? 1600 : 850),
    );
    for (const level of this.levels) (this.level = level).unfold((scene) => this.isReadable(scene));
    this.level = this.levels[data.start];
    this.controls();
    this.pointers();
    this.rebuild();
  }

  select(v) {
    this.player.stop();
    this.selected = v === this.selected ? null : v;
    if (this.selected != null && !this.isShown(v)) {
      this.level.reveal(v);
      this.rebuild();
      this.center(v);
    }
    this.show();
  }
  isShown(v) {
    return this.cards.some((card) => card.node === v || (card.node != null && card.rows.includes(v)));
  }
  // Where a node is drawn: its card, or the first card that has it as a row.
  cardOf(v) {
    return this.cards.find((card) => card.node === v || card.rows.includes(v)) ?? this.owner.get(v);
  }
  find(v) {
    this.selected = null;
    if (!this.level.ins.has(v)) this.change(this.levels.length - 1);
    this.select(v);
    this.center(v);
  }
  unfold(part) {
    this.level.open(part);
    this.expanded.clear();
    this.rebuild();
    const first = this.cards.find((card) => card.members.some((v) => membersOf(part).includes(v)));
    this.focus = first?.key;
    this.refocus();
  }
  fold(part) {
    this.level.close(part);
    this.rebuild();
    this.focus = `p${part.id}`;
    this.refocus();
  }
  change(k) {
    const isDone = this.isDone;
    this.player.stop();
    this.level = this.levels[k];
    $("level").value = k;
    if (this.selected != null && !this.level.ins.has(this.selected)) this.selected = null;
    this.expanded.clear();
    this.k = isDone ? Infinity : this.k;
    this.rebuild();
  }

  focused(key) {
    this.items.get(this.focus)?.element.setAttribute("tabindex", -1);
    this.focus = key;
    const item = this.items.get(key);
    item.element.setAttribute("tabindex", 0);
    this.bring(item.card);
  }
  refocus() {
    this.items.get(this.focus)?.element.focus({ preventScroll: true });
  }

  // An arrow key in the graph: along the lines, or to the neighbour in the column; in a card, row by row.
  move(key) {
    const item = this.items.get(this.focus);
    const [back, on, up, down] = this.isDown
      ? ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]
      : ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
    const { card } = item,
      across = (c) => (this.isDown ? c.x : c.y);
    let next = null;
    if (key === back || key === on) {
      if (item.card.node != null && item.key !== card.key && key === back) next = card.key;
      else {
        const near = this.wires
          .filter((wire) => (key === on ? wire.tail : wire.head) === card)
          .map((wire) => (key === on ? wire.head : wire.tail));
        next = near.sort((a, b) => Math.abs(across(a) - across(card)) - Math.abs(across(b) - across(card)))[0]?.key;
      }
    } else {
      const cards = this.cards.filter((c) => c.column === card.column).sort((a, b) => across(a) - across(b));
      const keys = cards.flatMap((c) => [c.key, ...(c.cells ?? []).map((cell) => cell.key)]);
      next = keys[keys.indexOf(item.key) + (key === down ? 1 : key === up ? -1 : 0)];
    }
    this.items.get(next)?.element.focus({ preventScroll: true });
  }

  key(event) {
    const inGraph = this.layer.contains(event.target),
      key = event.key;
    if (key === "Escape") return ((this.selected = null), this.show(), true);
    if (key === ".") return (this.step(1), true);
    if (key === ",") return (this.step(-1), true);
    if (key === "Home" || key === "End") return (this.player.stop(), this.goto(key === "Home" ? 0 : Infinity), true);
    if (key === "+" || key === "=") return (this.zoom(1.25), true);
    if (key === "-" || key === MINUS) return (this.zoom(0.8), true);
    if (key === "0") return (this.fit(), true);
    if (inGraph && key.startsWith("Arrow")) return (this.move(key), true);
    if (inGraph && (key === "Enter" || key === " ")) return (this.items.get(this.focus)?.act(), true);
    if (key === "ArrowRight" || key === "ArrowLeft") return (this.step(key === "ArrowRight" ? 1 : -1), true);
    if (key === " ") return (this.player.toggle(), true);
    return false;
  }

  controls() {
    const select = $("level");
    this.levels.forEach((level, k) =>
      select.append(html("option", { value: k }, `${level.title} (${counted(level.nodes.length)})`)),
    );
    select.value = this.data.start;
    select.hidden = this.levels.length < 2;
    select.addEventListener("change", () => this.change(Number(select.value)));
    $("zoom-in").addEventListener("click", () => this.zoom(1.25));
    $("zoom-out").addEventListener("click", () => this.zoom(0.8));
    $("fit").addEventListener("click", () => this.fit());
    $("back").addEventListener("click", () => this.step(-1));
    $("next").addEventListener("click", () => this.step(1));
    $("step").addEventListener("input", (event) => (this.player.stop(), this.goto(Number(event.target.value))));
    const fold = $("fold");
    fold.hidden = !this.levels.some((level) => level.parts.length);
    fold.addEventListener("click", () => {
      const isFolded = !this.level.opened.size;
      if (isFolded) this.level.unfold((scene) => this.isReadable(scene));
      else this.level.opened.clear();
      this.rebuild();
      fold.textContent = isFolded ? "Fold" : "Unfold";
      fold.setAttribute("aria-label", isFolded ? "Fold everything" : "Unfold what can be read");
    });
    const { names } = this.data,
      found = $("found");
    names.forEach(
      (name, v) => found.children.length < 500 && this.hasName(v) && found.append(html("option", { value: name })),
    );
    $("find").addEventListener("change", (event) => {
      const v = names.indexOf(event.target.value.trim());
      if (v >= 0) this.find(v);
    });
  }
}
