// A task of a person names one accountable role. Tasks of the printed steps keep what the manual prints, gaps included.
import { is, propertyValues } from '../extensions.js';

const WHERE = { propertiesPanel: { entryIds: ['extensionProperties'] } };
const PRINTED = ['manual.step', 'manual.of'];
const MISSING = 'งานนี้ยังไม่ระบุผู้รับผิดชอบ (A) เลือกจากเทมเพลต “งานของเจ้าหน้าที่ (RACI)”';
const SEVERAL = 'ผู้รับผิดชอบ (A) ต้องมีรายเดียว';

export function accountableRequired() {
  return {
    check(node, reporter) {
      if (!is(node, 'bpmn:UserTask') || PRINTED.some((name) => propertyValues(node, name).length)) return;
      const roles = propertyValues(node, 'raci.accountable').flatMap((text) => text.split(',')).filter((part) => part.trim());
      if (roles.length !== 1) reporter.report(node.id, roles.length ? SEVERAL : MISSING, WHERE);
    },
  };
}
