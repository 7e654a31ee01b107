// window.PrasanForm: form-js with Thai messages, Buddhist era dates and Thai digits.
import { Form } from '@bpmn-io/form-js-viewer';
import { answersOf } from './form/answers.js';
import { acceptThaiDigits } from './form/digits.js';
import { ThaiModule } from './form/thai.js';

const PROBLEM_FIELDS = '.fjs-form-field.fjs-has-errors, .fjs-form-field:has(.date-hint--error)';
const FOCUSABLE = 'input:not([disabled], .fjs-hidden), textarea, select, button';

/** form-js draws a moment after its state changes. */
const drawn = () => new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve)); });
const textOf = (node, selector) => node.querySelector(selector)?.textContent.trim() ?? '';

function problem(field) {
  return {
    label: textOf(field, '.fjs-form-field-label').replace(/\*$/, ''),
    message: textOf(field, '.date-hint--error') || textOf(field, '.fjs-form-field-error li'),
    focus() {
      field.scrollIntoView({ block: 'center' });
      field.querySelector(FOCUSABLE)?.focus({ preventScroll: true });
    },
  };
}

/**
 * Renders a form-js schema into a container and resolves to its handle:
 * answers() the values as they stand; submit() checks and calls onSubmit; showErrors({componentId: [message]})
 * resolves when they are on screen;
 * problems() what is wrong now, in reading order, each {label, message, focus()}.
 * onChange(answers) runs after every change, onSubmit({answers, files, valid}) after submit().
 */
async function mount({ container, schema, data = {}, readonly = false, onSubmit = () => {}, onChange = () => {} }) {
  const form = new Form({
    container, additionalModules: [ThaiModule], properties: { readOnly: readonly },
    debounce: false, // a text that waits to be taken is lost when something else makes the form draw again
  });
  await form.importSchema(schema, data);
  container.classList.toggle('form--readonly', readonly);
  acceptThaiDigits(container);
  const problems = () => Array.from(container.querySelectorAll(PROBLEM_FIELDS), problem);
  const answers = () => answersOf(form);
  form.on('changed', () => onChange(answers()));
  form.on('submit', async ({ errors, files }) => {
    const submitted = answers();
    await drawn();
    const unreadableDate = container.querySelector('.date-hint--error');
    onSubmit({ answers: submitted, files, valid: !unreadableDate && Object.keys(errors).length === 0 });
  });
  async function showErrors(errors) {
    form._setState({ errors });
    await drawn();
  }
  return { answers, problems, showErrors, submit: () => form.submit() };
}

window.PrasanForm = { mount };
