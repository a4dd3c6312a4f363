"""The contract that import-linter checks leaves nobody out."""

import re
import tomllib
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def places() -> set[str]:
    """Everything that has its place among the layers."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = " ".join(settings["contracts"][0]["layers"])
    return set(re.findall(r"[\w.]+", layers))


def test_every_app_has_its_layer(places: set[str]) -> None:
    ours = {app.name for app in apps.get_app_configs() if Path(app.path).parent == ROOT}
    assert ours - {"privacy_console"} <= places


def test_every_module_of_roof_and_ground_has_its_layer(places: set[str]) -> None:
    found = {path for path in (ROOT / "privacy_console").iterdir() if is_module(path)}
    assert {f"privacy_console.{path.stem}" for path in found} <= places


def is_module(path: Path) -> bool:
    return (path / "__init__.py").exists() or (path.suffix == ".py" and path.stem != "__init__")
