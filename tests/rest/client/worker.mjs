// Camunda's own JavaScript client, unmodified, does the steps of a topic; what happened is printed as JSON at the end.
// node worker.mjs BASE_URL USER TOKEN TOPIC HOW_MANY
import { BasicAuthInterceptor, Client, Variables } from "camunda-external-task-client-js";

const [baseUrl, username, password, topic, wanted] = process.argv.slice(2);
const interceptors = new BasicAuthInterceptor({ username, password });
const options = { baseUrl, interceptors, interval: 50, asyncResponseTimeout: 5000, lockDuration: 20000 };
const client = new Client({ ...options, workerId: "js-1", maxTasks: 3 });
const stranger = new Client({ ...options, workerId: "js-2", autoPoll: false });
const seen = [];
const tried = new Map();

const results = () =>
  new Variables()
    .set("text", "ผ่าน ✓")
    .set("whole", 42)
    .set("long", 2 ** 40)
    .set("double", 1.5)
    .set("flag", true)
    .set("list", { a: ["ก", 1] })
    .setTyped("day", { type: "date", value: new Date("2026-11-23T02:05:14.242Z"), valueInfo: {} })
    .set("nothing", null);

const statusOf = (act) => act.then(() => 204, (error) => error.httpStatusCode);

const scenarios = {
  async complete({ task, taskService }) {
    await taskService.extendLock(task, 30000);
    await taskService.complete(task, results());
  },
  async retry({ task, taskService }) {
    if (tried.get(task.id) > 1) return taskService.complete(task);
    const failure = { errorMessage: "ทะเบียนไม่ตอบ", errorDetails: "trace", retries: 2, retryTimeout: 100 };
    return taskService.handleFailure(task, failure);
  },
  incident: ({ task, taskService }) => taskService.handleFailure(task, { errorMessage: "พัง", retries: 0 }),
  reject: ({ task, taskService }) =>
    taskService.handleBpmnError(task, "REJECTED", "ไม่พบ", new Variables().set("why", "ไม่พบ")),
  async twice({ task, taskService }, note) {
    note.foreign = await statusOf(stranger.taskService.complete(task));
    await taskService.complete(task);
    note.again = await statusOf(taskService.complete(task));
  },
  async unlock({ task, taskService }) {
    if (tried.get(task.id) > 1) return taskService.complete(task);
    return taskService.unlock(task);
  },
};

client.subscribe(topic, { includeExtensionProperties: true }, async (given) => {
  const { task } = given;
  tried.set(task.id, (tried.get(task.id) ?? 0) + 1);
  const scenario = task.variables.get("scenario");
  const { question } = task.variables.getAll();
  const { retries, processInstanceId: id, extensionProperties } = task;
  const note = { case: id, scenario, question, retries, properties: extensionProperties };
  try {
    await scenarios[scenario](given, note);
  } catch (error) {
    note.error = error.message;
  }
  seen.push(note);
  if (seen.length === Number(wanted)) {
    client.stop();
    console.log(JSON.stringify(seen));
    process.exit(0);
  }
});
client.on("poll:error", (error) => console.error(error.message));
