"""Visits: a shopper or auditor checks a location against one version of a standard.

planned → offered → accepted → started → submitted → approved → released; returned to the shopper with reasons and a
clock; declined, expired, cancelled, void. Each submission is an append-only revision: answers as one document, with
evidence beside it. A visit keeps the version it was planned with. This slice refuses to know what the answers are worth.
"""
