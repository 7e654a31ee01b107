// Saves a draft on the server a moment after the last change, and says so.
import { send } from './http.js';

const QUIET_MS = 1500;
const clock = () => new Date().toLocaleTimeString('th-TH', { hour: '2-digit', minute: '2-digit' });

/** A draft keeper: note(answers) after a change, hold() while the answers are being sent. */
export function createDraft(url, initial, say) {
  let saved = JSON.stringify(initial);
  let waiting;
  let timer;

  async function save(keepalive = false) {
    clearTimeout(timer);
    const text = waiting && JSON.stringify(waiting);
    if (!text || text === saved) return;
    const { status } = await send('PUT', url, waiting, { keepalive });
    if (status >= 200 && status < 300) {
      saved = text;
      say(`บันทึกร่างแล้ว ${clock()} น.`);
    } else if (waiting) say('ยังบันทึกร่างไม่ได้ ข้อมูลยังอยู่ในหน้านี้');
  }

  addEventListener('pagehide', () => save(true));
  return {
    note(answers) {
      waiting = answers;
      clearTimeout(timer);
      timer = setTimeout(save, QUIET_MS);
    },
    hold() {
      waiting = undefined;
      clearTimeout(timer);
    },
  };
}
