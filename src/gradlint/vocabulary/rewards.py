"""What bounds rewards, which environments pay little, and what rewards, returns and advantages are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

BOUNDING_NAMES = re.compile(
    r"(?i)sym_?log|normali[sz]|standardi[sz]|whiten|running_?mean|running_?std|welford|pop_?art"
    r"|(scale|clip|squash|transform|shape|rescale)\w*_?(reward|return)|(reward|return)s?_?(scal|clip|squash|norm|transform)"
)
"""Names of the project's own helpers, where the body cannot be read."""


@dataclass(frozen=True, slots=True)
class WrapperSpec:
    """An environment wrapper that bounds rewards."""

    does: str
    argument: str | None = None
    """The keyword that decides; None where the wrapper always does it."""
    position: int | None = None
    default: bool = True
    """What the keyword is when it is not written."""


_CLIPS = WrapperSpec("clips the reward")
_NORMALISES = WrapperSpec("normalises the reward")
_SCALES = WrapperSpec("scales the reward")

REWARD_WRAPPERS: dict[str, WrapperSpec] = {
    "VecNormalize": WrapperSpec("normalises the reward", "norm_reward", 3),
    "NormalizeReward": _NORMALISES,
    "NormalizeRewardV1": _NORMALISES,
    "ClipReward": _CLIPS,
    "ClipRewardEnv": _CLIPS,
    "ClippedRewardsWrapper": _CLIPS,
    "TransformReward": WrapperSpec("transforms the reward"),
    "RewardScaler": _SCALES,
    "ScaledRewardEnv": _SCALES,
    "ScaleReward": _SCALES,
    "wrap_deepmind": WrapperSpec("clips the reward", "clip_rewards", 2),
    "make_atari_env": WrapperSpec("clips the reward"),
    "wrap_dqn": WrapperSpec("clips the reward", "reward_clipping", 3),
}
"""Last component of the name -> specification."""

SMALL_REWARDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"(?i)^(ALE/)?{pattern}(-|NoFrameskip|Deterministic|-ram|$)"), note)
    for pattern, note in (
        ("CartPole", "CartPole pays 1 a step"),
        ("Acrobot", "Acrobot pays -1 a step"),
        ("MountainCar", "MountainCar pays -1 a step"),
        ("Pendulum", "Pendulum pays between -16.3 and 0 a step"),
        ("FrozenLake(8x8)?", "FrozenLake pays 0 or 1"),
        ("Blackjack", "Blackjack pays between -1.5 and 1.5"),
        ("Taxi", "Taxi pays between -10 and 20 a step"),
        ("InvertedPendulum", "InvertedPendulum pays 1 a step"),
        ("Pong", "Pong pays -1 or 1 a point"),
        ("Breakout", "Breakout pays at most 7 a brick"),
        ("Freeway", "Freeway pays 1 a crossing"),
    )
)
"""Patterns on the environment's id -> why its reward is small. MountainCarContinuous pays 100 at the goal: left out."""

ENVIRONMENT_FACTORIES = frozenset(
    {"gym.make", "gymnasium.make", "gym.vector.make", "gymnasium.vector.make", "gymnasium.make_vec", "gym.envs.make"}
    | {"tf_agents.environments.suite_gym.load", "tf_agents.environments.suite_atari.load", "retro.make"}
)
"""Functions whose first argument is an environment's id."""

REWARD_NAME = re.compile(r"(?i)(^|_)(rew|rews|reward|rewards|rs|ep_rs|r_t)($|_)")
RETURN_NAME = re.compile(
    r"(?i)(^|_)(returns?|rets?|discounted|rtg|reward_to_go|td_targets?|q_targets?|v_targets?|target_qs?|vtarg)($|_)"
)
ADVANTAGE_NAME = re.compile(r"(?i)(^|_)(adv|advs|advantages?|atarg|gaes?)($|_|s$)")


@cache
@cache
def kind_of_name(name: str) -> str | None:
    """rewards, returns or advantages, going by a name alone; None if it says nothing.

    Of several meanings the most derived wins: `reward_to_go` and `discounted_rewards` are returns.
    """
    for kind, pattern in (("advantages", ADVANTAGE_NAME), ("returns", RETURN_NAME), ("rewards", REWARD_NAME)):
        if pattern.search(name):
            return kind
    return None


DISCOUNTS = re.compile(r"(?i)_?(\w+_)?(gamma|discount(_?(factor|rate))?)")
"""What the discount of a return is called. (`gae_lambda` is another thing: 1 is a fair choice there.)"""


@cache
def is_discount(name: str) -> bool:
    """Whether a number of this name is the discount of a return.

    >>> is_discount("gamma"), is_discount("DISCOUNT_FACTOR"), is_discount("gae_lambda")
    (True, True, False)
    """
    return DISCOUNTS.fullmatch(name) is not None


def small_reward(environment: str) -> str | None:
    """Why an environment's rewards are known to be small, by its id."""
    return next((note for pattern, note in SMALL_REWARDS if pattern.search(environment)), None)


_STORES = re.compile(
    r"(?i)_?(add|append|appendleft|push|put|insert|store|save|remember|memori[sz]e|record|cache|collect|observe|perceive"
    r"|experience|backward|learn|train|update|fit)(_\w*)?"
)
"""Methods that take a transition to learn from it, now or later."""

_PARTS = {
    "state": re.compile(r"(?i)(^|_)(s|s1|s2|obs|ob|obs\w?|observations?|states?|frames?)($|_)"),
    "action": re.compile(r"(?i)(^|_)(a|ac|acs|act|acts|actions?)($|_)"),
    "end": re.compile(r"(?i)(^|_)(d|dones?|terminals?|terminated|truncated|is_terminal|mask)($|_)"),
}


@cache
def stores_transitions(method: str) -> bool:
    """Whether a method of this name may keep a transition, or learn from it.

    >>> stores_transitions("store_transition"), stores_transitions("render")
    (True, False)
    """
    return _STORES.fullmatch(method) is not None


@cache
def part_of_transition(name: str) -> str | None:
    """Which part of a transition, beside the reward, a name stands for; None if it says nothing.

    >>> part_of_transition("next_obs")
    'state'
    """
    return next((part for part, pattern in _PARTS.items() if pattern.search(name)), None)
