"""Which tensors of a TensorFlow 1 graph to look at for the first non-finite number of a run."""

from __future__ import annotations

from typing import Any, Dict

import tensorflow as tf

MOST_TENSORS = 4000
MOST_NUMBERS = 1 << 24
"""Beyond these the run would take too much memory; tensors of unknown size count as small."""


def intermediates(training: Any) -> Dict[str, Any]:
    """Floating-point tensors on the way to loss and gradients, by name; those inside of loops cannot be fetched."""
    from .graphs import ancestors

    starts = [gradient for gradient, _ in training.pairs]
    ops = ancestors([each.op for each in tf.nest.flatten(starts, expand_composites=True)])
    found: Dict[str, Any] = {}
    numbers = 0
    for op in sorted(ops, key=lambda each: each._id):
        if op._get_control_flow_context() is not None or op.type in ("Placeholder", "VarHandleOp", "VariableV2"):
            continue
        for tensor in op.outputs:
            if tensor.dtype.is_floating and not tensor.dtype._is_ref_dtype and tensor.graph.is_fetchable(tensor):
                numbers += tensor.shape.num_elements() or 0
                if len(found) < MOST_TENSORS and numbers < MOST_NUMBERS:
                    found[tensor.name] = tensor
    return found
