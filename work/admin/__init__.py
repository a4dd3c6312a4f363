"""The admin pages of what the console does by itself: jobs, their runs, and the outbox."""

from django.contrib import admin
from django_tasks_db.models import DBTaskResult

from work.admin.feeds import CalendarFeedAdmin
from work.admin.jobs import JobAdmin
from work.admin.messages import MessageAdmin
from work.admin.notifications import MailPreferenceAdmin
from work.admin.runs import RunAdmin

__all__ = ["CalendarFeedAdmin", "JobAdmin", "MailPreferenceAdmin", "MessageAdmin", "RunAdmin"]

# The package's own page asks nobody's role; ours of runs shows the same.
admin.site.unregister(DBTaskResult)
