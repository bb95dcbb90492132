"""One module per output format; each sees findings only."""
