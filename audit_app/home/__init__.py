"""Home: the first page after sign-in, one per role, with what this person is here to do.

It only asks the slices before it and links to their pages; it owns no table.
"""
