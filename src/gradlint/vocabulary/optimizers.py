"""Optimizers: constructors, parameter orders, default rates, wrappers and compile strings.

Read from Keras 3.15, tf_keras 2.21 (Keras 2, new and legacy), standalone Keras 2.3.1, `tf.compat.v1.train` 2.21,
TensorFlow 1.15 contrib, TensorFlow Addons 0.23, Sonnet 2.0.2, tf-models-official 2.20 and tensorlayer 2.2.5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache

_NEW = "weight_decay clipnorm clipvalue global_clipnorm"
"""What every Keras 3 and new Keras 2 optimizer takes behind its own parameters."""

KERAS_CLIP_ARGUMENTS = ("clipnorm", "clipvalue", "global_clipnorm")

NAMESPACES = re.compile(
    r"(keras(\.\w+)*\.optimi[sz]er\w*(\.\w+)*"  # keras.optimizers, .legacy, .experimental, .adam, .optimizer_v2.adam
    r"|tf\.optimizers(\.\w+)*|tf\.train|tf\.training(\.\w+)*|tf\.tpu(\.\w+)*"
    r"|contrib\.(opt|optimizer_v2|layers|estimator|tpu|mixed_precision)(\.\w+)*"
    r"|tfa\.optimizers(\.\w+)*|snt(\.optimizers?(\.\w+)*)?"
    r"|official(\.\w+)*\.(optimization|optimizers?)(\.\w+)*"
    r"|(tensorlayer|tl)\.optimizers(\.\w+)*|keras_contrib\.optimizers(\.\w+)*|transformers(\.\w+)*"
    r"|tensorflow_privacy(\.\w+)*)"
)
"""The parts before the class name (canonical) in which a class of these tables counts as an optimizer."""


@dataclass(frozen=True, slots=True)
class OptimizerSpec:
    """What is known about one constructor."""

    name: str
    """Normalised: Adam for AdamOptimizer and LazyAdam's own name for LazyAdam."""
    positional: tuple[str, ...]
    """Parameters in order; keyword-only ones do not occur in these constructors."""
    default_rate: float | None
    """None where a rate must be given."""
    default_momentum: float | None = None
    """None where the optimizer has no momentum parameter."""
    clip_arguments: tuple[str, ...] = ()
    """Keywords that make it clip by itself."""
    always_clips: bool = False

    @property
    def rate_position(self) -> int:
        """Position of `learning_rate`."""
        return self.positional.index("learning_rate")

    @property
    def momentum_position(self) -> int | None:
        """Position of `momentum`, None where there is none."""
        return self.positional.index("momentum") if "momentum" in self.positional else None

    @property
    def epsilon_position(self) -> int | None:
        """Position of `epsilon`, None where there is none."""
        return self.positional.index("epsilon") if "epsilon" in self.positional else None

    @property
    def beta_2_position(self) -> int | None:
        """Position of `beta_2` (`beta2` in TF 1), None where there is none."""
        return next((i for i, name in enumerate(self.positional) if name in ("beta_2", "beta2")), None)


@dataclass(frozen=True, slots=True)
class WrapperSpec:
    """A class or function that takes an optimizer and returns one."""

    keywords: tuple[str, ...]
    position: int = 0
    many: bool = False
    """The argument holds several optimizers: a dict's values, or pairs (optimizer, layers)."""
    clips: bool = False
    """It clips what passes through."""
    skips_non_finite: bool = False
    """It leaves the weights alone when a gradient is NaN or Inf."""


def _keras(name: str, own: str, rate: float = 0.001, momentum: float | None = None) -> OptimizerSpec:
    order = (*own.split(), *(_NEW if "weight_decay" not in own.split() else _NEW.removeprefix("weight_decay ")).split())
    return OptimizerSpec(name, order, rate, momentum, KERAS_CLIP_ARGUMENTS)


def _plain(
    name: str, own: str, rate: float | None = None, momentum: float | None = None, clips: bool = False
) -> OptimizerSpec:
    """A constructor without clip parameters of its own; `clips` where they are taken through **kwargs."""
    return OptimizerSpec(name, tuple(own.split()), rate, momentum, KERAS_CLIP_ARGUMENTS if clips else ())


_FTRL = (
    "learning_rate learning_rate_power initial_accumulator_value l1_regularization_strength l2_regularization_strength"
)

KERAS: dict[str, OptimizerSpec] = {
    "SGD": _keras("SGD", "learning_rate momentum nesterov", 0.01, 0.0),
    "RMSprop": _keras("RMSprop", "learning_rate rho momentum epsilon centered", momentum=0.0),
    "Adam": _keras("Adam", "learning_rate beta_1 beta_2 epsilon amsgrad"),
    "AdamW": _keras("AdamW", "learning_rate weight_decay beta_1 beta_2 epsilon amsgrad"),
    "Adamax": _keras("Adamax", "learning_rate beta_1 beta_2 epsilon"),
    "Nadam": _keras("Nadam", "learning_rate beta_1 beta_2 epsilon"),
    "Adagrad": _keras("Adagrad", "learning_rate initial_accumulator_value epsilon"),
    "Adadelta": _keras("Adadelta", "learning_rate rho epsilon"),
    "Adafactor": _keras("Adafactor", "learning_rate beta_2_decay epsilon_1 epsilon_2 clip_threshold relative_step"),
    "Ftrl": _keras("Ftrl", f"{_FTRL} l2_shrinkage_regularization_strength beta"),
    "Lion": _keras("Lion", "learning_rate beta_1 beta_2"),
    "Lamb": _keras("LAMB", "learning_rate beta_1 beta_2 epsilon"),
    "Muon": _keras("Muon", "learning_rate adam_beta_1 adam_beta_2 adam_weight_decay epsilon"),
    "ScheduleFreeAdamW": _keras("ScheduleFreeAdamW", "learning_rate beta_1 beta_2 epsilon warmup_steps", 0.0025),
}
"""Keras 3, and new Keras 2 where VARIANTS does not differ."""

LEGACY: dict[str, OptimizerSpec] = {
    "SGD": _plain("SGD", "learning_rate momentum nesterov", 0.01, 0.0, clips=True),
    "RMSprop": _plain("RMSprop", "learning_rate rho momentum epsilon centered", 0.001, 0.0, clips=True),
    "Adam": _plain("Adam", "learning_rate beta_1 beta_2 epsilon amsgrad", 0.001, clips=True),
    "Adamax": _plain("Adamax", "learning_rate beta_1 beta_2 epsilon", 0.001, clips=True),
    "Nadam": _plain("Nadam", "learning_rate beta_1 beta_2 epsilon", 0.001, clips=True),
    "Adagrad": _plain("Adagrad", "learning_rate initial_accumulator_value epsilon", 0.001, clips=True),
    "Adadelta": _plain("Adadelta", "learning_rate rho epsilon", 0.001, clips=True),
    "Ftrl": _plain("Ftrl", _FTRL, 0.001, clips=True),
}
"""Keras 2 up to TF 2.10, and `legacy` from 2.11 to 2.15 and in tf_keras."""

STANDALONE: dict[str, OptimizerSpec] = {
    "SGD": _plain("SGD", "learning_rate momentum nesterov", 0.01, 0.0, clips=True),
    "RMSprop": _plain("RMSprop", "learning_rate rho", 0.001, clips=True),
    "Adam": _plain("Adam", "learning_rate beta_1 beta_2 amsgrad", 0.001, clips=True),
    "Adamax": _plain("Adamax", "learning_rate beta_1 beta_2", 0.002, clips=True),
    "Nadam": _plain("Nadam", "learning_rate beta_1 beta_2", 0.002, clips=True),
    "Adagrad": _plain("Adagrad", "learning_rate", 0.01, clips=True),
    "Adadelta": _plain("Adadelta", "learning_rate rho", 1.0, clips=True),
}
"""Standalone Keras 2.3.1, whose `clipnorm` is a global norm."""

TF1: dict[str, OptimizerSpec] = {
    "GradientDescentOptimizer": _plain("SGD", "learning_rate use_locking name"),
    "MomentumOptimizer": _plain("SGD", "learning_rate momentum use_locking name use_nesterov"),
    "AdamOptimizer": _plain("Adam", "learning_rate beta1 beta2 epsilon use_locking name", 0.001),
    "RMSPropOptimizer": _plain(
        "RMSprop", "learning_rate decay momentum epsilon use_locking centered name", momentum=0.0
    ),
    "AdagradOptimizer": _plain("Adagrad", "learning_rate initial_accumulator_value use_locking name"),
    "AdagradDAOptimizer": _plain("Adagrad", "learning_rate global_step initial_gradient_squared_accumulator_value"),
    "ProximalAdagradOptimizer": _plain("Adagrad", "learning_rate initial_accumulator_value"),
    "AdadeltaOptimizer": _plain("Adadelta", "learning_rate rho epsilon use_locking name", 0.001),
    "FtrlOptimizer": _plain("Ftrl", _FTRL),
    "ProximalGradientDescentOptimizer": _plain("SGD", "learning_rate l1_regularization_strength"),
    # contrib.opt and contrib.optimizer_v2; names that tf.train has too are shared with it
    "AdamGSOptimizer": _plain("Adam", "global_step learning_rate beta1 beta2 epsilon", 0.001),
    "AdaMaxOptimizer": _plain("Adamax", "learning_rate beta1 beta2 epsilon", 0.001),
    "LazyAdamOptimizer": _plain("LazyAdam", "learning_rate beta1 beta2 epsilon use_locking name", 0.001),
    "LazyAdamGSOptimizer": _plain("LazyAdam", "global_step learning_rate beta1 beta2 epsilon", 0.001),
    "NadamOptimizer": _plain("Nadam", "learning_rate beta1 beta2 epsilon use_locking name", 0.001),
    "AdamWOptimizer": _plain("AdamW", "weight_decay learning_rate beta1 beta2 epsilon", 0.001),
    "MomentumWOptimizer": _plain("SGD", "weight_decay learning_rate momentum use_locking name use_nesterov"),
    "AddSignOptimizer": _plain("AddSign", "learning_rate alpha beta sign_decay_fn", 0.1),
    "PowerSignOptimizer": _plain("PowerSign", "learning_rate base beta sign_decay_fn", 0.1),
    "GGTOptimizer": _plain("GGT", "learning_rate beta1 use_locking name window eps", 0.001),
    "LARSOptimizer": _plain("LARS", "learning_rate momentum weight_decay eeta epsilon name", momentum=0.9),
    "RegAdagradOptimizer": _plain("Adagrad", "learning_rate initial_accumulator_value"),
    "ShampooOptimizer": _plain(
        "Shampoo",
        "global_step max_matrix_size gbar_decay gbar_weight mat_gbar_decay mat_gbar_weight learning_rate",
        1.0,
    ),
    "ShampooWOptimizer": _plain(
        "Shampoo",
        "weight_decay global_step max_matrix_size gbar_decay gbar_weight mat_gbar_decay mat_gbar_weight learning_rate",
        1.0,
    ),
}
"""`tf.train` of TensorFlow 1 (`tf.compat.v1.train`) and contrib: none of them clips."""

TFA: dict[str, OptimizerSpec] = {
    "AdaBelief": _plain("AdaBelief", "learning_rate beta_1 beta_2 epsilon weight_decay amsgrad", 0.001, clips=True),
    "ConditionalGradient": _plain("ConditionalGradient", "learning_rate lambda_ epsilon ord name", clips=True),
    "LAMB": _plain("LAMB", "learning_rate beta_1 beta_2 epsilon weight_decay", 0.001, clips=True),
    "LazyAdam": _plain("LazyAdam", "learning_rate beta_1 beta_2 epsilon amsgrad name", 0.001, clips=True),
    "NovoGrad": _plain("NovoGrad", "learning_rate beta_1 beta_2 epsilon weight_decay", 0.001, clips=True),
    "ProximalAdagrad": _plain("Adagrad", "learning_rate initial_accumulator_value", 0.001, clips=True),
    "RectifiedAdam": _plain("RectifiedAdam", "learning_rate beta_1 beta_2 epsilon weight_decay", 0.001, clips=True),
    "SGDW": _plain("SGD", "weight_decay learning_rate momentum nesterov name", 0.001, 0.0, clips=True),
    "AdamW": _plain("AdamW", "weight_decay learning_rate beta_1 beta_2 epsilon amsgrad", 0.001, clips=True),
    "Yogi": _plain("Yogi", "learning_rate beta1 beta2 epsilon", 0.01, clips=True),
}

SONNET: dict[str, OptimizerSpec] = {
    "SGD": _plain("SGD", "learning_rate name"),
    "Momentum": _plain("SGD", "learning_rate momentum use_nesterov name"),
    "RMSProp": _plain("RMSprop", "learning_rate decay momentum epsilon centered name", momentum=0.0),
    "Adam": _plain("Adam", "learning_rate beta1 beta2 epsilon name", 0.001),
}

OTHERS: dict[str, OptimizerSpec] = {
    "LARS": _plain("LARS", "learning_rate momentum weight_decay_rate eeta", 0.01, 0.9, clips=True),
    "AdamWeightDecay": _plain("AdamWeightDecay", "learning_rate beta_1 beta_2 epsilon amsgrad", 0.001, clips=True),
    "AdamWeightDecayOptimizer": _plain("AdamWeightDecay", "learning_rate weight_decay_rate beta_1 beta_2 epsilon"),
    "SGDTorch": _plain("SGD", "weight_decay learning_rate momentum momentum_start", 0.01, 0.0, clips=True),
    "AMSGrad": _plain("AMSGrad", "learning_rate beta1 beta2 epsilon use_locking name", 0.01),
    **{
        f"DPKeras{name}Optimizer": OptimizerSpec(
            name, ("l2_norm_clip", "noise_multiplier", "num_microbatches", "learning_rate"), None, always_clips=True
        )
        for name in ("SGD", "Adam", "Adagrad")
    },
}
"""tf-models-official, BERT's own, tensorlayer, TensorFlow Privacy (which clips each example's gradient)."""

VARIANTS: dict[str, dict[str, OptimizerSpec]] = {
    "keras3": KERAS,
    "keras2": {
        **{name: spec for name, spec in KERAS.items() if name not in ("Lamb", "Muon", "ScheduleFreeAdamW")},
        "Adam": _keras("Adam", "learning_rate beta_1 beta_2 epsilon adaptive_epsilon amsgrad"),
        "Lion": replace(KERAS["Lion"], default_rate=0.0001),
    },
    "keras2-legacy": LEGACY,
    "keras-standalone": STANDALONE,
    "tf1": TF1,
    "contrib": TF1,
    "tfa": TFA,
    "sonnet": SONNET,
}
"""Flavour -> class name -> constructor."""

OPTIMIZERS: dict[str, OptimizerSpec] = {**SONNET, **OTHERS, **TF1, **TFA, **LEGACY, **KERAS}
"""Class name -> constructor when the flavour is unknown; the later table wins."""

_ALIASES = {name.lower(): name for name in (*STANDALONE, "Ftrl")}
"""Standalone Keras 2 also exported `keras.optimizers.adam` and the like."""

WRAPPERS: dict[str, WrapperSpec] = {
    "LossScaleOptimizer": WrapperSpec(("inner_optimizer", "optimizer", "opt"), skips_non_finite=True),
    "MixedPrecisionLossScaleOptimizer": WrapperSpec(("opt",), skips_non_finite=True),
    "enable_mixed_precision_graph_rewrite": WrapperSpec(("opt",), skips_non_finite=True),
    "MultiOptimizer": WrapperSpec(("optimizer_map", "optimizers_and_layers"), many=True),
    "TFOptimizer": WrapperSpec(("optimizer",)),
    "SyncReplicasOptimizer": WrapperSpec(("opt",)),
    "CrossShardOptimizer": WrapperSpec(("opt",)),
    "MovingAverageOptimizer": WrapperSpec(("opt",)),
    "ElasticAverageOptimizer": WrapperSpec(("opt",)),
    "ModelAverageOptimizer": WrapperSpec(("opt",)),
    "DropStaleGradientOptimizer": WrapperSpec(("opt",)),
    "MultitaskOptimizerWrapper": WrapperSpec(("opt",)),
    "AGNOptimizer": WrapperSpec(("optimizer",)),
    "TowerOptimizer": WrapperSpec(("optimizer_or_optimizer_fn",)),
    "MovingAverage": WrapperSpec(("optimizer",)),
    "SWA": WrapperSpec(("optimizer",)),
    "Lookahead": WrapperSpec(("optimizer",)),
    "ExponentialMovingAverage": WrapperSpec(("optimizer",)),
    "DistributedOptimizer": WrapperSpec(("optimizer",)),
    "clip_gradients_by_norm": WrapperSpec(("optimizer",), clips=True),
}
"""Last component of the name -> where the inner optimizer stands."""

WRAPPER_NAMESPACES = re.compile(
    NAMESPACES.pattern + r"|keras(\.\w+)*\.mixed_precision(\.\w+)*|tf(\.\w+)*|horovod(\.\w+)*|byteps(\.\w+)*"
)

COMPILE_STRINGS: dict[str, str] = {
    **{name.lower(): name for name in KERAS if name != "Lamb"},  # "lamb" is no key in either Keras (run)
}
"""`compile(optimizer="...")`, lower case (Keras looks it up without regard to case) -> class name in KERAS."""


@cache
@cache
def find_optimizer(canonical: str, flavour: str = "") -> OptimizerSpec | None:
    """The constructor behind a canonical dotted name, None if it is none that we know.

    >>> find_optimizer("tfa.optimizers.AdamW").rate_position
    1
    """
    namespace, _, name = canonical.rpartition(".")
    if not NAMESPACES.fullmatch(namespace):
        return None
    if namespace.startswith(("tfa.", "snt", "contrib.")) or namespace == "tf.train":
        flavour = {"tfa": "tfa", "snt": "sonnet", "contrib": "contrib", "tf": "tf1"}[
            namespace.split(".", maxsplit=1)[0]
        ]
    elif ".legacy" in namespace:
        flavour = "keras2-legacy"
    if namespace.startswith("keras"):
        name = _ALIASES.get(name, name)
    own = VARIANTS.get(flavour, {})
    return own.get(name) or OPTIMIZERS.get(name)


@cache
@cache
def find_wrapper(canonical: str) -> WrapperSpec | None:
    """The optimizer wrapper behind a canonical dotted name."""
    namespace, _, name = canonical.rpartition(".")
    return WRAPPERS.get(name) if WRAPPER_NAMESPACES.fullmatch(namespace) else None


def default_rate(name: str, flavour: str) -> float | None:
    """Default learning rate of a Keras optimizer by its class name or compile string.

    >>> default_rate("adadelta", "keras-standalone")
    1.0
    """
    name = COMPILE_STRINGS.get(name.lower(), name)
    spec = VARIANTS.get(flavour, {}).get(name) or OPTIMIZERS.get(name)
    return spec.default_rate if spec else None
