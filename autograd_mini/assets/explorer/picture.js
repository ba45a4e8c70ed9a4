// The picture: cards, frames around the parts that are unfolded, and wires. What they say comes later.

const MOST_ROWS = 6,
  HEAD = 60,
  ROW = 24,
  PAD = 10;
const MOST_WIRES = 120,
  TALLEST = 1000; // of a graph that is shown unfolded
const MOST_BARS = 48;

class Picture extends View {
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
    return card.node != null
      ? this.level.rank.get(card.node)
      : Math.min(...card.members.map((v) => this.level.rank.get(v) ?? Infinity));
  }

  isReadable({ cards, wires }) {
    this.most = MOST_ROWS;
    for (const card of cards) this.measure(card);
    const height = [];
    columnsOf(
      cards.length,
      wires.map(({ tail, head }) => [tail.k, head.k]),
    ).forEach((column, k) => {
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
    const v = card.node,
      text = data.expressions[v] ?? "";
    const place = (u) => {
      const at = text.search(
        new RegExp(
          `(?<![\\p{L}\\p{N}_])${RegExp.escape?.(this.name(u)) ?? this.name(u).replace(/[^\p{L}\p{N}_]/gu, "\\$&")}(?![\\p{L}\\p{N}_])`,
          "u",
        ),
      );
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
    const rows = card.rows.length
      ? Math.max(...names, card.more.length ? 60 : 0) + (card.rows.some((u) => data.rows[u]) ? 186 : 150)
      : 0;
    card.size = [Math.max(104, title, array, rows), card.head + ROW * (card.rows.length + (card.more.length ? 1 : 0))];
  }

  // The operation as a sign; of several that are folded into one, what it comes down to.
  sign(v) {
    const sign = this.data.ops[v]
      .replace(/array \([^)]*\) ?/, "")
      .replace(/^logistic$/, "σ")
      .replace(/\*/g, "×")
      .replace("××", "**")
      .replaceAll("-", MINUS);
    const isFolded = this.level !== this.levels.at(-1) && !this.level.ins.get(v).every((k) => this.isDirect(k));
    return !isFolded ? sign : /^[^ ]* ?\+|^\+/.test(sign) ? "Σ" : sign.includes("×") ? "×" : sign;
  }
  // Whether a line leads straight to its operand, with no operation folded into it.
  isDirect(k) {
    const whole = this.levels.at(-1),
      v = this.level.to[k];
    return (
      whole.ins.get(v).some((j) => whole.from[j] === this.level.from[k]) &&
      whole.ins.get(v).length === this.level.ins.get(v).length
    );
  }

  arrange() {
    const turned = ([a, b]) => (this.isDown ? [b, a] : [a, b]);
    const norm = (wire) => value(this.level.flows[wire.lines[0]]);
    const room = (wire) => Math.max(52, norm(wire) == null ? 0 : widthOf(`‖${digits(norm(wire), 3)}‖`, 11, 0.61) + 6);
    const labels = this.wires.map((wire) => turned(this.isSingle(wire) ? [room(wire), 15] : [14, 4]));
    const sizes = this.cards.map((card) => turned(card.size));
    const layout = layered(
      sizes,
      this.wires.map(({ tail, head }) => [tail.k, head.k]),
      labels,
      this.isDown ? 20 : 11,
    );
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
    const hulls = this.hulls(),
      wires = svg("g"),
      cards = svg("g"),
      labels = svg("g");
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
    const xs = this.boxes.flatMap(([x0, , x1]) => [x0, x1]),
      ys = this.boxes.flatMap(([, y0, , y1]) => [y0, y1]);
    this.extent = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    // One of them takes the focus from the Tab key; arrows go on from there.
    const across = (card) => (this.isDown ? card.x : card.y);
    if (!this.items.has(this.focus))
      this.focus = this.cards.reduce((a, b) => ((b.column - a.column || across(b) - across(a)) < 0 ? b : a)).key;
    for (const [key, item] of this.items) item.element.setAttribute("tabindex", key === this.focus ? 0 : -1);
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
      const cards = holders.get(part),
        boxes = [...cards].map(box),
        pad = 11 + 7 * (deepest - depth(part));
      const x0 = Math.min(...boxes.map((b) => b[0])) - pad,
        y0 = Math.min(...boxes.map((b) => b[1])) - pad - 16;
      const x1 = Math.max(...boxes.map((b) => b[2])) + pad,
        y1 = Math.max(...boxes.map((b) => b[3])) + pad;
      const isFree = this.cards.every((card) => cards.has(card) || !overlaps(box(card), [x0, y0, x1, y1]));
      if (!isFree) continue;
      this.boxes.push([x0, y0, x1, y1]);
      const width = widthOf(shortened(part.label, 28), 12, 0.72) + 24;
      const fold = () => this.fold(part);
      const title = svg(
        "g",
        {
          class: "title",
          role: "button",
          tabindex: 0,
          "aria-label": `Fold ${part.label}`,
          onclick: fold,
          onkeydown: (e) => (e.key === "Enter" || e.key === " ") && (e.preventDefault(), e.stopPropagation(), fold()),
        },
        svg("rect", { x: x0, y: y0, width, height: 24 }),
        svg("text", { x: x0 + 10, y: y0 + 17 }, `${shortened(part.label, 28)} −`),
      );
      layer.append(
        svg(
          "g",
          { class: part.isModule ? "hull module" : "hull" },
          svg("rect", { x: x0, y: y0, width: x1 - x0, height: y1 - y0, rx: 14 }),
          title,
        ),
      );
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
    const [x0, y0] = box(card),
      [width, height] = card.size;
    const group = svg(
      "g",
      { class: "node part", role: "button" },
      svg("rect", { class: "shade", x: 6, y: 6, width, height, rx: 9 }),
      svg("rect", { class: "shade", x: 3, y: 3, width, height, rx: 9 }),
      svg("rect", { class: "box", width, height, rx: 9 }),
      svg("text", { class: "name", x: PAD, y: 20 }, shortened(card.part.label, 24)),
      svg("text", { class: "dim", x: PAD, y: 36 }, card.lines[0]),
      svg("text", { class: "dim", x: width - PAD, y: 20, "text-anchor": "end" }, "+"),
    );
    card.gradient = group.appendChild(svg("text", { class: "gradient", x: PAD, y: 52 }));
    card.bars = group.appendChild(svg("g", { transform: `translate(${PAD},${height - 17})` }));
    group.setAttribute("transform", `translate(${x0},${y0})`);
    this.focusable(card.key, group, { card, act: () => this.unfold(card.part) });
    return group;
  }

  drawCard(card) {
    const [x0, y0] = box(card),
      [width, height] = card.size,
      v = card.node;
    const kind = { p: "parameter", l: "leaf", o: "output", c: "" }[this.data.kinds[v]];
    const head = svg(
      "g",
      { class: `node ${kind}`, role: "button" },
      svg("rect", { class: "box", width, height, rx: card.isPill ? 21 : 9 }),
    );
    head.append(svg("title", {}, this.data.calls[v] || this.name(v)));
    if (card.isPill) {
      head.append(
        svg(
          "text",
          { class: "name", x: width / 2, y: 18, "text-anchor": "middle" },
          svg("tspan", { class: "unnamed" }, `${this.name(v)} `),
          card.op,
        ),
      );
      card.value = head.appendChild(svg("text", { class: "small-text", x: width / 2, y: 33, "text-anchor": "middle" }));
    } else {
      head.append(svgName(this.name(v), { x: PAD, y: 20 }));
      if (card.op) head.append(svg("text", { class: "dim", x: width - PAD, y: 19, "text-anchor": "end" }, card.op));
      if (card.texts) {
        card.lines = card.texts.map(({ row, isGradient }, k) =>
          head.appendChild(
            svg(
              "text",
              { class: `small-text${isGradient ? " gradient" : k ? "" : " dim"}`, x: PAD, y: 37 + 15 * k },
              row,
            ),
          ),
        );
      } else {
        card.value = head.appendChild(svg("text", { x: PAD, y: 36 }));
        card.gradient = head.appendChild(svg("text", { class: "gradient", x: PAD, y: 52 }));
      }
    }
    const group = svg("g", { transform: `translate(${x0},${y0})` }, head);
    this.focusable(card.key, head, { card, node: v, act: () => this.select(v) });
    card.cells = [...card.rows, ...(card.more.length ? [null] : [])].map((u, k) => {
      const y = card.head + ROW * k;
      const row = svg(
        "g",
        { class: "row", role: "button", transform: `translate(0,${y})` },
        svg("line", { class: "rule", x1: 1, x2: width - 1 }),
        svg("rect", { class: "box", x: 1, y: 1, width: width - 2, height: ROW - 2, rx: 4 }),
      );
      const key = u == null ? `${card.key}:more` : `${card.key}:${u}`;
      const cell = { card, row, node: u };
      if (u == null) {
        row.append(svg("text", { class: "dim", x: PAD, y: 16 }, `… ${card.more.length} more`));
        row.setAttribute("aria-label", `Show ${card.more.length} more leaves of ${this.name(v)}`);
        cell.act = () => (this.expanded.add(card.key), (this.focus = card.key), this.rebuild(false), this.refocus());
      } else {
        row.append(svgName(this.name(u), { x: PAD, y: 16 }, 16));
        cell.value = row.appendChild(
          svg("text", {
            class: "small-text",
            x: width - PAD - (this.data.rows[u] ? 82 : 70),
            y: 16,
            "text-anchor": "end",
          }),
        );
        cell.gradient = row.appendChild(
          svg("text", { class: "small-text gradient", x: width - PAD, y: 16, "text-anchor": "end" }),
        );
        cell.act = () => this.select(u);
      }
      this.focusable(key, row, cell);
      group.append(row);
      return cell;
    });
    return group;
  }
}
