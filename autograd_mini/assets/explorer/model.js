// What there is to show: levels of detail, what is folded, shares of a gradient, and paths. No drawing.

// One level of detail of the graph. Nodes are known by their index; operands have smaller ones.
class Level {
  constructor(data, level) {
    this.data = data;
    this.title = level.title;
    this.from = level.from;
    this.to = level.to;
    this.partials = level.partials.map(value);
    this.flows = level.flows;
    this.formulas = level.formulas;
    this.docked = new Set(level.docked);
    this.nodes = [...level.order, ...level.docked].sort(inOrder);
    this.ins = new Map(this.nodes.map((v) => [v, []]));
    this.outs = new Map(this.nodes.map((v) => [v, []]));
    level.from.forEach((u, k) => (this.outs.get(u).push(k), this.ins.get(level.to[k]).push(k)));
    this.rank = new Map(level.order.map((v, k) => [v, k]));
    this.parts = [];
    this.roots = level.parts.map((part) => this.adopt(part, null));
    this.opened = new Set();
  }

  // Parts get a number, and know what they are in; nodes know their part.
  adopt(part, inside) {
    if (isNumber(part)) {
      (this.inside ??= new Map()).set(part, inside);
      return part;
    }
    const made = { id: this.parts.length, label: part.label, isModule: part.module, inside };
    this.parts.push(made);
    made.parts = part.parts.map((p) => this.adopt(p, made));
    made.size = made.parts.reduce((sum, p) => sum + (isNumber(p) ? 1 : p.size), 0);
    return made;
  }

  // Open everything, depth by depth, while it can still be read; the outermost parts, modules, come first.
  unfold(isReadable) {
    this.opened.clear();
    const inside = (parts) => parts.filter((part) => !isNumber(part));
    for (let front = inside(this.roots); front.length; front = inside(front.flatMap((part) => part.parts))) {
      for (const part of front) this.opened.add(part);
      if (isReadable(this.visible())) continue;
      for (const part of front) this.opened.delete(part);
      return;
    }
  }

  // Open a part; others close, those opened first before others, until all can be read again.
  open(part) {
    for (let p = part; p; p = p.inside) {
      this.opened.delete(p);
      this.opened.add(p);
    }
    const kept = new Set();
    for (let p = part; p; p = p.inside) kept.add(p);
    for (const p of [...this.opened]) {
      if (this.visible().cards.length <= MOST_CARDS) return;
      if (!kept.has(p)) this.close(p);
    }
  }
  close(part) {
    this.opened.delete(part);
    for (const p of part.parts) if (!isNumber(p)) this.close(p);
  }
  reveal(node) {
    const holder = this.docked.has(node) ? this.to[this.outs.get(node)[0]] : node;
    const part = this.inside.get(holder);
    if (part) this.open(part);
  }

  // Cards {node or part, members, rows, isOutput} and wires {tail, head, lines} between them.
  visible() {
    const cards = [],
      owner = new Map();
    const show = (part) => {
      if (!isNumber(part) && this.opened.has(part)) return part.parts.forEach(show);
      const card = isNumber(part) ? { node: part, members: [part] } : { part, members: membersOf(part) };
      card.key = isNumber(part) ? `n${part}` : `p${part.id}`;
      card.rows = [];
      card.k = cards.length;
      cards.push(card);
      for (const v of card.members) owner.set(v, card);
    };
    this.roots.forEach(show);
    const between = new Map();
    this.from.forEach((u, k) => {
      const head = owner.get(this.to[k]);
      if (this.docked.has(u)) {
        if (head.part) head.members.includes(u) || head.members.push(u);
        else if (!head.rows.includes(u)) head.rows.push(u);
        return;
      }
      const tail = owner.get(u);
      if (tail === head) return;
      const key = tail.k * cards.length + head.k;
      if (!between.has(key)) between.set(key, { tail, head, lines: [] });
      between.get(key).lines.push(k);
    });
    return { cards, wires: [...between.values()], owner };
  }

  // How much of the derivative by `start` passes through each line: tangent x local x gradient.
  // Null where a line on the way carries an array, which has no single number.
  shares(start) {
    const tangent = new Map([[start, 1]]),
      shares = new Map();
    for (const v of this.nodes) {
      if (v <= start) continue;
      let sum = null;
      for (const k of this.ins.get(v)) {
        const t = tangent.get(this.from[k]);
        if (t == null) continue;
        const d = this.partials[k],
          g = this.data.gradients[v];
        if (!isNumber(d) || !isNumber(g)) {
          if (d == null && this.flows[k] == null && this.data.norms[v] == null && g == null) continue;
          return null;
        }
        sum = (sum ?? 0) + t * d;
        shares.set(k, t * d * g);
      }
      if (sum != null) tangent.set(v, sum);
    }
    return shares;
  }

  // All that `start` leads to, on the way to the output.
  cone(start) {
    const reached = new Set([start]),
      lines = new Set(),
      useful = new Set([this.data.output]);
    for (const v of this.nodes) for (const k of this.ins.get(v)) if (reached.has(this.from[k])) reached.add(v);
    for (const v of this.nodes.slice().reverse())
      for (const k of this.outs.get(v)) if (useful.has(this.to[k])) useful.add(v);
    this.from.forEach((u, k) => reached.has(u) && useful.has(this.to[k]) && lines.add(k));
    return lines;
  }

  // The paths from `start` to the output that contribute most, how many there are, and the sum of
  // their sizes: each node keeps its own best few, so none has to be listed to be counted.
  paths(start, most) {
    const best = new Map([[this.data.output, [{ amount: 1, line: null, next: null }]]]);
    const number = new Map([[this.data.output, 1]]),
      total = new Map([[this.data.output, 1]]);
    for (let i = this.nodes.length - 1; i >= 0; i--) {
      const v = this.nodes[i];
      if (v < start || v === this.data.output) continue;
      const found = [];
      let count = 0,
        size = 0;
      for (const k of this.outs.get(v)) {
        const d = this.partials[k],
          ways = best.get(this.to[k]);
        if (!ways || !isNumber(d)) continue;
        count += number.get(this.to[k]);
        size += Math.abs(d) * total.get(this.to[k]);
        for (const next of ways) found.push({ amount: d * next.amount, line: k, next });
      }
      found.sort((a, b) => Math.abs(b.amount) - Math.abs(a.amount));
      if (found.length) (best.set(v, found.slice(0, most)), number.set(v, count), total.set(v, size));
    }
    const ways = (best.get(start) ?? []).map((way) => {
      const nodes = [start];
      for (let w = way; w.line != null; w = w.next) nodes.push(this.to[w.line]);
      return { amount: way.amount, nodes };
    });
    return { ways, count: number.get(start) ?? 0, total: total.get(start) ?? 0 };
  }
}

const MOST_CARDS = 64;

function membersOf(part) {
  return part.parts.flatMap((p) => (isNumber(p) ? [p] : membersOf(p)));
}
