"""The frameworks in tables: names, parameter orders, defaults, thresholds. Data only."""
