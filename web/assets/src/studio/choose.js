// A [data-choose-all] box ticks every box of its form that can be ticked.
export function chooseAll() {
  document.addEventListener('change', ({ target }) => {
    if (!target.matches('[data-choose-all]')) return;
    target.form.querySelectorAll('[name="case"]:not(:disabled)').forEach((box) => { box.checked = target.checked; });
  });
}
