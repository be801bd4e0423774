// Reads lines {"id","text"}, writes lines {"id","redacted"}: argv[2] names the package.
import { createInterface } from 'node:readline';

const name = process.argv[2];
let redact;
if (name === 'redact-pii') {
  const { SyncRedactor } = (await import('redact-pii')).default;
  const r = new SyncRedactor();
  redact = (t) => r.redact(t);
} else if (name === '@redactpii/node') {
  const { Redactor } = await import('@redactpii/node');
  const r = new Redactor();
  redact = (t) => r.redact(t);
} else if (name === 'openredaction') {
  const { OpenRedaction } = await import('openredaction');
  const r = new OpenRedaction();
  redact = async (t) => (await r.detect(t)).redacted;
} else {
  throw new Error(`no adapter for ${name}`);
}
for await (const line of createInterface({ input: process.stdin })) {
  const { id, text } = JSON.parse(line);
  process.stdout.write(JSON.stringify({ id, redacted: await redact(text) }) + '\n');
}
