"""Reads lines {"id","text"}, writes lines {"id","secrets":[…]}: the values that detect-secrets finds.

Each text is scanned as a file, as its users do: scan_line is for one line on
trial and skips the limits of entropy.
"""
import json, os, sys, tempfile

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings

with default_settings(), tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "text.txt")
    for line in sys.stdin:
        case = json.loads(line)
        with open(path, "w") as f:
            f.write(case["text"])
        print(json.dumps({"id": case["id"], "secrets": [s.secret_value for s in scan_file(path) if s.secret_value]}))
