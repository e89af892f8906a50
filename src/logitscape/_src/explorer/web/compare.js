// Any two pairs on the three rays: what becomes of the loss, and of its slope.

const STYLES = ["first", "second"];

function compare(state) {
  const { places, rays } = data;
  const figures = rays.map((ray, index) => rayFigure(ray, index));
  byId("rays").append(...figures.map(({ figure }) => figure));

  function rayFigure(ray, index) {
    const loss = element("svg", { class: "panel", "aria-hidden": "true" });
    const slope = element("svg", { class: "panel", "aria-hidden": "true" });
    const panels = element("div", {
      class: "panels", tabindex: "0", role: "slider", "aria-label": `${ray.name}, ${ray.words}: place s`,
      "aria-valuemin": places[0], "aria-valuemax": places.at(-1),
    }, element("p", { class: "what" }, "loss"), loss, element("p", { class: "what" }, "size of the slope"), slope);
    const reading = element("dl", { class: "reading" });
    const figure = element("figure", { class: "ray" },
      element("figcaption", {}, element("b", {}, `${ray.name}: ${ray.words}`)), panels, reading);
    let placeAt = () => state.place;
    choosesPlace(panels, (clientX) => placeAt(clientX), (place) => state.set({ place }));
    panels.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, Home: -1e3, End: 1e3 }[event.key];
      if (!step) return;
      event.preventDefault();
      state.set({ place: Math.max(0, Math.min(places.length - 1, state.place + step)) });
    });

    function draw() {
      const pairs = [state.first, state.second];
      const lines = (what) => pairs.map((pair, i) => ({ values: pair[what](index), style: STYLES[i] }));
      drawPanel(loss, { s: places, lines: lines("loss"), kind: "loss", place: state.place });
      const laws = pairs.map((pair, i) => ({ text: lawSentence(pair, index), style: STYLES[i] }));
      placeAt = drawPanel(slope, { s: places, lines: lines("slope"), kind: "slope", place: state.place, laws, height: 185 });
      const rows = pairs.flatMap((pair, i) => [
        element("dt", { class: STYLES[i] }, pair.name),
        element("dd", {}, `loss ${shown(pair.loss(index)[state.place])}, slope ${shown(pair.slope(index)[state.place])}`),
      ]);
      reading.replaceChildren(...rows);
      panels.setAttribute("aria-valuenow", places[state.place]);
      panels.setAttribute("aria-valuetext", `s = ${shown(places[state.place])}. ` + pairs.map((pair) =>
        `${pair.name}: loss ${shown(pair.loss(index)[state.place])}, slope ${shown(pair.slope(index)[state.place])}`).join(". "));
    }
    return { figure, draw };
  }

  function update() {
    for (const { draw } of figures) draw();
    byId("compare-sentence").textContent =
      `A wrong output rises by s = ${shown(places[state.place])}: ` + [state.first, state.second].map((pair) =>
        `${pair.name} ${fate(pair)}`).join(", while ") + ".";
  }

  // What becomes of the slope on R1, in words.
  function fate(pair) {
    const now = pair.slope(0)[state.place];
    const kind = pair.kind(0);
    const size = Number.isFinite(now) ? `pulls back with ${shown(now, 3)}` : "has no answer";
    const later = data.fates[kind];
    return later ? `${size} and ${later}` : size;
  }

  for (const which of STYLES) fillSelect(byId(which), state, which);
  new ResizeObserver(update).observe(byId("rays"));
  state.listen(() => {
    for (const which of STYLES) byId(which).value = state[which].name;
    update();
  });
}

function lawSentence(pair, ray) {
  const law = pair.law(ray);
  if (pair.kind(ray) === "undefined") return `no finite loss${lawText(law).replace(/^undefined/, "")}`;
  if (!data.fates[pair.kind(ray)]) return `slope ${law}`;
  return `slope ${pair.kind(ray) === "zero" ? "=" : "→"} ${lawText(law)}`;
}

function fillSelect(select, state, which) {
  const groups = new Map();
  for (const name of state.pairs.keys()) {
    const group = state.own.has(name) ? "measured for this page"
      : name.includes(" > ") ? "maps of the outputs, before a pair"
      : name.includes(" + ") ? name.split(" + ")[0] : "losses of the logits themselves";
    if (!groups.has(group)) groups.set(group, element("optgroup", { label: group }));
    groups.get(group).append(element("option", { value: name }, name));
  }
  select.append(...groups.values());
  select.addEventListener("change", () => state.set({ [which]: state.pairs.get(select.value) }));
}
