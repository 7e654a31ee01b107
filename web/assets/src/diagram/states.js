// The state of a case or of a comparison on a diagram: colours of shapes and flows, badges, and the legend that explains them.
const COLOURS = {
  done: { stroke: '#1f6b3a', fill: '#e6f3e9' },
  current: { stroke: '#b26a00', fill: '#fff3d6' },
  incident: { stroke: '#a4262c', fill: '#fdeaea' },
  added: { stroke: '#1f6b3a', fill: '#dcf2e2' },
  removed: { stroke: '#a4262c', fill: '#fbdcdc' },
  changed: { stroke: '#b26a00', fill: '#fff0cc' },
  moved: { stroke: '#2b5580', fill: '#dfeaf6' },
  faulty: { stroke: '#a4262c', fill: '#fdeaea' },
  warned: { stroke: '#b26a00', fill: '#fff3d6' },
  heat1: { stroke: '#8a7a2f', fill: '#fdf8dd' },
  heat2: { stroke: '#b26a00', fill: '#ffe3b0' },
  heat3: { stroke: '#a4262c', fill: '#f9cdc8' },
};

const BADGES = {
  current: { text: 'ขณะนี้', title: 'ขั้นตอนที่กำลังดำเนินการ' },
  incident: { text: '!', title: 'มีปัญหา ต้องแก้ไข' },
  added: { text: 'เพิ่ม', title: 'เพิ่มในรุ่นใหม่' },
  removed: { text: 'ตัด', title: 'ตัดออกในรุ่นใหม่' },
  changed: { text: 'แก้ไข', title: 'แก้ไขในรุ่นใหม่' },
  moved: { text: 'ย้าย', title: 'ย้ายในรุ่นใหม่' },
  faulty: { text: '!', title: 'ต้องแก้ไข' },
  warned: { text: '?', title: 'ควรแก้ไข' },
};

const LEGEND = [
  ['done', 'ดำเนินการแล้ว'],
  ['current', 'กำลังดำเนินการ'],
  ['incident', 'มีปัญหา'],
  ['added', 'เพิ่ม'],
  ['removed', 'ตัดออก'],
  ['changed', 'แก้ไข'],
  ['moved', 'ย้าย'],
  ['faulty', 'ต้องแก้ไข'],
  ['warned', 'ควรแก้ไข'],
  ['heat1', 'รอไม่นาน'],
  ['heat2', 'รอ 3 วันขึ้นไป'],
  ['heat3', 'รอ 10 วันขึ้นไป'],
  ['count', 'จำนวนเรื่องที่อยู่ในขั้นตอน'],
];

/** Map of element id to its state: painted as asked, else done, current or incident; the worst of these wins. */
export function stateOf({ done, current, incidents, painted }) {
  const states = new Map(Object.entries(painted));
  done.forEach((id) => states.set(id, 'done'));
  current.forEach((id) => states.set(id, 'current'));
  incidents.forEach((id) => states.set(id, 'incident'));
  return states;
}

/** The [kind, text] lines that this diagram needs in its legend. */
export function legendOf(states, counts) {
  const used = new Set(states.values());
  if (Object.keys(counts).some((id) => !BADGES[states.get(id)])) used.add('count');
  return LEGEND.filter(([kind]) => used.has(kind));
}

const LANE_LINE = '#b5aea4';

/** Colours are set in the parsed file, before drawing, so that arrow heads and labels get them too. */
export function colourStates(viewer, states) {
  viewer.on('import.parse.complete', ({ definitions }) => {
    const planes = (definitions?.diagrams ?? []).flatMap(({ plane }) => plane?.planeElement ?? []);
    for (const di of planes) {
      const { id, $type } = di.bpmnElement ?? {};
      if ($type === 'bpmn:Lane' || $type === 'bpmn:Participant') di.set('bioc:stroke', LANE_LINE);
      const state = states.get(id);
      if (!state) continue;
      di.set('bioc:stroke', COLOURS[state].stroke);
      di.set('bioc:fill', COLOURS[state].fill);
    }
  });
}

function badge(kind, text, title) {
  const node = document.createElement('span');
  node.className = `diagram__badge diagram__badge--${kind}`;
  node.textContent = text;
  node.title = title;
  return node;
}

/** Puts "now", "!", counts and notes on the shapes; ids that the diagram does not draw are passed over. */
export function addBadges(viewer, states, counts, notes) {
  const overlays = viewer.get('overlays');
  const shapes = viewer.get('elementRegistry');
  const add = (id, position, node) => { if (shapes.get(id)) overlays.add(id, { position, html: node, show: { minZoom: 0.3 } }); };
  states.forEach((state, id) => {
    const element = shapes.get(id);
    if (element) viewer.get('canvas').addMarker(id, `is-${state}`);
    if (!BADGES[state] || notes[id] || element?.waypoints) return;
    const { text, title } = BADGES[state];
    add(id, { top: -14, left: 28 }, badge(state, counts[id] ? `${text} ${counts[id]}` : text, title));
  });
  Object.entries(notes).forEach(([id, text]) => add(id, { top: -14, left: 8 }, badge('count', text, text)));
  Object.entries(counts).forEach(([id, count]) => {
    if (count && !BADGES[states.get(id)]) add(id, { top: -14, left: 28 }, badge('count', count, `${count} เรื่อง`));
  });
}

const FOCUS = ['current', 'incident', 'faulty', 'heat3', 'heat2', 'heat1', 'removed', 'added', 'changed', 'moved', 'warned'];

/** The shape that the first view must show: the first one of the most telling state; none on an unpainted diagram. */
export function focusOf(viewer, states) {
  const shapes = [...states].filter(([id]) => viewer.get('elementRegistry').get(id)?.width);
  return FOCUS.map((kind) => shapes.find(([, state]) => state === kind)).find(Boolean)?.[0];
}
