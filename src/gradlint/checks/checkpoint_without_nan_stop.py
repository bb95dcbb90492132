"""GL408 checkpoint-without-nan-stop."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import Certainty, Noted, TrainingModel, Update, Where
from gradlint.rule import Match, of_absence, rule


@rule("GL408", severity=Severity.WARNING, predicts=Symptom.NON_FINITE)
def checkpoint_without_nan_stop(model: TrainingModel) -> Iterator[Match]:
    """Every epoch's weights overwrite the checkpoint, and nothing stops the training at NaN."""
    found: dict[Where, tuple[Noted, Update]] = {}
    for update in model.updates:
        if update.finite_check is Certainty.NEVER:
            for checkpoint in update.checkpoints:
                found.setdefault(checkpoint.where, (checkpoint, update))
    for checkpoint, update in found.values():
        yield Match(
            checkpoint.where,
            "each epoch overwrites this checkpoint, and nothing stops the training at NaN:"
            " the last good weights are lost with the first epoch that ends in NaN",
            'keep what was good: save_best_only=True, or "{epoch}" in the path, or TerminateOnNaN(raise_error=True)',
            of_absence(model, update.confidence),
            update.gradients[:1],
        )
