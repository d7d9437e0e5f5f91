export const handler = async (event) => ({ message: `${event?.text ?? 'hello'}!`.toUpperCase() });
