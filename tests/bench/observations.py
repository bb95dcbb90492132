"""How large the observations of well-known environments are, under random actions.

    pip install "gymnasium[mujoco,box2d]" ale-py
    python tests/bench/observations.py [--steps N] [ID ...]

Prints the largest absolute observation of each. This is where `vocabulary/observations.py` has its sizes from.
"""

from __future__ import annotations

import argparse
import contextlib

import gymnasium
import numpy as np

ENVIRONMENTS = (
    "CartPole-v1", "Acrobot-v1", "MountainCar-v0", "MountainCarContinuous-v0", "Pendulum-v1",
    "LunarLander-v3", "LunarLanderContinuous-v3", "BipedalWalker-v3", "CarRacing-v3",
    "Ant-v5", "HalfCheetah-v5", "Hopper-v5", "Humanoid-v5", "HumanoidStandup-v5", "InvertedDoublePendulum-v5",
    "InvertedPendulum-v5", "Pusher-v5", "Reacher-v5", "Swimmer-v5", "Walker2d-v5",
    "ALE/Breakout-v5", "ALE/Pong-v5",
)  # fmt: skip


def largest(name: str, steps: int, seed: int = 0) -> float:
    """The largest absolute observation in so many random steps."""
    env = gymnasium.make(name)
    env.action_space.seed(seed)
    observation, _ = env.reset(seed=seed)
    found = 0.0
    for _ in range(steps):
        found = max(found, float(np.abs(np.asarray(observation, np.float64)).max()))
        observation, _, ended, cut, _ = env.step(env.action_space.sample())
        if ended or cut:
            observation, _ = env.reset()
    env.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("environments", nargs="*", default=ENVIRONMENTS, metavar="ID")
    parser.add_argument("--steps", type=int, default=5000)
    options = parser.parse_args()
    with contextlib.suppress(ImportError):
        import ale_py

        gymnasium.register_envs(ale_py)
    for name in options.environments:
        try:
            print(f"{name:30} {largest(name, options.steps):12.4g}", flush=True)
        except gymnasium.error.Error as problem:
            print(f"{name:30} not run: {problem}", flush=True)


if __name__ == "__main__":
    main()
