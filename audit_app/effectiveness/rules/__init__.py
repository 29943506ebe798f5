"""The statistics of the study: pure, arrays in, frozen values out. Formulas and sources: docs/method.md."""
