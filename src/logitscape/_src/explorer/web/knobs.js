// Temperature and a parameter of the loss as sliders, on ray R1.

function knobs(state) {
  const { places, unturned } = data;
  const temperature = byId("temperature");
  const parameter = byId("parameter");
  const svgs = { loss: byId("knob-loss"), slope: byId("knob-slope") };
  let turned = null;

  // At first the second pair has no parameter; one that has is livelier.
  const usualSecond = state.second;
  const isTurned = (pair) => pair.knobs && (pair.knobs.parameter || pair !== usualSecond || state.own.size > 0);
  const chosen = () => (isTurned(state.second) ? state.second : state.pairs.get(unturned));
  const values = (pair, t, v, what) => {
    const at = ((t * pair.knobs.settings.length + v) * 2 + what) * places.length;
    return pair.knobs.values.subarray(at, at + places.length);
  };

  function update() {
    const pair = chosen();
    const { settings, temperatures, parameter: name, default: usual } = pair.knobs;
    if (pair !== turned) {
      turned = pair;
      temperature.max = temperatures.length - 1;
      temperature.value = temperatures.indexOf(1);
      parameter.max = settings.length - 1;
      parameter.value = usual;
      byId("parameter-label").hidden = settings.length === 1;
    }
    const [t, v] = [Number(temperature.value), Number(parameter.value)];
    byId("temperature-value").textContent = shown(temperatures[t]);
    byId("parameter-name").textContent = name.split(": ")[1] ?? "";
    byId("parameter-value").textContent = name ? shown(settings[v]) : "";
    temperature.setAttribute("aria-valuetext", shown(temperatures[t]));
    parameter.setAttribute("aria-valuetext", name ? shown(settings[v]) : "none");
    const lines = (what) => [
      { values: values(pair, temperatures.indexOf(1), usual, what), style: "usual" },
      { values: values(pair, t, v, what), style: "second" },
    ];
    drawPanel(svgs.loss, { s: places, lines: lines(0), kind: "loss", place: state.place });
    drawPanel(svgs.slope, { s: places, lines: lines(1), kind: "slope", place: state.place });
    const setting = name ? ` with ${name.split(": ")[1]} = ${shown(settings[v])}` : "";
    byId("knobs-sentence").textContent =
      `${pair.name}${setting} at temperature ${shown(temperatures[t])}: where a wrong output is ahead by s = ${shown(places[state.place])}, ` +
      `the loss is ${shown(lines(0)[1].values[state.place])} and its slope ${shown(lines(1)[1].values[state.place])}.`;
    byId("knobs-which").textContent = (pair === state.second
      ? "The sliders turn the second pair of above."
      : `The sliders turn ${pair.name}, until another second pair is chosen above.`)
      + " The thin line is the usual setting.";
  }

  for (const input of [temperature, parameter]) input.addEventListener("input", update);
  new ResizeObserver(update).observe(byId("knob-panels"));
  state.listen(update);
}
