"""GL401 missing-nan-check."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Certainty, TrainingModel
from gradlint.rule import Match, in_context, of_absence, rule


@rule("GL401", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def missing_nan_check(model: TrainingModel) -> Iterator[Match]:
    """Nothing in the program would notice a NaN before it is in the weights."""
    unchecked = all(each.finite_check is Certainty.NEVER and not each.late_checks for each in model.updates)
    # a check that only prints, or whose subject is unclear, is still a check: no absence to report
    if not model.updates or not unchecked or any(check.subject != "data" for check in model.checks):
        return
    running = [update for update in model.updates if update.runner_seen]
    first = min(running or model.updates, key=lambda update: (-model.context_of(update).strength, update.where))
    context = model.context_of(first)
    evidence = context.hints
    why = f", and {evidence[0].note} ({evidence[0].where.path})" if evidence else ""
    shared = any(each.by_global_norm for each in model.updates)
    spread = ", and clipping by the global norm puts it into every weight at once" if shared else ""
    yield Match(
        first.where,
        f"no loss or gradient is checked for NaN before it reaches the weights{why}:"
        f" one NaN stays in the weights for good{spread}",
        'check before the update: loss = tf.debugging.check_numerics(loss, "loss")'
        if first.custom_loop
        else "add keras.callbacks.TerminateOnNaN() to the callbacks",
        Confidence.LOW  # an unseen caller may check, or pass callbacks
        if not running
        else in_context(context, of_absence(model, max(update.confidence for update in running))),
        (*first.gradients, *evidence[:1]),
        None if evidence else Severity.INFO,
    )
