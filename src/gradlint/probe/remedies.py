"""What to do about the first number that is not finite, by where it was born."""

from __future__ import annotations

from gradlint.probe.wire import NonFinite, Phase

_PHASES = {
    Phase.DATA: "look for NaN in the data before training, as with np.isfinite(x).all()",
    Phase.CLIPPED: "look between the gradients and the update: a norm that is 0 or infinite divides there",
    Phase.UPDATE: "lower the learning rate",
}
_LOG = "clip the argument from below, as in tf.maximum(p, 1e-7), or compute the loss from logits"
_DIVISION = "add a small number to the divisor, or use tf.math.divide_no_nan"
_ROOT = "add a small number under the root: its derivative at 0 is infinite"
_EXPONENTIAL = "bound the argument of the exponential: float32 overflows above 88.7"
_POWER = "keep the base away from 0 and from negative numbers"
_ARC = "keep the argument within (-1, 1): the derivative at both ends is infinite"
_OPERATIONS = {
    "Log": _LOG, "Log1p": "keep the argument above -1", "Div": _DIVISION, "RealDiv": _DIVISION, "Reciprocal": _DIVISION,
    "ReciprocalGrad": _DIVISION, "Inv": _DIVISION, "InvGrad": _DIVISION, "Sqrt": _ROOT, "SqrtGrad": _ROOT, "Rsqrt": _ROOT,
    "RsqrtGrad": _ROOT, "Exp": _EXPONENTIAL, "Expm1": _EXPONENTIAL, "Pow": _POWER, "Acos": _ARC, "Asin": _ARC,
}  # fmt: skip
_OTHERWISE = "keep the input of that operation away from the point where it is not finite"


def remedy(origin: NonFinite) -> str:
    """The fix in one line.

    In the backward pass the operation is often plain arithmetic; then the forward one, whose derivative it is, says more.
    """
    known = [_OPERATIONS[each] for each in (origin.forward_operation, origin.operation) if each in _OPERATIONS]
    return _PHASES.get(origin.phase) or next(iter(known), _OTHERWISE)
