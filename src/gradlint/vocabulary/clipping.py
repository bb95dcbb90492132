"""What clips gradients: functions with what they return, arguments of optimizers, of agents and of training helpers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache


class Returns(Enum):
    """What a clipping function hands back."""

    TENSOR = "one tensor"
    PAIR = "the list of tensors and their norm"
    PAIRS = "a list of (gradient, variable)"
    TRANSFORMER = "a function from a list of (gradient, variable) to another"


class By(Enum):
    """What a bound is compared with."""

    GLOBAL_NORM = "global norm"
    """One norm over all gradients: what is not finite in one of them spreads to all."""
    NORM = "norm"
    """The norm of each gradient."""
    VALUE = "value"
    """Each element."""


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """One clipping function."""

    returns: Returns
    gradients: tuple[str, int]
    """Keyword and position of what is clipped."""
    bound: tuple[str, int]
    """Keyword and position of the bound (the upper one of two)."""
    by: By
    low: tuple[str, int] | None = None
    """Keyword and position of the lower bound, None where there is none."""

    @property
    def takes_none(self) -> bool:
        """Gradients that are None pass; the functions that take one tensor raise."""
        return self.returns is not Returns.TENSOR


def _by_value(tensor: str, low: str, high: str) -> ClipSpec:
    return ClipSpec(Returns.TENSOR, (tensor, 0), (high, 2), By.VALUE, (low, 1))


_NORM = ("clip_norm", 1)
_PAIRS = ClipSpec(Returns.PAIRS, ("gradients_to_variables", 0), ("max_norm", 1), By.NORM)

CLIP_FUNCTIONS: dict[str, ClipSpec] = {
    "tf.clip_by_global_norm": ClipSpec(Returns.PAIR, ("t_list", 0), _NORM, By.GLOBAL_NORM),
    "tf.clip_by_norm": ClipSpec(Returns.TENSOR, ("t", 0), _NORM, By.NORM),
    "tf.clip_by_average_norm": ClipSpec(Returns.TENSOR, ("t", 0), _NORM, By.NORM),
    "tf.clip_by_value": _by_value("t", "clip_value_min", "clip_value_max"),
    "keras.ops.clip": _by_value("x", "x_min", "x_max"),
    "keras.backend.clip": _by_value("x", "min_value", "max_value"),
    "np.clip": _by_value("a", "a_min", "a_max"),
    "contrib.training.clip_gradient_norms": _PAIRS,
    "contrib.slim.learning.clip_gradient_norms": _PAIRS,
    "slim.learning.clip_gradient_norms": _PAIRS,
    "tf_agents.utils.eager_utils.clip_gradient_norms": _PAIRS,
    "tf_agents.utils.eager_utils.clip_gradient_norms_fn": ClipSpec(
        Returns.TRANSFORMER, ("", -1), ("max_norm", 0), By.NORM
    ),
    "contrib.training.clip_gradient_norms_fn": ClipSpec(Returns.TRANSFORMER, ("", -1), ("max_norm", 0), By.NORM),
}
"""Canonical name -> specification. `tf.clip_ops.*` (tensorflow.python.ops) is the same by its last component."""

KEYWORDS: dict[str, By] = {"clipnorm": By.NORM, "clipvalue": By.VALUE, "global_clipnorm": By.GLOBAL_NORM}
"""Keywords of Keras optimizers -> how they clip. Only in standalone Keras 2 is `clipnorm` a norm over all gradients."""

OPTIMIZER_CLIP_ARGUMENTS = tuple(KEYWORDS)

GRADIENT_TRANSFORMERS = "gradient_transformers"
"""Keyword of new-style Keras 2 optimizers: functions over (gradient, variable) pairs."""

AGENT_CLIP_ARGUMENTS = frozenset(
    {
        "gradient_clipping",
        "max_grad_norm",
        "grad_norm_clipping",
        "grad_clip",
        "clip_norm",
        "gradient_clip_norm",
        "clipping_threshold",
    }
)
"""Keywords by which agents of TF-Agents, stable-baselines, baselines and tensorforce clip inside. None is off."""

TRAINING_HELPERS: dict[str, str] = {
    "contrib.layers.optimize_loss": "clip_gradients",
    "contrib.slim.learning.create_train_op": "clip_gradient_norm",
    "contrib.training.create_train_op": "transform_grads_fn",
    "slim.learning.create_train_op": "clip_gradient_norm",
    "tf_agents.utils.eager_utils.create_train_op": "transform_grads_fn",
}
"""Functions that compute and apply gradients in one call -> the keyword that makes them clip."""

NORM_FUNCTIONS = frozenset({"tf.linalg.global_norm", "tf.global_norm", "tf.norm", "tf.linalg.norm", "keras.ops.norm"})
"""They measure and clip nothing."""

_MODULES = ("tf.clip_ops.", "tf.ops.clip_ops.")


@cache
@cache
def find_clip(canonical: str) -> ClipSpec | None:
    """The clipping function behind a canonical dotted name."""
    for module in _MODULES:
        canonical = canonical.replace(module, "tf.", 1) if canonical.startswith(module) else canonical
    return CLIP_FUNCTIONS.get(canonical)
