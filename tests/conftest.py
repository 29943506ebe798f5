"""What every test may use."""

pytest_plugins = [
    "tests.support.postgres",
    "tests.support.app",
    "tests.support.live",
    "tests.support.mortal",
    "tests.support.editor",
]
