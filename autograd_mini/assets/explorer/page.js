// The page: tabs, theme and keys.

const DATA = JSON.parse($("data").textContent);
$("title").textContent = DATA.title;

const graph = new GraphView(DATA);
const learning = DATA.training ? new LearningView(DATA.training) : null;
const TABS = [
  ["graph-tab", "graph-panel"],
  ["learning-tab", "learning-panel"],
];
$("tabs").hidden = !learning;

function showTab(k) {
  TABS.forEach(([tab, panel], i) => {
    $(tab).setAttribute("aria-selected", i === k);
    $(tab).tabIndex = i === k ? 0 : -1;
    $(panel).hidden = i !== k;
  });
  graph.player.stop();
  learning?.player.stop();
  if (k === 0) graph.rebuild();
}
TABS.forEach(([tab], k) => $(tab).addEventListener("click", () => showTab(k)));
$("tabs").addEventListener("keydown", (event) => {
  if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
  const k = $("graph-panel").hidden ? 0 : 1;
  showTab(k);
  $(TABS[k][0]).focus();
  event.preventDefault();
});

const root = document.documentElement;
const isDark = () =>
  root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
const showTheme = () => $("theme").setAttribute("aria-pressed", isDark());
$("theme").addEventListener("click", () => ((root.dataset.theme = isDark() ? "light" : "dark"), showTheme()));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);
showTheme();

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { tagName, type } = event.target,
    isText = tagName === "INPUT" && type !== "range";
  if (isText || (/SELECT|INPUT|BUTTON/.test(tagName) && !["Escape", ".", ","].includes(event.key))) return;
  const view = $("graph-panel").hidden ? learning : graph;
  if (view.key(event)) event.preventDefault();
});

let width = innerWidth;
addEventListener("resize", () => {
  if ($("graph-panel").hidden) {
    learning.columns();
    learning.show();
  } else if (innerWidth !== width) graph.rebuild();
  else graph.fit(0.42);
  width = innerWidth;
});

// Where to start, as page.html#select=w1, or #level=1&step=20, or #tab=learning&round=306.
const start = new URLSearchParams(location.hash.slice(1));
if (start.has("level")) graph.change(Math.min(Number(start.get("level")), graph.levels.length - 1));
if (start.has("step")) graph.goto(Number(start.get("step")));
if (start.has("select") && DATA.names.includes(start.get("select")))
  graph.find(DATA.names.indexOf(start.get("select")));
if (start.get("tab") === "learning" && learning) {
  showTab(1);
  learning.goto(DATA.training.rounds.findIndex((round) => round >= Number(start.get("round") ?? 0)));
}
root.dataset.ready = "yes";
performance.mark("ready");
