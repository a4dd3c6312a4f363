"""Failed assertions of the shared suite show their values, too."""

import pytest

pytest.register_assert_rewrite("tests.api.suite")
