"""Service standards: versioned checklists of sections and items.

A standard has versions: draft, published (never edited again), retired. An item keeps its code, its identity, over
all versions. The whole version is one document, the same in YAML, in the database and in the editor.
This slice knows what an item asks, who sees it and what answers it takes; it refuses to know visits and scores.
"""
