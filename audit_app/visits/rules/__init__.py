"""What may be and what follows, for visits: states, merging of drafts, release. Pure."""
