// Draws the explorer from the JSON in the page (its form: src/report/html/kept.rs).
(() => {
  'use strict';

  const domains = JSON.parse(document.getElementById('explorer-data').textContent);
  if (domains.length === 0) return;
  const at = (id) => document.getElementById(`ex-${id}`);
  const ERRORS = ['fpe', 'fne', 'ce', 'e2ee'];
  const COLORS = ['#0072b2', '#e69f00', '#009e73', '#d55e00'];
  // Letters on more marks than this would hide the map and each other.
  const MOST_NAMED = 60;
  // Input pixels within which marks are at the same place.
  const SAME_PLACE = 6;

  const percent = (share) => {
    if (share === null) return '–';
    const value = 100 * share;
    return value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
  };
  const density = (delta) => delta.toExponential(2);
  const count = (n) => n.toLocaleString('en');
  const plural = (n, word) => `${count(n)} ${word}${n === 1 ? '' : 's'}`;

  // --- SVG -----------------------------------------------------------------

  const element = (parent, name, attributes, text) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  };

  const picture = (parent, href, x, y, width, height, opacity) => element(parent, 'image', {
    href, x, y, width, height, opacity, preserveAspectRatio: 'none', style: 'image-rendering: pixelated',
  });

  const letter = (parent, text, x, y, size, color) => element(parent, 'text', {
    x, y, 'font-size': size, 'text-anchor': 'middle', 'dominant-baseline': 'central', fill: color,
    stroke: '#fff', 'stroke-width': size / 5, 'paint-order': 'stroke', 'font-weight': 700,
  }, text);

  // --- what is chosen --------------------------------------------------------

  const chosen = () => {
    const domain = domains[Number(at('domain').value)];
    const step = domain.densities[Number(at('density').value)];
    const i = Number(at('sample').value);
    return { domain, step, sample: domain.samples[i], view: step.views[i] };
  };

  // How a sample lies in its picture: a long series is stretched upwards to a quarter of its length.
  const geometry = (domain, sample) => {
    const height = domain.series ? Math.max(sample.rows, sample.width / 4) : sample.rows;
    return { width: sample.width, height, up: height / sample.rows, line: Math.max(sample.width, 64) / 120 };
  };

  // The outcome for a true motif: its class, and the kind it was marked as.
  const outcome = (domain, step, view, motif, i) => {
    if (view.found === null) return { name: 'unknown' };
    const channel = view.found[i];
    if (channel === null) return { name: 'missed' };
    const kind = step.mapping[channel];
    return kind === motif.kind ? { name: 'right' } : { name: 'other', as: kind === null ? '?' : domain.kinds[kind] };
  };

  // Frames the true motifs, `named` with their kinds, or else in the style of what became of them.
  const boxes = (svg, { domain, step, sample, view }, named) => {
    const { height, up, line } = geometry(domain, sample);
    const size = fontSize(sample);
    const places = sample.motifs.map((motif) => (domain.series ? [0, height] : [motif.top * up, motif.bottom * up]));
    sample.motifs.forEach((motif, i) => {
      const [top, bottom] = places[i];
      const name = named ? 'truth' : outcome(domain, step, view, motif, i).name;
      element(svg, 'rect', {
        class: `box ${name}`, x: motif.left, y: top, width: motif.right - motif.left, height: bottom - top,
        fill: 'none', 'stroke-width': line * 1.3,
      });
    });
    if (!named || !at('names').checked) return;
    sample.motifs.forEach((motif, i) => {
      const [top, bottom] = places[i];
      const above = top - size * 0.6 > size / 2 ? top - size * 0.6 : bottom + size * 0.7;
      const y = domain.series ? size * 0.7 : above;
      letter(svg, domain.kinds[motif.kind], (motif.left + motif.right) / 2, y, size, '#a33c00');
    });
  };

  const fontSize = (sample) => sample.width / (sample.width > 200 ? 32 : 18);

  const drawInput = (now) => {
    const svg = at('input');
    const { width, height } = geometry(now.domain, now.sample);
    svg.replaceChildren();
    svg.setAttribute('viewBox', `-1 -1 ${width + 2} ${height + 2}`);
    picture(svg, now.sample.input, 0, 0, width, height, 0.75);
    if (at('boxes').checked) boxes(svg, now, true);
  };

  const drawMap = (now) => {
    const { domain, step, sample, view } = now;
    const svg = at('map');
    const { width, height, up, line } = geometry(domain, sample);
    const rows = domain.colors.length;
    svg.replaceChildren();
    svg.setAttribute('viewBox', `-1 -1 ${width + 2} ${height + 2}`);
    if (!domain.series) picture(svg, sample.input, 0, 0, width, height, 0.22);
    const covers = domain.series ? [height, domain.covers[1]] : domain.covers;
    if (view.map !== null) picture(svg, view.map, 0, 0, covers[1], covers[0], 1).setAttribute('id', 'ex-map-pixels');
    if (at('boxes').checked) boxes(svg, now, false);
    const marks = view.marks ?? [];
    const place = ([channel, y, x]) => (domain.series ? [x, (channel + 0.5) * height / rows] : [x, y * up]);
    for (const mark of marks) {
      const [x, y] = place(mark);
      const [fill] = domain.colors[mark[0]];
      element(svg, 'circle', { class: 'mark', cx: x, cy: y, r: line * 1.6, fill, stroke: '#fff', 'stroke-width': line / 2 });
    }
    if (!at('names').checked || marks.length > MOST_NAMED) return;
    const size = fontSize(sample);
    // Where several channels answer to one place the strongest, which comes last, gives the letter.
    const near = (a, b) => Math.abs(a[1] - b[1]) <= SAME_PLACE && Math.abs(a[2] - b[2]) <= SAME_PLACE;
    for (const mark of marks.filter((mark, i) => !marks.slice(i + 1).some((other) => near(mark, other)))) {
      const [x, y] = place(mark);
      const kind = step.mapping[mark[0]];
      if (kind === null) continue;
      const side = x + size > width ? -1 : 1;
      const label = letter(svg, domain.kinds[kind], x + side * (size * 0.45 + line * 2), y, size, '#141414');
      label.setAttribute('class', 'name');
    }
  };

  // --- words -----------------------------------------------------------------

  const story = ({ domain, step, sample, view }) => {
    const outcomes = sample.motifs.map((motif, i) => outcome(domain, step, view, motif, i));
    const of = (name) => outcomes.filter((o) => o.name === name).length;
    const parts = [`At δ = ${density(step.delta)}`];
    if (view.active === null) {
      parts.push(`${plural(view.marks.length, 'mark')} in the map, ${plural(sample.motifs.length, 'true motif')}.`);
      return parts.join(': ');
    }
    const others = outcomes.filter((o) => o.name === 'other').map((o) => o.as);
    parts.push(`${plural(view.active, 'value')} of the map ${view.active === 1 ? 'is' : 'are'} non-zero. Of `
      + `${plural(sample.motifs.length, 'true motif')} ${of('right')} found, ${of('other')} marked as another kind`
      + `${others.length ? ` (${others.join(', ')})` : ''}, ${of('missed')} missed. ${plural(view.left_over, 'mark')} `
      + 'outside all boxes.');
    return parts.join(': ');
  };

  // For each token of the answer, whether it stands in a longest common subsequence with the target.
  const kept = (answer, target) => {
    const best = Array.from({ length: answer.length + 1 }, () => new Array(target.length + 1).fill(0));
    for (let i = answer.length - 1; i >= 0; i -= 1) {
      for (let j = target.length - 1; j >= 0; j -= 1) {
        best[i][j] = answer[i] === target[j] ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
      }
    }
    const keeps = answer.map(() => false);
    for (let i = 0, j = 0; i < answer.length && j < target.length;) {
      if (answer[i] === target[j]) { keeps[i] = true; i += 1; j += 1; }
      else if (best[i + 1][j] >= best[i][j + 1]) i += 1;
      else j += 1;
    }
    return keeps;
  };

  const outputs = ({ sample, view }) => {
    at('target').textContent = sample.written || '(nothing)';
    const right = view.tokens.join(' ') === sample.tokens.join(' ');
    at('right').textContent = right ? '✓ right' : '✗ wrong';
    at('right').className = right ? 'badge held' : 'badge failed';
    const output = at('output');
    output.replaceChildren();
    if (right || view.written !== view.tokens.join(' ')) {
      output.textContent = view.written || '(nothing)';
      return;
    }
    const keeps = kept(view.tokens, sample.tokens);
    view.tokens.forEach((token, i) => {
      if (i > 0) output.append(' ');
      if (keeps[i]) output.append(token);
      else output.append(Object.assign(document.createElement('mark'), { textContent: token }));
    });
  };

  const errors = ({ step }) => {
    const words = [`Errors at δ = ${density(step.delta)}`];
    if (step.measured_on !== null) words.push(`on ${count(step.measured_on)} test samples`);
    if (step.trained !== null) words.push(`after ${count(step.trained)} training samples`);
    at('measured').textContent = words.join(', ');
    ERRORS.forEach((name, i) => {
      at(name).textContent = percent(step.errors[i]);
      document.querySelector(`#explorer .bar.${name}`).style.width = `${100 * (step.errors[i] ?? 0)}%`;
    });
  };

  // --- the chart ---------------------------------------------------------------

  const chart = ({ domain, step }) => {
    const svg = at('chart');
    svg.parentElement.hidden = domain.densities.length === 1;
    const [width, height, left, right, top, bottom] = [360, 220, 38, 46, 20, 34];
    svg.replaceChildren();
    svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    const logs = domain.densities.map((d) => Math.log10(d.delta));
    const [most, least] = [Math.max(...logs), Math.min(...logs)];
    const span = Math.max(most - least, 0.5);
    const x = (delta) => left + (width - left - right) * (most - Math.log10(delta)) / span;
    const y = (share) => height - bottom - (height - top - bottom) * share;
    const text = (words, attributes) => element(svg, 'text', { 'font-size': 11, fill: '#333', ...attributes }, words);
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      element(svg, 'line', { x1: left, x2: width - right, y1: y(share), y2: y(share), stroke: '#ddd' });
      text(String(100 * share), { x: left - 5, y: y(share) + 4, 'text-anchor': 'end' });
    }
    for (let power = Math.ceil(least); power <= Math.floor(most); power += 1) {
      element(svg, 'line', { x1: x(10 ** power), x2: x(10 ** power), y1: y(0), y2: y(0) + 4, stroke: '#333' });
      text(`1e${power}`, { x: x(10 ** power), y: y(0) + 16, 'text-anchor': 'middle' });
    }
    text('percent', { x: left, y: 10, 'text-anchor': 'middle' });
    text('density δ, falling →', { x: (left + width - right) / 2, y: height - 4, 'text-anchor': 'middle' });
    const now = { x1: x(step.delta), x2: x(step.delta), y1: top, y2: y(0), stroke: '#141414' };
    element(svg, 'line', { id: 'ex-now', 'stroke-dasharray': '3 3', ...now });
    const ends = [];
    ERRORS.forEach((name, i) => {
      const points = domain.densities.filter((d) => d.errors[i] !== null).map((d) => [x(d.delta), y(d.errors[i])]);
      if (points.length === 0) return;
      const style = { fill: 'none', stroke: COLORS[i], 'stroke-width': 2 };
      element(svg, 'polyline', { points: points.map((p) => p.map((v) => v.toFixed(1)).join()).join(' '), ...style });
      for (const [cx, cy] of points) element(svg, 'circle', { cx, cy, r: 2.5, fill: COLORS[i] });
      ends.push({ name, color: COLORS[i], at: points[points.length - 1] });
    });
    // Names at the ends of the lines, pushed apart from the bottom upwards.
    let free = height - bottom + 12;
    for (const end of ends.sort((a, b) => b.at[1] - a.at[1])) {
      free = Math.min(end.at[1] + 4, free - 12);
      element(svg, 'rect', { x: end.at[0] + 6, y: free - 8, width: 7, height: 7, fill: end.color });
      text(end.name.toUpperCase(), { x: end.at[0] + 16, y: free });
    }
    const said = ERRORS.map((name, i) => `${name.toUpperCase()} ${percent(step.errors[i])}`).join(', ');
    svg.setAttribute('aria-label', `The four errors against density. At δ = ${density(step.delta)}, in percent: ${said}.`);
  };

  // --- acting ------------------------------------------------------------------

  const draw = () => {
    const now = chosen();
    const words = story(now);
    at('delta').textContent = density(now.step.delta);
    at('density').setAttribute('aria-valuetext', `${density(now.step.delta)}, step ${Number(at('density').value) + 1} of `
      + `${now.domain.densities.length}`);
    drawInput(now);
    drawMap(now);
    at('map').setAttribute('aria-label', `The motif map. ${words}`);
    at('story').textContent = words;
    document.querySelector('#explorer .legend').hidden = now.view.found === null;
    outputs(now);
    errors(now);
    chart(now);
  };

  const chooseDomain = () => {
    const domain = domains[Number(at('domain').value)];
    at('sample').replaceChildren(...domain.samples.map((sample, i) => new Option(`test sample ${sample.index}`, i)));
    const slider = at('density');
    slider.max = domain.densities.length - 1;
    slider.value = slider.max;
    slider.disabled = domain.densities.length === 1;
    at('play').disabled = slider.disabled;
    at('note').textContent = `Run ${domain.run}. ${domain.note}`;
    at('map-caption').textContent = domain.series
      ? 'Motif map m̂ against time, a row and a colour for each channel.'
      : 'Motif map m̂ on the faint input, a colour for each channel.';
    at('commands').textContent = domain.commands;
    at('commands').hidden = domain.commands === '';
    draw();
  };

  let timer = null;
  const stop = () => {
    clearInterval(timer);
    timer = null;
    at('play').textContent = 'Play';
  };
  const play = () => {
    if (timer !== null) return stop();
    const slider = at('density');
    if (slider.value === slider.max) slider.value = 0;
    draw();
    at('play').textContent = 'Stop';
    timer = setInterval(() => {
      slider.stepUp();
      draw();
      if (slider.value === slider.max) stop();
    }, 900);
    return undefined;
  };

  at('controls').addEventListener('submit', (event) => event.preventDefault());
  at('domain').addEventListener('change', () => { stop(); chooseDomain(); });
  at('density').addEventListener('input', () => { stop(); draw(); });
  for (const id of ['sample', 'boxes', 'names']) at(id).addEventListener('change', draw);
  at('play').addEventListener('click', play);
  chooseDomain();
})();
