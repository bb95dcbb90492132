"""Configuration files: reading them, saying what is wrong with them, and what holds for which file."""
