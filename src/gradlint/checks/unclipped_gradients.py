"""GL101 unclipped-gradients."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Certainty, Noted, Optimizer, TrainingModel, Update
from gradlint.rule import Match, in_context, of_absence, rule


@rule("GL101", severity=Severity.WARNING, predicts=Symptom.EXPLODING)
def unclipped_gradients(model: TrainingModel) -> Iterator[Match]:
    """Gradients reach the weights with no clipping on the way, where exploding gradients are to be expected."""
    causes: dict[object, list[Update]] = {}
    told = {update.where for clip in model.clips for update in clip.bypassed_by}  # GL102 says it better
    for update in model.updates:
        if update.where in told:
            continue
        known = update.optimizer_unknown is None and update.clipping is Certainty.NEVER
        if update.gradients_unknown is None and (known or update.caller_may_clip):
            causes.setdefault(_cause(model, update), []).append(update)
    for updates in causes.values():
        first, *others = sorted(updates, key=lambda update: model.context_of(update).strength, reverse=True)
        context = model.context_of(first)
        evidence = context.hints
        optimizer = first.optimizers[0] if first.optimizers else None
        who = f"{optimizer.name} gets" if optimizer else f"{first.method} applies"
        unless = " (unless the caller makes the optimizer clip)" if first.caller_may_clip else ""
        why = f", and {evidence[0].note} ({evidence[0].where.path})" if evidence else ""
        yield Match(
            first.where,
            f"{who} gradients that nothing has clipped{unless}{why}: one exploding gradient arrives at full size",
            _remedy(first, optimizer),
            Confidence.LOW if first.caller_may_clip else in_context(context, of_absence(model, first.confidence)),
            (
                *((Noted(optimizer.where, "the optimizer is created here and does not clip"),) if optimizer else ()),
                *first.gradients,
                *evidence[:1],
                *(Noted(other.where, f"the same reaches the weights here ({other.method})") for other in others),
            ),
            None if evidence else Severity.INFO,
        )


def _cause(model: TrainingModel, update: Update) -> object:
    """Updates with one cause are one finding: they share an optimizer, or are written alike, each with one of its own."""
    if update.optimizers and update.made_here and update.method == "minimize":
        return update.where.path, update.method, update.optimizers[0].constructor
    return update.optimizers[0].where if update.optimizers else model.root


_KEYWORDS = {
    "keras3": "global_clipnorm",
    "keras2": "global_clipnorm",
    "keras2-legacy": "clipnorm",  # the older ones have no global_clipnorm
    "keras-standalone": "clipnorm",
}


def _remedy(update: Update, optimizer: Optimizer | None) -> str:
    """The fix that fits how the gradients are applied."""
    argument = _KEYWORDS.get(optimizer.flavour) if optimizer is not None else None
    if update.method in ("apply_gradients", "apply") and optimizer is not None and optimizer.flavour == "keras2-legacy":
        argument = None  # up to TensorFlow 1.15 they do not clip what they are handed
    if update.method == "agent":
        return "pass gradient_clipping=1.0 to the agent"
    if optimizer is not None and argument:
        if optimizer.from_string:
            return f"give compile {optimizer.constructor.removeprefix('keras.')}({argument}=1.0) instead of a string"
        return f"pass {argument}=1.0 to {optimizer.constructor.rpartition('.')[2]}(...)"
    if update.method == "minimize":
        return "replace minimize by compute_gradients and apply_gradients, with tf.clip_by_global_norm between them"
    return "clip before the update: gradients, norm = tf.clip_by_global_norm(gradients, 1.0)"
