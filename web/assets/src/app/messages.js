// What the form page says above the form: one summary of what to correct, or one calm notice.
const region = () => document.querySelector('[data-form-messages]') ?? createRegion();

function createRegion() {
  const node = document.createElement('div');
  node.setAttribute('data-form-messages', '');
  document.getElementById('form').before(node);
  return node;
}

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

function panel(className, title) {
  const node = element('div', className);
  node.setAttribute('role', 'alert');
  node.append(element('p', 'notice__title', title));
  return node;
}

export function clearMessages() {
  region().replaceChildren();
}

export function showNotice({ title, message }) {
  const node = panel('notice notice--warn', title);
  node.append(element('p', '', message));
  region().replaceChildren(node);
  node.scrollIntoView({ block: 'center' });
}

function problemItem({ label, message, focus }) {
  const item = element('li');
  const button = element('button', 'link', label ? `${label}: ${message}` : message);
  button.type = 'button';
  button.addEventListener('click', focus);
  item.append(button);
  return item;
}

/** Lists the problems that the form shows; errors of fields that are not on the form come as plain lines. */
export function showSummary(handle, errors = {}) {
  const problems = handle.problems();
  const shown = new Set(problems.map((problem) => problem.message));
  const others = Object.values(errors).flat(Infinity).filter((message) => !shown.has(message));
  const node = panel('notice notice--error', `ยังส่งไม่ได้ มี ${problems.length + others.length} จุดที่ต้องแก้ไข`);
  const list = element('ul', 'notice__list');
  list.append(...problems.map(problemItem), ...others.map((message) => element('li', '', message)));
  node.append(list);
  region().replaceChildren(node);
  node.tabIndex = -1;
  node.focus({ preventScroll: true });
  node.scrollIntoView({ block: 'start' });
}
