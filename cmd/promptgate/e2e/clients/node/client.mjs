// One request with the openai package through the proxy; prints one JSON line.
//
// argv: proxy URL, mode (json, stream, responses, responses_stream), prompt. The trust anchor is
// NODE_EXTRA_CA_CERTS, as on a laptop. Node does not read HTTPS_PROXY by itself,
// so the proxy is a dispatcher, as the package's own README advises.
import OpenAI from 'openai';
import * as undici from 'undici';

const [proxy, mode, prompt] = process.argv.slice(2);
const dispatcher = new undici.ProxyAgent(proxy);
let attempts = 0;
const openai = new OpenAI({
  apiKey: 'sk-e2e-not-a-key',
  fetch: (url, init) => {
    attempts++;
    return undici.fetch(url, { ...init, dispatcher });
  },
});

const out = { client: 'openai-node', attempts: 0 };
try {
  const messages = [{ role: 'user', content: prompt }];
  if (mode === 'json') {
    const answer = await openai.chat.completions.create({ model: 'gpt-5.5', messages });
    out.text = answer.choices[0].message.content;
  } else if (mode === 'stream') {
    const stream = await openai.chat.completions.create({ model: 'gpt-5.5', messages, stream: true });
    out.text = '';
    out.chunks = 0;
    for await (const chunk of stream) {
      out.text += chunk.choices[0]?.delta?.content ?? '';
      out.chunks++;
    }
  } else if (mode === 'responses_stream') {
    out.text = '';
    out.chunks = 0;
    for await (const event of await openai.responses.create({ model: 'gpt-5.5', input: prompt, stream: true })) {
      out.text += event.type === 'response.output_text.delta' ? event.delta : '';
      out.chunks++;
    }
  } else {
    const answer = await openai.responses.create({ model: 'gpt-5.5', input: prompt });
    out.text = answer.output_text;
  }
  out.ok = true;
} catch (e) {
  out.ok = false;
  out.error = e.constructor.name;
  out.status = e.status;
  out.code = e.code;
  out.param = e.param;
  out.message = e.message;
  out.cause = e.cause?.message;
  out.incident = e.headers?.get?.('x-promptgate-incident');
}
out.attempts = attempts;
console.log(JSON.stringify(out));
await dispatcher.close();
