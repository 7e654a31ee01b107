// flatpickr in the Buddhist era. form-js imports this module where it asks for flatpickr (see build.mjs).
import flatpickr from 'flatpickr';
import { Thai } from 'flatpickr/dist/l10n/th.js';
import { buddhistYear, christianYear, longDate, parseDate, shortDate } from './buddhist.js';

const LONG = 'long';
const EARLIEST = new Date(1900, 0, 1);
const LATEST = new Date(2156, 11, 31); // the last Buddhist year that parseDate accepts, 2699
const THAI = { ...Thai, firstDayOfWeek: 0, yearAriaLabel: 'ปี พ.ศ.', monthAriaLabel: 'เดือน' };
const UNREADABLE = 'อ่านวันที่ไม่ได้ กรอกเป็น วัน/เดือน/ปี พ.ศ. เช่น 15/02/2569';
const NOT_ALLOWED = 'เลือกวันที่นี้ไม่ได้ ต้องเป็นวันนี้หรือหลังจากนี้';

/** Lets flatpickr read and write Christian years in an input where people see Buddhist years. */
function showBuddhistYear(input) {
  const { get, set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value');
  Object.defineProperty(input, 'value', {
    get: () => String(christianYear(Number(get.call(input)))),
    set: (year) => set.call(input, String(buddhistYear(Number(year)))),
  });
  input.min = buddhistYear(EARLIEST.getFullYear());
  input.max = buddhistYear(LATEST.getFullYear());
  input.value = String(new Date().getFullYear());
}

function createHint(input) {
  const hint = document.createElement('p');
  hint.className = 'date-hint';
  hint.setAttribute('aria-live', 'polite');
  (input.closest('.fjs-datetime-subsection') ?? input.parentNode).append(hint);
  return {
    remove: () => hint.remove(),
    show(text, isError = false) {
      hint.textContent = text;
      hint.classList.toggle('date-hint--error', isError);
      input.toggleAttribute('aria-invalid', isError);
    },
  };
}

/** Same call as flatpickr(input, config). Text that is not a date stays in the field, with a message under it. */
export default function buddhistDatepicker(input, config) {
  const hint = createHint(input);
  let typed = '';
  input.placeholder = 'วัน/เดือน/ปี พ.ศ.';
  input.addEventListener('input', (event) => {
    if (!(event instanceof InputEvent)) return; // flatpickr's own announcement, not a person typing
    typed = '';
    hint.show('');
  });
  return flatpickr(input, {
    ...config,
    locale: THAI,
    disableMobile: true,
    dateFormat: 'd/m/Y',
    ariaDateFormat: LONG,
    minDate: config.minDate === 'today' ? 'today' : EARLIEST,
    maxDate: LATEST,
    formatDate: (date, format) => (format === LONG ? longDate(date) : shortDate(date)),
    parseDate(text) {
      typed = text;
      return parseDate(text);
    },
    onReady: (dates, text, picker) => showBuddhistYear(picker.currentYearElement),
    onValueUpdate([date]) {
      if (date) typed = '';
      if (typed) input.value = typed;
      if (typed) hint.show(parseDate(typed) ? NOT_ALLOWED : UNREADABLE, true);
      else hint.show(date ? longDate(date) : '');
    },
    onDestroy: () => hint.remove(),
  });
}
