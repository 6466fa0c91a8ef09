"""Makes digits.idx2.gz, which `digits()` reads, from the copy inside scikit-learn (made with 1.9.1).

    pip install scikit-learn && python src/data/assets/make_digits.py

Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998,
doi:10.24432/C50P49, licence CC BY 4.0. The 1,797 images are its test part, bitmaps of 32 x 32 counted in blocks of 4 x 4.

Format: IDX of unsigned bytes, [1797, 65]: 64 counts from 0 to 16, row by row, then the class; gzipped without a time stamp.
"""

import gzip
import pathlib
import struct

import numpy
from sklearn.datasets import load_digits

digits = load_digits()
table = numpy.column_stack([digits.data, digits.target]).astype(numpy.uint8)
assert (table[:, :64] == digits.data).all() and table.shape == (1797, 65)
raw = struct.pack(">BBBBII", 0, 0, 8, 2, *table.shape) + table.tobytes()
target = pathlib.Path(__file__).parent / "digits.idx2.gz"
target.write_bytes(gzip.compress(raw, compresslevel=9, mtime=0))
print(f"{target.name}: {target.stat().st_size} bytes")
