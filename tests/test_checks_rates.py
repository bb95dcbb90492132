"""The checks of learning rates, schedules and optimizer settings: what they say, and above all where they are silent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from test_checks import ADAM, ALWAYS, RECURRENT, SOMETIMES, UPDATE, at, found, model, number, one

from gradlint import lint
from gradlint.config import NoProgress, Settings
from gradlint.finding import Confidence, Severity
from gradlint.model import Argument, Noted, Number, Schedule, TrainingModel
from gradlint.vocabulary.epsilons import ZERO_IN_FLOAT16

CREATED = Noted(at(10), "the optimizer is created here")
FIT = "model.fit(tf.random.normal([64, 4]), tf.random.normal([64, 1]))"


def trained(context: object = None, **optimizer: object) -> TrainingModel:
    made = replace(ADAM, **optimizer)  # type: ignore[arg-type]
    parts = {} if context is None else {"context": context}
    return model(replace(UPDATE, optimizers=(replace(made, updates=0),)), optimizers=(made,), **parts)


def argument(keyword: str, value: Number | None, loc: int = 13) -> Argument:
    return Argument(keyword, at(loc), value)


def scheduled(rate: float | None, name: str = "ExponentialDecay", **parts: object) -> Schedule:
    first = argument("initial_learning_rate", None if rate is None else number(rate))
    return Schedule(at(12), name, (first,), **parts)  # type: ignore[arg-type]


def codes(*lines: str) -> list[tuple[int, str]]:
    """Line and code of the findings about rates in a program that compiles and fits a small model."""
    text = "\n".join(["import tensorflow as tf", *lines])
    return [(f.span.line, f.code) for f in lint.check_text(text).findings if f.code.startswith("GL2")]


def compiled(optimizer: str, *before: str) -> list[tuple[int, str]]:
    return codes(
        *before,
        "model = tf.keras.Sequential([tf.keras.layers.Dense(1)])",
        f"model.compile(optimizer={optimizer}, loss='mse')",
        FIT,
    )


# -- GL209 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "says"),
    [
        (float("nan"), "no weight is a finite number"),
        (float("inf"), "no weight is a finite number"),
        (-0.1, "up the gradient"),
        (0.0, "no update changes a weight"),
    ],
)
def test_unusable_rates(rate: float, says: str) -> None:
    match = one("GL209", trained(learning_rate=number(rate)))
    assert says in match.message
    assert match.where == at(11)
    assert (match.severity, match.confidence) == (None, Confidence.HIGH)
    assert not found("GL201", trained(learning_rate=number(rate))), "one cause is one finding"


@pytest.mark.parametrize(
    "of",
    [
        trained(learning_rate=number(0.1, low=-1.0)),
        trained(learning_rate=None),
        trained(learning_rate=number(0.0), rate_may_change=True),
        trained(learning_rate=number(0.0), purpose=frozenset({"callback-schedule"})),
        trained(learning_rate=None, schedule=scheduled(0.0)),
        trained(learning_rate=None, schedule=scheduled(None)),
        model(replace(UPDATE, runner_seen=False), optimizers=(replace(ADAM, learning_rate=number(0.0)),)),
    ],
)
def test_usable_rates_are_silent(of: TrainingModel) -> None:
    assert not found("GL209", of)


def test_a_sentinel_is_less_sure() -> None:
    assert one("GL209", trained(learning_rate=number(-1.0, assumed=True))).confidence is Confidence.LOW
    assert one("GL209", trained(learning_rate=number(float("inf"), assumed=True))).confidence is Confidence.HIGH


def test_unusable_rates_of_schedules() -> None:
    assert one("GL209", trained(learning_rate=None, schedule=scheduled(-0.1))).where == at(13)
    inner = scheduled(0.1, inner=scheduled(float("nan")))
    assert one("GL209", trained(learning_rate=None, schedule=inner))
    assert not found("GL207", trained(learning_rate=None, schedule=scheduled(float("inf"))))


def test_rates_that_are_set_later() -> None:
    assert compiled("tf.keras.optimizers.SGD(0.0)") == [(3, "GL209")]
    assert not compiled("sgd", "sgd = tf.keras.optimizers.SGD(0.0)", "sgd.learning_rate.assign(0.1)")
    assert not compiled("sgd", "sgd = tf.keras.optimizers.SGD(0.0)", "tf.keras.backend.set_value(sgd.lr, 0.1)")
    assert not compiled("sgd", "sgd = tf.keras.optimizers.SGD(0.0)", "sgd.learning_rate = 0.1")
    assert compiled("tf.keras.optimizers.Adam(np.nan)", "import numpy as np") == [(4, "GL209")]


# -- GL203 -------------------------------------------------------------------------------------------------------------


def decaying(value: Number | None, flavour: str, **parts: object) -> TrainingModel:
    return replace(trained(decay=argument("decay", value), flavour=flavour), **parts)  # type: ignore[arg-type]


def test_decay_keyword() -> None:
    ignored = one("GL203", decaying(number(1e-3), "keras3"))
    assert (ignored.severity, ignored.confidence) == (Severity.WARNING, Confidence.HIGH)
    assert "InverseTimeDecay(0.001, 1, 0.001)" in ignored.help
    rejected = one("GL203", decaying(number(0.0), "keras2"))
    assert rejected.severity is Severity.ERROR
    assert "ValueError" in rejected.message
    assert one("GL203", decaying(None, "keras3", target_assumed=True)).confidence is Confidence.LOW, "may well be 0"


@pytest.mark.parametrize(
    "of",
    [
        decaying(number(0.0), "keras3"),
        decaying(number(1e-3), "keras2-legacy"),
        decaying(number(1e-3), "keras-standalone"),
        decaying(number(1e-3), "tfa"),
        decaying(number(1e-3), "tf1"),
    ],
)
def test_decay_that_works_or_is_none_is_silent(of: TrainingModel) -> None:
    assert not found("GL203", of)


# -- GL207, GL208 ------------------------------------------------------------------------------------------------------


def test_high_schedule_rate() -> None:
    match = one("GL207", trained(learning_rate=None, schedule=scheduled(0.1)))
    assert match.where == at(13)
    assert "Adam follows ExponentialDecay, which reaches 0.1, 10 times" in match.message
    assert match.related == (CREATED,)
    assert match.severity is None, "a schedule may warm up to it"


@pytest.mark.parametrize(
    "of",
    [
        trained(learning_rate=None, schedule=scheduled(0.01)),
        trained(learning_rate=None, schedule=scheduled(None)),
        trained(learning_rate=None, schedule=scheduled(0.1, "CosineDecayRestarts")),
        trained(learning_rate=None, schedule=scheduled(0.1), name="SGD"),
        trained(learning_rate=None, schedule=scheduled(0.1), purpose=frozenset({"toy-variables"})),
        trained(learning_rate=number(0.001)),
    ],
)
def test_common_schedules_are_silent(of: TrainingModel) -> None:
    assert not found("GL207", of)
    assert not found("GL201", of)


def test_the_schedule_behind_a_warm_up_counts() -> None:
    of = trained(learning_rate=None, schedule=scheduled(1e-4, "LinearWarmup", inner=scheduled(0.1)))
    assert "ExponentialDecay, which reaches 0.1" in one("GL207", of).message


def shaped(name: str, keyword: str, value: Number, rate: float = 1e-3) -> TrainingModel:
    return trained(learning_rate=None, schedule=scheduled(rate, name, shape=(argument(keyword, value, 14),)))


@pytest.mark.parametrize(
    ("name", "keyword", "grows", "falls"),
    [
        ("ExponentialDecay", "decay_rate", 1.05, 1.0),
        ("exponential_decay", "decay_rate", 1.05, 0.96),
        ("natural_exp_decay", "decay_rate", -0.1, 0.1),
        ("InverseTimeDecay", "decay_rate", -0.5, 0.0),
        ("PolynomialDecay", "power", -1.0, 0.5),
        ("CosineDecay", "alpha", 2.0, 1.0),
        ("CosineDecayRestarts", "m_mul", 1.5, 0.9),
    ],
)
def test_growing_schedule(name: str, keyword: str, grows: float, falls: float) -> None:
    match = one("GL208", shaped(name, keyword, number(grows)))
    assert match.where == at(14)
    assert f"({keyword} is {grows:g})" in match.message
    assert not found("GL208", shaped(name, keyword, number(falls)))
    assert not found("GL208", shaped(name, keyword, number(max(grows, falls), low=min(grows, falls)))), "a choice"


def test_a_range_test_should_grow() -> None:
    assert not found("GL208", shaped("ExponentialDecay", "decay_rate", number(10.0), rate=1e-7))


def test_default_end_above_the_start() -> None:
    low, high = (
        trained(learning_rate=None, schedule=scheduled(r, "PolynomialDecay", default_end=1e-4)) for r in (2e-5, 1e-3)
    )
    assert "goes from 2e-05 to its default end_learning_rate 0.0001" in one("GL208", low).message
    assert not found("GL208", high)
    assert compiled("tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.PolynomialDecay(1e-5, 10))") == [
        (3, "GL208")
    ]
    assert not compiled("tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.PolynomialDecay(1e-5, 10, 1e-3))")


def test_schedules_of_tensorflow_1() -> None:
    lines = (
        "step = tf.compat.v1.train.get_or_create_global_step()",
        "loss = tf.reduce_mean(tf.square(tf.compat.v1.layers.dense(tf.compat.v1.placeholder(tf.float32, [None, 3]), 1)))",
        "rate = tf.compat.v1.train.exponential_decay(0.5, step, 100, 1.5)",
        "op = tf.compat.v1.train.AdamOptimizer(rate).minimize(loss, global_step=step)",
        "with tf.compat.v1.Session() as session:",
        "    session.run(op)",
    )
    assert codes(*lines) == [(4, "GL207"), (4, "GL208")]


# -- GL205 -------------------------------------------------------------------------------------------------------------


def with_epsilon(value: float, float16: bool = False, **optimizer: object) -> TrainingModel:
    of = trained(epsilon=argument("epsilon", number(value)), **optimizer)
    return replace(of, float16=Noted(at(1), "weights are float16")) if float16 else of


@pytest.mark.parametrize(
    ("of", "severity"),
    [
        (with_epsilon(0.0), Severity.ERROR),
        (with_epsilon(0.0, name="RMSprop"), Severity.ERROR),
        (with_epsilon(0.0, flavour="tf1"), Severity.ERROR),
        (with_epsilon(1e-8, float16=True), Severity.ERROR),
        (with_epsilon(ZERO_IN_FLOAT16, float16=True, flavour="keras2-legacy"), Severity.ERROR),
        (with_epsilon(1e-12), None),
    ],
)
def test_tiny_epsilon(of: TrainingModel, severity: Severity | None) -> None:
    match = one("GL205", of)
    assert match.where == at(13)
    assert match.severity is severity
    assert match.confidence is (Confidence.HIGH if severity else Confidence.MEDIUM)


@pytest.mark.parametrize(
    "of",
    [
        with_epsilon(1e-8),
        with_epsilon(1e-9),
        with_epsilon(3e-8, float16=True),
        with_epsilon(0.0, flavour="keras2-legacy"),
        with_epsilon(0.0, flavour="tf1", name="RMSprop"),
        with_epsilon(0.0, name="Adagrad"),
        with_epsilon(1e-10, name="RMSprop"),
        with_epsilon(1e-14, name="AdaBelief"),
        trained(),
    ],
)
def test_common_epsilons_are_silent(of: TrainingModel) -> None:
    assert not found("GL205", of)


@pytest.mark.parametrize(
    ("setting", "flagged"),
    [
        ("tf.keras.backend.set_floatx('float16')", True),
        ("tf.keras.mixed_precision.set_global_policy('float16')", True),
        ("tf.keras.config.set_dtype_policy('float16')", True),
        ("tf.keras.mixed_precision.set_global_policy('mixed_float16')", False),
        ("tf.keras.backend.set_floatx('float64')", False),
        ("tf.keras.backend.floatx()", False),
        ("tf.keras.backend.set_floatx('float16'); tf.keras.backend.set_floatx('float32')", False),
    ],
)
def test_float16(setting: str, flagged: bool) -> None:
    assert bool(compiled("tf.keras.optimizers.Adam(epsilon=1e-8)", setting)) is flagged


# -- GL204 -------------------------------------------------------------------------------------------------------------


def descending(rate: Number, momentum: float, **more: object) -> TrainingModel:
    return trained(name="SGD", learning_rate=rate, momentum=momentum, **more)


def test_high_effective_rate() -> None:
    match = one("GL204", descending(number(0.01), 0.99))
    assert "SGD at 0.01 moves as far as SGD at 1 without it" in match.message
    assert match.severity is None
    assert one("GL204", descending(number(0.1), 0.99)).severity is Severity.ERROR
    assert one("GL204", descending(number(0.05), 0.9, context=RECURRENT))


@pytest.mark.parametrize(
    "of",
    [
        descending(number(0.05), 0.9),
        descending(number(0.01), 0.9, context=RECURRENT),
        descending(number(0.01, assumed=True), 0.99),
        descending(number(0.01), 0.99, clips=SOMETIMES),
        descending(number(0.01), 0.99, rate_may_change=True),
        descending(number(0.01), 0.99, purpose=frozenset({"callback-schedule"})),
        descending(number(0.01), 0.99, schedule=scheduled(0.01)),
        replace(descending(number(0.01), 0.99), normalises=True),
        descending(number(0.01), 1.0),
        trained(learning_rate=number(0.01), momentum=0.99, name="RMSprop"),
        descending(number(0.9), 0.9),
    ],
)
def test_common_effective_rates_are_silent(of: TrainingModel) -> None:
    assert not found("GL204", of)


def test_a_rate_that_is_too_high_by_itself_is_one_finding() -> None:
    assert found("GL201", descending(number(0.9), 0.9))


def test_clipping_on_the_way_counts() -> None:
    made = replace(ADAM, name="SGD", learning_rate=number(1.0), updates=1)
    clipped = model(replace(UPDATE, clipping=ALWAYS, optimizers=(replace(made, updates=0),)), optimizers=(made,))
    assert one("GL201", clipped).severity is None


# -- GL210 -------------------------------------------------------------------------------------------------------------


def test_optimizer_made_in_loop() -> None:
    remade = Noted(at(20), "it makes this one update")
    match = one("GL210", trained(remade=remade))
    assert match.related == (remade,)
    assert found("GL210", trained(remade=remade, name="SGD", momentum=0.9))


@pytest.mark.parametrize(
    "more", [{"name": "SGD"}, {"flavour": "tf1"}, {"flavour": "contrib"}, {"name": "SGD", "flavour": "sonnet"}]
)
def test_nothing_is_lost_where_nothing_is_kept(more: dict[str, object]) -> None:
    assert not found("GL210", trained(remade=Noted(at(20), "here"), **more))


STEP = """
def step(x, y):
{make}
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(y - model(x)))
    gradients = tape.gradient(loss, model.trainable_variables)
    adam.apply_gradients(zip(gradients, model.trainable_variables))
"""
MODEL = "model = tf.keras.Sequential([tf.keras.layers.Dense(1)])"
BATCH = "step(tf.ones([8, 3]), tf.ones([8, 1]))"
MADE = "    adam = tf.keras.optimizers.Adam()"


IN_LOOP = f"for _ in range(3):\n    {BATCH}"
COMPILED = STEP.format(make=MADE).replace("def", "@tf.function\ndef")
MODELS = "models = [tf.keras.Sequential([tf.keras.layers.Dense(1)])]"
FIRST_ONLY = STEP.format(make="    global adam\n    if adam is None:\n    " + MADE)
INNER_LOOP = f"for _ in range(3):\n{MADE}\n    for _ in range(3):\n        {BATCH}"
TAKES_MODEL = (
    "def run(model):\n" + STEP.format(make=MADE).replace("\n", "\n    ") + "\n    " + IN_LOOP.replace("\n", "\n    ")
)


@pytest.mark.parametrize(
    ("lines", "flagged"),
    [
        ((MODEL, STEP.format(make=MADE), IN_LOOP), True),
        ((MODEL, STEP.format(make=MADE), "while True:", f"    {BATCH}"), True),
        ((MODEL, STEP.format(make=MADE), BATCH), False),
        ((MODEL, COMPILED, IN_LOOP), False),
        ((STEP.format(make=MADE), "for _ in range(3):", f"    {MODEL}", f"    {BATCH}"), False),
        ((MODEL, STEP.format(make=MADE), "model.set_weights(model.get_weights())", IN_LOOP), False),
        ((MODEL, FIRST_ONLY, "adam = None", IN_LOOP), False),
        ((MODEL, STEP.format(make=""), INNER_LOOP), False),
        ((MODEL, STEP.format(make=""), MADE.strip(), IN_LOOP), False),
        ((TAKES_MODEL,), False),
        ((MODELS, STEP.format(make=MADE), "for model in models:", f"    {BATCH}"), False),
    ],
)
def test_what_counts_as_made_anew(lines: tuple[str, ...], flagged: bool) -> None:
    assert [code for _, code in codes(*lines)] == ["GL210"] * flagged


# -- all ---------------------------------------------------------------------------------------------------------------


def test_messages_are_one_line_and_end_without_a_stop() -> None:
    matches = [
        one("GL203", decaying(number(1e-3), "keras3")),
        one("GL204", descending(number(0.01), 0.99)),
        one("GL205", with_epsilon(0.0)),
        one("GL207", trained(learning_rate=None, schedule=scheduled(0.1))),
        one("GL208", shaped("ExponentialDecay", "decay_rate", number(2.0))),
        one("GL209", trained(learning_rate=number(-1.0))),
        one("GL210", trained(remade=Noted(at(20), "here"))),
    ]
    for match in matches:
        for text in (match.message, match.help):
            assert "\n" not in text
            assert not text.endswith(".")


# -- names that decide which optimizer is made -------------------------------------------------------------------------

BY_NAME = """
def train(model, optimizer="adam"):
    config = {{"class_name": optimizer, "config": {{"learning_rate": {rate}}}}}
    if optimizer {test}:
        config = {{"class_name": optimizer, "config": {{"learning_rate": {other}}}}}
    model.compile(loss="mse", optimizer=tf.keras.optimizers.get(config))
    model.fit(tf.random.normal([64, 4]), tf.random.normal([64, 1]))
"""


@pytest.mark.parametrize(
    ("test", "rate", "other", "lines"),
    [
        ('== "sgd"', 1e-3, 0.3, []),  # a fair rate for what it is then
        ('== "rmsprop"', 1e-3, 0.3, [7]),
        ('!= "adam"', 1e-3, 0.3, []),
    ],
)
def test_a_comparison_with_a_name_tells_which_optimizer_it_is(
    test: str, rate: float, other: float, lines: list[int]
) -> None:
    assert codes(*BY_NAME.format(test=test, rate=rate, other=other).splitlines()) == [(line, "GL201") for line in lines]


def test_settings_for_another_class_are_not_those_of_the_default() -> None:
    text = """
def train(model, optimizer="adam"):
    config = {"class_name": optimizer, "config": {"learning_rate": 1e-3}}
    if optimizer == "SGD":
        config["config"]["decay"] = 5e-4
    model.compile(loss="mse", optimizer=tf.keras.optimizers.get(config))
    model.fit(tf.random.normal([64, 4]), tf.random.normal([64, 1]))
"""
    assert codes(*text.splitlines()) == []
    assert codes(
        *text.replace('== "SGD"', "!= None").replace('class_name": optimizer', 'class_name": "adam"').splitlines()
    )


POSTERIOR = """
import tensorflow_probability as tfp

def fit(structure, series):
    posterior = tfp.sts.build_factored_surrogate_posterior(structure)
    target = structure.joint_distribution(series).log_prob
    return tfp.vi.fit_surrogate_posterior(target, posterior, optimizer=tf.keras.optimizers.Adam(0.1), num_steps=200)
"""
KERNEL = """
import tensorflow_probability as tfp

def fit(kernel, points, observations):
    process = tfp.distributions.GaussianProcess(kernel=kernel, index_points=points)
    optimizer = tf.keras.optimizers.Adam(0.05)
    for _ in range(200):
        with tf.GradientTape() as tape:
            loss = -process.log_prob(observations)
        gradients = tape.gradient(loss, kernel.trainable_variables)
        optimizer.apply_gradients(zip(gradients, kernel.trainable_variables))
"""
EMBEDDINGS = """
tf.compat.v1.disable_eager_execution()
centre, context = tf.compat.v1.placeholder(tf.int32, [128]), tf.compat.v1.placeholder(tf.int32, [128, 1])
table = tf.Variable(tf.random.uniform([5000, 64], -1.0, 1.0))
weights, biases = tf.Variable(tf.random.normal([5000, 64])), tf.Variable(tf.zeros([5000]))
loss = tf.reduce_mean(tf.nn.nce_loss(weights, biases, context, tf.nn.embedding_lookup(table, centre), 32, 5000))
step = tf.compat.v1.train.GradientDescentOptimizer(1.0).minimize(loss)
"""


def test_rates_of_posteriors_and_of_word_embeddings() -> None:
    assert not codes(*POSTERIOR.splitlines())
    assert not codes(*KERNEL.splitlines())
    assert codes(*KERNEL.replace("GaussianProcess", "Normal").splitlines()) == [(7, "GL201")]
    assert not codes(*EMBEDDINGS.splitlines())
    assert codes(*EMBEDDINGS.replace("GradientDescentOptimizer(1.0)", "AdamOptimizer(1.0)").splitlines()) == [
        (8, "GL201")
    ]


def test_an_optimizer_that_is_never_used_has_no_rate() -> None:
    assert not codes(
        "optimizer = tf.keras.optimizers.Nadam(learning_rate=0.1)",
        "model = tf.keras.Sequential([tf.keras.layers.Dense(1)])",
        "model.compile(optimizer='adam', loss='mse')",
        FIT,
    )
    assert codes("optimizer = tf.keras.optimizers.Nadam(learning_rate=0.1)", "train(optimizer)") == [(2, "GL201")]
    assert codes("def make():", "    return tf.keras.optimizers.Nadam(0.1)", "def main():", "    train(make())")
    assert codes("class Agent:", "    def __init__(self):", "        self.optimizer = tf.keras.optimizers.Nadam(0.1)")


def test_rates_of_test_cases_are_made_for_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
import tensorflow as tf

class Flow(tf.test.TestCase):
    def test_flow(self):
        model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
        model.compile(optimizer=tf.keras.optimizers.SGD(1.0), loss='mse')
        model.fit(tf.zeros([8, 4]), tf.zeros([8, 1]))
"""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flow_lib.py").write_text(text, encoding="utf-8")
    assert not lint.run(Settings(paths=(".",)), NoProgress()).findings
    (tmp_path / "flow_lib.py").write_text(text.replace("tf.test.TestCase", "tf.Module"), encoding="utf-8")
    assert [each.code for each in lint.run(Settings(paths=(".",)), NoProgress()).findings] == ["GL201"]
