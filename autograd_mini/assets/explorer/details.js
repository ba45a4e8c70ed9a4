// The side of the graph: one value taken apart, or all leaves by their gradient.

const MOST_TERMS = 8,
  MOST_PATHS = 5,
  MOST_LEAVES = 14;

function showDetails(view) {
  const aside = $("details"),
    top = aside.scrollTop;
  aside.replaceChildren(...(view.selected == null ? overview(view) : detailsOf(view, view.selected)));
  aside.scrollTop = view.selected === showDetails.last ? top : 0;
  showDetails.last = view.selected;
}

// At the start of a line, where it would be a sign.
const plus = () => dressed(operator("+"), { form: "infix" }, []);
const heading = (text) => html("h3", {}, text);
const facts = (...pairs) =>
  html(
    "dl",
    { class: "facts" },
    ...pairs.flatMap(([term, text, kind]) => [html("dt", {}, term), html("dd", { class: kind ?? "" }, text)]),
  );

function overview(view) {
  const { data } = view;
  const isParameter = data.kinds.includes("p");
  const leaves = view.level.nodes.filter((v) => (isParameter ? data.kinds[v] === "p" : data.kinds[v] === "l"));
  const size = (v) => Math.abs(isNumber(data.gradients[v]) ? data.gradients[v] : value(data.norms[v] ?? 0));
  leaves.sort((a, b) => size(b) - size(a));
  const most = size(leaves[0]) || 1;
  const rows = leaves.slice(0, MOST_LEAVES).map((v) => {
    const g = value(data.gradients[v]),
      isReached = view.reached.has(v);
    const bar = html("span", { class: `bar ${isNumber(g) && g < 0 ? "negative" : ""}` });
    bar.style.width = `${isReached ? Math.max(2, 62 * Math.sqrt(size(v) / most)) : 0}px`;
    const gradient = data.rows[v] ? `‖${digits(value(data.norms[v]), 4)}‖` : full(g);
    const link = html("button", { class: "link", onclick: () => view.find(v) }, htmlName(shortened(view.name(v), 18)));
    const number = data.rows[v] ? data.rows[v][0][0].split(" ").slice(0, -1).join(" ") : brief(value(data.values[v]));
    return html(
      "tr",
      {},
      html("td", {}, link),
      html("td", {}, number),
      html("td", { class: tone(g) }, isReached ? gradient : "–"),
      html("td", { class: "bars" }, bar),
    );
  });
  const head = html(
    "tr",
    {},
    html("th", { scope: "col" }, html("span", { class: "hidden" }, "name")),
    html("th", { scope: "col" }, "value"),
    html("th", { scope: "col" }, "gradient"),
    html("th", {}, html("span", { class: "hidden" }, "size")),
  );
  const keys = html("p", { class: "quiet small" });
  const list = [
    ["Space", "play"],
    ["← →", "step"],
    [", .", "step, from anywhere"],
    ["Home End", "first, last"],
    ["Tab", "into the graph; there arrows follow the lines"],
    ["Enter", "selects or unfolds"],
    ["+ − 0", "zoom, fit"],
    ["Esc", "clears"],
  ];
  for (const [names, text] of list) {
    for (const name of names.split(" ")) keys.append(html("kbd", {}, name), " ");
    keys.append(`${text} · `);
  }
  keys.lastChild.textContent = keys.lastChild.textContent.replace(" · ", "");
  return [
    html("h2", {}, "Nothing selected"),
    html("p", { class: "quiet" }, "Select a value in the graph to see its gradient taken apart."),
    heading(isParameter ? "Parameters by gradient" : "Leaves by gradient"),
    html("table", {}, head, ...rows),
    leaves.length > MOST_LEAVES
      ? html("p", { class: "quiet small" }, `and ${counted(leaves.length - MOST_LEAVES)} more: Find goes to each`)
      : "",
    heading("Keys"),
    keys,
  ];
}

function detailsOf(view, v) {
  const { data, level } = view,
    name = view.name(v),
    root = view.output,
    known = view.known.has(v),
    reached = view.reached.has(v);
  const g = value(data.gradients[v]),
    array = data.rows[v],
    parts = [htmlName(view.hasName(v) ? name : view.label(v), "h2")];
  const kind = { p: "parameter", l: "leaf", o: "output", c: "computed" }[data.kinds[v]];
  const module = data.modules[moduleOf(view, v)];
  parts.push(html("div", { class: "quiet" }, module ? `${kind} in ${module}` : kind));
  const gradient = array ? array[1].join("\n") : g == null ? "none" : full(g);
  parts.push(
    facts(
      ["value", known ? (array ? array[0].join("\n") : full(value(data.values[v]))) : "not yet"],
      [
        `∂${shortened(root, 10)}/∂${shortened(name, 12)}`,
        reached || (g == null && !array) ? gradient : "not yet",
        reached ? tone(g) : "",
      ],
    ),
  );
  if (data.ops[v])
    parts.push(heading("Computed as"), equation(mathName(name), operator("="), mathText(view.expression(v))));
  if (v === data.output)
    return [...parts, html("p", { class: "quiet" }, "The output: the backward pass starts here, with ∂/∂ = 1.")];
  const lines = level.outs.get(v).filter((k) => view.hasGradient(level.to[k]));
  if (!lines.length) return [...parts, html("p", { class: "quiet" }, `No derivative of ${root} passes through it.`)];
  parts.push(heading("Chain rule"), ...chainRule(view, v, lines));
  if (view.isDone) parts.push(...ways(view, v));
  const rate = data.rate;
  if (rate != null && data.kinds[v] === "p" && isNumber(g) && reached) {
    const next = math("msup", math("mrow", mathName(name)), operator("+")),
      now = value(data.values[v]);
    parts.push(
      heading(`Update with η = ${digits(rate, 6)}`),
      equation(
        next,
        operator("="),
        math("mn", full(now)),
        operator(MINUS),
        math("mn", digits(rate, 6)),
        operator("×"),
        mathNumber(g),
      ),
      equation(operator("="), math("mn", full(now - rate * g))),
    );
  }
  return parts;
}

function moduleOf(view, v) {
  for (
    let part = view.level.inside.get(v) ?? view.level.inside.get(view.level.to[view.level.outs.get(v)[0]]);
    part;
    part = part.inside
  ) {
    if (part.isModule) return view.data.modules.indexOf(part.label);
  }
  return -1;
}

// The sum over all uses, in symbols and in numbers, a term on a line; then each local derivative.
function chainRule(view, v, lines) {
  const { data, level } = view,
    name = view.name(v),
    root = view.output;
  const isNumeric = lines.every((k) => isNumber(level.partials[k]) && isNumber(data.gradients[level.to[k]]));
  const terms = lines.slice(0, MOST_TERMS),
    rest = lines.slice(MOST_TERMS),
    found = [];
  const user = (k) => view.name(level.to[k]);
  const isRoot = (k) => level.to[k] === data.output;
  if (lines.length === 1 && isRoot(lines[0]) && isNumeric) {
    const d = level.partials[lines[0]],
      text = level.formulas?.[lines[0]];
    const formula = text ? [mathText(text), operator("=")] : [];
    return [equation(partial(root, name), operator("="), ...formula, math("mn", full(d)))];
  }
  terms.forEach((k, i) => {
    const local = partial(user(k), name);
    const product = isRoot(k) ? [local] : [partial(root, user(k)), operator("·"), local];
    found.push(equation(...(i ? [plus()] : [partial(root, name), operator("=")]), ...product));
  });
  if (rest.length) found.push(html("p", { class: "quiet small" }, `and ${counted(rest.length)} more terms`));
  if (isNumeric) {
    const product = (k) => data.gradients[level.to[k]] * level.partials[k];
    terms.forEach((k, i) =>
      found.push(
        equation(
          i ? plus() : operator("="),
          mathNumber(data.gradients[level.to[k]]),
          operator("×"),
          mathNumber(level.partials[k]),
        ),
      ),
    );
    if (rest.length)
      found.push(
        equation(plus(), mathNumber(rest.reduce((sum, k) => sum + product(k), 0)), math("mtext", " from the rest")),
      );
    found.push(equation(operator("="), math("mn", full(value(data.gradients[v])))));
    found.push(heading(terms.length > 1 ? "Local derivatives" : "Local derivative"));
    for (const k of terms) {
      const formula = level.formulas?.[k];
      found.push(
        equation(
          partial(user(k), name),
          operator("="),
          ...(formula ? [mathText(formula), operator("=")] : []),
          math("mn", full(level.partials[k])),
        ),
      );
    }
  } else {
    found.push(heading("What flows back, by size"));
    for (const k of terms) {
      const flow = isNumber(level.partials[k])
        ? level.partials[k] * value(data.gradients[level.to[k]])
        : value(level.flows[k]);
      found.push(
        facts([`from ${shortened(user(k), 20)}`, flow == null ? "nothing" : `‖${digits(Math.abs(flow), 6)}‖`]),
      );
    }
  }
  return found;
}

// The paths that contribute most, with what they add up to and how much of it cancels.
function ways(view, v) {
  if (!view.shares) return [];
  const { ways: best, count, total } = view.level.paths(v, MOST_PATHS),
    sum = value(view.data.gradients[v]);
  if (!best.length) return [];
  const found = [heading(count === 1 ? "Its one path" : `Its ${counted(count)} paths, largest first`)];
  const most = Math.abs(best[0].amount) || 1;
  for (const way of best) {
    const bar = html("span", { class: `bar ${way.amount < 0 ? "negative" : ""}` });
    bar.style.width = `${Math.max(2, (110 * Math.abs(way.amount)) / most)}px`;
    const some = way.nodes.filter((u) => view.hasName(u)),
      named = some.length > 2 ? some : way.nodes,
      long = named.length > 24;
    const text = (
      long
        ? [...named.slice(0, 12).map((u) => view.name(u)), "…", ...named.slice(-8).map((u) => view.name(u))]
        : named.map((u) => view.name(u))
    ).join(" → ");
    found.push(
      html(
        "div",
        { class: "way" },
        html("span", { class: `amount ${tone(way.amount)}` }, signed(way.amount, full)),
        bar,
        html("div", { class: "quiet" }, text),
      ),
    );
  }
  if (count > 1 && total > 0) {
    const shown = best.reduce((part, way) => part + Math.abs(way.amount), 0) / total,
      cancelled = 1 - Math.abs(sum) / total;
    const some = best.length < count ? `These are ${digits(100 * shown, 3)} % of all paths by size. ` : "";
    found.push(
      html(
        "p",
        { class: "quiet small" },
        `${some}They add up to ${full(sum)}; ${cancelled < 5e-4 ? "nothing" : `${digits(100 * cancelled, 3)} %`} cancels.`,
      ),
    );
  }
  return found;
}
