"""Questions about visits, by noun: `access` loads one visit for somebody who may; lists and counts beside it."""
