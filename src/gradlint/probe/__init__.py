"""The runtime half: one training step of the user's own program, run in a supervised process and measured there.

`child` runs in the user's interpreter and measures; everything else runs here, supervises it, and judges what it measured.
"""
