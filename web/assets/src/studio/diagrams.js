// Mounts every [data-diagram]; two of one [data-pair] move together; [data-element] buttons show an element.
const CHOSEN = 'is-chosen';

async function mountOne(container) {
  const source = document.getElementById(container.dataset.diagram);
  try {
    return await window.PrasanDiagram.mount({ container, ...JSON.parse(source.textContent) });
  } catch {
    container.textContent = 'แสดงแผนผังนี้ไม่ได้';
    container.classList.add('diagram', 'diagram--failed');
    return undefined;
  }
}

/** What one diagram shows, the other shows too. */
function moveTogether(viewers) {
  let leading = true;
  viewers.forEach((viewer) => viewer.on('canvas.viewbox.changed', () => {
    if (!leading) return;
    leading = false;
    const { x, y, width, height } = viewer.get('canvas').viewbox();
    viewers.filter((other) => other !== viewer).forEach((other) => other.get('canvas').viewbox({ x, y, width, height }));
    leading = true;
  }));
  const [first] = viewers;
  const { x, y, width, height } = first.get('canvas').viewbox();
  viewers.slice(1).forEach((viewer) => viewer.get('canvas').viewbox({ x, y, width, height }));
}

function show(viewers, id) {
  const holding = viewers.filter((viewer) => viewer.get('elementRegistry').get(id));
  viewers.forEach((viewer) => {
    const canvas = viewer.get('canvas');
    viewer.get('elementRegistry').filter((element) => canvas.hasMarker(element, CHOSEN))
      .forEach((element) => canvas.removeMarker(element, CHOSEN));
  });
  holding.forEach((viewer) => {
    const canvas = viewer.get('canvas');
    if (canvas.zoom() < 0.6) canvas.zoom(0.8);
    const element = viewer.get('elementRegistry').get(id);
    canvas.addMarker(id, CHOSEN);
    canvas.scrollToElement(element.source ?? element, { top: 60, bottom: 60, left: 80, right: 80 });
  });
  holding[0]?.get('canvas').getContainer().closest('.diagram').scrollIntoView({ block: 'nearest' });
}

export async function mountDiagrams() {
  const containers = Array.from(document.querySelectorAll('[data-diagram]'));
  if (!containers.length || !window.PrasanDiagram) return;
  const mounted = await Promise.all(containers.map(mountOne));
  const viewers = mounted.filter(Boolean);
  const paired = mounted.filter((viewer, index) => viewer && 'pair' in containers[index].dataset);
  if (paired.length > 1) moveTogether(paired);
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-element]');
    if (button) show(viewers, button.dataset.element);
  });
}
