// A panel with lines over s, which draws itself anew at every width.

const PAD = { left: 44, right: 8, top: 8, bottom: 20 };
const DECADES = [-6, -4, -2, 0, 2];

const linear = (low, high) => (value) => (value - low) / (high - low);
const logarithmic = (value) => (Math.log10(Math.abs(value)) - DECADES[0]) / (DECADES.at(-1) - DECADES[0]);

// Lines: [{values, style, label}]; marks a place on all of them.
function drawPanel(svg, { s, lines, kind, place, laws = [], height = 150, edge = true }) {
  const width = Math.max(svg.clientWidth, 120);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("height", height);
  const x = (at) => PAD.left + (width - PAD.left - PAD.right) * linear(s[0], s.at(-1))(at);
  const ticks = kind === "loss" ? lossTicks(lines) : DECADES;
  const scale = kind === "loss"
    ? linear(Math.min(0, ticks[0]), ticks.at(-1))
    : (value) => (value === 0 ? 0 : Math.max(-0.2, Math.min(1.2, logarithmic(value))));
  const bottom = height - PAD.bottom;
  const y = (value) => bottom - (bottom - PAD.top) * Math.max(-0.3, Math.min(1.3, scale(value)));
  svg.replaceChildren();
  for (const tick of ticks) {
    const at = kind === "loss" ? y(tick) : y(10 ** tick);
    const text = kind === "loss" ? shown(tick, 3) : `10${raised(tick)}`;
    svg.append(
      element("line", { x1: PAD.left, x2: width - PAD.right, y1: at, y2: at, class: "grid" }),
      element("text", { x: PAD.left - 5, y: at + 4, class: "tick end" }, text === "10⁰" ? "1" : text),
    );
  }
  for (const tick of [-5, 0, 5, 10, 15, 20]) {
    svg.append(
      element("line", { x1: x(tick), x2: x(tick), y1: PAD.top, y2: bottom, class: tick ? "grid" : "grid zero" }),
      element("text", { x: x(tick), y: height - 5, class: "tick middle" }, tick < 0 ? `−${-tick}` : `${tick}`),
    );
  }
  if (edge) svg.append(element("line", { x1: x(s[place]), x2: x(s[place]), y1: PAD.top, y2: bottom, class: "cursor" }));
  const clip = element("svg", {
    x: 0, y: PAD.top - 4, width, height: bottom - PAD.top + 8,
    viewBox: `0 ${PAD.top - 4} ${width} ${bottom - PAD.top + 8}`, overflow: "hidden",
  });
  for (const { values, style } of lines) {
    clip.append(element("path", { d: outline(s, values, x, y, () => true), class: `line ${style}` }));
    if (kind === "slope") {
      clip.append(element("path", { d: outline(s, values, x, y, (value) => value < 0), class: `line negative ${style}` }));
    }
    const value = values[place];
    if (edge && Number.isFinite(value)) {
      clip.append(element("circle", { cx: x(s[place]), cy: y(value), r: 4.5, class: `point ${style}` }));
    }
  }
  svg.append(clip);
  laws.forEach(({ text, style }, row) => {
    svg.append(element("text", { x: PAD.left + 6, y: bottom - 8 - 17 * (laws.length - 1 - row), class: `law ${style}` }, text));
  });
  return (clientX) => {
    const box = svg.getBoundingClientRect();
    const share = (clientX - box.left - PAD.left) / (width - PAD.left - PAD.right);
    return nearest(s, s[0] + share * (s.at(-1) - s[0]));
  };
}

function outline(s, values, x, y, shows) {
  let d = "";
  let isDown = false;
  for (let i = 0; i < s.length; i += 1) {
    const draws = Number.isFinite(values[i]) && shows(values[i]);
    if (draws) d += `${isDown ? "L" : "M"}${x(s[i]).toFixed(1)},${y(values[i]).toFixed(1)}`;
    isDown = draws;
  }
  return d;
}

// Round numbers from 0 to the largest loss, but at most to what a linear loss reaches.
function lossTicks(lines) {
  const finite = lines.flatMap(({ values }) => [...values]).filter(Number.isFinite);
  const top = Math.min(Math.max(...finite, 0.1), 24);
  const least = Math.max(Math.min(...finite, 0), -24);
  const step = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10].find((each) => (top - least) / each <= 5) ?? 20;
  const ticks = [];
  for (let i = Math.floor(least / step + 1e-9); i <= Math.ceil(top / step - 1e-9); i += 1) ticks.push(i * step);
  return ticks.map((tick) => Number(tick.toPrecision(6)));
}

// Panels of which a pointer or the arrow keys choose the place s.
function choosesPlace(host, placeAt, move) {
  host.addEventListener("pointerdown", (event) => {
    host.setPointerCapture(event.pointerId);
    move(placeAt(event.clientX));
  });
  host.addEventListener("pointermove", (event) => {
    if (event.buttons || event.pointerType === "mouse") move(placeAt(event.clientX));
  });
}
