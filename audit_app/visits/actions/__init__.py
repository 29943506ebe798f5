"""Changes to visits, by noun: `steps` moves a visit between states; `planning`, `filling`, `review`, `release` use it."""
