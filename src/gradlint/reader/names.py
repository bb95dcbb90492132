"""From the name of an imported thing to one canonical name, whichever way it was imported."""

from __future__ import annotations

from functools import cache

_PREFIXES: tuple[tuple[str, str], ...] = (
    ("tensorflow.compat.v1.keras", "keras"),
    ("tensorflow.compat.v2.keras", "keras"),
    ("tensorflow.python.keras", "keras"),
    ("tensorflow._api.v2.v2.keras", "keras"),
    ("tensorflow.contrib.keras", "keras"),
    ("tensorflow.keras", "keras"),
    ("tf_keras", "keras"),
    ("keras.api", "keras"),
    ("keras.src", "keras"),
    ("keras_core", "keras"),
    ("tensorflow.contrib.slim", "slim"),
    ("tensorflow.contrib", "contrib"),
    ("tensorflow.experimental.numpy", "np"),
    ("tensorflow.compat.v1", "tf"),
    ("tensorflow.compat.v2", "tf"),
    ("tensorflow.compat", "tf"),
    ("tensorflow.python", "tf"),
    ("tensorflow_core", "tf"),
    ("tensorflow_addons", "tfa"),
    ("tensorflow_probability", "tfp"),
    ("tensorflow", "tf"),
    ("tf_slim", "slim"),
    ("numpy", "np"),
    ("sonnet", "snt"),
    ("gymnasium", "gym"),
    ("collections.abc", "typing"),
    ("typing_extensions", "typing"),
)

_INNER: tuple[tuple[str, str], ...] = (
    ("keras.backend.tensorflow_backend.", "keras.backend."),
    ("keras.python.", "keras."),
    ("tf.math.", "tf."),
    ("tf.linalg.", "tf."),
    ("tf.ops.", "tf."),
    ("tf.framework.ops.", "tf."),
    ("tf.train.experimental.", "tf.train."),
    ("np.linalg.", "np."),
    ("np.ma.", "np."),
)


@cache
def canonical(raw: str) -> str:
    """Canonical dotted name: `tensorflow.keras.optimizers.Adam` and `keras.src.optimizers.Adam` are one."""
    name = raw
    for prefix, short in _PREFIXES:
        if raw == prefix or raw.startswith(prefix + "."):
            name = short + raw[len(prefix) :]
            break
    for prefix, short in _INNER:
        if name.startswith(prefix):
            return short + name[len(prefix) :]
    return name


@cache
def flavour(raw: str) -> str:
    """Which framework an imported name belongs to, as far as the import alone can tell."""
    if raw.startswith(("tensorflow.contrib", "tf_slim")):
        return "contrib"
    if raw.startswith("tensorflow_addons"):
        return "tfa"
    if raw.startswith("sonnet"):
        return "sonnet"
    if raw.startswith("tf_keras") or raw.startswith("keras."):
        return "tf_keras" if raw.startswith("tf_keras") else "keras"
    if "keras" in raw.split(".")[:4]:
        return "keras2-legacy" if ".legacy." in raw else "tf.keras"
    if ".train." in raw and raw.endswith("Optimizer"):
        return "tf1"
    if raw.startswith("tensorflow.optimizers"):
        return "tf.keras"
    return raw.partition(".")[0]


@cache
def split(name: str) -> tuple[str, str]:
    """Namespace and last component: `tf.train.AdamOptimizer` gives `tf.train`, `AdamOptimizer`."""
    namespace, _, last = name.rpartition(".")
    return namespace, last
