// What the tests of pages share: a browser that does nothing by itself, a page that notes what it asks for and complains
// of, and checks that are counted.

import {mkdirSync} from 'node:fs';
import {chromium} from 'playwright-core';

/// A window of that size, and a folder for screenshots. `asked` gets the addresses that are not the page's own kinds.
export const open = async (executablePath, folder, viewport, own = /^(file|data):/) => {
  mkdirSync(folder, {recursive: true});
  const browser = await chromium.launch({executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']});
  const page = await browser.newPage({viewport, colorScheme: 'light'});
  const complaints = [], asked = [];
  page.on('pageerror', error => complaints.push(error.message));
  page.on('console', message => { if (message.type() === 'error') complaints.push(message.text()); });
  page.on('request', request => { if (!own.test(request.url())) asked.push(request.url()); });
  return {browser, page, complaints, asked};
};

export let checks = 0;
export const check = (what, test) => {
  test();
  ++checks;
  console.log(`ok: ${what}`);
};
