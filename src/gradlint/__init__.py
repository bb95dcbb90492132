"""gradlint: will the numbers in this training run blow up?"""

__version__ = "0.1.0"
