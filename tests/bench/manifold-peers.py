"""Times one peer on one file of principal components: python manifold-peers.py PEER COMPONENTS ROWS EMBEDDING THREADS.

Prints one line of JSON: seconds and peak memory in MB. Writes the embedding as float32. PEER: opentsne-bh, opentsne-fft, sklearn, umap-learn.
numba compiles umap-learn's loops on its first calls, which are made before the clock starts: on few rows, and on 5,000, from where (4,096)
its neighbours are found by NN-descent.
"""

import json
import os
import resource
import sys
import time
import warnings

peer, source, rows, target, threads = sys.argv[1:]
os.environ.update(OMP_NUM_THREADS=threads, NUMBA_NUM_THREADS=threads, OPENBLAS_NUM_THREADS=threads)
warnings.filterwarnings("ignore")

import numpy  # noqa: E402

X = numpy.fromfile(source, numpy.float32).reshape(int(rows), -1)
jobs = int(threads)

if peer.startswith("opentsne"):
    from openTSNE import TSNE

    method = {"opentsne-bh": "bh", "opentsne-fft": "fft"}[peer]
    # Its own choices, exact neighbours for few rows and approximate for many among them.
    run = lambda data: TSNE(perplexity=30, n_jobs=jobs, negative_gradient_method=method, random_state=0).fit(data)  # noqa: E731
elif peer == "sklearn":
    from sklearn.manifold import TSNE

    run = lambda data: TSNE(perplexity=30, init="pca", n_jobs=jobs, random_state=0).fit_transform(data)  # noqa: E731
else:
    from umap import UMAP

    run = lambda data: UMAP(n_jobs=jobs).fit_transform(data)  # noqa: E731
    run(X[:300])
    if len(X) > 4096:
        run(X[:5000])

start = time.perf_counter()
embedding = numpy.asarray(run(X))
seconds = time.perf_counter() - start
embedding.astype(numpy.float32).tofile(target)
print(json.dumps({"seconds": seconds, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
