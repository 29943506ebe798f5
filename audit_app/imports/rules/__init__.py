"""Pure cores: rows of a file and what is known in, a plan out."""
