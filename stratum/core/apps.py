from importlib import import_module

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "stratum.core"
    label = "core"
    verbose_name = "Workspace"

    def ready(self) -> None:
        import_module("stratum.core.api.openapi")  # registers itself with the schema generator
