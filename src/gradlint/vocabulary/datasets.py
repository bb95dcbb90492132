"""Where images and tables come from, and what is done to them on the way to a model."""

from __future__ import annotations

import re
from functools import cache

PIXELS = 255.0
"""The largest value of an 8-bit image."""

KERAS_IMAGES = frozenset({"mnist", "fashion_mnist", "cifar10", "cifar100"})
"""Modules of `keras.datasets` whose `load_data` returns images as uint8."""

TFDS_IMAGES = re.compile(
    r"(mnist|fashion_mnist|kmnist|emnist|cifar10|cifar100|cats_vs_dogs|tf_flowers|rock_paper_scissors|horses_or_humans|beans"
    r"|svhn_cropped|oxford_flowers102|oxford_iiit_pet|stanford_dogs|food101|caltech101|stl10|celeb_a|imagenette|imagenet2012"
    r"|eurosat|colorectal_histology|malaria)([/:].*)?"
)
"""Names of image sets for `tfds.load`, whose images are uint8."""

DECODERS = frozenset(
    f"tf.{namespace}.{name}"
    for namespace in ("image", "io")
    for name in ("decode_image", "decode_jpeg", "decode_png", "decode_bmp", "decode_gif", "decode_and_crop_jpeg")
)
"""They give uint8, unless another type is asked for."""

READERS = frozenset({"cv2.imread", "imageio.imread", "imageio.v2.imread", "imageio.v3.imread", "PIL.Image.open"})
"""They give 8-bit images. (matplotlib's `imread` gives values up to 1 for PNG files.)"""

READING = frozenset(name.rpartition(".")[2] for name in (*DECODERS, *READERS)) - {"open"} | {"load_img", "Image"}
"""Last components of these names: what a file mentions that reads images."""

IMAGE_FOLDERS = frozenset(
    {"keras.utils.image_dataset_from_directory", "keras.preprocessing.image_dataset_from_directory"}
)
"""Datasets of batches of images, as float32 from 0 to 255."""

LOADERS = frozenset({"load_img", "img_to_array"})
"""Of `keras.utils` and `keras.preprocessing.image`; they scale nothing."""

GENERATOR = "keras.preprocessing.image.ImageDataGenerator"
RESCALING_ARGUMENTS = frozenset(
    {
        "rescale",
        "preprocessing_function",
        "featurewise_center",
        "featurewise_std_normalization",
        "samplewise_center",
        "samplewise_std_normalization",
        "zca_whitening",
    }
)
"""Arguments of `ImageDataGenerator` that change the size of the values."""

IMAGE_OPERATIONS = re.compile(
    r"(tf\.image\.(resize|resize_images|resize_with_pad|resize_with_crop_or_pad|resize_image_with_crop_or_pad|central_crop"
    r"|random_crop|crop_to_bounding_box|pad_to_bounding_box|flip_left_right|flip_up_down|random_flip_left_right|rot90"
    r"|random_flip_up_down|transpose|rgb_to_grayscale|grayscale_to_rgb|crop_and_resize|stateless_random_flip_left_right"
    r"|stateless_random_crop)|tf\.random_crop|tf\.image\.random_crop|tf\.random\.crop"
    r"|cv2\.(resize|cvtColor|flip|rotate|GaussianBlur|medianBlur|warpAffine))"
)
"""They move or mix pixels; the values stay from 0 to 255."""

IMAGE_METHODS = frozenset({"convert", "resize", "crop", "rotate", "thumbnail", "transpose", "set_shape"})
"""Methods of images (PIL) and image tensors that leave the values as they are."""

FRAMES = re.compile(
    r"pandas\.read_(csv|excel|table|parquet|json|sql|sql_query|sql_table|hdf|feather|stata|fwf|pickle|orc)"
)
"""They return tables in which a cell without a value is NaN."""

NO_MISSING = ("na_filter", "keep_default_na")
"""Arguments that are False where an empty cell is not made NaN."""

CLEANING = frozenset("dropna fillna interpolate ffill bfill pad backfill isna isnull notna notnull hasnans".split())
"""Methods and functions of pandas that remove, replace or look for missing values."""

ROWS_AND_COLUMNS = frozenset(
    "drop copy astype to_numpy sort_values sort_index set_index reset_index head tail rename pop select_dtypes iloc loc "
    "values squeeze query nlargest nsmallest filter reindex to_frame get drop_duplicates infer_objects convert_dtypes assign "
    "append add_prefix set_axis truncate stack as_matrix sample diff shift cumsum pct_change".split()
)
"""Methods of tables that leave missing values where they are (or make some)."""

JOINING = frozenset({"pandas.concat", "pandas.merge", "pandas.DataFrame", "pandas.Series", "pandas.get_dummies"})

SCALERS = frozenset(
    "StandardScaler MinMaxScaler RobustScaler MaxAbsScaler Normalizer QuantileTransformer PowerTransformer".split()
)
"""Classes of `sklearn.preprocessing`: they scale, and hand missing values on."""
SCALING = frozenset({"scale", "minmax_scale", "maxabs_scale", "robust_scale", "normalize"})
IMPUTERS = frozenset({"SimpleImputer", "KNNImputer", "IterativeImputer", "Imputer"})
ENCODERS = frozenset({"LabelEncoder", "OneHotEncoder", "OrdinalEncoder", "LabelBinarizer", "MultiLabelBinarizer"})
"""Their results are small whole numbers, and none is missing."""
SPLITTERS = frozenset({"sklearn.model_selection.train_test_split", "sklearn.cross_validation.train_test_split"})
SHUFFLERS = frozenset({"sklearn.utils.shuffle", "sklearn.utils.resample"})

PASSING = frozenset(
    "batch shuffle repeat prefetch cache take skip with_options filter padded_batch as_numpy_iterator unbatch shard "
    "ignore_errors make_one_shot_iterator make_initializable_iterator".split()
)
"""Methods of `tf.data.Dataset` that leave the elements as they are."""

RESCALES = re.compile(
    r"^(Rescaling|Lambda|preprocess_input|Embedding|Layer|Normalization|UnitNormalization|applications|hub|load_model"
    r"|clone_model|model_from_json|model_from_yaml|from_config|from_pretrained|TFSMLayer|KerasLayer|Functional)$"
    r"|^Preprocess|^(EfficientNet|MobileNet|ResNet|DenseNet|Inception|Xception|VGG|NASNet|ConvNeXt)"
)
"""Names in a program that may rescale what goes into its network: layers that do, layers of its own, networks made elsewhere."""

NORMALISES = re.compile(r"(?i)(batch|layer|group|instance|l2)_?norm")
"""Layers behind which the size of the input no longer shows."""

_ROOTS = re.compile(
    r"keras\.|tf\.(data|image|io|random)\.|tf\.random_crop|cv2\.|imageio\.|PIL\.|tfds\.|tensorflow_datasets\.|pandas\.|sklearn\.|np\.nan_to_num"
)


@cache
def may_be_data(name: str) -> bool:
    """Whether a function of this name may load or change images or tables: asked for every call of a library.

    >>> may_be_data("pandas.read_csv"), may_be_data("np.mean")
    (True, False)
    """
    return _ROOTS.match(name) is not None
