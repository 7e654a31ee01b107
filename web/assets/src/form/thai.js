// Thai wording of every message that form-js-viewer 2.0.0 passes through its translate service.
const MESSAGES = {
  'Field is required.': 'จำเป็นต้องกรอก',
  'Field must match pattern {value}.': 'รูปแบบไม่ถูกต้อง ({value})',
  'Field must have minimum value of {value}.': 'ต้องไม่น้อยกว่า {value}',
  'Field must have maximum value of {value}.': 'ต้องไม่เกิน {value}',
  'Field must have minimum length of {value}.': 'ต้องยาวอย่างน้อย {value} ตัวอักษร',
  'Field must have maximum length of {value}.': 'ต้องยาวไม่เกิน {value} ตัวอักษร',
  'Field must be a valid international phone number. (e.g. +4930664040900)': 'เบอร์โทรต้องขึ้นต้นด้วยรหัสประเทศ เช่น +66812345678',
  'Field must be a valid email.': 'อีเมลไม่ถูกต้อง',
  'Min validation value is not a valid number.': 'ค่าต่ำสุดที่กำหนดไว้ไม่ใช่ตัวเลข',
  'Max validation value is not a valid number.': 'ค่าสูงสุดที่กำหนดไว้ไม่ใช่ตัวเลข',
  'Value is not a number.': 'ไม่ใช่ตัวเลข',
  'Value is expected to be an integer.': 'ต้องเป็นจำนวนเต็ม',
  'Value is expected to have at most 1 decimal digit.': 'ทศนิยมได้ไม่เกิน 1 ตำแหน่ง',
  'Value is expected to have at most {value} decimal digits.': 'ทศนิยมได้ไม่เกิน {value} ตำแหน่ง',
  'Please select a valid value, the two nearest valid values are {previousValue} and {nextValue}.': 'ค่าที่ใช้ได้ใกล้เคียงคือ {previousValue} และ {nextValue}',
  'Date and time must both be entered.': 'ต้องกรอกทั้งวันที่และเวลา',
  'No content to show.': 'ไม่มีข้อมูล',
  "External content couldn't be loaded.": 'โหลดเนื้อหาภายนอกไม่ได้',
  'Increment': 'เพิ่ม',
  'Decrement': 'ลด',
  'Skip to search': 'ข้ามไปช่องค้นหา',
  'Remove tag': 'ลบ',
  'Search': 'ค้นหา',
  'No results': 'ไม่พบ',
  'All values selected': 'เลือกครบแล้ว',
  'Nothing to show.': 'ไม่มีข้อมูล',
  '{page} of {total}': '{page} จาก {total}',
  'Previous page': 'หน้าก่อน',
  'Next page': 'หน้าถัดไป',
  'Click to sort by {value} descending': 'เรียง {value} จากมากไปน้อย',
  'Click to sort by {value} ascending': 'เรียง {value} จากน้อยไปมาก',
  'Click to remove sorting': 'เลิกเรียง',
  'No files selected': 'ยังไม่ได้เลือกไฟล์',
  '{value} files selected': 'เลือกแล้ว {value} ไฟล์',
  'Add new': 'เพิ่มรายการ',
  'Expand all ({value})': 'แสดงทั้งหมด ({value})',
  'Collapse': 'ย่อ',
  'Document reference is not defined.': 'ไม่ได้ระบุเอกสาร',
  'Unable to download document': 'ดาวน์โหลดเอกสารไม่ได้',
  'Download {fileName}': 'ดาวน์โหลด {fileName}',
  "binding path '{value}' is already claimed": "ช่องข้อมูล '{value}' ซ้ำ",
};

/** form-js translate service: the Thai message with {value} placeholders filled, or the text itself if unknown. */
export function translate(message, replacements = {}) {
  return (MESSAGES[message] ?? message).replace(/{([^}]+)}/g, (whole, name) => replacements[name] ?? whole);
}

export const ThaiModule = { translate: ['value', translate] };
