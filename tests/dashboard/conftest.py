from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from stratum.core.models import Membership, User
from tests.learning.test_turn_cycle import imported
from tests.sampler.conftest import account, market, platform

__all__ = ["account", "imported", "market", "platform"]
Read = Callable[..., str]


@pytest.fixture
def read(workspace) -> Read:
    """The text of a page as an owner reads it, without tags and with single spaces."""
    owner = User.objects.create_user("owner@example.com", "x")
    Membership.objects.create(workspace=workspace, user=owner, role="owner")
    client = Client()
    client.force_login(owner)

    def page(path: str, **form: str) -> str:
        answer = client.post(path, form, follow=True) if form else client.get(path, follow=True)
        assert answer.status_code == 200, answer.content[:300]
        text = re.sub(r"<script.*?</script>", " ", answer.content.decode(), flags=re.DOTALL)
        return " ".join(re.sub(r"<[^>]+>", " ", text).replace("&#x27;", "'").split())

    return page
