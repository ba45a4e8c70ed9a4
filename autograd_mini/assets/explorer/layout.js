// Where cards go: a layered layout, from left to right, by the method of Sugiyama.
//
// Every card gets a column later than those of its operands. A line gets a place in each column that it
// crosses, and its label one just before its end, so lines and labels pass between cards and not over
// them. The order within columns is improved until lines cross less; then heights settle.

const CARD_GAP = 16,
  LINE_GAP = 7;

// sizes: [width, height] of each card; lines: [tail, head]; labels: [width, height] of each line's label.
// gap: the least distance between a column of cards and one of labels.
// Gives the centres of cards and labels, the points of lines, the columns of cards, and the whole size.
function layered(sizes, lines, labels, gap) {
  const n = sizes.length,
    column = columnsOf(n, lines).map((c) => 2 * c);
  const size = sizes.slice(),
    at = column.slice(),
    before = sizes.map(() => []),
    after = sizes.map(() => []);
  const place = (c, s) => (at.push(c), size.push(s), before.push([]), after.push([]), at.length - 1);
  const link = (p, q) => (after[p].push(q), before[q].push(p));
  const ways = lines.map(([u, v], k) => {
    const way = [u];
    for (let c = column[u] + 1; c < column[v]; c++) way.push(place(c, c === column[v] - 1 ? labels[k] : [0, 0]));
    way.push(v);
    for (let i = 1; i < way.length; i++) link(way[i - 1], way[i]);
    return way;
  });
  const count = Math.max(...at, 0) + 1;
  const natural = Array.from({ length: count }, () => []),
    walked = Array.from({ length: count }, () => []);
  at.forEach((c, i) => natural[c].push(i));
  walk(n, before, after, (i) => walked[at[i]].push(i));
  const rows = bestOrder([natural, walked], { n, at, before, after });
  const distance = (i, j) => (size[i][1] + size[j][1]) / 2 + (i < n && j < n ? CARD_GAP : LINE_GAP);
  const y = settled(rows, { before, after, distance, n });
  straighten(rows, ways, y, distance);
  return drawn({ n, at, size, rows, ways, y, column, gap });
}

// A card stands just before the first card that needs it. Lines lead from earlier to later cards.
function columnsOf(n, lines) {
  const after = Array.from({ length: n }, () => []),
    behind = Array(n).fill(-1);
  for (const [u, v] of lines) after[u].push(v);
  const find = (start) => {
    const stack = [start];
    while (stack.length) {
      const u = stack.at(-1),
        open = after[u].filter((v) => behind[v] < 0);
      if (open.length) stack.push(open[0]);
      else behind[stack.pop()] = after[u].reduce((most, v) => Math.max(most, behind[v] + 1), 0);
    }
  };
  for (let u = 0; u < n; u++) if (behind[u] < 0) find(u);
  const last = Math.max(...behind, 0);
  return behind.map((b) => last - b);
}

// Back from the last cards: trees come out without crossings.
function walk(n, before, after, visit) {
  const seen = new Set(),
    stack = [];
  for (let i = n - 1; i >= 0; i--) if (!after[i].length) stack.push(i);
  while (stack.length) {
    const i = stack.pop();
    if (seen.has(i)) continue;
    seen.add(i);
    visit(i);
    stack.push(...before[i].slice().reverse());
  }
}

// Columns sorted by the mean place of their neighbours, to and fro, from each start; the best order met.
// Best is what crosses least, and among equals what keeps the reader's order of the cards.
function bestOrder(starts, { n, at, before, after }) {
  let best = null;
  for (const start of starts) {
    for (const first of [0, 1]) {
      const rows = start.map((row) => row.slice()),
        rank = [];
      const ranked = (row) => row.forEach((i, k) => (rank[i] = (k + 0.5) / row.length));
      rows.forEach(ranked);
      for (let sweep = first, patience = 5; sweep < 24 && patience > 0; sweep++, patience--) {
        const forward = sweep % 2 === 0,
          near = forward ? before : after;
        const mean = (i) => (near[i].length ? near[i].reduce((sum, j) => sum + rank[j], 0) / near[i].length : rank[i]);
        for (const row of forward ? rows : rows.slice().reverse()) {
          const key = new Map(row.map((i) => [i, mean(i)]));
          row.sort((i, j) => key.get(i) - key.get(j));
          ranked(row);
        }
        const score = [crossings(rows, before), upset(rows, n)];
        if (!best || score[0] < best.score[0] || (score[0] === best.score[0] && score[1] < best.score[1])) {
          best = { score, rows: rows.map((row) => row.slice()) };
          patience = 5;
        }
      }
    }
  }
  const pairs = best.rows.reduce((sum, row) => sum + triangle(row.filter((i) => i < n).length), 0);
  const wrong = best.rows.reduce((sum, row) => sum + inversions(row.filter((i) => i < n)), 0);
  if (2 * wrong > pairs) best.rows.forEach((row) => row.reverse());
  return best.rows;
}
const triangle = (k) => (k * (k - 1)) / 2;

function crossings(rows, before) {
  let total = 0;
  for (let c = 1; c < rows.length; c++) {
    const rank = new Map(rows[c - 1].map((i, k) => [i, k]));
    total += inversions(rows[c].flatMap((i) => before[i].map((j) => rank.get(j)).sort(inOrder)));
  }
  return total;
}

// How many pairs of cards stand in another order than they came in; or all, turned upside down.
function upset(rows, n) {
  const cards = rows.map((row) => row.filter((i) => i < n));
  const wrong = cards.reduce((sum, row) => sum + inversions(row), 0);
  return Math.min(wrong, cards.reduce((sum, row) => sum + triangle(row.length), 0) - wrong);
}

function inversions(list) {
  const sorted = [];
  let total = 0;
  for (let i = list.length - 1; i >= 0; i--) {
    let low = 0,
      high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < list[i]) low = middle + 1;
      else high = middle;
    }
    total += low;
    sorted.splice(low, 0, list[i]);
  }
  return total;
}

// To and fro, each column moves to the mean height of its neighbours, in order and without overlap.
function settled(rows, { before, after, distance, n }) {
  const y = [],
    least = rows.map((row) => {
      let sum = 0;
      return row.map((i, k) => (k ? (sum += distance(row[k - 1], i)) : 0));
    });
  rows.forEach((row, c) => row.forEach((i, k) => (y[i] = least[c][k] - least[c].at(-1) / 2)));
  for (let sweep = 0; sweep < 32; sweep++) {
    const forward = sweep % 2 === 0;
    for (let s = 0; s < rows.length; s++) {
      const c = forward ? s : rows.length - 1 - s,
        row = rows[c];
      const pulls = row.map((i) => {
        const back = before[i].map((j) => [j, 1 / (after[j].length * before[i].length)]);
        const on = after[i].map((j) => [j, 1 / (before[j].length * after[i].length)]);
        return sweep > 1 ? [...back, ...on] : forward ? back : on;
      });
      const weights = pulls.map((pull) => pull.reduce((sum, [, w]) => sum + w, 0));
      const wanted = row.map((i, k) =>
        weights[k] ? pulls[k].reduce((sum, [j, w]) => sum + w * y[j], 0) / weights[k] : y[i],
      );
      spread(wanted, weights, least[c]).forEach((height, k) => (y[row[k]] = height));
    }
  }
  return y;
}

// The heights nearest to those wanted that keep order and distances: pool adjacent violators.
function spread(wanted, weights, least) {
  const blocks = [];
  wanted.forEach((height, k) => {
    let block = [height - least[k], weights[k] || 0.1, 1];
    while (blocks.length && blocks.at(-1)[0] > block[0]) {
      const [mean, weight, count] = blocks.pop(),
        total = weight + block[1];
      block = [(mean * weight + block[0] * block[1]) / total, total, count + block[2]];
    }
    blocks.push(block);
  });
  return blocks.flatMap(([mean, , count]) => Array(count).fill(mean)).map((level, k) => level + least[k]);
}

// A long line runs level as far as its neighbours leave room.
function straighten(rows, ways, y, distance) {
  const above = [],
    below = [];
  for (const row of rows) row.forEach((i, k) => ((above[i] = row[k - 1]), (below[i] = row[k + 1])));
  for (const way of ways) {
    let rest = way.slice(1, -1);
    while (rest.length > 1) {
      let low = -Infinity,
        high = Infinity,
        run = 0;
      for (const i of rest) {
        const least = Math.max(low, above[i] == null ? -Infinity : y[above[i]] + distance(above[i], i));
        const most = Math.min(high, below[i] == null ? Infinity : y[below[i]] - distance(i, below[i]));
        if (least > most + 1e-9 && run) break;
        [low, high, run] = [least, most, run + 1];
      }
      const height = Math.max(low, Math.min(high, y[rest[run - 1]]));
      for (const i of rest.slice(0, run)) y[i] = height;
      rest = rest.slice(run);
    }
  }
}

function drawn({ n, at, size, rows, ways, y, column, gap }) {
  const width = rows.map((row) => Math.max(0, ...row.map((i) => size[i][0])));
  const left = [];
  let x = 0;
  const climb = rows.map(() => 0);
  for (const way of ways)
    way.slice(1).forEach((i, k) => (climb[at[i]] = Math.max(climb[at[i]], Math.abs(y[i] - y[way[k]]))));
  rows.forEach((row, c) => {
    x += c ? gap + Math.min(24, climb[c] * 0.09) : 0;
    left.push(x);
    x += width[c];
  });
  const top = Math.min(...y.map((h, i) => h - size[i][1] / 2), Infinity);
  const bottom = Math.max(...y.map((h, i) => h + size[i][1] / 2), -Infinity);
  const middle = (i) => left[at[i]] + width[at[i]] / 2;
  const leave = ports(n, ways, y, size, 0),
    arrive = ports(n, ways, y, size, 1);
  const points = ways.map((way, k) => {
    const u = way[0],
      v = way.at(-1);
    const line = [
      [middle(u) + size[u][0] / 2, leave[k]],
      [left[at[u]] + width[at[u]], leave[k]],
    ];
    for (const i of way.slice(1, -1)) line.push([left[at[i]], y[i]], [left[at[i]] + width[at[i]], y[i]]);
    line.push([left[at[v]], arrive[k]], [middle(v) - size[v][0] / 2, arrive[k]]);
    return line.map(([px, py]) => [px, py - top]);
  });
  return {
    cards: size.slice(0, n).map((_, i) => [middle(i), y[i] - top]),
    labels: ways.map((way) => [middle(way.at(-2)), y[way.at(-2)] - top]),
    points,
    column: column.map((c) => c / 2),
    size: [x, Math.max(0, bottom - top)],
  };
}

// The height at which each line leaves its first card (side 0) or arrives at its last (side 1).
function ports(n, ways, y, size, side) {
  const lines = Array.from({ length: n }, () => []),
    found = [];
  ways.forEach((way, k) => lines[side ? way.at(-1) : way[0]].push(k));
  lines.forEach((here, i) => {
    const toward = (k) => y[side ? ways[k].at(-2) : ways[k][1]],
      height = size[i][1];
    here.sort((j, k) => toward(j) - toward(k));
    const gap = Math.min(13, (height - 16) / Math.max(here.length, 1));
    here.forEach((k, r) => (found[k] = y[i] + gap * (r - (here.length - 1) / 2)));
    if (here.length === 1 && Math.abs(toward(here[0]) - y[i]) < height / 2 - 8) found[here[0]] = toward(here[0]);
  });
  return found;
}
