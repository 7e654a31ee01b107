// A lane with a task of a person stands for a role of the manual: lane_ROLE, or its property role.
import { is, propertyValues } from '../extensions.js';

export function laneKnown({ roles }) {
  return {
    check(node, reporter) {
      if (!is(node, 'bpmn:Lane')) return;
      const people = (node.get('flowNodeRef') ?? []).some((each) => is(each, 'bpmn:UserTask') || is(each, 'bpmn:ManualTask'));
      const role = propertyValues(node, 'role')[0] || node.id.replace(/^lane_/, '');
      if (people && !(role in roles)) reporter.report(node.id, `ระบบไม่รู้จักบทบาท “${role}” ของแถบนี้ ตั้ง ID เป็น lane_ ตามด้วยรหัสบทบาท เช่น lane_it_dept`);
    },
  };
}
