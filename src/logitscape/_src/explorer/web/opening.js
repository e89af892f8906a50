// The first screen: two numbers to drag, softmax beside dividing by the sum.

function opening(tables) {
  const { axis, sentences, presets } = data.opening;
  const size = axis.length;
  const inputs = { cat: byId("cat"), dog: byId("dog") };
  const NAMES = ["softmax", "sum"];

  const indexOf = (name) => nearest(axis, Number(inputs[name].value));
  const number = (pair, what, cat, dog) =>
    tables.values[((pair * 5 + what) * size + cat) * size + dog];

  function update() {
    const [cat, dog] = [indexOf("cat"), indexOf("dog")];
    for (const [pair, name] of NAMES.entries()) {
      const [p, q, loss, pull, push] = [0, 1, 2, 3, 4].map((what) => number(pair, what, cat, dog));
      byId(`${name}-p-cat`).textContent = shown(p);
      byId(`${name}-p-dog`).textContent = shown(q);
      byId(`${name}-bar-cat`).style.width = `${Number.isNaN(p) ? 0 : 100 * p}%`;
      byId(`${name}-bar-dog`).style.width = `${Number.isNaN(q) ? 0 : 100 * q}%`;
      byId(`${name}-loss`).textContent = shown(loss);
      byId(`${name}-gradient-cat`).textContent = shown(pull);
      byId(`${name}-gradient-dog`).textContent = shown(push);
    }
    const force = (pair) => shown(Math.abs(number(pair, 3, cat, dog)), 3);
    byId("moment").textContent = sentences[tables.sentence[cat * size + dog]]
      .replace("{softmax}", force(0))
      .replace("{sum}", force(1))
      .replace("{ratio}", `${shown(axis[cat])} : ${shown(axis[dog])}`);
    for (const [which, name] of ["cat", "dog"].entries()) {
      byId(`${name}-value`).textContent = shown(axis[indexOf(name)]);
      drawArrows(name, NAMES.map((_, pair) => -number(pair, 3 + which, cat, dog)));
    }
    const now = `${axis[cat]},${axis[dog]}`;
    for (const button of document.querySelectorAll("[data-preset]")) {
      button.setAttribute("aria-pressed", String(button.dataset.preset === now));
    }
  }

  // The arrows start at the knob and show where a step of training moves the number.
  function drawArrows(name, pushes) {
    const svg = byId(`${name}-arrows`);
    const width = svg.clientWidth;
    const knob = 28;
    const share = (axis[indexOf(name)] - axis[0]) / (axis[size - 1] - axis[0]);
    const from = knob / 2 + share * (width - knob);
    const wide = svg.clientHeight > 70;
    const unit = Math.min(0.28 * width, 230);
    svg.replaceChildren();
    for (const [pair, push] of pushes.entries()) {
      const y = pair === 0 ? 10 : svg.clientHeight - 10;
      if (Number.isNaN(push)) continue;
      const full = unit * push;
      const to = Math.max(4, Math.min(width - 4, from + full));
      const length = Math.abs(to - from);
      if (length < 1.5) {
        svg.append(element("circle", { cx: from, cy: y, r: 3, class: `dot ${NAMES[pair]}` }));
        continue;
      }
      const way = Math.sign(full);
      const head = Math.min(wide ? 16 : 9, length);
      const half = wide ? 10 : 6;
      svg.append(
        element("line", { x1: from, y1: y, x2: to - way * head, y2: y, class: `shaft ${NAMES[pair]}` }),
        element("path", {
          d: `M${to},${y}l${-way * head},${-half}v${2 * half}z`, class: `head ${NAMES[pair]}`,
        }),
      );
      // An arrow that would leave the track ends with two heads.
      if (Math.abs(to - from - full) > 1) {
        svg.append(element("path", {
          d: `M${to - way * 8},${y}l${-way * head},${-half}v${2 * half}z`, class: `head ${NAMES[pair]}`,
        }));
      }
    }
  }

  for (const input of Object.values(inputs)) input.addEventListener("input", update);
  for (const [text, logits] of presets) {
    const button = element("button", { type: "button", "data-preset": logits.join(",") }, text);
    button.addEventListener("click", () => {
      [inputs.cat.value, inputs.dog.value] = logits;
      update();
    });
    byId("presets").append(button);
  }
  new ResizeObserver(update).observe(byId("cat-arrows"));
  update();
}
