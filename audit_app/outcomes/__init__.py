"""What customers did: numbers of a location and a day, brought in by files or summed in the engine that holds them.

Words: outcome day (one location, one day), measure (visitors, transactions, revenue, complaints, …), source (an
expression that an engine sums to location and day), coverage (where and when numbers and visits meet).
Refuses to know: items, visits' answers, and what any number may have to do with them.
"""
