"""The demo chain: people, places and a year of visits that never happened, the same ones every time.

`chain.seed` fills an empty database; each other module makes one kind of thing and returns plain rows. Everything is drawn
from named, seeded streams (`chance`), so the same day gives the same chain. Nobody and no shop here is real.
"""
