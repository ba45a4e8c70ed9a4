// The graph: its picture, what is selected in it, and the steps through it.

const MOST_ROWS = 6, HEAD = 60, ROW = 24, PAD = 10;
const MOST_WIRES = 120, TALLEST = 1000; // of a graph that is shown unfolded
const MOST_BARS = 48;

class GraphView {
  constructor(data) {
    this.data = data;
    this.levels = data.levels.map((level) => new Level(data, level));
    this.selected = null;
    this.expanded = new Set();
    this.k = this.last = Infinity; // the step: 0 is before the first, `last` is when everything is known
    this.svg = $("graph");
    this.layer = $("view");
    this.view = { x: 0, y: 0, scale: 1 };
    this.focus = null;
    this.player = new Player($("play"), (start) => this.played(start), () => (isCalm() ? 1600 : 850));
    for (const level of this.levels) (this.level = level).unfold((scene) => this.isReadable(scene));
    this.level = this.levels[data.start];
    this.controls();
    this.pointers();
    this.rebuild();
  }

  name(v) {
    return this.data.names[v];
  }
  hasName(v) {
    return this.data.named[v] === "1";
  }
  // How a node is spoken of: by name, or as the operation that it is.
  label(v) {
    return this.hasName(v) ? this.name(v) : `${this.name(v)} (${this.data.ops[v]})`;
  }
  get output() {
    return this.name(this.data.output);
  }

  // ---- the picture ----

  rebuild(fits = true) {
    const scene = this.level.visible();
    scene.cards.sort((a, b) => this.rank(a) - this.rank(b));
    this.cards = scene.cards;
    this.wires = scene.wires;
    this.owner = scene.owner;
    this.cards.forEach((card, k) => (card.k = k));
    const isTall = !this.isReadable(scene);
    this.most = isTall ? 0 : MOST_ROWS; // many cards in a column keep their rows to themselves
    if (isTall) for (const card of this.cards) this.measure(card);
    this.isDown = this.svg.clientWidth < 620 && this.svg.clientWidth > 0;
    this.arrange();
    this.draw();
    this.steps();
    this.show();
    if (fits) this.fit(this.isDown ? 0.6 : 0.42);
  }

  rank(card) {
    return card.node != null ? this.level.rank.get(card.node) : Math.min(...card.members.map((v) => this.level.rank.get(v) ?? Infinity));
  }

  isReadable({ cards, wires }) {
    this.most = MOST_ROWS;
    for (const card of cards) this.measure(card);
    const height = [];
    columnsOf(cards.length, wires.map(({ tail, head }) => [tail.k, head.k])).forEach((column, k) => {
      height[column] = (height[column] ?? 0) + cards[k].size[1] + CARD_GAP;
    });
    return cards.length <= MOST_CARDS && wires.length <= MOST_WIRES && Math.max(...height) <= TALLEST;
  }

  // What stands on a card, and how large that makes it.
  measure(card) {
    const { data } = this;
    if (card.part) {
      card.lines = [`${counted(card.members.length)} values`];
      card.size = [Math.max(140, widthOf(shortened(card.part.label, 24), 13) + 40), HEAD + 26];
      return;
    }
    const v = card.node, text = data.expressions[v] ?? "";
    const place = (u) => {
      const at = text.search(new RegExp(`(?<![\\p{L}\\p{N}_])${RegExp.escape?.(this.name(u)) ?? this.name(u).replace(/[^\p{L}\p{N}_]/gu, "\\$&")}(?![\\p{L}\\p{N}_])`, "u"));
      return at < 0 ? Infinity : at;
    };
    card.rows.push(...(card.more ?? []));
    const places = new Map(card.rows.map((u) => [u, place(u)]));
    card.rows.sort((a, b) => places.get(a) - places.get(b) || a - b);
    card.more = [];
    if (card.rows.length > this.most + 1 && !this.expanded.has(card.key)) {
      const kept = new Set([...card.rows.slice(0, this.most), this.selected]);
      card.more = card.rows.filter((u) => !kept.has(u));
      card.rows = card.rows.filter((u) => kept.has(u));
    }
    card.isPill = !this.hasName(v);
    if (card.isPill) {
      card.op = shortened(this.sign(v), 16);
      card.size = [Math.max(62, 30 + widthOf(card.op, 13) + widthOf(this.name(v), 10)), 42];
      return;
    }
    card.op = shortened(this.sign(v), 10);
    card.texts = data.rows[v]?.flatMap((rows, which) => rows.map((row) => ({ row, isGradient: which === 1 })));
    const names = card.rows.map((u) => widthOf(shortened(this.name(u), 16), 13, 0.58));
    const array = card.texts ? Math.max(...card.texts.map(({ row }) => widthOf(row, 11, 0.605))) + 2 * PAD : 0;
    const title = widthOf(shortened(this.name(v), 20), 13, 0.6) + widthOf(card.op, 12) + 34;
    card.head = card.texts ? 30 + 15 * card.texts.length : HEAD;
    const rows = card.rows.length ? Math.max(...names, card.more.length ? 60 : 0) + (card.rows.some((u) => data.rows[u]) ? 186 : 150) : 0;
    card.size = [Math.max(104, title, array, rows), card.head + ROW * (card.rows.length + (card.more.length ? 1 : 0))];
  }

  // The operation as a sign; of several that are folded into one, what it comes down to.
  sign(v) {
    const sign = this.data.ops[v].replace(/array \([^)]*\) ?/, "").replace(/^logistic$/, "σ").replace(/\*/g, "×").replace("××", "**").replaceAll("-", MINUS);
    const isFolded = this.level !== this.levels.at(-1) && !this.level.ins.get(v).every((k) => this.isDirect(k));
    return !isFolded ? sign : /^[^ ]* ?\+|^\+/.test(sign) ? "Σ" : sign.includes("×") ? "×" : sign;
  }
  // Whether a line leads straight to its operand, with no operation folded into it.
  isDirect(k) {
    const whole = this.levels.at(-1), v = this.level.to[k];
    return whole.ins.get(v).some((j) => whole.from[j] === this.level.from[k]) && whole.ins.get(v).length === this.level.ins.get(v).length;
  }

  arrange() {
    const turned = ([a, b]) => (this.isDown ? [b, a] : [a, b]);
    const norm = (wire) => value(this.level.flows[wire.lines[0]]);
    const room = (wire) => Math.max(52, norm(wire) == null ? 0 : widthOf(`‖${digits(norm(wire), 3)}‖`, 11, 0.61) + 6);
    const labels = this.wires.map((wire) => turned(this.isSingle(wire) ? [room(wire), 15] : [14, 4]));
    const sizes = this.cards.map((card) => turned(card.size));
    const layout = layered(sizes, this.wires.map(({ tail, head }) => [tail.k, head.k]), labels, this.isDown ? 20 : 11);
    this.cards.forEach((card, k) => {
      [card.x, card.y] = turned(layout.cards[k]);
      card.column = layout.column[k];
    });
    this.wires.forEach((wire, k) => {
      wire.points = layout.points[k].map(turned);
      wire.at = turned(layout.labels[k]);
    });
  }

  // Whether a wire is between two nodes, so that it has a derivative of its own.
  isSingle(wire) {
    return wire.tail.node != null && wire.head.node != null;
  }

  draw() {
    this.layer.replaceChildren();
    this.items = new Map(); // what can be focused, by key
    const hulls = this.hulls(), wires = svg("g"), cards = svg("g"), labels = svg("g");
    for (const wire of this.wires) {
      wire.path = svg("path", { d: curve(wire.points, this.isDown) });
      wire.text = svg("text", { x: wire.at[0], y: wire.at[1] + 4 });
      wire.ground = svg("rect", { y: wire.at[1] - 7.5, height: 15, rx: 4 });
      wire.element = svg("g", { "aria-hidden": "true" }, wire.path);
      wire.label = svg("g", { "aria-hidden": "true" }, wire.ground, wire.text);
      wires.append(wire.element);
      labels.append(wire.label);
    }
    for (const card of this.cards) cards.append(card.part ? this.drawPart(card) : this.drawCard(card));
    this.layer.append(hulls, wires, labels, cards);
    const xs = this.boxes.flatMap(([x0, , x1]) => [x0, x1]), ys = this.boxes.flatMap(([, y0, , y1]) => [y0, y1]);
    this.extent = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    if (!this.items.has(this.focus)) this.focus = null;
    for (const [key, item] of this.items) item.element.setAttribute("tabindex", key === (this.focus ?? this.items.keys().next().value) ? 0 : -1);
  }

  // A frame around each unfolded part, if nothing else stands inside it.
  hulls() {
    const layer = svg("g");
    this.boxes = this.cards.map(box);
    const holders = new Map();
    for (const card of this.cards) {
      for (let part = card.part ? card.part.inside : this.level.inside.get(card.node); part; part = part.inside) {
        if (!holders.has(part)) holders.set(part, new Set());
        holders.get(part).add(card);
      }
    }
    const depth = (part) => (part.inside ? 1 + depth(part.inside) : 0);
    const parts = [...holders.keys()].sort((a, b) => depth(a) - depth(b));
    const deepest = Math.max(...parts.map(depth), 0);
    for (const part of parts) {
      const cards = holders.get(part), boxes = [...cards].map(box), pad = 11 + 7 * (deepest - depth(part));
      const x0 = Math.min(...boxes.map((b) => b[0])) - pad, y0 = Math.min(...boxes.map((b) => b[1])) - pad - 16;
      const x1 = Math.max(...boxes.map((b) => b[2])) + pad, y1 = Math.max(...boxes.map((b) => b[3])) + pad;
      const isFree = this.cards.every((card) => cards.has(card) || !overlaps(box(card), [x0, y0, x1, y1]));
      if (!isFree) continue;
      this.boxes.push([x0, y0, x1, y1]);
      const width = widthOf(shortened(part.label, 28), 12, 0.72) + 24;
      const fold = () => this.fold(part);
      const title = svg(
        "g",
        { class: "title", role: "button", tabindex: 0, "aria-label": `Fold ${part.label}`, onclick: fold,
          onkeydown: (e) => (e.key === "Enter" || e.key === " ") && (e.preventDefault(), e.stopPropagation(), fold()) },
        svg("rect", { x: x0, y: y0, width, height: 24 }),
        svg("text", { x: x0 + 10, y: y0 + 17 }, `${shortened(part.label, 28)} −`),
      );
      layer.append(svg("g", { class: part.isModule ? "hull module" : "hull" },
        svg("rect", { x: x0, y: y0, width: x1 - x0, height: y1 - y0, rx: 14 }), title));
    }
    return layer;
  }

  focusable(key, element, item) {
    Object.assign(item, { key, element });
    element.addEventListener("focus", () => this.focused(key));
    element.addEventListener("click", (event) => {
      event.stopPropagation();
      if (this.moved < 5) item.act();
    });
    this.items.set(key, item);
  }

  drawPart(card) {
    const [x0, y0] = box(card), [width, height] = card.size;
    const group = svg("g", { class: "node part", role: "button" },
      svg("rect", { class: "shade", x: 6, y: 6, width, height, rx: 9 }),
      svg("rect", { class: "shade", x: 3, y: 3, width, height, rx: 9 }),
      svg("rect", { class: "box", width, height, rx: 9 }),
      svg("text", { class: "name", x: PAD, y: 20 }, shortened(card.part.label, 24)),
      svg("text", { class: "dim", x: PAD, y: 36 }, card.lines[0]),
      svg("text", { class: "dim", x: width - PAD, y: 20, "text-anchor": "end" }, "+"));
    card.gradient = group.appendChild(svg("text", { class: "gradient", x: PAD, y: 52 }));
    card.bars = group.appendChild(svg("g", { transform: `translate(${PAD},${height - 17})` }));
    group.setAttribute("transform", `translate(${x0},${y0})`);
    this.focusable(card.key, group, { card, act: () => this.unfold(card.part) });
    return group;
  }

  drawCard(card) {
    const [x0, y0] = box(card), [width, height] = card.size, v = card.node;
    const kind = { p: "parameter", l: "leaf", o: "output", c: "" }[this.data.kinds[v]];
    const head = svg("g", { class: `node ${kind}`, role: "button" },
      svg("rect", { class: "box", width, height, rx: card.isPill ? 21 : 9 }));
    head.append(svg("title", {}, this.data.calls[v] || this.name(v)));
    if (card.isPill) {
      head.append(svg("text", { class: "name", x: width / 2, y: 18, "text-anchor": "middle" },
        svg("tspan", { class: "unnamed" }, `${this.name(v)} `), card.op));
      card.value = head.appendChild(svg("text", { class: "small-text", x: width / 2, y: 33, "text-anchor": "middle" }));
    } else {
      head.append(svgName(this.name(v), { x: PAD, y: 20 }));
      if (card.op) head.append(svg("text", { class: "dim", x: width - PAD, y: 19, "text-anchor": "end" }, card.op));
      if (card.texts) {
        card.lines = card.texts.map(({ row, isGradient }, k) =>
          head.appendChild(svg("text", { class: `small-text${isGradient ? " gradient" : k ? "" : " dim"}`, x: PAD, y: 37 + 15 * k }, row)));
      } else {
        card.value = head.appendChild(svg("text", { x: PAD, y: 36 }));
        card.gradient = head.appendChild(svg("text", { class: "gradient", x: PAD, y: 52 }));
      }
    }
    const group = svg("g", { transform: `translate(${x0},${y0})` }, head);
    this.focusable(card.key, head, { card, node: v, act: () => this.select(v) });
    card.cells = [...card.rows, ...(card.more.length ? [null] : [])].map((u, k) => {
      const y = card.head + ROW * k;
      const row = svg("g", { class: "row", role: "button", transform: `translate(0,${y})` },
        svg("line", { class: "rule", x1: 1, x2: width - 1 }),
        svg("rect", { class: "box", x: 1, y: 1, width: width - 2, height: ROW - 2, rx: 4 }));
      const key = u == null ? `${card.key}:more` : `${card.key}:${u}`;
      const cell = { card, row, node: u };
      if (u == null) {
        row.append(svg("text", { class: "dim", x: PAD, y: 16 }, `… ${card.more.length} more`));
        row.setAttribute("aria-label", `Show ${card.more.length} more leaves of ${this.name(v)}`);
        cell.act = () => (this.expanded.add(card.key), (this.focus = card.key), this.rebuild(false), this.refocus());
      } else {
        row.append(svgName(this.name(u), { x: PAD, y: 16 }, 16));
        cell.value = row.appendChild(svg("text", { class: "small-text", x: width - PAD - (this.data.rows[u] ? 82 : 70), y: 16, "text-anchor": "end" }));
        cell.gradient = row.appendChild(svg("text", { class: "small-text gradient", x: width - PAD, y: 16, "text-anchor": "end" }));
        cell.act = () => this.select(u);
      }
      this.focusable(key, row, cell);
      group.append(row);
      return cell;
    });
    return group;
  }

  // ---- steps ----

  // One step for each card or row that can be seen: forward column by column, backward the other way.
  steps() {
    const wasDone = this.isDone, wasForward = this.k <= (this.forward?.length ?? 0);
    const part = wasDone ? 1 : wasForward ? this.k / this.forward.length : (this.k - this.forward.length) / this.backward.length;
    const across = (card) => (this.isDown ? card.x : card.y);
    const isComputed = (card) => card.members.some((v) => this.level.ins.get(v).length);
    const cards = this.cards.slice().sort((a, b) => a.column - b.column || across(a) - across(b));
    this.forward = cards.filter(isComputed).map((card) => ({ card, nodes: card.members }));
    const rows = new Map();
    for (const card of this.cards.filter((c) => c.node != null)) {
      for (const u of [...card.rows, ...card.more]) {
        const at = rows.get(u) ?? { column: Infinity, across: across(card), node: u, holders: [] };
        at.column = Math.min(at.column, card.column - 0.5);
        at.holders.push(card);
        rows.set(u, at);
      }
    }
    const hidden = new Map(), found = [];
    for (const [u, at] of rows) {
      if (at.holders.some((card) => card.rows.includes(u))) found.push({ ...at, nodes: [u] });
      else hidden.set(at.holders[0], [...(hidden.get(at.holders[0]) ?? []), u]);
    }
    for (const [card, nodes] of hidden) found.push({ column: card.column - 0.5, across: across(card) + 1, nodes, more: card });
    for (const card of this.cards) found.push({ column: card.column, across: across(card), nodes: card.members, card });
    const leads = (step) => step.nodes.some((v) => this.hasGradient(v));
    this.backward = found.filter(leads).sort((a, b) => b.column - a.column || a.across - b.across);
    this.last = this.forward.length + this.backward.length;
    const f = this.forward.length;
    this.k = wasDone ? this.last : Math.round(wasForward ? part * f : f + part * this.backward.length);
    $("step").max = this.last;
  }

  hasGradient(v) {
    return this.data.gradients[v] != null || this.data.norms[v] != null;
  }
  get isDone() {
    return this.k >= this.last;
  }
  // The step just made: its nodes, and the card if it is one.
  get now() {
    const f = this.forward.length;
    return this.k === 0 || this.isDone ? null : this.k <= f ? this.forward[this.k - 1] : this.backward[this.k - f - 1];
  }

  step(by) {
    this.player.stop();
    this.goto(this.k + by);
  }
  goto(k) {
    this.k = Math.max(0, Math.min(this.last, k));
    this.show();
  }
  played(start) {
    if (start) {
      this.selected = null;
      if (this.isDone) this.k = 0;
    }
    this.goto(this.k + (start && this.k === 0 ? 0 : 1));
    return !this.isDone;
  }

  // ---- what the picture says at this step, with this selection ----

  show() {
    const f = this.forward.length, { data, level } = this;
    const isLeaf = (v) => !level.ins.get(v).length;
    this.known = new Set(level.nodes.filter(isLeaf));
    for (const { nodes } of this.forward.slice(0, this.k)) for (const v of nodes) this.known.add(v);
    this.reached = new Set(this.backward.slice(0, Math.max(0, this.k - f)).flatMap(({ nodes }) => nodes));
    const picked = this.selected != null && this.isDone;
    this.shares = picked ? level.shares(this.selected) : null;
    this.cone = picked ? level.cone(this.selected) : null;
    for (const wire of this.wires) this.weigh(wire);
    const most = Math.max(...this.wires.map(({ amount }) => Math.abs(amount)).filter(Number.isFinite), 0) || 1;
    for (const wire of this.wires) this.showWire(wire, most);
    for (const card of this.cards) this.showCard(card);
    this.say();
    this.legend();
    $("step").value = this.k;
    const text = this.k <= f ? `forward ${this.k}/${f}` : `backward ${this.k - f}/${this.backward.length}`;
    $("step").setAttribute("aria-valuetext", text);
    $("count").textContent = text;
    showDetails(this);
  }

  // What a wire carries: its share of the selected gradient, or of what flows in all.
  weigh(wire) {
    const { level, data } = this;
    let amount = 0, isSigned = true;
    for (const k of wire.lines) {
      if (this.shares) amount += this.shares.get(k) ?? 0;
      else if (isNumber(level.partials[k]) && isNumber(data.gradients[level.to[k]]) && this.isSingle(wire)) {
        amount += level.partials[k] * data.gradients[level.to[k]];
      } else {
        isSigned = false;
        const flow = isNumber(level.partials[k]) ? level.partials[k] * data.gradients[level.to[k]] : value(level.flows[k] ?? 0);
        if (Number.isFinite(flow)) amount = Math.hypot(amount, flow);
      }
    }
    Object.assign(wire, { amount, isSigned });
    wire.isLit = this.cone ? wire.lines.some((k) => this.cone.has(k)) && (!this.shares || amount !== 0) : false;
    wire.isCut = wire.lines.every((k) => level.partials[k] == null && level.flows[k] == null);
  }

  showWire(wire, most) {
    const { level, data } = this, now = this.now;
    const heads = wire.head.members.some((v) => this.reached.has(v));
    const shows = this.cone ? wire.isLit : heads;
    const sign = shows && wire.isSigned ? Math.sign(wire.amount) : 0;
    const isForward = this.k <= this.forward.length;
    const isNow = now?.card && (isForward ? wire.head === now.card : wire.tail === now.card);
    const width = shows ? 1.4 + 6.5 * Math.sqrt(Math.min(1, Math.abs(wire.amount) / most)) : 1.4;
    const classes = ["wire", sign > 0 && "plus", sign < 0 && "minus", wire.isCut && "cut", isNow && "now",
      this.cone && (wire.isLit ? "lit" : "faint")].filter(Boolean).join(" ");
    wire.element.setAttribute("class", classes);
    wire.label.setAttribute("class", classes);
    wire.path.setAttribute("stroke-width", (Number.isFinite(width) ? width : 8).toFixed(2));
    let text = "";
    if (this.shares) {
      const turns = wire.isLit && (wire.tail.members.includes(this.selected) || this.lit(wire.tail, "tail") > 1 || this.lit(wire.head, "head") > 1);
      text = turns ? signed(wire.amount) : "";
      wire.element.dataset.share = wire.isLit ? wire.amount : 0;
    } else if (this.isSingle(wire) && (this.known.has(wire.head.node) || this.cone)) {
      const ds = wire.lines.map((k) => level.partials[k]), flow = value(level.flows[wire.lines[0]]);
      if (ds.every(isNumber)) text = brief(ds.reduce((a, b) => a + b, 0));
      else if (flow != null && heads) text = `‖${digits(flow, 3)}‖`;
    }
    wire.element.dataset.line = `${wire.tail.key} ${wire.head.key}`;
    wire.text.textContent = text;
    const wide = text ? widthOf(text, 11, 0.61) + 5 : 0;
    wire.ground.setAttribute("width", wide);
    wire.ground.setAttribute("x", wire.at[0] - wide / 2);
  }
  lit(card, side) {
    return this.wires.filter((wire) => wire[side] === card && wire.isLit).length;
  }

  showCard(card) {
    const now = this.now, phase = this.k <= this.forward.length ? "forward" : "backward", { data } = this;
    const isLit = (v) => !this.cone || v === this.selected || [...this.level.ins.get(v), ...this.level.outs.get(v)].some((k) => this.cone.has(k));
    const dress = (element, isNow, isSelected, isFaint) => {
      for (const [name, on] of [["now", isNow], [phase, isNow], ["selected", isSelected], ["faint", isFaint]]) element.classList.toggle(name, Boolean(on));
      if (!isNow) element.classList.remove("forward", "backward");
    };
    if (card.part) {
      const element = this.items.get(card.key).element, known = card.members.every((v) => this.known.has(v));
      const found = card.members.filter((v) => this.reached.has(v) && this.hasGradient(v));
      const norm = Math.hypot(...found.slice(0, 10000).map((v) => (isNumber(data.gradients[v]) ? data.gradients[v] : value(data.norms[v] ?? 0))));
      dress(element, now?.card === card, false, this.cone && !card.members.some(isLit));
      card.gradient.textContent = found.length ? `‖∂‖ ${brief(norm)}` : known ? "" : "·";
      element.setAttribute("aria-label", `${card.part.label}, ${card.lines[0]}${found.length ? `, norm of their gradients ${full(norm)}` : ""}, folded`);
      element.setAttribute("aria-expanded", "false");
      this.showBars(card);
      return;
    }
    const v = card.node, { element } = this.items.get(card.key);
    const isNow = now?.card === card;
    dress(element, isNow, v === this.selected, this.cone && !isLit(v));
    this.fill(card, v, element, "∂ ");
    for (const cell of card.cells) {
      if (cell.node == null) {
        dress(cell.row, now?.more === card, false, Boolean(this.cone));
        continue;
      }
      dress(cell.row, now && !now.card && now.node === cell.node, cell.node === this.selected, this.cone && !this.isOnWay(cell, card));
      this.fill(cell, cell.node, cell.row, "");
    }
  }
  // The gradients inside a part, up where they are positive and down where they are negative.
  showBars(card) {
    const { data } = this, all = card.members.filter((v) => this.hasGradient(v) && !this.level.docked.has(v));
    const some = all.length <= MOST_BARS ? all : Array.from({ length: MOST_BARS }, (_, k) => all[Math.floor((k * all.length) / MOST_BARS)]);
    const size = (v) => (isNumber(data.gradients[v]) ? data.gradients[v] : value(data.norms[v] ?? 0));
    const most = Math.max(...some.map((v) => Math.abs(size(v))).filter(Number.isFinite), 0) || 1;
    const room = card.size[0] - 2 * PAD, step = Math.min(10, room / Math.max(some.length, 1));
    card.bars.replaceChildren(svg("line", { class: "zero", x2: room }), ...some.map((v, k) => {
      const g = this.reached.has(v) ? size(v) : 0, high = Math.max(0.6, 11 * Math.sqrt(Math.abs(g) / most)) || 0.6;
      return svg("rect", { class: g < 0 ? "down" : "up", x: k * step, y: g < 0 ? 0 : -high, width: step * 0.7, height: high });
    }));
  }
  isOnWay(cell, card) {
    return cell.node === this.selected || this.level.outs.get(cell.node).some((k) => this.level.to[k] === card.node && this.cone.has(k));
  }

  // The numbers of a card or row, as far as they are known, and the same for who does not see them.
  fill(cell, v, element, before) {
    const { data } = this, gradient = value(data.gradients[v]), known = this.known.has(v), reached = this.reached.has(v);
    const number = value(data.values[v]);
    const said = [this.label(v), known ? `value ${data.rows[v] ? data.rows[v][0].join(" ") : full(number)}` : "not computed yet"];
    if (reached && this.hasGradient(v)) said.push(`gradient ${data.rows[v] ? data.rows[v][1].join(" ") : full(gradient)}`);
    element.setAttribute("aria-label", said.join(", "));
    element.setAttribute("aria-pressed", v === this.selected);
    if (cell.lines) {
      const values = data.rows[v][0].length;
      cell.lines.forEach((line, k) => line.setAttribute("visibility", (k < values ? known : reached) ? "visible" : "hidden"));
      return;
    }
    if (data.rows[v]) { // an array as a row of a card
      cell.value.textContent = known ? shortened(data.rows[v][0][0].replace(/ \w+$/, ""), 12) : "·";
      cell.gradient.textContent = reached ? `‖${digits(value(data.norms[v]), 3)}‖` : "";
      return;
    }
    cell.value.textContent = known ? brief(number) : "·";
    if (!cell.gradient) return;
    cell.gradient.textContent = !reached ? "" : before + (gradient == null ? "–" : signed(gradient));
    cell.gradient.classList.toggle("minus", isNumber(gradient) && gradient < 0);
  }

  // The caption of the step.
  say() {
    const caption = $("caption"), { data } = this, now = this.now, root = this.output;
    const strong = (text) => html("b", {}, text);
    const derivative = (v) => `∂${root}/∂${this.name(v)}`;
    caption.replaceChildren();
    if (this.isDone && this.selected != null) {
      const v = this.selected, g = value(data.gradients[v]);
      if (this.shares) caption.append(`Lines show how much of ${derivative(v)} = `, strong(full(g)), " passes through them: thickness is size, colour and dash are sign.");
      else caption.append(`Lit lines are the ways from ${this.label(v)} to ${root}; the numbers on them are norms of what flows.`);
      return;
    }
    if (this.isDone) {
      caption.append(`Done: one backward pass gave all ${counted(this.reached.size)} derivatives. Select a value to see where its gradient comes from.`);
      return;
    }
    if (!now) {
      caption.append("The leaves are known: inputs, weights and targets. ", html("kbd", {}, "→"), " computes the first value.");
      return;
    }
    const isForward = this.k <= this.forward.length;
    caption.append(html("b", { class: isForward ? "forward" : "backward" }, isForward ? "Forward " : "Backward "));
    if (now.nodes.length > 1 || now.card?.part) {
      const what = now.card ? now.card.part.label : `${now.nodes.length} more leaves of ${this.name(now.more.node)}`;
      caption.append(`${what}: ${counted(now.nodes.length)} ${isForward ? "values" : "gradients"} at once. Unfold it to see each.`);
      return;
    }
    const v = now.nodes[0];
    if (isForward) {
      const text = this.expression(v), number = value(data.values[v]);
      caption.append(`${this.name(v)} = ${text} = `, strong(data.rows[v] ? data.rows[v][0].join("  ") : full(number)));
      return;
    }
    if (v === data.output) {
      caption.append(`starts at the output: ∂${root}/∂${root} = `, strong("1"));
      return;
    }
    const terms = this.level.outs.get(v).filter((k) => this.hasGradient(this.level.to[k]));
    const numbers = terms.map((k) => [value(data.gradients[this.level.to[k]]), this.level.partials[k]]);
    if (numbers.every(([g, d]) => isNumber(g) && isNumber(d))) {
      const shown = numbers.slice(0, 4).map(([g, d]) => `${bracketed(g)} × ${bracketed(d)}`);
      if (numbers.length > 4) shown.push(`… (${numbers.length} terms)`);
      caption.append(`${derivative(v)} = ${shown.join(" + ")} = `, strong(full(value(data.gradients[v]))));
    } else {
      caption.append(`${derivative(v)}: what flows back from ${terms.slice(0, 4).map((k) => this.label(this.level.to[k])).join(" and ")}, `,
        strong(data.rows[v] ? data.rows[v][1].join("  ") : full(value(data.gradients[v]))));
    }
    caption.append(html("br"), html("span", { class: "why" },
      `for each value that uses ${this.name(v)}: its gradient × the local derivative on the line${terms.length > 1 ? ", added up" : ""}`));
  }

  // How a node was computed, in the terms of this level.
  expression(v) {
    const whole = this.data.expressions[v];
    return this.level === this.levels.at(-1) || whole == null ? this.data.calls[v].split(" = ").slice(1).join(" = ") : whole;
  }

  legend() {
    const sample = (sign) => svg("svg", { width: 34, height: 8, "aria-hidden": "true" }, svg("g", { class: `wire ${sign}` }, svg("path", { d: "M1 4H33", "stroke-width": 4 })));
    const what = this.shares ? "number: share of the gradient, where it changes"
      : this.wires.some((wire) => this.isSingle(wire) && isNumber(this.level.partials[wire.lines[0]])) ? "number: local derivative" : "";
    const norms = !this.shares && Object.keys(this.level.flows).length ? "‖ ‖: norm of what flows" : "";
    const isSigned = this.wires.some((wire) => wire.isSigned);
    $("legend").replaceChildren(...[isSigned && html("span", {}, sample("plus"), `raises ${shortened(this.output, 16)}`), isSigned && html("span", {}, sample("minus"), "lowers it"),
      what && html("span", {}, what), norms && html("span", {}, norms)].filter(Boolean));
    $("legend").hidden = !$("legend").children.length;
  }

  // ---- selecting and folding ----

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

  // ---- focus and keys ----

  focused(key) {
    if (this.focus !== key) this.items.get(this.focus ?? this.items.keys().next().value)?.element.setAttribute("tabindex", -1);
    this.focus = key;
    const item = this.items.get(key);
    item.element.setAttribute("tabindex", 0);
    this.bring(item.card);
  }
  refocus() {
    const item = this.items.get(this.focus) ?? this.items.values().next().value;
    item?.element.focus({ preventScroll: true });
  }

  // An arrow key in the graph: along the lines, or to the neighbour in the column; in a card, row by row.
  move(key) {
    const item = this.items.get(this.focus);
    if (!item) return this.refocus();
    const [back, on, up, down] = this.isDown ? ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"] : ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
    const { card } = item, across = (c) => (this.isDown ? c.x : c.y);
    let next = null;
    if (key === back || key === on) {
      if (item.card.node != null && item.key !== card.key && key === back) next = card.key;
      else {
        const near = this.wires.filter((wire) => (key === on ? wire.tail : wire.head) === card).map((wire) => (key === on ? wire.head : wire.tail));
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
    const inGraph = this.layer.contains(event.target), key = event.key;
    if (key === "Escape") return (this.selected = null), this.show(), true;
    if (key === ".") return this.step(1), true;
    if (key === ",") return this.step(-1), true;
    if (key === "Home" || key === "End") return this.player.stop(), this.goto(key === "Home" ? 0 : Infinity), true;
    if (key === "+" || key === "=") return this.zoom(1.25), true;
    if (key === "-" || key === MINUS) return this.zoom(0.8), true;
    if (key === "0") return this.fit(), true;
    if (inGraph && key.startsWith("Arrow")) return this.move(key), true;
    if (inGraph && (key === "Enter" || key === " ")) return this.items.get(this.focus)?.act(), true;
    if (key === "ArrowRight" || key === "ArrowLeft") return this.step(key === "ArrowRight" ? 1 : -1), true;
    if (key === " ") return this.player.toggle(), true;
    return false;
  }

  controls() {
    const select = $("level");
    this.levels.forEach((level, k) => select.append(html("option", { value: k }, `${level.title} (${counted(level.nodes.length)})`)));
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
    const { names } = this.data, found = $("found");
    names.forEach((name, v) => found.children.length < 500 && this.hasName(v) && found.append(html("option", { value: name })));
    $("find").addEventListener("change", (event) => {
      const v = names.indexOf(event.target.value.trim());
      if (v >= 0) this.find(v);
    });
  }

  // ---- pan and zoom ----

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
      const dx = e.clientX - was[0], dy = e.clientY - was[1], others = [...down].filter(([id]) => id !== e.pointerId);
      this.moved += Math.abs(dx) + Math.abs(dy);
      if (others.length) { // two fingers
        const [ox, oy] = others[0][1], r = this.svg.getBoundingClientRect();
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
    this.svg.addEventListener("wheel", (e) => {
      e.preventDefault();
      const r = this.svg.getBoundingClientRect();
      this.zoom(Math.exp(-e.deltaY * 0.0015), e.clientX - r.left, e.clientY - r.top);
    }, { passive: false });
    this.svg.addEventListener("click", () => {
      if (this.moved < 5 && this.selected != null) (this.selected = null), this.show();
    });
  }

  place() {
    const { x, y, scale } = this.view;
    this.layer.setAttribute("transform", `translate(${x.toFixed(2)},${y.toFixed(2)}) scale(${scale.toFixed(4)})`);
  }
  zoom(by, cx = this.svg.clientWidth / 2, cy = this.svg.clientHeight / 2) {
    const { view } = this, scale = Math.min(4, Math.max(0.05, view.scale * by));
    view.x = cx - ((cx - view.x) * scale) / view.scale;
    view.y = cy - ((cy - view.y) * scale) / view.scale;
    view.scale = scale;
    this.place();
  }
  // All of it, but no smaller than `least`: then from the start of the computation.
  fit(least = 0) {
    const [x0, y0, x1, y1] = this.extent, width = this.svg.clientWidth, height = this.svg.clientHeight;
    const top = $("tools").offsetHeight + 20, bottom = $("legend").offsetHeight + 18, side = 12, room = [width - 2 * side, height - top - bottom];
    const whole = Math.min(room[0] / (x1 - x0), room[1] / (y1 - y0), 1.5);
    const scale = Math.max(whole, least, 0.02);
    const along = (from, to, space, start) => (space >= (to - from) * scale ? start + (space - (to - from) * scale) / 2 : start) - from * scale;
    this.view = { scale, x: along(x0, x1, room[0], side), y: along(y0, y1, room[1], top) };
    this.place();
  }
  // Bring a card into sight.
  bring(card) {
    const [x0, y0, x1, y1] = box(card), { view } = this, side = 16;
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
  let [x, y] = start, path = `M${x} ${y}`;
  for (const [px, py] of rest) {
    const isLevel = isDown ? Math.abs(px - x) < 0.6 : Math.abs(py - y) < 0.6;
    if (isLevel) path += `L${px} ${py}`;
    else if (isDown) path += `C${x} ${(y + py) / 2} ${px} ${(y + py) / 2} ${px} ${py}`;
    else path += `C${(x + px) / 2} ${y} ${(x + px) / 2} ${py} ${px} ${py}`;
    [x, y] = [px, py];
  }
  return path;
}
