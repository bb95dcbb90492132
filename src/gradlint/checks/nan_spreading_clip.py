"""GL110 nan-spreading-clip."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import Certainty, Noted, TrainingModel, Update, Where
from gradlint.rule import Match, of_absence, rule


@rule("GL110", severity=Severity.INFO, predicts=Symptom.NON_FINITE)
def nan_spreading_clip(model: TrainingModel) -> Iterator[Match]:
    """Gradients are clipped by their global norm without a check for NaN: one NaN among them becomes NaN in all weights."""
    places: dict[Where, list[tuple[Noted, Update]]] = {}
    for update in model.updates:
        if update.finite_check is Certainty.NEVER:
            for noted in update.by_global_norm:
                places.setdefault(noted.where, []).append((noted, update))
    for where, uses in places.items():
        yield Match(
            where,
            f"{uses[0][0].note.rpartition('.')[2]} divides all gradients by one norm, and nothing looks whether it is"
            " finite: one NaN or Inf among them makes every weight NaN",
            "look before the update: if tf.math.is_finite(norm), else skip the update",
            of_absence(model, max(update.confidence for _, update in uses)),
            tuple(Noted(update.where, "here the gradients reach the weights") for _, update in uses),
        )
