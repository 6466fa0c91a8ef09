"""Write random.json: Philox words by Python's integers, and normal quantiles by bisection on math.erfc.

Nothing here shares code or method with src/random: the product is Python's arbitrary-precision one, and the quantile is found from
the distribution function. Run: python3 tests/golden/random/make.py
"""

import json
import math
import pathlib

MASK = 0xFFFFFFFF


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & MASK, (p0 >> 32) ^ c[3] ^ k[1], p0 & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def words(seed, first_block, blocks):
    key = (seed & MASK, seed >> 32)
    out = []
    for block in range(first_block, first_block + blocks):
        out += philox((block & MASK, block >> 32, 0, 0), key)
    return out


def quantile(p):
    """The z <= 0 with P(Z <= z) = p, for p <= 1/2."""
    low, high = -40.0, 0.0
    while True:
        middle = (low + high) / 2
        if middle in (low, high):
            return middle
        if 0.5 * math.erfc(-middle / math.sqrt(2)) < p:
            low = middle
        else:
            high = middle


streams = [
    {"seed": str(seed), "block": block, "words": words(seed, block, 3)}
    for seed, block in [(0, 0), (1, 0), (7, 0), (2**53 - 1, 0), (2**64 - 1, 0), (42, 2**32 - 1), (42, 2**40 + 5)]
]
probabilities = [0.5, 0.4999, 0.3, 0.1, 0.0750001, 0.0749999, 0.05, 0.01, 1e-3, 1e-6, 1e-9, 1e-11, 1.4e-11, 1e-13, 2.0**-54]
result = {"streams": streams, "quantiles": [[p, quantile(p)] for p in probabilities]}
pathlib.Path(__file__).with_name("random.json").write_text(json.dumps(result, indent=1) + "\n")
