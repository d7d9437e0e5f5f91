import { readFile } from 'node:fs/promises';

const quotes = JSON.parse(await readFile(new URL('quotes.json', import.meta.url), 'utf8'));

export const handler = async (event) => ({ quote: quotes[event?.by ?? 'Ada'] });
