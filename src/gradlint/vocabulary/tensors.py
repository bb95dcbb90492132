"""What array and tensor operations make of ranges: the vocabulary of intervals, by the last component of a name."""

from __future__ import annotations

import math

from gradlint.ranges import DATA, FLAGS, NON_NEGATIVE, UNBOUNDED, Range

_SATURATING = Range(0.0, 1.0, saturates=True)

OUTPUTS: dict[str, Range] = {
    "sigmoid": _SATURATING,
    "expit": _SATURATING,
    "softmax": _SATURATING,
    "hard_sigmoid": FLAGS,
    "tanh": Range(-1.0, 1.0, saturates=True),
    "hard_tanh": Range(-1.0, 1.0),
    "softsign": Range(-1.0, 1.0, False, False, True),
    "erf": Range(-1.0, 1.0, saturates=True),
    "sin": Range(-1.0, 1.0, False, False, True),
    "cos": Range(-1.0, 1.0, True, True, True),
    "sign": Range(-1.0, 1.0, True, True, True),
    "relu": Range(0.0, math.inf),
    "relu6": Range(0.0, 6.0),
    "softplus": Range(0.0, math.inf, False, True),
    "elu": Range(-1.0, math.inf, False, True, True),
    "selu": Range(-1.7580993408473766, math.inf, False, True, True),
    "log_softmax": Range(-math.inf, 0.0, True, True, saturates=True),
    "log_sigmoid": Range(-math.inf, 0.0, True, True, saturates=True),
    "one_hot": FLAGS,
    "to_categorical": FLAGS,
    "sequence_mask": FLAGS,
    "count_nonzero": Range(0.0, math.inf, True, False),
    "l2_normalize": Range(-1.0, 1.0, False, False, True),
    "l2_loss": NON_NEGATIVE,
    "logsumexp": UNBOUNDED,
    "reduce_logsumexp": UNBOUNDED,
    "leaky_relu": UNBOUNDED,
    "linear": UNBOUNDED,
    "prelu": UNBOUNDED,
    "gelu": Range(-0.17, math.inf, False, True, True),
    "swish": Range(-0.28, math.inf, False, True, True),
    "exponential": Range(0.0, math.inf, False, True),
    "log_prob": UNBOUNDED,
    "prob": Range(0.0, math.inf, True, False, saturates=True),
    "embedding_lookup": DATA,
}
"""Results whose range does not depend on what goes in, as float32 rounds it.

sigmoid and softmax reach 0 and 1, tanh reaches 1; softplus underflows at -104 only and counts as above zero.
"""

SAME = frozenset(
    "cast identity convert_to_tensor reshape expand_dims squeeze astype copy array asarray constant stop_gradient "
    "flatten ravel transpose permute_dimensions broadcast_to ensure_shape numpy float32 batch_flatten float swapaxes "
    "to_float debugging_identity".split()
)
"""Each number comes out as it went in, at its own place."""

REARRANGED = frozenset(
    "concat concatenate stack gather gather_nd slice strided_slice tile repeat roll reverse take "
    "take_along_axis shuffle pad split unstack sort vstack hstack flip dropout max_pool reshape_as".split()
)
"""The numbers come out as they went in, at other places or in part."""

JOINED = frozenset("concat concatenate stack hstack vstack".split())
"""Of them, those that take a list."""

SUMS = frozenset("sum reduce_sum add_n nansum cumsum".split())
MEANS = frozenset("mean reduce_mean average nanmean avg_pool".split())
LARGEST = frozenset("max reduce_max amax nanmax".split())
SMALLEST = frozenset("min reduce_min amin nanmin".split())
NORMS = frozenset("norm reduce_euclidean_norm global_norm".split())
PRODUCTS = frozenset(
    "matmul dot batch_dot tensordot einsum matvec linear xw_plus_b conv2d conv1d conv bias_add".split()
)
"""Sums of products of what goes in."""
LINEAR = frozenset("dense fully_connected conv2d conv1d conv3d conv2d_transpose separable_conv2d linear".split())
"""Functional layers of TensorFlow 1, which make their weights themselves."""
RELU_BY_DEFAULT = frozenset({"fully_connected", "conv2d", "conv1d", "conv2d_transpose", "separable_conv2d"})
"""Those of `tf.contrib.layers` and `tf_slim` apply relu unless another activation is given."""
ROOTS = frozenset({"acos", "arccos", "asin", "arcsin", "atanh", "arctanh"})
"""Functions with an infinite derivative at -1 and 1."""
DRAWS = frozenset({"uniform", "random_uniform"})
EXTREMES = {"maximum": max, "minimum": min}

LOSS_PARAMETERS = ("y_true", "y_pred")
"""What Keras calls the targets and predictions that it gives to losses: numbers, whoever passes them."""


def is_mask(name: str) -> bool:
    """Whether a name says that something is a mask: an assumption, and findings say so.

    >>> is_mask("target_mask"), is_mask("masked_loss")
    (True, False)
    """
    return name.endswith(("mask", "masks")) and name not in ("unmask", "add_mask", "use_mask")
