"""The application that a web server loads: `gunicorn privacy_console.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "privacy_console.settings")
application = get_wsgi_application()
