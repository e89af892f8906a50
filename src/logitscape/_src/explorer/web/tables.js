// The tables that logitscape computed. This page looks numbers up; it knows no formula of a loss.

const data = JSON.parse(document.getElementById("data").textContent);
const KINDS = { f4: Float32Array, i2: Int16Array, u1: Uint8Array };

async function unpack(stored) {
  const packed = Uint8Array.from(atob(stored.data), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const planes = new Uint8Array(await new Response(stream).arrayBuffer());
  const width = Number(stored.type[1]);
  const count = planes.length / width;
  const bytes = new Uint8Array(planes.length);
  for (let plane = 0; plane < width; plane += 1) {
    for (let i = 0; i < count; i += 1) bytes[i * width + plane] = planes[plane * count + i];
  }
  return new KINDS[stored.type](bytes.buffer);
}

async function unpackTexts(stored) {
  const index = await unpack(stored.index);
  return (i) => stored.texts[index[i]];
}

// One list of pairs: the catalogue, or those that were named when the page was made.
async function unpackPairs(stored, shapes) {
  const { places, points, starts, steps } = shapes;
  const values = await unpack(stored.values);
  const law = await unpackTexts(stored.laws);
  const kind = await unpackTexts(stored.kinds);
  const arrows = await unpack(stored.arrows);
  const pairs = stored.names.map((name, pair) => ({
    name,
    base: stored.base[pair],
    law: (ray) => law(3 * pair + ray),
    kind: (ray) => kind(3 * pair + ray),
    loss: (ray) => values.subarray((6 * pair + 2 * ray) * places, (6 * pair + 2 * ray + 1) * places),
    slope: (ray) => values.subarray((6 * pair + 2 * ray + 1) * places, (6 * pair + 2 * ray + 2) * places),
    arrow: (point) => arrows.subarray(2 * (points * pair + point), 2 * (points * pair + point) + 2),
    roll: null,
    knobs: null,
  }));
  if (stored.rolling) {
    const moves = await unpack(stored.rolling.steps);
    const times = await unpack(stored.rolling.times);
    const reason = await unpackTexts(stored.rolling.reasons);
    stored.rolling.pairs.forEach((pair, row) => {
      pairs[pair].roll = (start) => {
        const at = row * starts + start;
        const path = [];
        let [x, y] = [0, 0];
        for (let step = 0; step < steps; step += 1) {
          x += moves[2 * (at * steps + step)];
          y += moves[2 * (at * steps + step) + 1];
          path.push([x * data.unit, y * data.unit]);
        }
        return { path, time: times[at], reason: reason(at) };
      };
    });
  }
  for (const knobs of stored.knobs) {
    const values = await unpack(knobs.values);
    const size = values.length / knobs.pairs.length;
    knobs.pairs.forEach((pair, row) => {
      pairs[pair].knobs = { ...knobs, values: values.subarray(row * size, (row + 1) * size) };
    });
  }
  return pairs;
}

const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹", ".": "·" };

const raised = (power) => String(power).replace(/./g, (character) => RAISED[character]);

// A number with six digits.
function shown(value, digits = 6) {
  if (Number.isNaN(value)) return "undefined";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (size >= 1e-4 && size < 1e6) return sign + String(Number(size.toPrecision(digits)));
  const [mantissa, exponent] = size.toExponential(digits - 1).split("e");
  return `${sign}${Number(mantissa)}\u2009×\u200910${raised(Number(exponent))}`;
}

// A law such as "6.00 s^-1.00 e^(-1.00 s)" in the way that people write it.
function lawText(law) {
  return law
    .replace(/\b(\d+\.\d*?)0+(?=\D|$)/g, "$1")
    .replace(/\.(?=\D|$)/g, "")
    .replace(/(^|[\s(+-])1 (?=s\b|e\^|log|\()/g, "$1")
    .replace(/e\^\(([^()]*)\)/g, "exp($1)")
    .replace(/e\^\(([^()]*\([^()]*\)[^()]*)\)/g, "exp($1)")
    .replace(/\^(-?[\d.]+)/g, (_, power) => raised(power))
    .replace(/(\d)e([+-])0*(\d+)/g, (_, digit, sign, power) => `${digit}\u2009×\u200910${raised(sign === "-" ? `-${power}` : power)}`)
    .replace(/-/g, "−");
}

function element(tag, attributes = {}, ...children) {
  const inside = ["svg", "path", "line", "circle", "text", "g", "rect", "title", "tspan"].includes(tag);
  const made = inside
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const byId = (id) => document.getElementById(id);

function nearest(values, wanted) {
  let best = 0;
  values.forEach((value, i) => {
    if (Math.abs(value - wanted) < Math.abs(values[best] - wanted)) best = i;
  });
  return best;
}
