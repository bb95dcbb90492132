"""Which Keras and TensorFlow a project is written for: told, pinned, or read off names that no longer exist."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from gradlint.reader.ir import Attr, ModuleIR, Name
from gradlint.reader.project import imports
from gradlint.reader.walk import walk
from gradlint.vocabulary.own import Told, nothing_told

_PIN = re.compile(
    r"(?<![\w./-])(?P<name>tensorflow(?:[-_](?:cpu|gpu|macos|intel))?|keras|tf[-_]keras)(?:\[[^\]]*\])?[\"']?\s*"
    r"(?P<spec>[(\s]*(?:[<>=!~^]=?=?)[^\"'#;\n]*)",
    re.I,
)
_BOUND = re.compile(r"(==|<=|<|~=|\^)\s*(\d{1,9}(?:\.\d{1,9})*)(?!\d)")
_NUMPY = re.compile(r"(?<![\w./-])numpy[\"']?\s*(?P<spec>[(\s]*(?:[<>=!~^]=?=?)[^\"'#;\n]*)", re.I)
_LAST_OF_NUMPY_1_19 = (2, 6)
"""TensorFlow 2.7 and later do not install with a NumPy below 1.20 on every Python, 2.11 and later on none."""
_FILES = (
    "requirements.txt",
    "setup.py",
    "setup.cfg",
    "pyproject.toml",
    "requirements-dev.txt",
    "environment.yml",
    "Pipfile",
    "METADATA",
    "PKG-INFO",
)

_OLD_NAMES = frozenset(
    [
        "fit_generator",
        "predict_generator",
        "evaluate_generator",
        "predict_classes",
        "predict_proba",
        "placeholder",
        "InteractiveSession",
        "ConfigProto",
        "global_variables_initializer",
        "initialize_all_variables",
        "CuDNNLSTM",
        "CuDNNGRU",
        "get_updates",
        "Merge",
        "Convolution2D",
        "nb_epoch",
        "set_session",
        "tensorflow_backend",
        "np_utils",
        "advanced_activations",
        "GradientDescentOptimizer",
        "AdamOptimizer",
        "RMSPropOptimizer",
        "to_float",
        "get_session",
        "clear_session_v1",
        "set_learning_phase",
    ]
)
"""Names that the current TensorFlow or Keras no longer has: code that uses them is written for an older one."""

_OLD_PAIRS = frozenset(
    {
        ("tf", "Session"),
        ("K", "get_value"),
        ("K", "set_value"),
        ("K", "set_session"),
        ("tf", "app"),
        ("tf", "gfile"),
        ("tf", "get_variable"),
        ("tf", "log"),
    }
)
_TELLING = _OLD_NAMES | {"contrib"} | {name for _, name in _OLD_PAIRS}
_OLD_MEMBERS = frozenset(
    {
        "merge",
        "Merge",
        "Convolution2D",
        "MaxoutDense",
        "CuDNNLSTM",
        "CuDNNGRU",
        "np_utils",
        "set_session",
        "TimeDistributedDense",
    }
)

_REMOVED_MODULES = re.compile(
    r"tensorflow\.contrib|keras\.layers\.(core|advanced_activations|convolutional|recurrent|normalization|embeddings|pooling"
    r"|merge|wrappers|noise|local)\b|keras\.(engine|utils\.np_utils|objectives|preprocessing\.text|legacy)\b"
)
"""Modules that Keras 3 does not have."""
_OLD_PACKAGES = re.compile(
    r"(tensorflow_addons|keras_contrib|keras_applications|stable_baselines|baselines)(\.|$)"
    r"|rl\.(agents|callbacks|core|memory|policy|processors|random|util)(\.|$)"
)
"""Packages that work with older versions only (`rl` is keras-rl and keras-rl2)."""


@dataclass(frozen=True)
class Target:
    """What `lr=` and `tf.keras` mean. Versions told by the user win over pins, pins over what the code shows."""

    tensorflow: str | None = None
    keras: str | None = None
    modules: Callable[[str], Iterable[ModuleIR]] = field(default=lambda path: ())
    """The modules of the program that a file belongs to, itself first."""
    told: Callable[[str], Told] = nothing_told
    """What the configuration says of a file, if nothing is said of all."""

    def flavour(self, raw: str, path: str) -> str:
        """keras3, keras2, keras2-legacy, keras-standalone, tf1, tfa, contrib, sonnet ... of an imported name."""
        from gradlint.reader.names import flavour

        own = flavour(raw)
        if own == "tf_keras":
            return "keras2-legacy" if ".legacy." in raw else "keras2"
        if own not in ("keras", "tf.keras"):
            return own
        if ".legacy." in raw or ".compat.v1." in raw:
            return "keras2-legacy"
        version = self._version(path)
        if version is None or version >= (2, 16):
            return "keras3"
        if own == "keras" and version < (2, 4):
            return "keras-standalone"
        return "keras2" if version >= (2, 11) else "keras2-legacy"

    def lr_keyword(self, path: str) -> str:
        """What the meant Keras does with `lr=`: rejected, ignored or accepted."""
        version = self._version(path)
        if version is None or version >= (2, 16):
            return "rejected"
        return "ignored" if version >= (2, 11) else "accepted"

    def assumed(self, path: str) -> bool:
        """Neither the user nor a pin nor the code tells which Keras is meant."""
        return self._version(path) is None

    def describe(self, path: str) -> str:
        """The meant version and how it was inferred, for people."""
        tensorflow, keras = self._told(path)
        if tensorflow or keras:
            return f"checked for {'TensorFlow ' + tensorflow if tensorflow else 'Keras ' + str(keras)}"
        pin = self._pins.find(os.path.dirname(os.path.abspath(path)))
        if pin is not None:
            return f"checked for TensorFlow {'.'.join(map(str, pin[0]))}, which {pin[1]} asks for"
        old = self._old(path)
        return (
            f"written for an older Keras: it uses {old}"
            if old
            else "no version bound was found, so the current Keras 3 is meant"
        )

    def _version(self, path: str) -> tuple[int, ...] | None:
        """TensorFlow's version in effect (Keras versions are mapped to it); None for the current one."""
        tensorflow, keras = self._told(path)
        if keras is not None:
            version = _parts(keras)
            return (2, 16) if version >= (3,) else version
        if tensorflow is not None:
            return _parts(tensorflow)
        pin = self._pins.find(os.path.dirname(os.path.abspath(path)))
        if pin is not None:
            return pin[0]
        return (2, 3) if self._old(path) else None

    def _told(self, path: str) -> tuple[str | None, str | None]:
        """TensorFlow and Keras as the user has told."""
        if self.tensorflow or self.keras:
            return self.tensorflow, self.keras
        told = self.told(path)
        return told.tensorflow, told.keras

    def _old(self, path: str) -> str | None:
        """A name in the file's program that the current Keras no longer has."""
        if path not in self._seen:
            self._seen[path] = next(
                (name for module in self.modules(path) for name in [self._name_in(module)] if name), None
            )
        return self._seen[path]

    def _name_in(self, module: ModuleIR) -> str | None:
        if module.path not in self._names:
            self._names[module.path] = _old_name(module)
        return self._names[module.path]

    @cached_property
    def _names(self) -> dict[str, str | None]:
        return {}

    @cached_property
    def _seen(self) -> dict[str, str | None]:
        return {}

    @cached_property
    def _pins(self) -> _Pins:
        return _Pins()


def _old_name(module: ModuleIR) -> str | None:
    for _, dotted in imports(module):
        member = dotted.rpartition(".")[2]
        if _REMOVED_MODULES.search(dotted) or _OLD_PACKAGES.match(dotted):
            return dotted
        if member in _OLD_MEMBERS and dotted.startswith(("keras", "tensorflow")):
            return dotted
    if _TELLING.isdisjoint(module.names):
        return None
    return next(
        (name for node in walk(module) if isinstance(node, Attr) for name in [_old_attribute(node)] if name), None
    )


def _old_attribute(node: Attr) -> str | None:
    owner = node.obj.id if isinstance(node.obj, Name) else ""
    if (owner, node.name) in _OLD_PAIRS or (owner == "tf" and node.name == "contrib"):
        return f"{owner}.{node.name}"
    of_v1 = owner in ("tf1", "torch", "v1") or (isinstance(node.obj, Attr) and node.obj.name == "v1")
    return node.name if node.name in _OLD_NAMES and not of_v1 else None


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2]) or (99,)


class _Pins:
    """Version bounds in the requirement files of a directory or one above it."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[int, ...], str] | None] = {}

    def find(self, folder: str) -> tuple[tuple[int, ...], str] | None:
        if folder not in self._known:
            found = _read_pin(folder)
            parent = os.path.dirname(folder)
            stop = parent == folder or os.path.exists(os.path.join(folder, ".git"))
            self._known[folder] = found if found is not None or stop else self.find(parent)
        return self._known[folder]


def _requirement_files(folder: str) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    own = [os.path.join(folder, name) for name in _FILES if name in names]
    installed = [name for name in names if name.endswith((".dist-info", ".egg-info"))]
    return own + [
        os.path.join(folder, name, file) for name in installed for file in ("METADATA", "requires.txt", "PKG-INFO")
    ]


def _read_pin(folder: str) -> tuple[tuple[int, ...], str] | None:
    for path in _requirement_files(folder):
        name = os.path.basename(path)
        try:
            with open(path, encoding="utf-8", errors="replace") as stream:
                text = stream.read(200_000)
        except OSError:
            continue
        for match in _PIN.finditer(text):
            for operator, version in _BOUND.findall(match["spec"]):
                parts = _parts(version)
                if match["name"].lower() in ("keras", "tf-keras", "tf_keras") and parts >= (3,):
                    parts = (2, 16)
                if operator == "<":
                    parts = (parts[0], parts[1] - 1) if len(parts) > 1 and parts[1] else (parts[0] - 1, 99)
                return parts, name
        for match in _NUMPY.finditer(text):
            for operator, version in _BOUND.findall(match["spec"]):
                if _parts(version) < (1, 20) or (operator == "<" and _parts(version) == (1, 20)):
                    return _LAST_OF_NUMPY_1_19, f"{name} (through numpy {operator}{version})"
    return None
