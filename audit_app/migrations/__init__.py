"""Changes of the schema, in order; tried on both engines with a filled database, up, down and up again."""
