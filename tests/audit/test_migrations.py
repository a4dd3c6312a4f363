"""Migrations change tables, and data on the way: every change of data is recorded, and the triggers end up right.

Real files, the real executor, a process for each run: one can be killed in the middle.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from tests.audit.project import Project, own_database

MODELS = """
    from django.db import models
    from audit.history import AuditedRecords

    class {name}(models.Model):
        {fields}

        history = AuditedRecords(category="garden", label="{label}")
"""
PLANT = MODELS.format(
    name="Plant",
    label="name",
    fields="name = models.CharField(max_length=50); height = models.IntegerField(default=0)"
    "; note = models.TextField(null=True)",
)
GROWN = MODELS.format(
    name="Plant",
    label="title",
    fields="title = models.CharField(max_length=50); height = models.CharField(max_length=20, default='0')"
    "; colour = models.CharField(max_length=20, default='green')",
)
TREE = GROWN.replace("class Plant", "class Tree")

MIGRATION = """
    from django.db import migrations, models

    def grow(apps, editor):
        apps.get_model("garden", "Plant").objects.filter(name="fern").update(height=1)

    def paint(apps, editor):
        fern = apps.get_model("garden", "Plant").objects.get(name="fern")
        fern.colour = "dark green"
        fern.save()

    def sow(apps, editor):
        apps.get_model("garden", "Plant").objects.create(title="moss", height="2")

    class Migration(migrations.Migration):
        dependencies = [("garden", "0001_initial")]
        operations = [migrations.RunPython(grow)] + [
            migrations.AddField(model, "colour", models.CharField(max_length=20, default="green"))
            for model in ("plant", "historicalplant")
        ] + [
            migrations.RunPython(paint),
            migrations.RunSQL(
                "-- a remark first\\n/* and another */ UPDATE garden_plant SET height = 10 WHERE height = 1"
            ),
        ] + [
            migrations.AlterField(model, "height", models.CharField(max_length=20, default="0"))
            for model in ("plant", "historicalplant")
        ] + [
            migrations.RunSQL(
                "CREATE TABLE garden_shed (id integer); UPDATE garden_plant SET height = '11' WHERE height = '10';"
                " DROP TABLE garden_shed; DELETE FROM garden_plant WHERE name = 'weed'"
            ),
        ] + [
            migrations.RenameField(model, "name", "title") for model in ("plant", "historicalplant")
        ] + [
            migrations.RunPython(sow),
        ] + [
            migrations.RemoveField(model, "note") for model in ("plant", "historicalplant")
        ] + [
            migrations.RunSQL("UPDATE garden_plant SET title = 'green moss' WHERE title = 'moss'"),
        ]
"""
RENAMING = """
    from django.db import migrations

    def before(apps, editor):
        apps.get_model("garden", "Plant").objects.filter(title="fern").update(height="20")

    def after(apps, editor):
        apps.get_model("garden", "Tree").objects.filter(title="fern").update(height="30")

    class Migration(migrations.Migration):
        dependencies = [("garden", "0002_growing")]
        operations = [
            migrations.RunPython(before),
            migrations.RenameModel("Plant", "Tree"),
            migrations.RenameModel("HistoricalPlant", "HistoricalTree"),
            migrations.AlterModelOptions("historicaltree", {
                "get_latest_by": ("history_date", "history_id"),
                "ordering": ("-history_date", "-history_id"),
                "verbose_name": "historical tree", "verbose_name_plural": "historical trees",
            }),
            migrations.RunPython(after),
        ]
"""
BROKEN = """
    import os, signal
    from django.db import migrations, models

    def dies(apps, editor):
        apps.get_model("garden", "Plant").objects.update(note="never")
        {death}

    class Migration(migrations.Migration):
        atomic = {atomic}
        dependencies = [("garden", "0001_initial")]
        operations = [
            migrations.AddField("plant", "colour", models.CharField(max_length=20, default="green")),
            migrations.AddField("historicalplant", "colour", models.CharField(max_length=20, default="green")),
            migrations.RunPython(dies),
            migrations.RemoveField("plant", "height"),
            migrations.RemoveField("historicalplant", "height"),
        ]
"""
PLANTING = """
import django; django.setup()
from garden.models import Plant
Plant.objects.bulk_create([Plant(name="fern"), Plant(name="weed")])
"""


@pytest.fixture(scope="module")
def planted(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Project]:
    """The garden, migrated, with a fern and a weed in it: made once, never changed."""
    folder = tmp_path_factory.mktemp("planted")
    with django_db_blocker.unblock(), own_database(folder) as url:
        garden = Project(folder, url)
        garden.models(PLANT)
        garden.manage("makemigrations", "garden", "--verbosity=0")
        garden.manage("migrate", "--verbosity=0")
        garden.run("-c", PLANTING)
        yield garden


@pytest.fixture
def project(planted: Project, tmp_path: Path, db: None) -> Iterator[Project]:
    """A garden of the test's own, like the planted one."""
    with own_database(tmp_path, planted) as url:
        yield Project(tmp_path, url, planted)


def told(state: dict[str, Any], *names: str) -> list[tuple[Any, ...]]:
    return [(record["history_type"], *(record[name] for name in names)) for record in state["history"]]


def assert_whole(state: dict[str, Any]) -> None:
    """Triggers are right, each record has its event, and the last records say what the rows are."""
    assert state["differences"] == []
    assert [r["history_id"] for r in state["history"]] == state["events"]
    last = {record["id"]: record for record in state["history"]}
    assert state["rows"] == [{name: last[row["id"]][name] for name in row} for row in state["rows"]]


def test_data_and_tables_change_together(project: Project) -> None:
    project.models(GROWN)
    project.migration("0002_growing", MIGRATION)
    project.manage("makemigrations", "garden", "--check", "--dry-run")
    project.manage("migrate", "--verbosity=0")
    state = project.state("plant")
    assert told(state, "title", "height", "colour") == [
        ("+", "fern", "0", "green"),
        ("+", "weed", "0", "green"),
        ("~", "fern", "1", "green"),
        ("~", "fern", "1", "dark green"),
        ("~", "fern", "10", "dark green"),
        ("~", "fern", "11", "dark green"),
        ("-", "weed", "0", "green"),
        ("+", "moss", "2", "green"),
        ("~", "green moss", "2", "green"),
    ]
    assert_whole(state)

    project.models(TREE)
    project.migration("0003_renaming", RENAMING)
    project.manage("makemigrations", "garden", "--check", "--dry-run")
    project.manage("migrate", "--verbosity=0")
    state = project.state("tree")
    assert told(state, "title", "height")[-2:] == [("~", "fern", "20"), ("~", "fern", "30")]
    assert_whole(state)


@pytest.mark.parametrize(
    ("death", "atomic", "code"),
    [
        ("raise RuntimeError('midway')", True, 1),
        ("raise RuntimeError('midway')", False, 1),
        ("os.kill(os.getpid(), signal.SIGKILL)", True, -9),
    ],
    ids=["an error", "an error without a transaction", "killed"],
)
def test_a_migration_that_dies_midway(project: Project, death: str, atomic: bool, code: int) -> None:
    project.migration("0002_broken", BROKEN.format(death=death, atomic=atomic))
    project.manage("migrate", "--verbosity=0", expected=code)
    state = project.state("plant")
    assert_whole(state)
    assert {row["note"] for row in state["rows"]} == ({None} if atomic else {"never"})

    if atomic:
        project.models(
            PLANT.replace(
                "height = models.IntegerField(default=0)",
                "colour = models.CharField(max_length=20, default='green')",
            )
        )
        project.migration("0002_broken", BROKEN.format(death="", atomic=atomic))
        project.manage("migrate", "--verbosity=0")
        state = project.state("plant")
        assert told(state, "name", "note", "colour")[2:] == [
            ("~", "fern", "never", "green"),
            ("~", "weed", "never", "green"),
        ]
        assert_whole(state)


TAKEN_DOWN = """
import django; django.setup()
from django.db import connection
from audit import triggers
triggers.take_down(connection)
"""
WITHOUT_A_STANCE = """
    class Weed(models.Model):
        name = models.CharField(max_length=50)
"""


def test_checks_tell_and_migrate_repairs(project: Project) -> None:
    project.run("-c", TAKEN_DOWN)
    told = project.manage("check", "--database", "default", expected=1)
    assert "audit.E002" in told.stderr
    project.manage("migrate", "--verbosity=0")
    project.manage("check", "--database", "default")
    assert_whole(project.state("plant"))

    project.models(PLANT + WITHOUT_A_STANCE)
    told = project.manage("check", expected=1)
    assert "audit.E001" in told.stderr
    assert "garden.Weed" in told.stderr
