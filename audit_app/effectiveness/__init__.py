"""Which items of a standard move what customers do, how sure that is, and what to do about it.

Words: study (a snapshot: inputs, parameters, results), outcome (a rate made of measures), estimate (change of the log
outcome from never to always), verdict (of an item on one outcome), decision (of an item over all outcomes; proposed by
rule, taken by a person), pilot (a randomised roll-out). `rules/` holds the statistics: arrays in, frozen values out.
Refuses to know: who a shopper is (only that two visits had the same one), and anything about pay.
"""
