// Asks before a button with data-confirm="question" does its work; a plain <dialog>, no inline script.
function createDialog() {
  const dialog = document.createElement('dialog');
  dialog.className = 'dialog';
  dialog.innerHTML = '<form method="dialog"><p class="dialog__text"></p><div class="actions">'
    + '<button class="button button--danger" value="yes">ยืนยัน</button>'
    + '<button class="button" value="no" autofocus>ไม่ทำ</button></div></form>';
  document.body.append(dialog);
  return dialog;
}

function ask(dialog, button) {
  dialog.querySelector('.dialog__text').textContent = button.dataset.confirm;
  dialog.querySelector('[value=yes]').textContent = button.dataset.confirmYes ?? button.textContent.trim();
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

/** Watches the whole page for clicks on [data-confirm]. */
export function confirmDangerous() {
  let dialog;
  let confirmed;
  document.addEventListener('click', async (event) => {
    const button = event.target.closest('[data-confirm]');
    if (!button || button === confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    dialog ??= createDialog();
    if (!(await ask(dialog, button))) return;
    confirmed = button;
    button.click();
    confirmed = undefined;
  }, true);
}
