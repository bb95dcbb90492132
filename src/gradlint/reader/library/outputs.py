"""The ranges of what layers and models put out."""

from __future__ import annotations

from dataclasses import replace

from gradlint.model.layers import OutputActivation
from gradlint.reader.arguments import Args
from gradlint.reader.tensors import Site, source
from gradlint.values import Num, Value
from gradlint.vocabulary.tensors import OUTPUTS


def ranged(tensor: Value, activation: OutputActivation | None, args: Args) -> Value:
    """The output of a layer or model at a call of it, with the range of its activation."""
    if activation is None or not isinstance(tensor, Num) or tensor.range is not None:
        return tensor
    own = OUTPUTS.get(activation.name)
    if own is None:
        return tensor
    return replace(tensor, range=own, term=source(activation.name, Site(args.where, args.context, True)))
