"""GL804 unnormalised-observations."""

from collections.abc import Iterator

from gradlint.finding import Confidence, Severity, Symptom
from gradlint.model import Noted, Observed, TrainingModel, Where
from gradlint.rule import Match, rule


@rule("GL804", severity=Severity.INFO, predicts=Symptom.EXPLODING)
def unnormalised_observations(model: TrainingModel) -> Iterator[Match]:
    """Large observations of an environment reach a network as they are."""
    sources: dict[Where, list[Observed]] = {}
    for observed in model.observed:
        sources.setdefault(observed.source, []).append(observed)
    for source, (first, *others) in sources.items():
        yield Match(
            source,
            f"observations go into the network as the environment shows them, and {first.why}:"
            " gradients of the first layer are that much larger",
            "scale them, e.g. with gymnasium.wrappers.NormalizeObservation, or divide them by their largest values",
            Confidence.MEDIUM,
            (
                Noted(first.sink, "here they enter the network"),
                *(Noted(other.sink, "and here") for other in others),
            ),
        )
