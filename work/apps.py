from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class WorkConfig(AppConfig):
    name = "work"
    verbose_name = "What waits, and what runs by itself"

    def ready(self) -> None:
        autodiscover_modules("jobs", "worklist")
