"""One request with the openai package through the proxy; prints one JSON line.

argv: mode (json, stream, responses, responses_stream), prompt. Proxy and trust anchor come from
the environment (HTTPS_PROXY, SSL_CERT_FILE), as on a laptop.
"""

import json
import sys

import openai

mode, prompt = sys.argv[1:3]
attempts = 0


def count(request):
    global attempts
    attempts += 1


client = openai.OpenAI(
    api_key="sk-e2e-not-a-key",
    http_client=openai.DefaultHttpxClient(event_hooks={"request": [count]}),
)
out = {"client": "openai-python"}
try:
    messages = [{"role": "user", "content": prompt}]
    if mode == "json":
        answer = client.chat.completions.create(model="gpt-5.5", messages=messages)
        out["text"] = answer.choices[0].message.content
    elif mode == "stream":
        out["text"], out["chunks"] = "", 0
        for chunk in client.chat.completions.create(model="gpt-5.5", messages=messages, stream=True):
            out["text"] += (chunk.choices[0].delta.content or "") if chunk.choices else ""
            out["chunks"] += 1
    elif mode == "responses_stream":
        out["text"], out["chunks"] = "", 0
        for event in client.responses.create(model="gpt-5.5", input=prompt, stream=True):
            out["text"] += event.delta if event.type == "response.output_text.delta" else ""
            out["chunks"] += 1
    else:
        out["text"] = client.responses.create(model="gpt-5.5", input=prompt).output_text
    out["ok"] = True
except openai.APIStatusError as e:
    out.update(ok=False, error=type(e).__name__, status=e.status_code, code=e.code, param=e.param,
               message=str(e), incident=e.response.headers.get("x-promptgate-incident"))
except openai.APIError as e:
    out.update(ok=False, error=type(e).__name__, message=str(e), cause=repr(e.__cause__))
out["attempts"] = attempts
print(json.dumps(out))
