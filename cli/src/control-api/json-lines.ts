import { CliError, EXIT_CODES } from '../exit-codes.ts';

/**
 * The values of a stream with one JSON value a line; empty lines are skipped.
 * @throws CliError when the stream breaks before its end
 */
export async function* readJsonLines(source: AsyncIterable<unknown>): AsyncGenerator {
  // Decodes across chunk borders: a character may be cut in two.
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of source) {
      const lines = (rest + decoder.decode(chunk as Buffer, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield JSON.parse(line);
    }
  } catch (error) {
    throw new CliError(EXIT_CODES.notRunning, 'the platform ended while its log was read', {
      cause: error,
    });
  }
  if (rest !== '') yield JSON.parse(rest);
}
