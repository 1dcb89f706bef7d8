// Runs every audit of the reference implementation against the address given, and prints what each found.
import { serverAudits } from 'graphql-http';

const [url] = process.argv.slice(2);
const results = await Promise.all(serverAudits({ url }).map((audit) => audit.fn()));
const told = results.map(({ id, name, status, reason }) => ({ id, name, status, reason }));
console.log(JSON.stringify(told));
