"""audit_app: service standards as versioned checklists, visits that check them, and what the items are worth."""
