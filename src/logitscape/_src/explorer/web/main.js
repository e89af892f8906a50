// What is chosen, and who wants to know when it changes.

async function start() {
  const shapes = {
    places: data.places.length,
    points: data.points.length,
    starts: data.points.filter(([label, rival]) => rival > label).length,
    steps: data.steps,
  };
  opening({
    values: await unpack(data.opening.values),
    sentence: await unpack(data.opening.sentence),
  });
  const own = data.own ? await unpackPairs(data.own, shapes) : [];
  const all = [...await unpackPairs(data.pairs, shapes), ...own];
  const pairs = new Map(all.map((pair) => [pair.name, pair]));
  const listeners = [];
  const state = {
    pairs,
    own: new Set(own.map(({ name }) => name)),
    first: pairs.get(data.first),
    second: pairs.get(data.second),
    place: data.places.indexOf(10),
    start: data.points.findIndex(([label, rival]) => label === 2 && rival === 8),
    listen: (listener) => listeners.push(listener),
    set(change) {
      Object.assign(state, change);
      for (const listener of listeners) listener(change);
    },
  };
  compare(state);
  field(state);
  knobs(state);
  atlas(state);
  state.set({ first: state.first, second: state.second });
  follow(state);
  document.documentElement.dataset.ready = "yes";
}

start().catch((error) => {
  byId("moment").textContent = `This page could not start: ${error.message}.`;
  throw error;
});
