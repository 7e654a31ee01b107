// The element templates that process owners get are valid for Camunda Modeler.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import validator from '@bpmn-io/element-templates-validator';

const FILE = new URL('../../../bpmn/.camunda/element-templates/prasan.json', import.meta.url);

test('every template passes the validator of bpmn.io', async () => {
  const templates = JSON.parse(await readFile(FILE, 'utf8'));
  const { valid, results } = validator.validateAll(templates);
  assert.deepEqual(results.filter((each) => !each.valid).map(({ object, errors }) => [object.id, errors]), []);
  assert.equal(valid, true);
  assert.ok(templates.length > 1);
});
