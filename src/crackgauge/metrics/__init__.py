"""Scores of predictions against truths: tolerant counts, precision, recall, F1 (numpy, scipy)."""
