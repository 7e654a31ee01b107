// The rules of the Modeler's plugin, run by bpmnlint as Camunda Modeler runs them.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { BpmnModdle } from 'bpmn-moddle';
import { Linter } from 'bpmnlint';
import { lint } from '../src/modeler/lint.js';

const CAMUNDA = new URL('../node_modules/camunda-bpmn-moddle/resources/camunda.json', import.meta.url);
const BPMN = new URL('../../../bpmn/', import.meta.url);
const MANUAL = new URL('../../../manual/roles.json', import.meta.url);
const TOPICS = ['number-case', 'notify', 'score-partner', 'registry-propose', 'registry-move', 'registry-activate', 'registry-read', 'registry-end'];

async function reports(xml) {
  const roles = JSON.parse(await readFile(MANUAL, 'utf8'));
  const camunda = JSON.parse(await readFile(CAMUNDA, 'utf8'));
  const { rootElement } = await new BpmnModdle({ camunda }).fromXML(xml);
  const { config, resolver } = lint({ topics: TOPICS, roles });
  const found = await new Linter({ config, resolver }).lint(rootElement);
  return Object.entries(found).flatMap(([rule, each]) => each.map(({ id, message }) => `${rule.replace('prasan/', '')} ${id} ${message}`));
}

test('the project\'s own diagrams have nothing to repair', async () => {
  const files = (await readdir(BPMN)).filter((name) => name.endsWith('.bpmn'));
  assert.equal(files.length, 4);
  for (const file of files) assert.deepEqual(await reports(await readFile(new URL(file, BPMN), 'utf8')), [], file);
});

async function broken(...changes) {
  const xml = await readFile(new URL('link-termination.bpmn', BPMN), 'utf8');
  return reports(changes.reduce((text, [old, wrong]) => {
    assert.ok(text.includes(old), old);
    return text.replace(old, wrong);
  }, xml));
}

test('an unknown topic is named', async () => {
  const [found, ...others] = await broken(['camunda:topic="registry-end"', 'camunda:topic="fax"']);
  assert.match(found, /^known-topic endlink ระบบไม่มีงานอัตโนมัติ “fax”/);
  assert.deepEqual(others, []);
});

test('a lane that stands for nobody is named', async () => {
  const xml = await readFile(new URL('link-termination.bpmn', BPMN), 'utf8');
  const [found] = await reports(xml.replaceAll('lane_canceller', 'lane_strangers'));
  assert.match(found, /^lane-known lane_strangers .*“strangers”/);
});

test('a new task of a person asks for its A', async () => {
  const [found] = await broken(['</bpmn:process>', '<bpmn:userTask id="more" name="ตรวจทาน"/></bpmn:process>']);
  assert.match(found, /^accountable-required more งานนี้ยังไม่ระบุผู้รับผิดชอบ/);
});
