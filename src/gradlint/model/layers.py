"""What a network's layers do to numbers: activations, and the losses that their outputs go into."""

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
