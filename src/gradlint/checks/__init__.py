"""One rule per module; found by walking this package."""
