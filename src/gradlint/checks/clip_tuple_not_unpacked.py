"""GL103 clip-tuple-not-unpacked."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import TrainingModel
from gradlint.rule import Match, rule


@rule("GL103", severity=Severity.ERROR, predicts=Symptom.WRONG_UPDATE)
def clip_tuple_not_unpacked(model: TrainingModel) -> Iterator[Match]:
    """The pair that clip_by_global_norm returns is used as if it were the list of gradients."""
    for pairing in model.pairings:
        if pairing.problem == "clip-pair":
            yield Match(
                pairing.where,
                "tf.clip_by_global_norm returns (gradients, norm), and the pair is matched with the variables:"
                " the first variable gets the whole list, the second the norm",
                "unpack it: gradients, norm = tf.clip_by_global_norm(...)",
                pairing.confidence,
                pairing.gradients + pairing.variables,
            )
