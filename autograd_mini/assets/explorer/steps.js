// The steps forward and backward, and what the picture says at each, with this selection.

class Steps extends Picture {
  // One step for each card or row that can be seen: forward column by column, backward the other way.
  steps() {
    const wasDone = this.isDone,
      wasForward = this.k <= (this.forward?.length ?? 0);
    const part = wasDone
      ? 1
      : wasForward
        ? this.k / this.forward.length
        : (this.k - this.forward.length) / this.backward.length;
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
    const hidden = new Map(),
      found = [];
    for (const [u, at] of rows) {
      if (at.holders.some((card) => card.rows.includes(u))) found.push({ ...at, nodes: [u] });
      else hidden.set(at.holders[0], [...(hidden.get(at.holders[0]) ?? []), u]);
    }
    for (const [card, nodes] of hidden)
      found.push({ column: card.column - 0.5, across: across(card) + 1, nodes, more: card });
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

  show() {
    const f = this.forward.length,
      { data, level } = this;
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
    let amount = 0,
      isSigned = true;
    for (const k of wire.lines) {
      if (this.shares) amount += this.shares.get(k) ?? 0;
      else if (isNumber(level.partials[k]) && isNumber(data.gradients[level.to[k]]) && this.isSingle(wire)) {
        amount += level.partials[k] * data.gradients[level.to[k]];
      } else {
        isSigned = false;
        const flow = isNumber(level.partials[k])
          ? level.partials[k] * data.gradients[level.to[k]]
          : value(level.flows[k] ?? 0);
        if (Number.isFinite(flow)) amount = Math.hypot(amount, flow);
      }
    }
    Object.assign(wire, { amount, isSigned });
    wire.isLit = this.cone ? wire.lines.some((k) => this.cone.has(k)) && (!this.shares || amount !== 0) : false;
    wire.isCut = wire.lines.every((k) => level.partials[k] == null && level.flows[k] == null);
  }

  showWire(wire, most) {
    const { level, data } = this,
      now = this.now;
    const heads = wire.head.members.some((v) => this.reached.has(v));
    const shows = this.cone ? wire.isLit : heads;
    const sign = shows && wire.isSigned ? Math.sign(wire.amount) : 0;
    const isForward = this.k <= this.forward.length;
    const isNow = now?.card && (isForward ? wire.head === now.card : wire.tail === now.card);
    const width = shows ? 1.4 + 6.5 * Math.sqrt(Math.min(1, Math.abs(wire.amount) / most)) : 1.4;
    const classes = [
      "wire",
      sign > 0 && "plus",
      sign < 0 && "minus",
      wire.isCut && "cut",
      isNow && "now",
      this.cone && (wire.isLit ? "lit" : "faint"),
    ]
      .filter(Boolean)
      .join(" ");
    wire.element.setAttribute("class", classes);
    wire.label.setAttribute("class", classes);
    wire.path.setAttribute("stroke-width", (Number.isFinite(width) ? width : 8).toFixed(2));
    let text = "";
    if (this.shares) {
      const turns =
        wire.isLit &&
        (wire.tail.members.includes(this.selected) ||
          this.lit(wire.tail, "tail") > 1 ||
          this.lit(wire.head, "head") > 1);
      text = turns ? signed(wire.amount) : "";
      wire.element.dataset.share = wire.isLit ? wire.amount : 0;
    } else if (this.isSingle(wire) && (this.known.has(wire.head.node) || this.cone)) {
      const ds = wire.lines.map((k) => level.partials[k]),
        flow = value(level.flows[wire.lines[0]]);
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
    const now = this.now,
      phase = this.k <= this.forward.length ? "forward" : "backward",
      { data } = this;
    const isLit = (v) =>
      !this.cone ||
      v === this.selected ||
      [...this.level.ins.get(v), ...this.level.outs.get(v)].some((k) => this.cone.has(k));
    const dress = (element, isNow, isSelected, isFaint) => {
      for (const [name, on] of [
        ["now", isNow],
        [phase, isNow],
        ["selected", isSelected],
        ["faint", isFaint],
      ])
        element.classList.toggle(name, Boolean(on));
      if (!isNow) element.classList.remove("forward", "backward");
    };
    if (card.part) {
      const element = this.items.get(card.key).element,
        known = card.members.every((v) => this.known.has(v));
      const found = card.members.filter((v) => this.reached.has(v) && this.hasGradient(v));
      const norm = Math.hypot(
        ...found
          .slice(0, 10000)
          .map((v) => (isNumber(data.gradients[v]) ? data.gradients[v] : value(data.norms[v] ?? 0))),
      );
      dress(element, now?.card === card, false, this.cone && !card.members.some(isLit));
      card.gradient.textContent = found.length ? `‖∂‖ ${brief(norm)}` : known ? "" : "·";
      element.setAttribute(
        "aria-label",
        `${card.part.label}, ${card.lines[0]}${found.length ? `, norm of their gradients ${full(norm)}` : ""}, folded`,
      );
      element.setAttribute("aria-expanded", "false");
      this.showBars(card);
      return;
    }
    const v = card.node,
      { element } = this.items.get(card.key);
    const isNow = now?.card === card;
    dress(element, isNow, v === this.selected, this.cone && !isLit(v));
    this.fill(card, v, element, "∂ ");
    for (const cell of card.cells) {
      if (cell.node == null) {
        dress(cell.row, now?.more === card, false, Boolean(this.cone));
        continue;
      }
      dress(
        cell.row,
        now && !now.card && now.node === cell.node,
        cell.node === this.selected,
        this.cone && !this.isOnWay(cell, card),
      );
      this.fill(cell, cell.node, cell.row, "");
    }
  }
  // The gradients inside a part, up where they are positive and down where they are negative.
  showBars(card) {
    const { data } = this,
      all = card.members.filter((v) => this.hasGradient(v) && !this.level.docked.has(v));
    const some =
      all.length <= MOST_BARS
        ? all
        : Array.from({ length: MOST_BARS }, (_, k) => all[Math.floor((k * all.length) / MOST_BARS)]);
    const size = (v) => (isNumber(data.gradients[v]) ? data.gradients[v] : value(data.norms[v] ?? 0));
    const most = Math.max(...some.map((v) => Math.abs(size(v))).filter(Number.isFinite), 0) || 1;
    const room = card.size[0] - 2 * PAD,
      step = Math.min(10, room / Math.max(some.length, 1));
    card.bars.replaceChildren(
      svg("line", { class: "zero", x2: room }),
      ...some.map((v, k) => {
        const g = this.reached.has(v) ? size(v) : 0,
          high = Math.max(0.6, 11 * Math.sqrt(Math.abs(g) / most)) || 0.6;
        return svg("rect", {
          class: g < 0 ? "down" : "up",
          x: k * step,
          y: g < 0 ? 0 : -high,
          width: step * 0.7,
          height: high,
        });
      }),
    );
  }
  isOnWay(cell, card) {
    return (
      cell.node === this.selected ||
      this.level.outs.get(cell.node).some((k) => this.level.to[k] === card.node && this.cone.has(k))
    );
  }

  // The numbers of a card or row, as far as they are known, and the same for who does not see them.
  fill(cell, v, element, before) {
    const { data } = this,
      gradient = value(data.gradients[v]),
      known = this.known.has(v),
      reached = this.reached.has(v);
    const number = value(data.values[v]);
    const said = [
      this.label(v),
      known ? `value ${data.rows[v] ? data.rows[v][0].join(" ") : full(number)}` : "not computed yet",
    ];
    if (reached && this.hasGradient(v))
      said.push(`gradient ${data.rows[v] ? data.rows[v][1].join(" ") : full(gradient)}`);
    element.setAttribute("aria-label", said.join(", "));
    element.setAttribute("aria-pressed", v === this.selected);
    if (cell.lines) {
      const values = data.rows[v][0].length;
      cell.lines.forEach((line, k) =>
        line.setAttribute("visibility", (k < values ? known : reached) ? "visible" : "hidden"),
      );
      return;
    }
    if (data.rows[v]) {
      // an array as a row of a card
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
    const caption = $("caption"),
      { data } = this,
      now = this.now,
      root = this.output;
    const strong = (text) => html("b", {}, text);
    const derivative = (v) => `∂${root}/∂${this.name(v)}`;
    caption.replaceChildren();
    if (this.isDone && this.selected != null) {
      const v = this.selected,
        g = value(data.gradients[v]);
      if (this.shares)
        caption.append(
          `Lines show how much of ${derivative(v)} = `,
          strong(full(g)),
          " passes through them: thickness is size, colour and dash are sign.",
        );
      else
        caption.append(
          `Lit lines are the ways from ${this.label(v)} to ${root}; the numbers on them are norms of what flows.`,
        );
      return;
    }
    if (this.isDone) {
      caption.append(
        `Done: one backward pass gave all ${counted(this.reached.size)} derivatives. Select a value to see where its gradient comes from.`,
      );
      return;
    }
    if (!now) {
      caption.append(
        "The leaves are known: inputs, weights and targets. ",
        html("kbd", {}, "→"),
        " computes the first value.",
      );
      return;
    }
    const isForward = this.k <= this.forward.length;
    caption.append(html("b", { class: isForward ? "forward" : "backward" }, isForward ? "Forward " : "Backward "));
    if (now.nodes.length > 1 || now.card?.part) {
      const what = now.card ? now.card.part.label : `${now.nodes.length} more leaves of ${this.name(now.more.node)}`;
      caption.append(
        `${what}: ${counted(now.nodes.length)} ${isForward ? "values" : "gradients"} at once. Unfold it to see each.`,
      );
      return;
    }
    const v = now.nodes[0];
    if (isForward) {
      const text = this.expression(v),
        number = value(data.values[v]);
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
      caption.append(
        `${derivative(v)}: what flows back from ${terms
          .slice(0, 4)
          .map((k) => this.label(this.level.to[k]))
          .join(" and ")}, `,
        strong(data.rows[v] ? data.rows[v][1].join("  ") : full(value(data.gradients[v]))),
      );
    }
    caption.append(
      html("br"),
      html(
        "span",
        { class: "why" },
        `for each value that uses ${this.name(v)}: its gradient × the local derivative on the line${terms.length > 1 ? ", added up" : ""}`,
      ),
    );
  }

  // How a node was computed, in the terms of this level.
  expression(v) {
    const whole = this.data.expressions[v];
    return this.level === this.levels.at(-1) || whole == null
      ? this.data.calls[v].split(" = ").slice(1).join(" = ")
      : whole;
  }

  legend() {
    const sample = (sign) =>
      svg(
        "svg",
        { width: 34, height: 8, "aria-hidden": "true" },
        svg("g", { class: `wire ${sign}` }, svg("path", { d: "M1 4H33", "stroke-width": 4 })),
      );
    const what = this.shares
      ? "number: share of the gradient, where it changes"
      : this.wires.some((wire) => this.isSingle(wire) && isNumber(this.level.partials[wire.lines[0]]))
        ? "number: local derivative"
        : "";
    const norms = !this.shares && Object.keys(this.level.flows).length ? "‖ ‖: norm of what flows" : "";
    const isSigned = this.wires.some((wire) => wire.isSigned);
    $("legend").replaceChildren(
      ...[
        isSigned && html("span", {}, sample("plus"), `raises ${shortened(this.output, 16)}`),
        isSigned && html("span", {}, sample("minus"), "lowers it"),
        what && html("span", {}, what),
        norms && html("span", {}, norms),
      ].filter(Boolean),
    );
    $("legend").hidden = !$("legend").children.length;
  }
}
