// The atlas: every pair, coloured by what becomes of its slope on R1; a cell leads to its pair.

function atlas(state) {
  const { normalizers, losses, alone, mapped, looks } = data;
  const cell = (name, row) => {
    const pair = state.pairs.get(name);
    const look = looks[pair.kind(0)];
    const words = `${name}: ${lawSentence(pair, 0)}`;
    return element(row ? "td" : "li", {}, element("a", {
      href: `#${encodeURIComponent(name)}`, class: look.style, title: words, "aria-label": words,
    }, row ? look.sign : `${look.sign} ${name}`));
  };
  const head = element("tr", {}, element("td", {}),
    ...losses.map((loss) => element("th", { scope: "col" }, element("span", {}, loss))));
  const rows = normalizers.map((normalizer) => element("tr", {},
    element("th", { scope: "row" }, normalizer),
    ...losses.map((loss) => cell(`${normalizer} + ${loss}`, true))));
  byId("atlas-table").append(element("thead", {}, head), element("tbody", {}, ...rows));
  byId("atlas-alone").append(...alone.map((name) => cell(name, false)));
  byId("atlas-mapped").append(...mapped.map((name) => cell(name, false)));
  const own = [...state.own];
  byId("atlas-own").append(...own.map((name) => cell(name, false)));
  const tabled = normalizers.flatMap((normalizer) => losses.map((loss) => `${normalizer} + ${loss}`));
  const keeping = tabled.filter((name) => state.pairs.get(name).kind(0) === "constant");
  byId("atlas-sentence").textContent =
    `Softmax with cross-entropy keeps its pull, as ${keeping.length} of ${tabled.length.toLocaleString("en")} pairs do. ` +
    "Nearly all of the others let go, or have no finite loss.";
  const key = new Map(Object.values(looks).map((look) => [look.style, look]));
  byId("atlas-key").append(...[...key.values()].map((look) =>
    element("li", {}, element("i", { class: look.style }, look.sign), look.text)));
}

// A link such as #softmax%20%2B%20brier shows that pair as the second one.
function follow(state) {
  const named = () => state.pairs.get(decodeURIComponent(location.hash.slice(1)));
  const go = () => {
    if (!named()) return;
    state.set({ second: named() });
    byId("compare").scrollIntoView();
    byId("compare").focus({ preventScroll: true });
  };
  addEventListener("hashchange", go);
  byId("atlas").addEventListener("click", (event) => {
    // The same link again changes no address.
    if (event.target.closest("a")?.hash === location.hash) go();
  });
  go();
}
