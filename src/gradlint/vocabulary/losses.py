"""Cross-entropies: whether they take probabilities or logits, and which argument decides that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class LossSpec:
    """A cross-entropy of Keras or TensorFlow."""

    name: str
    applies: str
    """What makes probabilities of its logits: sigmoid or softmax."""
    prediction: int = 1
    """Position of the argument that comes out of the network (of a call of the object, for classes)."""
    from_logits: int | None = None
    """Position of the argument `from_logits`, which is False by default; None for losses that always take logits."""


PREDICTIONS = ("y_pred", "logits", "output")
"""Keywords of the argument that comes out of the network."""

SQUARED_ERRORS = frozenset({"mse", "meansquarederror", "l2loss"})
"""Names of squared errors, in small letters and without underscores."""


def is_squared_error(name: str) -> bool:
    """Whether a loss of this name is a mean or sum of squared differences.

    >>> is_squared_error("mean_squared_error"), is_squared_error("Huber")
    (True, False)
    """
    return name.lower().replace("_", "") in SQUARED_ERRORS


_SHORT = {"bce": "binary_crossentropy", "BCE": "binary_crossentropy"}

_FUNCTIONS = {
    "binary_crossentropy": "sigmoid",
    "binary_focal_crossentropy": "sigmoid",
    "categorical_crossentropy": "softmax",
    "categorical_focal_crossentropy": "softmax",
    "sparse_categorical_crossentropy": "softmax",
}
_LATER = {"binary_focal_crossentropy": 5, "categorical_focal_crossentropy": 4}
"""Positions of `from_logits` other than the third."""

_CLASSES: dict[str, tuple[str, int]] = {
    "BinaryCrossentropy": ("sigmoid", 0),
    "BinaryFocalCrossentropy": ("sigmoid", 3),
    "CategoricalCrossentropy": ("softmax", 0),
    "CategoricalFocalCrossentropy": ("softmax", 2),
    "SparseCategoricalCrossentropy": ("softmax", 0),
}

_OF_LOGITS: dict[str, tuple[str, int]] = {
    "tf.nn.softmax_cross_entropy_with_logits": ("softmax", 1),
    "tf.nn.softmax_cross_entropy_with_logits_v2": ("softmax", 1),
    "tf.nn.sparse_softmax_cross_entropy_with_logits": ("softmax", 1),
    "tf.nn.sigmoid_cross_entropy_with_logits": ("sigmoid", 1),
    "tf.nn.weighted_cross_entropy_with_logits": ("sigmoid", 1),
    "tf.losses.softmax_cross_entropy": ("softmax", 1),
    "tf.losses.sparse_softmax_cross_entropy": ("softmax", 1),
    "tf.losses.sigmoid_cross_entropy": ("sigmoid", 1),
    **{
        f"{package}.losses.{name}": (applies, 0)
        for package in ("contrib", "slim")
        for name, applies in (
            ("softmax_cross_entropy", "softmax"),
            ("sparse_softmax_cross_entropy", "softmax"),
            ("sigmoid_cross_entropy", "sigmoid"),
        )
    },
    "contrib.seq2seq.sequence_loss": ("softmax", 0),
    "tfa.seq2seq.sequence_loss": ("softmax", 0),
}
"""Canonical names. TensorFlow takes the labels first, contrib the logits."""

_CLASS_NAMESPACES = frozenset({"keras.losses", "tf.losses"})
_FUNCTION_NAMESPACES = _CLASS_NAMESPACES | {"keras.backend", "keras.ops", "keras.objectives", "keras.metrics"}


@cache
def find_loss(canonical: str) -> LossSpec | None:
    """The cross-entropy that a name of a library stands for.

    >>> find_loss("keras.losses.BinaryCrossentropy").from_logits, find_loss("tf.losses.huber_loss")
    (0, None)
    """
    if canonical in _OF_LOGITS:
        applies, position = _OF_LOGITS[canonical]
        return LossSpec(canonical, applies, position)
    namespace, _, last = canonical.rpartition(".")
    if last in _CLASSES and namespace in _CLASS_NAMESPACES:
        return LossSpec(last, _CLASSES[last][0], 1, _CLASSES[last][1])
    return named_loss(last) if last[:1].islower() and namespace in _FUNCTION_NAMESPACES else None


def named_loss(name: str) -> LossSpec | None:
    """The cross-entropy that Keras knows under a name, as in `compile(loss="bce")`."""
    full = _SHORT.get(name, name)
    if full in _CLASSES:
        return LossSpec(full, _CLASSES[full][0], 1, _CLASSES[full][1])
    return LossSpec(full, _FUNCTIONS[full], 1, _LATER.get(full, 2)) if full in _FUNCTIONS else None
