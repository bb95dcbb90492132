"""What array and tensor operations do to the numbers that pass through them, by the last component of their names."""

from __future__ import annotations

import re
from functools import cache

NAMESPACES = re.compile(
    r"(tf|np|keras\.ops|keras\.backend|math|tfp|scipy(?!\.stats\.)|jax\.numpy|pandas|statistics|keras\.activations|contrib|tree|hvd|horovod|tfa|snt|trfl|tf_agents)(\.\w+)*"
)
"""Namespaces whose functions are arithmetic: an unknown name in them is opaque but remembers its inputs."""

SAME = frozenset(
    "array asarray asanyarray ascontiguousarray atleast_1d atleast_2d atleast_3d cast reshape expand_dims squeeze stack "
    "concatenate concat vstack hstack dstack column_stack row_stack transpose identity stop_gradient convert_to_tensor "
    "constant gather gather_nd boolean_mask slice strided_slice split unstack unpack pack parallel_stack tile repeat copy "
    "float32 float64 float16 float to_float to_double to_int32 int32 int64 int8 uint8 flip fliplr flipud reverse "
    "reverse_v2 pad broadcast_to broadcast_arrays ravel flatten append roll sort numpy take take_along_axis delete insert "
    "cumsum squeeze unique extract compress swapaxes moveaxis moveaxes permute_dimensions batch_flatten repeat_elements "
    "IndexedSlices guarantee_const ensure_shape real imag fromiter frombuffer stack_arrays array_split tensor_scatter_nd_update "
    "scatter_update scatter_nd dynamic_slice partial stop tolist item astype detach cpu getvalue no_op_identity "
    "nan_to_num map_structure flatten_dict nest unstack_batch read_value value to_tensor allreduce broadcast all_reduce "
    "sequence_mask_apply reduce_join squeeze_dims permute at set stop_gradients print Print asscalar asfarray sum_to_shape "
    "diff gradient_tape dequeue peek lookup get_value batch_get_value eval Series DataFrame to_numpy ewm rolling fillna "
    "shift dropna lfilter discount_cumsum".split()
)
"""The numbers come out as they went in, perhaps rearranged."""

REDUCE = frozenset(
    "mean sum reduce_mean reduce_sum average add_n nanmean nansum logsumexp reduce_logsumexp reduce_prod prod fmean".split()
)
"""Sums and means: of the same magnitude or larger, and usually the last step to a loss."""

DEVIATION = frozenset("std reduce_std nanstd stdev pstdev".split())
VARIANCE = frozenset("var reduce_variance nanvar variance pvariance".split())
STATISTIC = frozenset(
    "norm global_norm max amax nanmax min amin nanmin reduce_max reduce_min ptp percentile nanpercentile quantile median "
    "moments l2_loss reduce_euclidean_norm maximum_norm running_mean".split()
)
"""A statistic of the data: dividing the data by it normalises."""

BOUND = frozenset(
    "clip clip_by_value tanh sign sigmoid hard_sigmoid softmax softsign l2_normalize normalize erf arctan atan "
    "batch_normalization layer_normalization layer_norm batch_norm standardize zscore hard_tanh relu6 sin cos "
    "per_image_standardization clip_by_norm clip_reward normalize_reward huber huber_loss element_wise_huber_loss "
    "clip_by_average_norm symlog minmax_scale element_wise_squared_loss_clipped".split()
)
"""What comes out has a known size."""

ELEMENTWISE = frozenset(
    "add subtract sub multiply mul divide div truediv true_divide floordiv maximum minimum square sqrt exp log log1p expm1 "
    "abs absolute fabs pow power scalar_mul negative neg matmul dot tensordot einsum relu elu selu leaky_relu softplus "
    "squared_difference reciprocal rsqrt log_softmax floor ceil round mod fmod log2 log10 outer inner multiply_no_nan "
    "divide_no_nan div_no_nan cumprod where cond select case accumulate_n lerp hypot logaddexp xlogy kron trace "
    "scatter_add scatter_sub bias_add linear batch_dot conv conv1d conv2d dropout max_pool avg_pool embedding_lookup "
    "foldl foldr scan reduce interp correlate convolve vecdot cross polyval vectorize".split()
)
"""Arithmetic: flows of all arguments meet."""

DROP = frozenset(
    "argmax argmin arg_max argsort argwhere shape size rank ndim one_hot zeros_like ones_like full_like zeros ones eye full empty empty_like "
    "equal not_equal arange range linspace digitize searchsorted bincount nonzero flatnonzero get_shape int_shape shape_n "
    "categorical multinomial choice randint rand randn normal uniform random random_normal random_uniform truncated_normal "
    "standard_normal permutation shuffle sample seed set_seed set_random_seed get_state finfo iinfo meshgrid dtype name_scope variable_scope "
    "device control_dependencies executing_eagerly epsilon floatx learning_phase count_nonzero len indices top_k in_top_k "
    "to_categorical summary scalar histogram image file_writer create_file_writer save restore Saver "
    "global_variables_initializer initialize_all_variables initializers constant_initializer random_normal_initializer "
    "glorot_uniform_initializer zeros_initializer TensorShape TensorSpec ConfigProto GPUOptions Graph get_default_graph "
    "get_variable_scope reset_default_graph as_default AUTO_REUSE no_op group list_physical_devices "
    "set_memory_growth from_tensor_slices Dataset get_logger set_verbosity isclose allclose array_equal set_printoptions "
    "savetxt save savez load loadtxt genfromtxt meshgrid triu tril diag identity_matrix prod_shape".split()
)
"""What comes out does not carry the magnitude of what went in."""

DRAWS = frozenset(
    "rand randn normal uniform random random_sample standard_normal exponential gamma beta laplace lognormal multivariate_normal".split()
)
"""NumPy's draws from a continuous distribution: no two of them are equal."""

COMPARE = frozenset(
    "greater greater_equal less less_equal logical_and logical_or logical_not logical_xor any all reduce_any reduce_all isin bitwise_and bitwise_or assert_equal assert_less assert_greater assert_positive assert_non_negative Assert".split()
)


@cache
def is_arithmetic(namespace: str) -> bool:
    """Whether the functions of a namespace are taken for arithmetic."""
    return NAMESPACES.fullmatch(namespace) is not None


OTHER_FRAMEWORKS = frozenset({"torch", "jax", "jnp", "mxnet", "paddle", "chainer", "mindspore"})
OUR_FRAMEWORKS = frozenset({"tensorflow", "tf", "keras", "tf_keras"})
"""Names that a file uses, which tell whose tensors its methods are called on."""
