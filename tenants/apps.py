from __future__ import annotations

from django.apps import AppConfig, apps


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = "Tenants"

    def ready(self) -> None:
        from audit.triggers import owned_by_tenant
        from tenants import signals  # noqa: F401
        from tenants.models import TenantOwned

        for model in apps.get_models():
            if issubclass(model, TenantOwned):
                owned_by_tenant(model)
