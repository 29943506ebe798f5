"""The organisation: brands (own and competitors), regions, locations, employees, and the people who sign in.

A person has grants: a role and how far it reaches (the network, a region, a location). A shopper is a person unknown to
the place; an employee works there and may or may not sign in. This slice knows who may reach which location; it
refuses to know what they do there.
"""
