"""Makes manifold.json: principal components, neighbours, trustworthiness, t-SNE's affinities, divergence and gradient as scikit-learn has
them, UMAP's fuzzy simplicial set and curve as umap-learn has them.

Made with scikit-learn 1.9.1, umap-learn 0.5.12, NumPy 2.4.6.

    pip install scikit-learn umap-learn && python tests/golden/manifold/make_manifold_golden.py
"""

import json
import pathlib
import warnings

import numpy
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.manifold import _t_sne, trustworthiness
from sklearn.neighbors import NearestNeighbors

warnings.filterwarnings("ignore")
from umap.umap_ import find_ab_params, fuzzy_simplicial_set  # noqa: E402

random = numpy.random.default_rng(5)
N, D, K = 120, 7, 9
# Three clusters of unlike density, far from the origin.
points = numpy.concatenate(
    [random.normal(size=(40, D)) * scale + 5 * random.normal(size=D) + 20 for scale in (0.5, 1, 2)]
).astype(numpy.float32)
points = numpy.round(points, 3)
X = points.astype(numpy.float64)
Y = numpy.round(random.normal(size=(N, 2)) * 3, 3)


def plain(array, digits=9):
    return [float(f"%.{digits}g" % value) for value in numpy.asarray(array, dtype=float).ravel()]


def neighbours(metric):
    model = NearestNeighbors(n_neighbors=K, metric=metric, algorithm="brute").fit(X)
    distances, indices = model.kneighbors()
    return {"metric": metric, "indices": indices.ravel().tolist(), "distances": plain(distances)}


pca = PCA(n_components=4, svd_solver="full").fit(X)
digits = load_digits().data[:400]
digits_pca = PCA(n_components=10, svd_solver="full").fit(digits)

perplexity = 10
distances, indices = NearestNeighbors(n_neighbors=3 * perplexity).fit(X).kneighbors()
squared = (distances**2).astype(numpy.float32)
conditional = _t_sne._utils._binary_search_perplexity(squared, perplexity, 0)
joint = _t_sne._joint_probabilities_nn(
    NearestNeighbors(n_neighbors=3 * perplexity).fit(X).kneighbors_graph(mode="distance").power(2), perplexity, 0
)
joint.sort_indices()
kl, gradient = _t_sne._kl_divergence_bh(
    Y.ravel().astype(numpy.float32), joint, 1, N, 2, angle=0.0, skip_num_points=0, verbose=False
)


def fuzzy(neighbors, local_connectivity, mixture):
    graph, sigmas, rhos = fuzzy_simplicial_set(
        X.astype(numpy.float32),
        neighbors,
        numpy.random.RandomState(0),
        "euclidean",
        local_connectivity=local_connectivity,
        set_op_mix_ratio=mixture,
    )[:3]
    graph = graph.tocsr()
    graph.sort_indices()
    return {
        "neighbors": neighbors,
        "localConnectivity": local_connectivity,
        "mixture": mixture,
        "rows": graph.indptr.tolist(),
        "columns": graph.indices.tolist(),
        "values": plain(graph.data, 7),
        "rhos": plain(rhos, 7),
        "sigmas": plain(sigmas, 7),
    }


golden = {
    "shape": [N, D],
    "points": plain(points, 7),
    "plane": plain(Y),
    "neighbours": [neighbours(metric) for metric in ("euclidean", "manhattan", "cosine", "correlation")],
    "trustworthiness": [
        {"neighbors": k, "trustworthiness": trustworthiness(X, Y, n_neighbors=k), "continuity": trustworthiness(Y, X, n_neighbors=k)}
        for k in (1, 5, 12, 40)
    ],
    "pca": {
        "scores": plain(pca.transform(X)),
        "components": plain(pca.components_),
        "explainedVariance": plain(pca.explained_variance_),
        "explainedVarianceRatio": plain(pca.explained_variance_ratio_),
    },
    "digitsPca": {
        "explainedVariance": plain(digits_pca.explained_variance_),
        "firstComponent": plain(digits_pca.components_[0]),
    },
    "tsne": {
        "perplexity": perplexity,
        "conditional": plain(conditional, 7),
        "rows": joint.indptr.tolist(),
        "columns": joint.indices.tolist(),
        "joint": plain(joint.data, 7),
        "divergence": float(kl),
        "gradient": plain(gradient, 7),
    },
    "fuzzy": [fuzzy(15, 1.0, 1.0), fuzzy(6, 2.0, 0.25)],
    "curves": [
        {"minimumDistance": m, "spread": s, "ab": [float(value) for value in find_ab_params(s, m)]}
        for m, s in ((0.1, 1.0), (0.001, 1.0), (0.5, 1.0), (0.25, 2.0), (0.0, 1.0))
    ],
}
folder = pathlib.Path(__file__).parent
(folder / "manifold.json").write_text(json.dumps(golden) + "\n")
