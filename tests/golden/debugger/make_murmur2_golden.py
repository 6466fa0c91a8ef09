"""Hashes of texts as ipykernel computes them: python make_murmur2_golden.py > murmur2.json"""

import json

from ipykernel.compiler import get_tmp_hash_seed, murmur2_x86

TEXTS = ["", "a", "ab", "abc", "abcd", "abcde", "print(1)", "let x = 1;\nx", "größer €", "\U0001f600", "\u0000", "\r\n", "x" * 1000, "ä" * 333]
SEEDS = [get_tmp_hash_seed(), 0, 0xFFFFFFFF]
print(json.dumps([{"text": t, "seed": s, "hash": murmur2_x86(t, s)} for t in TEXTS for s in SEEDS], indent=1))
