// Builds the browser bundles into web/static/build: form, diagram, studio and app, each one script and one stylesheet,
// and the plugin that process owners put into Camunda Modeler.
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const OUT = here('../static/build');

// form-js-viewer 2.0.0 passes its messages through its translate service, except these.
const UNTRANSLATED = [
  ['placeholder: \'Search\'', 'placeholder: \'เลือก หรือพิมพ์เพื่อค้นหา\''],
  ['valueLabel || \'Select\'', 'valueLabel || \'เลือก\''],
  ['`Remove list item ${', '`ลบรายการที่ ${'],
  ['children: "Browse"', 'children: "เลือกไฟล์"'],
  ['use24h ? \'hh:mm\'', 'use24h ? \'ชั่วโมง:นาที\''],
];

function translateLeftovers(source) {
  return UNTRANSLATED.reduce((text, [english, thai]) => {
    if (text.split(english).length !== 2) throw new Error(`form-js-viewer changed: expected ${english} exactly once`);
    return text.replace(english, thai);
  }, source);
}

// Their licences ask that the notice goes along with every copy.
const LICENSED = ['@bpmn-io/form-js-viewer', 'bpmn-js', 'diagram-js', '@fontsource/sarabun', 'flatpickr'];

async function licenseOf(name) {
  const folder = here(`node_modules/${name}`);
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  return `${name}\n\n${(await readFile(`${folder}/${file}`, 'utf8')).trim()}`;
}

const thaiForms = {
  name: 'thai-forms',
  setup({ onLoad, onResolve }) {
    onLoad({ filter: /form-js-viewer[/\\]dist[/\\]index\.es\.js$/ }, async ({ path }) => (
      { contents: translateLeftovers(await readFile(path, 'utf8')), loader: 'js' }
    ));
    // form-js gets our Buddhist era datepicker where it asks for flatpickr; ours gets the real one.
    onResolve({ filter: /^flatpickr$/ }, ({ importer }) => (
      importer.includes('form-js-viewer') ? { path: here('src/form/datepicker.js') } : undefined
    ));
  },
};

await rm(OUT, { recursive: true, force: true });
await mkdir(`${OUT}/fonts`, { recursive: true });
await build({
  entryPoints: ['form', 'diagram', 'studio', 'app'].flatMap((name) => [here(`src/${name}.js`), here(`src/${name}.css`)]),
  outdir: OUT,
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2020',
  charset: 'utf8',
  legalComments: 'linked',
  loader: { '.woff2': 'file' },
  assetNames: 'fonts/[name]',
  plugins: [thaiForms],
  logLevel: 'warning',
});
await build({
  entryPoints: [here('src/modeler/client.js')],
  outfile: `${OUT}/modeler.js`,
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2020',
  charset: 'utf8',
  logLevel: 'warning',
});
await writeFile(`${OUT}/licenses.txt`, (await Promise.all(LICENSED.map(licenseOf))).join('\n\n'));
