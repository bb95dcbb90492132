"""The half of the probe that runs in the user's training interpreter: standard library, numpy and TensorFlow only."""
