// The plane of two logits: arrows of the descent, and a ball that rolls down from where one clicks.

function field(state) {
  const { points, field: axis, steps } = data;
  const wrong = points.map(([label, rival], i) => (rival > label ? i : -1)).filter((i) => i >= 0);
  const halls = STYLES.map((style) => hall(style));
  byId("planes").append(...halls.map(({ figure }) => figure));
  const edge = 1.2;
  const [low, high] = [axis[0] - edge, axis.at(-1) + edge];
  let animation = 0;

  function hall(style) {
    const svg = element("svg", { class: "plane", tabindex: "0", role: "application", "aria-roledescription": "plane of two outputs" });
    const caption = element("figcaption", { class: style });
    const figure = element("figure", {}, caption, svg);
    svg.addEventListener("click", (event) => {
      const box = svg.getBoundingClientRect();
      const label = low + ((event.clientX - box.left) / box.width) * (high - low);
      const rival = high - ((event.clientY - box.top) / box.height) * (high - low);
      choose(label, rival);
    });
    svg.addEventListener("keydown", (event) => {
      const move = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!move && event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      const step = axis[1] - axis[0];
      const [label, rival] = points[state.start];
      choose(label + step * (move?.[0] ?? 0), rival + step * (move?.[1] ?? 0));
    });
    return { svg, caption, figure };
  }

  function choose(label, rival) {
    const distances = points.map(([x, y]) => Math.hypot(x - label, y - rival));
    state.set({ start: distances.indexOf(Math.min(...distances)) });
  }

  const x = (value) => ((value - low) / (high - low)) * 400;
  const y = (value) => 400 - x(value);

  function draw() {
    cancelAnimationFrame(animation);
    const balls = [];
    for (const [i, { svg, caption }] of halls.entries()) {
      const pair = state[STYLES[i]];
      caption.textContent = pair.name;
      svg.setAttribute("viewBox", "0 0 400 400");
      svg.setAttribute("aria-label", `${pair.name}: ${story(pair)} The arrow keys move the start.`);
      svg.replaceChildren(
        element("path", { d: `M0,400L400,0L400,400z`, class: "right-half" }),
        element("text", { x: 392, y: 351, class: "tick end" }, "cat ahead: right"),
        element("text", { x: 8, y: 16, class: "tick" }, "dog ahead: wrong"),
        element("text", { x: 200, y: 394, class: "tick middle" }, "output of the cat →"),
        element("text", { x: 14, y: 200, class: "tick middle", transform: "rotate(-90 14 200)" }, "output of the dog →"),
      );
      points.forEach(([label, rival], point) => {
        const [angle, ink] = pair.arrow(point);
        if (!ink) {
          svg.append(element("circle", { cx: x(label), cy: y(rival), r: 1.5, class: "nothing" }));
          return;
        }
        const turn = (angle / 256) * 2 * Math.PI;
        const length = 6 + 24 * (ink / 255);
        const [dx, dy] = [Math.cos(turn) * length, -Math.sin(turn) * length];
        const [fx, fy] = [x(label), y(rival)];
        const side = [(-dy / length) * 3.5, (dx / length) * 3.5];
        const [tx, ty] = [fx + dx, fy + dy];
        const [bx, by] = [tx - (dx / length) * 7, ty - (dy / length) * 7];
        svg.append(element("path", {
          d: `M${fx.toFixed(1)},${fy.toFixed(1)}L${bx.toFixed(1)},${by.toFixed(1)}M${tx.toFixed(1)},${ty.toFixed(1)}L${(bx + side[0]).toFixed(1)},${(by + side[1]).toFixed(1)}L${(bx - side[0]).toFixed(1)},${(by - side[1]).toFixed(1)}z`,
          class: `arrow ${STYLES[i]}`, opacity: (0.25 + 0.75 * (ink / 255)).toFixed(2),
        }));
      });
      const flow = flowOf(pair);
      const path = flow ? flow.path : [points[state.start]];
      const trail = element("path", { class: `trail ${STYLES[i]}` });
      const ball = element("circle", { r: 9, class: `ball ${STYLES[i]}` });
      svg.append(element("circle", { cx: x(points[state.start][0]), cy: y(points[state.start][1]), r: 5, class: "start" }), trail, ball);
      balls.push({ path, trail, ball, seconds: flow ? Math.min(6, 0.5 + 0.9 * Math.log10(1 + flow.time)) : 0 });
    }
    roll(balls);
    byId("field-sentence").textContent = sentence();
  }

  function flowOf(pair) {
    const start = wrong.indexOf(state.start);
    return start >= 0 && pair.roll ? pair.roll(start) : null;
  }

  // The ball takes longer where the flow does, though not as much longer.
  function roll(balls) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const began = performance.now();
    const frame = (now) => {
      let isRolling = false;
      for (const { path, trail, ball, seconds } of balls) {
        const share = still || !seconds ? 1 : Math.min(1, Math.max(0, now - began) / 1000 / seconds);
        const at = share * (path.length - 1);
        const [from, to] = [path[Math.floor(at)], path[Math.min(path.length - 1, Math.floor(at) + 1)]];
        const part = at - Math.floor(at);
        const here = [0, 1].map((k) => from[k] + part * (to[k] - from[k]));
        ball.setAttribute("cx", x(here[0]));
        ball.setAttribute("cy", y(here[1]));
        const passed = [...path.slice(0, Math.floor(at) + 1), here];
        trail.setAttribute("d", `M${passed.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join("L")}`);
        isRolling ||= share < 1;
      }
      if (isRolling) animation = requestAnimationFrame(frame);
    };
    frame(began);
  }

  function story(pair) {
    if (wrong.indexOf(state.start) < 0) return "the cat is not behind there, so there is nothing to correct.";
    const flow = flowOf(pair);
    if (!flow) return "this page has its arrows, but not its flows.";
    if (flow.reason) return `it never gets right (${flow.reason}).`;
    return `right after a time of ${shown(flow.time)}.`;
  }

  function sentence() {
    const [label, rival] = points[state.start];
    const stories = [state.first, state.second].map((pair) => `${pair.name}: ${story(pair)}`);
    return `From cat = ${shown(label)}, dog = ${shown(rival)}. ${stories.join(" ")}`;
  }

  state.listen((changed) => {
    if (!changed || "start" in changed || "first" in changed || "second" in changed) draw();
  });
}
