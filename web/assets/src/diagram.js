// window.PrasanDiagram: a read-only BPMN diagram with Thai labels and the state of a case drawn on it.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import { addBadges, colourStates, focusOf, legendOf, stateOf } from './diagram/states.js';
import { ThaiTextModule } from './diagram/thai-text.js';
import { frame, touchPanning } from './diagram/view.js';

const FONT = 'Sarabun, sans-serif';
const TEXT = { fontFamily: FONT, fontSize: 12, lineHeight: 1.3 };
const INK = '#57534e';

function createViewer(canvas) {
  return new NavigatedViewer({
    container: canvas,
    additionalModules: [ThaiTextModule],
    bpmnRenderer: { defaultFillColor: '#ffffff', defaultStrokeColor: INK, defaultLabelColor: '#292524' },
    textRenderer: { defaultStyle: TEXT, externalStyle: TEXT },
  });
}

/** Labels are measured while drawing, so the font must be there first. */
async function loadFont() {
  try {
    await document.fonts.load(`12px ${FONT}`, 'กa');
  } catch {
    // drawn in the fallback font
  }
}

/**
 * Draws xml into container. done, current and incidents are lists of element ids (done also flows),
 * painted {id: kind} any other states, counts {id: number} and notes {id: text} stand on shapes, label is the text
 * for screen readers, onClick(id) runs for a click on an element.
 * Resolves to the bpmn-js viewer.
 */
async function mount({
  container, xml, done = [], current = [], incidents = [], painted = {}, counts = {}, notes = {}, label = 'แผนภาพกระบวนการ', onClick,
}) {
  const states = stateOf({ done, current, incidents, painted });
  const { canvas, addTools } = frame(container, label, legendOf(states, counts));
  const viewer = createViewer(canvas);
  colourStates(viewer, states);
  await loadFont();
  await viewer.importXML(xml);
  addBadges(viewer, states, counts, notes);
  addTools(viewer, focusOf(viewer, states));
  touchPanning(viewer, canvas);
  if (onClick) {
    container.classList.add('diagram--clickable');
    viewer.on('element.click', ({ element }) => onClick((element.labelTarget ?? element).id));
  }
  return viewer;
}

function start() {
  const container = document.getElementById('diagram');
  const source = document.getElementById('diagram-data');
  if (!container || !source) return;
  const { links = {}, ...options } = JSON.parse(source.textContent);
  const open = (id) => { if (links[id]) location.assign(links[id]); };
  mount({ container, ...options, onClick: Object.keys(links).length ? open : undefined }).catch(() => {
    container.textContent = 'แสดงแผนภาพไม่ได้';
  });
}

window.PrasanDiagram = { mount };
if (document.readyState === 'loading') addEventListener('DOMContentLoaded', start);
else start();
