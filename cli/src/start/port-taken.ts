/** Waits for a server to listen; a port that is taken becomes an error that names the flag to change. */
export async function orPortTaken<T>(
  server: { readonly flag: '--port' | '--admin-port'; readonly port: number },
  listening: Promise<T>,
): Promise<T> {
  try {
    return await listening;
  } catch (error) {
    if (!isPortTaken(error)) throw error;
    throw new Error(
      `port ${server.port.toString()} is taken: stop what listens there, or choose another with ${server.flag}`,
    );
  }
}

function isPortTaken(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && error.code === 'EADDRINUSE') || isPortTaken(error.cause);
}
