// Elements, numbers, names and formulas. Text always goes in as text: nothing here reads markup.

const SVG = "http://www.w3.org/2000/svg",
  MATHML = "http://www.w3.org/1998/Math/MathML";
const $ = (id) => document.getElementById(id);

function dressed(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}
const html = (tag, attributes = {}, ...children) => dressed(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) => dressed(document.createElementNS(SVG, tag), attributes, children);
const math = (tag, ...children) => dressed(document.createElementNS(MATHML, tag), {}, children.map(asNode));
function asNode(x) {
  return x instanceof Node ? x : document.createTextNode(String(x));
}

// Numbers. The data holds what JSON cannot as text: "NaN", "Infinity", or a number of another kind.
const isNumber = (x) => typeof x === "number";
const value = (x) => (x === "NaN" ? NaN : x === "Infinity" ? Infinity : x === "-Infinity" ? -Infinity : x);
const MINUS = "\u2212";
const typeset = (text) => text.replace("Infinity", "∞").replace("e+", "e").replaceAll("-", MINUS);

// To so many significant digits; an exponent only where the digits would be lost in zeros.
function digits(x, most, smallest = 1e-4) {
  if (x == null) return "–";
  if (!isNumber(x)) return String(x);
  if (x === 0 || !Number.isFinite(x)) return typeset(String(x));
  const size = Math.abs(x);
  if (size >= smallest && size < 1e15) {
    const decimals = Math.min(100, Math.max(0, most - 1 - Math.floor(Math.log10(size))));
    const text = x.toFixed(decimals);
    return typeset(text.includes(".") ? text.replace(/\.?0+$/, "") : String(Number(x.toPrecision(most))));
  }
  return typeset(x.toExponential(most - 1).replace(/\.?0+e/, "e"));
}
const brief = (x) => digits(x, isNumber(x) && Math.abs(x) < 1e-3 ? 3 : 4, 1e-3);
const full = (x) => {
  if (!isNumber(x) || !Number.isFinite(x) || Math.abs(x) < 1e-4 || Math.abs(x) >= 1e6) return digits(x, 9);
  return typeset(String(Number(x.toFixed(9))));
};
const signed = (x, text = brief) => (isNumber(x) && x > 0 ? "+" : "") + text(x);
const bracketed = (x) => (isNumber(x) && x < 0 ? `(${full(x)})` : full(x));
const counted = (n) => (n < 1e15 ? n.toLocaleString("en") : n.toExponential(2).replace("e+", "e"));
const tone = (x) => (isNumber(x) && x > 0 ? "positive" : isNumber(x) && x < 0 ? "negative" : "");

// Names: net_o1 is net with the subscript o1, w5 is w with the subscript 5.
function split(name) {
  const at = name.indexOf("_");
  if (at > 0 && at < name.length - 1) return [name.slice(0, at), name.slice(at + 1)];
  const found = name.match(/^(\p{L})(\d+)$/u);
  return found ? [found[1], found[2]] : [name, ""];
}
const shortened = (text, most) =>
  text.length <= most ? text : text.slice(0, Math.ceil(most / 2) - 1) + "…" + text.slice(-Math.floor(most / 2));

function svgName(name, attributes, most = 20) {
  const [base, index] = split(shortened(name, most));
  const text = svg("text", { class: "name", ...attributes }, base);
  if (index) text.append(svg("tspan", { dy: 4, "font-size": "76%" }, index));
  return text;
}
function htmlName(name, tag = "span") {
  const [base, index] = split(name);
  return html(tag, {}, base, index ? html("sub", {}, index) : null);
}
// From above, in units of the font's size, as no font is at hand to measure with.
const widthOf = (text, size, perCharacter = 0.62) => size * perCharacter * [...text].length;

// Formulas, in MathML, which every browser sets by itself.
const mathName = (name) => {
  const [base, index] = split(shortened(name, 16));
  const symbol = math("mi", base);
  return index ? math("msub", symbol, math(/^\d+$/.test(index) ? "mn" : "mi", index)) : symbol;
};
const mathNumber = (x) => math("mn", bracketed(x));
const operator = (text) => dressed(math("mo", text), { stretchy: /[()[\]]/.test(text) ? "false" : null }, []);
const partial = (of, by) =>
  math("mfrac", math("mrow", operator("∂"), mathName(of)), math("mrow", operator("∂"), mathName(by)));
const equation = (...parts) =>
  html("div", { class: "equation" }, dressed(math("math", math("mrow", ...parts)), { displaystyle: true }, []));

// A formula as the library writes it, with its names and operators set as such.
function mathText(text) {
  const row = math("mrow");
  for (const token of text.match(/[\p{L}_][\p{L}\p{N}_.]*|\d+\.?\d*(?:e[-+]?\d+)?|\*\*|\S/gu) ?? []) {
    if (/^[\p{L}_]/u.test(token)) row.append(mathName(token));
    else if (/^\d/.test(token)) row.append(math("mn", token));
    else row.append(operator(token === "**" ? "^" : token === "*" ? "·" : token === "-" ? MINUS : token));
  }
  return row;
}

const inOrder = (a, b) => a - b;
const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Plays something step by step, with a button that says what it will do.
class Player {
  constructor(button, step, pause) {
    Object.assign(this, { button, step, pause, timer: 0 });
    button.addEventListener("click", () => this.toggle());
  }
  toggle() {
    if (this.timer) return this.stop();
    this.button.textContent = "❚❚ Pause";
    this.step(true);
    this.timer = setInterval(() => this.step(false) || this.stop(), this.pause());
  }
  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    this.button.textContent = "▶ Play";
  }
}
