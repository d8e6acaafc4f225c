from django.apps import AppConfig


class SamplerConfig(AppConfig):
    name = "sampler"
