// The plugin of Camunda Modeler: our lint rules in Thai, shown while drawing, and Thai labels that break between words.
// The server puts window.PRASAN = {topics, roles} before this script when it makes the setup zip.
import { ThaiTextModule } from '../diagram/thai-text.js';
import { lint } from './lint.js';

function register(plugin, type) {
  window.plugins = window.plugins ?? [];
  window.plugins.push({ plugin, type });
}

register(lint(window.PRASAN), 'lintRules.bpmn');
register(ThaiTextModule, 'bpmn.platform.modeler.additionalModules');
