// Answers FEEL expressions with the JavaScript reference: reads {context, texts} from standard input, writes the results.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { evaluate } = createRequire(`${process.argv[2]}/package.json`)('@bpmn-io/feelin');
const { context, texts } = JSON.parse(readFileSync(0, 'utf8'));

// A result that JSON cannot hold, or that the reference refuses, is marked and not compared.
function plain(value) {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $not: 'a number' };
  if (typeof value !== 'object') return typeof value === 'function' ? { $not: 'a value' } : value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return { $not: 'plain' };
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

function answer(text) {
  try {
    return plain(evaluate(text, context).value);
  } catch {
    return { $not: 'evaluated' };
  }
}

process.stdout.write(JSON.stringify(texts.map(answer)));
