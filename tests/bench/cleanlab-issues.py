"""Print the seconds that cleanlab takes to find the label issues of a million examples of a hundred classes, and its peak memory in MB.

Run: python cleanlab-issues.py PROBABILITIES LABELS CLASSES JOBS   (raw float32 and int32)
"""

import resource
import sys
import time
import warnings

import numpy as np
from cleanlab.filter import find_label_issues

warnings.simplefilter("ignore")
probabilities, labels, classes, jobs = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
p = np.fromfile(probabilities, np.float32).reshape(-1, classes)
y = np.fromfile(labels, np.int32).astype(int)
start = time.perf_counter()
found = find_label_issues(y, p, filter_by="prune_by_noise_rate", return_indices_ranked_by="self_confidence", n_jobs=jobs)
seconds = time.perf_counter() - start
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, len(found))
np.sort(found).astype(np.int32).tofile(labels + ".found")
