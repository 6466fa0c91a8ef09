"""Makes signatures.json: messages signed by Python's hmac, as jupyter_client signs them. Run: python3 make.py"""

import hashlib
import hmac
import json
import pathlib

KEYS = ["a0436f6c-1916-498b-8eb9-e81ab9368e84", "k", "ключ"]
FRAMES = [
    ['{"msg_id": "1", "msg_type": "kernel_info_request"}', "{}", "{}", "{}"],
    ['{"msg_id": "2", "msg_type": "execute_request"}', '{"msg_id": "1"}', '{"a": [1, 2]}', '{"code": "\\u00e9\u00e9 \U0001f600"}'],
]

cases = []
for key in KEYS:
    for scheme in ["sha256", "sha512"]:
        for frames in FRAMES:
            digest = hmac.HMAC(key.encode(), digestmod=getattr(hashlib, scheme))
            for frame in frames:
                digest.update(frame.encode())
            cases.append({"key": key, "scheme": f"hmac-{scheme}", "frames": frames, "signature": digest.hexdigest()})
pathlib.Path(__file__).with_name("signatures.json").write_text(json.dumps(cases, indent=1) + "\n")
