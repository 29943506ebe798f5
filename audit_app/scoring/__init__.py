"""Scores: what the answers of one visit come to, exactly, and why.

Pure fractions in `rules`, rounding only for display. A score keeps the version, the revision and the rule version it
came from, so the same inputs give the same score for ever. This slice refuses to know who reads a score.
"""
