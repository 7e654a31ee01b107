// The page of one task: mounts the form described in #form-data, saves drafts, sends the answers.
import { createDraft } from './draft.js';
import { send } from './http.js';
import { clearMessages, showNotice, showSummary } from './messages.js';

const NOT_SENT = { title: 'ส่งไม่สำเร็จ ลองใหม่', message: 'ติดต่อระบบไม่ได้ ข้อมูลที่กรอกยังอยู่ครบ ตรวจสอบเครือข่ายแล้วกดส่งอีกครั้ง' };
const SERVER_FAILED = { title: 'ส่งไม่สำเร็จ ลองใหม่', message: 'ระบบขัดข้องชั่วคราว ข้อมูลที่กรอกยังอยู่ครบ' };
const SIGNED_OUT = { title: 'หมดเวลาการเข้าใช้งาน', message: 'เข้าสู่ระบบในแท็บใหม่ แล้วกลับมากดส่งอีกครั้ง ข้อมูลที่กรอกยังอยู่ครบ' };
const TOO_LARGE = { title: 'ไฟล์ใหญ่เกินไป', message: 'เลือกไฟล์ที่เล็กลง แล้วกดส่งอีกครั้ง' };
const REFUSED = { title: 'ส่งรายการนี้ไม่ได้', message: 'โหลดหน้านี้ใหม่เพื่อดูสถานะล่าสุด' };

function noticeFor(status, body) {
  if (body.title) return body;
  return { 0: NOT_SENT, 401: SIGNED_OUT, 403: REFUSED, 409: REFUSED, 413: TOO_LARGE }[status] ?? SERVER_FAILED;
}

function createSender(page, button) {
  return async function sendAnswers(handle, draft, { answers, files, valid }) {
    if (button.disabled) return undefined; // the second half of a double click
    clearMessages();
    if (!valid) return showSummary(handle);
    button.disabled = true;
    draft?.hold();
    button.setAttribute('aria-busy', 'true');
    const { status, body } = await send('POST', page.submitUrl, answers, { files });
    if (status === 200 && body.next) return location.assign(body.next);
    draft?.note(answers);
    button.disabled = false;
    button.removeAttribute('aria-busy');
    if (status !== 422) return showNotice(noticeFor(status, body));
    await handle.showErrors(body.errors);
    return showSummary(handle, body.errors);
  };
}

const drawn = () => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); });

async function start(page, container) {
  const button = document.querySelector('[data-form-submit]');
  const status = document.querySelector('[data-form-status]');
  const sendAnswers = button && createSender(page, button);
  let draft;
  let handle;
  handle = await window.PrasanForm.mount({
    container, schema: page.schema, data: page.data, readonly: page.readonly,
    onChange: (answers) => draft?.note(answers),
    onSubmit: (result) => sendAnswers?.(handle, draft, result),
  });
  if (page.draftUrl && !page.readonly) {
    await drawn(); // computed fields have their values now: what differs later was written by a person
    draft = createDraft(page.draftUrl, handle.answers(), (text) => { if (status) status.textContent = text; });
  }
  if (page.readonly) button?.remove();
  else button?.addEventListener('click', () => handle.submit());
}

/** Does nothing on pages without #form and #form-data. */
export function startFormPage() {
  const container = document.getElementById('form');
  const source = document.getElementById('form-data');
  if (!container || !source || !window.PrasanForm) return;
  start(JSON.parse(source.textContent), container).catch(() => {
    showNotice({ title: 'แสดงแบบฟอร์มไม่ได้', message: 'โหลดหน้านี้ใหม่ หากยังไม่ได้ให้แจ้งผู้ดูแลระบบ' });
  });
}
