// Page helpers. Everything else of the site works without JavaScript.
import { confirmDangerous } from './app/confirm.js';
import { startFormPage } from './app/form-page.js';

confirmDangerous();
startFormPage();
