"""From paths to a report: discover, read, judge, suppress, sort."""
