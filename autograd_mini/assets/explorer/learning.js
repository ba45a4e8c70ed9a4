// A training run: the network at any recorded round, the error so far, and its figures.

const MOST_PILLS = 16,
  MOST_WEIGHTS = 40;

class LearningView {
  constructor(history) {
    this.history = history;
    this.k = 0;
    this.last = history.rounds.length - 1;
    this.example = 0;
    this.player = new Player(
      $("train"),
      (start) => this.played(start),
      () => (isCalm() ? 250 : 60),
    );
    this.largest = Math.max(...history.weights.flat().map(value).filter(Number.isFinite).map(Math.abs), 1e-300);
    $("round").max = this.last;
    $("round").addEventListener("input", (event) => (this.player.stop(), this.goto(Number(event.target.value))));
    const select = $("example");
    history.examples.forEach(({ inputs }, k) =>
      select.append(
        html("option", { value: k }, `Example ${k + 1}: ${shortened(inputs.map((x) => digits(x, 3)).join(", "), 24)}`),
      ),
    );
    select.hidden = history.examples.length < 2;
    select.addEventListener("change", () => ((this.example = Number(select.value)), this.show()));
    this.columns();
    this.show();
  }

  goto(k) {
    this.k = Math.max(0, Math.min(this.last, k));
    this.show();
  }
  played(start) {
    if (start && this.k >= this.last) this.k = -1;
    this.goto(this.k + 1);
    return this.k < this.last;
  }
  key(event) {
    const by = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ".": 1,
      ",": -1,
      PageUp: 10,
      PageDown: -10,
      Home: -Infinity,
      End: Infinity,
    }[event.key];
    if (by != null) return (this.player.stop(), this.goto(this.k + by), true);
    if (event.key === " ") return (this.player.toggle(), true);
    return false;
  }

  get isNarrow() {
    return innerWidth <= 620;
  }

  // Where the neurons stand: a column for each layer.
  columns() {
    this.width = this.isNarrow ? 600 : 900;
    const { layers } = this.history,
      most = Math.max(...layers.map((layer) => layer.neurons.length));
    this.gap = most <= 3 ? 170 : Math.max(34, Math.min(120, 560 / most));
    this.radius = Math.min(36, this.gap * 0.38);
    this.height = 40 + this.gap * most + 10;
    $("network").setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    $("curve").setAttribute("viewBox", `0 0 ${this.width} 215`);
    const left = this.isNarrow ? 56 : 96,
      right = this.width - (this.isNarrow ? 140 : 150);
    this.places = layers.map((layer, c) =>
      layer.neurons.map((_, j) => [
        left + ((right - left) * c) / Math.max(1, layers.length - 1),
        40 + this.gap * (most / 2 + j - (layer.neurons.length - 1) / 2),
      ]),
    );
  }

  show() {
    const { history, k } = this,
      round = history.rounds[k];
    $("round").value = k;
    $("round").setAttribute("aria-valuetext", `round ${counted(round)}, error ${full(value(history.errors[k]))}`);
    $("rounds").textContent = `round ${counted(round)}`;
    this.drawNetwork();
    this.drawCurve();
    this.showFigures();
  }

  drawNetwork() {
    const { history, k, places, radius } = this,
      picture = $("network"),
      weights = history.weights[k];
    const title = $("network-title");
    title.textContent = `Network after ${counted(history.rounds[k])} rounds, error ${full(value(history.errors[k]))}; the tables beside it have its numbers`;
    picture.replaceChildren(title);
    history.layers.forEach((layer, c) =>
      picture.append(svg("text", { class: "column", x: places[c][0][0], y: 26, "text-anchor": "middle" }, layer.title)),
    );
    const pills = svg("g");
    history.synapses.forEach(({ name, from, to }, s) => {
      const w = value(weights[s]),
        [x1, y1] = places[from[0]][from[1]],
        [x2, y2] = places[to[0]][to[1]];
      const width = (0.8 + 13 * (Math.abs(w) / this.largest)) * Math.min(1, radius / 26);
      picture.append(
        svg(
          "line",
          {
            class: `synapse${w < 0 ? " minus" : ""}`,
            x1,
            y1,
            x2,
            y2,
            "stroke-width": width.toFixed(2),
            "data-name": name,
          },
          svg("title", {}, `${name} = ${full(w)}`),
        ),
      );
      if (history.synapses.length > MOST_PILLS) return;
      const t = Math.abs(y1 - y2) < 1 ? 0.5 : this.isNarrow ? 0.37 : 0.25,
        text = signed(w, (x) => typeset(x.toFixed(4)));
      const label = shortened(name, 8),
        [base, index] = split(label),
        wide = 32 + widthOf(base, 12.5, 0.64) + widthOf(index, 9.5, 0.64) + widthOf(text, 12, 0.605);
      pills.append(
        svg(
          "g",
          { class: "weight", transform: `translate(${x1 + (x2 - x1) * t},${y1 + (y2 - y1) * t})` },
          svg("rect", { class: "pill", x: -wide / 2, y: -12, width: wide, height: 24, rx: 12 }),
          svgName(label, { x: 9 - wide / 2, y: 4.5 }),
          svg(
            "text",
            { class: w < 0 ? "minus-text" : "plus-text", x: wide / 2 - 9, y: 4.5, "text-anchor": "end" },
            text,
          ),
        ),
      );
    });
    picture.append(pills);
    const { targets } = history.examples[this.example],
      outputs = history.layers.length - 1;
    history.layers.forEach((layer, c) =>
      layer.neurons.forEach((name, j) => {
        picture.append(
          this.neuron(name, places[c][j], this.activation(c, j), c === outputs ? value(targets[j]) : null, layer.scale),
        );
      }),
    );
  }

  activation(layer, neuron) {
    const { history, k, example } = this;
    return value(layer ? history.activations[k][example][layer - 1][neuron] : history.examples[example].inputs[neuron]);
  }

  // A ring that fills clockwise with the activation, or, dashed, the other way with a negative one.
  neuron(name, [x, y], activation, target, scale) {
    const r = this.radius,
      around = 2 * Math.PI * r,
      width = r / 5,
      part = Math.min(1, Math.abs(activation) / scale) || 0;
    const group = svg(
      "g",
      { class: r > 28 ? "" : "slight" },
      svg("title", {}, `${name}: ${full(activation)}${target == null ? "" : `, target ${full(target)}`}`),
      svg("circle", { class: "hole", cx: x, cy: y, r }),
      svg("circle", { class: "rest", cx: x, cy: y, r, "stroke-width": width }),
    );
    const end = -Math.PI / 2 + Math.sign(activation) * 2 * Math.PI * Math.min(part, 0.9999);
    if (part * around > 0.5) {
      group.append(
        svg("path", {
          class: `ring${activation < 0 ? " minus" : ""}`,
          "stroke-width": width,
          d: `M${x} ${y - r}A${r} ${r} 0 ${part > 0.5 ? 1 : 0} ${activation < 0 ? 0 : 1} ${x + r * Math.cos(end)} ${y + r * Math.sin(end)}`,
        }),
      );
    }
    if (target != null) {
      const angle = -Math.PI / 2 + 2 * Math.PI * Math.max(-1, Math.min(1, target / scale)),
        [inner, outer] = [r - width - 2, r + width + 4];
      group.append(
        svg("line", {
          class: "target",
          x1: x + inner * Math.cos(angle),
          y1: y + inner * Math.sin(angle),
          x2: x + outer * Math.cos(angle),
          y2: y + outer * Math.sin(angle),
        }),
        svg("text", { class: "target-text", x: x + r + 16, y: y + 5 }, `target ${digits(target, 4)}`),
      );
    }
    if (r > 16) {
      group.append(
        svgName(name, { x, y: y - (r > 28 ? 2 : 3), "text-anchor": "middle" }, 6),
        svg(
          "text",
          { x, y: y + (r > 28 ? 15 : 11), "text-anchor": "middle" },
          r > 28 ? typeset(activation.toFixed(4)) : digits(activation, 2),
        ),
      );
    }
    return group;
  }

  // Error against round: both logarithmic, or the error not where it is not positive everywhere.
  drawCurve() {
    const { history, k } = this,
      picture = $("curve"),
      errors = history.errors.map(value);
    const finite = errors.filter(Number.isFinite),
      isLog = finite.length > 0 && finite.every((e) => e > 0);
    const scale = isLog ? Math.log10 : (e) => e;
    let low = Math.min(...finite.map(scale)),
      high = Math.max(...finite.map(scale));
    if (isLog) [low, high] = [Math.floor(low), Math.max(Math.ceil(high), Math.floor(low) + 1)];
    else if (low === high) high = low + 1;
    const end = history.rounds.at(-1),
      room = this.width - 100,
      x = (round) => 70 + (room * Math.log10(round + 1)) / Math.log10(end + 1 || 2);
    const y = (e) => 18 + (155 * (high - Math.max(low, scale(e)))) / (high - low);
    picture.replaceChildren(svg("text", { x: 70, y: 11 }, "error"));
    const marks = isLog
      ? Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)).filter(
          (_, i) => i % Math.ceil((high - low) / 7) === 0,
        )
      : [low, (low + high) / 2, high];
    for (const mark of marks) {
      picture.append(
        svg("line", { class: "grid", x1: 70, x2: 70 + room, y1: y(mark), y2: y(mark) }),
        svg(
          "text",
          { x: 61, y: y(mark) + 4, "text-anchor": "end" },
          isLog ? power(Math.round(Math.log10(mark))) : digits(mark, 3),
        ),
      );
    }
    for (const mark of [0, 1, 10, 100, 1000, 10000, 100000, 1000000].filter((m) => m <= end)) {
      picture.append(svg("text", { x: x(mark), y: 191, "text-anchor": "middle" }, counted(mark)));
    }
    picture.append(svg("text", { x: 70 + room / 2, y: 209, "text-anchor": "middle" }, "training round"));
    const points = history.rounds.map((round, i) =>
      Number.isFinite(errors[i]) ? `${x(round).toFixed(1)},${y(errors[i]).toFixed(1)}` : null,
    );
    picture.append(
      svg("polyline", { class: "whole", points: points.filter(Boolean).join(" ") }),
      svg("polyline", {
        class: "done",
        points: points
          .slice(0, k + 1)
          .filter(Boolean)
          .join(" "),
      }),
    );
    if (points[k]) picture.append(svg("circle", { cx: x(history.rounds[k]), cy: y(errors[k]), r: 6 }));
  }

  showFigures() {
    const { history, k } = this,
      round = history.rounds[k],
      error = value(history.errors[k]),
      first = value(history.errors[0]);
    const cells = (...texts) => texts.map((text) => (text instanceof Node ? text : html("td", {}, text)));
    const table = (heads, rows) =>
      html(
        "table",
        {},
        html(
          "tr",
          {},
          ...heads.map((text) => html("th", { scope: "col" }, text || html("span", { class: "hidden" }, "name"))),
        ),
        ...rows,
      );
    const colored = (x, text) => html("td", { class: tone(x) }, text);
    const name = (text) => html("td", {}, htmlName(shortened(text, 20)));
    const { targets } = history.examples[this.example],
      last = history.layers.length - 1;
    const outputs = history.layers[last].neurons.map((neuron, j) => {
      const a = this.activation(last, j),
        target = value(targets[j]);
      return html(
        "tr",
        {},
        ...cells(name(neuron), digits(a, 11), digits(target, 4), colored(a - target, signed(a - target))),
      );
    });
    const numbers = [...history.synapses, ...history.biases].map(({ name: text, column }, s) => {
      const at = column ?? s,
        w = value(history.weights[k][at]),
        g = value(history.gradients[k][at]),
        change = w - value(history.weights[0][at]);
      return html(
        "tr",
        {},
        ...cells(name(text), brief(w), colored(change, signed(change)), colored(g, g == null ? "–" : signed(g))),
      );
    });
    $("figures").replaceChildren(
      ...[
        html("h2", {}, round === 0 ? "Before training" : `After ${counted(round)} round${round === 1 ? "" : "s"}`),
        facts(["error", typeset(exactly(error))], ["against the start", `${digits((100 * error) / first, 3)} %`]),
        heading(history.examples.length > 1 ? `Outputs of example ${this.example + 1}` : "Outputs"),
        table(["", "output", "target", "miss"], outputs),
        heading("Weights, and what would move them next"),
        table(["", "value", "change so far", "gradient now"], numbers.slice(0, MOST_WEIGHTS)),
        numbers.length > MOST_WEIGHTS
          ? html("p", { class: "quiet small" }, `and ${counted(numbers.length - MOST_WEIGHTS)} more`)
          : null,
        html(
          "p",
          { class: "quiet small" },
          "Thickness is the size of a weight: solid blue is positive, dashed orange negative. A neuron's ring fills with its activation; the purple tick is its target.",
        ),
      ].filter(Boolean),
    );
  }
}

const power = (p) =>
  p === 0
    ? "1"
    : p === 1
      ? "10"
      : "10" +
        String(p)
          .replace("-", "⁻")
          .replace(/\d/g, (d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]);

// Twelve digits, written out.
function exactly(x) {
  if (!Number.isFinite(x) || x === 0) return String(x);
  const decimals = 11 - Math.floor(Math.log10(Math.abs(x)));
  return decimals > 24 || decimals < 0 ? x.toExponential(11) : x.toFixed(decimals).replace(/\.?0+$/, "");
}
