from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitedOnly(DefaultAccountAdapter):
    """Nobody signs up alone: an owner adds people in the admin, or `manage.py workspace` makes the first one."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
