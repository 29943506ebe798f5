"""audit_app: service standards as versioned checklists, visits that check them, and what the items are worth."""

import os

# One thread for linear algebra: the matrices of studies are narrow, a second thread gains nothing (effectiveness.md 2),
# and on a busy machine threads that wait for each other cost ten times the work. Whoever knows better says so outside.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
