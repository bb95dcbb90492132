"""Which environments observe large numbers, and which wrappers scale them."""

from __future__ import annotations

import re
from dataclasses import dataclass

LARGE = 50.0
"""Observations above this are unscaled. (Networks are initialised for inputs of size 1: Glorot and Bengio 2010.)"""

UNLIMITED = 1e9
"""A declared limit above this (the largest float32, say) tells that there is none, and not how large observations are."""

SPACE = re.compile(r"(gym|gymnasium)\.spaces(\.box)?\.Box")

_GAMES = (
    "Alien|Amidar|Assault|Asterix|Asteroids|Atlantis|BankHeist|BattleZone|BeamRider|Berzerk|Bowling|Boxing|Breakout"
    "|Centipede|ChopperCommand|CrazyClimber|DemonAttack|DoubleDunk|Enduro|FishingDerby|Freeway|Frostbite|Gopher|Gravitar"
    "|Hero|IceHockey|Jamesbond|Kangaroo|Krull|KungFuMaster|MontezumaRevenge|MsPacman|NameThisGame|Phoenix|Pitfall|Pong"
    "|PrivateEye|Qbert|Riverraid|RoadRunner|Robotank|Seaquest|Skiing|Solaris|SpaceInvaders|StarGunner|Tennis|TimePilot"
    "|Tutankham|UpNDown|Venture|VideoPinball|WizardOfWor|YarsRevenge|Zaxxon"
)
_LARGE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"Humanoid(Standup)?-v\d"), "Humanoid observes inertias and forces in the thousands"),
    (re.compile(rf"(ALE/)?({_GAMES})(-ram)?(NoFrameskip|Deterministic)?-v\d"), "Atari games show numbers up to 255"),
    (re.compile(r"CarRacing-v\d"), "CarRacing shows pixels up to 255"),
)
"""Patterns on the environment's id -> what it shows. `tests/bench/observations.py` measures them. The other
environments of MuJoCo stay below 50 under random actions, classic control, LunarLander and BipedalWalker below 10."""


def large_observation(environment: str) -> str | None:
    """What an environment shows, if its observations are large, by its id.

    >>> large_observation("Humanoid-v5"), large_observation("CartPole-v1")
    ('Humanoid observes inertias and forces in the thousands', None)
    """
    return next((what for pattern, what in _LARGE if pattern.fullmatch(environment)), None)


@dataclass(frozen=True, slots=True)
class Observes:
    """What a wrapper does to observations: it scales them where an argument says so, or leaves their size alone."""

    argument: str
    position: int
    default: bool


SCALING_ARGUMENTS = {
    "VecNormalize": Observes("norm_obs", 2, True),
    "AtariPreprocessing": Observes("scale_obs", 7, False),
    "wrap_deepmind": Observes("scale", 4, False),
}

KEEPING = frozenset(
    {"TimeLimit", "Monitor", "VecMonitor", "RecordVideo", "RecordEpisodeStatistics", "OrderEnforcing", "PassiveEnvChecker"}
    | {"NormalizeReward", "ClipReward", "TransformReward", "ClipAction", "RescaleAction", "TransformAction", "Autoreset"}
    | {"FrameStack", "FrameStackObservation", "VecFrameStack", "StackFrames", "FlattenObservation", "AutoResetWrapper"}
    | {"ResizeObservation", "GrayScaleObservation", "GrayscaleObservation", "MaxAndSkipObservation", "WarpFrame"}
    | {"NoopResetEnv", "MaxAndSkipEnv", "EpisodicLifeEnv", "FireResetEnv", "ClipRewardEnv", "wrap_deepmind", "make_atari"}
)  # fmt: skip
"""Wrappers behind which observations are as large as before; of any other that is not told."""
