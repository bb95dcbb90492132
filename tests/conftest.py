"""Shared fixtures."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

import pytest


def _needed(name: str) -> ModuleType:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        return importlib.import_module(name)
    except ImportError as error:
        # a skip would let the tables and the pages rot in silence
        pytest.fail(f"this test checks facts against the real {name}, which is missing ({error}): pip install {name}")


@pytest.fixture(scope="session")
def tensorflow() -> ModuleType:
    """The installed TensorFlow; without it the test fails."""
    return _needed("tensorflow")


@pytest.fixture(scope="session")
def keras() -> ModuleType:
    """The installed Keras 3; without it the test fails."""
    module = _needed("keras")
    assert module.__version__.startswith("3."), "the pages and tables are checked against Keras 3"
    return module


@pytest.fixture(scope="session")
def tf_keras() -> ModuleType:
    """The installed tf_keras (Keras 2); without it the test fails."""
    return _needed("tf_keras")


@pytest.fixture(scope="session")
def np(tensorflow: ModuleType) -> ModuleType:
    """The numpy that TensorFlow brings."""
    return _needed("numpy")
