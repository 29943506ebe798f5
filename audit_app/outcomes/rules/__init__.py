"""What can be said of outcomes without a database: columns and their meanings, numbers, days, doubts, expressions."""
