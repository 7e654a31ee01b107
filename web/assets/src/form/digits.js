// Thai digits in number and date fields become Arabic digits before form-js reads them.
// In numbers a comma is the Thai thousands separator: form-js would read 1,500 as one and a half.
const THAI_ZERO = '๐'.charCodeAt(0);

/** The same text with ๐-๙ written 0-9. */
export function arabicDigits(text) {
  return text.replace(/[๐-๙]/g, (digit) => String(digit.charCodeAt(0) - THAI_ZERO));
}

/** An amount as form-js expects it: Arabic digits without thousands separators. */
export function plainNumber(text) {
  return arabicDigits(text).replace(/[,\s]/g, '');
}

function cleanerOf(target) {
  if (!(target instanceof HTMLInputElement)) return undefined;
  if (target.closest('.fjs-form-field-number')) return plainNumber;
  return target.closest('.fjs-form-field-datetime') ? arabicDigits : undefined;
}

/** Watches a form on the way down to its fields, so that form-js only ever sees the cleaned text. */
export function acceptThaiDigits(container) {
  container.addEventListener('keypress', (event) => {
    if (/^[๐-๙,]$/.test(event.key) && cleanerOf(event.target)) event.stopPropagation();
  }, true);
  container.addEventListener('input', ({ target }) => {
    const clean = cleanerOf(target);
    const { value, selectionStart } = target;
    if (!clean || clean(value) === value) return;
    const caret = clean(value.slice(0, selectionStart)).length;
    target.value = clean(value);
    target.setSelectionRange(caret, caret);
  }, true);
}
