"""The toy store and its run, made once."""

import pytest

from .lab import Toy, make_toy


@pytest.fixture(scope="package")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    return make_toy(tmp_path_factory.mktemp("searching"))
