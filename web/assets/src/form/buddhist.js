// Dates as Thai offices write them: day/month/Buddhist year on screen, ISO (Christian era) in the data.
import { Thai } from 'flatpickr/dist/l10n/th.js';
import { arabicDigits } from './digits.js';

const BUDDHIST_OFFSET = 543;
const MONTHS = Thai.months.longhand;
const MONTHS_SHORT = Thai.months.shorthand;

const NUMERIC = /^(\d{1,2})[/.\-\s]+(\d{1,2})[/.\-\s]+(\d{4})$/;
const COMPACT = /^(\d{2})(\d{2})(\d{4})$/;
const ISO = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;
const NAMED = /^(\d{1,2})\s*([ก-๎.]+?)\s*(?:พ\.ศ\.|ค\.ศ\.)?\s*(\d{4})$/;

/** Christian year of a year written by a person: 2400-2699 is Buddhist era, 1900-2200 is Christian, else NaN. */
export function christianYear(year) {
  if (year >= 2400 && year <= 2699) return year - BUDDHIST_OFFSET;
  return year >= 1900 && year <= 2200 ? year : NaN;
}

export const buddhistYear = (year) => year + BUDDHIST_OFFSET;

function dateOf(day, month, year) {
  const christian = christianYear(Number(year));
  const date = new Date(christian, month - 1, Number(day));
  const real = date.getFullYear() === christian && date.getMonth() === month - 1;
  return real ? date : undefined;
}

function monthNumber(name) {
  const index = MONTHS.indexOf(name);
  return 1 + (index < 0 ? MONTHS_SHORT.indexOf(name) : index);
}

/** The local date a person typed (15/02/2569, 15-2-2026, 15022569, 15 ก.พ. 2569, 2026-02-15), or undefined. */
export function parseDate(text) {
  const plain = arabicDigits(text).trim();
  const iso = ISO.exec(plain);
  if (iso) return dateOf(iso[3], Number(iso[2]), iso[1]);
  const numeric = NUMERIC.exec(plain) || COMPACT.exec(plain);
  if (numeric) return dateOf(numeric[1], Number(numeric[2]), numeric[3]);
  const named = NAMED.exec(plain);
  return named ? dateOf(named[1], monthNumber(named[2]), named[3]) : undefined;
}

const twoDigits = (number) => String(number).padStart(2, '0');

/** 15/02/2569 */
export function shortDate(date) {
  return `${twoDigits(date.getDate())}/${twoDigits(date.getMonth() + 1)}/${buddhistYear(date.getFullYear())}`;
}

/** 15 กุมภาพันธ์ 2569 */
export function longDate(date) {
  return `${date.getDate()} ${MONTHS[date.getMonth()]} ${buddhistYear(date.getFullYear())}`;
}
