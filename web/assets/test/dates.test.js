// Buddhist era dates and Thai digits, without a browser.
import assert from 'node:assert/strict';
import test from 'node:test';
import { christianYear, longDate, parseDate, shortDate } from '../src/form/buddhist.js';
import { arabicDigits, plainNumber } from '../src/form/digits.js';

const iso = (date) => date && [date.getFullYear(), date.getMonth() + 1, date.getDate()].join('-');

test('a year is Buddhist, Christian or refused', () => {
  assert.equal(christianYear(2569), 2026);
  assert.equal(christianYear(2026), 2026);
  assert.deepEqual([1899, 2201, 2399, 2700, 69].map(christianYear), [NaN, NaN, NaN, NaN, NaN]);
});

test('dates as people type them', () => {
  const sameDay = ['15/02/2569', '15-2-2569', '15.2.2026', '15022569', '๑๕/๐๒/๒๕๖๙', '15 ก.พ. 2569', '15 กุมภาพันธ์ พ.ศ. 2569', '2026-02-15'];
  assert.deepEqual(sameDay.map((text) => iso(parseDate(text))), sameDay.map(() => '2026-2-15'));
});

test('29 February follows the Christian leap year', () => {
  assert.equal(iso(parseDate('29/02/2567')), '2024-2-29');
  assert.equal(parseDate('29/02/2569'), undefined);
});

test('what is not a date is refused', () => {
  const wrong = ['', '31/04/2569', '15/02/69', '00/01/2569', '15/13/2569', '15 เดือนหนึ่ง 2569', '15/02/2300', 'พรุ่งนี้'];
  assert.deepEqual(wrong.map(parseDate), wrong.map(() => undefined));
});

test('dates as people read them', () => {
  const day = new Date(2026, 1, 5);
  assert.equal(shortDate(day), '05/02/2569');
  assert.equal(longDate(day), '5 กุมภาพันธ์ 2569');
});

test('Thai digits and thousands separators', () => {
  assert.equal(arabicDigits('๐๑๒๓๔๕๖๗๘๙'), '0123456789');
  assert.equal(plainNumber('๑,๒๓๔,๕๖๗.๕๐'), '1234567.50');
});
