"""What makes a program recurrent, and whose import makes it reinforcement learning."""

from __future__ import annotations

import re
from functools import cache

RECURRENT_LAYERS = frozenset(
    {
        "SimpleRNN",
        "LSTM",
        "GRU",
        "RNN",
        "SimpleRNNCell",
        "LSTMCell",
        "GRUCell",
        "StackedRNNCells",
        "CuDNNLSTM",
        "CuDNNGRU",
    }
    | {"ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "ConvRecurrent2D", "PeepholeLSTMCell", "ConvLSTM2DCell"}
)
"""Last component under keras.layers. Bidirectional and TimeDistributed wrap others and are no evidence alone."""

RECURRENT_FUNCTIONS = frozenset(
    f"tf.nn.{name}"
    for name in (
        "dynamic_rnn",
        "static_rnn",
        "bidirectional_dynamic_rnn",
        "static_bidirectional_rnn",
        "raw_rnn",
        "rnn_cell.BasicRNNCell",
        "rnn_cell.BasicLSTMCell",
        "rnn_cell.LSTMCell",
        "rnn_cell.GRUCell",
        "rnn_cell.MultiRNNCell",
    )
) | frozenset(
    f"snt.{name}"
    for name in ("LSTM", "GRU", "VanillaRNN", "DeepRNN", "UnrolledLSTM", "Conv1DLSTM", "Conv2DLSTM", "Conv3DLSTM")
)
"""Canonical names."""

RECURRENT_NETWORKS = frozenset(
    {"LstmEncodingNetwork", "ActorDistributionRnnNetwork", "ActorRnnNetwork", "CriticRnnNetwork", "ValueRnnNetwork"}
    | {"QRnnNetwork", "CategoricalQRnnNetwork", "DynamicUnroll", "ExpandToLSTMCell", "dynamic_unroll_layer"}
    | {"MlpLstmPolicy", "MlpLnLstmPolicy", "CnnLstmPolicy", "CnnLnLstmPolicy"}
)
"""Last components: TF-Agents' networks and stable-baselines' policies."""

_LAYER_NAMESPACES = re.compile(
    r"keras(\.\w+)*\.layers?(\.\w+)*|keras(\.\w+)*\.recurrent\w*|tfa\.rnn(\.\w+)*|keras_core\.layers"
)
_CELL = re.compile(r"contrib\.(rnn|cudnn_rnn|seq2seq|grid_rnn)(\.\w+)*\.\w*(RNN|LSTM|GRU|rnn|lstm|gru)\w*")

RL_PACKAGES = frozenset(
    {
        "gym",
        "gymnasium",
        "tf_agents",
        "stable_baselines",
        "stable_baselines3",
        "baselines",
        "dopamine",
        "rl",
        "tensorforce",
    }
    | {
        "keras_gym",
        "tf2rl",
        "xagents",
        "huskarl",
        "trfl",
        "rlax",
        "acme",
        "bsuite",
        "dm_env",
        "dm_control",
        "ray.rllib",
    }
    | {"mlagents", "mlagents_envs", "gym_unity", "retro", "atari_py", "ale_py", "vizdoom", "procgen", "pettingzoo"}
    | {"pybullet_envs", "mujoco_py", "roboschool", "highway_env", "gym_minigrid", "minigrid", "pysc2", "osim", "coax"}
    | {"bellman", "anyrl", "rlagent", "drlz", "deer", "spinup", "rl_coach", "garage", "gym_anytrading"}
)
"""Packages whose import is evidence of reinforcement learning (`rl` is keras-rl)."""


@cache
@cache
def is_recurrent(canonical: str) -> bool:
    """Whether calling this builds or runs a recurrent network.

    >>> is_recurrent("keras.layers.LSTM"), is_recurrent("keras.layers.Dense")
    (True, False)
    """
    namespace, _, name = canonical.rpartition(".")
    if canonical in RECURRENT_FUNCTIONS or _CELL.fullmatch(canonical) or name in RECURRENT_NETWORKS:
        return True
    return name in RECURRENT_LAYERS and _LAYER_NAMESPACES.fullmatch(namespace) is not None


@cache
@cache
def rl_package(module: str) -> str | None:
    """The package of RL_PACKAGES that an imported module belongs to.

    >>> rl_package("tf_agents.agents.dqn")
    'tf_agents'
    """
    parts = module.split(".")
    return next((name for cut in (1, 2) if (name := ".".join(parts[:cut])) in RL_PACKAGES), None)
