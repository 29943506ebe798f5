"""Carrying out a plan: all of it in one transaction, or none."""
