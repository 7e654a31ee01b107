// Thai labels in bpmn-js. diagram-js breaks lines at white space only, so it cuts Thai inside words and tone marks.
// U+FEFF is white space for JavaScript and has no width on screen: put at word ends it becomes a legal break point.
const BREAK = '\uFEFF';
const MIN_LABEL_WIDTH = 90;
const words = Intl.Segmenter && new Intl.Segmenter('th', { granularity: 'word' });

// Words of our diagrams that the browser's dictionary splits, some of them in wrong places (กา|รบู|รณา|การ).
const WHOLE_WORDS = [
  'บูรณาการ', 'การบูรณาการ', 'ธรรมาภิบาล', 'เชื่อมโยง', 'หน่วยงาน', 'คณะทำงาน', 'คณะกรรมการ', 'เห็นชอบ', 'ดำเนินการ', 'ดำเนินงาน',
  'แลกเปลี่ยน', 'ตรวจสอบ', 'คัดเลือก', 'รับทราบ', 'ลงนาม', 'สิ้นสุด', 'ข้อตกลง', 'ครบถ้วน', 'ถูกต้อง', 'แบบฟอร์ม', 'หรือไม่',
];
const SPLIT_WORDS = WHOLE_WORDS.map((word) => [new RegExp([...word].join(`${BREAK}?`), 'g'), word]);

function segmented(text) {
  const joined = Array.from(words.segment(text), ({ segment }) => segment).join(BREAK);
  return SPLIT_WORDS.reduce((result, [pattern, word]) => result.replace(pattern, word), joined);
}

function breakable(text) {
  if (!words || !text || !/[\u0E00-\u0E7F]/.test(text)) return text;
  return segmented(text)
    .replace(/\uFEFF?([^\S\uFEFF])\uFEFF?/g, '$1')
    .replace(/([(["“‘])\uFEFF/g, '$1')
    .replace(/\uFEFF([)\]"”’.,:;!?ๆฯ/])/g, '$1');
}

// Fractional widths make older diagram-js loop for ever; whole pixels are safe everywhere.
const wholeWidth = (box) => (box && box.width % 1 ? { ...box, width: Math.floor(box.width) } : box);

function ThaiText(textRenderer) {
  for (const name of ['createText', 'getDimensions']) {
    const original = textRenderer[name];
    textRenderer[name] = (text, options) => (
      original.call(textRenderer, breakable(text), options && { ...options, box: wholeWidth(options.box) })
    );
  }
  for (const name of ['getExternalLabelBounds', 'getTextAnnotationBounds']) {
    const original = textRenderer[name];
    textRenderer[name] = (bounds, text) => original.call(textRenderer, wholeWidth(bounds), breakable(text));
  }
}
ThaiText.$inject = ['textRenderer'];

/** Label boxes in the file are as tight as the author's font made them: give every label some room, centred. */
function LabelRoom(eventBus) {
  eventBus.on('import.parse.complete', ({ definitions }) => {
    const planes = (definitions?.diagrams ?? []).map(({ plane }) => plane?.planeElement ?? []);
    for (const { label } of planes.flat()) {
      const bounds = label?.bounds;
      if (!bounds || bounds.width >= MIN_LABEL_WIDTH) continue;
      bounds.x -= (MIN_LABEL_WIDTH - bounds.width) / 2;
      bounds.width = MIN_LABEL_WIDTH;
    }
  });
}
LabelRoom.$inject = ['eventBus'];

export const ThaiTextModule = {
  __init__: ['thaiText', 'labelRoom'],
  thaiText: ['type', ThaiText],
  labelRoom: ['type', LabelRoom],
};
