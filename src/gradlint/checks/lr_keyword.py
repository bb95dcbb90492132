"""GL202 lr-keyword."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Noted, TrainingModel
from gradlint.rule import Match, rule
from gradlint.vocabulary.optimizers import default_rate


@rule("GL202", severity=Severity.ERROR, predicts=Symptom.WRONG_UPDATE)
def lr_keyword(model: TrainingModel) -> Iterator[Match]:
    """The learning rate is passed as `lr=`, which Keras 2 ignores from TF 2.11 on and Keras 3 rejects."""
    for optimizer in model.optimizers:
        # legacy, standalone, TF 1 and Addons optimizers do take it
        if optimizer.lr_keyword is None or optimizer.flavour not in ("keras2", "keras3"):
            continue
        name = optimizer.constructor.rpartition(".")[2]
        written = f" instead of {optimizer.learning_rate.text}" if optimizer.learning_rate else ""
        default = default_rate(name, optimizer.flavour)
        stays = f"at its default {default:g}" if default is not None else "at its default"
        if model.lr_keyword == "rejected":
            message = f"Keras 3 has no lr=: {name}(...) raises ValueError before training starts"
        elif model.lr_keyword == "ignored":
            message = f"this Keras drops lr= with no more than a log line: {name} trains {stays}{written}"
        else:
            continue
        yield Match(
            optimizer.lr_keyword,
            message,
            "write learning_rate= instead of lr=",
            Confidence.MEDIUM if model.target_assumed else Confidence.HIGH,
            (Noted(optimizer.where, model.target),) if model.target else (),
        )
