"""The admin pages of what the console does by itself."""

from django.contrib import admin
from django_tasks_db.models import DBTaskResult

# The package's own page asks nobody's role; the pages of runs show the same.
admin.site.unregister(DBTaskResult)
