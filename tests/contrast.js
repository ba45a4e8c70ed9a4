// How each text and line that can be seen stands out from its ground: [ratio, least, what], by the formula of WCAG 2.
() => {
  const rgb = (text) => {
    const c = new OffscreenCanvas(1, 1).getContext("2d");
    c.fillStyle = text;
    c.fillRect(0, 0, 1, 1);
    return [...c.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) =>
    [r, g, b]
      .map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (a, b) => {
    const [x, y] = [light(rgb(a)), light(rgb(b))].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  const ground = (e) => {
    const box =
      e.closest(".node")?.querySelector(".box") ??
      (e.closest(".row") && e.closest("g[transform]").parentElement.querySelector(".node .box"));
    if (box) return getComputedStyle(box).fill;
    if (e.closest(".hull")) return getComputedStyle(e.closest(".hull").querySelector("rect")).fill;
    if (e.closest("#network")) return getComputedStyle(document.querySelector("#network .hole")).fill;
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if (rgb(c)[3] === 255) return c;
    }
  };
  const found = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    const style = getComputedStyle(e);
    if (
      !own ||
      !e.getClientRects().length ||
      style.visibility === "hidden" ||
      /SCRIPT|STYLE|TITLE|OPTION/i.test(e.tagName)
    )
      continue;
    const ink = e instanceof SVGElement ? style.fill : style.color;
    found.push([ratio(ink, ground(e)), 4.5, e.tagName + " " + e.textContent.slice(0, 30)]);
  }
  for (const e of document.querySelectorAll(".wire.plus path, .wire.minus path, .synapse, .ring, .target, .done")) {
    if (!e.getClientRects().length) continue;
    found.push([
      ratio(getComputedStyle(e).stroke, getComputedStyle(document.body).backgroundColor),
      3,
      "line " + e.getAttribute("class"),
    ]);
  }
  return found;
};
