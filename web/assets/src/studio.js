// The studio's pages: several diagrams beside each other, words that lead to their elements, choosing all rows.
import { mountDiagrams } from './studio/diagrams.js';
import { chooseAll } from './studio/choose.js';

mountDiagrams();
chooseAll();
