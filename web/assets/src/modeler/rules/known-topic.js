// An automatic task asks for a topic that the server serves.
import { is } from '../extensions.js';

export function knownTopic({ topics }) {
  return {
    check(node, reporter) {
      if (!is(node, 'bpmn:ServiceTask') && !is(node, 'bpmn:SendTask')) return;
      const topic = node.get('camunda:topic');
      if (node.get('camunda:type') !== 'external' || !topic) reporter.report(node.id, 'ยังไม่ได้เลือกงานอัตโนมัติ เลือกจากเทมเพลต');
      else if (!topics.includes(topic)) reporter.report(node.id, `ระบบไม่มีงานอัตโนมัติ “${topic}” ใช้ได้: ${topics.join(', ')}`);
    },
  };
}
