"""Hooks of every optimizer that TensorFlow programs use: Keras 3, Keras 2, tf_keras, legacy, and v1 run eagerly."""

from __future__ import annotations

from typing import Any, Callable

import tensorflow as tf

from .learning_rates import learning_rate, loss_scale, scale, settings
from .ledger import Ledger
from .loader import Finder
from .updates import begin, end

Pairs = list[tuple[Any, Any]]
Call = Callable[..., Any]
Split = Callable[[Any, tuple[Any, ...], dict[str, Any]], tuple[Pairs, tuple[Any, ...], dict[str, Any]]]
"""From a call's arguments to pairs of gradient and variable, and arguments that can still be passed on."""


class Optimizers:
    """Patches the classes as their modules are imported."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.probe = ledger.probe

    def install(self, finder: Finder) -> None:
        """Where each generation of Keras keeps its optimizers."""
        finder.when_imported("keras.src.optimizers.base_optimizer", self._keras_3)
        finder.when_imported("keras.src.optimizers.loss_scale_optimizer", self._keras_3_scaling)
        for package in ("keras.src", "tf_keras.src", "keras", "tf_keras"):
            finder.when_imported(package + ".optimizers.optimizer", self._keras_2)
            finder.when_imported(package + ".optimizers.optimizer_experimental.optimizer", self._keras_2)
            finder.when_imported(package + ".optimizers.legacy.optimizer_v2", self._legacy)
            finder.when_imported(package + ".optimizers.optimizer_v2.optimizer_v2", self._legacy)
            finder.when_imported(package + ".optimizer_v2.optimizer_v2", self._legacy)
            finder.when_imported(package + ".mixed_precision.loss_scale_optimizer", self._keras_2_scaling)
        self._apply(tf.compat.v1.train.Optimizer, "apply_gradients", from_pairs)
        self._construct(tf.compat.v1.train.Optimizer)
        self._hooked("tf.compat.v1.train.Optimizer")

    def _hooked(self, name: str) -> None:
        if name not in self.probe.hooks:
            self.probe.hooks.append(name)

    def _keras_3(self, module: Any) -> None:
        base = module.BaseOptimizer
        self._apply(base, "apply", from_gradients)
        self._construct(base)
        self._clip(base, "_clip_gradients", lambda result: list(result))
        self._scale(base, "scale_loss")
        self._hooked("Keras 3 optimizers")

    def _keras_3_scaling(self, module: Any) -> None:
        self._apply(module.LossScaleOptimizer, "apply", from_gradients)
        self._scale(module.LossScaleOptimizer, "scale_loss")

    def _keras_2(self, module: Any) -> None:
        base = getattr(module, "_BaseOptimizer", None)
        if base is None:  # a module of the same name in Keras 3
            return
        self._apply(module.Optimizer, "apply_gradients", from_pairs)
        self._construct(base)
        self._clip(base, "_clip_gradients", lambda result: list(result))
        self._hooked(module.__name__.split(".")[0] + " (Keras 2) optimizers")

    def _legacy(self, module: Any) -> None:
        self._apply(module.OptimizerV2, "apply_gradients", from_pairs)
        self._construct(module.OptimizerV2)
        if hasattr(module.OptimizerV2, "_transform_gradients"):
            self._clip(module.OptimizerV2, "_transform_gradients", lambda result: [each for each, _ in result])
        self._hooked(module.__name__.split(".")[0] + " (legacy) optimizers")

    def _keras_2_scaling(self, module: Any) -> None:
        for name in ("LossScaleOptimizer", "LossScaleOptimizerV3"):
            scaling = getattr(module, name, None)
            if scaling is not None and "apply_gradients" in vars(scaling):
                self._apply(scaling, "apply_gradients", from_pairs)
                self._scale(scaling, "get_scaled_loss")

    # --- the patches ---------------------------------------------------------------------------------------------

    def _construct(self, base: Any) -> None:
        original = base.__init__

        def construct(optimizer: Any, *args: Any, **kwargs: Any) -> None:
            if self.probe.active:
                with self.probe.measuring("optimizer"):
                    self.probe.entry(optimizer, self.probe.frames.place())
            original(optimizer, *args, **kwargs)

        base.__init__ = construct

    def _clip(self, base: Any, method: str, gradients: Callable[[Any], list[Any]]) -> None:
        """Remember what the optimizer's own clipping lets pass. It is called from within `apply`."""
        original = getattr(base, method)

        def clip(optimizer: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(optimizer, *args, **kwargs)
            if getattr(self.probe.local, "applying", False):
                self.probe.local.applied = gradients(result)
            return result

        setattr(base, method, clip)

    def _scale(self, base: Any, method: str) -> None:
        original = getattr(base, method)

        def scaled(optimizer: Any, loss: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(optimizer, loss, *args, **kwargs)
            if self.probe.active and not callable(loss) and tf.executing_eagerly() and result is not loss:
                with self.probe.measuring("loss scale"):
                    self.ledger.tapes.scaled_loss(loss, result)
            return result

        setattr(base, method, scaled)

    def _apply(self, base: Any, method: str, split: Split) -> None:
        original = getattr(base, method)

        def apply(optimizer: Any, *args: Any, **kwargs: Any) -> Any:
            if not (self.probe.active and tf.executing_eagerly()):
                return original(optimizer, *args, **kwargs)
            self.probe.counts["apply_calls"] += 1
            pairs, args, kwargs = split(optimizer, args, kwargs)
            return self._measured(original, optimizer, pairs, args, kwargs)

        setattr(base, method, apply)

    def _measured(
        self, original: Call, optimizer: Any, pairs: Pairs, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        update = None
        local = self.probe.local
        with self.probe.measuring("update"):
            self.ledger.tapes.over()
            entry = self.probe.entry(optimizer)
            update = begin(self.probe, self.ledger.tapes, entry, pairs, self.probe.frames.place())
            if update is not None:
                entry.settings = entry.settings or settings(optimizer)
                update.learning_rate = learning_rate(optimizer)
                update.scale = scale(optimizer)
                if update.level == "full" and self.probe.request["replay"]:
                    update.state = self.ledger.state_of(optimizer)
        local.applying, local.applied = True, None
        try:
            with self.probe.inside():
                result = original(optimizer, *args, **kwargs)
        finally:
            local.applying = False
        with self.probe.measuring("update"):
            if update is not None:
                if isinstance(optimizer, tf.compat.v1.train.Optimizer):
                    local.applied = [gradient for gradient, _ in pairs if gradient is not None]  # it never clips
                end(update, local.applied)
                update.per_replica = hasattr(optimizer, "_backend_apply_gradients")
                update.scale_after = scale(optimizer) or loss_scale(optimizer)
                self.ledger.told(update, optimizer)
            elif pairs:
                self.ledger.passed(self.probe.entry(optimizer))
        return result


def from_pairs(
    optimizer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Pairs, tuple[Any, ...], dict[str, Any]]:
    """apply_gradients(grads_and_vars, ...): it is often a zip, which can be read once only."""
    if args:
        pairs = list(args[0])
        return pairs, (pairs, *args[1:]), kwargs
    pairs = list(kwargs["grads_and_vars"])
    return pairs, args, {**kwargs, "grads_and_vars": pairs}


def from_gradients(
    optimizer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Pairs, tuple[Any, ...], dict[str, Any]]:
    """Keras 3: apply(grads, trainable_variables=None); without variables it means those that it was built with."""
    gradients = list(args[0] if args else kwargs["grads"])
    given = args[1] if len(args) > 1 else kwargs.get("trainable_variables")
    variables = list(getattr(optimizer, "_trainable_variables", ()) if given is None else given)
    passed_on = () if given is None else (variables,)
    return list(zip(gradients, variables)), (gradients, *passed_on), {}
