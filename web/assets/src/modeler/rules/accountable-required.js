// A task of the manual, or one that names anybody by RACI, names at most one accountable role; the manual's own gaps stay.
import { is, propertyValues } from '../extensions.js';

const WHERE = { propertiesPanel: { entryIds: ['extensionProperties'] } };
const split = (text) => text.split(',').map((part) => part.trim()).filter(Boolean);

export function accountableRequired() {
  return {
    check(node, reporter) {
      if (!is(node, 'bpmn:UserTask')) return;
      const printed = propertyValues(node, 'manual.step').length > 0;
      const endorses = propertyValues(node, 'separate.from').length > 0;
      const roles = propertyValues(node, 'raci.accountable').flatMap(split);
      if (roles.length > 1 && !printed) reporter.report(node.id, 'ผู้รับผิดชอบ (A) ต้องมีรายเดียว', WHERE);
      if (!roles.length && !printed && !endorses) reporter.report(node.id, 'งานนี้ยังไม่ระบุผู้รับผิดชอบ (A) เลือกจากเทมเพลต “งานของเจ้าหน้าที่ (RACI)”', WHERE);
    },
  };
}
