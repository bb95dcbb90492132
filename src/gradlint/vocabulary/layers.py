"""What comes out of Keras layers: the activation that each applies, and the range of every activation in float32."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import inf

LINEAR = "linear"

RANGES: dict[str, tuple[float, float, bool, bool]] = {
    "linear": (-inf, inf, False, False),
    "softmax": (0.0, 1.0, True, True),
    "sigmoid": (0.0, 1.0, True, True),
    "hard_sigmoid": (0.0, 1.0, True, True),
    "sparse_sigmoid": (0.0, 1.0, True, True),
    "sparsemax": (0.0, 1.0, True, True),
    "tanh": (-1.0, 1.0, True, True),
    "hard_tanh": (-1.0, 1.0, True, True),
    "softsign": (-1.0, 1.0, True, True),
    "relu": (0.0, inf, True, False),
    "relu6": (0.0, 6.0, True, True),
    "softplus": (0.0, inf, True, False),
    "exponential": (0.0, inf, True, True),
    "elu": (-1.0, inf, True, False),
    "celu": (-1.0, inf, True, False),
    "selu": (-1.7580993, inf, True, False),
    "gelu": (-0.1700401, inf, True, False),
    "swish": (-0.2784645, inf, True, False),
    "mish": (-0.3088433, inf, True, False),
    "hard_swish": (-0.375, inf, True, False),
    "log_softmax": (-inf, 0.0, False, True),
    "log_sigmoid": (-inf, 0.0, False, True),
    "leaky_relu": (-inf, inf, False, False),
    "prelu": (-inf, inf, False, False),
}
"""low, high, and whether a number at that end does occur: sigmoid is 1 from 17 on, softplus 0 below -104."""

PROBABILITIES = frozenset({"softmax", "sigmoid", "hard_sigmoid", "sparse_sigmoid", "sparsemax"})
"""What comes out is meant as a probability."""

_SYNONYMS = {
    "silu": "swish",
    "hard_silu": "hard_swish",
    "exp": "exponential",
    "identity": LINEAR,
    "leakyrelu": "leaky_relu",
    "LeakyReLU": "leaky_relu",
    "PReLU": "prelu",
    "ReLU": "relu",
    "ELU": "elu",
    "Softmax": "softmax",
}

_NAMESPACES = frozenset({"tf", "tf.nn", "keras.activations", "keras.ops", "keras.backend"})


def activation_named(name: str) -> str | None:
    """The activation that Keras or TensorFlow knows under a name, None if there is none.

    >>> activation_named("silu"), activation_named("my_own")
    ('swish', None)
    """
    known = _SYNONYMS.get(name, name)
    return known if known in RANGES else None


@cache
def activation_function(canonical: str) -> str | None:
    """The activation that a function of a library computes, by canonical name.

    >>> activation_function("tf.nn.softmax"), activation_function("tf.sigmoid"), activation_function("np.tanh")
    ('softmax', 'sigmoid', None)
    """
    namespace, _, last = canonical.rpartition(".")
    if namespace in _NAMESPACES and last not in ("identity", "exp"):
        return activation_named(last)
    return None


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """How a layer says which activation it applies."""

    default: str
    """The activation without the argument."""
    position: int | None = None
    """Position of the argument `activation`."""


_DENSE = LayerSpec(LINEAR, 1)
_CONVOLUTION = LayerSpec(LINEAR)
_RECURRENT = LayerSpec("tanh", 1)
_CONVOLUTIONAL_RECURRENT = LayerSpec("tanh")

ACTIVATED: dict[str, LayerSpec] = {
    "Dense": _DENSE,
    "EinsumDense": LayerSpec(LINEAR, 2),
    **{
        f"{kind}{size}": _CONVOLUTION
        for kind in ("Conv", "SeparableConv", "DepthwiseConv", "LocallyConnected")
        for size in ("1D", "2D", "3D")
    },
    **{f"{name}Transpose": _CONVOLUTION for name in ("Conv1D", "Conv2D", "Conv3D")},
    **dict.fromkeys(("Convolution1D", "Convolution2D", "Convolution3D", "Deconvolution2D"), _CONVOLUTION),
    **dict.fromkeys(("SimpleRNN", "LSTM", "GRU", "SimpleRNNCell", "LSTMCell", "GRUCell"), _RECURRENT),
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), _CONVOLUTIONAL_RECURRENT),
    **dict.fromkeys(("CuDNNLSTM", "CuDNNGRU"), _CONVOLUTIONAL_RECURRENT),
    "Activation": LayerSpec("", 0),
}
"""Layers of Keras with an argument `activation`, and what they do without it."""

RECURRENT: dict[str, bool] = {
    **dict.fromkeys(("SimpleRNN", "LSTM", "GRU", "SimpleRNNCell", "LSTMCell", "GRUCell"), True),
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "PeepholeLSTMCell"), False),
    **dict.fromkeys(("BasicRNNCell", "BasicLSTMCell", "LayerNormBasicLSTMCell"), False),
}
"""Recurrent layers and cells with an argument `activation`, and whether it is the second."""

GROWING = frozenset(name for name, (low, high, _, _) in RANGES.items() if high - low > 10)
"""Activations whose output has no bound."""

_UNBOUNDED = (
    "Embedding",
    "BatchNormalization",
    "SyncBatchNormalization",
    "LayerNormalization",
    "GroupNormalization",
    "MultiHeadAttention",
)
FIXED = {name: _SYNONYMS[name] for name in ("LeakyReLU", "PReLU", "ReLU", "ELU", "Softmax")} | dict.fromkeys(
    _UNBOUNDED, LINEAR
)
"""Layers whose output has always the range of this activation."""

PASSING = frozenset(
    "Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D Reshape Flatten Permute RepeatVector Identity Masking "
    "Cropping1D Cropping2D Cropping3D UpSampling1D UpSampling2D UpSampling3D ActivityRegularization MaxPooling1D "
    "MaxPooling2D MaxPooling3D MaxPool1D MaxPool2D MaxPool3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D "
    "GlobalMaxPool1D GlobalMaxPool2D AveragePooling1D AveragePooling2D AveragePooling3D AvgPool2D "
    "GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalAvgPool1D GlobalAvgPool2D "
    "Concatenate Average Maximum Minimum".split()
)
"""Layers whose output has the range of their input or inputs. (While it trains, Dropout scales what is left up.)"""

WRAPPERS = frozenset({"TimeDistributed", "Bidirectional", "RNN", "SpectralNormalization"})
"""Layers around another one, their first argument, whose output they pass on."""

PASSING_FUNCTIONS = frozenset(
    "reshape squeeze expand_dims identity cast transpose stop_gradient flatten batch_flatten ensure_shape gather "
    "convert_to_tensor concatenate concat stack average maximum minimum".split()
)
"""Functions, by the last part of their names, whose result has the numbers of their argument."""

DENSE_FUNCTIONS: dict[str, tuple[str, tuple[str, ...], int | None]] = {
    "tf.layers.dense": (LINEAR, ("activation",), 2),
    "tf.layers.conv1d": (LINEAR, ("activation",), None),
    "tf.layers.conv2d": (LINEAR, ("activation",), None),
    "tf.layers.conv2d_transpose": (LINEAR, ("activation",), None),
    **{
        f"{package}.{name}": ("", ("activation_fn",), None)
        for package in ("contrib.layers", "slim", "slim.layers")
        for name in ("fully_connected", "linear", "conv2d", "convolution2d", "conv2d_transpose")
    },
}
"""Functions of TensorFlow 1 that build a layer and call it: default activation, the argument, its position.

What contrib does by default depends on the `arg_scope` around it.
"""
