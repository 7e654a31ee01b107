// The rules as Camunda Modeler wants them: a configuration and who resolves its names.
import { accountableRequired } from './rules/accountable-required.js';
import { knownTopic } from './rules/known-topic.js';
import { laneKnown } from './rules/lane-known.js';

const RULES = { 'accountable-required': accountableRequired, 'known-topic': knownTopic, 'lane-known': laneKnown };
const PACKAGE = 'bpmnlint-plugin-prasan';

/** known holds the topics that the server serves and the roles {id: name} of its manual. */
export function lint(known) {
  return {
    config: { rules: Object.fromEntries(Object.keys(RULES).map((name) => [`prasan/${name}`, 'error'])) },
    resolver: {
      resolveRule(pkg, name) {
        if (pkg !== PACKAGE || !RULES[name]) throw new Error(`unknown rule ${pkg}/${name}`);
        return () => RULES[name](known);
      },
      resolveConfig(pkg, name) {
        throw new Error(`unknown config ${pkg}/${name}`);
      },
    },
  };
}
