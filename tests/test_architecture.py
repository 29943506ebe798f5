"""The house keeps its shape: imports flow one way, rules are pure, every route names a guard."""

import pytest
from importlinter.cli import lint_imports


@pytest.mark.filterwarnings("ignore")
def test_imports_flow_one_way():
    assert lint_imports() == 0
