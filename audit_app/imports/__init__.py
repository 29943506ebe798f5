"""Imports and exports: the company's own tables come in and go out as CSV, XLSX and YAML.

A file becomes rows, rows become a plan (what is new, changed, the same, and what cannot be taken, with line, column and
reason), and a plan is carried out whole or not at all. The page, the API and the command line all knock at the same
action. This slice refuses to repair what it was given: it says what is wrong and where.
"""
