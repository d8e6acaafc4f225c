from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "stratum.core"
    label = "core"
    verbose_name = "Workspace"
