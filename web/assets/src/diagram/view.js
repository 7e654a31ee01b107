// Frame, zoom buttons and touch for a diagram. The page keeps scrolling normally: the wheel zooms only with Ctrl.
const STEP = 1.25;
const READABLE = 0.6;
const COMFORTABLE = 0.85;
const MARGIN = 56;
const EDGE = 20;
const SMALLEST = 0.15;
const LARGEST = 3;

function element(tag, className, text) {
  const node = document.createElement(tag);
  node.className = className;
  if (text) node.textContent = text;
  return node;
}

function toolButton(text, label, action) {
  const node = element('button', 'diagram__tool', text);
  node.type = 'button';
  node.setAttribute('aria-label', label);
  node.addEventListener('click', action);
  return node;
}

function legend(lines) {
  const list = element('ul', 'legend');
  lines.forEach(([kind, text]) => list.append(element('li', `legend__item legend__item--${kind}`, text)));
  return list;
}

function tools(viewer) {
  const group = element('div', 'diagram__tools');
  group.append(
    toolButton('+', 'ขยายแผนภาพ', () => zoomBy(viewer, STEP)),
    toolButton('−', 'ย่อแผนภาพ', () => zoomBy(viewer, 1 / STEP)),
    toolButton('พอดี', 'พอดี แสดงแผนภาพทั้งหมด', () => fit(viewer)),
  );
  return group;
}

/** The drawing is one picture for screen readers; it keeps its own keys (Ctrl and arrows move it), the logo its link. */
function describe(canvas, label) {
  const drawing = canvas.querySelector('svg');
  drawing.setAttribute('role', 'img');
  drawing.setAttribute('aria-label', label);
}

const fit = (viewer) => viewer.get('canvas').zoom('fit-viewport', 'auto');

function zoomBy(viewer, factor, centre) {
  const canvas = viewer.get('canvas');
  canvas.zoom(Math.min(LARGEST, Math.max(SMALLEST, canvas.zoom() * factor)), centre ?? 'auto');
}

/** Room for the drawing at this scale and for the logo under it, within the limits that the stylesheet sets. */
function setHeight(viewer, node, scale) {
  const canvas = viewer.get('canvas');
  node.style.height = `${Math.round(canvas.viewbox().inner.height * scale) + MARGIN}px`;
  canvas.resized();
}

/** Everything, or the focused element at a readable size when everything would be too small to read. */
function firstView(viewer, node, focusId) {
  const canvas = viewer.get('canvas');
  const target = focusId && viewer.get('elementRegistry').get(focusId);
  const whole = Math.min(1, node.clientWidth / canvas.viewbox().inner.width);
  setHeight(viewer, node, target ? Math.max(whole, COMFORTABLE) : whole);
  if (fit(viewer) >= READABLE || !target) return;
  canvas.zoom(COMFORTABLE, { x: 0, y: 0 });
  const { width, height, inner } = canvas.viewbox();
  const along = (start, length, shown, centre) => (shown >= length ? start - (shown - length) / 2
    : Math.min(Math.max(centre - shown / 2, start - EDGE), start + length - shown + EDGE));
  const x = along(inner.x, inner.width, width, target.x + target.width / 2);
  const y = along(inner.y, inner.height, height, target.y + target.height / 2);
  canvas.viewbox({ x, y, width, height });
}

/** Builds the frame inside container; addTools(viewer, focusId) completes it after the import. */
export function frame(container, label, legendLines) {
  const canvas = element('div', 'diagram__canvas');
  canvas.addEventListener('wheel', (event) => { if (!event.ctrlKey && !event.metaKey) event.stopPropagation(); }, true);
  container.classList.add('diagram');
  container.replaceChildren(canvas);
  return {
    canvas,
    addTools(viewer, focusId) {
      describe(canvas, label);
      const bar = element('div', 'diagram__bar');
      bar.append(legend(legendLines), tools(viewer));
      container.prepend(bar);
      firstView(viewer, canvas, focusId);
    },
  };
}

/** One finger moves the diagram sideways (up and down scrolls the page), two fingers move and zoom it. */
export function touchPanning(viewer, node) {
  const fingers = new Map();
  const spread = () => {
    const [a, b] = [...fingers.values()];
    return b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  };
  const release = ({ pointerId }) => fingers.delete(pointerId);
  node.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'touch') fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  node.addEventListener('pointermove', (event) => {
    const from = fingers.get(event.pointerId);
    if (!from) return;
    const before = spread();
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    viewer.get('canvas').scroll({ dx: (event.clientX - from.x) / fingers.size, dy: fingers.size > 1 ? (event.clientY - from.y) / 2 : 0 });
    if (before) zoomBy(viewer, spread() / before);
  });
  ['pointerup', 'pointercancel', 'pointerleave'].forEach((name) => node.addEventListener(name, release));
}
