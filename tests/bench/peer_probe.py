"""One sample of scikit-learn: seconds to fit and predict, and how many of a hundred are right.
usage: peer_probe.py knn|linear K THREADS TRAIN.h5... TEST.h5"""

import os
import sys
import time

method, k, threads = sys.argv[1], int(sys.argv[2]), sys.argv[3]
os.environ["OMP_NUM_THREADS"] = threads

import h5py
import numpy
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def load(paths):
    pixels, labels = [], []
    for path in paths:
        with h5py.File(path) as file:
            pixels.append(file["patches"][:].reshape(len(file["labels"]), -1).astype(numpy.float32))
            labels.append(file["labels"][:])
    return numpy.concatenate(pixels), numpy.concatenate(labels)


train, train_labels = load(sys.argv[4:-1])
test, test_labels = load(sys.argv[-1:])
if method == "knn":
    model = KNeighborsClassifier(k, metric="cosine", algorithm="brute", weights="distance", n_jobs=int(threads))
else:
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=100))
started = time.perf_counter()
found = model.fit(train, train_labels).predict(test)
print(time.perf_counter() - started, 100 * float((found == test_labels).mean()))
