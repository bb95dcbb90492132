"""What layers do to numbers: activations, the losses that outputs go into, and how far a recurrent state can grow."""

from __future__ import annotations

from dataclasses import dataclass

from gradlint.model.places import Where


@dataclass(frozen=True, slots=True)
class OutputActivation:
    """The activation that a tensor, untouched since, came out of."""

    name: str
    """One of `vocabulary.layers.RANGES`."""
    where: Where
    """Where the layer is made or the function called."""
    layer: str
    """What applies it: `Dense`, `tf.nn.softmax`."""
    assumed: bool = False
    """The name is a default that somebody may replace."""
    default: bool = False
    """The layer was given no activation."""


@dataclass(frozen=True, slots=True)
class LossUse:
    """A cross-entropy of something that an activation, or a layer without one, has just given."""

    where: Where
    """Where the argument `from_logits` is, else where the loss is made or named."""
    used: Where
    """Where the loss meets the output: a call, or `compile`."""
    loss: str
    """As in TensorFlow: `BinaryCrossentropy`, `tf.nn.softmax_cross_entropy_with_logits`."""
    applies: str
    """What makes probabilities of its logits: sigmoid or softmax."""
    takes_logits: bool
    optional: bool
    """It takes logits or probabilities as `from_logits` says."""
    output: OutputActivation
    assumed: bool
    """`from_logits` is a default that somebody may replace."""
    trained: bool | None = True
    """Whether the model that is compiled with the loss is trained; None where nothing is, so that it is told elsewhere.
    Where it is not, it may be one that was not followed, or the generator of a GAN, which is trained within another."""

    @property
    def doubts(self) -> int:
        """Reasons to doubt that the loss takes this output."""
        return self.assumed + self.output.assumed + 2 * (self.trained is False)


@dataclass(frozen=True, slots=True)
class Initializer:
    """How the weights that carry the state from one time step to the next start."""

    name: str
    where: Where
    spread: float
    """Standard deviation of one weight."""
    mean: float
    gain: float | None
    """Factor by which a step stretches the state where this does not depend on the number of units (orthogonal)."""

    def radius(self, units: float | None) -> float | None:
        """About how much one step stretches the state: the spectral radius of the matrix, None if it is not known.

        A square matrix of n independent numbers with deviation s has the radius s * sqrt(n) (circular law), and a constant
        m in all its places has m * n.
        """
        if self.gain is not None:
            return self.gain
        return None if units is None else max(self.spread * units**0.5, abs(self.mean) * units)


@dataclass(frozen=True, slots=True)
class RecurrentLayer:
    """A recurrent layer or cell, as far as its state can grow."""

    where: Where
    name: str
    """`LSTM`, `GRUCell` ..."""
    activation: OutputActivation | None
    """None if it could not be followed."""
    gate: OutputActivation | None
    """`recurrent_activation`; None if it is the default or could not be followed."""
    initializer: Initializer | None
    """`recurrent_initializer`; None if it is the default or could not be followed."""
    units: float | None
    steps: float | None
    """Time steps of its input, where the layer itself says so."""
