"""GL301 raw-rewards."""

from collections.abc import Iterator

from gradlint.finding import Severity, Symptom
from gradlint.model import Certainty, Noted, RewardPath, TrainingModel, Where
from gradlint.rule import Match, of_absence, rule


@rule("GL301", severity=Severity.WARNING, predicts=Symptom.UNSCALED_TARGET)
def raw_rewards(model: TrainingModel) -> Iterator[Match]:
    """Rewards reach a loss or a training target without clipping, scaling or normalisation."""
    sources: dict[Where, list[RewardPath]] = {}
    for path in model.rewards:
        if path.bounded is Certainty.NEVER:
            sources.setdefault(path.source, []).append(path)
    for source, (first, *others) in sources.items():
        pays = f", and this environment pays {first.terminal:g} at once" if first.terminal is not None else ""
        small = f" ({first.small})" if first.small is not None else ""
        yield Match(
            source,
            f"rewards go into the {first.sink_kind} as the environment pays them{small}{pays}:"
            " their scale becomes the scale of the gradients",
            "clip or scale them where they enter, e.g. reward = np.clip(reward, -1.0, 1.0)",
            of_absence(model, first.confidence),
            (
                Noted(source, first.evidence),
                *first.steps,
                Noted(first.sink, f"here they enter the {first.sink_kind}"),
                *(Noted(other.sink, f"and here the {other.sink_kind}") for other in others if other.sink != first.sink),
            ),
            Severity.INFO if first.small is not None else None,
        )
