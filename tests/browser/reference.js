// What form-js-viewer itself makes of submissions: window.judge(schema, [{known, posted}]) gives [{data, errors, sent}].
// Nothing waits for a clock here: whatever asks for a later moment is run as soon as the page is idle.
import { Form } from '@bpmn-io/form-js-viewer';
import { answersOf } from '../../web/assets/src/form/answers.js';
import { ThaiModule } from '../../web/assets/src/form/thai.js';

const later = new Map();
let tickets = 0;
const put = (task) => later.set(++tickets, task) && tickets;
const forget = (ticket) => later.delete(ticket);
Object.assign(window, { setTimeout: put, requestAnimationFrame: put, clearTimeout: forget, cancelAnimationFrame: forget });

const channel = new MessageChannel();
const idle = () => new Promise((resolve) => {
  channel.port1.onmessage = resolve;
  channel.port2.postMessage(null);
});

async function settle() {
  do {
    for (const [ticket, task] of [...later]) {
      if (later.delete(ticket)) task(performance.now());
    }
    await idle();
  } while (later.size);
}

async function submit(schema, { known, posted }) {
  const form = new Form({ container: document.createElement('div'), additionalModules: [ThaiModule] });
  await form.importSchema(schema, known);
  await settle();
  const filled = form._getInitializedFieldData(posted);
  form._emit('field.updated', {});
  form._setState({ data: filled });
  await settle();
  const { data, errors } = form.submit();
  const sent = answersOf(form);
  form.destroy();
  return { data, errors, sent };
}

window.judge = async (schema, submissions) => {
  const answers = [];
  for (const each of submissions) answers.push(await submit(schema, each));
  return JSON.parse(JSON.stringify(answers));
};
