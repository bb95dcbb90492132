"""Each check on hand-made models: what it says, and above all where it is silent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gradlint.finding import Confidence, Severity
from gradlint.model import (
    Argument,
    Bound,
    Certainty,
    Clip,
    Context,
    Division,
    FiniteCheck,
    GraphCheck,
    Hazard,
    Images,
    Initializer,
    LossUse,
    NanComparison,
    NanReplacement,
    Noted,
    Number,
    Optimizer,
    OutputActivation,
    Pairing,
    RecurrentLayer,
    Return,
    RewardPath,
    Schedule,
    Table,
    TrainingModel,
    Update,
    Where,
)
from gradlint.model.precision import HalfFloatx, HalfOutput, LostConstant, Precision, ScaleMisuse, UnscaledLoss
from gradlint.rule import Match, all_rules

CHECKS = {rule.code: rule.check for rule in all_rules()}
NEVER, SOMETIMES, ALWAYS, UNKNOWN = Certainty.NEVER, Certainty.SOMETIMES, Certainty.ALWAYS, Certainty.UNKNOWN
NO_CONTEXT = Context()
RECURRENT = Context(recurrent=(Noted(Where("model.py", 3), "the model has an LSTM layer"),))
ELSEWHERE = Context(elsewhere=(Noted(Where("play.py", 3), "the program imports gym"),))


def at(loc: int) -> Where:
    return Where("train.py", loc)


def number(value: float, low: float | None = None, **more: object) -> Number:
    low = value if low is None else low
    text = f"{value:g}" if low == value else f"{low:g} to {value:g}"
    return replace(Number(low, value, text), **more)  # type: ignore[arg-type]


ADAM = Optimizer(
    where=at(10),
    name="Adam",
    constructor="keras.optimizers.Adam",
    flavour="keras3",
    learning_rate=number(0.001),
    learning_rate_where=at(11),
    default_rate=False,
    momentum=0.0,
    clips=NEVER,
    lr_keyword=None,
    updates=1,
)
UPDATE = Update(
    where=at(20),
    method="apply_gradients",
    optimizers=(ADAM,),
    optimizer_unknown=None,
    gradients=(Noted(at(19), "gradients of the loss"),),
    gradients_unknown=None,
    clipping=NEVER,
    finite_check=NEVER,
    late_checks=(),
    custom_loop=True,
    in_loop=True,
    confidence=Confidence.HIGH,
)
LATE = FiniteCheck(at(30), "tf.math.is_nan", "gradients", stops=True)
REWARD = RewardPath(
    source=at(40),
    sink=at(45),
    sink_kind="loss",
    bounded=NEVER,
    steps=(Noted(at(41), "stored in the buffer"),),
    evidence="the second value of env.step",
    small=None,
    terminal=None,
    confidence=Confidence.HIGH,
)
DIVISION = Division(at(50), at(51), "std", (Noted(at(49), "np.std of the rewards"),), True, "rewards", Confidence.HIGH)
PAIRING = Pairing(at(60), "swapped", (), (), Confidence.HIGH)


def model(*updates: Update, **parts: object) -> TrainingModel:
    whole = TrainingModel("train.py", "train.py", optimizers=(ADAM,), updates=updates or (UPDATE,))
    return replace(whole, **parts)  # type: ignore[arg-type]


def found(code: str, of: TrainingModel) -> list[Match]:
    return list(CHECKS[code](of))


def one(code: str, of: TrainingModel) -> Match:
    (match,) = found(code, of)
    return match


# -- GL101 -------------------------------------------------------------------------------------------------------------


def test_unclipped_is_a_warning_with_the_evidence() -> None:
    match = one("GL101", model(context=RECURRENT))
    assert match.where == at(20)
    assert match.severity is None
    assert "the model has an LSTM layer (model.py)" in match.message
    assert match.help == "pass global_clipnorm=1.0 to Adam(...)"
    assert [noted.where for noted in match.related] == [at(10), at(19), Where("model.py", 3)]


def test_unclipped_is_info_elsewhere() -> None:
    assert one("GL101", model()).severity is Severity.INFO


@pytest.mark.parametrize("code", ["GL101", "GL401"])
def test_evidence_elsewhere_in_the_program_is_of_low_confidence(code: str) -> None:
    match = one(code, model(context=ELSEWHERE))
    assert (match.severity, match.confidence) == (None, Confidence.LOW)
    assert "the program imports gym (play.py)" in match.message


@pytest.mark.parametrize("clipping", [SOMETIMES, ALWAYS, UNKNOWN])
def test_unclipped_is_silent_unless_clipping_is_never(clipping: Certainty) -> None:
    assert not found("GL101", model(replace(UPDATE, clipping=clipping)))


@pytest.mark.parametrize("field", ["gradients_unknown", "optimizer_unknown"])
def test_unclipped_is_silent_if_the_path_is_open(field: str) -> None:
    assert not found("GL101", model(replace(UPDATE, **{field: "a parameter"})))  # type: ignore[arg-type]


def test_unclipped_groups_by_optimizer() -> None:
    other = replace(ADAM, where=at(12))
    updates = (UPDATE, replace(UPDATE, where=at(21)), replace(UPDATE, where=at(22), optimizers=(other,)))
    first, second = found("GL101", model(*updates))
    assert (first.where, second.where) == (at(20), at(22))
    assert at(21) in {noted.where for noted in first.related}


def test_unclipped_without_an_optimizer_groups_by_program() -> None:
    by_hand = replace(UPDATE, method="assign_sub", optimizers=())
    match = one("GL101", model(by_hand, replace(by_hand, where=at(21)), optimizers=()))
    assert "assign_sub" in match.message
    assert "clip_by_global_norm" in match.help


def test_clip_argument_is_one_that_the_flavour_has() -> None:
    standalone = replace(ADAM, flavour="keras-standalone")
    assert "clipnorm=1.0" in one("GL101", model(replace(UPDATE, optimizers=(standalone,)))).help
    legacy = replace(UPDATE, optimizers=(replace(ADAM, flavour="keras2-legacy"),))
    assert one("GL101", model(replace(legacy, method="fit"))).help == "pass clipnorm=1.0 to Adam(...)"
    assert "tf.clip_by_global_norm" in one("GL101", model(legacy)).help
    tf1 = replace(ADAM, flavour="tf1")
    assert "tf.clip_by_global_norm" in one("GL101", model(replace(UPDATE, optimizers=(tf1,)))).help


@pytest.mark.parametrize("code", ["GL101", "GL301", "GL401"])
@pytest.mark.parametrize(
    ("before", "after"), [(Confidence.HIGH, Confidence.MEDIUM), (Confidence.MEDIUM, Confidence.LOW)]
)
def test_absence_is_less_sure_where_callers_were_not_seen(code: str, before: Confidence, after: Confidence) -> None:
    update, reward = replace(UPDATE, confidence=before), replace(REWARD, confidence=before)
    assert one(code, model(update, rewards=(reward,))).confidence is before
    assert one(code, model(update, rewards=(reward,), assumes_parameters=True)).confidence is after


# -- GL102, GL103, GL412 -----------------------------------------------------------------------------------------------

BOUND = Bound(at(17), "norm", high=number(0.0))
CLIP = Clip(at(18), "tf.clip_by_global_norm", NEVER, reaches_update=False, bypassed_by=(UPDATE,))


def test_clip_result_unused() -> None:
    match = one("GL102", model(clips=(CLIP,)))
    assert match.where == at(18)
    assert "clip_by_global_norm" in match.message
    assert [noted.where for noted in match.related] == [at(19), at(20)]


@pytest.mark.parametrize(
    "clip",
    [
        replace(CLIP, bypassed_by=()),
        replace(CLIP, reaches_update=True),
        replace(CLIP, result_used=SOMETIMES),
        replace(CLIP, result_used=ALWAYS),
        replace(CLIP, result_used=UNKNOWN),
    ],
)
def test_clip_result_used_is_silent(clip: Clip) -> None:
    assert not found("GL102", model(clips=(clip,)))


@pytest.mark.parametrize(
    ("problem", "code", "word"),
    [
        ("swapped", "GL412", "wrong order"),
        ("other-variables", "GL412", "other variables"),
        ("clip-pair", "GL103", "norm"),
    ],
)
def test_pairings(problem: str, code: str, word: str) -> None:
    of = model(pairings=(replace(PAIRING, problem=problem),))
    assert word in one(code, of).message
    assert not found("GL103" if code == "GL412" else "GL412", of)


# -- GL201, GL202 ------------------------------------------------------------------------------------------------------


def rated(rate: Number | None, context: Context = NO_CONTEXT, update: Update = UPDATE, **more: object) -> TrainingModel:
    optimizer = replace(ADAM, learning_rate=rate, **more)  # type: ignore[arg-type]
    return model(replace(update, optimizers=(optimizer,)), optimizers=(optimizer,), context=context)


def test_high_learning_rate() -> None:
    match = one("GL201", rated(number(0.1, origins=(Noted(at(1), "RATE = 0.1"),))))
    assert match.where == at(11)
    assert "Adam is created with learning rate 0.1, 10 times the highest value in common use (0.01)" in match.message
    assert match.help.startswith("start with 0.001 or less")
    assert [noted.where for noted in match.related] == [at(1), at(10)]
    assert (match.severity, match.confidence) == (None, Confidence.HIGH)


@pytest.mark.parametrize(
    "of",
    [
        rated(number(0.01)),
        rated(None),
        rated(number(0.1), default_rate=True),
        rated(number(0.1), purpose=frozenset({"lr-finder"})),
        rated(number(0.1), purpose=frozenset({"toy-variables"})),
        rated(number(0.1), name="LARS"),
        rated(number(1.0), name="Adadelta"),
        rated(number(0.1), name="SGD"),
    ],
)
def test_common_learning_rates_are_silent(of: TrainingModel) -> None:
    assert not found("GL201", of)


def test_range_is_named() -> None:
    match = one("GL201", rated(number(0.1, low=0.001)))
    assert "0.1 (0.001 to 0.1)" in match.message
    assert match.confidence is Confidence.MEDIUM, "one of the values is fine"


def test_doubts_lower_the_confidence() -> None:
    assert one("GL201", rated(number(0.1, assumed=True))).confidence is Confidence.MEDIUM
    assert one("GL201", rated(number(0.1), purpose=frozenset({"callback-schedule"}))).confidence is Confidence.LOW
    assert one("GL201", rated(number(0.1), updates=0)).confidence is Confidence.MEDIUM


def test_gradient_descent_at_one_is_an_error_only_if_nothing_clips() -> None:
    assert one("GL201", rated(number(1.0), name="SGD")).severity is Severity.ERROR
    clipped = replace(UPDATE, clipping=SOMETIMES)
    assert one("GL201", rated(number(1.0), update=clipped, name="SGD")).severity is None
    assert one("GL201", rated(number(1.0, low=0.1), name="SGD")).severity is None


def test_recurrent_gradient_descent_has_a_lower_limit() -> None:
    assert found("GL201", rated(number(0.1), RECURRENT, name="SGD"))
    assert not found("GL201", rated(number(0.1), RECURRENT, replace(UPDATE, clipping=ALWAYS), name="SGD"))
    assert not found("GL201", rated(number(0.1), ELSEWHERE, name="SGD"))


def with_lr(what: str, **more: object) -> TrainingModel:
    optimizer = replace(ADAM, lr_keyword=at(12), learning_rate=number(1e-5), **more)  # type: ignore[arg-type]
    return model(optimizers=(optimizer,), lr_keyword=what)


def test_lr_keyword() -> None:
    assert "raises ValueError" in one("GL202", with_lr("rejected")).message
    ignored = one("GL202", with_lr("ignored", flavour="keras2"))
    assert "Adam trains at its default 0.001 instead of 1e-05" in ignored.message
    assert ignored.where == at(12)


@pytest.mark.parametrize(
    "of",
    [
        with_lr("accepted"),
        with_lr("ignored", flavour="keras2-legacy"),
        with_lr("rejected", flavour="tfa"),
        model(lr_keyword="rejected"),
    ],
)
def test_lr_keyword_is_silent_where_it_works(of: TrainingModel) -> None:
    assert not found("GL202", of)


# -- GL301, GL302 ------------------------------------------------------------------------------------------------------


def test_raw_rewards() -> None:
    match = one("GL301", model(rewards=(REWARD, replace(REWARD, sink=at(46), sink_kind="training target"))))
    assert match.where == at(40)
    assert match.severity is None
    assert [noted.where for noted in match.related] == [at(40), at(41), at(45), at(46)]


@pytest.mark.parametrize("bounded", [SOMETIMES, ALWAYS, UNKNOWN])
def test_bounded_rewards_are_silent(bounded: Certainty) -> None:
    assert not found("GL301", model(rewards=(replace(REWARD, bounded=bounded),)))


def test_small_and_terminal_rewards() -> None:
    small = one("GL301", model(rewards=(replace(REWARD, small="CartPole pays 1 a step"),)))
    assert small.severity is Severity.INFO
    assert "CartPole pays 1 a step" in small.message
    terminal = one("GL301", model(rewards=(replace(REWARD, terminal=100.0),)))
    assert "this environment pays 100 at once" in terminal.message


@pytest.mark.parametrize(
    ("of", "severity"),
    [("rewards", None), ("advantages", None), ("data", Severity.WARNING), ("unknown", Severity.WARNING)],
)
def test_std_without_epsilon(of: str, severity: Severity | None) -> None:
    match = one("GL302", model(divisions=(replace(DIVISION, of=of),)))
    assert match.severity is severity
    assert (of in match.message) is (severity is None)


@pytest.mark.parametrize("division", [replace(DIVISION, kind="count"), replace(DIVISION, attains_zero=False)])
def test_other_divisions_are_silent(division: Division) -> None:
    assert not found("GL302", model(divisions=(division,)))


# -- GL401, GL402 ------------------------------------------------------------------------------------------------------


def test_missing_check_is_one_finding_at_the_first_update() -> None:
    match = one("GL401", model(replace(UPDATE, where=at(25)), UPDATE, context=RECURRENT))
    assert match.where == at(20)
    assert match.severity is None
    assert "the model has an LSTM layer (model.py)" in match.message
    assert "check_numerics" in match.help


def test_missing_check_is_found_at_the_update_with_evidence() -> None:
    updates = UPDATE, replace(UPDATE, where=at(25), context=RECURRENT), replace(UPDATE, where=at(26), context=ELSEWHERE)
    assert one("GL401", model(*updates)).where == at(25)


def test_missing_check_is_info_elsewhere_and_knows_fit() -> None:
    match = one("GL401", model(replace(UPDATE, method="fit", custom_loop=False)))
    assert match.severity is Severity.INFO
    assert "TerminateOnNaN" in match.help


@pytest.mark.parametrize(
    "of",
    [
        model(UPDATE, replace(UPDATE, where=at(25), finite_check=SOMETIMES)),
        model(replace(UPDATE, finite_check=UNKNOWN)),
        model(replace(UPDATE, late_checks=(LATE,))),
        model(checks=(replace(LATE, stops=False),)),
        model(checks=(replace(LATE, subject="unknown"),)),
        replace(model(), updates=()),
    ],
)
def test_any_check_silences_the_missing_one(of: TrainingModel) -> None:
    assert not found("GL401", of)


def test_a_check_of_the_data_is_no_check_of_the_training() -> None:
    assert found("GL401", model(checks=(replace(LATE, subject="data"),)))


def test_late_check() -> None:
    match = one(
        "GL402", model(replace(UPDATE, late_checks=(LATE,)), replace(UPDATE, where=at(21), late_checks=(LATE,)))
    )
    assert match.where == at(30)
    assert "NaN in the gradients after apply_gradients" in match.message
    assert [noted.where for noted in match.related] == [at(19), at(20)]


@pytest.mark.parametrize(
    "update",
    [
        replace(UPDATE, late_checks=(LATE,), finite_check=ALWAYS),
        replace(UPDATE, late_checks=(LATE,), finite_check=SOMETIMES),
        replace(UPDATE, late_checks=(LATE,), finite_check=UNKNOWN),
        replace(UPDATE, late_checks=(LATE,), custom_loop=False),
        replace(UPDATE, late_checks=(replace(LATE, subject="weights"),)),
        replace(UPDATE, late_checks=(replace(LATE, subject="data"),)),
        replace(UPDATE, late_checks=(replace(LATE, restores=True),)),
    ],
)
def test_late_check_is_silent(update: Update) -> None:
    assert not found("GL402", model(update))


# -- all ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", CHECKS)
def test_an_empty_model_has_no_findings(code: str) -> None:
    assert not found(code, TrainingModel("empty.py", "empty.py"))


def argument(value: float, keyword: str = "given") -> Argument:
    return Argument(keyword, at(71), number(value))


HAZARD = Hazard(
    at(80), "log", "plain", at(81), at(82), "a mask may be empty", (Noted(at(83), "the mask"),), at(84), False, None,
    Confidence.HIGH,
)  # fmt: skip
NUMERICS = {
    ("log", "plain"): "GL501",
    ("log", "softmax"): "GL502",
    ("log", "sigmoid"): "GL502",
    ("log", "entropy"): "GL503",
    ("division", "plain"): "GL504",
    ("sqrt", "plain"): "GL505",
    ("norm", "plain"): "GL505",
    ("sqrt", "epsilon"): "GL506",
    ("norm", "divisor"): "GL506",
    ("division", "where"): "GL507",
    ("exp", "plain"): "GL508",
    ("exp", "by hand"): "GL509",
    ("arc", "plain"): "GL510",
    ("power", "plain"): "GL511",
    ("log", "precision"): "GL512",
    ("log", "folded"): "GL512",
    ("infinity", "plain"): "GL513",
    ("log", "mask"): "GL513",
    ("log", "squashed"): "GL514",
    ("atanh", "plain"): "GL514",
    ("mean", "plain"): "GL516",
    ("exp", "ratio"): "GL604",
    ("division", "probabilities"): "GL605",
    ("division", "masked"): "GL707",
}


@pytest.mark.parametrize(("operation", "form"), NUMERICS)
def test_each_hazard_is_what_one_rule_is_about(operation: str, form: str) -> None:
    hazard = replace(HAZARD, operation=operation, form=form)
    saying = {code: found(code, model(hazards=(hazard,))) for code in CHECKS if code not in ("GL101", "GL401")}
    assert [code for code, matches in saying.items() if matches] == [NUMERICS[operation, form]]
    (match,) = saying[NUMERICS[operation, form]]
    assert (match.where, match.confidence, match.related) == (hazard.where, hazard.confidence, hazard.origin)


def test_a_ratio_inside_a_clipped_surrogate_is_a_note() -> None:
    ratio = replace(HAZARD, operation="exp", form="surrogate")
    assert one("GL604", model(hazards=(ratio,))).severity is Severity.INFO


def test_messages_are_one_line_and_end_without_a_stop() -> None:
    of = model(
        replace(UPDATE, late_checks=(LATE,)),
        optimizers=(replace(ADAM, learning_rate=number(5.0), lr_keyword=at(12)),),
        clips=(
            replace(CLIP, bypassed_by=(replace(UPDATE, where=at(21)),)),
            replace(CLIP, bypassed_by=(replace(UPDATE, where=at(21)),), too_late=True),
            replace(CLIP, bypassed_by=(), bound=BOUND, may_get_none=True, loss_scaled=ALWAYS),
        ),
        rewards=(REWARD,),
        divisions=(DIVISION,),
        pairings=(PAIRING, replace(PAIRING, problem="clip-pair")),
        context=RECURRENT,
        nan_comparisons=(NanComparison(at(60), "==", False),),
        graph_checks=(GraphCheck(at(61), "np.isnan", "train_step"),),
    )
    clipped = model(
        optimizers=(
            replace(ADAM, bounds=(BOUND, replace(BOUND, keyword="clipnorm"), replace(BOUND, keyword="clipvalue"))),
            replace(ADAM, bounds=(replace(BOUND, high=number(1e5)),)),
        ),
        updates=(replace(UPDATE, by_global_norm=(Noted(at(18), "tf.clip_by_global_norm"),)),),
    )
    told = replace(LATE, finds=frozenset({"nan"}))
    noted = (Noted(at(62), ""),)
    other = model(
        replace(UPDATE, reported_checks=(told,), none_checks=(told,), checkpoints=noted),
        checks=(told,),
        nan_replacements=(NanReplacement(at(63), "loss", at(20)),),
        returns=(Return(at(64), number(1.0), at(65), True, noted),),
        divisions=(replace(DIVISION, attains_zero=False, sample=True),),
    )
    growing = Schedule(at(70), "ExponentialDecay", (argument(1.0),), (argument(1.5, "decay_rate"),))
    rated = (
        replace(ADAM, decay=argument(0.1), epsilon=argument(0.0), remade=Noted(at(72), "a loop"), schedule=growing),
        replace(ADAM, name="SGD", momentum=0.99, learning_rate=number(0.05)),
        replace(ADAM, learning_rate=number(-1.0)),
    )
    rates = model(*(replace(UPDATE, optimizers=(each,)) for each in rated), optimizers=rated)
    numerics = model(hazards=tuple(replace(HAZARD, operation=each, form=form) for each, form in NUMERICS))
    output = OutputActivation("linear", at(74), "Dense")
    use = LossUse(at(75), at(75), "BinaryCrossentropy", "sigmoid", False, True, output, False)
    squashed = replace(use, takes_logits=True, output=replace(output, name="softmax"))
    start = Initializer("random_normal", at(76), 1.0, 0.0, None)
    layered = model(
        losses=(use, squashed, replace(squashed, optional=False), replace(use, output=replace(output, name="tanh"))),
        recurrent_layers=(RecurrentLayer(at(77), "LSTM", output, None, start, 64.0, None),),
        nan_masks=(at(78),),
    )
    data = model(
        images=(Images(at(80), "image files", at(81), "fit", 255.0, None, Confidence.HIGH),),
        tables=(Table(at(82), "read_csv", at(83), "fit", checked=False, scaled=False),),
        precision=Precision(
            unscaled=(UnscaledLoss(at(84), "apply", Noted(at(85), ""), at(86), Confidence.HIGH),),
            constants=(LostConstant(at(87), "1e-08", "0", Noted(at(85), ""), selects=False),),
            floatx=(HalfFloatx(at(88), None),),
            outputs=(HalfOutput(at(91), "Dense", Noted(at(85), ""), keras3=False),),
            misuses=(ScaleMisuse(at(89), "removed", "get_scaled_loss", Noted(at(90), ""), Confidence.HIGH),),
        ),
    )
    programs = (of, clipped, other, rates, numerics, layered, data)
    matches = [match for check in CHECKS.values() for each in programs for match in check(each)]
    matches += found("GL401", model())
    assert len({match.help for match in matches}) >= len(CHECKS)
    for match in matches:
        for text in (match.message, match.help):
            assert "\n" not in text
            assert not text.endswith(".")
