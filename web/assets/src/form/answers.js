/**
 * Everything in the form as it stands, also what is hidden now: the server decides again what is shown, and needs what
 * form-js would leave out on submitting, a list whose last row was removed or a hidden field that a condition reads.
 */
export function answersOf(form) {
  const { data } = form._getState();
  const paths = form.get('pathRegistry');
  const names = form.get('formFieldRegistry').getAll().map((field) => paths.getValuePath(field)[0]);
  return structuredClone(Object.fromEntries(names.filter((name) => name in data).map((name) => [name, data[name]])));
}
