"""Whole programs, changed in one respect: the findings change as they should, and nothing else does.

The changes are made by `mutations.py` on the syntax tree of every program in `fixtures/scripts` where they apply. What
is expected follows from the kind of the change, not from the program; the few programs where a change means something
else are listed in `MEANT_OTHERWISE` with the reason.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import mutations
import pytest
from mutations import Mutation, Program, together

from gradlint import lint
from gradlint.config import NoProgress, Settings
from gradlint.finding import Report

FIXTURES = Path(__file__).parents[1] / "fixtures" / "scripts"
SCRIPTS = sorted(FIXTURES.glob("*.py"))
PROJECTS = sorted({path.parent for path in FIXTURES.glob("*/*.py")})
CONFIGURED = {"dqn_yaml_config.py": "configs/dqn_elevator.yaml", "ppo_json_config.py": "configs/ppo_balance.json"}
EXPLOSIVE = re.compile(r"LSTM|GRU|RNN|rnn_cell|\bgym|reward|advantages|temporal difference|tf_agents")
HARMLESS_REWARDS = re.compile(r"CartPole|Acrobot|MountainCar|Breakout|Huber")
"""Rewards that are known to be small, or a loss whose gradient does not grow with them."""
HIGH, LOW = 30.0, 1e-6
RATES = {"GL201", "GL204", "GL207"}
"""What is said of a high rate: of one rate, with its momentum, and of a schedule's."""

Found = Counter[tuple[str, str, int]]
"""Default-level findings: file, code, line."""

MEANT_OTHERWISE = {
    ("half_by_casts.py", "Adam(1e-3)"): "no network: the numbers of a raw variable are optimised",
    ("half_by_casts_guarded.py", "Adam(1e-3)"): "no network: the numbers of a raw variable are optimised",
    ("half_removed_methods.py", "SGD(0.1)"): "no network: the numbers of a raw variable are optimised",
    ("half_train_step_guarded.py", "SGD(0.1)"): "no network: the numbers of a raw variable are optimised",
    (
        "half_keras2_scaling.py",
        'tf.debugging.check_numerics(loss, "loss")',
    ): "a loss scale skips updates that are not finite",
    ("half_loops.py", "if not tf.math.is_finite(loss): break"): "a loss scale skips updates that are not finite",
    (
        "half_loops_guarded.py",
        'tf.debugging.check_numerics(loss, "loss")',
    ): "a loss scale skips updates that are not finite",
    (
        "half_loops_guarded.py",
        'tf.debugging.assert_all_finite(loss, "loss")',
    ): "a loss scale skips updates that are not finite",
    (
        "half_loops_guarded.py",
        "if not tf.math.is_finite(loss): break",
    ): "a loss scale skips updates that are not finite",
    (
        "half_removed_methods.py",
        'tf.debugging.check_numerics(loss, "loss")',
    ): "a loss scale skips updates that are not finite",
    (
        "half_train_step_guarded.py",
        'tf.debugging.check_numerics(loss, "loss")',
    ): "a loss scale skips updates that are not finite",
    ("glacier_rnn_bounded.py", "Adam(clipnorm=1.0)"): "the clip is what makes its relu bearable (GL701)",
    ("lift_dispatch_entropy.py", "rewards"): "its rewards come from no environment but a simulation of its own",
    ("lift_dispatch_entropy_guarded.py", "rewards"): "its rewards come from no environment but a simulation of its own",
    ("stock_lstm_sklearn.py", "SGD(clipvalue=0.5)"): "the optimizer of a learning-rate range test",
    ("stock_lstm_sklearn.py", "learning_rate=1e-6"): "the optimizer of a learning-rate range test",
    ("rnn_manual_sgd.py", "LR=0.2"): "no optimizer: the rate is multiplied by hand",
    ("softmax_regression_by_hand.py", "learning_rate=0.1"): "no optimizer: the rate is multiplied by hand",
    ("curve_fit_minimize.py", "Adam(0.1)"): "three scalars are fitted, where any rate that converges will do",
    ("dqn_lunar_train_on_batch.py", "lr=5e-4"): "Keras 3 rejects lr=, so no rate is set at all",
    ("keras3_tabular.py", "lr=3e-4"): "Keras 3 rejects lr=, so no rate is set at all",
    ("tf_keras_retention.py", "lr=5e-5"): "this optimizer ignores lr=",
    ("sac_normalized.py", "alpha_lr=3e-4"): "one scalar is fitted, where any rate that converges will do",
    ("transformer_ticket_routing.py", "initial_learning_rate=0.0"): "the peak after the warm-up is too high anyway",
    ("batch_scaled_rate.py", "base_rate=0.1"): "the program multiplies it by 0 (GL209)",
    (
        "heavy_momentum_prices_guarded.py",
        "tf.clip_by_global_norm(gradients, 1.0)",
    ): "the clip is what makes its momentum bearable (GL204)",
    ("actor_critic_swapped_zip.py", "tf.clip_by_norm(g, MAX_NORM)"): "what is applied is no gradient (GL412)",
    ("actor_critic_swapped_zip.py", 'tf.debugging.assert_all_finite(loss, "loss")'): "what is applied is no gradient",
    (
        "baseline_pg_late_check.py",
        "np.maximum(np.sqrt(self.var), 1e-2)",
    ): "the running variance starts at 1 with a positive weight, so that it is never 0",
    ("sac_four_optimizers_guarded.py", "Adam(clipnorm=1.0) #4"): "the temperature is a single number",
    ("sac_three_optimizers.py", "Adam(clipnorm=1.0) #4"): "the temperature is a single number",
    ("network.py", "learning_rate=1e-4"): "a callback sets the learning rate while the model trains",
    ("ppo_numpy_buffer.py", "rewards"): "its advantages are normalised, which counts as handling the scale",
    ("signature_two_clips.py", 'Nadam(clipnorm=options["clipnorm"])'): "the other keyword clips",
    ("signature_two_clips.py", "Nadam(clipvalue=0.5)"): "the other keyword clips",
    ("signature_two_clips.py", '"clipnorm": 1.0'): "the other keyword clips",
    ("signature_two_clips_legacy.py", '"clipnorm": 1.0'): "the other keyword clips",
    ("signature_two_clips_legacy.py", '"clipvalue": 0.5'): "the other keyword clips",
    ("tide_gru_clip_bounds.py", "SGD(clipnorm=-1.0)"): "the network is feed-forward",
    ("tide_gru_clip_off.py", "Adam(clipvalue=max_value)"): "the other clip is there still",
    ("tide_gru_clip_off.py", "tf.clip_by_global_norm(grads, self.max_norm)"): "the other clip is there still",
    (
        "gru_graph_guard_guarded.py",
        "checks",
    ): "what a function given to tf.numpy_function does with the loss is not known",
    ("gru_graph_guard.py", "checks"): "the same",
    ("text_rnn_nan_equality_guarded.py", "checks"): "last != last looks at the loss of the update before",
    ("text_rnn_nan_equality_guarded.py", "if not np.isfinite(float(loss))"): "the same",
    ("text_rnn_nan_equality_guarded.py", 'if not np.isfinite(float(loss)): raise FloatingPointError("t'): "the same",
    ("gan_pixel_icons.py", "lr=2e-4"): "the default of a parameter that the only caller gives",
}

ABOUT_CHECKS = {"GL402", "GL403", "GL404", "GL405", "GL406", "GL410"}
"""Rules about how something checks: their findings go with the check."""
NEED_A_CHECK = {"GL401", "GL408"}
ABOUT_CLIPS = {"GL102", "GL104", "GL105", "GL106", "GL107", "GL111"}
"""Rules about how something clips: their findings go with the clip."""


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def program(path: Path) -> Program:
    return Program.of(text_of(path))


def found(report: Report, root: Path) -> Found:
    assert not report.problems
    return Counter(
        (os.path.relpath(finding.span.path, root), finding.code, finding.span.line) for finding in report.findings
    )


@cache
def findings_of(path: Path) -> Found:
    """Findings of a fixture as it is: a script, or a project's directory."""
    if path.is_dir():
        return found(lint.run(Settings(paths=(str(path),), jobs=1), NoProgress()), path)
    return checked(path, text_of(path))


def checked(path: Path, text: str) -> Found:
    """Findings of a script with another text."""
    return found(lint.check_text(text, str(path)), path.parent)


def anchored(findings: Found, old: str, new: str, path: str) -> tuple[Found, Callable[[Found], Found]]:
    """Findings of the old text, and a function for those of the new one, with lines that can be compared.

    A line outside the changed places keeps its old number; all lines of a changed place count as its first.
    """
    before, after = old.splitlines(), new.splitlines()
    first_of_old: dict[int, int] = {}
    line_of_new: dict[int, int] = {}
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        for i in range(i1, i2):
            first_of_old[i + 1] = i + 1 if tag == "equal" else i1 + 1
        for j in range(j1, j2):
            line_of_new[j + 1] = i1 + (j - j1) + 1 if tag == "equal" else i1 + 1

    def translated(which: Found, lines: dict[int, int]) -> Found:
        return Counter(
            {
                (file, code, lines.get(line, line) if file == path else line): number
                for (file, code, line), number in which.items()
            }
        )

    return translated(findings, first_of_old), lambda changed: translated(changed, line_of_new)


def difference(path: Path, new: str) -> tuple[Found, Found]:
    """Findings that a changed script lost and gained."""
    return compared(findings_of(path), checked(path, new), text_of(path), new, path.name)


def compared(before: Found, after: Found, old: str, new: str, path: str) -> tuple[Found, Found]:
    before, translate = anchored(before, old, new, path)
    after = translate(after)
    return before - after, after - before


def compared_projects(root: Path, copy: Path) -> tuple[Found, Found]:
    """Findings that a changed copy of a project lost and gained."""
    before, after = findings_of(root), findings_of(copy)
    for path in sorted(root.glob("*.py")):
        before, translate = anchored(before, text_of(path), text_of(copy / path.name), path.name)
        after = translate(after)
    return before - after, after - before


def codes(findings: Iterable[tuple[str, str, int]]) -> set[str]:
    return {code for _, code, _ in findings}


def cases(make: Callable[[Program], Iterator[Mutation]], paths: Iterable[Path] = tuple(SCRIPTS)) -> list[object]:
    """A parameter for every place in every script where a change applies."""
    params: list[object] = []
    for path in paths:
        labels: Counter[str] = Counter()
        for index, mutation in enumerate(make(program(path))):
            labels[mutation.label] += 1
            again = f" #{labels[mutation.label]}" if labels[mutation.label] > 1 else ""
            if not {(path.name, mutation.label), (path.name, mutation.label + again)} & set(MEANT_OTHERWISE):
                params.append(pytest.param(path, index, id=f"{path.stem}: {mutation.label}{again}"))
    return params


def scripts_with(make: Callable[[Program], Iterator[Mutation]]) -> list[object]:
    return [pytest.param(path, id=path.stem) for path in SCRIPTS if next(make(program(path)), None) is not None]


def mutated(path: Path, make: Callable[[Program], Iterator[Mutation]], index: int) -> str:
    return list(make(program(path)))[index].applied(program(path))


def is_explosive(path: Path) -> bool:
    return EXPLOSIVE.search(text_of(path)) is not None


# ---------------------------------------------------------------- what protects is taken away


@pytest.mark.parametrize(("path", "index"), cases(mutations.gradient_clips))
def test_removing_a_clip_is_an_unclipped_gradient(path: Path, index: int) -> None:
    lost, gained = difference(path, mutated(path, mutations.gradient_clips, index))
    assert codes(lost) <= ABOUT_CLIPS
    if is_explosive(path):
        assert codes(gained) - {"GL603"} == {"GL101"}  # squared errors of raw returns, once plain SGD is not clipped
    else:
        assert not gained


@pytest.mark.parametrize(("path", "index"), cases(mutations.finite_checks))
def test_removing_a_check_changes_no_more_than_findings_about_checks(path: Path, index: int) -> None:
    lost, gained = difference(path, mutated(path, mutations.finite_checks, index))
    assert codes(lost) <= ABOUT_CHECKS
    assert codes(gained) <= NEED_A_CHECK


@pytest.mark.parametrize("path", scripts_with(mutations.finite_checks))
def test_removing_every_check_is_a_missing_check(path: Path) -> None:
    new = together(program(path), list(mutations.finite_checks(program(path))))
    lost, gained = difference(path, new)
    assert codes(lost) <= ABOUT_CHECKS
    missing = Counter({place: number for place, number in gained.items() if place[1] != "GL408"})
    if is_explosive(path) and (path.name, "checks") not in MEANT_OTHERWISE:
        assert codes(missing) == {"GL401"}
        assert sum(missing.values()) == 1
    elif not is_explosive(path):
        assert not missing


@pytest.mark.parametrize(("path", "index"), cases(mutations.late_checks))
def test_moving_a_check_behind_the_update_makes_it_late(path: Path, index: int) -> None:
    lost, gained = difference(path, mutated(path, mutations.late_checks, index))
    assert not lost
    assert [code for _, code, _ in gained.elements()] == ["GL402"]


@pytest.mark.parametrize(("path", "index"), cases(mutations.reward_bounds))
def test_removing_a_bound_of_rewards_changes_no_more_than_findings_about_rewards(path: Path, index: int) -> None:
    lost, gained = difference(path, mutated(path, mutations.reward_bounds, index))
    assert not lost
    assert codes(gained) <= {"GL301"}


@pytest.mark.parametrize("path", scripts_with(mutations.reward_bounds))
def test_removing_every_bound_of_rewards_is_raw_rewards(path: Path) -> None:
    text = text_of(path)
    for _ in range(3):  # bounds within bounds
        parsed = Program.of(text)
        bound = next(mutations.reward_bounds(parsed), None)
        text = text if bound is None else bound.applied(parsed)
    lost, gained = difference(path, text)
    assert not lost
    handled = HARMLESS_REWARDS.search(text) or (path.name, "rewards") in MEANT_OTHERWISE
    assert codes(gained) == (set() if handled else {"GL301"})


@pytest.mark.parametrize(("path", "index"), cases(mutations.epsilons))
def test_removing_an_epsilon_is_a_bare_std(path: Path, index: int) -> None:
    lost, gained = difference(path, mutated(path, mutations.epsilons, index))
    assert codes(lost) <= {"GL304"}  # with ddof=1 one number is enough for NaN, whatever is added
    (code,) = (code for _, code, _ in gained.elements())
    assert code in ("GL302", "GL805")


# ---------------------------------------------------------------- learning rates


def high_rates(each: Program) -> Iterator[Mutation]:
    return mutations.learning_rates(each, HIGH)


def low_rates(each: Program) -> Iterator[Mutation]:
    return mutations.learning_rates(each, LOW)


def only_the_rate_matters(original: Found, high: Found, low: Found) -> None:
    assert codes(high - low) & RATES
    assert codes(high - low) <= RATES
    assert not low - high
    assert codes(original - low) <= RATES
    assert not low - original


@pytest.mark.parametrize(("path", "index"), cases(high_rates))
def test_a_learning_rate_is_judged_wherever_it_is_written(path: Path, index: int) -> None:
    high, low = (checked(path, mutated(path, make, index)) for make in (high_rates, low_rates))
    only_the_rate_matters(findings_of(path), high, low)


def project_rates() -> Iterator[object]:
    files = [path for root in PROJECTS for path in sorted(root.glob("*.py"))]
    for path in files:
        for index, mutation in enumerate(high_rates(program(path))):
            if (path.name, mutation.label) not in MEANT_OTHERWISE:
                yield pytest.param(path, index, id=f"{path.parent.name}/{path.name}: {mutation.label}")


@pytest.mark.parametrize(("path", "index"), list(project_rates()))
def test_a_learning_rate_is_judged_across_files(path: Path, index: int, tmp_path: Path) -> None:
    results = []
    for number, make in enumerate((high_rates, low_rates)):
        root = tmp_path / str(number) / path.parent.name
        shutil.copytree(path.parent, root)
        (root / path.name).write_text(mutated(path, make, index), encoding="utf-8")
        results.append(findings_of(root))
    only_the_rate_matters(findings_of(path.parent), *results)


SETTING = re.compile(r"(\"?learning_rate\"?\s*:\s*)([\d.e-]+)")


def settings_files() -> Iterator[object]:
    for root in PROJECTS:
        for path in sorted([*root.glob("*.json"), *root.glob("*.yaml")]):
            yield pytest.param(root, path.relative_to(root).as_posix(), None, id=f"{root.name}/{path.name}")
    for script, config in CONFIGURED.items():
        yield pytest.param(FIXTURES, config, script, id=config)


@pytest.mark.parametrize(("root", "config", "script"), list(settings_files()))
def test_a_learning_rate_is_judged_in_a_settings_file(
    root: Path, config: str, script: str | None, tmp_path: Path
) -> None:
    results = []
    for value in (HIGH, LOW):
        copy = tmp_path / str(value)
        if script is None:
            shutil.copytree(root, copy)
        else:
            (copy / config).parent.mkdir(parents=True)
            shutil.copy(root / script, copy / script)
        changed, number = SETTING.subn(rf"\g<1>{value}", text_of(root / config))
        assert number == 1
        (copy / config).write_text(changed, encoding="utf-8")
        results.append(findings_of(copy if script is None else copy / script))
    only_the_rate_matters(findings_of(root if script is None else root / script), *results)


# ---------------------------------------------------------------- what changes nothing

SAME: dict[str, Callable[[Program], Iterator[Mutation]]] = {
    "alias hops": mutations.alias_hops,
    "renamed variables": mutations.renames,
    "local helpers": lambda each: mutations.helpers(each, parameters=False),
    "local helpers with parameters": lambda each: mutations.helpers(each, parameters=True),
}


def culprits(path: Path, make: Callable[[Program], Iterator[Mutation]]) -> str:
    """Which single places change the findings, for the message of a failure."""
    lines = []
    for mutation in make(program(path)):
        lost, gained = difference(path, mutation.applied(program(path)))
        if lost or gained:
            lines.append(f"  {mutation.label}\n    lost {sorted(lost)} gained {sorted(gained)}")
    return "\n".join(lines) or "  none alone"


NAMES_ARE_THE_EVIDENCE = {("sarsa_env_parameter.py", "renamed variables")}
"""The environment is a parameter: that its step returns a reward can be seen from the variable's name alone."""
ONLY_A_MESSAGE = {("lstm_tide_nan_logged.py", how) for how in SAME if how != "renamed variables"}
"""GL405 speaks only where a branch holds messages and nothing else: a helper may well do more than write one."""

BUILT_ELSEWHERE = {("lichen_heads.py", how) for how in SAME if "helpers" in how}
"""Whether a helper that adds a layer is always called is not known, so the end of the model is not known either."""


@pytest.mark.parametrize(
    ("path", "how"),
    [
        pytest.param(path, how, id=f"{path.stem}: {how}")
        for path in SCRIPTS
        for how in SAME
        if (path.name, how) not in NAMES_ARE_THE_EVIDENCE | ONLY_A_MESSAGE | BUILT_ELSEWHERE
    ],
)
def test_another_way_to_write_it_changes_nothing(path: Path, how: str) -> None:
    make = SAME[how]
    lost, gained = difference(path, together(program(path), list(make(program(path)))))
    if lost or gained:
        pytest.fail(f"lost {sorted(lost)}, gained {sorted(gained)}; one place at a time:\n{culprits(path, make)}")


@pytest.mark.parametrize("how", SAME)
@pytest.mark.parametrize("root", [pytest.param(path, id=path.name) for path in PROJECTS])
def test_another_way_to_write_a_project_changes_nothing(root: Path, how: str, tmp_path: Path) -> None:
    make, copy = SAME[how], tmp_path / root.name
    shutil.copytree(root, copy)
    for path in sorted(root.glob("*.py")):
        (copy / path.name).write_text(together(program(path), list(make(program(path)))), encoding="utf-8")
    lost, gained = compared_projects(root, copy)
    assert not lost
    assert not gained


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in SCRIPTS if path.name not in CONFIGURED])
def test_constants_in_another_module_change_nothing(path: Path, tmp_path: Path) -> None:
    changed, moved = mutations.constants(program(path), "moved_constants")
    (tmp_path / path.name).write_text(changed, encoding="utf-8")
    (tmp_path / "moved_constants.py").write_text(moved, encoding="utf-8")
    lost, gained = compared(findings_of(path), findings_of(tmp_path / path.name), text_of(path), changed, path.name)
    assert not lost
    assert not gained


@pytest.mark.parametrize("root", [pytest.param(path, id=path.name) for path in PROJECTS])
def test_constants_of_a_project_in_other_modules_change_nothing(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / root.name
    shutil.copytree(root, copy)
    dot = "." if (root / "__init__.py").exists() else ""
    for path in sorted(root.glob("*.py")):
        changed, moved = mutations.constants(program(path), f"{dot}moved_from_{path.stem}")
        (copy / path.name).write_text(changed, encoding="utf-8")
        (copy / f"moved_from_{path.stem}.py").write_text(moved, encoding="utf-8")
    lost, gained = compared_projects(root, copy)
    assert not lost
    assert not gained
