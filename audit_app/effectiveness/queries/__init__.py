"""Questions about studies: lists, one study, its items' names, what people decided, and what data there is."""
