"""What calls of libraries (and of Python's own types) mean to the interpreter: one module per subject."""
