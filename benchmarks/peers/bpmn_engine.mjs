// npm bpmn-engine: signal the waiting task, take the engine's state, write it to a file and fdatasync, as a commit does.
// Engines stay in memory between completions, which is generous: a restart would have to recover them first.

import { closeSync, fdatasyncSync, openSync, unlinkSync, writeSync } from "node:fs";
import { EventEmitter } from "node:events";
import { Engine } from "bpmn-engine";

const plan = JSON.parse(process.argv[2]);
const file = openSync(plan.path, "w");

class Meter {
  constructor() {
    this.wall = [];
    this.cpu = [];
  }

  async time(act) {
    const cpu = process.cpuUsage();
    const wall = process.hrtime.bigint();
    await act();
    this.wall.push(Number(process.hrtime.bigint() - wall) / 1000);
    const used = process.cpuUsage(cpu);
    this.cpu.push(used.user + used.system);
  }

  result() {
    const ordered = [...this.wall].sort((a, b) => a - b);
    const at = (part) => ordered[Math.min(ordered.length - 1, Math.floor(part * ordered.length))];
    const sum = (values) => values.reduce((a, b) => a + b, 0);
    const count = ordered.length;
    return { count, rate: (1e6 * count) / sum(this.wall), cpu: sum(this.cpu) / count, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  }
}

class Case {
  constructor(name, source) {
    this.engine = new Engine({ name, source });
    this.waiting = [];
    this.listener = new EventEmitter();
    this.listener.on("activity.wait", (task) => this.waiting.push(task));
  }

  async start() {
    const services = { stamp: (_scope, done) => done(null, 1) };
    await this.engine.execute({ listener: this.listener, services });
    return this;
  }

  async complete(answers) {
    const task = this.waiting.shift();
    Object.assign(task.environment.output, answers);
    task.signal(answers);
    const state = JSON.stringify(await this.engine.getState());
    writeSync(file, state, 0);
    fdatasyncSync(file);
  }
}

const words = "agreement annex answer archive budget cabinet citizen clause committee copy council".split(" ");

function answers(step, decision = "approve") {
  const text = [];
  while (text.length < 130) text.push(words[Math.floor(Math.random() * words.length)]);
  const given = { [`${step}_detail`]: text.join(" ").slice(0, 900), [`${step}_amount`]: Math.random() };
  return { ...given, [`${step}_decision`]: decision, [`${step}_decision_is_approve`]: decision === "approve" };
}

const started = (name) => new Case(name, plan.diagrams[name]).start();

async function steps(meter, count) {
  const cases = [];
  for (let number = 0; number < count; number += 1) cases.push(await started("w1"));
  for (let step = 1; step <= 8; step += 1) {
    for (const each of cases) await meter.time(() => each.complete(answers(`u${step}`)));
  }
}

async function many(meter, name, count) {
  const one = await started(name);
  for (let number = 1; number <= count; number += 1) {
    await meter.time(() => one.complete(answers("u1", number === count ? "approve" : "return")));
  }
}

await steps(new Meter(), plan.warm);
const result = {};
for (const [name, count] of Object.entries(plan.workloads)) {
  const meter = new Meter();
  await (name === "w1" ? steps(meter, count) : many(meter, name, count));
  result[name] = meter.result();
}
closeSync(file);
unlinkSync(plan.path);
console.log(JSON.stringify(result));
